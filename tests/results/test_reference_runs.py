"""The committed reference runs are whole, small, and what the simulator says today."""

from __future__ import annotations

import json

import pytest

from tests.results.reference import FOLDER, KEPT, RUNS, comparable, differences

LARGEST_BYTES = 500_000


def test_the_headline_run_comes_out_byte_for_byte() -> None:
    assert differences(RUNS[0]) == [], "python -m tests.results --write makes the reference runs anew"


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_whole_and_small(name: str) -> None:
    found = {path.name: path for path in (FOLDER / name).iterdir()}
    assert found.keys() == set(KEPT)
    assert sum(path.stat().st_size for path in found.values()) < LARGEST_BYTES
    assert json.loads(found["provenance.json"].read_bytes())["scenario"] == name


def test_a_changed_byte_is_a_difference() -> None:
    content = (FOLDER / RUNS[0] / "summary.csv").read_bytes()
    assert comparable("summary.csv", content) != comparable("summary.csv", content.replace(b"1", b"2", 1))
    provenance = (FOLDER / RUNS[0] / "provenance.json").read_bytes()
    assert comparable("provenance.json", provenance) != comparable("provenance.json", provenance.replace(b"1", b"2"))
