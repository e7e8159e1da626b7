"""A physical core: whatever happens, it runs the most urgent job, and every picosecond is accounted for.

*Scope*: one hardware thread. *Validation*: labels add up to elapsed time in every run.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm, arm_min, disarm
from simulator.engines.compiled.kernel.clock.chance import spread
from simulator.engines.compiled.kernel.clock.nodes import (
    N_A, N_B, N_KIND, N_NEXT, N_TIME, append, free_node, new_node, take_head,
)
from simulator.engines.compiled.kernel.clock.world import H_ACTING, H_NOW, INF
from simulator.engines.compiled.kernel.cpu.accesses import access_effect, enter_access, leave_access
from simulator.engines.compiled.kernel.cpu.executors import (
    E_CARRY, E_CURRENT, E_GOVERNOR, E_IDLE_EXIT, E_IDLE_PENDING, E_IDLE_REST, E_IDLE_SINCE, E_IRQ_HEAD, E_LABELS,
    E_LEAF, E_LEAF_INNER, E_LEAF_LABEL, E_LEAF_REF, E_LEAF_REST,
    E_LEAF_THREAD, E_RUNNABLE, E_SHARED, E_SIBLING, E_SLICE, E_SLOT, E_SOFT_ACTIVE, E_SOFT_TASK, E_SOFT_WORKER, E_SPEED, E_SPREAD, E_SYNCED, V_EXIT,
    V_GUEST_IDLING, V_HYP_HEAD, set_leaf,
)
from simulator.engines.compiled.kernel.cpu.jobs import (
    J_BLOCK, J_EFFECT, J_ENTER, J_HANDLER, J_HLT, J_INJECT, J_NATIVE, J_SIGNAL, J_STAGE2, J_STOPPED, LB_IDLE, LEAF_EXIT_WORK, LEAF_GIRQ, LEAF_GUEST_IDLE,
    LEAF_HYP, LEAF_IDLE_EXIT, LEAF_IRQ, LEAF_NONE, LEAF_PMD, LEAF_TAKE, LEAF_WORK, W_LABEL, W_REST,
)
from simulator.engines.compiled.kernel.cpu.governor import leave_state
from simulator.engines.compiled.kernel.cpu.lock import lock_take
from simulator.engines.compiled.kernel.cpu.scheduler import choose, in_pass
from simulator.engines.compiled.kernel.cpu.threads import (
    TK_VCPU, T_CTX, T_EXECUTOR, T_KIND, T_LOCAL, T_LOCK, T_QUOTA, T_VCPU, T_WAKE, charge, pick_thread,
)
from simulator.engines.compiled.kernel.cpu.vcpu import (
    X_EXTINT, blocked, guest_has_work, halt, halted, in_guest, pick_vcpu, vm_exit,
)


@later
def raise_interrupt(m, x, inside):
    """See ``interrupts.moderators``."""


@later
def guest_handled(m, v, q):
    """See ``interrupts.routes``."""


@later
def inject(m, q, notify):
    """See ``interrupts.routes``."""


@later
def native_handled(m, q):
    """See ``interrupts.routes``."""


@later
def kick_vcpu(m, q, inside):
    """See ``interrupts.routes``."""


@later
def job_end(m, w):
    """See ``workers.software``."""


@later
def restart(m, w):
    """See ``workers.polling``."""


@helper
def sync(m, c):
    """Charge the time since the last look to what the core was running."""
    e = m[H_NOW] - m[c + E_SYNCED]
    if e == 0:
        return
    m[c + E_SYNCED] = m[H_NOW]
    m[m[c + E_LABELS] + m[c + E_LEAF_LABEL]] += e
    if m[c + E_LEAF_REST] != 0:
        if m[c + E_SHARED] == 0:
            m[m[c + E_LEAF_REST]] -= e
        else:
            done = e * m[c + E_SPEED] + m[c + E_CARRY]
            m[c + E_CARRY] = done & 1023
            m[m[c + E_LEAF_REST]] -= done >> 10
    t = m[c + E_LEAF_THREAD]
    if t != 0:
        charge(m, t, e)
        t = m[c + E_LEAF_INNER]
        if t != 0:
            charge(m, t, e)


@inlined
def kick(m, c):
    arm_min(m, m[c + E_SLOT], m[H_NOW])


@helper
def pick_plain(m, c):
    m[c + E_LEAF_THREAD] = 0
    m[c + E_LEAF_INNER] = 0
    if m[c + E_IRQ_HEAD] != 0:
        n = m[c + E_IRQ_HEAD]
        set_leaf(m, c, LEAF_IRQ, c, n + N_TIME, m[n + N_B])
        return
    if m[c + E_SOFT_ACTIVE] != 0 and m[c + E_SOFT_TASK] == 0:
        w = m[c + E_SOFT_WORKER]
        set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])
        return
    t = choose(m, c)
    if t == 0:
        set_leaf(m, c, LEAF_NONE, 0, 0, LB_IDLE)
        return
    m[c + E_LEAF_THREAD] = t
    if m[t + T_KIND] == TK_VCPU and m[t + T_CTX] == 0 and m[t + T_WAKE] == 0:
        pick_vcpu(m, c, m[t + T_VCPU])
    else:
        pick_thread(m, c, c, t)


@helper
def pick(m, c):
    before = m[c + E_LEAF]
    if m[c + E_IDLE_PENDING] == 0:
        pick_plain(m, c)
        if m[c + E_LEAF] == LEAF_NONE:
            if before != LEAF_NONE:
                m[c + E_IDLE_SINCE] = m[H_NOW]
            return
        if before != LEAF_NONE or m[H_NOW] == m[c + E_IDLE_SINCE]:
            return
        cost = m[c + E_IDLE_EXIT]
        if m[c + E_GOVERNOR] != 0:
            cost = leave_state(m, c, m[H_NOW] - m[c + E_IDLE_SINCE])
        if cost == 0:
            return
        m[c + E_IDLE_PENDING] = 1
        m[c + E_IDLE_REST] = spread(m, cost, m[c + E_SPREAD])
    m[c + E_LEAF_THREAD] = 0
    m[c + E_LEAF_INNER] = 0
    set_leaf(m, c, LEAF_IDLE_EXIT, c, c + E_IDLE_REST, LB_IDLE)


@helper
def leaf_end(m, c):
    """The leaf's time is used up: run what follows it."""
    kind = m[c + E_LEAF]
    ref = m[c + E_LEAF_REF]
    if kind == LEAF_WORK or kind == LEAF_EXIT_WORK:
        job_end(m, ref)
    elif kind == LEAF_IRQ:
        n = take_head(m, c + E_IRQ_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_NATIVE:
            native_handled(m, a)
        elif kind == J_STAGE2:
            kick_vcpu(m, a, False)
    elif kind == LEAF_GIRQ:
        n = take_head(m, ref + E_IRQ_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_HANDLER:
            guest_handled(m, ref, a)
    elif kind == LEAF_HYP:
        n = take_head(m, ref + V_HYP_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_HLT:
            halted(m, ref)
        elif kind == J_BLOCK:
            blocked(m, ref)
        elif kind == J_INJECT:
            inject(m, a, 0)
        elif kind == J_STOPPED:
            if not guest_has_work(m, ref):
                halt(m, ref)
        elif kind == J_EFFECT:
            access_effect(m, ref, a)
        elif kind == J_ENTER:
            enter_access(m, ref, a)
        elif kind == J_SIGNAL:
            raise_interrupt(m, a, True)
            leave_access(m, ref)
    elif kind == LEAF_GUEST_IDLE:
        m[ref + V_GUEST_IDLING] = 0
        if not guest_has_work(m, ref):
            halt(m, ref)
    elif kind == LEAF_TAKE:
        lock_take(m, m[ref + T_LOCK], ref)
    elif kind == LEAF_IDLE_EXIT:
        m[c + E_IDLE_PENDING] = 0


@helper
def tell_sibling(m, c):
    """What core c does changes how fast the other thread of the physical core runs."""
    other = m[c + E_SIBLING]
    sync(m, other)
    shared = m[c + E_LEAF] != LEAF_NONE and m[other + E_LEAF] != LEAF_NONE
    m[c + E_SHARED] = m[other + E_SHARED] = shared
    kick(m, other)


@helper
def on_core(m, c):
    m[H_ACTING] = c
    old = m[c + E_LEAF]
    old_ref = m[c + E_LEAF_REF]
    sync(m, c)
    rest = m[c + E_LEAF_REST]
    pick_due = True
    while rest != 0 and m[rest] == 0:
        leaf_end(m, c)
        pick(m, c)
        rest = m[c + E_LEAF_REST]
        pick_due = False
    if pick_due:
        pick(m, c)
        rest = m[c + E_LEAF_REST]
    if m[c + E_LEAF] == LEAF_PMD and (old != LEAF_PMD or old_ref != m[c + E_LEAF_REF]):
        restart(m, m[c + E_LEAF_REF])
    if m[c + E_SIBLING] != 0 and (old == LEAF_NONE) != (m[c + E_LEAF] == LEAF_NONE):
        tell_sibling(m, c)
    due = INF
    if rest != 0:
        due = m[rest]
        if m[c + E_SHARED] != 0 and due != 0:
            due = ceil_div((due << 10) - m[c + E_CARRY], m[c + E_SPEED])
    if m[c + E_LEAF_THREAD] != 0:
        if m[m[c + E_LEAF_THREAD] + T_QUOTA] != 0:
            due = min(due, m[m[c + E_LEAF_THREAD] + T_LOCAL])
        if m[c + E_RUNNABLE] > 1 and not in_pass(m, c, m[c + E_LEAF_THREAD]):
            due = min(due, m[c + E_SLICE])
        t = m[c + E_LEAF_INNER]
        outside = m[c + E_LEAF] == LEAF_HYP or m[c + E_LEAF] == LEAF_EXIT_WORK
        if t != 0 and not outside and m[m[t + T_EXECUTOR] + E_RUNNABLE] > 1 and not in_pass(m, m[t + T_EXECUTOR], t):
            due = min(due, m[m[t + T_EXECUTOR] + E_SLICE])
    if due != INF:
        arm(m, m[c + E_SLOT], m[H_NOW] + due)
    else:
        disarm(m, m[c + E_SLOT])
    m[H_ACTING] = 0


@helper
def irq_job(m, c, cost, kind, a, label, stream):
    """Append an irq job on a core, its cost spread by a stream; a vCPU in guest mode there takes an external-interrupt exit."""
    sync(m, c)
    t = m[c + E_CURRENT]
    if t != 0 and m[t + T_KIND] == TK_VCPU and in_guest(m, m[t + T_VCPU]):
        vm_exit(m, m[t + T_VCPU], X_EXTINT, m[m[t + T_VCPU] + V_EXIT])
    n = new_node(m, kind, spread(m, cost, stream))
    m[n + N_A] = a
    m[n + N_B] = label
    append(m, c + E_IRQ_HEAD, N_NEXT, n)
    kick(m, c)
