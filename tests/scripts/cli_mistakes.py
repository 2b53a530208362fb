#!/usr/bin/env python3
"""What popgx does with wrong input: exit status 2, a message that says where and what would be right, nothing written."""
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, POPGX, SINGLE_GENE, expect, finish, in_empty_folder, popgx, variant  # noqa: E402


def refused(*arguments, says, **settings):
    """The command exits 2, says `says` (a regular expression) on standard error, and leaves no new file."""
    before = sorted(os.listdir())
    done = popgx(*arguments, **settings)
    expect(done.returncode == 2, arguments, "exits", done.returncode, "not 2:", done.stderr)
    expect(re.search(says, done.stderr), arguments, "does not say", says, "but:", done.stderr)
    expect(done.stdout == "", arguments, "prints", done.stdout)
    expect(sorted(os.listdir()) == before, arguments, "leaves", os.listdir())


def command_lines():
    refused(says="which command")
    refused("chekc", says="did you mean 'check'")
    refused("frobnicate", says="popgx --help lists")
    refused("run", says="MODEL is missing")
    refused("run", SINGLE_GENE, "--pateints", "5", says="did you mean '--patients'")
    refused("check", SINGLE_GENE, "--jsn", says="did you mean '--json'")
    refused("trace", SINGLE_GENE, "--patient", "first", says="--patient 'first' is not a whole number")
    refused("run", SINGLE_GENE, "--patients", "1.5", says="write it as 250000")
    refused("run", SINGLE_GENE, "--trajectories", "all", says="add -o RUN.h5")
    refused("run", SINGLE_GENE, "-o", "run.h5", "--trajectories", "sample:2", says="sample:FRACTION")
    refused("run", SINGLE_GENE, "--strategies", "no test,tset", says="tset")
    refused("run", SINGLE_GENE, "--strategies", "no test,,test", says="empty name")
    refused("show", says="RUN.h5 is missing")
    refused("run", b"x\xff.yaml", says="the byte 0xff in .* is not valid UTF-8")
    for patients in ("0", "-1", "1e30", "abc", ""):
        refused("run", SINGLE_GENE, "--patients", patients, says="is not a whole number of at least 1")
    refused("run", SINGLE_GENE, "--threads", "0", says="is not a whole number of at least 1")
    refused("run", SINGLE_GENE, env={**os.environ, "POPGX_ISA": "foo"}, says="POPGX_ISA='foo' .*: it has .*ref")


def models():
    place = r"(?m)^model\.yaml:\d+:\d+: .+: .+$"
    for command in ("check", "run", "trace"):
        refused(command, "missing.yaml", says=r"missing\.yaml")
        refused(command, variant(("    states: [well, treated]", "    sates: [well, treated]")), says=place)
    refused("check", ".", says="directory|folder")
    variant(("title:", "tilte:"), ("hazard: adverse\n", "hazard: advese\n"), ("to: life.dead", "to: life.ded"))
    done = popgx("check", "model.yaml")
    lines = pathlib.Path("model.yaml").read_text().splitlines()
    for value, wrong in (("tilte", "tilte"), ("advese", "advese"), ("life.ded", "ded")):
        line, column = next((n, text.index(value) + 1) for n, text in enumerate(lines, 1) if value in text)
        expect(re.search(rf"(?m)^model\.yaml:{line}:{column}: .*`{wrong}`.*: did you mean", done.stderr), wrong, "at", line, column,
               "is not named:", done.stderr)
    expect("3 mistakes" in done.stderr, "not 3 mistakes:", done.stderr)
    variant(("amount: indication cost", "amount: {by: variant, table: prices.csv}"))
    refused("check", "model.yaml", says=r"prices\.csv")
    pathlib.Path("prices.csv").write_text("variant,value\ncarrier,10000 USD\n")
    refused("check", "model.yaml", says="non-carrier")
    pathlib.Path("prices.csv").write_text('variant,value\ncarrier,10000 USD\nnon-carrier,"10000\n')
    refused("check", "model.yaml", says=r"prices\.csv:3:\d+: ")
    pathlib.Path("model.yaml").write_bytes(b"popgx: 1\ntitle: %\xec\n")
    refused("check", "model.yaml", says=r"(?m)^model\.yaml:2:\d+: ")
    pathlib.Path("model.yaml").write_text("")
    refused("check", "model.yaml", says=r"model\.yaml")


def mistakes_for_machines():
    done = popgx("check", variant(("hazard: adverse\n", "hazard: advese\n")), "--json")
    expect(done.returncode == 2, "check --json of a wrong model exits", done.returncode)
    expect('"is_valid": false' in done.stdout and "advese" in done.stdout, done.stdout)


def endless_lives():
    """An event that makes itself possible again in the next minute for 4,000 years: an error that names it, not a full memory."""
    variant(("horizon: 40 years", "horizon: 4000 years"), ("hazard: adverse\n", "hazard: 1e9 per year\n"),
            ("        from: none\n", ""), ("indication: {from: well", "indication: {from: [well, treated]"),
            ("branches: {fatal adverse event: fatal, survived adverse event: rest}", "branches: {survived adverse event: 1, fatal adverse event: 0}"),
            ("hazard: {gompertz: {shape: 0.1007511, rate: 0.0008370717}}, clock: time", "hazard: 0 per year"))
    for command in (("run", "model.yaml", "-n", 4096), ("trace", "model.yaml")):
        refused(*command, says="under no test, `(survived )?adverse event` happened [0-9]+ times")


def ranks():
    done = popgx("run", variant(("hazard: adverse\n", "hazard: advese\n")), ranks=2)
    expect(done.returncode == 2, "two ranks exit", done.returncode)
    expect(done.stderr.count("advese") == 1, "a mistake is not printed once:", done.stderr)


def help_texts():
    done = popgx("--help")
    commands = re.findall(r"(?m)^  (\w+) ", done.stdout)
    expect(done.returncode == 0 and len(commands) >= 4, "popgx --help:", done.stdout)
    for command in commands:
        done = popgx(command, "--help")
        expect(done.returncode == 0 and done.stderr == "", command, "--help exits", done.returncode, done.stderr)
        expect(f"usage: popgx {command} " in done.stdout, done.stdout)
        expect(re.search(rf"examples:\n  popgx {command}\b", done.stdout), command, "--help has no example")
    expect(re.fullmatch(r"popgx \d+\.\d+\.\d+\n", popgx("--version").stdout), "popgx --version")


def many_discounts():
    """More ways to discount than there are bits for: said, not met as a crash. `check` does not add anything up."""
    rates = "".join(f", score {i}: {{flows: {{annual: {i + 1} %}}, lumps: {{annual: {i + 1}.5 %}}}}" for i in range(40))
    items = "{name: s, while: {life: alive}, rate: 1 per year}, {name: e, event: indication, amount: 1}"
    scores = "".join(f"\n  score {i}: {{unit: points, items: [{items}]}}" for i in range(40))
    model = variant(("discount: {annual: 3 %}", "discount: {cost: {annual: 3 %}, qaly: {annual: 3 %}" + rates + "}"), ("\npayoffs:", "\npayoffs:" + scores))
    refused("run", model, "--patients", "100", says="more than 64 ways to discount")


def full_disk():
    with open("/dev/full", "w", encoding="ascii") as full:
        import subprocess
        done = subprocess.run([POPGX, "check", SINGLE_GENE], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == 1 and "standard output" in done.stderr, "a full disk:", done.returncode, done.stderr)


in_empty_folder(command_lines)
in_empty_folder(models)
in_empty_folder(mistakes_for_machines)
in_empty_folder(help_texts)
in_empty_folder(endless_lives)
in_empty_folder(many_discounts)
if os.path.exists("/dev/full"):
    in_empty_folder(full_disk)
if HAS_MPI:
    in_empty_folder(ranks)
finish()
