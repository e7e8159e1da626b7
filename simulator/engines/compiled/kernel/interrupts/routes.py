"""How an interrupt reaches the code that handles it: on the host, or in a guest by one of three techniques.

*Scope*: interrupts to one vCPU. *Validation*: conformance vectors of routes.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.calendar import arm_min
from simulator.engines.compiled.kernel.clock.world import H_ACTING, H_NOW
from simulator.engines.compiled.kernel.cpu.accesses import access
from simulator.engines.compiled.kernel.cpu.core import irq_job, kick, sync
from simulator.engines.compiled.kernel.cpu.executors import BLOCKED, E_CORE, E_IRQ_HEAD, E_SPREAD, V_EXIT, V_STATE
from simulator.engines.compiled.kernel.cpu.jobs import (
    J_HANDLER, J_INJECT, J_NATIVE, J_STAGE2, LB_GUEST_IRQ, LB_HOST_IRQ,
)
from simulator.engines.compiled.kernel.cpu.vcpu import (
    X_EOI, X_EOI_INDUCED, X_IRQWIN, X_KICK, guest_irq_job, hyp_job, in_guest, vm_exit, wake_vcpu,
)
from simulator.engines.compiled.kernel.queues.gates import GATE

# interrupt route
(
    Q_MODE, Q_VCPU, Q_C_DELIVERED, Q_WORKER, Q_IRQFD_ORIGIN, Q_HANDLER, Q_ACCESS_COUNT, Q_LEVEL, Q_SLOT, Q_FLIGHT, Q_KICK_FLIGHT,
    Q_WAKEUP, Q_NOTIFY, Q_CORE, Q_HARDIRQ, Q_IRQFD, Q_IPI, Q_INJECT, Q_EOI, Q_ACCESSES, Q_KICK_SLOT, Q_WAKER, Q_PV_EOI,
) = range(23)  # fmt: skip
ROUTE = 23
NATIVE, LEGACY, APICV, POSTED = range(4)


@later
def wake(m, w):
    """See ``workers.workers``."""


@inlined
def signal_route(m, q):
    """The interrupt is raised now; its message takes its time."""
    arm_min(m, m[q + Q_SLOT], m[H_NOW] + m[q + Q_FLIGHT])


@helper
def route_waker(m, q):
    """Work of the thread that signals it now: to wake the vCPU, or to get it out of its guest."""
    v = m[q + Q_VCPU]
    if v == 0:
        return 0
    if m[v + V_STATE] == BLOCKED:
        return m[q + Q_WAKER]
    if in_guest(m, v) and m[H_ACTING] != m[v + E_CORE]:
        return m[q + Q_IPI]
    return 0


@inlined
def native_handled(m, q):
    """The host's handler is done."""
    wake(m, m[q + Q_WORKER])


@inlined
def guest_handled(m, v, q):
    """The guest's handler is done: its accesses trap one after the other, then the EOI may."""
    for i in range(m[q + Q_ACCESS_COUNT]):
        access(m, v, m[q + Q_ACCESSES] + GATE * i)
    if m[q + Q_MODE] == LEGACY:
        if m[q + Q_PV_EOI] == 0 or m[q + Q_LEVEL] != 0 or m[v + E_IRQ_HEAD] != 0:
            vm_exit(m, v, X_EOI, m[q + Q_EOI])
    elif m[q + Q_LEVEL] != 0:
        vm_exit(m, v, X_EOI_INDUCED, m[q + Q_EOI])
    wake(m, m[q + Q_WORKER])


@helper
def on_route(m, q):
    m[q + Q_C_DELIVERED] += 1
    mode = m[q + Q_MODE]
    if mode == NATIVE:
        irq_job(m, m[q + Q_CORE], m[q + Q_HARDIRQ], J_NATIVE, q, LB_HOST_IRQ, m[m[q + Q_CORE] + E_SPREAD])
    elif m[q + Q_IRQFD_ORIGIN] != 0:
        kick_vcpu(m, q, False)
    elif mode == POSTED:
        v = m[q + Q_VCPU]
        if m[v + V_STATE] == BLOCKED:
            irq_job(m, m[v + E_CORE], m[q + Q_WAKEUP], J_STAGE2, q, LB_HOST_IRQ, m[m[v + E_CORE] + E_SPREAD])
        else:
            kick_vcpu(m, q, False)
    else:
        cost = m[q + Q_HARDIRQ] + m[q + Q_IRQFD]
        v = m[q + Q_VCPU]
        if m[v + V_STATE] == BLOCKED:
            cost += m[q + Q_WAKER]
        elif m[q + Q_CORE] != m[v + E_CORE]:
            cost += m[q + Q_IPI]
        irq_job(m, m[q + Q_CORE], cost, J_STAGE2, q, LB_HOST_IRQ, m[m[q + Q_CORE] + E_SPREAD])


@helper
def raise_route(m, q, inside):
    """An emulated device's interrupt, raised by whoever runs its model; ``inside``: in an exit of the vCPU that it is for."""
    m[q + Q_C_DELIVERED] += 1
    kick_vcpu(m, q, inside)


@helper
def kick_vcpu(m, q, inside):
    """Signal the vCPU's core; two signals in one flight are one interrupt."""
    if m[q + Q_KICK_FLIGHT] > 0 and m[H_ACTING] != m[m[q + Q_VCPU] + E_CORE]:
        arm_min(m, m[q + Q_KICK_SLOT], m[H_NOW] + m[q + Q_KICK_FLIGHT])
    else:
        stage2(m, q, inside)


@helper
def on_kick(m, q):
    """The signal has reached the vCPU's core."""
    stage2(m, q, False)


@helper
def stage2(m, q, inside):
    v = m[q + Q_VCPU]
    c = m[v + E_CORE]
    sync(m, c)
    running = in_guest(m, v)
    wake_vcpu(m, v)
    if m[q + Q_MODE] == LEGACY:
        other = m[q + Q_IRQFD_ORIGIN] != 0 or m[q + Q_CORE] != c
        if other and running and not inside:
            vm_exit(m, v, X_KICK, m[v + V_EXIT])
        hyp_job(m, v, m[q + Q_INJECT], J_INJECT, q)
        kick(m, c)
    elif running:
        inject(m, q, m[q + Q_NOTIFY])
    else:
        inject(m, q, 0)


@helper
def inject(m, q, notify):
    """The guest handles it. ``notify``: a running vCPU takes a notification, one that is entered needs none."""
    v = m[q + Q_VCPU]
    c = m[v + E_CORE]
    sync(m, c)
    if m[q + Q_MODE] == LEGACY and m[v + E_IRQ_HEAD] != 0:
        vm_exit(m, v, X_IRQWIN, m[v + V_EXIT])
    guest_irq_job(m, v, m[q + Q_HANDLER] + notify, J_HANDLER, q, LB_GUEST_IRQ, m[v + E_SPREAD])
    kick(m, c)
