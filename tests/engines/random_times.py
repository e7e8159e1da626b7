"""What takes time on the way, adapts, groups or limits, sprinkled over a plan that exists already.

1. Each feature has its own chance and its own die, so that most plans keep most of their shape.
2. What `check()` would refuse is not tried: flights for threads of cores, held packets for remote rings, and so on.

*Scope*: plans of `random_plans`; rules that need hundreds of packets have directed plans. *Validation*: arms counted by `branches`.
"""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

from simulator.plan import draws, model
from simulator.plan.model import NONE, Plan
from simulator.plan.wiring import leads_to, wire
from tests.engines.random_parts import BITS_PS, GRID_PS

US = 1_000_000
MILLIPPS_PS = 10**15


def season(plan: Plan, seed: str) -> Plan:
    """The plan with a few of the newer features, the same for the same seed."""
    die = Random(f"times {seed}")
    for feature in (
        _cores,
        _siblings,
        _threads,
        _routes,
        _vcpus,
        _moderators,
        _held,
        _shapers,
        _shares,
        _merging,
        _noise,
        _sources,
        _ports,
    ):
        if die.random() < 0.35:
            plan = feature(plan, die)
    plan = _hops(plan, die)
    plan = _streams(plan, Random(f"streams {seed}"))
    plan = _holding(plan, Random(f"holding {seed}"))
    return _spins(plan, Random(f"spins {seed}"))


def _cost(die: Random) -> int:
    return die.choice((0, die.randint(1, 5) * GRID_PS, die.randint(1, 3 * GRID_PS)))


def _each(plan: Plan, name: str, die: Random, change: Any, chance: float = 0.6) -> Plan:
    """Replace fields of some entities of a collection; `change` gives them for one entity, or nothing."""
    found = [
        dataclasses.replace(entity, **change(entity)) if die.random() < chance else entity
        for entity in getattr(plan, name)
    ]
    return dataclasses.replace(plan, **{name: tuple(found)})


def _cores(plan: Plan, die: Random) -> Plan:
    def states(executor: model.Executor) -> dict[str, Any]:
        if executor.kind != "core":
            return {}
        residencies = sorted(die.choice((0, US, 2 * US, 5 * US, 20 * US)) for _ in range(die.randint(1, 3)))
        return {"idle_states": tuple((residency, _cost(die)) for residency in residencies)}

    return _each(plan, "executors", die, states, 0.8)


def _siblings(plan: Plan, die: Random) -> Plan:
    cores = [index for index, executor in enumerate(plan.executors) if executor.kind == "core"]
    if len(cores) < 2:
        return plan
    speed, executors = die.choice((1024, 512, 640, 700)), list(plan.executors)
    for one, other in ((cores[0], cores[-1]), (cores[-1], cores[0])):
        executors[one] = dataclasses.replace(executors[one], sibling=other, sibling_speed=speed)
    return dataclasses.replace(plan, executors=tuple(executors))


def _threads(plan: Plan, die: Random) -> Plan:
    quotas = tuple(
        model.Quota(
            f"quota{number}",
            die.randint(1, 20) * GRID_PS,
            die.choice((20, 40, 60)) * GRID_PS,
            die.choice((2, 5, 100)) * GRID_PS,
        )
        for number in range(die.choice((0, 0, 1, 2)))
    )

    def wakes(thread: model.Thread) -> dict[str, Any]:
        if plan.executors[thread.executor].kind != "core":
            return {}
        made: dict[str, Any] = {}
        if thread.kind == "workers":
            made = {"flight_ps": _cost(die), "waker_ps": _cost(die)}
        if quotas and thread.kind != "ksoftirqd":
            made["quota"] = die.randrange(-1, len(quotas))
        return made

    return _each(dataclasses.replace(plan, quotas=quotas), "threads", die, wakes, 0.8)


def _routes(plan: Plan, die: Random) -> Plan:
    def flies(route: model.IrqRoute) -> dict[str, Any]:
        made: dict[str, Any] = {"flight_ps": _cost(die)}
        if route.mode != "native":
            made |= {"kick_flight_ps": _cost(die), "waker_ps": _cost(die), "pv_eoi": die.random() < 0.5}
        return made

    return _each(plan, "routes", die, flies, 0.8)


def _vcpus(plan: Plan, die: Random) -> Plan:
    return _each(
        plan,
        "executors",
        die,
        lambda e: {"nohz": die.random() < 0.8, "timer_ps": _cost(die)} if e.kind == "vcpu" else {},
    )


def _moderators(plan: Plan, die: Random) -> Plan:
    def adapts(moderator: model.Moderator) -> dict[str, Any]:
        if moderator.worker != NONE:
            return {}
        rule = die.choice(("", "", "size", "size_vector", "classes", "dim"))
        start = die.randint(0, 12) * US
        both = rule in ("size", "dim") or (not rule and die.random() < 0.7)
        made: dict[str, Any] = {
            "adapt": rule, "tx_interval_ps": die.randint(0, 20) * US if both else NONE, "tx_frames": die.choice((1, 2, 1 << 62)),
            "least_gap_ps": die.choice((0, 0, _cost(die))), "adapt_args": _arguments(rule, die),
        }  # fmt: skip
        return made | ({"interval_ps": start} if rule else {})

    return _each(plan, "moderators", die, adapts, 0.9)


def _arguments(rule: str, die: Random) -> tuple[int, ...]:
    if rule.startswith("size"):
        least = die.choice((1, 2, 10))
        return (least, least + die.choice((0, 2, 30)), die.choice((512, 2048, 5120)), die.choice((1, 5, 1000)) * US)
    if rule == "classes":
        return tuple(sorted(die.randint(0, 20) for _ in range(3)))
    if rule == "dim":
        return (die.randrange(5), *(die.randint(1, 9) for _ in range(20)))
    return ()


def _held(plan: Plan, die: Random) -> Plan:
    def holds(ring: model.DescRing) -> dict[str, Any]:
        if ring.kind != "rx" or not ring.remote:
            return {}
        timeless = ring.moderator != NONE and die.random() < 0.5
        return {"hold_group": die.choice((1, 2, 4)), "hold_ps": NONE if timeless else die.randint(0, 40) * GRID_PS}

    return _each(plan, "rings", die, holds, 0.9)


def _limit(name: str, die: Random) -> model.Shaper:
    bytes_too = die.random() < 0.6
    return model.Shaper(
        name, BITS_PS // die.choice((500, 1000, 3000)) if bytes_too else 0, die.choice((0, 300, 3000)), die.choice((0, 24)),
        0 if bytes_too and die.random() < 0.5 else MILLIPPS_PS // (die.randint(1, 20) * GRID_PS), die.choice((0, 1, 4)),
    )  # fmt: skip


def _shapers(plan: Plan, die: Random) -> Plan:
    """Limits shared by inputs of one or several hardware workers, and floors."""
    shapers = (*plan.shapers, *(_limit(f"limit{number}", die) for number in range(die.randint(1, 3))))

    def limits(worker: model.Worker) -> dict[str, Any]:
        if worker.kind != "hw" or worker.select != "first":
            return {}
        inputs = tuple(
            dataclasses.replace(
                item,
                shaper=die.choice((item.shaper, die.randrange(len(shapers)))),
                floor=die.choice((NONE, NONE, die.randrange(len(shapers)))),
            )
            for item in worker.inputs
        )
        return {"inputs": inputs}

    return _each(dataclasses.replace(plan, shapers=shapers), "workers", die, limits, 0.8)


def _shares(plan: Plan, die: Random) -> Plan:
    def shares(worker: model.Worker) -> dict[str, Any]:
        if worker.kind != "hw":
            return {}
        return {
            "inputs": tuple(dataclasses.replace(item, share=die.choice((NONE, 0, 0, 1, 7))) for item in worker.inputs)
        }

    return _each(plan, "workers", die, shares, 0.9)


def _ports(plan: Plan, die: Random) -> Plan:
    """Inputs and outputs with costs of their own."""

    def costs() -> dict[str, Any]:
        return {"packet_ps": _cost(die), "byte_fs": die.choice((0, 0, die.randint(1, 500_000)))}

    def ports(worker: model.Worker) -> dict[str, Any]:
        return {
            "inputs": tuple(dataclasses.replace(item, **costs()) for item in worker.inputs),
            "outputs": tuple(dataclasses.replace(item, **costs()) for item in worker.outputs),
        }

    return _each(plan, "workers", die, ports, 0.7)


def _hops(plan: Plan, die: Random) -> Plan:
    """New destinations before a look-up, where there is one behind an output."""
    drains = wire(plan).drains

    def looked_up(output: model.Output) -> bool:
        behind = (plan.workers[index] for index in drains.get(leads_to(output), ()))
        return any(worker.select == "switch" for worker in behind)

    def hops(worker: model.Worker) -> dict[str, Any]:
        return {
            "outputs": tuple(
                dataclasses.replace(item, dst=die.randrange(plan.switches[0].macs)) if looked_up(item) else item
                for item in worker.outputs
            )
        }

    return _each(plan, "workers", die, hops, 0.9)


def _merging(plan: Plan, die: Random) -> Plan:
    def merges(worker: model.Worker) -> dict[str, Any]:
        if worker.kind != "soft":
            return {"merge_ps": die.choice((NONE, 0, GRID_PS))} if worker.kind == "task" else {}
        chunk = die.choice((worker.chunk, 4, 8))
        return {
            "merge_bytes": die.choice((250, 1300, 65_536)),
            "merge_ps": die.choice((NONE, 0, GRID_PS)),
            "chunk": chunk,
        }

    return _each(plan, "workers", die, merges, 0.8)


def _holding(plan: Plan, die: Random) -> Plan:
    """Poll-mode threads that hold what they send."""

    def holds(worker: model.Worker) -> dict[str, Any]:
        if not worker.poll_mode or worker.kind != "task":
            return {}
        every = die.choice((2, 3, 8))
        return {
            "drain_ps": die.randint(1, 60) * GRID_PS,
            "outputs": tuple(dataclasses.replace(item, publish_every=every) for item in worker.outputs),
        }

    return _each(plan, "workers", die, holds, 0.5)


def _noise(plan: Plan, die: Random) -> Plan:
    """Ticks at random times, and some more of them."""
    streams, ticks = list(plan.streams), list(plan.ticks)
    for number, executor in enumerate(plan.executors):
        if die.random() < 0.5:
            continue
        gaps = [die.randint(5, 60) * GRID_PS for _ in range(4)]
        lengths = [die.choice((0, GRID_PS, die.randint(1, 5 * GRID_PS))) for _ in range(3)]
        streams += [
            draws.table(f"noise{number}.gap", gaps, [1] * 4),
            draws.table(f"noise{number}.length", lengths, [1] * 3),
        ]
        gap, length = len(streams) - 2, len(streams) - 1
        ticks.append(
            model.Tick(
                f"noise.{executor.name}", number, die.randint(20, 60) * GRID_PS, die.randint(0, 60) * GRID_PS, _cost(die),
                die.choice((gap, gap, NONE)), die.choice((length, length, NONE)), die.choice(("", "noise")),
            )
        )  # fmt: skip
    return dataclasses.replace(plan, streams=tuple(streams), ticks=tuple(ticks))


def _sources(plan: Plan, die: Random) -> Plan:
    """Requests in open loop, answers as long as the request, flows that are not hashed, statistics kept elsewhere."""
    streams = (*plan.streams, draws.table("unhashed", (-1, 0, 1), (1, 1, 1)))

    def asks(source: model.Source) -> dict[str, Any]:
        return {
            "request": source.kind == "open" and die.random() < 0.5, "response_bytes": die.choice((NONE, source.response_bytes)),
            "flow": die.choice((source.flow, len(plan.streams))), "record": die.randrange(-1, len(plan.sinks)),
        }  # fmt: skip

    return _each(dataclasses.replace(plan, streams=streams), "sources", die, asks, 0.8)


def _streams(plan: Plan, die: Random) -> Plan:
    """How windows open and close, what streams cost, calls of some size, and acknowledgements that go another way."""
    if die.random() >= 0.35:
        return plan

    def windows(source: model.Source) -> dict[str, Any]:
        if source.kind != "window":
            return {}
        return {
            "start_window": die.randrange(4), "grow": die.choice((300, 1024, 5000)), "shrink": die.choice((0, 900, 1024)),
            "reorder": die.choice((1, 1, 2, 3)), "message_bytes": die.choice((0, 70, 1000, 4000)),
        }  # fmt: skip

    def costs(worker: model.Worker) -> dict[str, Any]:
        changed = {
            "stream_ps": die.choice((NONE, 0, GRID_PS)), "call_ps": die.choice((0, GRID_PS)), "ack_ps": die.choice((NONE, 0, 2 * GRID_PS)),
        }  # fmt: skip
        if worker.kind in ("soft", "task") and worker.select == "first" and len(worker.outputs) == 1:
            changed |= die.choice(({}, {"select": "ack", "outputs": worker.outputs * 2}))
        return changed

    return _each(_each(plan, "sources", die, windows, 0.8), "workers", die, costs, 0.7)


def _spins(plan: Plan, die: Random) -> Plan:
    """A lock that some workers spin for, in one plan of three."""
    if die.random() < 0.65:
        return plan
    plan = dataclasses.replace(plan, locks=(*plan.locks, model.Lock("spun")))

    def spins(worker: model.Worker) -> dict[str, Any]:
        if worker.kind not in ("soft", "task") or worker.poll_mode:
            return {}
        return {"spin": len(plan.locks) - 1, "spin_packet_ps": _cost(die), "spin_reap_ps": _cost(die)}

    return _each(plan, "workers", die, spins, 0.7)
