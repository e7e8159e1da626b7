"""Where packets are born: an open loop, request and response, or a window of unacknowledged data.

*Scope*: load generators. *Validation*: closed loops obey X = N / R (tests/theory); conformance vectors of timeouts and ACKs.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.bus.links import L_BUSY, TO_FIFO, send_packet
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm, arm_min, disarm
from simulator.engines.compiled.kernel.clock.chance import draw
from simulator.engines.compiled.kernel.clock.packets import (
    ACK, DATA, P_AUX, P_BORN, P_CALLS, P_DST, P_FLAG, P_FLOW, P_ID, P_KIND, P_LEN, P_MARK, P_MERGED, P_NEXT, P_SEGS, P_SEQ, P_SOURCE, P_STAGES,
    P_VLAN, REQ, RESP, drop,
)
from simulator.engines.compiled.kernel.clock.world import H_ALIVE, H_NEXT_ID, H_NOW, H_PACKETS, H_PACKETS_FREE, H_STAGES
from simulator.engines.compiled.kernel.queues.fifo import fifo_arrive

# source
(
    S_KIND, S_TARGET_KIND, S_TARGET, S_SIZE, S_FLOW, S_DST, S_GAP, S_VLAN, S_SEGMENT, S_STOP, S_MAX, S_BACKLOG, S_SLOT, S_REQUEST,
    S_RECORD, S_START, S_OFF, S_NEXT_SEQ, S_RECEIVED, S_C_OFFERED, S_C_BYTES, S_C_RECEIVED, S_THINK, S_TIMER, S_TIMEOUT, S_PLACE, S_RESPONSE,
    S_REPLY_DST, S_WINDOW, S_ACK_EVERY, S_ACKED, S_CWND, S_LOST, S_RECOVER, S_C_DROPPED, S_C_TIMEOUTS,
    S_THRESHOLD, S_GROW, S_SHRINK, S_REORDER, S_SUSPECTED, S_BLIND, S_CAME, S_MESSAGE, S_OFFSET,
) = range(45)  # fmt: skip
SOURCE = 45
OPEN, RR, WINDOW = range(3)
UNIT = 1024
"""A packet, as windows are counted."""
LEAST_THRESHOLD = 2


@inlined
def is_bulk(m, s):
    return m[s + S_KIND] == WINDOW


@helper
def new_packet(m, s):
    p = m[H_PACKETS]
    m[H_PACKETS] = m[p + P_NEXT]
    m[H_PACKETS_FREE] -= 1
    m[H_ALIVE] += 1
    for k in range(P_STAGES + 2 * m[H_STAGES]):
        m[p + k] = 0
    m[p + P_ID] = m[H_NEXT_ID]
    m[H_NEXT_ID] += 1
    m[p + P_SOURCE] = s
    m[p + P_SEQ] = m[s + S_NEXT_SEQ]
    m[s + S_NEXT_SEQ] += 1
    m[p + P_LEN] = draw(m, m[s + S_SIZE])
    m[p + P_FLOW] = draw(m, m[s + S_FLOW])
    m[p + P_DST] = draw(m, m[s + S_DST])
    m[p + P_VLAN] = m[s + S_VLAN]
    m[p + P_SEGS] = 1
    if m[s + S_SEGMENT] > 0:
        m[p + P_SEGS] = max(1, ceil_div(m[p + P_LEN], m[s + S_SEGMENT]))
    m[p + P_BORN] = m[H_NOW]
    m[p + P_MARK] = m[H_NOW]
    m[s + S_C_OFFERED] += 1
    m[s + S_C_BYTES] += m[p + P_LEN]
    return p


@inlined
def launch(m, s, p):
    target = m[s + S_TARGET]
    if m[s + S_TARGET_KIND] == TO_FIFO:
        fifo_arrive(m, target, p, False)
    elif m[target + L_BUSY] - m[H_NOW] > m[s + S_BACKLOG]:
        m[s + S_C_DROPPED] += 1
        drop(m, p, m[s + S_PLACE])
    else:
        send_packet(m, target, p)


@inlined
def may_send(m, s, t):
    return m[s + S_OFF] == 0 and t < m[s + S_STOP] and m[s + S_NEXT_SEQ] < m[s + S_MAX]


@helper
def on_source(m, s):
    now = m[H_NOW]
    kind = m[s + S_KIND]
    p = new_packet(m, s)
    if kind == OPEN:
        if m[s + S_REQUEST] != 0:
            m[p + P_KIND] = REQ
        launch(m, s, p)
        t = now + draw(m, m[s + S_GAP])
        if may_send(m, s, t):
            arm(m, m[s + S_SLOT], t)
    elif kind == RR:
        m[p + P_KIND] = REQ
        launch(m, s, p)
        arm(m, m[s + S_TIMER], now + m[s + S_TIMEOUT])
    else:
        sent = m[s + S_NEXT_SEQ]
        if sent % m[s + S_ACK_EVERY] == 0 or sent - m[s + S_ACKED] >= m[s + S_CWND] // UNIT:
            m[p + P_FLAG] = 1
        m[p + P_AUX] = m[s + S_LOST]
        m[p + P_CALLS] = calls_in(m, s, m[p + P_LEN])
        launch(m, s, p)
        arm_min(m, m[s + S_TIMER], now + m[s + S_TIMEOUT])
        window_open(m, s)


@helper
def calls_in(m, s, length):
    """Calls of the application that end in the next packet of such a length."""
    if m[s + S_MESSAGE] == 0:
        return 1
    position = m[s + S_OFFSET] + length
    m[s + S_OFFSET] = position % m[s + S_MESSAGE]
    return position // m[s + S_MESSAGE]


@inlined
def one_call(m, p):
    """What was merged is read by one call, unless the calls have a size."""
    if m[m[p + P_SOURCE] + S_MESSAGE] == 0:
        m[p + P_CALLS] = 0


@inlined
def look_back(m, p):
    """Data asks for an ACK at once if packets before it are missing that it was not sent in place of."""
    s = m[p + P_SOURCE]
    if m[p + P_KIND] == DATA and is_bulk(m, s) and m[p + P_SEQ] - m[s + S_CAME] > m[p + P_AUX]:
        m[p + P_FLAG] = 1


@inlined
def data_came(m, s):
    m[s + S_CAME] += 1


@inlined
def window_open(m, s):
    if m[s + S_NEXT_SEQ] - m[s + S_ACKED] < m[s + S_CWND] // UNIT and may_send(m, s, m[H_NOW]):
        arm(m, m[s + S_SLOT], m[H_NOW])


@helper
def on_timeout(m, s):
    m[s + S_C_TIMEOUTS] += 1
    if m[s + S_KIND] == RR:
        if may_send(m, s, m[H_NOW]):
            arm(m, m[s + S_SLOT], m[H_NOW])
        return
    shrink(m, s)
    forget(m, s)
    m[s + S_CWND] = UNIT
    window_open(m, s)


@helper
def shrink(m, s):
    least = max(m[s + S_CWND] * m[s + S_SHRINK] // UNIT, LEAST_THRESHOLD * UNIT)
    m[s + S_THRESHOLD] = min(least, m[s + S_WINDOW] * UNIT)
    m[s + S_RECOVER] = m[s + S_NEXT_SEQ]


@helper
def forget(m, s):
    """What was sent is not waited for any more; what of it was lost is learned from the next ACK."""
    m[s + S_ACKED] = m[s + S_NEXT_SEQ]
    m[s + S_RECOVER] = m[s + S_NEXT_SEQ]
    m[s + S_BLIND] = 1
    m[s + S_SUSPECTED] = -1


@helper
def answered(m, s, seq):
    """A response reached its source."""
    if m[s + S_KIND] == RR and seq == m[s + S_NEXT_SEQ] - 1:
        disarm(m, m[s + S_TIMER])
        t = m[H_NOW]
        if m[s + S_THINK] != 0:
            t += draw(m, m[s + S_THINK])
        if may_send(m, s, t):
            arm(m, m[s + S_SLOT], t)


@helper
def acknowledged(m, s, seq, received):
    fresh = seq + 1 - m[s + S_ACKED]
    if fresh > 0:
        m[s + S_ACKED] = seq + 1
        if m[s + S_NEXT_SEQ] > m[s + S_ACKED] and m[s + S_OFF] == 0:
            arm(m, m[s + S_TIMER], m[H_NOW] + m[s + S_TIMEOUT])
        else:
            disarm(m, m[s + S_TIMER])
    lost = seq + 1 - received
    if m[s + S_BLIND] != 0 and seq >= m[s + S_RECOVER]:
        m[s + S_BLIND] = 0
        m[s + S_LOST] = lost
    if lost > m[s + S_LOST]:
        suspect(m, s, seq, lost)
    else:
        m[s + S_SUSPECTED] = -1
        if fresh > 0 and seq >= m[s + S_RECOVER]:
            widen(m, s, fresh)
    window_open(m, s)


@helper
def suspect(m, s, seq, lost):
    """Packets are missing: they are lost once enough after them have been acknowledged."""
    if m[s + S_SUSPECTED] < 0:
        m[s + S_SUSPECTED] = seq
    if seq - m[s + S_SUSPECTED] >= m[s + S_REORDER] - 1:
        m[s + S_SUSPECTED] = -1
        m[s + S_LOST] = lost
        if seq >= m[s + S_RECOVER]:
            shrink(m, s)
            m[s + S_CWND] = m[s + S_THRESHOLD]


@helper
def widen(m, s, fresh):
    """Slow start below the threshold, then by ``grow`` a round."""
    cwnd = m[s + S_CWND]
    if cwnd < m[s + S_THRESHOLD]:
        m[s + S_CWND] = min(cwnd + fresh * UNIT, m[s + S_THRESHOLD])
    else:
        m[s + S_CWND] = min(cwnd + m[s + S_GROW] * fresh * UNIT // cwnd, m[s + S_WINDOW] * UNIT)


@helper
def turn(m, p):
    """A request becomes its response, flagged data its acknowledgement."""
    s = m[p + P_SOURCE]
    m[p + P_DST] = m[s + S_REPLY_DST]
    m[p + P_MERGED] = 0
    if m[p + P_KIND] == REQ:
        m[p + P_KIND] = RESP
        if m[s + S_RESPONSE] >= 0:
            m[p + P_LEN] = m[s + S_RESPONSE]
            m[p + P_SEGS] = 1
    else:
        m[p + P_KIND] = ACK
        m[p + P_LEN] = 60
        m[p + P_SEGS] = 1
        m[p + P_CALLS] = 0
        m[p + P_AUX] = m[s + S_RECEIVED]
