"""Where packets end: they are recorded, answered, or tell their source.

*Scope*: latencies by histogram, sums of stages. *Validation*: histogram and sums agree with the reference engine.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.bus.links import send_packet
from simulator.engines.compiled.kernel.clock.arithmetic import add_wide
from simulator.engines.compiled.kernel.clock.packets import (
    ACK, DATA, P_AUX, P_BORN, P_FLAG, P_ID, P_KIND, P_LEN, P_SEQ, P_SOURCE, P_STAGES, REQ, RESP, free_packet,
)
from simulator.engines.compiled.kernel.clock.world import (
    EV_DELIVER, E_REQUEST, H_ERROR, H_ERROR_AT, H_NOW, H_STAGES, log,
)
from simulator.engines.compiled.kernel.ends.sources import S_C_RECEIVED, S_RECEIVED, S_RECORD, acknowledged, answered, data_came, look_back, turn

# sink
K_REPLY, K_HISTOGRAM, K_STAGES, K_PLACE, K_COUNT, K_BYTES, K_ACKS, K_MINIMUM, K_MAXIMUM, K_SUM, K_SUM_HIGH = range(11)
SINK = 11
BUCKETS = 7296
# stage sums (K_STAGES): plain words first, behind them wide ones; FOLD latencies below HUGE stay below 62 bits together
FOLD = 64
HUGE = 1 << 56


@inlined
def bucket(v):
    """Histogram bucket of v: exact below 128, then 128 per octave."""
    shift = 0
    x = v >> 8
    if x >= 1 << 32:
        shift += 32
        x >>= 32
    if x >= 1 << 16:
        shift += 16
        x >>= 16
    if x >= 1 << 8:
        shift += 8
        x >>= 8
    if x >= 1 << 4:
        shift += 4
        x >>= 4
    if x >= 1 << 2:
        shift += 2
        x >>= 2
    if x >= 2:
        shift += 1
        x >>= 1
    shift += x
    return 128 * shift + (v >> shift)


@helper
def add_stages(m, k, p):
    """Add the latency's parts in plain words; what has come together there goes to the wide ones now and then."""
    words = 2 * m[H_STAGES]
    sums = m[k + K_STAGES]
    for i in range(words):
        m[sums + i] += m[p + P_STAGES + i]
    if m[k + K_COUNT] & (FOLD - 1) == 0:
        for i in range(words):
            add_wide(m, sums + words + 2 * i, m[sums + i])
            m[sums + i] = 0


@helper
def add_huge_stages(m, k, p):
    """The same for one packet that would fill the plain words alone."""
    words = 2 * m[H_STAGES]
    for i in range(words):
        add_wide(m, m[k + K_STAGES] + words + 2 * i, m[p + P_STAGES + i])


@helper
def record(m, k, p):
    """Count a packet that has reached its reader, at a far end in the statistics that its source names."""
    log(m, EV_DELIVER, m[k + K_PLACE], m[p + P_ID])
    kept = m[m[p + P_SOURCE] + S_RECORD]
    if kept != 0 and m[k + K_REPLY] != 0:
        k = kept
    latency = m[H_NOW] - m[p + P_BORN]
    m[k + K_COUNT] += 1
    m[k + K_BYTES] += m[p + P_LEN]
    if m[k + K_MINIMUM] < 0 or latency < m[k + K_MINIMUM]:
        m[k + K_MINIMUM] = latency
    if latency > m[k + K_MAXIMUM]:
        m[k + K_MAXIMUM] = latency
    add_wide(m, k + K_SUM, latency)
    m[m[k + K_HISTOGRAM] + bucket(latency)] += 1
    if latency < HUGE:
        add_stages(m, k, p)
    else:
        add_huge_stages(m, k, p)
    if m[p + P_KIND] == DATA:
        s = m[p + P_SOURCE]
        m[s + S_RECEIVED] += 1
        m[s + S_C_RECEIVED] += 1


@helper
def deliver(m, k, p):
    kind = m[p + P_KIND]
    reply = m[k + K_REPLY]
    if kind == REQ:
        if reply == 0:
            m[H_ERROR] = E_REQUEST
            m[H_ERROR_AT] = m[k + K_PLACE]
            return
        turn(m, p)
        send_packet(m, reply, p)
        return
    if kind == ACK:
        m[k + K_ACKS] += 1
        log(m, EV_DELIVER, m[k + K_PLACE], m[p + P_ID])
        acknowledged(m, m[p + P_SOURCE], m[p + P_SEQ], m[p + P_AUX])
    else:
        if kind == DATA and reply != 0:
            look_back(m, p)
            data_came(m, m[p + P_SOURCE])
        record(m, k, p)
        if kind == DATA and m[p + P_FLAG] != 0 and reply != 0:
            turn(m, p)
            send_packet(m, reply, p)
            return
        if kind == RESP:
            answered(m, m[p + P_SOURCE], m[p + P_SEQ])
    free_packet(m, p)
