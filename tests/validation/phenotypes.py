#!/usr/bin/env python3
"""phenotypes.py > phenotypes.csv: how common the phenotypes of phenotypes.yaml are. CYP2C19, TPMT, NUDT15 and CYP3A5 as CPIC publishes them
(jobs/data/phenotype_frequency_cpic_published.csv); G6PD, for which CPIC counts diplotypes of variants only, by enumeration of alleles in males
and pairs in females; HLA-B*57:01 and *15:02 as 1 - (1 - f)^2; MT-RNR1 as alleles."""
import sys

sys.dont_write_bytecode = True
from published_data import alleles, table  # noqa: E402

GROUPS = {"European": 0.6, "East Asian": 0.4}


def published(gene, phenotype):
    of = {r["biogeographic_group"]: r["cpic_published_frequency"] for r in table("phenotype_frequency_cpic_published.csv")
          if (r["gene"], r["phenotype_or_activity_score"]) == (gene, phenotype)}
    return sum(share * float(of[group] or 0) for group, share in GROUPS.items())


def g6pd(phenotype):
    function = {r["allele"]: r["function"].split("/")[0] for r in table("allele_function.csv") if r["gene"] == "G6PD"}
    total = 0
    for group, share in GROUPS.items():
        by_class = {}
        for allele, f in alleles("G6PD", group).items():
            by_class[function[allele]] = by_class.get(function[allele], 0) + f
        deficient, normal, severe = by_class["II"] + by_class["III"], by_class["IV"], by_class.get("I", 0)
        males = {"Normal": normal, "Deficient": deficient, "Variable": 0}[phenotype]
        females = {"Normal": normal ** 2, "Deficient": deficient * (deficient + 2 * severe), "Variable": 2 * normal * (deficient + severe)}[phenotype]
        total += share * (0.5 * males + 0.5 * females)
    return total


def carriers(allele):
    return sum(share * (1 - (1 - alleles("HLA-B", group).get(allele, 0)) ** 2) for group, share in GROUPS.items())


def increased_risk():
    return sum(share * sum(alleles("MT-RNR1", group).get(a, 0) for a in ("1095T>C", "1494C>T", "1555A>G")) for group, share in GROUPS.items())


print("figure,name,strategy,comparator,expected,se,source")
for gene, phenotypes in {"CYP2C19": ("Ultrarapid Metabolizer", "Rapid Metabolizer", "Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer"),
                         "TPMT": ("Normal Metabolizer", "Intermediate Metabolizer"), "NUDT15": ("Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer"),
                         "CYP3A5": ("Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer")}.items():
    for name in phenotypes:
        print(f"events,{gene} {name},usual,,{published(gene, name):.10g},0,CPIC's phenotype frequencies")
for name in ("Normal", "Deficient", "Variable"):
    print(f"events,G6PD {name},usual,,{g6pd(name):.10g},0,enumeration of CPIC's allele frequencies")
for allele in ("*57:01", "*15:02"):
    print(f"events,HLA-B{allele} positive,usual,,{carriers(allele):.10g},0,1 - (1 - f)^2")
print(f"events,MT-RNR1 increased risk,usual,,{increased_risk():.10g},0,sum of CPIC's allele frequencies")
