"""The sanity table as text, an excerpt of the stored record: the page of the documentation and the short table of the README.

1. Of the scored points of each test-bed, path and unit the one in the middle stands for all: half of its kind are farther off.
2. Nothing is simulated; the record is what `sriovsim validate` said.

*Scope*: text only, numbers with three digits. *Validation*: tests/validation/test_sanity.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator import validation
from simulator.validation import Prediction, record
from simulator.validation.text import number, share

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "sanity.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- sanity table: begin -->", "<!-- sanity table: end -->"

_PAGE = """# Predicted beside published: an excerpt

{points} published measurements from {groups} test-beds are predicted with the catalogue as it is; no cost was chosen with them in view. The [page of
all points](../reference/generated/validation.md) has every one with its test-bed, what stands for it and what differs, and the reasons of the largest
errors; `sriovsim validate` computes them anew ([how](../how-to/validate.md)).

Scored, every [test-bed](../glossary.md) once: **off by a factor of {factor}** either way on average, {within} within a factor of 2, half within {median}.
By test-bed the factor is {least} to {most}.

The table has, for each test-bed, path and unit, the point in the middle: half of its kind are farther off. `of` says how many it stands for.

{table}

What the largest errors say of the model is written down in [decision 34](../decisions/0034-how-wrong-it-is.md). How much the ranges of the costs leave
open is another question, which `--uncertainty` answers.

`python -m tests.validation --write` makes this page from the record; a test compares.
"""
_README = """{points} published measurements from {groups} test-beds, untuned: off by a factor of {factor} on average (every test-bed once),
{within} within a factor of 2. The table has the point in the middle of each test-bed, path and unit. [All points, test-beds and what
differs](docs/explanation/sanity.md).

| test-bed | path | what | measured | predicted | ratio |
| --- | --- | --- | --- | --- | --- |
{rows}"""


def middle(found: Sequence[Prediction]) -> list[tuple[Prediction, int]]:
    """For each test-bed, path and unit the scored point in the middle by its deviation, and how many it stands for."""
    kinds: dict[tuple[str, str, str], list[Prediction]] = defaultdict(list)
    for each in found:
        if each.point.is_scored and each.value is not None:
            kinds[each.point.group, each.point.path, each.point.unit].append(each)
    ranked = [sorted(own, key=lambda each: (each.factor, each.point.id)) for own in kinds.values()]
    return [(own[len(own) // 2], len(own)) for own in ranked]


def page() -> str:
    """The whole page."""
    chosen = middle(_found())
    head = (
        "| test-bed | path | what | measured | predicted | ratio | of |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    rows = "\n".join(f"{_row(each)} {count} |" for each, count in chosen)
    return _PAGE.format(**_numbers(), table=head + rows)


def short() -> str:
    """What stands between the markers of the README."""
    return _README.format(**_numbers(), rows="\n".join(_row(each) for each, _ in middle(_found())))


def in_readme(text: str, table: str) -> str:
    """`text` with `table` between the markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"


def _row(each: Prediction) -> str:
    point = each.point
    measured = f"{number(point.measured)} {point.unit}".removesuffix(" 1")
    what = f"{point.metric}, {point.workload}"
    return f"| {point.group} | {point.path} | {what} | {measured} | {number(each.value)} | {each.ratio:.2f} |"


def _found() -> list[Prediction]:
    return record.predictions(record.load(), validation.read())


def _numbers() -> dict[str, Any]:
    score = validation.score(validation.read(), _found())
    factors = [own["factor"] for own in score["by_group"].values()]
    return {
        "points": score["points"],
        "groups": score["groups"],
        "factor": number(score["factor"]),
        "within": share(score["within_2"]),
        "median": share(score["median_abs_rel_error"]),
        "least": number(min(factors)),
        "most": number(max(factors)),
    }
