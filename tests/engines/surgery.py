"""Plans made from plans: without an entity, two side by side, every time longer, with an idle guest.

1. `moved` renumbers every reference inside an entity; all the rest is choosing the new numbers.
2. The laws of `test_laws` say what each operation may change in a run.

*Scope*: keeps what it does not mean to change; the caller asks `check()`. *Validation*: the plans keep passing `check()`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from simulator.plan import draws, model
from simulator.plan.check_events import PLACES
from simulator.plan.model import INFINITE_PS, NONE, Gate, Input, Notify, Output, Plan
from simulator.plan.references import ENTITIES, collection, entities, required

Place = tuple[str, int]
KINDS = {("Link", "target"): "target_kind", ("Notify", "target"): "kind"}
"""References that become "none" when what they point at is gone."""


def replaced(plan: Plan, **changes: Any) -> Plan:
    """`dataclasses.replace` for a dictionary of collections."""
    return dataclasses.replace(plan, **changes)


def moved(part: Any, new: dict[Place, int]) -> Any:
    """The entity, or part of one, with every reference renumbered; what is not in `new` is gone."""
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(part):
        value, target = getattr(part, field.name), collection(part, field.name)
        if isinstance(value, Gate | Notify):
            fields[field.name] = moved(value, new)
        elif isinstance(value, tuple) and value and isinstance(value[0], Input | Output):
            fields[field.name] = tuple(moved(item, new) for item in value if _points_at(item) in new)
        elif isinstance(value, tuple) and value and isinstance(value[0], Notify):
            fields[field.name] = tuple(moved(item, new) for item in value)
        elif target is not None and value != NONE:
            fields[field.name] = new.get((target, value), NONE)
            if fields[field.name] == NONE and (type(part).__name__, field.name) in KINDS:
                fields[KINDS[type(part).__name__, field.name]] = "none"
    return dataclasses.replace(part, **fields)


def _points_at(item: Input | Output) -> Place:
    return str(collection(item, "index")), item.index


def without(plan: Plan, place: Place) -> Plan:
    """The plan without one entity and without whatever needs it."""
    doomed = {place}
    while True:
        more = {(name, index) for name, index, entity in entities(plan) if _needs(entity, doomed)} - doomed
        if not more:
            break
        doomed |= more
    new = {(name, index): index for name in ("streams", "stages") for index in range(len(getattr(plan, name)))}
    for name in ENTITIES:
        kept = [index for index in range(len(getattr(plan, name))) if (name, index) not in doomed]
        new |= {(name, index): number for number, index in enumerate(kept)}
    return replaced(plan, **{name: _moved_all(plan, name, new) for name in ENTITIES})


def _moved_all(plan: Plan, name: str, new: dict[Place, int]) -> tuple[Any, ...]:
    return tuple(moved(entity, new) for index, entity in enumerate(getattr(plan, name)) if (name, index) in new)


def _needs(entity: Any, doomed: set[Place]) -> bool:
    """Whether a reference that may not be missing points at something doomed, or no output is left."""
    for field in dataclasses.fields(entity):
        target = collection(entity, field.name)
        if target and (target, getattr(entity, field.name)) in doomed and required(entity, field.name):
            return (type(entity).__name__, field.name) not in KINDS
    outputs = getattr(entity, "outputs", ())
    return bool(outputs) and all(_points_at(output) in doomed for output in outputs)


def renamed(plan: Plan, prefix: str) -> Plan:
    """The same plan with a prefix before every name, those of streams included."""
    changes: dict[str, Any] = {"stages": tuple(prefix + stage for stage in plan.stages)}
    for name in ("streams", *ENTITIES):
        changes[name] = tuple(dataclasses.replace(entity, name=prefix + entity.name) for entity in getattr(plan, name))
    return replaced(plan, **changes)


def side_by_side(one: Plan, other: Plan) -> Plan:
    """Both plans in one; names must differ already."""
    names = ("stages", "streams", *ENTITIES)
    new = {(name, i): len(getattr(one, name)) + i for name in names for i in range(len(getattr(other, name)))}
    changes: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in ("stages", "streams")}
    changes |= {name: getattr(one, name) + _moved_all(other, name, new) for name in ENTITIES}
    events = [dataclasses.replace(event, target=new[PLACES[event.kind], event.target]) for event in other.events]
    # between plans that do not meet the order within an instant means nothing
    changes["events"] = tuple(sorted((*one.events, *events), key=lambda event: event.at_ps))
    return replaced(one, **changes)


def with_idle_guest(plan: Plan) -> Plan:
    """The plan with a halted guest of its own core, tick and application, to whom nobody sends."""
    core = len(plan.executors)
    thread, fifo, sink = len(plan.threads), len(plan.fifos), len(plan.sinks)
    gate = Gate("event", Notify("wake", len(plan.workers)))
    worker = model.Worker(
        "idle.worker", "soft", core + 1, (Input("fifo", fifo),), (Output("sink", sink),), stage=len(plan.stages)
    )
    return replaced(
        plan,
        stages=(*plan.stages, "idle.stage"),
        sinks=(*plan.sinks, model.Sink("idle.sink")),
        fifos=(*plan.fifos, model.Fifo("idle.fifo", 4, gate=gate)),
        executors=(*plan.executors, model.Executor("idle.core", "core"), model.Executor("idle", "vcpu", thread=thread)),
        threads=(*plan.threads, model.Thread("idle.thread", core, "vcpu", core + 1)),
        ticks=(*plan.ticks, model.Tick("idle.tick", core + 1, 1_000_000, 0, 1000)),
        workers=(*plan.workers, worker),
    )


def without_rates(plan: Plan) -> Plan:
    """No serialisation, no shaping, no rule that counts in microseconds, no rounding: what is left of time can be scaled."""
    links = tuple(dataclasses.replace(link, rate_bps=0) for link in plan.links)
    shapers = tuple(dataclasses.replace(shaper, rate_bps=0, rate_millipps=0) for shaper in plan.shapers)
    executors = tuple(dataclasses.replace(executor, idle_states=(), sibling=NONE) for executor in plan.executors)
    moderators = tuple(dataclasses.replace(moderator, adapt="", adapt_args=()) for moderator in plan.moderators)
    return replaced(plan, links=links, shapers=shapers, executors=executors, moderators=moderators)


def scaled(plan: Plan, factor: int) -> Plan:
    """Every time of the plan `factor` times as long; links must have no rate and streams of times no exponential."""
    times = {getattr(source, field) for source in plan.sources for field in ("gap", "think")}
    times |= {worker.service for worker in plan.workers} | {s for tick in plan.ticks for s in (tick.gap, tick.length)}
    streams = tuple(_longer(s, factor) if index in times else s for index, s in enumerate(plan.streams))
    return replaced(
        plan, streams=streams, **{name: tuple(_scaled(e, factor) for e in getattr(plan, name)) for name in ENTITIES}
    )


def _longer(stream: draws.Stream, factor: int) -> draws.Stream:
    values = [int(value) for value in draws.parameters(stream)]
    if stream.kind == "constant":
        return draws.constant(stream.name, values[0] * factor)
    if stream.kind == "cycle":
        return draws.cycle(stream.name, [value * factor for value in values[1:]], values[0] * factor)
    if stream.kind != "table":
        raise ValueError(f"{stream.name}: a stream of kind {stream.kind} does not scale exactly")
    half = len(values) // 2
    return draws.table(stream.name, [value * factor for value in values[:half]], values[half:])


def _scaled(part: Any, factor: int) -> Any:
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Gate | Notify):
            fields[field.name] = _scaled(value, factor)
        elif isinstance(value, tuple) and value and isinstance(value[0], Input | Output | Notify):
            fields[field.name] = tuple(_scaled(item, factor) for item in value)
        elif (field.name.endswith("_ps") or field.name == "byte_fs") and value not in (NONE, INFINITE_PS):
            fields[field.name] = value * factor
    return dataclasses.replace(part, **fields)
