"""The committed reference runs are whole, small, and what the simulator says today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator import charts
from simulator.cli import cli
from simulator.errors import InputError
from tests.results.reference import FOLDER, KEPT, RUNS, comparable, differences

LARGEST_BYTES = 2_000_000
SWEPT = {"load": ("vf-modes", "knees", "guests-over-paths"), "throughput": ()}
"""Charts that need a sweep, and the runs that have it."""


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


@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_chart_is_drawn_from_the_folder(name: str) -> None:
    document = charts.read(FOLDER / name)
    for kind in charts.KINDS:
        if kind == "course":
            with pytest.raises(InputError, match=r"measurement\.interval"):
                charts.table(document, kind)
        elif name in SWEPT.get(kind, RUNS):
            assert len(charts.table(document, kind)) or kind == "drops"
        else:
            with pytest.raises(InputError, match="sweep"):
                charts.table(document, kind)


def test_the_committed_chart_is_what_the_command_draws(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["chart", str(FOLDER / RUNS[0]), "--out", str(tmp_path / "chart.png")])
    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "chart.png").read_bytes() == (FOLDER / RUNS[0] / "chart.png").read_bytes()
