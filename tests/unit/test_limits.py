"""What is said to limit, on hand-made windows of 10 ms: caps, quotas, shared cores, locks, closed loops, full queues."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.metrics import resources
from simulator.plan import model
from simulator.plan.model import Plan
from simulator.plan.trace import METRICS, Trace
from tests.unit.test_metrics import MS, PLAN, US, blank, recorded, with_counters


def window_of(plan: Plan, **counters: int) -> Trace:
    """A window of the plan; 1,000 packets offered and delivered unless it says otherwise."""
    trace = recorded(blank(plan), "app0", [US] * 1000)
    more = {"shaper": plan.shapers, "quota": plan.quotas}
    fresh = {f"{owner.name}.{name}": 0 for kind, owned in more.items() for owner in owned for name in METRICS[kind]}
    return with_counters(replace(trace, counters=trace.counters | fresh), **{"load__offered": 1000} | counters)


def said(plan: Plan, **counters: int) -> str:
    return resources.bottleneck(plan, window_of(plan, **counters))


# Caps and quotas

# 1 Gbit/s is 1,250,000 B in 10 ms; 100 kpps are 1,000 packets
CAPPED = replace(
    PLAN,
    shapers=(model.Shaper("vm.cap", rate_bps=10**9, rate_millipps=10**8),),
    workers=(replace(PLAN.workers[0], inputs=(model.Input("fifo", 0, shaper=0),)), *PLAN.workers[1:]),
)


@pytest.mark.parametrize(
    ("counters", "sentence"),
    [
        ({"vm.cap__bytes": 1_200_000}, "cap of vm (max_rate) is 96.0 % used"),
        ({"vm.cap__bytes": 1_187_500}, "cap of vm (max_rate) is 95.0 % used"),
        ({"vm.cap__packets": 970}, "cap of vm (packets per second) is 97.0 % used"),
        ({"vm.cap__packets": 970, "vm.cap__bytes": 1_212_500}, "cap of vm (max_rate) is 97.0 % used"),
        ({"vm.cap__packets": 980, "vm.cap__bytes": 1_212_500}, "cap of vm (packets per second) is 98.0 % used"),
        ({"vm.cap__packets": 940, "vm.cap__bytes": 1_180_000}, "nothing: core c0 is 0.0 % busy at most"),
        # what is saturated itself comes first
        ({"vm.cap__packets": 970, "c1__guest_task": 96 * MS // 10}, "core c1 is 96.0 % busy (guest_task 96 %)"),
    ],
)
def test_a_cap_that_is_used_up(counters: dict[str, int], sentence: str) -> None:
    assert said(CAPPED, **counters) == sentence


def test_a_cap_that_nobody_is_under_limits_nothing() -> None:
    free = replace(CAPPED, workers=PLAN.workers)
    assert said(free, **{"vm.cap__bytes": 1_250_000}).startswith("nothing: ")


def test_a_cap_without_one_of_its_rates() -> None:
    for shaper, counters, kind in (
        (model.Shaper("vm.cap", rate_bps=10**9), {"vm.cap__bytes": 1_250_000, "vm.cap__packets": 10**6}, "max_rate"),
        (
            model.Shaper("vm.cap", rate_millipps=10**8),
            {"vm.cap__packets": 1000, "vm.cap__bytes": 10**9},
            "packets per second",
        ),
    ):
        assert said(replace(CAPPED, shapers=(shaper,)), **counters) == f"cap of vm ({kind}) is 100.0 % used"


# 2 ms of every 10 ms: 2 ms in the window
QUOTED = replace(PLAN, quotas=(model.Quota("vm", quota_ps=2 * MS, period_ps=10 * MS),))


@pytest.mark.parametrize(
    ("used_us", "throttled", "sentence"),
    [
        (1900, 3, "quota vm is 95.0 % used, and its threads were stopped 3 times"),
        (1800, 1, "quota vm is 90.0 % used, and its threads were stopped 1 times"),
        (1790, 3, "nothing: core c0 is 0.0 % busy at most"),
        (2000, 0, "nothing: core c0 is 0.0 % busy at most"),
    ],
)
def test_a_quota_that_is_used_up(used_us: int, throttled: int, sentence: str) -> None:
    assert said(QUOTED, vm__used_ps=used_us * US, vm__throttled=throttled) == sentence


# Cores that somebody never gives back


def shared(*kinds: str) -> Plan:
    """Threads of these kinds on the first core, nothing else of the plan on it."""
    threads = tuple(model.Thread(f"t{number}", 0, kind) for number, kind in enumerate(kinds))
    return replace(PLAN, threads=(*threads, model.Thread("app", 2, "workers")))


LOST = {"socket__dropped": 100, "load__offered": 1100}


@pytest.mark.parametrize(
    ("kinds", "counters", "core"),
    [
        (("vcpu", "workers"), {"c0__guest_idle": 6 * MS, "c0__guest_task": 4 * MS}, "c0 is shared by 2 threads and 100.0 % taken, 60.0 % of it by polling"),
        (("vcpu", "workers", "workers"), {"c0__pmd_idle": 5 * MS, "c0__hyp": 9 * MS // 2},
         "c0 is shared by 3 threads and 95.0 % taken, 50.0 % of it by polling"),
        (("vcpu",), {"c0__guest_idle": 6 * MS, "c0__guest_task": 4 * MS}, ""),
        # ksoftirqd is the core's own
        (("vcpu", "ksoftirqd"), {"c0__guest_idle": 6 * MS, "c0__guest_task": 4 * MS}, ""),
        (("vcpu", "workers"), {"c0__guest_idle": 6 * MS, "c0__guest_task": 3 * MS}, ""),
        (("vcpu", "workers"), {"c0__guest_task": 9 * MS}, ""),
    ],
)  # fmt: skip
def test_a_shared_core_with_somebody_who_polls(kinds: tuple[str, ...], counters: dict[str, int], core: str) -> None:
    idle = {"c0__idle": 10 * MS - sum(counters.values())}
    assert said(shared(*kinds), **counters, **idle, **LOST).startswith(
        f"core {core}" if core else "nothing saturated on average"
    )
    # where nothing is lost, nobody is in the way of anybody
    assert said(shared(*kinds), **counters, **idle).startswith("nothing: ")


# Closed loops


def test_a_closed_loop_waits_for_its_longest_stage() -> None:
    closed = replace(PLAN, sources=(replace(PLAN.sources[0], kind="rr"),))
    stages = {"app0": ((US, US), (5 * US, US), (US, US)), "app1": ((0, 0), (0, 0), (0, 0))}
    trace = replace(window_of(closed, c0__hyp=5 * MS), stages=stages)
    head = "closed loop: no resource is full (core c0 is 50.0 % busy at most), the next packet waits for the answer"
    assert resources.bottleneck(closed, trace) == f"{head}; 60 % of it is 'interrupt'"
    held = replace(trace, counters=trace.counters | {"bql.held_ps": 5 * MS, "bql.acquired": 10})
    assert (
        resources.bottleneck(closed, held) == f"{head}; 60 % of it is 'interrupt', under lock bql, which is 50.0 % held"
    )
    owned = replace(closed, threads=(PLAN.threads[0], replace(PLAN.threads[1], executor=1, lock=0)))
    assert resources.bottleneck(owned, held).endswith(
        "'interrupt', under lock bql, for which app on c1 takes turns with the guest and which is 50.0 % held"
    )
    less = replace(held, counters=held.counters | {"bql.held_ps": 49 * MS // 10})
    assert resources.bottleneck(closed, less).endswith("is 'interrupt'")
    nothing = replace(trace, stages=dict.fromkeys(stages, ((0, 0),) * 3))
    assert resources.bottleneck(closed, nothing) == head
    # with an open source beside it, or with losses, it is none
    both = replace(closed, sources=(*closed.sources, replace(PLAN.sources[0], name="open")))
    fresh = {f"open.{name}": 0 for name in METRICS["source"]}
    assert resources.bottleneck(both, replace(trace, counters=trace.counters | fresh)).startswith("nothing: ")
    assert resources.bottleneck(closed, with_counters(trace, socket__dropped=1)).startswith("nothing saturated")


# Steady states


@pytest.mark.parametrize(
    ("counters", "reason"),
    [
        ({"socket__pushed": 500, "socket__popped": 479}, "socket holds 2.1 % of the offered packets more at the end than at the start"),
        ({"socket__pushed": 500, "socket__popped": 480}, ""),
        ({"rxring__completed": 500, "rxring__reaped": 400}, "rxring holds 10.0 % of the offered packets more at the end than at the start"),
        ({"rxring__completed": 400, "rxring__reaped": 500}, ""),
        ({"socket__pushed": 30, "rxring__completed": 31}, "rxring holds 3.1 % of the offered packets more at the end than at the start"),
        ({"load__offered": 0, "socket__pushed": 3}, "socket holds 3 packets more at the end than at the start"),
    ],
)  # fmt: skip
def test_a_queue_that_still_fills(counters: dict[str, int], reason: str) -> None:
    assert resources.unsteady(PLAN, window_of(PLAN, **counters)) == reason


def test_latency_that_the_window_cuts_off() -> None:
    for latency_ps, reason in (
        (5 * MS // 2, ""),
        (27 * MS // 10, "half of the packets take over a quarter of the window"),
    ):
        trace = with_counters(recorded(blank(PLAN), "app0", [latency_ps] * 100), load__offered=100)
        assert resources.unsteady(PLAN, trace) == reason
        assert resources.steady(PLAN, trace) == float(not reason)
    assert resources.steady(PLAN, replace(blank(PLAN), end_ps=blank(PLAN).start_ps)) is None
    assert (
        resources.bottleneck(PLAN, replace(blank(PLAN), end_ps=blank(PLAN).start_ps)) == "nothing: the window is empty"
    )
