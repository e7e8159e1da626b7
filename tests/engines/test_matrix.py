"""A sample of the matrix: every path in every use alone, every path once among eight, every other switch once."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.datapaths import DATAPATHS
from tests.engines.matrix import ALONE, USES, Cell, cells, fault, played

ALL = tuple(cells())
ALONE_CELLS = [cell for cell in ALL if cell.count == 1 and cell.switch == "automatic"]
CROWDS = [Cell(path, ("rx", "tx")[number % 2], 8) for number, path in enumerate(DATAPATHS) if path not in ALONE]
SWITCHED = [cell for cell in ALL if cell.switch != "automatic" and cell.use == "request-response"]


@pytest.mark.parametrize("cell", [*ALONE_CELLS, *CROWDS, *SWITCHED], ids=str)
def test_both_engines_make_one_trace(cell: Cell, tmp_path: Path) -> None:
    assert not fault(played(cell, tmp_path))


def test_the_matrix_is_whole() -> None:
    assert len(set(ALL)) == len(ALL)
    assert {cell.path for cell in ALL} == set(DATAPATHS)
    assert {(cell.use, cell.count) for cell in ALL} == {(use, count) for use in USES for count in (1, 8)}
    assert {*CROWDS, *SWITCHED, *ALONE_CELLS} <= set(ALL)


def test_a_cell_that_differs_is_told(tmp_path: Path) -> None:
    traces = played(Cell("sriov-vf", "rx"), tmp_path)
    traces[1].counters["vm0.sink.count"] += 1
    assert fault(traces) == "the engines differ"
