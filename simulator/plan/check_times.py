"""Whether what takes time on the way, rules that adapt, groups of packets and shared limits fit together.

1. `flights`: who can be woken with a flight, what a route's latencies belong to.
2. `processors`: idle states, siblings, quotas, stopped ticks are each at the kind of executor that has them.
3. `adaptation`: a rule has the numbers and the directions that it needs.
4. `groups`: held and merged packets are let go again.

*Scope*: field values are known to be sound. *Validation*: `tests/unit/test_plan_check.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.plan.check_values import place
from simulator.plan.model import NONE, Executor, Moderator, Plan, Thread

PROFILES = 5
ARGUMENTS = {"size": 4, "size_vector": 4, "classes": 3, "dim": 1 + 4 * PROFILES}
BOTH_DIRECTIONS = ("size", "dim")
LONGEST_US = 32_767
"""A delay shares a word with its mode."""


def flights(plan: Plan) -> Iterator[str]:
    """Latencies and work of wake-ups stand where somebody can be woken."""
    for thread in plan.threads:
        yield from _thread(plan, thread)
    for route in plan.routes:
        if route.mode == "native" and (route.kick_flight_ps or route.waker_ps or route.pv_eoi):
            yield f"{place(route)}: kick_flight_ps, waker_ps, pv_eoi: mode = 'native' wakes no vCPU"
    for source in plan.sources:
        if source.request and source.kind != "open":
            yield f"{place(source)}: request: only a source of kind 'open' chooses"


def _thread(plan: Plan, thread: Thread) -> Iterator[str]:
    on_core = plan.executors[thread.executor].kind == "core"
    if (thread.flight_ps or thread.waker_ps) and not (on_core and thread.kind == "workers"):
        yield f"{place(thread)}: flight_ps, waker_ps: only a thread of kind 'workers' on a core is woken from elsewhere"
    if thread.quota != NONE and (not on_core or thread.kind == "ksoftirqd"):
        yield f"{place(thread)}: quota: only a thread of a core, other than ksoftirqd, has a quota"


def processors(plan: Plan) -> Iterator[str]:
    """What only a core or only a vCPU has."""
    for index, executor in enumerate(plan.executors):
        where = place(executor)
        if executor.kind == "vcpu" and (executor.idle_states or executor.sibling != NONE):
            yield f"{where}: idle_states, sibling: only a core has them"
        if executor.kind == "core" and (executor.nohz or executor.timer_ps):
            yield f"{where}: nohz, timer_ps: only a vCPU's timer traps"
        residencies = [residency_ps for residency_ps, _ in executor.idle_states]
        if residencies != sorted(residencies):
            yield f"{where}: idle_states: the target residencies must not fall"
        if executor.sibling != NONE:
            yield from _sibling(plan, index, executor)


def _sibling(plan: Plan, index: int, executor: Executor) -> Iterator[str]:
    other, where = plan.executors[executor.sibling], place(executor)
    if executor.sibling == index or other.sibling != index or other.kind != "core":
        yield f"{where}: sibling {other.name}: two cores name each other"
    elif other.sibling_speed != executor.sibling_speed or executor.sibling_speed > 1024:
        yield f"{where}: sibling_speed = {executor.sibling_speed}: must be the same on both and at most 1024"


def adaptation(plan: Plan) -> Iterator[str]:
    """A rule has its numbers, and as many directions as it works with."""
    for moderator in plan.moderators:
        where = place(moderator)
        if moderator.worker != NONE and (moderator.tx_interval_ps != NONE or moderator.adapt or moderator.least_gap_ps):
            yield f"{where}: tx_interval_ps, adapt, least_gap_ps: an emulated device has one interval and no rule"
        if moderator.adapt:
            yield from _rule(where, moderator)
        elif moderator.adapt_args:
            yield f"{where}: adapt_args: without a rule"


def _rule(where: str, moderator: Moderator) -> Iterator[str]:
    rule, numbers = moderator.adapt, moderator.adapt_args
    if len(numbers) != ARGUMENTS[rule]:
        yield f"{where}: adapt_args: {len(numbers)} numbers, rule '{rule}' has {ARGUMENTS[rule]}"
        return
    if (moderator.tx_interval_ps != NONE) != (rule in BOTH_DIRECTIONS):
        yield f"{where}: tx_interval_ps = {moderator.tx_interval_ps}: rule '{rule}' works with {'two' if rule in BOTH_DIRECTIONS else 'one'}"
    starts = [ps for ps in (moderator.interval_ps, moderator.tx_interval_ps) if ps != NONE]
    if any(ps % 10**6 or ps > LONGEST_US * 10**6 for ps in starts):
        yield f"{where}: interval_ps: a rule begins with whole microseconds, at most {LONGEST_US}"
    if rule.startswith("size"):
        least, most, divisor, jiffy_ps = numbers
        if not (least <= most <= LONGEST_US and divisor and jiffy_ps):
            yield f"{where}: adapt_args: needs least <= most <= {LONGEST_US} us, a divisor and a jiffy"
    elif rule == "classes" and max(numbers) > LONGEST_US:
        yield f"{where}: adapt_args: delays are at most {LONGEST_US} us"
    elif rule == "dim":
        delays = (*numbers[1 : 1 + PROFILES], *numbers[1 + 2 * PROFILES : 1 + 3 * PROFILES])
        if numbers[0] >= PROFILES or max(delays) > LONGEST_US:
            yield f"{where}: adapt_args: the first profile is one of {PROFILES}, delays are at most {LONGEST_US} us"


def groups(plan: Plan) -> Iterator[str]:
    """Held packets are handed over some day; only a softirq merges."""
    for ring in plan.rings:
        if ring.hold_group > 1 and (ring.kind != "rx" or not ring.remote):
            yield f"{place(ring)}: hold_group = {ring.hold_group}: only the device of a remote rx ring holds packets back"
        elif ring.hold_group > 1 and ring.hold_ps == NONE and ring.moderator == NONE:
            yield f"{place(ring)}: hold_ps = -1: without a moderator nothing would hand over an incomplete group"
    for worker in plan.workers:
        if worker.merge_bytes and worker.kind != "soft":
            yield f"{place(worker)}: merge_bytes = {worker.merge_bytes}: only a softirq merges"
        elif worker.merge_bytes and worker.select == "endpoint":
            yield f"{place(worker)}: merge_bytes: an endpoint answers by flags, which merging moves"


RULES = (flights, processors, adaptation, groups)
