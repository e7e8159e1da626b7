"""Whether what changes while a plan runs may change: kind, place and value of every event, and the order of the list.

*Scope*: section 12 of `docs/reference/plan.md`. *Validation*: `tests/unit/test_plan_check.py`; random plans with events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulator.plan import check_bounds
from simulator.plan.model import INFINITE_PS, NONE, Event, Plan

PLACES = {
    "source": "sources", "link": "links", "ring": "rings", "reset": "rings", "rate": "shapers", "weight": "workers",
    "entry": "switches",
}  # fmt: skip
"""The closed list: each kind of event and what it changes."""
SWITCHED = ("source", "link", "ring")


def shapes(plan: Plan) -> Iterator[str]:
    """Events are events, of known kinds, with integers, at things that exist, in the order of time."""
    if not isinstance(plan.events, tuple) or not all(isinstance(event, Event) for event in plan.events):
        yield f"Plan {plan.name}: events: must be a tuple of Event"
        return
    before_ps = 0
    for number, event in enumerate(plan.events):
        where = f"events[{number}]"
        wrong = [name for name in ("at_ps", "target", "index", "value") if type(getattr(event, name)) is not int]
        if wrong:
            yield f"{where}: {wrong[0]} = {getattr(event, wrong[0])!r}: must be an integer"
            return
        yield from _shape(plan, where, event)
        if event.at_ps < before_ps:
            yield f"{where}: at_ps = {event.at_ps}: the event before it is at {before_ps}; events stand in the order of time"
        before_ps = event.at_ps


def _shape(plan: Plan, where: str, event: Event) -> Iterator[str]:
    if not 0 <= event.at_ps <= INFINITE_PS:
        yield f"{where}: at_ps = {event.at_ps}: must be from 0 to 2**62"
    if event.kind not in PLACES:
        yield f"{where}: kind = {event.kind!r}: must be one of {', '.join(map(repr, PLACES))}"
        return
    count = len(getattr(plan, PLACES[event.kind]))
    if not 0 <= event.target < count:
        yield f"{where}: target = {event.target}: there are {count} {PLACES[event.kind]}"
    if event.kind not in ("weight", "entry") and event.index:
        yield f"{where}: index = {event.index}: a {event.kind} event has none"
    if event.kind in SWITCHED and event.value not in (0, 1):
        yield f"{where}: value = {event.value}: must be 0 (off) or 1 (on)"
    if event.kind == "reset" and event.value:
        yield f"{where}: value = {event.value}: a reset event has none"


def entries(plan: Plan) -> Iterator[str]:
    """Entries are put into tables that have them, and name ports that exist: packets are followed there."""
    for number, event in enumerate(plan.events):
        if event.kind == "entry":
            yield from _entry(plan, f"events[{number}]", event)


def values(plan: Plan) -> Iterator[str]:
    """Each event suits what it changes."""
    carry_pcie = {link for dma in plan.dmas for link in (dma.up, dma.down)}
    for number, event in enumerate(plan.events):
        where = f"events[{number}]"
        if event.kind == "link" and event.target in carry_pcie:
            yield f"{where}: {plan.links[event.target].name} carries PCIe: only links of packets go down"
        elif event.kind == "reset" and not plan.rings[event.target].remote:
            yield f"{where}: {plan.rings[event.target].name} is shared memory: only the rings of a function are reset"
        elif event.kind == "rate":
            yield from _rate(plan, where, event)
        elif event.kind == "weight":
            yield from _weight(plan, where, event)


def _rate(plan: Plan, where: str, event: Event) -> Iterator[str]:
    if not 0 <= event.value <= INFINITE_PS:
        yield f"{where}: value = {event.value}: a rate is from 0 (no limit) to 2**62 bit/s"
    else:
        shaper = replace(plan.shapers[event.target], rate_bps=event.value)
        yield from (f"{where}: {complaint}" for complaint in check_bounds.shaper_fits(plan, shaper))


def _weight(plan: Plan, where: str, event: Event) -> Iterator[str]:
    worker = plan.workers[event.target]
    if worker.kind != "hw":
        yield f"{where}: {worker.name} is no hardware engine: it has no weights"
    elif not 0 <= event.index < len(worker.inputs):
        yield f"{where}: index = {event.index}: {worker.name} has {len(worker.inputs)} inputs"
    elif not (event.value >= 1 and worker.quantum_bytes * event.value < check_bounds.LIMIT // 2):
        yield f"{where}: value = {event.value}: a weight is at least 1, and quantum_bytes * weight fits 62 bits"


def _entry(plan: Plan, where: str, event: Event) -> Iterator[str]:
    switch = plan.switches[event.target]
    if not 0 <= event.index < len(switch.table):
        yield f"{where}: index = {event.index}: the table of {switch.name} has {len(switch.table)} entries"
    if not NONE <= event.value < len(switch.ports):
        yield f"{where}: value = {event.value}: {switch.name} has {len(switch.ports)} ports; -1 is none"
