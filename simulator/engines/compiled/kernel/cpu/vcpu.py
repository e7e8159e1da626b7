"""A vCPU: a thread of a core to the host, a processor with interrupts, softirqs and threads to its guest.

*Scope*: jobs of the hypervisor, exits, halting and waking. *Validation*: conformance vectors of halting and blocking.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.calendar import arm, disarm
from simulator.engines.compiled.kernel.clock.chance import spread
from simulator.engines.compiled.kernel.clock.nodes import N_A, N_B, N_NEXT, N_TIME, append, new_node
from simulator.engines.compiled.kernel.clock.world import EV_EXIT, H_NOW, log
from simulator.engines.compiled.kernel.cpu.executors import (
    BLOCKED, E_CORE, E_CURRENT, E_IRQ_HEAD, E_LEAF_INNER, E_POLLING, E_RUNNABLE, E_SOFT_ACTIVE, E_SOFT_TASK, E_SOFT_WORKER, E_SPREAD, HLT, IDLE_GHP,
    IDLE_POLL, POLL, RUN, V_BLOCK, V_EXITS, V_GUEST_IDLING, V_GUEST_POLL, V_GUEST_REST, V_HLT, V_HLT_END, V_HP, V_HYP_HEAD, V_HYP_TAIL, V_IDLE, V_PLACE,
    V_NOHZ, V_POLL_EXIT, V_POLL_SLOT, V_STATE, V_STOPPED, V_THREAD, V_TIMER, V_WAKE, V_WORKER, set_leaf,
)
from simulator.engines.compiled.kernel.cpu.jobs import (
    J_BLOCK, J_HLT, J_NOTHING, J_STOPPED, LB_GUEST_IDLE, LB_HALT_POLL, LB_HYP, LEAF_EXIT_WORK, LEAF_GIRQ, LEAF_GUEST_IDLE, LEAF_HALT_POLL, LEAF_HYP,
    LEAF_WORK, W_LABEL, W_REST,
)
from simulator.engines.compiled.kernel.cpu.scheduler import choose, leave
from simulator.engines.compiled.kernel.cpu.threads import T_RUNNABLE, pick_thread, wake_core_thread

X_HLT, X_EXTINT, X_KICK, X_EOI, X_IRQWIN, X_TIMER, X_MSIX = range(7)
X_TSC_DEADLINE, X_ICR, X_EOI_INDUCED = range(10, 13)


@later
def adapt(m, v):
    """See ``cpu.halt_polling``."""


@later
def kick(m, c):
    """See ``cpu.core``."""


@later
def sync(m, c):
    """See ``cpu.core``."""


@helper
def hyp_job(m, v, cost, kind, a):
    n = new_node(m, kind, spread(m, cost, m[v + E_SPREAD]))
    m[n + N_A] = a
    m[n + N_B] = LB_HYP
    append(m, v + V_HYP_HEAD, N_NEXT, n)


@helper
def hyp_first(m, v, cost, kind, a, label):
    """A job that goes on where the last one ended: before everything else that waits."""
    n = new_node(m, kind, spread(m, cost, m[v + E_SPREAD]))
    m[n + N_A] = a
    m[n + N_B] = label
    head = m[v + V_HYP_HEAD]
    m[n + N_NEXT] = head
    m[v + V_HYP_HEAD] = n
    if head == 0:
        m[v + V_HYP_TAIL] = n


@helper
def vm_exit(m, v, kind, cost):
    m[m[v + V_EXITS] + kind] += 1
    log(m, EV_EXIT, m[v + V_PLACE], kind)
    hyp_job(m, v, cost, J_NOTHING, 0)


@inlined
def in_guest(m, v):
    """Whether guest code has the core, or would have it but for interrupts of the host."""
    t = m[v + V_THREAD]
    runs = m[v + V_STATE] == RUN and m[t + T_RUNNABLE] != 0 and m[m[v + E_CORE] + E_CURRENT] == t
    return runs and m[v + V_HYP_HEAD] == 0 and m[v + V_WORKER] == 0


@helper
def guest_irq_job(m, v, cost, kind, a, label, stream):
    n = new_node(m, kind, spread(m, cost, stream))
    m[n + N_A] = a
    m[n + N_B] = label
    append(m, v + E_IRQ_HEAD, N_NEXT, n)


@helper
def wake_vcpu(m, v):
    state = m[v + V_STATE]
    if state == BLOCKED:
        adapt(m, v)
        m[v + V_STATE] = RUN
        hyp_job(m, v, m[v + V_WAKE], J_NOTHING, 0)
        wake_core_thread(m, m[v + V_THREAD])
    elif state == POLL:
        c = m[v + E_CORE]
        sync(m, c)
        adapt(m, v)
        m[c + E_POLLING] = 0
        disarm(m, m[v + V_POLL_SLOT])
        m[v + V_STATE] = RUN
        hyp_job(m, v, m[v + V_POLL_EXIT], J_NOTHING, 0)
        kick(m, c)


@inlined
def guest_has_work(m, v):
    return m[v + V_HYP_HEAD] != 0 or m[v + E_IRQ_HEAD] != 0 or m[v + E_SOFT_ACTIVE] != 0 or m[v + E_RUNNABLE] > 0


@helper
def timer_write(m, v, kind):
    """The guest writes its timer's deadline, which traps."""
    m[m[v + V_EXITS] + X_TSC_DEADLINE] += 1
    log(m, EV_EXIT, m[v + V_PLACE], X_TSC_DEADLINE)
    hyp_job(m, v, m[v + V_TIMER], kind, 0)


@helper
def halt(m, v):
    if m[v + V_NOHZ] != 0 and m[v + V_STOPPED] == 0:
        m[v + V_STOPPED] = 1
        timer_write(m, v, J_STOPPED)
        return
    m[m[v + V_EXITS] + X_HLT] += 1
    log(m, EV_EXIT, m[v + V_PLACE], X_HLT)
    m[v + V_STATE] = HLT
    hyp_job(m, v, m[v + V_HLT], J_HLT, 0)


@helper
def halted(m, v):
    """The HLT exit is done: run, poll or block."""
    if guest_has_work(m, v):
        m[v + V_STATE] = RUN
        return
    m[v + V_HLT_END] = m[H_NOW]
    c = m[v + E_CORE]
    if m[v + V_HP] > 0 and m[c + E_RUNNABLE] == 1:
        m[v + V_STATE] = POLL
        m[c + E_POLLING] = v
        arm(m, m[v + V_POLL_SLOT], m[H_NOW] + m[v + V_HP])
    else:
        hyp_job(m, v, m[v + V_BLOCK], J_BLOCK, 0)


@helper
def blocked(m, v):
    if guest_has_work(m, v):
        m[v + V_STATE] = RUN
    else:
        m[v + V_STATE] = BLOCKED
        leave(m, m[v + V_THREAD])


@helper
def charged_thread(m, v):
    """Whose time it is while the hypervisor works for v: the guest's clock runs on."""
    t = m[v + E_CURRENT]
    if t == 0 or m[t + T_RUNNABLE] == 0 or m[v + E_IRQ_HEAD] != 0 or (m[v + E_SOFT_ACTIVE] != 0 and m[v + E_SOFT_TASK] == 0):
        return 0
    return t


@helper
def pick_vcpu(m, c, v):
    if m[v + V_WORKER] != 0:
        w = m[v + V_WORKER]
        m[c + E_LEAF_INNER] = charged_thread(m, v)
        set_leaf(m, c, LEAF_EXIT_WORK, w, w + W_REST, m[w + W_LABEL])
        return
    if m[v + V_HYP_HEAD] == 0 and m[v + V_STATE] == POLL:
        set_leaf(m, c, LEAF_HALT_POLL, v, 0, LB_HALT_POLL)
        return
    if m[v + V_HYP_HEAD] == 0:
        t = 0
        if m[v + E_IRQ_HEAD] != 0:
            m[v + V_GUEST_IDLING] = 0
            n = m[v + E_IRQ_HEAD]
            set_leaf(m, c, LEAF_GIRQ, v, n + N_TIME, m[n + N_B])
            return
        if m[v + E_SOFT_ACTIVE] != 0 and m[v + E_SOFT_TASK] == 0:
            m[v + V_GUEST_IDLING] = 0
            w = m[v + E_SOFT_WORKER]
            set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])
            return
        if m[v + V_STOPPED] != 0 and m[v + E_RUNNABLE] > 0:
            m[v + V_STOPPED] = 0
            timer_write(m, v, J_NOTHING)
        else:
            t = choose(m, v)
            if t != 0:
                m[v + V_GUEST_IDLING] = 0
                m[c + E_LEAF_INNER] = t
                pick_thread(m, c, v, t)
                return
            if m[v + V_IDLE] == IDLE_POLL:
                set_leaf(m, c, LEAF_GUEST_IDLE, v, 0, LB_GUEST_IDLE)
                return
            if m[v + V_IDLE] == IDLE_GHP:
                if m[v + V_GUEST_IDLING] == 0:
                    m[v + V_GUEST_IDLING] = 1
                    m[v + V_GUEST_REST] = m[v + V_GUEST_POLL]
                set_leaf(m, c, LEAF_GUEST_IDLE, v, v + V_GUEST_REST, LB_GUEST_IDLE)
                return
            halt(m, v)
    m[v + V_GUEST_IDLING] = 0
    n = m[v + V_HYP_HEAD]
    m[c + E_LEAF_INNER] = charged_thread(m, v)
    set_leaf(m, c, LEAF_HYP, v, n + N_TIME, m[n + N_B])

