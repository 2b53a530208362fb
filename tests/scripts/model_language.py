#!/usr/bin/env python3
"""Every example of the pages on the model language says what the page says of it; so do the models of tests/models. model_language.py BUILD

How a page is marked, tests/support/examples.py says. A mean may be five standard errors from the value.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from examples import MODELS, PAGES, examples_of  # noqa: E402
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402


def figure_of(strategy, name):
    """'qaly', 'costs.drug', 'events.reaction'... -> mean and standard error."""
    group, _, rest = name.partition(".")
    entry = strategy[group][rest] if rest else strategy["outcomes"][group]
    return entry["mean"], entry["se"]


def strategies_of(results, group):
    """Name -> strategy, of everybody or of 'sex x carrier: male, carrier'."""
    if group:
        by, _, name = group.partition(": ")
        results = {(of["by"], each["group"]): each for of in results["subgroups"] for each in of["groups"]}[by, name]
    return {strategy["name"]: strategy for strategy in results["strategies"]}


def has_result(example, results):
    for strategy, figure, value in example.results:
        try:
            figure, _, group = figure.partition(" in ")
            by_name = strategies_of(results, group)
            mean, se = figure_of(by_name[strategy], figure)
        except KeyError as missing:
            example.expect(False, "the results have no", missing)
            continue
        example.expect(abs(mean - float(value)) <= 5 * se + 2e-6 * max(1, abs(float(value))), f"{strategy}, {figure}: {mean} (SE {se}), not {value}")


def try_example(example):
    pathlib.Path("model.yaml").write_text(example.model)
    for name, text in example.files.items():
        pathlib.Path(name).write_text(text)
    done = popgx("check", "model.yaml")
    example.expect(done.returncode == (2 if example.is_refused else 0), "popgx check exits", done.returncode, done.stderr)
    if example.is_refused:
        example.expect(example.messages and all(message in done.stderr for message in example.messages), "popgx check says", done.stderr)
        return
    printed = [line.strip() for line in done.stdout.splitlines()]
    for line in example.printed:
        example.expect(line in printed, "popgx check does not print:", line)
    if done.returncode == 0:
        has_result(example, answer("run", "model.yaml", "--patients", 20000, "--min-cell", 0))


def links_lead_somewhere(name, page):
    # A heading's anchor: lower case, blanks to hyphens, punctuation dropped.
    anchors = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", page):
        path, _, anchor = target.partition("#")
        expect((ROOT / "docs" / path).exists() if path else anchor in anchors, f"{name} links to {target}, which is not there")


def models():
    """Models that are tested as they stand, and must be accepted without a word."""
    for model in sorted(MODELS.glob("*.yaml")):
        done = popgx("check", model)
        expect(done.returncode == 0 and done.stderr == "", model.name, "is not accepted:", done.stderr)
        answer("run", model, "--patients", 1000)


for page_name, least in PAGES.items():
    page_text = (ROOT / "docs" / page_name).read_text(encoding="utf-8")
    links_lead_somewhere(page_name, page_text)
    found = examples_of(page_name, page_text)
    expect(len(found) >= least and sum(len(example.results) for example in found) >= least, page_name, "has too few examples:", len(found))
    for each in found:
        in_empty_folder(lambda each=each: try_example(each))
models()
finish()
