"""Interrupt moderation of one vector: completions come in, few interrupts go out.

*Scope*: Intel ITR (``gap``), rx-usecs/rx-frames (``coal``), mlx5's two timer modes; vectors of devices and of emulated ones.
*Validation*: conformance vectors of each kind.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.bus.dma import D_UP
from simulator.engines.compiled.kernel.bus.links import IT_MSI, send_item
from simulator.engines.compiled.kernel.clock.calendar import arm, disarm
from simulator.engines.compiled.kernel.clock.world import H_NOW, INF
from simulator.engines.compiled.kernel.queues.gates import GATE, G_COST
from simulator.engines.compiled.kernel.queues.rings import R_HELD
from simulator.engines.compiled.kernel.queues.rx_ring import hand_over_held

# moderator: received packets have one direction, sent ones may have another (M_TX)
(
    M_KIND, M_INTERVAL, M_FRAMES, M_DMA, M_MSI_BYTES, M_UNMASK_BYTES, M_ROUTE, M_SLOT, M_ENABLED, M_PENDING, M_COUNT, M_FIRST,
    M_LAST, M_C_EVENTS, M_C_FIRED, M_FIRES, M_LEAST_GAP, M_WORKER, M_TX_PENDING, M_TX_COUNT, M_HOLD_COUNT, M_RULE, M_STAGE, M_TX,
    M_TX_INTERVAL, M_TX_FRAMES, M_TX_FIRST, M_HOLDS, M_RX_PACKETS, M_RX_BYTES, M_TX_PACKETS, M_TX_BYTES,
) = range(32)  # fmt: skip
M_GATE = 32  # of the software kind: what making it fire costs and does
MODERATOR = M_GATE + GATE
MK_NONE, MK_GAP, MK_COAL, MK_COAL_EQE, MK_COAL_CQE = range(5)


@later
def raise_route(m, q, inside):
    """See ``interrupts.routes``."""


@later
def signal_route(m, q):
    """See ``interrupts.routes``."""


@later
def wake(m, w):
    """See ``workers.workers``."""


@helper
def moderator_latch(m, x, n):
    m[x + M_C_EVENTS] += n
    if m[x + M_COUNT] == 0 or m[x + M_KIND] == MK_COAL_CQE:
        m[x + M_FIRST] = m[H_NOW]
    m[x + M_COUNT] += n
    m[x + M_PENDING] = 1


@inlined
def moderator_event(m, x, n):
    """So many received packets have been handed to the bus."""
    moderator_latch(m, x, n)
    moderator_evaluate(m, x)


@inlined
def moderator_sent(m, x, n):
    """So many completions of sent packets have been handed to the bus."""
    if m[x + M_TX] == 0:
        moderator_latch(m, x, n)
    else:
        m[x + M_C_EVENTS] += n
        if m[x + M_TX_PENDING] == 0 or m[x + M_KIND] == MK_COAL_CQE:
            m[x + M_TX_FIRST] = m[H_NOW]
        m[x + M_TX_COUNT] += n
        m[x + M_TX_PENDING] = 1
    moderator_evaluate(m, x)


@inlined
def observe_received(m, x, packets, size):
    """The driver has taken a packet."""
    m[x + M_RX_PACKETS] += packets
    m[x + M_RX_BYTES] += size


@inlined
def observe_sent(m, x, packets, size):
    """The driver has freed packets."""
    m[x + M_TX_PACKETS] += packets
    m[x + M_TX_BYTES] += size


@inlined
def direction_due(m, x, interval, frames, count, first):
    now = m[H_NOW]
    kind = m[x + M_KIND]
    due = now
    if kind == MK_GAP or kind == MK_COAL_EQE:
        due = m[x + M_LAST] + interval
    elif kind == MK_COAL or kind == MK_COAL_CQE:
        due = first + interval
    if kind >= MK_COAL and count >= frames:
        due = now
    return due


@helper
def moderator_due(m, x):
    """Whether x fires now; if it will later, its slot is armed."""
    if m[x + M_ENABLED] == 0 or (m[x + M_PENDING] == 0 and m[x + M_TX_PENDING] == 0):
        return False
    due = INF
    if m[x + M_PENDING] != 0:
        due = direction_due(m, x, m[x + M_INTERVAL], m[x + M_FRAMES], m[x + M_COUNT], m[x + M_FIRST])
    if m[x + M_TX_PENDING] != 0:
        due = min(due, direction_due(m, x, m[x + M_TX_INTERVAL], m[x + M_TX_FRAMES], m[x + M_TX_COUNT], m[x + M_TX_FIRST]))
    if m[x + M_LEAST_GAP] > 0:
        due = max(due, m[x + M_LAST] + m[x + M_LEAST_GAP])
    if m[H_NOW] < due:
        arm(m, m[x + M_SLOT], due)
        return False
    return True


@helper
def moderator_fire(m, x):
    for i in range(m[x + M_HOLD_COUNT]):
        r = m[m[x + M_HOLDS] + i]
        if m[r + R_HELD] > 0:
            hand_over_held(m, r)
    moderator_acknowledge(m, x)
    m[x + M_LAST] = m[H_NOW]
    m[x + M_ENABLED] = 0
    disarm(m, m[x + M_SLOT])
    m[x + M_FIRES] += 1
    m[x + M_C_FIRED] += 1


@helper
def moderator_evaluate(m, x):
    if moderator_due(m, x):
        moderator_fire(m, x)
        if m[x + M_DMA] == 0:
            signal_route(m, m[x + M_ROUTE])
        else:
            send_item(m, m[m[x + M_DMA] + D_UP], IT_MSI, x, 0, m[x + M_MSI_BYTES])


@inlined
def moderator_rearm(m, x):
    m[x + M_ENABLED] = 1
    moderator_evaluate(m, x)


@helper
def moderator_settle(m, x):
    """Of an emulated device: if x fires now, the caller pays for raising its route."""
    if moderator_due(m, x):
        moderator_fire(m, x)
        return True
    return False


@inlined
def moderator_signal(m, x, n):
    moderator_latch(m, x, n)
    return moderator_settle(m, x)


@inlined
def moderator_acknowledge(m, x):
    """The driver has read why it was interrupted: nothing is latched any more."""
    m[x + M_PENDING] = 0
    m[x + M_COUNT] = 0
    m[x + M_TX_PENDING] = 0
    m[x + M_TX_COUNT] = 0


@inlined
def moderator_unmasked(m, x):
    """The guest's access unmasks x; True if x is an emulated device's and fires now: the vCPU is to pay ``signal_cost``, then ``raise_interrupt``."""
    if m[x + M_WORKER] == 0:
        moderator_rearm(m, x)
        return False
    m[x + M_ENABLED] = 1
    return moderator_settle(m, x)


@inlined
def signal_cost(m, x):
    """What raising the interrupt of an emulated device costs whoever does it."""
    return m[x + M_GATE + G_COST]


@inlined
def raise_interrupt(m, x, inside):
    """An emulated device's interrupt has been paid for."""
    raise_route(m, m[x + M_ROUTE], inside)


@inlined
def msi_arrived(m, x):
    signal_route(m, m[x + M_ROUTE])


@helper
def on_moderator(m, x):
    if m[x + M_WORKER] == 0:
        moderator_evaluate(m, x)
    elif moderator_due(m, x):
        wake(m, m[x + M_WORKER])
