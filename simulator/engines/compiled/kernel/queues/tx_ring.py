"""The transmit ring: the driver posts packets, the device fetches and finishes them, the driver reaps.

*Scope*: virtqueues and NIC rings alike. *Validation*: conformance vectors of fetches, write-back groups and reaping.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.bus.dma import D_MPS, D_UP, READ_DESC, dma_read
from simulator.engines.compiled.kernel.bus.links import IT_WRITE_TX, link_send
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.levels import meter
from simulator.engines.compiled.kernel.clock.nodes import N_A, N_B, N_C, append, new_node
from simulator.engines.compiled.kernel.clock.packets import P_D, P_ID, P_LEN, P_NEXT, P_RD, P_RING, P_SEGS
from simulator.engines.compiled.kernel.clock.world import EV_POST, log
from simulator.engines.compiled.kernel.queues.rings import (
    R_AVAIL, R_BUFFER, R_C_COMPLETED, R_C_POSTED, R_C_REAPED, R_DESC_BYTES, R_DMA, R_DONE, R_DONE_DESC, R_FETCHED, R_FETCH_BUSY, R_FETCH_LOW, R_FETCH_MAX,
    R_FIN, R_FIN_DESC, R_FREE, R_GROUP, R_HEAD, R_METER, R_MODERATOR, R_PLACE, R_POLLER, R_POLLER_INPUT, R_POSTED, R_REAPED, R_REAPED_DESC, R_REMOTE,
    R_TAKEN, R_UNSEEN_LEN, R_UNSEEN_SEGS, R_USED, R_USED_DESC, R_WAIT_HEAD, R_WAKE_FREE, R_WATCHED, R_WB_BYTES, R_WRITTEN, R_WRITTEN_DESC,
)
from simulator.engines.compiled.kernel.queues.waiters import resume_first


@later
def moderator_sent(m, x, n):
    """See ``interrupts.moderators``."""


@later
def observe_sent(m, x, packets, size):
    """See ``interrupts.moderators``."""


@later
def tell(m, w, i):
    """See ``workers.workers``."""


@helper
def try_fetch(m, r):
    if m[r + R_FETCH_MAX] > 0 and m[r + R_FETCH_BUSY] == 0:
        stock = m[r + R_FETCHED] - m[r + R_TAKEN]
        count = min(m[r + R_FETCH_MAX] - stock, m[r + R_AVAIL] - m[r + R_FETCHED])
        if stock <= m[r + R_FETCH_LOW] and count > 0:
            m[r + R_FETCH_BUSY] = 1
            dma_read(m, m[r + R_DMA], READ_DESC, r, count * m[r + R_DESC_BYTES], count, 0)


@inlined
def tx_descriptors(m, r, p):
    if m[r + R_BUFFER] == 0:
        return 1
    return max(1, ceil_div(m[p + P_LEN], m[r + R_BUFFER]))


@helper
def tx_done(m, p):
    """The device is done with the descriptors of p; write back when a group is full or nothing more is known."""
    r = m[p + P_RING]
    m[p + P_RING] = 0
    if m[r + R_WATCHED] != 0:
        m[r + R_UNSEEN_SEGS] += m[p + P_SEGS]
        m[r + R_UNSEEN_LEN] += m[p + P_LEN]
    m[r + R_FIN] += 1
    m[r + R_FIN_DESC] += m[p + P_D]
    k = m[r + R_FIN] - m[r + R_WRITTEN]
    if k >= m[r + R_GROUP] or m[r + R_FIN] == m[r + R_AVAIL]:
        count = m[r + R_FIN_DESC] - m[r + R_WRITTEN_DESC]
        m[r + R_WRITTEN] = m[r + R_FIN]
        m[r + R_WRITTEN_DESC] = m[r + R_FIN_DESC]
        if m[r + R_REMOTE] != 0:
            d = m[r + R_DMA]
            size = count * m[r + R_WB_BYTES]
            n = new_node(m, IT_WRITE_TX, 0)
            m[n + N_A] = r
            m[n + N_B] = k
            m[n + N_C] = count
            link_send(m, m[d + D_UP], n, 24 * ceil_div(size, m[d + D_MPS]) + size)
            if m[r + R_MODERATOR] != 0:
                moderator_sent(m, m[r + R_MODERATOR], k)
        else:
            tx_completed(m, r, k, count)


@inlined
def tx_completed(m, r, k, count):
    m[r + R_DONE] += k
    m[r + R_DONE_DESC] += count
    m[r + R_C_COMPLETED] += k


@helper
def reap(m, r):
    """The driver frees everything that the device has finished; returns the number of packets."""
    k = m[r + R_USED] - m[r + R_REAPED]
    if k > 0:
        m[r + R_REAPED] = m[r + R_USED]
        m[r + R_FREE] += m[r + R_USED_DESC] - m[r + R_REAPED_DESC]
        m[r + R_REAPED_DESC] = m[r + R_USED_DESC]
        m[r + R_C_REAPED] += k
        if m[r + R_WATCHED] != 0:
            observe_sent(m, m[r + R_MODERATOR], m[r + R_UNSEEN_SEGS], m[r + R_UNSEEN_LEN])
            m[r + R_UNSEEN_SEGS] = m[r + R_UNSEEN_LEN] = 0
    if m[r + R_FREE] >= m[r + R_WAKE_FREE]:
        resume_first(m, r + R_WAIT_HEAD)
    return k


@helper
def post(m, r, p):
    m[p + P_RING] = r
    m[p + P_D] = m[p + P_RD]
    append(m, r + R_HEAD, P_NEXT, p)
    m[r + R_POSTED] += 1
    m[r + R_C_POSTED] += 1
    meter(m, r + R_METER, 1)
    log(m, EV_POST, m[r + R_PLACE], m[p + P_ID])


@inlined
def fetch_arrived(m, r, count):
    """So many descriptors are in the device."""
    m[r + R_FETCHED] = min(m[r + R_FETCHED] + count, m[r + R_AVAIL])
    m[r + R_FETCH_BUSY] = 0
    try_fetch(m, r)
    if m[r + R_POLLER] != 0:
        tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
