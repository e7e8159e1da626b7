"""The record of a core or a vCPU: a scheduler over threads and a softirq dispatcher.

Fields that begin with ``V_`` are those of vCPUs only.

*Scope*: the record; see ``core`` and ``vcpu``. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined

# executor: core or vCPU
(
    E_KIND, E_FAIR, E_LATENCY, E_MIN_GRANULARITY, E_WAKEUP_GRANULARITY, E_QUANTUM, E_CTXSW, E_SOFT_BUDGET, E_SOFT_TIME, E_SOFT_RESTARTS,
    E_DEMOTE, E_KSOFTIRQD, E_SPREAD, E_THREADS, E_THREAD_COUNT, E_CORE, E_CURRENT, E_LAST_THREAD, E_SLICE, E_PREEMPT, E_MIN_VR,
    E_RUNNABLE, E_RUN_HEAD, E_RUN_TAIL, E_IRQ_HEAD, E_IRQ_TAIL, E_SOFT_ACTIVE, E_SOFT_TASK, E_SOFT_START, E_RESTARTS, E_LEFT, E_PASS_START,
    E_SOFT_WORKER, E_L_HEAD, E_L_TAIL, E_P_HEAD, E_P_TAIL, E_R_HEAD, E_R_TAIL, E_IN_PASS,
    E_SLOT, E_IDLE_EXIT, E_SYNCED, E_LEAF, E_LEAF_REF, E_LEAF_REST, E_LEAF_LABEL, E_LEAF_THREAD, E_LEAF_INNER, E_IDLE_SINCE, E_IDLE_PENDING,
    E_IDLE_REST, E_POLLING, E_LABELS, E_GOVERNOR, E_SIBLING, E_SHARED, E_CARRY, E_SPEED,
    V_THREAD, V_STATE, V_IDLE, V_GUEST_POLL, V_GUEST_REST, V_GUEST_IDLING, V_HP, V_HLT_END, V_HYP_HEAD, V_HYP_TAIL, V_EXIT, V_HLT, V_BLOCK,
    V_WAKE, V_POLL_EXIT, V_POLL_MAX, V_GROW, V_GROW_START, V_SHRINK, V_POLL_SLOT, V_EXITS, V_PLACE,
    V_WORKER, V_LOCK, V_ACCESS, V_CHARGED, V_USER_SINCE, V_NOHZ, V_TIMER, V_STOPPED,
) = range(89)  # fmt: skip
EXECUTOR = 89
CORE, VCPU = range(2)
RUN, HLT, POLL, BLOCKED, USER = range(5)
IDLE_HLT, IDLE_POLL, IDLE_GHP = range(3)


@inlined
def set_leaf(m, c, kind, ref, rest, label):
    m[c + E_LEAF] = kind
    m[c + E_LEAF_REF] = ref
    m[c + E_LEAF_REST] = rest
    m[c + E_LEAF_LABEL] = label
