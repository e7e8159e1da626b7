"""Which thread of an executor has its turn: by virtual run time, or one after the other.

*Scope*: close to Linux CFS and to Xen's credit scheduler. *Validation*: conformance vectors; an interrupt does not end a turn.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.world import INF
from simulator.engines.compiled.kernel.cpu.executors import (
    E_CTXSW, E_CURRENT, E_FAIR, E_IN_PASS, E_KSOFTIRQD, E_LAST_THREAD, E_LATENCY, E_MIN_GRANULARITY, E_MIN_VR, E_PREEMPT, E_QUANTUM, E_RUNNABLE, E_RUN_HEAD,
    E_SLICE, E_THREADS, E_THREAD_COUNT, E_WAKEUP_GRANULARITY,
)
from simulator.engines.compiled.kernel.cpu.threads import (
    T_CTX, T_EXECUTOR, T_NEXT, T_OFFSET, T_QUOTA, T_RUNNABLE, T_WAKE, vruntime,
)


@later
def quota_allows(m, t):
    """See ``cpu.quotas``."""


@helper
def enter(m, e, t, cost):
    """Scheduler: thread t of executor e becomes runnable, and first spends ``cost``."""
    if m[e + E_FAIR] != 0:
        least = INF
        for i in range(m[e + E_THREAD_COUNT]):
            other = m[m[e + E_THREADS] + i]
            if m[other + T_RUNNABLE] != 0 and vruntime(m, other) < least:
                least = vruntime(m, other)
        if least != INF and least > m[e + E_MIN_VR]:
            m[e + E_MIN_VR] = least
        floor = m[e + E_MIN_VR] - m[e + E_LATENCY] // 2
        if vruntime(m, t) < floor:
            m[t + T_OFFSET] += floor - vruntime(m, t)
        current = m[e + E_CURRENT]
        if current != 0 and m[current + T_RUNNABLE] != 0 and vruntime(m, current) - vruntime(m, t) > m[e + E_WAKEUP_GRANULARITY]:
            m[e + E_PREEMPT] = 1
    elif t != m[e + E_CURRENT]:
        append(m, e + E_RUN_HEAD, T_NEXT, t)
    m[t + T_RUNNABLE] = 1
    m[e + E_RUNNABLE] += 1
    m[t + T_WAKE] += cost


@inlined
def leave(m, t):
    m[t + T_RUNNABLE] = 0
    m[m[t + T_EXECUTOR] + E_RUNNABLE] -= 1


@inlined
def in_pass(m, e, t):
    """Thread t is ksoftirqd amid a pass, which no other thread interrupts."""
    return m[e + E_IN_PASS] != 0 and t == m[e + E_KSOFTIRQD]


@helper
def choose(m, e):
    """Scheduler: the thread that executor e runs now, or 0; threads whose quota is used up are passed over."""
    t = give_turn(m, e)
    while t != 0 and m[t + T_QUOTA] != 0 and not quota_allows(m, t):
        t = give_turn(m, e)
    return t


@helper
def give_turn(m, e):
    current = m[e + E_CURRENT]
    usable = current != 0 and m[current + T_RUNNABLE] != 0
    if usable and m[e + E_PREEMPT] == 0 and not (m[e + E_SLICE] <= 0 and m[e + E_RUNNABLE] > 1):
        return current
    if usable and in_pass(m, e, current):
        return current
    if m[e + E_RUNNABLE] == 0:
        m[e + E_CURRENT] = 0
        return 0
    if m[e + E_FAIR] != 0:
        best = 0
        for i in range(m[e + E_THREAD_COUNT]):
            t = m[m[e + E_THREADS] + i]
            if m[t + T_RUNNABLE] != 0 and (best == 0 or vruntime(m, t) < vruntime(m, best)):
                best = t
        m[e + E_SLICE] = max(m[e + E_MIN_GRANULARITY], m[e + E_LATENCY] // m[e + E_RUNNABLE])
    else:
        if usable:
            append(m, e + E_RUN_HEAD, T_NEXT, current)
        best = take_head(m, e + E_RUN_HEAD, T_NEXT)
        m[e + E_SLICE] = m[e + E_QUANTUM]
    m[e + E_CURRENT] = best
    m[e + E_PREEMPT] = 0
    if m[e + E_LAST_THREAD] != 0 and m[e + E_LAST_THREAD] != best:
        m[best + T_CTX] += m[e + E_CTXSW]
    m[e + E_LAST_THREAD] = best
    return best
