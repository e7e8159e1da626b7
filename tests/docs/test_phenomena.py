"""The table of phenomena: every one has its row, and every test that a row names is there."""

from __future__ import annotations

import re

import pytest

from simulator.scenario import shipped
from tests.docs.markdown import ROOT

TEXT = (ROOT / "docs" / "explanation" / "phenomena.md").read_text(encoding="utf-8")
ROWS = {row.split("|")[1].strip(): row for row in TEXT.splitlines() if row.startswith("| E-")}
NAMED = sorted(set(re.findall(r"`(tests/[a-z0-9_/]+\.py)(?:::(test_\w+))?`", TEXT)))


def test_every_phenomenon_has_a_row() -> None:
    assert list(ROWS) == [f"E-{number:02}" for number in range(1, 37)]
    without = [name for name, row in ROWS.items() if "::test_" not in row]
    assert without == ["E-29"], "and that one says why"


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_what_a_row_names_exists(file: str, test: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text if test else "def test_" in text


def test_questions_name_shipped_scenarios() -> None:
    text = (ROOT / "docs" / "how-to" / "questions.md").read_text(encoding="utf-8")
    named = {name for row in text.splitlines() if row.startswith("| ") for name in re.findall(r"`([a-z0-9-]+)`", row)}
    assert len(named) >= 18
    assert named <= set(shipped())
