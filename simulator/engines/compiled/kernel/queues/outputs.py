"""Where workers put packets: whether there is room, reserving it, handing over.

*Scope*: fifos, rings, links, DMA, sinks. *Validation*: conformance vectors of reservation, blocking and dropping.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.bus.dma import D_UP, READ_DATA, dma_read
from simulator.engines.compiled.kernel.bus.links import L_BUSY, send_packet
from simulator.engines.compiled.kernel.clock.packets import P_BUFFERS, P_LEN, P_RD, P_RING, drop
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.queues.fifo import F_BLOCK, F_RESERVED, fifo_arrive, fifo_push, fifo_space
from simulator.engines.compiled.kernel.queues.rings import (
    R_AVAIL, R_BUFFERS, R_C_DROPPED, R_C_TAKEN, R_DMA, R_FREE, R_KIND, R_OFF, R_PLACE, R_TAKEN, TX,
)
from simulator.engines.compiled.kernel.queues.rx_ring import complete_rx, dma_write, rx_descriptors
from simulator.engines.compiled.kernel.queues.tx_ring import post, tx_descriptors, tx_done

O_KIND, O_REF, O_EVERY, O_DROP, O_ROOM, O_FIFO, O_PACKET_PS, O_BYTE_FS, O_DST = range(9)
OUTPUT = 9
OUT_FIFO, OUT_POST, OUT_FILL, OUT_LINK, OUT_DMA_WRITE, OUT_DMA_READ, OUT_SINK = range(7)


@later
def deliver(m, k, p):
    """See ``ends.sinks``."""


@inlined
def has_room(m, o, p, reserve):
    """Whether output o can take p (0: a packet of one descriptor); if so and asked, reserve the place."""
    if o == 0:
        return True
    kind = m[o + O_KIND]
    if kind == OUT_SINK or (kind == OUT_FIFO and m[m[o + O_REF] + F_BLOCK] == 0):
        return True
    return find_room(m, o, p, reserve)


@inlined
def is_closed(m, kind, ref):
    """Whether an output leads to a ring that is off."""
    return (kind == OUT_POST or kind == OUT_FILL or kind == OUT_DMA_WRITE) and m[ref + R_OFF] != 0


@helper
def refuse(m, r, p, taken):
    """Ring r, which is off, loses p; what was taken for it is given back."""
    if m[r + R_KIND] == TX:
        m[r + R_FREE] += taken
    else:
        m[r + R_TAKEN] -= taken
        m[r + R_C_TAKEN] -= taken
    m[r + R_C_DROPPED] += 1
    drop(m, p, m[r + R_PLACE])


@helper
def find_room(m, o, p, reserve):
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    if is_closed(m, kind, ref):
        if reserve:
            m[p + P_RD] = 0
        return True
    if kind == OUT_DMA_WRITE and m[m[m[ref + R_DMA] + D_UP] + L_BUSY] - m[H_NOW] > m[o + O_ROOM]:
        return False
    if m[o + O_DROP] != 0:
        return True
    if kind == OUT_FIFO or kind == OUT_DMA_READ:
        f = ref
        if kind == OUT_DMA_READ:
            f = m[o + O_FIFO]
        if fifo_space(m, f) < 1:
            return False
        if reserve:
            m[f + F_RESERVED] += 1
    elif kind == OUT_POST:
        d = tx_descriptors(m, ref, p)
        if m[ref + R_FREE] < d:
            return False
        if reserve:
            m[ref + R_FREE] -= d
            m[p + P_RD] = d
    elif kind == OUT_FILL or kind == OUT_DMA_WRITE:
        d = 1
        if p != 0:
            d = rx_descriptors(m, ref, p)
        if m[ref + R_AVAIL] - m[ref + R_TAKEN] < d:
            return False
        if reserve:
            m[ref + R_TAKEN] += d
            m[ref + R_C_TAKEN] += d
            m[p + P_RD] = d
    else:  # a link
        return m[ref + L_BUSY] - m[H_NOW] <= m[o + O_ROOM]
    return True


@helper
def put(m, o, p, hardware):
    """Hand p over to output o; what hardware pushes is visible at once."""
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    drops = m[o + O_DROP] != 0
    if is_closed(m, kind, ref):
        taken = 0
        if not drops:
            taken = m[p + P_RD]
        refuse(m, ref, p, taken)
        return
    if kind == OUT_FIFO:
        reserved = not drops and m[ref + F_BLOCK] != 0
        if hardware:
            fifo_arrive(m, ref, p, reserved)
        else:
            fifo_push(m, ref, p, reserved)
    elif kind == OUT_POST:
        if drops or m[p + P_RD] == 0:  # 0: the ring was off when room was examined
            m[p + P_RD] = tx_descriptors(m, ref, p)
            if m[ref + R_FREE] < m[p + P_RD]:
                m[ref + R_C_DROPPED] += 1
                drop(m, p, m[ref + R_PLACE])
                return
            m[ref + R_FREE] -= m[p + P_RD]
        post(m, ref, p)
    elif kind == OUT_FILL or kind == OUT_DMA_WRITE:
        if drops or m[p + P_RD] == 0:
            m[p + P_RD] = rx_descriptors(m, ref, p)
            if m[ref + R_AVAIL] - m[ref + R_TAKEN] < m[p + P_RD]:
                m[ref + R_C_DROPPED] += 1
                drop(m, p, m[ref + R_PLACE])
                return
            m[ref + R_TAKEN] += m[p + P_RD]
            m[ref + R_C_TAKEN] += m[p + P_RD]
        m[p + P_BUFFERS] = m[p + P_RD]
        if kind == OUT_FILL:
            complete_rx(m, ref, p)
        else:
            dma_write(m, ref, p)
    elif kind == OUT_LINK:
        if m[p + P_RING] != 0:
            tx_done(m, p)
        send_packet(m, ref, p)
    elif kind == OUT_DMA_READ:
        buffers = 0
        if m[p + P_RING] != 0:
            buffers = m[m[p + P_RING] + R_BUFFERS]
        dma_read(m, ref, READ_DATA, m[o + O_FIFO], m[p + P_LEN], buffers, p)
    else:
        if m[p + P_RING] != 0:
            tx_done(m, p)
        deliver(m, ref, p)
