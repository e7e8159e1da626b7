"""What hardware engines and software workers share: being told, choosing an input and an output, what a packet costs.

*Scope*: the record and the common part. *Validation*: see ``software`` and ``hardware``.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.calendar import arm_min
from simulator.engines.compiled.kernel.clock.chance import draw
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.packets import (
    ACK, DATA, P_CALLS, P_DST, P_FLAG, P_FLOW, P_KIND, P_LEN, P_MARK, P_MERGED, P_NEXT, P_OUT, P_OWN, P_RING, P_SEGS, P_SERVICE, P_SOURCE,
    P_TRAIN, REQ, drop, mark,
)
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.jobs import IDLE, PARKED, W_REST, W_SERVED, W_STATE
from simulator.engines.compiled.kernel.cpu.threads import T_LANDING, T_RUNNABLE, T_WAKER
from simulator.engines.compiled.kernel.interrupts.moderators import M_LAST, M_STAGE
from simulator.engines.compiled.kernel.queues.effects import effect
from simulator.engines.compiled.kernel.queues.inputs import INPUT, IN_RX, I_BYTE_FS, I_KIND, I_PACKET_PS, I_REF, pop_input, visible
from simulator.engines.compiled.kernel.queues.outputs import OUTPUT, O_BYTE_FS, O_DST, O_PACKET_PS, O_REF, put
from simulator.engines.compiled.kernel.queues.rings import R_MODERATOR, R_REMOTE, R_USED_GATE
from simulator.engines.compiled.kernel.queues.sides import used_publish
from simulator.engines.compiled.kernel.queues.switches import Y_C_DROPPED, Y_PLACE, lookup
from simulator.engines.compiled.kernel.queues.tx_ring import tx_done

READY_BITS = 32
# what every packet touches comes first
(
    W_KIND, W_ON, W_PHASE, W_INPUTS, W_INPUT_COUNT, W_TAKEN, W_HEAD, W_TAIL, W_OUTPUTS, W_OUTPUT_COUNT, W_SELECT, W_CONTINUE,
    W_NOTED, W_NOTE, W_FIRST, W_BYTES, W_CREDIT, W_BEGUN, W_REAPED, W_AGAIN, W_REAP_RING, W_REFILL_RING, W_MODERATOR, W_READY,
    W_POLL_MODE, W_POLICY, W_BUDGET, W_BUDGET_BYTES, W_CHUNK, W_SCAN, W_LAST, W_UNMASK_COUNT, W_C_SERVED, W_C_INVOCATIONS, W_STAGE,
    W_NOTIFY_STAGE, W_SPREAD, W_SERVICE, W_BATCH_PS, W_PACKET_PS, W_BYTE_FS, W_SEGMENT_PS, W_PORTS, W_MERGE_BYTES, W_SLOT, W_EXAM, W_SHAPED,
    W_SHARE_COUNT, W_WAKE_PS, W_POLL_PS, W_REARM_PS, W_REAP_PS, W_REFILL_ABOVE, W_REFILL_CHUNK, W_BACKEND, W_CORE, W_LOOP,
    W_QUANTUM, W_REPLY_PS, W_RESUME_PS, W_SWITCH, W_INPLACE, W_NOTES, W_FRESH, W_T0, W_BLOCKED, W_C_EMPTY, W_C_REQUEUED, W_C_PARKED,
    W_UNMASK, W_SHARES, W_MERGE_PS, W_STREAM_PS, W_CALL_PS, W_ACK_PS, W_DRAIN, W_DRAINED, W_SPIN, W_SPIN_PACKET_PS, W_SPIN_REAP_PS, W_HOLD,
) = range(5, 86)  # fmt: skip
WORKER = 86
NOTE_BITS = 60
HW, SOFT, TASK, EXIT = range(4)
ORDER, ROUND_ROBIN, DRR = range(3)
BY_FIRST, BY_SWITCH, BY_ENDPOINT, BY_ACK = range(4)
PH_WAKE, PH_RESUME, PH_WORK, PH_NOTIFY, PH_REARM, PH_UNMASK = range(6)
DO_STEP, DO_FLUSH_DUE, DO_FLUSH_ALL, DO_NOTIFY, DO_PARK, DO_REARM, DO_BUDGET, DO_IDLE_POLL, DO_FLUSH_HELD = range(9)


@later
def enqueue(m, w, phase, cost):
    """See ``workers.software``."""


@later
def poll_examine(m, w):
    """See ``workers.polling``."""


@later
def tell_polling(m, w, i):
    """See ``workers.polling``."""


@later
def hardware_step(m, w):
    """See ``workers.hardware``."""


@later
def is_bulk(m, s):
    """See ``ends.sources``."""


@later
def look_back(m, p):
    """See ``ends.sources``."""


@later
def data_came(m, s):
    """See ``ends.sources``."""


@later
def one_call(m, p):
    """See ``ends.sources``."""


@later
def turn(m, p):
    """See ``ends.sources``."""


@later
def record(m, k, p):
    """See ``ends.sinks``."""


@inlined
def tell(m, w, i):
    """Something became visible to a hardware engine or a poll-mode worker at its input i."""
    if m[w + W_READY] != 0:
        m[m[w + W_READY] + i // READY_BITS] |= 1 << (i % READY_BITS)
    if m[w + W_KIND] != HW:
        tell_polling(m, w, i)
    elif m[w + W_STATE] == IDLE:
        arm_min(m, m[w + W_EXAM], m[H_NOW])


@helper
def worker_waker(m, w):
    """Work of whoever wakes w now: none, unless it sleeps in a thread of the host."""
    if m[w + W_KIND] != TASK or (m[w + W_STATE] != IDLE and m[w + W_STATE] != PARKED):
        return 0
    t = m[w + W_ON]
    if m[t + T_RUNNABLE] != 0 or m[t + T_LANDING] != 0:
        return 0
    return m[t + T_WAKER]


@helper
def wake(m, w):
    if m[w + W_STATE] == IDLE:
        enqueue(m, w, PH_WAKE, m[w + W_WAKE_PS])
    else:
        m[w + W_AGAIN] = 1


@helper
def resume(m, w):
    if m[w + W_KIND] == HW:
        m[w + W_STATE] = IDLE
        arm_min(m, m[w + W_EXAM], m[H_NOW])
    else:
        enqueue(m, w, PH_RESUME, m[w + W_RESUME_PS])


@inlined
def turned(m, w, p):
    kind = m[p + P_KIND]
    return m[w + W_SELECT] == BY_ENDPOINT and (kind == REQ or (kind == DATA and m[p + P_FLAG] != 0))


@helper
def select(m, w, p):
    """Output record for p, or 0 if the switch knows none."""
    index = 0
    if m[w + W_SELECT] == BY_SWITCH:
        index = lookup(m, m[w + W_SWITCH], p)
        if index < 0:
            return 0
    elif m[w + W_SELECT] == BY_ENDPOINT:
        look_back(m, p)
        index = 1 * turned(m, w, p)
    elif m[w + W_SELECT] == BY_ACK:
        index = 1 * (m[p + P_KIND] == ACK)
    return m[w + W_OUTPUTS] + OUTPUT * index


@helper
def merge(m, w, p):
    """Merge p into the latest packet of its flow among those in the worker's hands (GRO)."""
    s = m[p + P_SOURCE]
    if m[p + P_KIND] != DATA or not is_bulk(m, s):
        return
    m[p + P_TRAIN] = m[p + P_LEN]
    last = 0
    q = m[w + W_HEAD]
    while q != 0:
        if m[q + P_KIND] == DATA and m[q + P_SOURCE] == s and m[q + P_FLOW] == m[p + P_FLOW]:
            last = q
        q = m[q + P_NEXT]
    if last != 0 and m[last + P_TRAIN] + m[p + P_LEN] <= m[w + W_MERGE_BYTES]:
        m[p + P_MERGED] = 1
        one_call(m, p)
        m[p + P_TRAIN] = m[last + P_TRAIN] + m[p + P_LEN]
        m[p + P_FLAG] |= m[last + P_FLAG]
        m[last + P_FLAG] = 0


@helper
def ports_cost(m, w, i, p):
    """What input i and the packet's output take, and the bytes of all three."""
    # a packet without an output is to be dropped: it takes 0 times what the first one does
    has = m[p + P_OUT] != 0
    o = m[p + P_OUT] + m[w + W_OUTPUTS] * (not has)
    cost = m[i + I_PACKET_PS] + m[o + O_PACKET_PS] * has
    bytes_fs = m[w + W_BYTE_FS] + m[i + I_BYTE_FS] + m[o + O_BYTE_FS] * has
    return cost + (bytes_fs * m[p + P_LEN] + 500) // 1000


@inlined
def take_one(m, w, i, p):
    """Take p, the head of input i, into the worker's hands; returns its own cost."""
    pop_input(m, i)
    stage = m[w + W_NOTIFY_STAGE]
    if stage >= 0:
        x = 0
        if m[i + I_KIND] == IN_RX:
            x = m[m[i + I_REF] + R_MODERATOR]
        if x != 0 and m[p + P_MARK] < m[x + M_LAST]:
            mark(m, p, m[x + M_STAGE], m[x + M_LAST])
        if m[p + P_MARK] < m[w + W_BEGUN]:
            mark(m, p, stage, m[w + W_BEGUN])
    if m[w + W_SELECT] == BY_ENDPOINT and m[p + P_KIND] == DATA:
        data_came(m, m[p + P_SOURCE])
    if m[w + W_MERGE_BYTES] != 0:
        merge(m, w, p)
    cost = m[w + W_PACKET_PS]
    if m[p + P_MERGED] != 0 and m[w + W_MERGE_PS] >= 0:
        cost = m[w + W_MERGE_PS]
    elif m[w + W_STREAM_PS] >= 0 and is_bulk(m, m[p + P_SOURCE]):
        cost = m[w + W_STREAM_PS]
    cost += m[w + W_CALL_PS] * m[p + P_CALLS]
    cost += m[w + W_SEGMENT_PS] * (m[p + P_SEGS] - 1)
    if m[w + W_PORTS] != 0:
        cost += ports_cost(m, w, i, p)
    elif m[w + W_BYTE_FS] != 0:
        cost += (m[w + W_BYTE_FS] * m[p + P_LEN] + 500) // 1000
    if m[w + W_SERVICE] != 0:
        cost += draw(m, m[w + W_SERVICE])
    if turned(m, w, p):
        if m[p + P_KIND] == DATA:
            cost += m[w + W_ACK_PS]
        else:
            cost += m[w + W_REPLY_PS]
    m[p + P_OWN] = cost
    append(m, w + W_HEAD, P_NEXT, p)
    m[w + W_TAKEN] += 1
    return cost


@helper
def start_job(m, w, overhead, total):
    """Spread the cost over the job and its packets: the first packet is served the job's rest."""
    z = m[w + W_SPREAD]
    cost = overhead + total
    factor = 1024
    if z != 0:
        factor = draw(m, z)
        cost = (cost * factor + 512) >> 10
    p = m[w + W_HEAD]
    if p != 0:
        first = p
        rest = cost
        p = m[p + P_NEXT]
        while p != 0:
            own = m[p + P_OWN]
            if z != 0:
                own = (own * factor + 512) >> 10
            m[p + P_SERVICE] += own
            rest -= own
            p = m[p + P_NEXT]
        m[first + P_SERVICE] += rest
    m[w + W_PHASE] = PH_WORK
    m[w + W_REST] = cost


@inlined
def next_input(m, w, start):
    """Index of the first input with visible packets, scanning from ``start`` round; -1 if none."""
    if m[w + W_READY] != 0:
        return next_ready(m, w, start)
    count = m[w + W_INPUT_COUNT]
    k = start
    for _ in range(count):
        if k >= count:
            k -= count
        if visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
            return k
        k += 1
    return -1


@helper
def next_ready(m, w, start):
    """The same by the bits of W_READY: a bit is set whenever its input is told of, and cleared when a scan finds the input empty."""
    count = m[w + W_INPUT_COUNT]
    if start >= count:
        start -= count
    k = start
    end = count
    for _ in range(2):
        while k < end:
            bits = m[m[w + W_READY] + k // READY_BITS] >> (k % READY_BITS)
            if bits == 0:
                k += READY_BITS - k % READY_BITS
            elif bits & 1 == 0:
                k += 1 + 7 * (bits & 0xFF == 0)
            elif visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
                return k
            else:
                m[m[w + W_READY] + k // READY_BITS] -= 1 << (k % READY_BITS)
        k = 0
        end = start
    return -1


@helper
def emit_all(m, w):
    """The job's packets take effect, in order."""
    m[w + W_TAKEN] = 0
    while m[w + W_HEAD] != 0:
        p = take_head(m, w + W_HEAD, P_NEXT)
        m[w + W_SERVED] += 1
        m[w + W_C_SERVED] += 1
        m[w + W_BYTES] += m[p + P_LEN]
        m[w + W_CREDIT] += 1
        mark(m, p, m[w + W_STAGE], m[H_NOW])
        r = m[p + P_RING]
        if r != 0 and m[r + R_REMOTE] == 0:
            tx_done(m, p)
            if m[w + W_KIND] == HW and used_publish(m, r):
                effect(m, r + R_USED_GATE)
        emit(m, w, m[p + P_OUT], p)


@helper
def emit(m, w, o, p):
    if o == 0:
        y = m[w + W_SWITCH]
        m[y + Y_C_DROPPED] += 1
        drop(m, p, m[y + Y_PLACE])
        return
    if turned(m, w, p):
        if m[p + P_KIND] == DATA:
            record(m, m[m[w + W_OUTPUTS] + O_REF], p)
        turn(m, p)
    if m[o + O_DST] >= 0:
        m[p + P_DST] = m[o + O_DST]
    put(m, o, p, m[w + W_KIND] == HW)


@helper
def on_examination(m, w):
    if m[w + W_KIND] != HW:
        poll_examine(m, w)
    elif m[w + W_STATE] == IDLE:
        hardware_step(m, w)
