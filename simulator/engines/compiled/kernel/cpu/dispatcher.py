"""Softirq work of one executor: passes over raised workers, and handing over to ksoftirqd when it does not end.

*Scope*: Linux net_rx_action and __do_softirq. *Validation*: conformance vectors of passes and demotion.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.executors import (
    E_CORE, E_CURRENT, E_DEMOTE, E_IN_PASS, E_KIND, E_KSOFTIRQD, E_LEFT, E_L_HEAD, E_L_TAIL, E_PASS_START, E_PREEMPT, E_P_HEAD, E_P_TAIL, E_RESTARTS,
    E_RUNNABLE, E_R_HEAD, E_SOFT_ACTIVE, E_SOFT_BUDGET, E_SOFT_RESTARTS, E_SOFT_START, E_SOFT_TASK, E_SOFT_TIME, E_SOFT_WORKER, VCPU,
)
from simulator.engines.compiled.kernel.cpu.jobs import PARKED, W_SERVED, W_STATE
from simulator.engines.compiled.kernel.cpu.scheduler import leave
from simulator.engines.compiled.kernel.cpu.threads import T_RUNNABLE, wake_thread
from simulator.engines.compiled.kernel.queues.waiters import W_NEXT


@later
def wake_vcpu(m, v):
    """See ``cpu.vcpu``."""


@later
def kick(m, c):
    """See ``cpu.core``."""


@later
def sync(m, c):
    """See ``cpu.core``."""


@helper
def start_pass(m, e):
    m[e + E_P_HEAD] = m[e + E_L_HEAD]
    m[e + E_P_TAIL] = m[e + E_L_TAIL]
    m[e + E_L_HEAD] = 0
    m[e + E_R_HEAD] = 0
    m[e + E_LEFT] = m[e + E_SOFT_BUDGET]
    m[e + E_PASS_START] = m[H_NOW]
    m[e + E_IN_PASS] = 0
    m[e + E_SOFT_WORKER] = take_head(m, e + E_P_HEAD, W_NEXT)


@inlined
def join(m, into, tail):
    """Append the list at ``tail`` to the list at ``into``; workers linked by W_NEXT."""
    if m[tail] != 0:
        if m[into] == 0:
            m[into] = m[tail]
        else:
            m[m[into + 1] + W_NEXT] = m[tail]
        m[into + 1] = m[tail + 1]


@helper
def end_pass(m, e):
    join(m, e + E_P_HEAD, e + E_L_HEAD)
    join(m, e + E_P_HEAD, e + E_R_HEAD)
    m[e + E_L_HEAD] = m[e + E_P_HEAD]
    m[e + E_L_TAIL] = m[e + E_P_TAIL]
    if m[e + E_L_HEAD] == 0:
        m[e + E_SOFT_ACTIVE] = 0
        m[e + E_SOFT_WORKER] = 0
        if m[e + E_SOFT_TASK] != 0:
            m[e + E_SOFT_TASK] = 0
            leave(m, m[e + E_KSOFTIRQD])
        return
    m[e + E_RESTARTS] += 1
    if m[e + E_SOFT_TASK] == 0 and m[e + E_DEMOTE] != 0 and m[e + E_KSOFTIRQD] != 0:
        long = m[H_NOW] - m[e + E_SOFT_START] >= m[e + E_SOFT_TIME] or m[e + E_RESTARTS] >= m[e + E_SOFT_RESTARTS]
        current = m[e + E_CURRENT]
        usable = current != 0 and m[current + T_RUNNABLE] != 0
        if long or (not usable and m[e + E_RUNNABLE] > 0) or m[e + E_PREEMPT] != 0:
            m[e + E_SOFT_TASK] = 1
            wake_thread(m, m[e + E_KSOFTIRQD])
    start_pass(m, e)


@helper
def soft_ended(m, e, w, more):
    """The invocation of soft worker w has ended."""
    if m[w + W_STATE] != PARKED:
        m[e + E_LEFT] -= m[w + W_SERVED]
    if more:
        append(m, e + E_R_HEAD, W_NEXT, w)
    if m[e + E_LEFT] <= 0 or m[H_NOW] - m[e + E_PASS_START] >= m[e + E_SOFT_TIME] or m[e + E_P_HEAD] == 0:
        end_pass(m, e)
    else:
        m[e + E_SOFT_WORKER] = take_head(m, e + E_P_HEAD, W_NEXT)


@helper
def soft_raise(m, e, w):
    append(m, e + E_L_HEAD, W_NEXT, w)
    if m[e + E_SOFT_ACTIVE] == 0:
        c = m[e + E_CORE]
        sync(m, c)
        m[e + E_SOFT_ACTIVE] = 1
        m[e + E_SOFT_TASK] = 0
        m[e + E_SOFT_START] = m[H_NOW]
        m[e + E_RESTARTS] = 0
        start_pass(m, e)
        if m[e + E_KIND] == VCPU:
            wake_vcpu(m, e)
        kick(m, c)
