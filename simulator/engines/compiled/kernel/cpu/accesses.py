"""An access: an instruction of the guest that traps, and what the host does before the guest's next one.

*Scope*: port and memory-mapped I/O of emulated devices. *Validation*: conformance vectors of accesses.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.nodes import N_B
from simulator.engines.compiled.kernel.clock.world import EV_EXIT, H_NOW, log
from simulator.engines.compiled.kernel.cpu.executors import (
    RUN, USER, V_ACCESS, V_CHARGED, V_EXITS, V_HYP_TAIL, V_LOCK, V_PLACE, V_STATE, V_THREAD, V_USER_SINCE, V_WORKER,
)
from simulator.engines.compiled.kernel.cpu.jobs import J_EFFECT, J_ENTER, J_SIGNAL, LB_EXIT_USER, LB_HYP
from simulator.engines.compiled.kernel.cpu.lock import lock_release, lock_take
from simulator.engines.compiled.kernel.cpu.threads import charge
from simulator.engines.compiled.kernel.cpu.vcpu import charged_thread, hyp_first, hyp_job
from simulator.engines.compiled.kernel.queues.effects import effect, waker_work
from simulator.engines.compiled.kernel.queues.gates import (
    G_COST, G_EXIT, G_LOCK, G_LOCKED, G_NOTIFY, G_TARGET, NF_UNMASK,
)


@later
def moderator_unmasked(m, x):
    """See ``interrupts.moderators``."""


@later
def signal_cost(m, x):
    """See ``interrupts.moderators``."""


@helper
def access(m, v, g):
    """An instruction of the guest on v traps; g says what it costs and does."""
    kind = m[g + G_EXIT]
    m[m[v + V_EXITS] + kind] += 1
    log(m, EV_EXIT, m[v + V_PLACE], kind)
    cost = m[g + G_COST] + waker_work(m, g)
    if m[g + G_LOCK] == 0:
        hyp_job(m, v, cost, J_EFFECT, g)
    else:
        hyp_job(m, v, cost, J_ENTER, g)
        m[m[v + V_HYP_TAIL] + N_B] = LB_EXIT_USER


@helper
def access_effect(m, v, g):
    if m[g + G_NOTIFY] == NF_UNMASK:
        x = m[g + G_TARGET]
        if moderator_unmasked(m, x):
            label = LB_HYP
            if m[g + G_LOCK] != 0:
                label = LB_EXIT_USER
            hyp_first(m, v, signal_cost(m, x), J_SIGNAL, x, label)
            return
    else:
        effect(m, g)
    if m[v + V_WORKER] == 0:
        leave_access(m, v)


@helper
def leave_access(m, v):
    u = m[v + V_LOCK]
    if u != 0:
        m[v + V_LOCK] = 0
        lock_release(m, u)


@helper
def go_on(m, v, g):
    """The thread of v owns the lock of access g."""
    m[v + V_STATE] = RUN
    m[v + V_LOCK] = m[g + G_LOCK]
    hyp_first(m, v, m[g + G_LOCKED], J_EFFECT, g, LB_EXIT_USER)


@inlined
def go_on_from_user(m, v):
    """The thread of v owns the lock that it has waited for in USER."""
    if m[v + V_CHARGED] != 0:
        charge(m, m[v + V_CHARGED], m[H_NOW] - m[v + V_USER_SINCE])
    go_on(m, v, m[v + V_ACCESS])


@helper
def enter_access(m, v, g):
    if lock_take(m, m[g + G_LOCK], m[v + V_THREAD]):
        go_on(m, v, g)
    else:
        m[v + V_STATE] = USER
        m[v + V_ACCESS] = g
        m[v + V_CHARGED] = charged_thread(m, v)
        m[v + V_USER_SINCE] = m[H_NOW]
