"""No notebook states a number that it has not computed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.notebooks.numbers import quantities, unfounded
from tests.notebooks.reading import FILES, name, opened, read


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_number_is_computed_or_set(path: Path) -> None:
    found = [f"{cell}: {float(value):g} {unit}".rstrip() for cell, (value, unit) in unfounded(opened(read(path)))]
    assert not found, "computed numbers belong into code: display(Markdown(f'...'))"


def test_quantities_are_read() -> None:
    assert quantities("from 20 kpps on, 1,000.5 us; −3 and 40%") == [
        (Fraction(20), "kpps"), (Fraction("1000.5"), "us"), (Fraction(-3), ""), (Fraction(40), "%"),
    ]  # fmt: skip
    assert quantities("an e1000, the p99.9, vm0, x710 and sriov-vf") == []
    assert quantities("eight exits, half of them") == [(Fraction(8), ""), (Fraction(1, 2), "")]
    assert quantities("two thirds, the third time") == [(Fraction(2, 3), "")]


def said(*cells: tuple[str, str]) -> list[str]:
    """The unfounded numbers of a notebook of these cells."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    return [f"{float(value):g} {unit}" for _, (value, unit) in
            unfounded(new_notebook(cells=[make[kind](source) for kind, source in cells]))]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["It takes 9.2 us.", "Of eight exits", "| path | 41.9 us |", "**half** of it waits", "after 128&nbsp;us", "x = 3"],
)
def test_a_typed_result_is_seen(text: str) -> None:
    for cell in (("markdown", text), ("code", f"display(Markdown({text!r}))"), ("code", f"# {text}\npass")):
        assert said(cell), cell


@pytest.mark.parametrize(
    "text",
    ["## 2. A heading", "1. first", "since 2013", "notebook 3", "an `e1000(82540)`", "[x](a/7.md)", "QEMU e1000"],
)
def test_other_numbers_are_not_results(text: str) -> None:
    assert not said(("markdown", text))


def test_the_set_up_may_be_said_after_it_was_made() -> None:
    code, text = ("code", 'compare("x", overrides=["rate=20 kpps"])'), ("markdown", "At 20 kpps")
    assert said(code, text) == []
    assert said(text, code) == ["20 kpps"]
    assert said(code, ("markdown", "At 20 us")) == ["20 us"]
    assert said(("markdown", "at 64 B, see scenarios/vf-modes.yaml")) == []


def test_a_format_is_no_set_up() -> None:
    code = ("code", 'display(Markdown(f"it takes {x:.2f} us, {y:7.1f} us"))')
    assert said(code) == []
    assert said(code, ("markdown", "It is 2 or 7.1")) == ["2 ", "7.1 "]
