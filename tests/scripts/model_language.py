#!/usr/bin/env python3
"""Every example of the pages on the model language says what the page says of it; so do the models of tests/models. model_language.py BUILD

How a page is marked, in comments that readers do not see, each on the line before a block:
  <!-- in NAME -->       the model below is a part: sections that it lacks are those of tests/models/NAME.yaml
  <!-- refused in NAME --> the same, and popgx refuses it; the text block that follows says what it says
  <!-- file NAME -->     the CSV or YAML below is this file, beside the model above it
  <!-- check -->         every line of the text below is among what `popgx check` prints of the model above it
A table with the columns strategy, figure and value holds results of the model above it. A mean may be five standard errors from the value.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

PAGES = {"model-language.md": 30, "tutorial.md": 6}  # and how many examples are the least
MODELS = ROOT / "tests" / "models"
BLOCK = re.compile(r"(?:^<!-- (?P<mark>.+) -->\n)?^```(?P<kind>\w+)\n(?P<text>(?:.*\n)*?)^```$|^\| strategy \| figure \| value \|\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)",
                   re.MULTILINE)


class Example:
    """A model of the page with all that belongs to it."""

    def __init__(self, page, line, mark, text):
        self.page, self.line, self.files, self.results, self.printed, self.messages = page, line, {}, [], [], []
        where = re.fullmatch(r"(refused )?in (\w+)", mark or "")
        self.is_refused = bool(where and where[1])
        expect(where or (mark is None and text.startswith("popgx: 1")), f"{page}:{line}: neither a whole model nor marked as a part of one")
        self.model = complete(text, MODELS / f"{where[2]}.yaml") if where else text

    def expect(self, is_true, *what):
        expect(is_true, f"{self.page}:{self.line}:", *what)


def sections(text):
    """Top-level key -> the lines of its section."""
    parts = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    return {part.split(":")[0]: part for part in parts[1:]}


def complete(text, base):
    """The model made of `text` and the sections of `base` that it lacks."""
    own = sections(text)
    own |= {"horizon": None} if "cycle" in own else {}  # cycles make the horizon
    return text + "".join(part for key, part in sections(base.read_text()).items() if key not in own)


def examples_of(name, page):
    examples = []
    for block in BLOCK.finditer(page):
        line = page.count("\n", 0, block.start()) + 1
        mark, kind, text = block["mark"], block["kind"], block["text"]
        if kind in ("csv", "yaml") and (mark or "").startswith("file "):
            examples[-1].files[mark[5:]] = text
        elif kind == "yaml":
            examples.append(Example(name, line, mark, text))
        elif block["rows"]:
            examples[-1].results += [[cell.strip() for cell in row.strip("|").split("|")] for row in block["rows"].splitlines()]
        elif kind == "text" and mark == "check":
            examples[-1].printed += text.splitlines()
        elif kind == "text" and mark is None and examples[-1].is_refused:
            examples[-1].messages += text.splitlines()
        else:
            expect(False, f"{name}:{line}: a block that nobody tests")
    return examples


def figure_of(strategy, name):
    """'qaly', 'costs.drug', 'events.reaction'... -> mean and standard error."""
    group, _, rest = name.partition(".")
    entry = strategy[group][rest] if rest else strategy["outcomes"][group]
    return entry["mean"], entry["se"]


def has_result(example, results):
    by_name = {strategy["name"]: strategy for strategy in results["strategies"]}
    for strategy, figure, value in example.results:
        try:
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
        has_result(example, answer("run", "model.yaml", "--patients", 20000))


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
