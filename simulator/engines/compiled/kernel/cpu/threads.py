"""Threads: what a scheduler gives turns to. Four kinds, by what they run.

*Scope*: threads of a core and of a guest alike. *Validation*: conformance vectors of switch and wake-up costs.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later, quotient
from simulator.engines.compiled.kernel.clock.calendar import arm, disarm
from simulator.engines.compiled.kernel.clock.world import H_ACTING, H_NOW
from simulator.engines.compiled.kernel.cpu.executors import (
    CORE, E_CORE, E_IN_PASS, E_KIND, E_POLLING, E_SLICE, E_SOFT_WORKER, V_THREAD, set_leaf,
)
from simulator.engines.compiled.kernel.cpu.jobs import (
    LB_CTXSW, LB_PMD_IDLE, LEAF_BUSY, LEAF_CTXSW, LEAF_PMD, LEAF_TAKE, LEAF_WAKE, LEAF_WORK, POLLING, W_LABEL, W_REST, W_STATE,
)

# thread
(
    T_KIND, T_EXECUTOR, T_VCPU, T_RUNNABLE, T_RAN, T_QUOTA, T_CTX, T_WAKE, T_HEAD, T_TAIL, T_LOCK, T_WEIGHT, T_WAKE_PS, T_OFFSET,
    T_LANDING, T_WAKER, T_LABEL, T_NEXT, T_WAITS, T_ZERO, T_FLIGHT, T_SLOT, T_LOCAL, T_THROTTLED,
) = range(24)  # fmt: skip
THREAD = 24
TK_WORKERS, TK_VCPU, TK_KSOFTIRQD, TK_BUSY = range(4)


@later
def enter(m, e, t, cost):
    """See ``cpu.scheduler``."""


@later
def quota_charge(m, t, e):
    """See ``cpu.quotas``."""


@later
def owns(m, u, t):
    """See ``cpu.lock``."""


@later
def wake_vcpu(m, v):
    """See ``cpu.vcpu``."""


@later
def end_poll(m, v):
    """See ``cpu.halt_polling``."""


@later
def kick(m, c):
    """See ``cpu.core``."""


@later
def sync(m, c):
    """See ``cpu.core``."""


@inlined
def charge(m, t, e):
    if m[t + T_QUOTA] != 0:
        quota_charge(m, t, e)
    m[t + T_RAN] += e
    m[m[t + T_EXECUTOR] + E_SLICE] -= e


@inlined
def vruntime(m, t):
    """Weighted running time; from the total, so that it does not depend on how often the core was looked at."""
    return m[t + T_OFFSET] + quotient(m[t + T_RAN] * 1024, m[t + T_WEIGHT])


@helper
def land(m, t):
    """Thread t of a core becomes runnable, which it is not."""
    c = m[t + T_EXECUTOR]
    sync(m, c)
    enter(m, c, t, 0)
    v = m[c + E_POLLING]
    if v != 0 and m[v + V_THREAD] != t:
        end_poll(m, v)
    kick(m, c)


@helper
def start_thread(m, t, cost):
    """Wake thread t of a core, which is not runnable; it first spends ``cost``. By another core the wake-up takes a flight."""
    if m[t + T_THROTTLED] != 0:
        return
    if m[t + T_LANDING] == 0:
        m[t + T_WAKE] += cost
    if m[t + T_FLIGHT] > 0 and m[H_ACTING] != 0 and m[H_ACTING] != m[t + T_EXECUTOR]:
        if m[t + T_LANDING] == 0:
            m[t + T_LANDING] = 1
            arm(m, m[t + T_SLOT], m[H_NOW] + m[t + T_FLIGHT])
        return
    if m[t + T_LANDING] != 0:
        m[t + T_LANDING] = 0
        disarm(m, m[t + T_SLOT])
    land(m, t)


@helper
def on_flight(m, t):
    """A wake-up by another core arrives."""
    m[t + T_LANDING] = 0
    if m[t + T_RUNNABLE] == 0:
        land(m, t)


@inlined
def wake_core_thread(m, t):
    if m[t + T_RUNNABLE] == 0 and m[t + T_WAITS] == 0:
        start_thread(m, t, m[t + T_WAKE_PS])


@helper
def wake_thread(m, t):
    e = m[t + T_EXECUTOR]
    if m[e + E_KIND] == CORE:
        wake_core_thread(m, t)
    elif m[t + T_RUNNABLE] == 0:
        c = m[e + E_CORE]
        sync(m, c)
        enter(m, e, t, m[t + T_WAKE_PS])
        wake_vcpu(m, e)
        kick(m, c)


@helper
def pick_thread(m, c, e, t):
    """The leaf inside thread t (not a vCPU thread) of executor e, on core c."""
    if m[t + T_CTX] > 0:
        set_leaf(m, c, LEAF_CTXSW, t, t + T_CTX, LB_CTXSW)
    elif m[t + T_WAKE] > 0:
        set_leaf(m, c, LEAF_WAKE, t, t + T_WAKE, m[t + T_LABEL])
    elif m[t + T_KIND] == TK_BUSY:
        set_leaf(m, c, LEAF_BUSY, t, 0, m[t + T_LABEL])
    elif m[t + T_LOCK] != 0 and not owns(m, m[t + T_LOCK], t):
        set_leaf(m, c, LEAF_TAKE, t, t + T_ZERO, m[t + T_LABEL])
    else:
        w = m[t + T_HEAD]
        if m[t + T_KIND] == TK_KSOFTIRQD:
            w = m[e + E_SOFT_WORKER]
            m[e + E_IN_PASS] = 1
        if m[w + W_STATE] == POLLING:
            set_leaf(m, c, LEAF_PMD, w, 0, LB_PMD_IDLE)
        else:
            set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])
