"""The receive ring: the device fills buffers that the driver has posted.

*Scope*: virtqueues and NIC rings alike; the driver's side is in ``inputs`` and in ``workers.notifications`` (refill).
*Validation*: conformance vectors of buffers per packet, refills and full rings.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.bus.dma import D_HEADER, D_IOMMU, D_MPS, D_UP
from simulator.engines.compiled.kernel.bus.links import IT_WRITE_RX, link_send
from simulator.engines.compiled.kernel.bus.translation import translate
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm_min, disarm
from simulator.engines.compiled.kernel.clock.levels import meter
from simulator.engines.compiled.kernel.clock.nodes import N_A, N_P, append, new_node, take_head
from simulator.engines.compiled.kernel.clock.packets import P_BUFFERS, P_ID, P_LEN, P_NEXT, P_RING, P_SEGS
from simulator.engines.compiled.kernel.clock.world import EV_COMPLETE, H_NOW, log
from simulator.engines.compiled.kernel.queues.rings import (
    R_BUFFER, R_BUFFERS, R_C_COMPLETED, R_DMA, R_DONE, R_HANDED, R_HEAD, R_HELD, R_HELD_HEAD, R_HOLD_GROUP, R_HOLD_PS, R_HOLD_SLOT, R_METER, R_MODERATOR,
    R_PLACE, R_WB_BYTES,
)


@later
def tx_done(m, p):
    """See ``queues.tx_ring``."""


@later
def moderator_event(m, x, n):
    """See ``interrupts.moderators``."""


@inlined
def rx_descriptors(m, r, p):
    segs = m[p + P_SEGS]
    if m[r + R_BUFFER] == 0:
        return segs
    return segs * max(1, ceil_div(ceil_div(m[p + P_LEN], segs), m[r + R_BUFFER]))


@helper
def complete_rx(m, r, p):
    append(m, r + R_HEAD, P_NEXT, p)
    m[r + R_DONE] += 1
    m[r + R_C_COMPLETED] += 1
    meter(m, r + R_METER, 1)
    log(m, EV_COMPLETE, m[r + R_PLACE], m[p + P_ID])


@helper
def dma_write(m, r, p):
    """The device writes p and its descriptor into host memory, or holds it back; the completion event follows."""
    if m[p + P_RING] != 0:
        tx_done(m, p)
    if m[r + R_HOLD_GROUP] > 1:
        hold(m, r, p)
        return
    write_packet(m, r, p)
    if m[r + R_MODERATOR] != 0:
        moderator_event(m, m[r + R_MODERATOR], 1)


@helper
def hold(m, r, p):
    """Keep p until its group is full, its time has come, or the vector fires."""
    append(m, r + R_HELD_HEAD, P_NEXT, p)
    m[r + R_HELD] += 1
    if m[r + R_MODERATOR] != 0:
        moderator_event(m, m[r + R_MODERATOR], 1)
    if m[r + R_HELD] == 0:
        return
    if m[r + R_HELD] >= m[r + R_HOLD_GROUP]:
        hand_over_held(m, r)
    elif m[r + R_HOLD_PS] >= 0:
        due = m[r + R_HANDED] + m[r + R_HOLD_PS]
        if m[H_NOW] >= due:
            hand_over_held(m, r)
        else:
            arm_min(m, m[r + R_HOLD_SLOT], due)


@helper
def hand_over_held(m, r):
    """Write what ring r's device holds."""
    m[r + R_HANDED] = m[H_NOW]
    if m[r + R_HOLD_PS] >= 0:
        disarm(m, m[r + R_HOLD_SLOT])
    m[r + R_HELD] = 0
    while m[r + R_HELD_HEAD] != 0:
        write_packet(m, r, take_head(m, r + R_HELD_HEAD, P_NEXT))


@helper
def write_packet(m, r, p):
    d = m[r + R_DMA]
    segs = m[p + P_SEGS]
    total = m[p + P_LEN] + (segs - 1) * m[d + D_HEADER]
    n = new_node(m, IT_WRITE_RX, 0)
    m[n + N_A] = r
    m[n + N_P] = p
    link_send(m, m[d + D_UP], n, segs * (24 * ceil_div(ceil_div(total, segs), m[d + D_MPS]) + 24 + m[r + R_WB_BYTES]) + total)
    if m[r + R_BUFFERS] != 0 and m[d + D_IOMMU] != 0:
        translate(m, d + D_IOMMU + 1, m[d + D_UP], n, m[r + R_BUFFERS], m[p + P_LEN], m[p + P_BUFFERS])
