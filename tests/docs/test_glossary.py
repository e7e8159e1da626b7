"""The glossary: terms in alphabetical order, each with its Chinese names and one plain sentence; pages lead to it."""

from __future__ import annotations

import re

from simulator.errors import NOT_MODELLED, NOT_MODELLED_PAGE
from tests.docs.markdown import ROOT

LEAST = 42
SOURCE = (
    (ROOT / "docs" / "glossary.md")
    .read_text(encoding="utf-8")
    .partition(":::{glossary}\n")[2]
    .rstrip()
    .removesuffix(":::")
)
ENTRIES = [entry.strip().splitlines() for entry in SOURCE.split("\n\n")]
ROWS = [(entry[0], entry[1:-1], entry[-1].removeprefix("  : ")) for entry in ENTRIES]
"""English term, Chinese names, meaning."""
LINKED = re.compile(r"\{term\}`[^`]+`")


def test_terms_stand_once_and_in_order() -> None:
    terms = [term.lower() for term, _, _ in ROWS]
    assert terms == sorted(set(terms))
    assert len(terms) >= LEAST


def test_each_term_has_a_chinese_name_and_one_sentence() -> None:
    chinese = {term: names for term, names, _ in ROWS}
    assert [
        term
        for term, names in chinese.items()
        if not names or not all(re.search(r"[\u4e00-\u9fff]", name) for name in names)
    ] == []
    assert chinese["physical function (PF)"] == ["物理功能"]
    assert chinese["virtual function (VF)"] == ["虚拟功能"]
    assert "来宾" in chinese["guest"]
    assert "仿真设备" in chinese["emulated device"]
    assert [term for term, _, text in ROWS if not re.fullmatch(r"[A-Z][^.!?]*\.", text)] == []


def test_explanations_lead_to_the_glossary() -> None:
    """The build fails for a term that the glossary lacks."""
    pages = [*(ROOT / "docs" / "explanation").glob("*.md"), ROOT / "docs" / "tutorial" / "ten-minutes.md"]
    assert [page.name for page in pages if not LINKED.search(page.read_text(encoding="utf-8"))] == ["sanity.md"]


def test_what_readers_ask_for_in_vain_stands_on_the_page_that_errors_name() -> None:
    page = (ROOT / NOT_MODELLED_PAGE).read_text(encoding="utf-8")
    said = re.sub(r"\{term\}`([^`<]+?)(?: <[^>]+>)?`", r"\1", page).lower()
    assert sorted({what for what in NOT_MODELLED.values() if what.lower() not in said}) == []
