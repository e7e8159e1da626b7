"""The record of a descriptor ring, and what the device does when it learns the driver's index.

*Scope*: what both kinds have in common. *Validation*: conformance vectors of rings.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, later
from simulator.engines.compiled.kernel.bus.dma import READ_RXDESC, dma_read
from simulator.engines.compiled.kernel.clock.levels import METER
from simulator.engines.compiled.kernel.queues.gates import GATE
from simulator.engines.compiled.kernel.queues.waiters import resume_first

# descriptor ring
(
    R_KIND, R_MODERATOR, R_REMOTE, R_DMA, R_POLLER, R_BUFFER, R_PLACE, R_SIZE, R_HEAD, R_TAIL, R_POSTED, R_SENT, R_AVAIL, R_TAKEN,
    R_DONE, R_DONE_DESC, R_USED, R_USED_DESC, R_REAPED, R_FREED, R_C_POSTED, R_C_TAKEN, R_C_COMPLETED, R_C_REAPED, R_DESC_BYTES,
    R_WB_BYTES, R_HOLD_GROUP, R_WATCHED, R_FETCH_MAX, R_WAIT_HEAD, R_WAIT_TAIL, R_OFF,
) = range(32)  # fmt: skip
R_METER = 32
R_AVAIL_GATE = R_METER + METER
R_USED_GATE = R_AVAIL_GATE + GATE
(
    R_FETCHED, R_FETCH_BUSY, R_FREE, R_FIN, R_FIN_DESC, R_WRITTEN, R_WRITTEN_DESC, R_REAPED_DESC, R_POLLER_INPUT, R_FETCH_LOW,
    R_GROUP, R_WAKE_FREE, R_C_DROPPED, R_HOLD_PS, R_HOLD_SLOT, R_HELD, R_HELD_HEAD, R_HELD_TAIL, R_HANDED, R_UNSEEN_SEGS,
    R_UNSEEN_LEN, R_BUFFERS,
) = range(R_USED_GATE + GATE, R_USED_GATE + GATE + 22)  # fmt: skip
RING = R_USED_GATE + GATE + 22
RX, TX = range(2)


@later
def try_fetch(m, r):
    """See ``queues.tx_ring``."""


@later
def tell(m, w, i):
    """See ``workers.workers``."""


@helper
def doorbell(m, r, index):
    fresh = index - m[r + R_AVAIL]
    if fresh > 0:  # a ring that was reset meanwhile knows of more
        m[r + R_AVAIL] = index
    if m[r + R_KIND] == TX:
        if m[r + R_FETCH_MAX] > 0:
            try_fetch(m, r)
        else:
            m[r + R_FETCHED] = m[r + R_AVAIL]
        if m[r + R_POLLER] != 0:
            tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
        return
    if m[r + R_DESC_BYTES] > 0:
        piece = max(1, m[r + R_FETCH_MAX])
        while fresh > 0:
            count = min(piece, fresh)
            dma_read(m, m[r + R_DMA], READ_RXDESC, 0, count * m[r + R_DESC_BYTES], count, 0)
            fresh -= count
    resume_first(m, r + R_WAIT_HEAD)
