#!/usr/bin/python3
"""People from an HDF5 file: the same people as from CSV, by datasets or by one of compound type; mistakes are told by row. cohort_file.py BUILD"""
import math
import pathlib
import sys

import h5py
import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees  # noqa: E402
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402


MODEL = """\
popgx: 1
horizon: 1 year
people:
  file: {table: TABLE, weight: weight, columns: {age: years, sex: levels, pressure: number, smokes: levels, clinic: levels}}
processes:
  life: {events: {death: {to: dead, clock: age, hazard: {gompertz: {shape: 0.09 per year, rate: 0.002 per year}}, hazard ratio: {smokes: {true: 2}}}}}
  heart: {events: {ill: {hazard: 0.3 per year, repeats: once, hazard ratio: "(pressure / 120) ^ 2 * (1 + (sex = male)) * (1 + (clinic = B))"}}}
strategies: {usual: {}}
"""
AGE = numpy.array([61.5, 70.25, 55.0, 80.0], "f4")
SEX = ["female", "male", "male", "female"]
PRESSURE = numpy.array([120, 140, 160, 95], "i2")
SMOKES = numpy.array([True, False, True, False])
CLINIC = numpy.array([0, 1, 1, 0], "u1")
WEIGHT = numpy.array([1.0, 2.5, 0.5, 1.0])
CLINICS = h5py.enum_dtype({"A": 0, "B": 1}, basetype="u1")


def rows():
    for i in range(4):
        yield float(AGE[i]), SEX[i], int(PRESSURE[i]), str(bool(SMOKES[i])).lower(), "AB"[CLINIC[i]], float(WEIGHT[i])


def write_csv():
    pathlib.Path("cohort.csv").write_text("age,sex,pressure,smokes,clinic,weight\n" + "".join(",".join(map(str, row)) + "\n" for row in rows()))


def write_columns(group, texts=None):
    group["age"] = AGE
    group.create_dataset("sex", data=numpy.array(SEX, "S8") if texts is None else SEX, dtype=texts)
    group["pressure"] = PRESSURE
    group["smokes"] = SMOKES
    group.create_dataset("clinic", data=CLINIC, dtype=CLINICS)
    group.create_dataset("weight", data=WEIGHT, chunks=(2,), compression="gzip", shuffle=True)


def write_compound(file, name):
    kind = numpy.dtype([("age", "f4"), ("sex", "S6"), ("pressure", "i4"), ("smokes", "?"), ("clinic", CLINICS), ("weight", "f8"), ("remark", h5py.string_dtype())])
    file[name] = numpy.array([(AGE[i], SEX[i].encode(), PRESSURE[i], SMOKES[i], CLINIC[i], WEIGHT[i], "é") for i in range(4)], dtype=kind)


def write_all():
    write_csv()
    with h5py.File("columns.h5", "w") as file:
        write_columns(file)
    with h5py.File("several.h5", "w") as file:
        write_columns(file.create_group("wave/2020"), h5py.string_dtype())
        write_compound(file, "table")
        file["other"] = numpy.zeros((3, 3))
    with h5py.File("compound.h5", "w") as file:
        write_compound(file, "people")


def run(table, patients=20_000):
    pathlib.Path("model.yaml").write_text(MODEL.replace("TABLE", table))
    return answer("run", "model.yaml", "--patients", patients)


def test_the_same_people():
    write_all()
    expected = run("cohort.csv")["run"]["checksum"]
    for table in ("columns.h5", "compound.h5", "several.h5, object: wave/2020", "several.h5, object: table"):
        got = run(table)["run"]["checksum"]
        expect(got == expected, table, "gives", got, "and CSV", expected)


def test_their_weights_count():
    """ill: 1 - e^(-0.3 ratio) until death, competing with it; here of those alive for the year, so with no deaths."""
    write_all()
    text = MODEL.replace("rate: 0.002 per year", "rate: 1e-12 per year").replace("TABLE", "columns.h5")
    pathlib.Path("model.yaml").write_text(text)
    strategy = answer("run", "model.yaml", "--patients", 200_000, "--min-cell", 0)["strategies"][0]
    expected = sum(w * (1 - math.exp(-0.3 * (p / 120) ** 2 * (1 + (sex == "male")) * (1 + (clinic == "B")))) for _, sex, p, _, clinic, w in rows())
    agrees(strategy, "events.ill", expected / 5, 1e-5)


def test_a_run_keeps_its_people():
    write_all()
    pathlib.Path("model.yaml").write_text(MODEL.replace("TABLE", "columns.h5"))
    done = popgx("run", "model.yaml", "--patients", 1000, "-o", "run.h5", "--trajectories", "all")
    expect(done.returncode == 0, "a stored run with people from HDF5:", done.stderr)
    expect(popgx("aggregate", "run.h5").returncode == 0, "and aggregate")


def refused(table, says):
    pathlib.Path("model.yaml").write_text(MODEL.replace("TABLE", table))
    done = popgx("check", "model.yaml")
    expect(done.returncode == 2 and says in done.stderr, table, "is answered by", done.returncode, done.stderr)


def test_mistakes():
    write_all()
    for name, column, value, says in (("nan.h5", "age", [61, numpy.nan, 55, 80], "nan.h5:2:1: "), ("old.h5", "age", [61, 70, -1, 80], "old.h5:3:1: "),
                                      ("short.h5", "age", [61, 70], "another length than the others: `clinic`"),
                                      ("square.h5", "age", numpy.zeros((4, 1)), "not a list of cells: `age`"),
                                      ("text.h5", "pressure", numpy.array([b"120", b"high", b"9", b"9"]), "text.h5:2:3: "),
                                      ("weights.h5", "weight", [1, -1, 1, 1], "weights.h5:2:6: "),
                                      ("latin.h5", "sex", numpy.array([b"female", b"m\xe4nnlich", b"male", b"male"]), "latin.h5:2:4: `sex` of row 2")):
        with h5py.File(name, "w") as file:
            write_columns(file)
            del file[column]
            file[column] = value
        refused(name, says)
    refused("columns.h5, object: nothing", "there is no such object: `nothing`")
    refused("cohort.csv, object: people", "leave `object` out")
    pathlib.Path("broken.h5").write_bytes(pathlib.Path("columns.h5").read_bytes()[:600])
    refused("broken.h5", "broken.h5: the HDF5 file is damaged")
    with h5py.File("empty.h5", "w"):
        pass
    refused("empty.h5", "there are no columns in: `/`")


def test_every_wrong_row_is_told():
    lines = ["id,age,sex,pressure,smokes,clinic,weight", "1,61.5,female,120,true,A,1", "2,,male,140,false,B,2", "3,55,female,high,true,B,1", "4,50,Female,130,true,A,-1",
             "5,51,male,130,,A,1", "", "6,1e400,female,130,true,A,1"]
    pathlib.Path("rows.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    for says in ("rows.csv:3:3: ", "rows.csv:4:13: ", "rows.csv:5:6: warning: `sex` has the levels `female` and `Female`", "rows.csv:5:24: `weight` of this person is -1",
                 "rows.csv:6:15: `smokes` of this person is missing", "rows.csv:8:3: ", "has 5 mistakes"):
        refused("rows.csv", says)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        in_empty_folder(test)
finish()
