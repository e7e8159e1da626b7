"""The record of a core or a vCPU: a scheduler over threads and a softirq dispatcher.

Fields that begin with ``V_`` are those of vCPUs only.

*Scope*: the record; see ``core`` and ``vcpu``. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined

# executor: core or vCPU
# what every packet touches comes first: of both, of cores, of vCPUs (docs/decisions/0030)
(
    E_IRQ_HEAD, E_IRQ_TAIL, E_SOFT_ACTIVE, E_SOFT_TASK, E_SOFT_WORKER, E_CURRENT, E_RUNNABLE, E_SLICE, E_PREEMPT, E_SPREAD, E_KIND,
    E_FAIR, E_LAST_THREAD, E_IN_PASS, E_CORE, E_THREADS, E_LEAF, E_LEAF_REF, E_LEAF_REST, E_LEAF_LABEL, E_LEAF_THREAD, E_LEAF_INNER,
    E_SYNCED, E_SHARED, E_SLOT, E_LABELS, E_SIBLING, E_IDLE_PENDING, E_IDLE_SINCE, E_POLLING, E_GOVERNOR, E_IDLE_REST, V_HYP_HEAD,
    V_HYP_TAIL, V_STATE, V_WORKER, V_GUEST_IDLING, V_STOPPED, V_THREAD, V_HP, E_L_HEAD, E_L_TAIL, E_P_HEAD, E_P_TAIL, E_R_HEAD,
    E_R_TAIL, E_LEFT, E_PASS_START, V_EXITS, V_PLACE, V_IDLE, V_NOHZ, V_TIMER, V_HLT_END, V_POLL_SLOT, V_HLT, V_POLL_MAX,
    V_POLL_EXIT, E_THREAD_COUNT, E_MIN_VR, E_LATENCY, E_WAKEUP_GRANULARITY, E_SOFT_START, E_RESTARTS, E_SOFT_BUDGET, E_SOFT_TIME,
    E_MIN_GRANULARITY, E_QUANTUM, E_CTXSW, E_SOFT_RESTARTS, E_DEMOTE, E_KSOFTIRQD, E_RUN_HEAD, E_RUN_TAIL, E_IDLE_EXIT, E_CARRY,
    E_SPEED, V_GUEST_POLL, V_GUEST_REST, V_EXIT, V_BLOCK, V_WAKE, V_GROW, V_GROW_START, V_SHRINK, V_LOCK, V_ACCESS, V_CHARGED,
    V_USER_SINCE,
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
