"""What an event changes while the plan runs: one function for each kind of the closed list.

*Scope*: section 12 of `docs/reference/plan.md`; when an event acts is the engine's. *Validation*: conformance vectors of events.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.engines.reference.ends.world import World
from simulator.plan import model
from simulator.plan.model import NONE


def _source(world: World, event: model.Event) -> None:
    source = world.sources[event.target]
    if event.value:
        source.turn_on()
    else:
        source.turn_off()


def _link(world: World, event: model.Event) -> None:
    world.links[event.target].off = not event.value


def _ring(world: World, event: model.Event) -> None:
    ring = world.rings[event.target]
    if event.value:
        ring.off = False
    elif not ring.off:
        ring.turn_off()


def _reset(world: World, event: model.Event) -> None:
    world.rings[event.target].reset()


def _rate(world: World, event: model.Event) -> None:
    world.shapers[event.target].set_rate(event.value)
    for worker in world.workers:
        limits = {limit for each in worker.data.inputs for limit in (each.shaper, each.floor)} - {NONE}
        if worker.data.kind == "hw" and event.target in limits:
            worker.wake()


def _weight(world: World, event: model.Event) -> None:
    world.workers[event.target].inputs[event.index].weight = event.value


def _entry(world: World, event: model.Event) -> None:
    world.switches[event.target].table[event.index] = event.value


_CHANGES: dict[str, Callable[[World, model.Event], None]] = {
    "source": _source,
    "link": _link,
    "ring": _ring,
    "reset": _reset,
    "rate": _rate,
    "weight": _weight,
    "entry": _entry,
}


def change(world: World, event: model.Event) -> None:
    """Let ``event`` act, now."""
    _CHANGES[event.kind](world, event)
