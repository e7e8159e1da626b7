"""A packet, the time it has spent in each stage, and its end.

*Scope*: the record of a packet; who moves it is said elsewhere. *Validation*: stage sums equal latencies in every run.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.world import EV_DROP, H_ALIVE, H_PACKETS, H_PACKETS_FREE, log

# packet
(
    P_NEXT, P_ID, P_SOURCE, P_SEQ, P_KIND, P_FLAG, P_FLOW, P_DST, P_VLAN, P_LEN, P_SEGS, P_BORN, P_MARK, P_SERVICE,
    P_RING, P_D, P_RD, P_BUFFERS, P_AUX, P_OWN, P_OUT, P_MERGED, P_TRAIN, P_CALLS,
) = range(24)  # fmt: skip
P_STAGES = 24
DATA, REQ, RESP, ACK = range(4)


@later
def tx_done(m, p):
    """See ``queues.tx_ring``."""


@inlined
def mark(m, p, stage, t):
    if stage >= 0:
        at = p + P_STAGES + 2 * stage
        m[at] += t - m[p + P_MARK] - m[p + P_SERVICE]
        m[at + 1] += m[p + P_SERVICE]
        m[p + P_SERVICE] = 0
        m[p + P_MARK] = t


@inlined
def free_packet(m, p):
    m[p + P_NEXT] = m[H_PACKETS]
    m[H_PACKETS] = p
    m[H_PACKETS_FREE] += 1
    m[H_ALIVE] -= 1


@helper
def drop(m, p, place):
    if m[p + P_RING] != 0:
        tx_done(m, p)
    log(m, EV_DROP, place, m[p + P_ID])
    free_packet(m, p)
