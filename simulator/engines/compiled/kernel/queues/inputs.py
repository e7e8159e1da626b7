"""Where workers take packets from: a fifo, the driver's side of an rx ring, the device's side of a tx ring.

*Scope*: one common face for three queues, and the shaper in front of it. *Validation*: conformance vectors of shapers.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.levels import meter
from simulator.engines.compiled.kernel.clock.nodes import take_head
from simulator.engines.compiled.kernel.clock.packets import P_BUFFERS, P_ID, P_LEN, P_NEXT, P_RING, P_SEGS
from simulator.engines.compiled.kernel.clock.world import EV_REAP, EV_TAKE, H_NOW, log
from simulator.engines.compiled.kernel.queues.fifo import F_HEAD, F_POPPED, F_PUBLISHED, fifo_pop
from simulator.engines.compiled.kernel.queues.rings import (
    R_AVAIL, R_C_REAPED, R_C_TAKEN, R_FETCHED, R_FREED, R_HEAD, R_METER, R_MODERATOR, R_PLACE, R_REAPED, R_REMOTE, R_TAKEN, R_USED, R_WATCHED,
)
from simulator.engines.compiled.kernel.queues.shapers import opens
from simulator.engines.compiled.kernel.queues.tx_ring import try_fetch

# input and output of a worker
I_KIND, I_REF, I_WEIGHT, I_SHAPER, I_FLOOR, I_SHARE, I_POSITION, I_DEFICIT, I_EVERY, I_PACKET_PS, I_BYTE_FS = range(11)
INPUT = 11
IN_FIFO, IN_RX, IN_TX = range(3)


@later
def observe_received(m, x, packets, size):
    """See ``interrupts.moderators``."""


@inlined
def visible(m, i):
    ref = m[i + I_REF]
    kind = m[i + I_KIND]
    if kind == IN_FIFO:
        return m[ref + F_PUBLISHED] - m[ref + F_POPPED]
    if kind == IN_RX:
        return m[ref + R_USED] - m[ref + R_REAPED]
    if m[ref + R_REMOTE] != 0:
        return m[ref + R_FETCHED] - m[ref + R_TAKEN]
    return m[ref + R_AVAIL] - m[ref + R_TAKEN]


@inlined
def head_of(m, i):
    ref = m[i + I_REF]
    if m[i + I_KIND] == IN_FIFO:
        return m[ref + F_HEAD]
    return m[ref + R_HEAD]


@helper
def pop_input(m, i):
    ref = m[i + I_REF]
    kind = m[i + I_KIND]
    if kind == IN_FIFO:
        return fifo_pop(m, ref)
    p = take_head(m, ref + R_HEAD, P_NEXT)
    meter(m, ref + R_METER, -1)
    if kind == IN_RX:
        m[ref + R_REAPED] += 1
        m[ref + R_FREED] += m[p + P_BUFFERS]
        m[ref + R_C_REAPED] += 1
        if m[ref + R_WATCHED] != 0:
            observe_received(m, m[ref + R_MODERATOR], m[p + P_SEGS], m[p + P_LEN])
        log(m, EV_REAP, m[ref + R_PLACE], m[p + P_ID])
    else:
        m[ref + R_TAKEN] += 1
        m[ref + R_C_TAKEN] += 1
        m[p + P_RING] = ref
        log(m, EV_TAKE, m[ref + R_PLACE], m[p + P_ID])
        if m[ref + R_REMOTE] != 0:
            try_fetch(m, ref)
    return p


@inlined
def conforms(m, i):
    return m[i + I_SHAPER] == 0 or m[H_NOW] >= opens(m, m[i + I_SHAPER])
