"""Which numbers a notebook states, and which of them it may: a result is computed, never typed.

1. A *statement* is a markdown cell, a string that a code cell hands to ``Markdown``, or a comment.
2. A *quantity* is a number with the unit behind it, if there is one (``20 kpps``, ``256``); number words from three on
   and fractions count, digits inside a name (``e1000``, ``p99``) do not, nor what stands in backticks.
3. Allowed are quantities of the set-up: those of a scenario file that the notebook names and of code above it or in
   the same cell. Allowed are also years, list numbers, and the numbers of headings and notebooks.

*Scope*: English text. It cannot tell a set-up of 20 kpps from a result of 20 kpps; a reviewer can.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from fractions import Fraction

from nbformat import NotebookNode

from tests.notebooks.reading import ROOT, scenarios

UNITS = (
    r"ps|ns|us|µs|ms|s|min|B|KiB|MiB|GiB|kB|MB|GB|bit/s|[kMG]bit/s|[KkMG]bps|[kM]?pps|%|cores?|exits?|packets?|frames?|"
    r"[kMG]?Hz|cycles"
)
ONE_NAME = {"µs": "us", "cores": "core", "exits": "exit", "packets": "packet", "frames": "frame", "Kbps": "kbps"}
NUMBER = re.compile(rf"(?<![\w.,/-])([-−]?\d[\d,]*(?:\.\d+)?)(?:[ \u00a0-]?({UNITS})(?![\w/]))?(?!\w)")
WORDS = {
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100,
    "thousand": 1000, "million": 10**6, "half": Fraction(1, 2), "quarter": Fraction(1, 4),
}  # fmt: skip
WORD = re.compile(rf"\b({'|'.join(WORDS)})s?\b", re.IGNORECASE)
THIRDS = re.compile(r"\b(a|one|two) thirds?\b", re.IGNORECASE)
"""The word alone is an ordinal, too."""
NOT_STATED = (
    re.compile(r"```.*?```", re.DOTALL),
    re.compile(r"`[^`]*`"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"^\s*\d+\. ", re.MULTILINE),
    re.compile(r"^#+ \d+(?:\.\d+)*\.? ", re.MULTILINE),
    re.compile(r"\b[Nn]otebooks? \d+(?:(?:,| and| to) \d+)*"),
    re.compile(r"\b(?:19|20)\d\d\b"),
)
Quantity = tuple[Fraction, str]


def quantities(text: str) -> list[Quantity]:
    """Every number with its unit, in order; number words without one."""
    digits = [(_value(number), ONE_NAME.get(unit, unit)) for number, unit in NUMBER.findall(text)]
    words = [Fraction(WORDS[word.lower()]) for word in WORD.findall(text)]
    words += [Fraction(2 if count.lower() == "two" else 1, 3) for count in THIRDS.findall(text)]
    return digits + [(value, "") for value in words]


def _value(digits: str) -> Fraction:
    return Fraction(digits.replace(",", "").replace("−", "-").rstrip("."))


def stated(text: str) -> list[Quantity]:
    """The quantities that a text says, without those of names, lists, headings and years."""
    for pattern in NOT_STATED:
        text = pattern.sub(" ", text)
    return quantities(text)


def spoken(source: str) -> str:
    """What a code cell says by itself: comments, and the constant text that it hands to ``Markdown``."""
    return "\n".join([*_comments(source), *_strings(source)])


def set_up(source: str) -> list[Quantity]:
    """The quantities of the code of a cell, without what it only says."""
    for text in [*_comments(source), *_strings(source)]:
        source = source.replace(text, " ")
    return quantities(re.sub(r":[,.\d]*[a-z%]?\}", "}", source))


def _comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _strings(source: str) -> list[str]:
    found = []
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Markdown":
            inside = [node for argument in call.args for node in ast.walk(argument)]
            specs = [part for node in inside if isinstance(node, ast.FormattedValue) and node.format_spec
                     for part in ast.walk(node.format_spec)]  # fmt: skip
            found += [node.value for node in inside
                      if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in specs]  # fmt: skip
    return found


def unfounded(notebook: NotebookNode) -> Iterator[tuple[str, Quantity]]:
    """(cell id, quantity) of each quantity that the notebook states and that no set-up holds."""
    files = scenarios(notebook)
    known = {quantity for file in files for quantity in quantities((ROOT / file).read_text(encoding="utf-8"))}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            known |= set(set_up(cell.source))
        said = stated(spoken(cell.source) if cell.cell_type == "code" else cell.source)
        yield from ((cell.id, quantity) for quantity in said if quantity not in known)
