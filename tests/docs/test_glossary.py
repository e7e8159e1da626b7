"""The glossary: terms in alphabetical order, each with its Chinese name and one plain sentence."""

from __future__ import annotations

import re

from tests.docs.markdown import ROOT

LEAST = 42
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| ---")
][1:]


def test_terms_stand_once_and_in_order() -> None:
    terms = [term.lower() for term, _, _ in ROWS]
    assert terms == sorted(set(terms))
    assert len(terms) >= LEAST


def test_each_term_has_a_chinese_name_and_one_sentence() -> None:
    chinese = {term: name for term, name, _ in ROWS}
    assert [term for term, name in chinese.items() if not re.search(r"[\u4e00-\u9fff]", name)] == []
    assert chinese["physical function (PF)"] == "物理功能"
    assert chinese["virtual function (VF)"] == "虚拟功能"
    assert [term for term, _, text in ROWS if not re.fullmatch(r"[A-Z][^.!?]*\.", text)] == []
