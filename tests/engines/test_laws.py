"""Laws that need no second engine: conservation, addition of labels and stages, scaling, disjoint plans, idle guests.

Every law is tested on random plans and on both engines, since a law that both break would pass every comparison.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest

from simulator.plan.check import check
from simulator.plan.check_bounds import longest_ps
from simulator.plan.model import NONE, Plan
from simulator.plan.trace import LABELS, Engine, Trace
from tests.engines.agreement import execute
from tests.engines.available import ENGINES
from tests.engines.random_plans import random_plan
from tests.engines.surgery import renamed, scaled, side_by_side, with_idle_guest, without_rates

LONGEST_PS = 10**12
SEEDS = [seed for seed in range(10_000, 10_070) if random_plan(seed)[1] < LONGEST_PS]
"""Without those that let packets travel for weeks: a tick beside them would never end."""
BOTH = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
EXACT = math.lcm(*range(1, 9)) * 1024 * 25
"""A multiple of whatever a time is divided by: runnable threads, 1024 for spreads and weights, 1000 for costs per byte."""
FACTOR = 3


def runs(engine: type[Engine], slices: int = 1) -> list[tuple[Plan, Trace]]:
    return [
        (plan, execute(engine, plan, until_ps, seed, slices))
        for seed in SEEDS
        for plan, until_ps in [random_plan(seed)]
    ]


def total(trace: Trace, names: tuple[str, ...], metric: str) -> int:
    return sum(trace.counters[f"{name}.{metric}"] for name in names)


def named(entities: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(entity.name) for entity in entities)  # type: ignore[attr-defined]


@BOTH
@pytest.mark.parametrize("slices", [1, 7])
def test_packets_are_conserved(engine: type[Engine], slices: int) -> None:
    exact = 0
    for plan, trace in runs(engine, slices):
        sources, sinks = named(plan.sources), named(plan.sinks)
        droppers = sources + named(plan.links) + named(plan.fifos) + named(plan.rings) + named(plan.switches)
        gone = total(trace, sinks, "count") + total(trace, droppers, "dropped") + total(trace, sinks, "acks")
        turned = gone + trace.in_flight_end - total(trace, sources, "offered") - trace.in_flight_start
        windows = tuple(source.name for source in plan.sources if source.kind == "window")
        # A packet that asks for an ACK is delivered and lives on as that ACK; nothing else is counted twice.
        assert 0 <= turned <= total(trace, windows, "received")
        exact += not windows
        if slices == 1:
            assert turned >= total(trace, sinks, "acks")
    assert exact > 0


@BOTH
def test_counters_and_log_tell_the_same(engine: type[Engine]) -> None:
    for plan, trace in runs(engine):
        lines = Counter((event, place) for _, event, place, _ in trace.log)
        for fifo in plan.fifos:
            pushed, popped = (trace.counters[f"{fifo.name}.{metric}"] for metric in ("pushed", "popped"))
            assert (pushed, popped) == (lines["push", fifo.name], lines["pop", fifo.name])
            assert 0 <= pushed - popped <= trace.counters[f"{fifo.name}.maximum"] <= fifo.capacity
        for ring in plan.rings:
            counted = [trace.counters[f"{ring.name}.{metric}"] for metric in ("posted", "taken", "completed", "reaped")]
            if ring.kind == "tx":
                assert counted == sorted(counted, reverse=True)
                assert counted[:2] == [lines["post", ring.name], lines["take", ring.name]]
            else:
                assert counted[2:] == [lines["complete", ring.name], lines["reap", ring.name]]
        for vcpu in (e for e in plan.executors if e.kind == "vcpu"):
            exits = sum(value for name, value in trace.counters.items() if name.rpartition(".")[0] == vcpu.name)
            assert exits == lines["exit", vcpu.name]


@BOTH
@pytest.mark.parametrize("slices", [1, 7])
def test_labels_add_up_to_elapsed_time(engine: type[Engine], slices: int) -> None:
    for plan, trace in runs(engine, slices):
        for core in (e for e in plan.executors if e.kind == "core"):
            labels = [trace.counters[f"{core.name}.{label}"] for label in LABELS]
            assert min(labels) >= 0
            assert sum(labels) == trace.end_ps - trace.start_ps


@BOTH
@pytest.mark.parametrize("slices", [1, 7])
def test_stages_and_histograms_add_up_to_latency(engine: type[Engine], slices: int) -> None:
    for plan, trace in runs(engine, slices):
        for sink in plan.sinks:
            assert (
                sum(wait + service for wait, service in trace.stages[sink.name])
                == trace.counters[f"{sink.name}.sum_ps"]
            )
            assert sum(trace.histograms[sink.name].values()) == trace.counters[f"{sink.name}.count"]
            assert all(wait >= 0 for wait, _ in trace.stages[sink.name])


@BOTH
def test_all_times_scaled_scale_the_log(engine: type[Engine]) -> None:
    compared = 0
    for seed in SEEDS:
        plan, until_ps = random_plan(seed)
        if any(stream.kind == "exponential" for stream in plan.streams):
            continue
        base = scaled(without_rates(plan), EXACT)
        longer = scaled(base, FACTOR)
        if check(base) or check(longer) or until_ps * EXACT * FACTOR > longest_ps(longer).time_ps:
            continue
        one = execute(engine, base, until_ps * EXACT, seed)
        other = execute(engine, longer, until_ps * EXACT * FACTOR, seed)
        assert other.log == [(time * FACTOR, *rest) for time, *rest in one.log], f"seed {seed}"
        assert other.handled == one.handled
        compared += bool(one.log)
    assert compared > len(SEEDS) // 3


@BOTH
def test_an_idle_guest_changes_nothing(engine: type[Engine]) -> None:
    for seed in SEEDS:
        plan, until_ps = random_plan(seed)
        guest = with_idle_guest(plan)
        assert check(guest) == []
        alone, together = (execute(engine, one, until_ps, seed) for one in (plan, guest))
        assert together.log == alone.log
        assert {name: together.counters[name] for name in alone.counters} == alone.counters
        assert together.counters["idle.HLT"] == together.counters["idle.TIMER"] == 0


@BOTH
def test_disjoint_plans_do_not_meet(engine: type[Engine]) -> None:
    for seed, other_seed in itertools.pairwise(SEEDS):
        (one, until_ps), (other, _) = random_plan(seed), random_plan(other_seed)
        parts = [renamed(one, "a."), renamed(other, "b.")]
        both = side_by_side(*parts)
        assert check(both) == []
        together = execute(engine, both, until_ps, seed)
        for part, prefix in zip(parts, ("a.", "b."), strict=True):
            alone = execute(engine, part, until_ps, seed)
            # Packets are numbered over the whole plan; everything else must be the same. An exit's number is its kind.
            assert _events(together, prefix) == _events(alone, prefix)
            assert {name: together.counters[name] for name in alone.counters} == alone.counters


def _events(trace: Trace, prefix: str) -> list[tuple[int, str, str, int]]:
    return [
        (time, event, place, number if event == "exit" else NONE)
        for time, event, place, number in trace.log
        if place.startswith(prefix)
    ]
