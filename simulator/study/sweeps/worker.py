"""Points run where a worker is: in a process of this machine, or anywhere on a cluster.

A worker gets what all points share once and then a few points at a time; it gives back finished lines of the journal. A point that
cannot be built or fails when it runs is a finished point, too, with the reason: it would fail again.

*Scope*: pure functions of what they are given and of the program. *Validation*: tests/unit/test_sweeps.py.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.errors import InputError, Interrupted, ScenarioErrors, SimulatorError
from simulator.formats.yaml12 import Node
from simulator.plan.model import Plan
from simulator.scenario.load import from_tree
from simulator.scenario.model import Scenario
from simulator.scenario.points import Draft, Point, placeless
from simulator.scenario.wiring import of_plan, wiring_faults
from simulator.sriov.schedule import plan_of
from simulator.study.point import run_point
from simulator.study.provenance import program_hash
from simulator.study.sweeps.journal import line_of


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some points for one worker; `payload` is the outline's."""

    payload: bytes
    program: str
    points: tuple[tuple[str, Draft], ...]


def run_chunk(chunk: Chunk, _stopped: Callable[[], bool] = lambda: False) -> list[bytes]:
    """The lines of the chunk's points. Raises SimulatorError if this worker runs another program than the one that asks."""
    if program_hash() != chunk.program:
        raise SimulatorError("a worker runs another version of the program; install the same one everywhere")
    base, engine = _shared(chunk.payload)
    return [line_of(key, run_draft(base, draft, engine)) for key, draft in chunk.points]


@lru_cache(maxsize=2)
def _shared(payload: bytes) -> tuple[Node, str]:
    base, engine = pickle.loads(payload)
    return base, engine


def run_draft(base: Node, draft: Draft, engine: str) -> dict[str, Any]:
    """The content of a finished point: its entry and histogram, or why there is none."""
    named = {"series": draft.series, "parameters": draft.parameters}
    try:
        scenario = placeless(from_tree(draft.tree(base)))
        plan = _built(scenario)
        result = run_point(Point(draft.series, draft.parameters, scenario), engine, built=plan)
    except (InputError, ScenarioErrors) as error:
        return {"point": named, "error": str(error)}
    except Interrupted:
        raise
    except Exception as error:
        return {"point": named, "error": f"{type(error).__name__}: {error}"}
    histogram = [[index, count] for index, count in result.histogram.items()]
    return {"point": result.entry, "histogram": histogram}


def _built(scenario: Scenario) -> Plan:
    try:
        plan = plan_of(scenario)
        faults = of_plan(scenario, plan)
    except SimulatorError:
        # building stops at the first fault; this finds them all, each at its key
        faults = wiring_faults(scenario)
        if not faults:
            raise
    if faults:
        raise ScenarioErrors([fault.at(".".join(map(str, location))) for location, fault in faults])
    return plan
