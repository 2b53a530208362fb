"""The examples of the pages on the model language, whole models with all that belongs to them.

How a page is marked, in comments that readers do not see, each on the line before a block:
  <!-- in NAME -->       the model below is a part: sections that it lacks are those of tests/models/NAME.yaml
  <!-- refused in NAME --> the same, and popgx refuses it; the text block that follows says what it says
  <!-- file NAME -->     the CSV or YAML below is this file, beside the model above it
  <!-- check -->         every line of the text below is among what `popgx check` prints of the model above it
A table with the columns strategy, figure and value holds results of the model above it; `FIGURE in GROUPING: GROUP` is one of a subgroup.
"""
import re

from program import ROOT, expect

PAGES = {"model-language.md": 30, "tutorial.md": 6, "cookbook.md": 11}  # and how many examples are the least
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
