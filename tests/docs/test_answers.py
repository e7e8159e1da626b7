"""The page of how good the answers are: its numbers are those of the records, and records are what campaigns keep."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.campaign import record

sys.path.insert(0, str(record.ROOT / "docs"))
from generate import answers

RUN = {"run": {"date": "2026-01-02", "version": "1", "source_sha256": "0" * 64}}
CASE = {
    "case": "M/M/1 0.5", "truth_us": [2.0, 9.21034], "truth_errors_us": [0.0, 0.0], "trials": 400, "reached": 399,
    "covered": {"mean": 380, "p99": 360}, "replications": 15.25, "warmup_us": 5400.0,
}  # fmt: skip


def test_every_record_that_is_kept_has_its_section() -> None:
    kept = {path.stem for path in answers.FOLDER.glob("*.json")}
    assert kept <= set(answers.SECTIONS)
    text = answers.pages()["answers.md"]
    assert all(f"## {answers.SECTIONS[name][0]}" in text for name in kept)


def test_no_record_no_section(tmp_path: Path) -> None:
    assert "##" not in answers.pages(tmp_path)["answers.md"]


def test_shares_and_their_errors(tmp_path: Path) -> None:
    # 380 of 400 is 95 %, its standard error sqrt(0.95 * 0.05 / 400) = 1.1 %; 360 of 400 is 90 %, 1.5 %
    (tmp_path / "coverage.json").write_text(json.dumps(RUN | {"cases": [CASE]}))
    text = answers.pages(tmp_path)["answers.md"]
    assert "| M/M/1 0.5 | 2, 9.2103 | 400 | 95.0% ± 1.1% | 90.0% ± 1.5% | 15.2 | 99.8% | 5.4 ms |" in text
    assert "2026-01-02, version 1, source `000000000000`." in text


def test_a_search_that_does_not_agree_is_said(tmp_path: Path) -> None:
    found = {"pps": 5000, "scan_pps": [1000, 1100], "agrees": False}
    row = {"path": "native", "packets": 25, "scan_packets": 100, "ndr": found, "pdr": found | {"agrees": True}}
    (tmp_path / "search.json").write_text(json.dumps(RUN | {"resolution": 0.02, "rates": [row]}))
    assert (
        "| native | 5,000 (not agreed) | 1,000 to 1,100 | 5,000 | 1,000 to 1,100 | 25.0% |"
        in answers.pages(tmp_path)["answers.md"]
    )


def test_a_campaign_keeps_day_and_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path / "answers")
    record.keep("coverage", {"cases": [CASE]})
    found: dict[str, Any] = json.loads((tmp_path / "answers" / "coverage.json").read_text())
    assert set(found["run"]) == {"date", "version", "source_sha256"}
    assert "M/M/1 0.5" in answers.pages(tmp_path / "answers")["answers.md"]
