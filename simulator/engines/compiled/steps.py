"""Events -> steps of the kernel: positions in place of indices, and what follows from a change of a rate.

*Scope*: where things stand; what a step does is in ``kernel.ends.changes``. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.engines.compiled import kernel as k
from simulator.plan.model import NONE, Event, Plan

Step = tuple[int, int, int, int, int]
"""Words of the header from ``H_CHANGE`` on: kind, time, position, index, value."""


def steps(plan: Plan, at: dict[str, list[int]], memory: Any) -> Iterator[Step]:
    """All events of ``plan`` in order; ``at`` tells where entities stand in ``memory``."""
    for event in plan.events:
        for kind, position, index, value in _of(plan, at, memory, event):
            yield kind, event.at_ps, position, index, value


def _of(plan: Plan, at: dict[str, list[int]], memory: Any, event: Event) -> Iterator[tuple[int, int, int, int]]:
    match event.kind:
        case "source":
            yield k.CH_SOURCE, at["sources"][event.target], 0, event.value
        case "link":
            yield k.CH_WORD, at["links"][event.target] + k.L_OFF, 0, 1 - event.value
        case "ring":
            yield k.CH_RING, at["rings"][event.target], 0, event.value
        case "reset":
            yield k.CH_RESET, at["rings"][event.target], 0, 0
        case "rate":
            bits_ps = plan.shapers[event.target].burst_bytes * 8 * 10**12
            yield k.CH_RATE, at["shapers"][event.target], bits_ps // event.value if event.value else 0, event.value
            for position, worker in zip(at["workers"], plan.workers, strict=True):
                limits = {limit for each in worker.inputs for limit in (each.shaper, each.floor)} - {NONE}
                if worker.kind == "hw" and event.target in limits:
                    yield k.CH_LOOK, position, 0, 0
        case "weight":
            inputs = int(memory[at["workers"][event.target] + k.W_INPUTS])
            yield k.CH_WORD, inputs + k.INPUT * event.index + k.I_WEIGHT, 0, event.value
        case "entry":
            table = int(memory[at["switches"][event.target] + k.Y_TABLE])
            yield k.CH_WORD, table + event.index, 0, event.value
