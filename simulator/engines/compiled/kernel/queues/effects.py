"""What a notification brings about once it has been paid for.

*Scope*: gates and accesses alike; ``unmask`` has a sequel of its own (``cpu.accesses``). *Validation*: conformance vectors of gates and accesses.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, later
from simulator.engines.compiled.kernel.bus.dma import D_DOWN
from simulator.engines.compiled.kernel.bus.links import IT_DOORBELL, send_item
from simulator.engines.compiled.kernel.queues.gates import (
    G_NOTIFY, G_OWNER, G_TARGET, NF_ACK, NF_DOORBELL, NF_IRQ, NF_RAISE, NF_RESUME, NF_WAKE,
)
from simulator.engines.compiled.kernel.queues.rings import R_DMA, R_SENT, R_WAIT_HEAD
from simulator.engines.compiled.kernel.queues.waiters import resume_first


@later
def moderator_acknowledge(m, x):
    """See ``interrupts.moderators``."""


@later
def raise_route(m, q, inside):
    """See ``interrupts.routes``."""


@later
def signal_route(m, q):
    """See ``interrupts.routes``."""


@later
def wake(m, w):
    """See ``workers.workers``."""


@later
def worker_waker(m, w):
    """See ``workers.workers``."""


@later
def route_waker(m, q):
    """See ``interrupts.routes``."""


@helper
def waker_work(m, g):
    """What waking costs whoever does what g says, beyond the notification itself."""
    kind = m[g + G_NOTIFY]
    target = m[g + G_TARGET]
    if kind == NF_WAKE:
        return worker_waker(m, target)
    if kind == NF_IRQ or kind == NF_RAISE:
        return route_waker(m, target)
    if kind == NF_RESUME and m[target + R_WAIT_HEAD] != 0:
        return worker_waker(m, m[target + R_WAIT_HEAD])
    return 0


@helper
def effect(m, g):
    kind = m[g + G_NOTIFY]
    target = m[g + G_TARGET]
    if kind == NF_WAKE:
        wake(m, target)
    elif kind == NF_DOORBELL:
        r = m[g + G_OWNER]
        send_item(m, m[m[r + R_DMA] + D_DOWN], IT_DOORBELL, r, m[r + R_SENT], 28)
    elif kind == NF_IRQ:
        signal_route(m, target)
    elif kind == NF_RESUME:
        resume_first(m, target + R_WAIT_HEAD)
    elif kind == NF_RAISE:
        raise_route(m, target, False)
    elif kind == NF_ACK:
        moderator_acknowledge(m, target)
