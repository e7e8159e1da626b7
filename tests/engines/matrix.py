"""Every way in, in every use, alone and among eight, behind every switch that can carry it: two engines, one trace.

`python -m tests.engines.matrix` plays all cells and prints what each delivered (about a minute); the tests play a sample.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import vswitches
from simulator.datapaths import DATAPATHS
from simulator.plan.trace import Trace
from simulator.scenario import load, names
from simulator.scenario.build import build
from tests.engines.available import ENGINES

USES: dict[str, dict[str, Any]] = {
    "rx": {"kind": "bursts", "rate": "20 kpps", "burst": 2, "guests": "vm*"},
    "tx": {"kind": "poisson", "rate": "80 kpps", "direction": "tx", "guests": "vm*"},
    "request-response": {"kind": "request-response", "guests": "vm*"},
    "guest-to-guest": {"kind": "poisson", "rate": "20 kpps", "from": "vm*", "to": "to*"},
}
COUNTS = (1, 8)
RUN_PS = {1: 400_000_000, 8: 200_000_000}
ALONE = tuple(path.name for path in DATAPATHS.values() if path.exclusive)


@dataclass(frozen=True, slots=True)
class Cell:
    """One path in one use, so many guests of it, behind one switch."""

    path: str
    use: str
    count: int = 1
    switch: str = "automatic"

    def __str__(self) -> str:
        return f"{self.path}, {self.use}, {self.count}, {self.switch}"


def cells() -> Iterator[Cell]:
    """All of them: uses and numbers behind the usual switch, other switches one guest in each use."""
    for path in DATAPATHS:
        for use in USES:
            if use == "guest-to-guest" and path in (*names.NO_NEIGHBOURS, *ALONE):
                continue  # refused when the scenario is read
            yield from (Cell(path, use, count) for count in COUNTS if count == 1 or path not in ALONE)
            yield from (Cell(path, use, 1, kind) for kind in switches(path))


def switches(path: str) -> tuple[str, ...]:
    """The switches that may stand in place of a path's usual one."""
    usual = DATAPATHS[path].switch
    return tuple(kind for kind in vswitches.SWITCHES if kind != usual and vswitches.suits(kind, usual))


def document(cell: Cell) -> dict[str, Any]:
    """The scenario of a cell."""
    guests = [{"name": "vm", "count": cell.count, "datapath": cell.path}]
    if cell.use == "guest-to-guest":
        guests.append(guests[0] | {"name": "to"})
    nic = {"model": "e810", "moderation": {"kind": "none"}}
    host = {"model": "modern", "idle": "poll"}
    return {
        "schema": 1, "host": host, "nic": nic, "switch": {"kind": cell.switch}, "guests": guests, "traffic": [USES[cell.use]],
    }  # fmt: skip


def played(cell: Cell, folder: Path) -> list[Trace]:
    """What each engine made of it."""
    file = folder / "cell.yaml"
    file.write_text(json.dumps(document(cell)))
    plan, traces = build(load(file)), []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(RUN_PS[cell.count])
        traces.append(made.trace())
    return traces


def fault(traces: list[Trace]) -> str:
    """What is wrong with them: nothing, if they are one and packets have arrived."""
    first, *others = traces
    if any(other.log != first.log or other.counters != first.counters for other in others):
        return "the engines differ"
    return "" if delivered(first) else "nothing has arrived"


def delivered(trace: Trace) -> int:
    """Packets at all sinks."""
    ends = (".sink.count", ".sent.count", "peer.count")
    return sum(value for name, value in trace.counters.items() if name.endswith(ends))


def main() -> int:
    """Play all cells; 1 if one of them is wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for cell in cells():
            traces = played(cell, Path(folder))
            told = fault(traces)
            wrong += bool(told)
            print(f"{cell}: {told or f'{delivered(traces[0])} packets, one trace'}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
