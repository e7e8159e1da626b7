"""The random plans reach every branch of the kernel 100 times; those that no sound plan reaches are known by name."""

from __future__ import annotations

import ast

from tests.engines.branches import NEVER, count, counted, library_cases, names, random_cases
from tests.engines.twin import execute

PLANS, LEAST = 1000, 100
"""The random plans of `test_agreement`; `python -m tests.engines.branches` adds the mutants of `test_library`."""
LIBRARY = 40
ACCESSES = frozenset(
    (
        "access: m[g + G_LOCK] == 0 -> false",
        "access_effect: m[g + G_LOCK] != 0 -> false",
        "access_effect: m[g + G_LOCK] != 0 -> true",
        "access_effect: m[g + G_NOTIFY] == NF_UNMASK -> true",
        "access_effect: m[v + V_WORKER] == 0 -> false",
        "access_effect: m[x + M_WORKER] == 0 -> false",
        "access_effect: m[x + M_WORKER] == 0 -> true",
        "access_effect: moderator_settle(m, x) -> false",
        "access_effect: moderator_settle(m, x) -> true",
        "charged_thread: m[t + T_RUNNABLE] == 0 -> true",
        "effect: kind == NF_ACK -> true",
        "effect: kind == NF_RAISE -> true",
        "end_invocation: m[t + T_RUNNABLE] == 0 -> false",
        "end_invocation: m[t + T_RUNNABLE] == 0 -> true",
        "end_invocation: m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0 -> false",
        "end_invocation: m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0 -> true",
        "end_invocation: m[u + U_WAIT_HEAD] != 0 -> false",
        "end_invocation: m[u + U_WAIT_HEAD] != 0 -> true",
        "end_invocation: m[w + W_KIND] == EXIT -> true",
        "end_invocation: u != 0 -> true",
        "end_invocation: u != 0 and (m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0) -> true",
        "enqueue: m[w + W_KIND] == EXIT -> true",
        "enter_access: lock_take(m, m[g + G_LOCK], m[v + V_THREAD]) -> false",
        "enter_access: lock_take(m, m[g + G_LOCK], m[v + V_THREAD]) -> true",
        "flush: m[w + W_MODERATOR] != 0 -> true",
        "flush: m[w + W_MODERATOR] != 0 and moderator_settle(m, m[w + W_MODERATOR]) -> true",
        "flush: moderator_settle(m, m[w + W_MODERATOR]) -> false",
        "flush: moderator_settle(m, m[w + W_MODERATOR]) -> true",
        "gate_check: mode == MODERATED -> true",
        "gates_of: m[ref + R_USED_GATE + G_MODE] == NEVER_FIRES -> true",
        "hyp_first: head == 0 -> false",
        "hyp_first: head == 0 -> true",
        "in_hypervisor: m[v + V_WORKER] != 0 -> true",
        "leaf_end: kind == J_ENTER -> true",
        "leaf_end: kind == J_SIGNAL -> true",
        "leaf_end: kind == LEAF_EXIT_WORK -> true",
        "leaf_end: kind == LEAF_TAKE -> true",
        "leaf_end: m[a + Q_LEVEL] != 0 -> true",
        "leave_access: u != 0 -> true",
        "lock_release: m[t + T_KIND] == TK_VCPU -> false",
        "lock_release: m[t + T_KIND] == TK_VCPU -> true",
        "lock_release: m[u + U_WAIT_HEAD] != 0 -> false",
        "lock_release: m[u + U_WAIT_HEAD] != 0 -> true",
        "lock_release: m[v + V_CHARGED] != 0 -> false",
        "lock_release: m[v + V_CHARGED] != 0 -> true",
        "job_end: phase == PH_REARM -> false",
        "lock_take: m[u + U_OWNER] == 0 -> false",
        "lock_take: m[u + U_OWNER] == 0 -> true",
        "moderator_settle: moderator_due(m, x) -> false",
        "moderator_settle: moderator_due(m, x) -> true",
        "note_gate: k < m[w + W_INPUT_COUNT] -> false",
        "on_core: m[c + E_LEAF] == LEAF_EXIT_WORK -> true",
        "on_moderator: m[x + M_WORKER] == 0 -> false",
        "on_moderator: moderator_due(m, x) -> false",
        "on_moderator: moderator_due(m, x) -> true",
        "park: m[o + O_KIND] == OUT_FILL -> true",
        "pick_thread: m[m[t + T_LOCK] + U_OWNER] != t -> false",
        "pick_thread: m[m[t + T_LOCK] + U_OWNER] != t -> true",
        "pick_thread: m[t + T_LOCK] != 0 -> true",
        "pick_thread: m[t + T_LOCK] != 0 and m[m[t + T_LOCK] + U_OWNER] != t -> true",
        "pick_vcpu: m[v + V_WORKER] != 0 -> true",
        "rearmed: m[w + W_UNMASK_COUNT] > 0 -> true",
        "settle: m[u + U_OWNER] != 0 -> false",
        "settle: m[u + U_OWNER] != 0 -> true",
        "settle: range(m[H_LOCK_COUNT]) -> entered",
        "soft_ended: m[w + W_STATE] != PARKED -> false",
        "stage2: not inside -> false",
        "unmask: m[w + W_KIND] == TASK -> false",
        "unmask: m[w + W_KIND] == TASK -> true",
        "unmask: m[w + W_UNMASK_COUNT] > 0 -> true",
        "unmask: m[x + M_WORKER] == 0 -> false",
        "unmask: range(m[w + W_UNMASK_COUNT]) -> entered",
        "unmask: range(m[w + W_UNMASK_COUNT]) -> not entered",
        "used_gate: m[r + R_USED_GATE + G_MODE] == MODERATED -> true",
        "used_publish: m[r + R_USED_GATE + G_MODE] != MODERATED -> false",
        "wake_core_thread: m[t + T_RUNNABLE] == 0 -> false",
        "wake_core_thread: m[t + T_RUNNABLE] == 0 and m[t + T_WAITS] == 0 -> false",
        "wake_core_thread: m[t + T_WAITS] == 0 -> false",
    )
)
"""Locks, accesses, device models: run by hand-computed vectors and by the library's plans, not yet by the random ones."""

LOOPS = """
def f(n):
    for i in range(n):
        if i > 1 and i < 4:
            n += 1
    while n > 9:
        n -= 1
"""


def test_counts_are_right() -> None:
    tree, arms = counted(ast.parse(LOOPS))
    function = execute(tree, "loops", **names(arms)).f
    function(0)
    function(6)
    assert {str(arm): hits for hits, arm in zip(arms.hits, arms.arms, strict=True)} == {
        "f: range(n) -> entered": 6,
        "f: range(n) -> not entered": 1,
        "f: i > 1 and i < 4 -> true": 2,
        "f: i > 1 and i < 4 -> false": 4,
        "f: i > 1 -> true": 4,
        "f: i > 1 -> false": 2,
        "f: i < 4 -> true": 2,
        "f: i < 4 -> false": 2,
        "f: n > 9 -> entered": 0,
        "f: n > 9 -> not entered": 2,
    }


def test_every_arm_runs_often_in_random_plans() -> None:
    seen = count(random_cases(range(PLANS)))
    seldom = [f"{hits} {arm}" for hits, arm in seen.arms.below(LEAST) if str(arm) not in NEVER.keys() | ACCESSES]
    assert seldom == []
    # What cannot be reached is still there, and is not.
    assert NEVER.keys() - {str(arm) for _, arm in seen.arms.below(1)} == set()
    assert seen.tied >= 0.3 * seen.handled
    # Both halves: no plan of the library pre-empts, its slices are too long.
    assert seen.share("pre-emption") >= 0.4


def test_handler_runs_share_their_instant_in_the_library_too() -> None:
    seen = count(library_cases(range(LIBRARY)))
    assert seen.tied >= 0.3 * seen.handled
