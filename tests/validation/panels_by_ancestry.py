#!/usr/bin/env python3
"""panels_by_ancestry.py > panels_by_ancestry.csv: what the panels of jobs/cyp2c19-panels-by-ancestry call, by exact enumeration, without popgx.

All pairs of alleles of the tables in jobs/data by Hardy-Weinberg; a carrier is whoever has a phenotype with a no-function or decreased-function
allele that is known as such (the four of the study's group). What a panel does not list it calls *1.
"""
import csv
import itertools
import sys

sys.dont_write_bytecode = True
from published_data import alleles, table  # noqa: E402

CARRIERS = {"Intermediate Metabolizer", "Poor Metabolizer", "Likely Intermediate Metabolizer", "Likely Poor Metabolizer"}
ANCESTRIES = list(dict.fromkeys(r["biogeographic_group"] for r in table("us_ancestry.csv")))
PANELS = {"European panel": {"*2", "*17"},
          "extended panel": {r["allele_tested"] for r in table("test_panel_alleles.csv") if (r["gene"], r["panel"]) == ("CYP2C19", "Tier Two")}}


def shares(ancestry):
    f = alleles("CYP2C19", ancestry)
    return {allele: p / sum(f.values()) for allele, p in f.items()}


def phenotypes():
    """A function: two alleles -> phenotype. An allele without a known function makes it indeterminate."""
    function = {r["allele"]: r["function"] for r in table("allele_function.csv") if r["gene"] == "CYP2C19"}
    rules = {frozenset(r["rule"].split(" + ")): r["phenotype"] for r in table("phenotype_rules.csv") if r["gene"] == "CYP2C19" and " + " in r["rule"]}
    return lambda a, b: rules.get(frozenset((function.get(a, ""), function.get(b, ""))), "Indeterminate")


def rates(ancestry, panel):
    """Share of carriers; of carriers who are missed; of others who are called carriers; of people whose phenotype is called wrongly."""
    f, phenotype = shares(ancestry), phenotypes()
    called = {a: a if a in PANELS[panel] else "*1" for a in f}
    carriers = missed = false = wrong = 0
    for a, b in itertools.product(f, f):
        p, true, shown = f[a] * f[b], phenotype(a, b), phenotype(called[a], called[b])
        carriers += p * (true in CARRIERS)
        missed += p * (true in CARRIERS and shown not in CARRIERS)
        false += p * (true not in CARRIERS and shown in CARRIERS)
        wrong += p * (true != shown)
    return carriers, missed / carriers, false / (1 - carriers), wrong


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("ancestry", "panel", "carriers", "missed", "called_falsely", "wrong_phenotype", "source"))
    for ancestry, panel in itertools.product(ANCESTRIES, PANELS):
        out.writerow((ancestry, panel, *(f"{x:.10g}" for x in rates(ancestry, panel)), "panels_by_ancestry.py"))


if __name__ == "__main__":
    main()
