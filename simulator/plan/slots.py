"""Slot numbers: who owns which timer, a function of the plan alone.

The order of classes decides every tie between two entities at one instant; see ``docs/reference/plan.md`` section 1.
*Scope*: numbering only. *Validation*: conformance vectors of the tie rule; a planted swap of two classes is caught by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.plan.model import NONE, Plan

CLASSES = (
    ("source", 1),
    ("link", 2),
    ("memory", 2),
    ("hardware", 3),
    ("hold", 3),
    ("moderator", 4),
    ("route", 5),
    ("kick", 5),
    ("halt_poll", 6),
    ("tick", 6),
    ("timeout", 6),
    ("flight", 6),
    ("quota", 6),
    ("examination", 7),
    ("core", 8),
)


@dataclass(frozen=True, slots=True)
class Slots:
    """Slot number by entity index (-1: that entity has no such slot), for each kind of slot; ``count`` slots in all."""

    source: tuple[int, ...]
    link: tuple[int, ...]
    memory: tuple[int, ...]
    hardware: tuple[int, ...]
    hold: tuple[int, ...]
    moderator: tuple[int, ...]
    route: tuple[int, ...]
    kick: tuple[int, ...]
    halt_poll: tuple[int, ...]
    tick: tuple[int, ...]
    timeout: tuple[int, ...]
    flight: tuple[int, ...]
    quota: tuple[int, ...]
    examination: tuple[int, ...]
    core: tuple[int, ...]
    count: int


def _owners(plan: Plan) -> dict[str, list[bool]]:
    hardware = [w.kind == "hw" for w in plan.workers]
    return {
        "source": [True] * len(plan.sources),
        "link": [True] * len(plan.links),
        "memory": [True] * len(plan.dmas),
        "hardware": hardware,
        "hold": [ring.hold_group > 1 and ring.hold_ps != NONE for ring in plan.rings],
        "moderator": [True] * len(plan.moderators),
        "route": [True] * len(plan.routes),
        "kick": [route.kick_flight_ps > 0 for route in plan.routes],
        "halt_poll": [e.kind == "vcpu" for e in plan.executors],
        "tick": [True] * len(plan.ticks),
        "timeout": [True] * len(plan.sources),
        "flight": [thread.flight_ps > 0 for thread in plan.threads],
        "quota": [True] * len(plan.quotas),
        "examination": [hw or w.poll_mode for hw, w in zip(hardware, plan.workers, strict=True)],
        "core": [e.kind == "core" for e in plan.executors],
    }


def assign(plan: Plan) -> Slots:
    """Number the slots of ``plan``."""
    owners = _owners(plan)
    numbers: dict[str, tuple[int, ...]] = {}
    following = 0
    for name, _ in sorted(CLASSES, key=lambda item: item[1]):
        row = []
        for owns in owners[name]:
            row.append(following if owns else NONE)
            following += owns
        numbers[name] = tuple(row)
    return Slots(**numbers, count=following)


def names(plan: Plan) -> list[str]:
    """Readable name of every slot, in slot order, for error messages and tables."""
    slots = assign(plan)
    entities: dict[str, Sequence[Any]] = {
        "source": plan.sources, "link": plan.links, "memory": plan.dmas, "hardware": plan.workers, "moderator": plan.moderators,
        "hold": plan.rings, "route": plan.routes, "kick": plan.routes, "halt_poll": plan.executors, "tick": plan.ticks,
        "timeout": plan.sources, "flight": plan.threads, "quota": plan.quotas,
        "examination": plan.workers, "core": plan.executors,
    }  # fmt: skip
    result = [""] * slots.count
    for kind, owners in entities.items():
        for entity, slot in zip(owners, getattr(slots, kind), strict=True):
            if slot != NONE:
                result[slot] = f"{entity.name}:{kind}"
    return result
