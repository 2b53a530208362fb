#!/usr/bin/env python3
"""Models that are wrong in one place, and one that is wrong in many: each mistake is told at its place, with what would be
right, exit status 2, nothing on standard output and nothing written."""
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import expect, finish, in_empty_folder, popgx  # noqa: E402

MODEL = """\
popgx: 1
title: Thiopurines with and without a look at TPMT
horizon: 20 years
currency: EUR
discount: {annual: 3 %}
thresholds: [20000]
parameters:
  relapse: {probability: 0.3, over: 1 year}
  price: 2 EUR
people:
  age: 50 years
  ancestry: {European: 0.7, East Asian: rest}
  smoker: {by: ancestry, European: {yes: 0.2, no: rest}, East Asian: {yes: 0.3, no: rest}}
genes:
  TPMT: cpic
groups:
  slow: {TPMT: [Poor Metabolizer, Intermediate Metabolizer]}
tests:
  genotype: {detects: {TPMT: ["*2", "*3A"]}, cost: 80 EUR, result after: 2 days}
processes:
  life:
    events:
      death: {to: dead, hazard: {gompertz: {shape: 0.09, rate: 0.00005}}, clock: age}
  drug: {states: [none, full dose, half dose]}
  bowel:
    states: [ill, remission]
    events:
      remission: {from: ill, to: remission, delay: 60 days, while: {drug: [full dose, half dose]}}
      flare: {from: remission, to: ill, hazard: relapse, hazard ratio: {smoker: {yes: 1.5}}}
  blood:
    events:
      neutropenia:
        while: {drug: full dose}
        hazard: {weibull: {shape: 0.8, scale: 30 years}}
        clock: time
        hazard ratio: {slow: {slow: 8}}
        branches: {sepsis: 0.1, recovery: rest}
      sepsis: {immediate: always, to: life.dead}
      recovery: {immediate: always, set: {drug: none}}
strategies:
  usual:
    entry: [{set: {drug: full dose}}]
  guided:
    entry: [{order: genotype}]
    result of genotype:
      - {when: {observed slow: slow}, set: {drug: half dose}}
      - {otherwise: {set: {drug: full dose}}}
payoffs:
  cost:
    - {while: {drug: [full dose, half dose]}, rate: price / 1 day, category: drug}
    - {event: neutropenia, amount: 3000 EUR, spread: 10 days, if dead: stop, category: harm}
  qaly:
    floor: 0
    items:
      - {name: alive, while: {life: alive}, utility: 0.9}
      - {name: flare, event: flare, utility: -0.2, for: 60 days, until: remission, repeats: extend}
"""

TABLES = {
    "empty.csv": b"", "blank.csv": b"\n \n", "noise.csv": bytes(range(256)), "head.csv": b"smoker,rate_per_year\n",
    "columns.csv": b"smokr,rate_per_year\nyes,1\nno,1\n", "no rate.csv": b"smoker,rate\nyes,1\nno,1\n",
    "missing.csv": b"smoker,rate_per_year\nyes,1\n", "twice.csv": b"smoker,rate_per_year\nyes,1\nno,1\nyes,2\n",
    "level.csv": b"smoker,rate_per_year\nyess,1\nno,1\n", "negative.csv": b"smoker,rate_per_year\nyes,-1\nno,1\n",
    "huge.csv": b"smoker,rate_per_year\nyes,1e400\nno,1\n", "ragged.csv": b"smoker,rate_per_year\nyes,1,2\nno\n",
    "quote.csv": b"smoker,rate_per_year\nyes,1\n\"no,1\n", "sum.csv": b"smoker,sepsis,recovery\nyes,0.5,0.6\nno,0.5,0.4\n",
    "rates.csv": b"age,annual_rate\n0,0.001\n", "km.csv": b"time,survival\n1,0.5\n2,0.8\n",
    "gap.csv": b"from_days,to_days,rate_per_day\n0,10,0.1\n20,30,0.1\n", "latin.csv": b"smoker,rate_per_year\n\xfcber,1\n",
    "sites.csv": b"site,weight,frequency,biogeographic_group\nrs1,0.5,0.3,European\n", "effects.csv": b"site,beta\nrs1,0.5\n",
    "life.csv": b"age,rate\n0,0.1\n", "years.csv": b"year,age,qx\n2014,0,0.1\n2020,0,0.2\n", "certain.csv": b"age,qx\n0,1\n50,0.5\n", "shares.csv": b"level,share\nyes,0.5\nno,0.4\n", "names.csv": b"name,value\nrelapse,1\n",
}

WEIBULL = "{weibull: {shape: 0.8, scale: 30 years}}"
HAZARD = "hazard: relapse"
BY_TABLE = "hazard: {by: smoker, table: ¦%s}"

# What to replace, by what (¦ marks the place of the mistake, or of the first), and what is said.
CASES = [
    # names of keys
    ("title:", "¦tilte:", "did you mean `title`"),
    ("annual:", "¦anual:", "did you mean `annual`"),
    ("rate: price / 1 day", "rate: price / 1 day, by age: {polynomial: ¦0.95}", "a polynomial is not a list of numbers"),
    ("rate: price / 1 day", "rate: price / 1 day, by age: ¦{by: smoker}", "does not say how it follows age"),
    ("rate: price / 1 day", "rate: price / 1 day, by age: {table: ¦level.csv}", "has no column `age`"),
    ("utility: 0.9}", "utility: 0.9, by time: ¦{steps: {0 days: 1}}}", "does not say since when"),
    ("utility: 0.9}", "utility: 0.9, by time: {since: ¦[], steps: {0 days: 1}}}", "`since` names none"),
    ("utility: 0.9}", "utility: 0.9, by time: {since: flare, steps: {¦1 day: 1}}}", "nothing is said of the time before"),
    ("utility: 0.9}", "utility: 0.9, by time: {since: flare, steps: {0 days: 1, 1 year: 0.5, ¦6 months: 0.7}}}", "is not after the time before it"),
    ("utility: 0.9}", "utility: 0.9, by time: {since: flare, table: ¦level.csv}}", "has no column `time`"),
    ("rate: price / 1 day", "rate: price / 1 day, by age: {polynomial: [1]}, by time: ¦{since: flare, steps: {0 days: 1}}", "follows either age or the time since something"),
    ("amount: 3000 EUR", "uses: {¦bed day: 3}", "there is no resource `bed day`"),
    ("cost: 80 EUR, result", "cost: 80 EUR, price year: ¦2011, result", "the model does not say of which its prices are"),
    ("amount: 3000 EUR", "amount: 3000 EUR, price year: ¦2011", "the model does not say of which its prices are"),
    ("currency: EUR\n", "currency: EUR\nresources: {bed day: ¦500}\n", "`500` is a plain number"),
    ("currency: EUR\n", "currency: EUR\nprice year: 2024\nprice index: {2024: 100}\nresources: {bed day: {price: 500 EUR, price year: ¦2011}}\n", "there is no price index of 2011"),
    ("amount: 3000 EUR", "dose: ¦5 mg/kg, price: 2 EUR per mg", "nobody has a `weight`"),
    ("amount: 3000 EUR", "dose: 5 mg, price: ¦2 EUR", "`2 EUR` is not an amount of a drug"),
    ("amount: 3000 EUR", "dose: ¦5 pints, price: 2 EUR per mg", "is not an amount of a drug"),
    ("amount: 3000 EUR", "dose: 5 mg, vials: [50 mg, 200 mg], price: ¦{50 mg: 2 EUR}", "a vial of 200 has no price"),
    ("{event: neutropenia, amount: 3000 EUR", "¦{event: neutropenia, dose: 5 mg", "the dose has no `price`"),
    ("amount: 3000 EUR", "dose: 5 mg, price: ¦2 EUR per IU", "of different kinds"),
    ("amount: 3000 EUR", "dose: 5 mg, price: 2 EUR per mg, wastage: ¦true", "without vials nothing is wasted"),
    ("amount: 3000 EUR", "amount: {¦gama: {mean: 3000 EUR, sd: 900 EUR}}", "did you mean `gamma`"),
    ("amount: 3000 EUR", "amount: {gamma: {mean: ¦3000, sd: 900 EUR}}", "has no unit"),
    ("amount: 3000 EUR", "amount: {gamma: ¦{sd: 900 EUR}}", "has no `mean`"),
    ("amount: 3000 EUR", "amount: {by: smoker, ¦yess: {gamma: {mean: 3 EUR, sd: 1 EUR}}, no: 4 EUR}", "no level `yess`"),
    ("amount: 3000 EUR", "amount: {lognormal: {mean: 3000 EUR, sd: ¦9 days}}", "`9 days` is a time"),
    ("currency: EUR\n", "currency: EUR\nperspectives: {payer: {costs: [¦harmm]}}\n", "no cost has the payer or the category `harmm`"),
    ("currency: EUR\n", "currency: EUR\nperspectives: {payer: {¦cots: [harm]}}\n", "did you mean `costs`"),
    ("currency: EUR\n", "currency: EUR\nperspectives: {¦payer: {}}\n", "counts nothing"),
    ("currency: EUR\n", "currency: EUR\nreport: {¦evnts: true}\n", "did you mean `events`"),
    ("currency: EUR\n", "currency: EUR\nreport: {years: {calendar: ¦[2025, 2030]}}\n", "there is no calendar"),
    ("currency: EUR\n", "currency: EUR\nreport: {states: ¦{at: [1 year, 30 years]}}\n", "none beyond the horizon"),
    ("currency: EUR\n", "currency: EUR\nreport: {events: ¦maybe}\n", "neither true nor false"),
    ("annual: 3 %", "annual: {0 years: 3 %, ¦30: 2 %}", "not a time from which a rate holds"),
    ("annual: 3 %", "annual: {¦30 years: 3 %}", "begin with `0 years`"),
    ("annual: 3 %", "stepped: {0 years: 3 %, ¦18 months: 2 %}", "whole number of years"),
    ("over: 1 year", "¦ovr: 1 year", "did you mean `over`"),
    ("age: 50 years", "age: {distribution: {normal: [50 years, 9 years]}, ¦frm: 18 years}", "did you mean `from`"),
    ("cost: 80 EUR", "¦csot: 80 EUR", "did you mean `cost`"),
    ("TPMT: cpic", "TPMT: {¦cpci: European}", "has no key `cpci`"),
    ("    states: [ill", "    ¦sates: [ill", "did you mean `states`"),
    ("gompertz: {shape", "gompertz: {¦shpe", "did you mean `shape`"),
    ("delay: 60 days", "¦dealy: 60 days", "did you mean `delay`"),
    ("{order: genotype}", "{¦ordr: genotype}", "did you mean `order`"),
    ("{set: {drug: full dose}}}", "{¦sett: {drug: full dose}}}", "did you mean `set`"),
    ("  cost:\n", "  ¦csot:\n", "did you mean `cost`"),
    ("if dead: stop", "¦if daed: stop", "did you mean `if dead`"),
    ("    floor: 0", "    ¦flor: 0", "did you mean `floor`"),
    ("repeats: extend", "¦repeat: extend", "did you mean `repeats`"),
    ("currency: EUR\n", "currency: EUR\n¦currency: USD\n", "given twice: the first is in line 4"),
    ("{yes: 0.3, no: rest}", "{yes: 0.3, no: 0.2, ¦no: rest}", "the key `no` is given twice"),
    # subgroups
    ("payoffs:\n", "subgroups: [smoker, ¦slw]\npayoffs:\n", "people have no `slw` by which they can be sorted: did you mean `slow`"),
    ("payoffs:\n", "subgroups: [¦age at 65 50]\npayoffs:\n", "does not say where the bands of `age` end"),
    ("payoffs:\n", "subgroups: [¦age]\npayoffs:\n", "`age` is a number: for example `age at 50 65`"),
    ("payoffs:\n", "subgroups: [¦observed slow under guide]\npayoffs:\n", "did you mean `guided`"),
    ("payoffs:\n", "subgroups: [smoker, ¦x]\npayoffs:\n", "people have no `x`"),
    # names of things
    ("hazard: relapse", "hazard: ¦relaps", "did you mean `relapse`"),
    ("rate: price / 1 day", "rate: ¦prise / 1 day", "`prise"),
    ("smoker: {by: ancestry", "smoker: {by: ¦ancesty", "no attribute `ancesty`"),
    ("East Asian: {yes", "¦East Asia: {yes", "no level `East Asia`: did you mean `East Asian`"),
    ("{yes: 0.3, no: rest}", "{yes: 0.3, ¦na: rest}", "`na` is no level"),
    ("  TPMT: cpic", "  ¦TPMD: cpic", "no allele frequencies of TPMD"),
    ("slow: {TPMT", "slow: {¦TPTM", "there is no attribute `TPTM`"),
    ("[Poor Metabolizer,", "[¦Pour Metabolizer,", "did you mean `Poor Metabolizer`"),
    ("*3A", "¦*3AA", r"TPMT has no allele `\*3AA`: did you mean `\*3A`"),
    ("\"*3A\"", "¦*3A", r"write \"\*3A\" in quotes"),
    ("detects: {TPMT", "detects: {¦TPM", "there is no gene `TPM`"),
    ("hazard ratio: {smoker:", "hazard ratio: {¦smokr:", "nothing is called `smokr`: did you mean `smoker`"),
    ("{slow: 8}", "{¦slw: 8}", "`slow` has no level `slw`"),
    ("while: {drug: full dose}", "while: {drug: ¦fulldose}", "did you mean `full dose`"),
    ("clock: age", "clock: ¦agee", "unknown `clock`"),
    ("branches: {sepsis", "branches: {¦sepis", "there is no event `sepis`"),
    ("to: life.dead", "to: ¦life.ded", "did you mean `dead`"),
    ("set: {drug: none}", "set: {drug: ¦non}", "did you mean `none`"),
    ("    result of genotype", "    ¦result of gentype", "there is no test `gentype`"),
    ("observed slow: slow", "¦slow: slow", "a strategy may not know the true `slow`"),
    ("observed slow: slow", "¦observd slow: slow", "did you mean `observed slow`"),
    ("event: neutropenia", "event: ¦neutropenie", "did you mean `neutropenia`"),
    ("until: remission", "until: ¦remision", "did you mean `remission`"),
    # genes and tests
    ("TPMT: cpic", "TPMT: {cpic: European, inheritance: ¦maternal}", "not a kind of inheritance"),
    ("TPMT: cpic", "TPMT: {alleles: cpic, males: ¦{smoker: yes}}", "TPMT is autosomal"),
    ("  TPMT: cpic", "  TPMT: cpic\n  ¦G6PD: cpic", "G6PD is X-linked, and these people have no `sex`"),
    ("detects: {TPMT: [\"*2\", \"*3A\"]}", "detects: {TPMT: ¦{sites: [c.460]}}", "nothing says which variants the alleles of TPMT have"),
    ("result after: 2 days", "result after: 2 days, ¦specifity: 90 %", "did you mean `specificity`"),
    ("result after: 2 days", "shows: {¦slow: {sensitivity: 1.2}}", "test `genotype` does not show `slow`"),
    ("result after: 2 days", "shows: {¦smoker: {sensitivity: 0.9, positive: yes}}", "test `genotype` does not show `smoker`"),
    ("result after: 2 days", "shows: {TPMT: ¦{sensitivity: 0.9}}", "`TPMT` has \\d+ levels, so sensitivity and specificity do not say enough"),
    ("result after: 2 days", "shows: {TPMT: {Poor Metabolizer: ¦{Poor Metabolizer: 0.9}}}", "total probability of 0.9, not 1"),
    ("result after: 2 days", "result after: 2 days, errors: ¦the same", "test `genotype` never errs"),
    ("result after: 2 days", "fails: 1 %, failures: ¦alike", "write `independent`"),
    ("result after: 2 days", "repeats: ¦2", "test `genotype` never fails"),
    ("result after: 2 days", "fails: 1 %, repeats: ¦1.5", "not a number of repeats"),
    ("result after: 2 days", "repeat cost: ¦2 EUR", "test `genotype` is never repeated"),
    ("result after: 2 days", "cost at: ¦delivery", "write `order` or `result`"),
    ("result after: 2 days", "result after: {uniform: ¦[3 days, 2 days]}", "not the shortest and the longest time"),
    ("result after: 2 days", "result after: {shares: ¦{1 day: 0.5, 2 days: 0.4}}", "sum to 0.9, not 1"),
    ("result after: 2 days", "result after: {lognormal: ¦{median: 2 days}}", "the median or the spread is missing"),
    ("result after: 2 days", "result after: ¦{normal: [2 days, 1 day]}", "not a time that a result takes"),
    ("result after: 2 days", "result after: {by: smoker, yes: 2 days, no: ¦{uniform: [1 day, 2 days]}}", "different kinds"),
    ("result after: 2 days", "available: ¦120 %", "is not between 0 and 1"),
    ("{observed slow: slow}", "{known: {¦genotyp: true}}", "there is no test `genotyp`: did you mean `genotype`"),
    ("{observed slow: slow}", "{known: {genotype: ¦maybe}}", "has no level `maybe`"),
    ("{observed slow: slow}", "{available: {¦genotype: true}}", "test `genotype` is available to everybody"),
    ("event: neutropenia", "event: ¦repeat of genotype", "test `genotype` is never repeated"),
    # strategies
    ("{otherwise: {set: {drug: full dose}}}", "{with probability: ¦80, set: {drug: full dose}}", "is not between 0 and 1"),
    ("{otherwise: {set: {drug: full dose}}}", "{with probability: {per: ¦people, value: 80 %}, set: {drug: full dose}}", "per person or per occasion"),
    ("{otherwise: {set: {drug: full dose}}}", "{with probability: ¦{by: slow, slow: 1, non-slow: 0}, set: {drug: full dose}}", "may not know the true `slow`"),
    ("{otherwise: {set: {drug: full dose}}}", "{next: ¦bowle}", "did you mean `bowel`"),
    ("{otherwise: {set: {drug: full dose}}}", "{next: {drug: [full dose, ¦half does]}}", "did you mean `half dose`"),
    ("{otherwise: {set: {drug: full dose}}}", "{next: {drug: [full dose, ¦full dose]}}", "stands twice in the sequence"),
    ("{otherwise: {set: {drug: full dose}}}", "{next: ¦life}", "a strategy may not set `life`"),
    ("[{order: genotype}]", "[{order: genotype, wait: ¦forever}, {set: {drug: none}}]", "write `wait: result`"),
    ("[{order: genotype}]", "[¦{order: genotype, wait: result}]", "nothing waits for the result"),
    ("[{order: genotype}]", "[{order: genotype, wait: result, ¦for at mots: 7 days}, {set: {drug: none}}]", "did you mean `for at most`"),
    ("[{order: genotype}]", "[¦{set: {drug: none}, wait: result}, {set: {drug: full dose}}]", "orders 0 tests"),
    ("[{order: genotype}]", "[{when: {drug: none}, set: {drug: none}}, ¦{when: {smoker: yes}, order: genotype, wait: result}, {set: {drug: none}}]", "comes after others with `when`"),
    ("[{order: genotype}]", "[{order: genotype, authorisation: ¦{if denied: {set: {drug: none}}}}]", "how long the authorisation takes"),
    ("[{order: genotype}]", "[{order: genotype, authorisation: {takes: 5 days, if denied: ¦{set: {drug: none}}}}]", "never denied"),
    ("[{order: genotype}]", "[{order: genotype, authorisation: {takes: 5 days, ¦denyed: 10 %}}]", "did you mean `denied`"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    flare or ¦remision: [{set: {drug: none}}]", "did you mean `remission`"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    30 days after ¦flaer: [{set: {drug: none}}]", "did you mean `flare`"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    30 ¦miles after flare: [{set: {drug: none}}]", "miles"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    ¦need of any drug: [{set: {drug: none}}]", "no event is called `need`"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    lines: ¦{drug: [full dose, half dose]}", "what leads to the next line"),
    ("    entry: [{order: genotype}]", "    entry: [{order: genotype}]\n    lines: {drug: [full dose, half dose], next: ¦flaer}", "did you mean `flare`"),
    # phenoconversion
    ("groups:\n", "phenoconversion: {¦TPTM: {activity factor: {while: {drug: none}, value: 0.5}}}\ngroups:\n", "there is no gene `TPTM`: did you mean `TPMT`"),
    ("groups:\n", "phenoconversion: {TPMT: {¦activity fcator: {while: {drug: none}, value: 0.5}}}\ngroups:\n", "did you mean `activity factor`"),
    ("groups:\n", "phenoconversion: {TPMT: {activity factor: ¦{value: 0.5}}}\ngroups:\n", "not said while what"),
    ("groups:\n", "phenoconversion: {TPMT: {activity factor: {while: {drug: ¦nine}, value: 0.5}}}\ngroups:\n", "did you mean `none`"),
    ("groups:\n", "phenoconversion: {TPMT: {phenotype: {while: {drug: none}, becomes: {¦Normal: Poor Metabolizer}}}}\ngroups:\n", "has no level `Normal`"),
    ("observed slow: slow", "¦effective slow: slow", "nothing is called `effective slow`|cannot|did you mean"),
    # probabilities
    ("probability: 0.3", "probability: ¦1.3", "is not between 0 and 1"),
    ("probability: 0.3", "probability: ¦1", "no finite rate makes an event certain"),
    ("European: 0.7", "European: ¦-0.7", "is not between 0 and 1"),
    ("ancestry: {European: 0.7, East Asian: rest}", "ancestry: ¦{European: 0.7, East Asian: 0.4}", "sum to 1.1, not 1"),
    ("branches: {sepsis: 0.1, recovery: rest}", "branches: ¦{sepsis: 0.1, recovery: 0.8}", "sum to 0.9"),
    ("branches: {sepsis: 0.1, recovery: rest}", "branches: {by: smoker, table: sum.csv, order: [sepsis, recovery]}", "sum.csv:2:1: .* sum to 1.1"),
    # units and sizes
    ("horizon: 20 years", "horizon: ¦20", "write `20 years`"),
    ("horizon: 20 years", "horizon: 20 ¦yaers", "neither a unit"),
    ("horizon: 20 years", "horizon: ¦-20 years", "is negative"),
    ("horizon: 20 years", "horizon: ¦0 years", "no time at all"),
    ("horizon: 20 years", "horizon: ¦4084 years", "too long: times on record end at 4083 years"),
    ("horizon: 20 years", "horizon: ¦1e300 years", "too long"),
    ("horizon: 20 years", "horizon: ¦1e400 years", "not a finite number"),
    ("relapse: {probability: 0.3, over: 1 year}", "relapse: 0.3 * 1 EUR", r"m\.yaml:29:49: `relapse` is money, not a rate"),
    (HAZARD, "hazard: ¦0.3", "write `0.3 per year`"),
    (HAZARD, "hazard: ¦-0.3 per year", "is negative"),
    (HAZARD, "hazard: 1 ¦/ 0 per year", "division by zero"),
    (HAZARD, "hazard: ¦ln(-1) per year", "ln of -1"),
    ("delay: 60 days", "delay: ¦-60 days", "is negative"),
    ("delay: 60 days", "delay: ¦60 EUR", "is money, not a duration"),
    ("result after: 2 days", "result after: ¦1e9 years", "too long"),
    ("shape: 0.8", "shape: ¦-0.8", "is negative"),
    ("{shape: 0.8, scale: 30 years}", "{shape: ¦0, scale: 30 years}", "must be above 0"),
    # families of hazards, and what changes them
    (WEIBULL, "{loglogistic: ¦{shape: 2}}", "`scale` is missing: write loglogistic"),
    (WEIBULL, "{lognormal: {meanlog: ¦1.2 years, sdlog: 0.9}}", "is a time"),
    (WEIBULL, "{gamma: ¦{shape: 2, rate: 0.1 per year, mean: 4 years}}", "says twice how long it takes"),
    (WEIBULL, "{loglogistic: {shape: 0.9, mean: ¦4 years}}", "there is no mean"),
    (WEIBULL, "{generalised gamma: {mu: 1, sigma: 0.5, ¦k: 2}}", "has no key `k`"),
    (WEIBULL, "{lognormal: {meanlog: 1.2, sdlog: 0.9, in: ¦furlongs}}", "furlongs"),
    (WEIBULL, "{lognormal: {meanlog: 1.2, sdlog: 0.9, in: ¦EUR}}", "not a unit of time"),
    (WEIBULL, "{exponential: {survreg: {intercept: 2, ¦scale: 1}}}", "has no key `scale`"),
    (WEIBULL, "{spline: {on: ¦cumulative, gamma: [1, 2], knots: [1, 2]}}", "hazard, odds or normal"),
    (WEIBULL, "{spline: {on: odds, gamma: ¦[1, 2, 3], knots: [1, 2]}}", "3 values of gamma, but 2 knots"),
    (WEIBULL, "{spline: {on: odds, gamma: [1, 2], knots: [2, ¦1]}}", "do not ascend"),
    (WEIBULL, "{spline: ¦{on: hazard, gamma: [1, -2], knots: [1, 2]}}", "is negative or no number"),
    (WEIBULL, WEIBULL[:-1] + ", cured: ¦1.2}", "not between 0 and 1"),
    (WEIBULL, WEIBULL[:-1] + ", ¦curred: 0.2}", "did you mean `cured`"),
    (WEIBULL, WEIBULL[:-1] + ", at least: {life table: ¦rates.csv}}", "two clocks are stated"),
    ("{slow: 8}", "{slow: 8, waning: {from: 1 year, to: 2 years, toward: ¦0}}", "wanes toward 0"),
    ("{slow: 8}", "{slow: 8, waning: {from: 1 year, to: 2 years, ¦towards: 2}}", "did you mean `toward`"),
    (WEIBULL, WEIBULL[:-1] + ", at least: {life table: rates.csv, age at entry: ¦smoker}}", "are not bands of age"),
    (WEIBULL, "{life table: rates.csv, year: ¦2014, age at entry: 50 years}", "no column `year`"),
    (WEIBULL, "{survival table: ¦rates.csv}", "does not say who survives"),
    ("clock: age}", "clock: {since: ¦birth}}", "there is no event `birth`"),
    ("clock: age}", "clock: {¦when: birth}}", "has no key `when`"),
    ("clock: age}", "clock: ¦calendar time}", "no date of entry"),
    ("age: 50 years", "¦entry date: 7\n  age: 50 years", "no unit of time"),
    ("clock: age}", "clock: {in: [¦alife]}}", "did you mean `alive`"),
    ("delay: 60 days", "delay: 60 days, time ratio: ¦{drug: {full dose: 2}}", "has a delay and `time ratio`"),
    ("delay: 60 days", "delay: 60 days, first after: ¦1 day", "is not a schedule"),
    ("delay: 60 days", "every: 60 days, repeats: ¦3", "call it `times`"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: ¦{from: 2 years, to: 1 year}}}", "wanes before it begins"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: ¦{from: 2 years}}}", "`to` is missing"),
    ("hazard ratio: {slow: {slow: 8}}", "time ratio: ¦{slow: {slow: 0}}", "0 times as fast"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: {since: ¦[birth], from: 1 year, to: 2 years}}}", "neither an event nor states"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: ¦{since: death, from: 1 year}}}", "`to` is missing"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: ¦{since: death, from: 1 year, to: 1 month}}}", "wanes before it begins"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: {since: ¦deeth, from: 1 year, to: 2 years}}}", "time since deeth"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: {slow: {slow: 8, waning: {since: death, from: 1 year, to: 2 years}}}\n        at least: ¦0.1 per year", "cannot be held above"),
    ("hazard ratio: {slow: {slow: 8}}", "hazard ratio: 1 + count of remission\n        at least: ¦0.1 per year", "has a ratio that is an expression"),
    ("delay: 60 days", "delay: 60 days, at least: ¦0.1 per year", "has a delay and `at least`"),
    ("hazard ratio: {slow: {slow: 8}}", "time ratio: [{slow: {slow: 2, waning: ¦{from: 1 year, to: 2 years}}}]", "an acceleration factor cannot wane"),
    (WEIBULL, WEIBULL[:-1] + ", minus: [¦death]}", "on another clock"),
    (WEIBULL, WEIBULL[:-1] + ", minus: [¦recovery]}", "be taken from itself"),
    (WEIBULL, WEIBULL[:-1] + ", minus: [¦remission]}", "cannot be read off"),
    ("clock: age}", "clock: age, same luck as: ¦remission}", "has no such luck"),
    ("clock: age}", "clock: age, same luck as: ¦death}", "has no such luck"),
    (WEIBULL, "{choose: price, among: ¦[{weight: 1, hazard: 1 per year}]}", "nothing to choose among"),
    (WEIBULL, "{choose: 0.5, among: ¦[{weight: 0.5, hazard: 1 per year}, {weight: 0.4, hazard: 2 per year}]}", "the weights sum to 0.9"),
    ("processes:\n", "survival model: ¦{kind: partitioned, overall: 0.1 per year}\nprocesses:\n", "`progression-free` is missing"),
    ("processes:\n", "survival model: {kind: ¦mixture, overall: 0.1 per year, progression-free: 0.2 per year}\nprocesses:\n", "not known"),
    (WEIBULL, "{survival table: km.csv}", r"km\.csv:3:3: survival rises"),
    (WEIBULL, "{survival table: km.csv, between: ¦lines}", "write constant hazard"),
    ("amount: 3000 EUR", "amount: ¦3000", "write `3000 EUR`"),
    ("amount: 3000 EUR", "amount: ¦1e30 EUR", "more than a person may cost"),
    ("utility: 0.9", "utility: ¦1e9", "full health is 1"),
    ("floor: 0", "floor: ¦1e300", "full health is 1"),
    ("age: 50 years", "¦age: -50 years", "below 0"),
    ("age: 50 years", "¦age: 5000 years", "nobody is 5000 years old"),
    ("thresholds: [20000]", "thresholds: [¦-1]", "is negative"),
    # tables
    *[(HAZARD, BY_TABLE % name, says) for name, says in (
        ("none.csv", "No such file"), ("folder.csv", "not a plain file"), ("head.csv", "says nothing about smoker yes"),
        ("no rate.csv", "no column of hazards"), ("missing.csv", "says nothing about smoker no"))],
    *[(HAZARD, (BY_TABLE % name).replace("¦", ""), says) for name, says in (
        ("empty.csv", r"empty\.csv: the table is empty"), ("blank.csv", r"blank\.csv: "), ("noise.csv", r"noise\.csv:1:1: the byte 0x00"),
        ("latin.csv", r"latin\.csv:2:1: the byte 0xfc"), ("columns.csv", r"columns\.csv:1:1: .*no column `smoker`"),
        ("twice.csv", r"twice\.csv:4:1: smoker yes is given twice"), ("level.csv", r"level\.csv:2:1: .*did you mean `yes`"),
        ("negative.csv", r"negative\.csv:2:5: "), ("huge.csv", r"huge\.csv:2:5: .*not a finite"), ("ragged.csv", r"ragged\.csv:2:1: 3 cells"),
        ("quote.csv", r"quote\.csv:3:1: "))],
    (HAZARD, "hazard: {clock: time, periods: {table: gap.csv}}", r"gap\.csv:3:1: .*gap"),
    ("  smoker: {by", "  file: {table: ¦shares.csv, object: wave, columns: {level: levels}}\n  smoker: {by", "not an HDF5 file: leave `object` out"),
    ("  smoker: {by", "  file: {table: noise.csv, ¦group: wave, columns: {level: levels}}\n  smoker: {by", "has no key `group`"),
    *[("  smoker: {by", f"  {new}\n  smoker: {{by", says) for new, says in (
        ("admixture: {¦Asian: {European: 0.5, East Asian: rest}}", "no level `Asian`"), ("admixture: {¦European: {Oceanian: 0.5, East Asian: 0.4}}", "do not sum to 1"),
        ("admixture: {¦European: {Oceanian: 1}}", "name two or more groups"), ("admixture: {European: {East Asian: ¦shared, Oceanian: rest}}", "shared"),
        ("admixture: {European: {East Asian: ¦1.5, Oceanian: rest}}", "between 0 and 1"),
        ("score: {polygenic: ¦{remainder: 0.5}}", "made of nothing"), ("score: {polygenic: {sites: ¦effects.csv}}", "columns site, weight, frequency"),
        ("score: {polygenic: {alleles: {TPMT: {\"¦*3AA\": 1}}}}", r"no allele `\*3AA`"), ("score: {polygenic: {alleles: {¦TPMD: {\"*2\": 1}}}}", "no gene `TPMD`"),
        ("score: {polygenic: {alleles: {TPMT: {\"*2\": 1}}, ¦standardized: by ancestry}}", "did you mean `standardised`"),
        ("score: {polygenic: {alleles: {TPMT: {\"*2\": 1}}, standardised: ¦overall}}", "`standardised` is wrong"))],
    ("  smoker: {by", "  score: {polygenic: {sites: sites.csv}}\n  smoker: {by", r"sites\.csv:2:1: .*no frequency for East Asian"),
    (HAZARD, "hazard: {life table: ¦life.csv}", "has no column of hazards"),
    (HAZARD, "hazard: {life table: years.csv, year: ¦calendar time}", "no date of entry: give `people` an `entry date`"),
    (HAZARD, "hazard: {life table: years.csv}", r"years\.csv:3:6: .*write `year: 2014`"),
    (HAZARD, "hazard: {life table: certain.csv}", r"certain\.csv:2:1: nobody reaches"),
    (HAZARD, "hazard: {life table: years.csv, year: ¦2013}", "no such lines"),
    ("age: 50 years", "age: 50 years\n  sex: {table: ¦shares.csv}", "sum to 0.9"),
    ("age: 50 years", "age: 50 years\n  file: {table: names.csv, id: ¦record, columns: {value: number}}", "has no such column"),
    ("age: 50 years", "age: 50 years\n  file: {table: names.csv, columns: {¦name: number}}", "`id: name` stores a pseudonym"),
    ("  price: 2 EUR", "  price: 2 EUR\n  file: names.csv", r"names\.csv:2:1: the parameter `relapse` is given twice"),
    # what cannot be
    ("remission: {from: ill", "¦remission: {from: ill, hazard: 1 per year", "has a hazard and a delay"),
    ("[none, full dose, half dose]", "[none, full dose, half dose, ¦no dose]", "`no dose` of `drug` is never reached"),
    ("[none, full dose, half dose]", "[none, %s]" % ", ".join(f"s{i}" for i in range(64)), "`drug` has 65 levels"),
    ("recovery: {immediate: always, ", "¦recovery: {immediate: always, branches: {recovery: 1}, ", "for ever: recovery, recovery"),
    ("  price: 2 EUR", "  ¦price: 2 * cost\n  cost: price / 2", "price -> cost -> price"),
    ("slow: {TPMT: [", "¦fast: {quick: quick}\n  quick: {fast: fast}\n  slow: {TPMT: [", "`fast` is made of itself"),
    ("      - {otherwise: {set: {drug: full dose}}}\n",
     "      - {otherwise: {set: {drug: full dose}}}\n      - ¦{when: {observed slow: unknown}, set: {drug: none}}\n", "comes after `otherwise`"),
    ("ancestry: {European: 0.7, East Asian: rest}", "ancestry: {European: 0.7, Oceanian: rest}", "no allele frequencies of TPMT for Oceanian"),
    ("drug: {states", "¦smoker: {states", "two things called `smoker`"),
    ("{shape: 0.8, scale: 30 years}}\n        clock: time\n", "¦{shape: 0.8, scale: 30 years}}\n", "does not say on which clock"),
    ("  age: 50 years\n", "", "people have none|have no"),
    ("age: 50 years", "age: {distribution: {normal: ¦{mean: 50 years, sd: 5 years}}}", "takes two numbers"),  # and not that there is no age
]


def place_of(text):
    at = text.index("¦")
    line = text.count("\n", 0, at) + 1
    return line, at - (text.rfind("\n", 0, at) + 1) + 1


def check(name, text, *says):
    """popgx check refuses the model and says all of it, each in the right form; returns the messages."""
    pathlib.Path("m.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    before = sorted(os.listdir())
    done = popgx("check", "m.yaml")
    expect(done.returncode == 2 and done.stdout == "", name, "exits", done.returncode, done.stdout, done.stderr)
    for pattern in says:
        expect(re.search(pattern, done.stderr), name, "does not say", pattern, "but", done.stderr)
    messages = done.stderr.splitlines()[:-1]
    for message in messages:
        expect(re.fullmatch(r"[^:]+(:\d+:\d+)?: (warning: )?.+: .+", message), name, "is told as", message)
    expect(re.fullmatch(rf"popgx check: m\.yaml has {len(messages)} mistakes?", done.stderr.splitlines()[-1]), name, done.stderr)
    expect(sorted(os.listdir()) == before, name, "leaves", os.listdir())
    return messages


def write_tables():
    for name, content in TABLES.items():
        pathlib.Path(name).write_bytes(content)
    os.mkdir("folder.csv")


def right():
    pathlib.Path("m.yaml").write_text(MODEL)
    done = popgx("check", "m.yaml")
    expect(done.returncode == 0 and done.stderr == "", "the model itself:", done.stderr)


def one_by_one():
    write_tables()
    for old, new, says in CASES:
        expect(MODEL.count(old) >= 1, "the model does not say", old)
        text, where = MODEL.replace(old, new, 1), ""
        if "¦" in new:
            line, column = place_of(text)
            where = rf"(?m)^m\.yaml:{line}:{column}: "
        check(new, text.replace("¦", ""), where + ".*(" + says + ")")


# Far from each other, and none hides another.
MANY = [("title:", "¦tilte:", "title"), ("thresholds: [20000]", "thresholds: [¦-1]", "negative"), ("over: 1 year", "over: ¦-1 year", "negative"),
        ("  price: 2 EUR", "  price: ¦2 EUO", "EUO"), ("yes: 0.3", "yes: ¦1.3", "between"), ("[Poor Metabolizer,", "[¦Pour Metabolizer,", "Poor"),
        ("*3A", "¦*3AA", "3AA"), ("result after: 2 days", "result after: ¦-2 days", "negative"), ("shape: 0.09", "¦shpe: 0.09", "shape"),
        ("delay: 60 days", "delay: ¦60", "60 years"), ("clock: age", "clock: ¦agee", "clock"),
        ("scale: 30 years", "scale: ¦30 EUR", "money"), ("to: life.dead", "to: ¦life.ded", "dead"), ("{order: genotype}", "{¦ordr: genotype}", "order"),
        ("spread: 10 days", "spread: ¦0 days", "no time"), ("floor: 0", "floor: ¦nought", "nought"), ("for: 60 days", "for: ¦60 miles", "miles")]


def all_at_once():
    text, marked = MODEL, []
    for old, new, says in MANY:
        text = text.replace(old, new.replace("¦", f"¦{len(marked)}¦"), 1)
        marked.append(says)
    patterns = []
    for i, says in enumerate(marked):
        before = re.sub(r"¦\d+¦", "", text[:text.index(f"¦{i}¦")])
        patterns.append(rf"(?m)^m\.yaml:{before.count(chr(10)) + 1}:\d+: .*{says}")
    messages = check("many mistakes", re.sub(r"¦\d+¦", "", text), *patterns)
    expect(len(messages) == len(MANY), len(MANY), "mistakes are told as", len(messages), *messages)


def bytes_and_syntax():
    for name, text, says in (
            ("nothing", b"", r"m\.yaml: the file is empty"), ("blanks", b"\n  \n", r"m\.yaml: the file is empty"),
            ("a comment", b"# later\n", r"m\.yaml: the file says nothing"), ("a list", b"- popgx\n", r"m\.yaml:1:1: a model is not a mapping"),
            ("noise", bytes(range(1, 256)), r"m\.yaml:1:1: the byte 0x01"), ("Latin 1", MODEL.replace("Thio", "Th\xefo").encode("latin1"), r"m\.yaml:2:10: the byte 0xef"),
            ("a NUL", MODEL.replace("Thio", "Th\0o").encode(), r"m\.yaml:2:10: the byte 0x00"), ("UTF-16", MODEL.encode("utf-16"), r"m\.yaml:1:1: the byte"),
            ("a tab", MODEL.replace("  age: 50", "\tage: 50"), r"m\.yaml:11:1: .*tab"), ("a bracket", MODEL.replace("thresholds: [20000]", "thresholds: [20000"), r"m\.yaml:[678]:"),
            ("two documents", MODEL + "---\npopgx: 1\n", r"m\.yaml:\d+:1: a second document"),
            ("an anchor", MODEL.replace("age: 50", "age: &a 50"), r"m\.yaml:11:9: anchors"), ("depth", "popgx: " + "[" * 5000, r"m\.yaml:1:\d+: more than 100 levels")):
        check(name, text, says)


for test in (right, one_by_one, all_at_once, bytes_and_syntax):
    in_empty_folder(test)
finish()
