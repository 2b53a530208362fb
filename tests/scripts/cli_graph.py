#!/usr/bin/env python3
"""`popgx graph` says what leads from which state to which, the same in every format."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import PUBLISHED, ROOT, SINGLE_GENE, answer, expect, finish, popgx  # noqa: E402


def edges(model):
    return {(e["process"], e["from"], e["to"], e["event"]) for e in answer("graph", model)["edges"]}


def the_single_gene_model():
    found = edges(SINGLE_GENE)
    expect({e for e in found if e[0] in ("condition", "harm", "life")} == {
        ("condition", "well", "treated", "indication"), ("harm", "none", "survivor", "survived adverse event"),
        ("life", "alive", "dead", "background death"), ("life", "alive", "dead", "fatal adverse event")}, found)
    strategies = {e["strategy"] for e in answer("graph", SINGLE_GENE)["edges"] if e["process"] == "drug"}
    expect(strategies and all(strategies), "only strategies change the drug:", strategies)


def states_that_a_branch_excludes_are_not_left():
    """A transition table says from where its transitions start."""
    found = edges(ROOT / "benchmarks" / "three_state.yaml")
    expect(all(e[1] != "dead" for e in found), found)


def formats_agree():
    for model in (SINGLE_GENE, PUBLISHED):
        dot, mermaid = popgx("graph", model).stdout, popgx("graph", model, "--format", "mermaid").stdout
        drawn = sorted(re.findall(r"^\s+(s\d+_\d+) --?-?> ?(s\d+_\d+)", dot.replace("->", "-->"), re.MULTILINE))
        expect(drawn and drawn == sorted(re.findall(r"^\s+(s\d+_\d+) --> (s\d+_\d+)", mermaid, re.MULTILINE)), model, drawn)
        expect(dot.count("{") == dot.count("}") and dot.count('"') % 2 == 0, "the drawing is no Graphviz")


def unknown_formats_are_refused():
    done = popgx("graph", SINGLE_GENE, "--format", "png")
    expect(done.returncode == 2 and "dot or mermaid" in done.stderr, done)


the_single_gene_model()
states_that_a_branch_excludes_are_not_left()
formats_agree()
unknown_formats_are_refused()
finish()
