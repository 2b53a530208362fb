"""Reads the tables of jobs/data for what works out figures without popgx."""
import csv
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "jobs" / "data"


def table(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def alleles(gene, group):
    """{allele: frequency as it is published}: the sum need not be 1."""
    return {r["allele"]: float(r["frequency"]) for r in table("allele_frequency.csv")
            if (r["gene"], r["biogeographic_group"], r["model_include"]) == (gene, group, "1")}
