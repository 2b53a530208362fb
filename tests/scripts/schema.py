#!/usr/bin/env python3
"""The JSON Schema of model files takes every model that popgx takes, refuses misspelt keys, and knows the keys of the compiler. schema.py BUILD

Examples of the documentation are read and completed as tests/scripts/model_language.py reads them.
"""
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from examples import PAGES, examples_of  # noqa: E402
from program import ROOT, expect, finish  # noqa: E402

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (scripts/setup --tests installs it)")
    sys.exit(77)

FOLDERS = ["jobs", "tests/models", "benchmarks", "docs/examples", "src/cli/templates"]
SCHEMA = json.loads((ROOT / "docs" / "popgx.schema.json").read_text(encoding="utf-8"))
DRUG = ROOT / "tests" / "models" / "drug.yaml"

# What to replace in tests/models/drug.yaml, each time with one thing wrong.
MISTAKES = [
    ("horizon:", "horizn:"), ("currency:", "curency:"), ("processes:", "proceses:"), ("strategies:", "strategy:"), ("popgx: 1", "popgx: 2"),
    ("popgx: 1", "note: no version"), ("currency: USD", "discount: {anual: 3 %}"), ("currency: USD", "discount: {flows: {annual: 3 %, yearly: 1}}"),
    ("horizon: 10 years", "cycle: {length: 1 year, count: 10, payoffs at: middle}"), ("horizon: 10 years", "cycle: {lenght: 1 year, count: 10, payoffs at: end}"),
    ("currency: USD", "parameters: {p: {valeu: 1}}"), ("currency: USD", "parameters: {p: {value: 1, distribution: {norml: [1, 2]}}}"),
    ("currency: USD", "parameters: {p: {value: 1, rate: 1 per year}}"), ("currency: USD", "parameters: {joint: [{of: [a, b], dirichlt: [1, 2]}]}"),
    ("age: 50 years", "age: {distribtion: {normal: [50 years, 9 years]}}"), ("age: 50 years", "age: {distribution: {normal: [50 years, 9 years]}, upto: 90 years}"),
    ("age: 50 years", "file: {table: people.csv, colums: {age: years}}"), ("currency: USD", "genes: {G: {alleles: a.csv, inheritance: sex-linked}}"),
    ("reads: variant", "read: variant"), ("cost: 150 USD", "cost: 150 USD, result afer: 1 day"), ("cost: 150 USD", "fails: 1 %, failures: all"),
    ("to: dead", "too: dead"), ("hazard: 0.02", "hasard: 0.02"), ("hazard: 0.02 per year", "hazard: {weibul: {shape: 1, scale: 9}}"),
    ("hazard: 0.02 per year", "hazard: {weibull: {shap: 1, scale: 9}}"), ("hazard: 0.02 per year", "clock: birth, hazard: 0.02 per year"),
    ("hazard: 0.02 per year", "hazard: 0.02 per year, immediate: always"), ("hazard: 0.02 per year", "hazard: {probability: 4 %, ovr: 1 year}"),
    ("hazard: 0.02 per year", "hazard: 0.02 per year, hazard ratio: {age: {per: 1 year, ratoi: 2}}"), ("states: [none, injured]", "state: [none, injured]"),
    ("entry: [{set:", "entry: [{sett:"), ("entry: [{set: {drug: standard}}]", "entry: {set: {drug: standard}}"), ("entry: [{set:", "entry: [{wen: {sex: male}, set:"),
    ("currency: USD", "payoffs: {cost: [{event: reaction, ammount: 1 USD}]}"), ("currency: USD", "payoffs: {cost: [{while: {}, rate: 1 USD per day, categry: x}]}"),
    ("currency: USD", "payoffs: {cost: [{event: reaction, amount: {gama: {mean: 5 USD, sd: 1 USD}}}]}"), ("currency: USD", "discount: {anual: {0 years: 3 %}}"),
    ("currency: USD", "payoffs: {qaly: [{while: {}, utilty: 1}]}"), ("currency: USD", "payoffs: {qaly: {combine: adding, items: []}}"),
    ("currency: USD", "payoffs: {qaly: [{event: reaction, utility: -0.1, for: life, repeats: twice}]}"), ("currency: USD", "quantities: {dose: {strat: 1}}"),
    ("entry: [{set:", "entry: [{with probabilty: 0.5, set:"), ("currency: USD", "phenoconversion: {G: {activty factor: {while: {}, value: 1}}}"),
    ("currency: USD", "blocks: {b: {proceses: {}}}"), ("currency: USD", "report: {evnts: true}"), ("currency: USD", "report: {states: {att: [1 year]}}"), ("currency: USD", "survival model: {kind: partitioned, overal: 1 per year}")]


class Loader(yaml.SafeLoader):
    """Reads `no` and `on` as texts, as YAML 1.2, popgx and editors do; every key is a text, as in JSON."""
    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


for tag, pattern, first in [("bool", "true|false", "tf"), ("int", "[-+]?[0-9]+", "-+0123456789"), ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789")]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))


def mistakes_of(text):
    return [f"{'/'.join(map(str, mistake.absolute_path))}: {mistake.message[:200]}" for mistake in VALIDATOR.iter_errors(yaml.load(text, Loader))]


def keys_of(node):
    """Every key and word that the schema names."""
    if isinstance(node, list):
        return set().union(*map(keys_of, node))
    if not isinstance(node, dict):
        return set()
    own = set(node.get("properties", {})) | {word for word in node.get("enum", []) if isinstance(word, str)}
    return own.union(*map(keys_of, node.values()))


def undescribed(node, path="", described=False):
    """Properties without a description of their own or of what they refer to."""
    if isinstance(node, list):
        return [found for i, entry in enumerate(node) for found in undescribed(entry, f"{path}/{i}")]
    if not isinstance(node, dict):
        return []
    found = []
    for key, entry in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else []:
        target = SCHEMA["definitions"][entry["$ref"].rsplit("/", 1)[1]] if "$ref" in entry else entry
        found += [] if "description" in target else [f"{path}/{key}"]
    return found + [each for key, entry in node.items() for each in undescribed(entry, f"{path}/{key}")]


jsonschema.Draft7Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
models = [model for folder in FOLDERS for model in sorted((ROOT / folder).rglob("*.yaml"))]
expect(len(models) >= 15, "too few models were found:", len(models))
for model in models:
    expect(not (found := mistakes_of(model.read_text(encoding="utf-8"))), model, found)
for page in PAGES:
    for example in examples_of(page, (ROOT / "docs" / page).read_text(encoding="utf-8")):
        if not example.is_refused:
            example.expect(not (found := mistakes_of(example.model)), found)
for old, new in MISTAKES:
    assert old in DRUG.read_text(), old
    expect(mistakes_of(DRUG.read_text().replace(old, new, 1)), "is taken:", new)

known = keys_of(SCHEMA)
for source in sorted((ROOT / "src" / "spec").glob("*.c")):
    for listed in re.findall(r"(?:keys|SECTIONS)\[\] = \{([^;]*?)\};", source.read_text(encoding="utf-8")):
        expect(not (missing := set(re.findall(r'"([^"]+)"', listed)) - known), source.name, "knows keys that the schema lacks:", missing)
expect(not (found := undescribed(SCHEMA)), "no description:", found)
finish()
