"""Bugs planted in the kernel's source, to learn whether the tests would notice: each is a rule that is easy to misread.

1. A ``Bug`` is a few edits of the kernel (or of the slot numbers), the conformance vectors that must notice it and
   the number of random plans within which the comparison with the reference engine must notice it;
2. ``caught_by_vectors`` and ``caught_by_plans`` run the edited kernel as plain Python, with every sum and position
   checked; an error counts as noticed;
3. ``python -m tests.engines.planted --plans 2000`` prints, for each bug, every vector that notices it and the first
   random plan that does.

*Scope*: twenty-four rules, one with two ways to break it, and those of ``planted_times``, ``planted_events`` and ``planted_memory``. *Validation*: the kernel
without a bug passes the same vectors and plans (``test_planted_bugs``), so that what is noticed is the bug.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterable

from simulator.engines.reference import ReferenceEngine
from simulator.errors import EngineError
from simulator.plan.trace import Trace
from tests.conformance.vectors import Vector, differences, vectors
from tests.conformance.vectors import run as run_vector
from tests.engines.bug import Bug, Build
from tests.engines.planted_events import EVENTS
from tests.engines.planted_memory import MEMORY
from tests.engines.planted_times import TIMES
from tests.engines.random_plans import random_plan

NOTICED = (EngineError, OverflowError, IndexError)

SOUND = Bug("none", (), 0)

IN_ORDER = """    if m[d + D_MEM_HEAD] == 0:
        arm(m, m[d + D_SLOT], ready)
    append(m, d + D_MEM_HEAD, N_NEXT, n)
"""
BY_READINESS = """    before = 0
    behind = m[d + D_MEM_HEAD]
    while behind != 0 and m[behind + N_TIME] <= ready:
        before = behind
        behind = m[behind + N_NEXT]
    if behind == 0:
        append(m, d + D_MEM_HEAD, N_NEXT, n)
    else:
        m[n + N_NEXT] = behind
        if before == 0:
            m[d + D_MEM_HEAD] = n
        else:
            m[before + N_NEXT] = n
    if before == 0:
        arm(m, m[d + D_SLOT], ready)
"""

AFTER_INTERRUPT = """    elif kind == LEAF_IRQ:
        n = take_head(m, c + E_IRQ_HEAD, N_NEXT)
"""
NEW_SLICE = """        m[c + E_SLICE] = m[c + E_QUANTUM]
        if m[c + E_FAIR] != 0:
            m[c + E_SLICE] = max(m[c + E_MIN_GRANULARITY], m[c + E_LATENCY] // max(1, m[c + E_RUNNABLE]))
"""

POLLED = """        m[ref + R_REAPED] += 1
        m[ref + R_FREED] += m[p + P_BUFFERS]
"""
LATCH_CLEARED = """        if m[ref + R_MODERATOR] != 0:
            m[m[ref + R_MODERATOR] + M_PENDING] = 0
"""

EFFECT = "            access_effect(m, ref, a)\n"
RELEASED_FIRST = """            if m[a + G_NOTIFY] == NF_WAKE and m[m[a + G_TARGET] + W_KIND] != EXIT:
                leave_access(m, ref)
"""
LAST_IN_FIRST = """    m[t + T_NEXT] = m[u + U_WAIT_HEAD]
    if m[u + U_WAIT_HEAD] == 0:
        m[u + U_WAIT_TAIL] = t
    m[u + U_WAIT_HEAD] = t
    return False
"""
LOCKED_PART = "    hyp_first(m, v, m[g + G_LOCKED], J_EFFECT, g, LB_EXIT_USER)\n"
LOCKED_PART_LAST = """    hyp_job(m, v, m[g + G_LOCKED], J_EFFECT, g)
    m[m[v + V_HYP_TAIL] + N_B] = LB_EXIT_USER
"""
SIGNAL = """    moderator_latch(m, x, n)
    return moderator_settle(m, x)
"""
SIGNAL_AT_ONCE = """    moderator_latch(m, x, n)
    if m[x + M_ENABLED] != 0:
        moderator_fire(m, x)
        return True
    return False
"""
GIVEN_BACK = "if u != 0 and (m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0):"
EXIT_CHARGED = "    n = m[v + V_HYP_HEAD]\n    m[c + E_LEAF_INNER] = charged_thread(m, v)\n"

BUGS = (
    Bug(
        "slot classes 2 and 8 swapped", ("link_before_core", "descriptors_fetched_in_batches"), 50,
        slots=(('("link", 2)', '("link", 8)'), ('("memory", 2)', '("memory", 8)'), ('("core", 8)', '("core", 2)')),
    ),
    Bug(
        "more descriptors fetched than the device has room for", ("fetch_fills_the_free_places",), 0,
        kernel=(("min(m[r + R_FETCH_MAX] - stock, ", "min(m[r + R_FETCH_MAX], "),),
        why="random plans need 112, which takes as long as all else of it",
    ),
    Bug(
        "drawn lengths spread once more", ("a_drawn_length_does_not_spread",), 100,
        kernel=(("        stream = 0\n", ""),),
    ),
    Bug(
        "event gate: < for <=", ("event_fires_once_per_enable", "event_after_enable", "batch_covers_the_event"), 50,
        kernel=(("fire = old <= m[g + G_EVENT] and", "fire = old < m[g + G_EVENT] and"),),
    ),
    Bug(
        "no reservation", ("reservation_blocks_another", "waiters_in_order", "data_buffer_is_reserved"), 200,
        kernel=(
            ("if reserve:\n            m[f + F_RESERVED] += 1", "if reserve:\n            pass"),
            ("m[f + F_RESERVED] -= 1", "pass"),
        ),
    ),
    Bug(
        "blocked although work came during the block job", ("work_during_the_block_job",), 600,
        kernel=(("def blocked(m, v):\n    if guest_has_work(m, v):", "def blocked(m, v):\n    if False:"),),
    ),
    Bug(
        "a halted vCPU is woken as if blocked", ("work_during_the_halt_exit", "work_during_the_block_job"), 200,
        kernel=(("    if state == BLOCKED:\n", "    if state == BLOCKED or state == HLT:\n"),),
    ),
    Bug(
        "no vruntime floor", ("sleeper_gets_half_a_latency",), 50,
        kernel=(("    floor = m[e + E_MIN_VR] - m[e + E_LATENCY] // 2\n", "    floor = NEVER\n"),),
    ),
    Bug(
        "slice restarted after an interrupt", ("slice_kept_over_an_interrupt",), 50,
        kernel=((AFTER_INTERRUPT, AFTER_INTERRUPT + NEW_SLICE),),
    ),
    Bug(
        "deficit kept on empty", ("drr_deficit_dropped_when_empty",), 0,
        kernel=(("            m[i + I_DEFICIT] = 0\n            idle += 1\n", "            idle += 1\n"),),
        why="random plans notice it after many hundreds: half a minute of every run for what its vector notices at once",
    ),
    Bug(
        "completions out of order", ("completions_in_order",), 0,
        kernel=(("ready = max(m[d + D_READY], m[H_NOW] + cost)", "ready = m[H_NOW] + cost"), (IN_ORDER, BY_READINESS)),
        why="of 3,000 random plans 6 have reads in flight that memory would finish out of order",
    ),
    Bug(
        "latch cleared by polling", ("polling_does_not_clear_the_latch",), 200,
        kernel=((POLLED, POLLED + LATCH_CLEARED),),
    ),
    Bug(
        "no second look after rearm", ("recheck_requeues_late_push", "recheck_in_place"), 50,
        kernel=(("g != 0 and gate_enable(m, g):\n            found = True", "g != 0:\n            gate_enable(m, g)"),),
    ),
    Bug(
        "poll examined one loop late at equality", ("poll_examination_at_equality", "poll_push_while_displaced"), 50,
        kernel=(("+ ceil_div(behind, loop) * loop", "+ (behind // loop + 1) * loop"),),
    ),
    Bug(
        "what is held is sent when a pass finds nothing", ("held_until_the_time_is_over", "held_until_enough_or_late"), 200,
        kernel=(("                return DO_FLUSH_HELD", "                return DO_FLUSH_ALL"),),
    ),
    Bug(
        "sums without carry", ("latency_sum_above_63_bits", "wait_sum_above_63_bits"), 0,
        kernel=(("    if m[at] >= CARRY:\n        m[at] -= CARRY\n        m[at + 1] += 1\n", ""),),
        why="a sum needs 2**62 ps",
    ),
    Bug(
        "lock released before the effect", ("effect_before_release",), 400,
        kernel=((EFFECT, RELEASED_FIRST + EFFECT),),
    ),
    Bug(
        "waiters for a lock: last in, first out", ("waiters_first_come_first_served",), 100,
        kernel=(("    append(m, u + U_WAIT_HEAD, T_NEXT, t)\n    return False\n", LAST_IN_FIRST),),
    ),
    Bug(
        "locked part at the tail", ("legacy_interrupt_in_user", "locked_part_before_a_queued_inject"), 100,
        kernel=((LOCKED_PART, LOCKED_PART_LAST),),
    ),
    Bug(
        "acknowledging keeps the latch", ("acknowledged_before_the_timer", "ack_clears_what_is_pending"), 100,
        kernel=(("        moderator_acknowledge(m, target)\n", "        pass\n"),),
    ),
    Bug(
        "moderated gate ignores the interval", ("moderated_gate_waits_for_its_timer", "somebody_else_fires_before_the_worker"), 100,
        kernel=((SIGNAL, SIGNAL_AT_ONCE),),
    ),
    Bug(
        "exit worker after the hypervisor's jobs", ("device_model_goes_before_the_hypervisor",), 100,
        kernel=(("    if m[v + V_WORKER] != 0:\n        w =", "    if m[v + V_WORKER] != 0 and m[v + V_HYP_HEAD] == 0:\n        w ="),),
    ),
    Bug(
        "a main loop that sleeps keeps the lock", ("main_loop_gives_the_lock_back_when_it_sleeps", "main_loop_parks_without_the_lock"), 100,
        kernel=((GIVEN_BACK, "if u != 0 and m[u + U_WAIT_HEAD] != 0:"),),
    ),
    Bug(
        "a main loop keeps the lock between its turns", ("main_loop_passes_the_lock_on_between_invocations",), 100,
        kernel=((GIVEN_BACK, "if u != 0 and m[t + T_RUNNABLE] == 0:"),),
    ),
    Bug(
        "a vCPU that waits for a lock is woken as if blocked", ("apicv_interrupt_in_user", "posted_interrupt_and_tick_in_user"), 100,
        kernel=(("    if state == BLOCKED:\n", "    if state == BLOCKED or state == USER:\n"),),
    ),
    Bug(
        "a level interrupt without EOI on a virtual APIC", ("accesses_in_order_before_the_level_eoi",), 100,
        kernel=(("    elif m[q + Q_LEVEL] != 0:\n        vm_exit(m, v, X_EOI_INDUCED", "    elif False:\n        vm_exit(m, v, X_EOI_INDUCED"),),
    ),
    Bug(
        "exits cost the guest's thread nothing", ("exits_count_for_the_guests_thread",), 100,
        kernel=((EXIT_CHARGED, EXIT_CHARGED.splitlines(keepends=True)[0]),),
    ),
    Bug(
        "hand-over on top of the wake-up", ("contended_access", "waiters_first_come_first_served"), 100,
        kernel=(("start_thread(m, t, m[u + U_HANDOVER])", "start_thread(m, t, m[u + U_HANDOVER] + m[t + T_WAKE_PS])"),),
    ),
    Bug(
        "what an output costs is left out", ("ports_cost_their_own", "port_of_the_output_that_is_chosen"), 200,
        kernel=((" + m[o + O_PACKET_PS] * has\n", "\n"),),
    ),
    Bug(
        "a forwarded packet keeps its destination", ("next_hop",), 400,
        kernel=(("    if m[o + O_DST] >= 0:\n        m[p + P_DST] = m[o + O_DST]\n", ""),),
    ),
    *TIMES,
    *EVENTS,
    *MEMORY,
)  # fmt: skip


def caught_by_vectors(bug: Bug, chosen: Iterable[Vector]) -> list[str]:
    """Names of the vectors whose expected outcome the kernel with the bug does not give."""
    return [vector.name for vector in chosen if _misses(bug.build(), vector)]


def _misses(build: Build, vector: Vector) -> bool:
    try:
        return bool(differences(vector, run_vector(build, vector)))  # type: ignore[arg-type]
    except NOTICED:
        return True


@functools.cache
def expected(seed: int) -> Trace:
    """The reference engine's trace of a random plan."""
    plan, until_ps = random_plan(seed)
    engine = ReferenceEngine(plan, seed, log=True)
    engine.run(until_ps)
    return engine.trace()


def differs(bug: Bug, seed: int) -> bool:
    """Whether the kernel with the bug and the reference engine disagree about a random plan."""
    plan, until_ps = random_plan(seed)
    try:
        engine = bug.build()(plan, seed, log=True)
        engine.run(until_ps)
    except NOTICED:
        return True
    return engine.trace() != expected(seed)


def caught_by_plans(bug: Bug, limit: int) -> int | None:
    """How many random plans it takes until one shows the bug; None if ``limit`` do not."""
    return next((seed + 1 for seed in range(limit) if differs(bug, seed)), None)


def main() -> None:
    """Print who notices which bug."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=2000, help="random plans (default: %(default)s)")
    limit = parser.parse_args().plans
    for bug in BUGS:
        print(
            f"{bug.name}: random plan {caught_by_plans(bug, limit)}; {', '.join(caught_by_vectors(bug, vectors()))}",
            flush=True,
        )


if __name__ == "__main__":
    main()
