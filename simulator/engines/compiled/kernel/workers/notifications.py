"""What a software worker shows, whom it tells, and by whom it asks to be told.

Gates that have fired are bits in a row of words (``W_NOTES``), so that their jobs follow one another in the order of the plan.

*Scope*: flush, notify, gates and vectors of a worker. *Validation*: conformance vectors of flushes and rearming.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.bus.dma import D_DOWN
from simulator.engines.compiled.kernel.bus.links import IT_UNMASK, send_item
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.accesses import access
from simulator.engines.compiled.kernel.cpu.jobs import W_REST
from simulator.engines.compiled.kernel.cpu.threads import T_EXECUTOR
from simulator.engines.compiled.kernel.interrupts.adaptation import moderator_adapt
from simulator.engines.compiled.kernel.interrupts.moderators import (
    M_DMA, M_GATE, M_RULE, M_UNMASK_BYTES, M_WORKER, moderator_rearm, moderator_settle,
)
from simulator.engines.compiled.kernel.queues.effects import waker_work
from simulator.engines.compiled.kernel.queues.fifo import F_GATE, F_PUBLISHED, F_PUSHED
from simulator.engines.compiled.kernel.queues.gates import GATE, G_COST, G_EXIT, G_MODE, MODERATED, NEVER_FIRES
from simulator.engines.compiled.kernel.queues.inputs import INPUT, IN_FIFO, IN_RX, IN_TX, I_EVERY, I_KIND, I_REF
from simulator.engines.compiled.kernel.queues.outputs import (
    OUTPUT, OUT_FIFO, OUT_FILL, OUT_POST, O_EVERY, O_KIND, O_REF,
)
from simulator.engines.compiled.kernel.queues.rings import (
    R_AVAIL_GATE, R_C_POSTED, R_DONE, R_FREED, R_MODERATOR, R_POSTED, R_REMOTE, R_SENT, R_SIZE, R_USED, R_USED_GATE,
)
from simulator.engines.compiled.kernel.queues.sides import avail_publish, fifo_publish, gate_disable, used_publish
from simulator.engines.compiled.kernel.workers.workers import (
    NOTE_BITS, PH_NOTIFY, TASK, W_BACKEND, W_CREDIT, W_DRAIN, W_DRAINED, W_INPUTS, W_INPUT_COUNT, W_KIND, W_MODERATOR, W_NOTE, W_NOTED, W_NOTES, W_ON,
    W_OUTPUTS, W_OUTPUT_COUNT, W_PHASE, W_REAP_RING, W_REFILL_ABOVE, W_REFILL_CHUNK, W_REFILL_RING, W_UNMASK, W_UNMASK_COUNT,
)


@inlined
def gates_of(m, w, k):
    """Gate number k of worker w (inputs in order, then the reap ring's used gate), or 0."""
    if k < m[w + W_INPUT_COUNT]:
        i = m[w + W_INPUTS] + INPUT * k
        ref = m[i + I_REF]
        if m[i + I_KIND] == IN_FIFO:
            return ref + F_GATE
        if m[ref + R_REMOTE] != 0 or m[ref + R_MODERATOR] != 0:
            return 0
        if m[i + I_KIND] == IN_RX:
            return ref + R_USED_GATE
        return ref + R_AVAIL_GATE
    ref = m[w + W_REAP_RING]
    if ref == 0 or m[ref + R_REMOTE] != 0 or m[ref + R_MODERATOR] != 0 or m[ref + R_USED_GATE + G_MODE] == NEVER_FIRES:
        return 0
    return ref + R_USED_GATE


@helper
def disable_gates(m, w):
    for k in range(m[w + W_INPUT_COUNT] + 1):
        g = gates_of(m, w, k)
        if g != 0:
            gate_disable(m, g, m[w + W_BACKEND])


@helper
def publish_output(m, w, o, all_of_it):
    """Publish what output o holds back; 1 if its gate fires."""
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    every = m[o + O_EVERY]
    if all_of_it:
        every = 1
    if kind == OUT_FIFO:
        if m[ref + F_PUSHED] - m[ref + F_PUBLISHED] >= every and fifo_publish(m, ref):
            return 1
    elif kind == OUT_POST:
        if m[ref + R_POSTED] - m[ref + R_SENT] >= every and avail_publish(m, ref):
            return 1
    elif kind == OUT_FILL:
        if m[ref + R_DONE] - m[ref + R_USED] >= every and used_publish(m, ref):
            return 1
    return 0


@helper
def holds(m, w):
    """Whether a queue that w puts into has something unpublished."""
    for k in range(m[w + W_OUTPUT_COUNT]):
        o = m[w + W_OUTPUTS] + OUTPUT * k
        kind = m[o + O_KIND]
        ref = m[o + O_REF]
        if kind == OUT_FIFO and m[ref + F_PUSHED] > m[ref + F_PUBLISHED]:
            return True
        if kind == OUT_POST and m[ref + R_POSTED] > m[ref + R_SENT]:
            return True
        if kind == OUT_FILL and m[ref + R_DONE] > m[ref + R_USED]:
            return True
    return False


@helper
def drain(m, w):
    """Whether w's time is over, so that all is sent now and not what is due; then it begins again."""
    if m[w + W_DRAIN] == 0 or m[H_NOW] < m[w + W_DRAINED] + m[w + W_DRAIN]:
        return False
    m[w + W_DRAINED] = m[H_NOW]
    return True


@inlined
def note(m, w, k):
    """Remember notify k, which is not pending."""
    m[m[w + W_NOTES] + k // NOTE_BITS] += 1 << (k % NOTE_BITS)
    m[w + W_NOTED] += 1


@helper
def flush(m, w, all_of_it):
    outputs = m[w + W_OUTPUT_COUNT]
    for k in range(outputs):
        if publish_output(m, w, m[w + W_OUTPUTS] + OUTPUT * k, all_of_it):
            note(m, w, k)
    r = m[w + W_REFILL_RING]
    if r != 0 and m[w + W_CREDIT] > 0 and (all_of_it or m[w + W_CREDIT] >= m[w + W_REFILL_CHUNK]):
        m[w + W_CREDIT] = 0
        free = m[r + R_FREED] + m[r + R_SIZE] - m[r + R_POSTED]
        if free > m[w + W_REFILL_ABOVE]:
            m[r + R_POSTED] += free
            m[r + R_C_POSTED] += free
        if avail_publish(m, r):
            note(m, w, outputs)
    for k in range(m[w + W_INPUT_COUNT]):
        i = m[w + W_INPUTS] + INPUT * k
        r = m[i + I_REF]
        if m[i + I_KIND] == IN_TX and m[r + R_REMOTE] == 0:
            if (all_of_it or m[r + R_DONE] - m[r + R_USED] >= m[i + I_EVERY]) and used_publish(m, r):
                note(m, w, outputs + 1 + k)
    if m[w + W_MODERATOR] != 0 and moderator_settle(m, m[w + W_MODERATOR]):
        note(m, w, outputs + 1 + m[w + W_INPUT_COUNT])


@inlined
def note_gate(m, w, k):
    """The gate behind notify bit k: outputs, then the refill, then the used sides of tx inputs, then the worker's moderator."""
    outputs = m[w + W_OUTPUT_COUNT]
    if k < outputs:
        o = m[w + W_OUTPUTS] + OUTPUT * k
        ref = m[o + O_REF]
        if m[o + O_KIND] == OUT_FIFO:
            return ref + F_GATE
        if m[o + O_KIND] == OUT_POST:
            return ref + R_AVAIL_GATE
        return used_gate(m, ref)
    if k == outputs:
        return m[w + W_REFILL_RING] + R_AVAIL_GATE
    k -= outputs + 1
    if k < m[w + W_INPUT_COUNT]:
        return used_gate(m, m[m[w + W_INPUTS] + INPUT * k + I_REF])
    return m[w + W_MODERATOR] + M_GATE


@inlined
def used_gate(m, r):
    """What a fired used gate costs and does: of a moderated ring, its moderator says."""
    if m[r + R_USED_GATE + G_MODE] == MODERATED:
        return m[r + R_MODERATOR] + M_GATE
    return r + R_USED_GATE


@helper
def next_note(m, w):
    """Start the job of the next fired gate."""
    at = m[w + W_NOTES]
    while m[at] == 0:
        at += 1
    k = 0
    while (m[at] >> k) & 1 == 0:
        k += 1
    m[at] -= 1 << k
    m[w + W_NOTED] -= 1
    g = note_gate(m, w, (at - m[w + W_NOTES]) * NOTE_BITS + k)
    m[w + W_PHASE] = PH_NOTIFY
    if m[g + G_EXIT] >= 0:
        v = m[w + W_ON]
        if m[w + W_KIND] == TASK:
            v = m[v + T_EXECUTOR]
        access(m, v, g)
        m[w + W_NOTE] = 0
        m[w + W_REST] = 0
    else:
        m[w + W_NOTE] = g
        m[w + W_REST] = m[g + G_COST] + waker_work(m, g)


@inlined
def moderator_of(m, w, k):
    r = m[w + W_REAP_RING]
    if k < m[w + W_INPUT_COUNT]:
        i = m[w + W_INPUTS] + INPUT * k
        r = m[i + I_REF]
        if m[i + I_KIND] == IN_FIFO:
            r = 0
    if r == 0:
        return 0
    return m[r + R_MODERATOR]


@helper
def unmask(m, w):
    """One posted write per distinct vector: its moderator may fire again when the write arrives. An emulated device's traps."""
    if m[w + W_UNMASK_COUNT] > 0:
        v = m[w + W_ON]
        if m[w + W_KIND] == TASK:
            v = m[v + T_EXECUTOR]
        for k in range(m[w + W_UNMASK_COUNT]):
            access(m, v, m[w + W_UNMASK] + GATE * k)
        return
    for k in range(m[w + W_INPUT_COUNT] + 1):
        x = moderator_of(m, w, k)
        for j in range(k):
            if moderator_of(m, w, j) == x:
                x = 0
        if x != 0 and m[x + M_WORKER] == 0:
            if m[x + M_RULE] != 0:
                moderator_adapt(m, x, m[w + W_REAP_RING] != 0)
            if m[x + M_DMA] == 0:
                moderator_rearm(m, x)
            else:
                send_item(m, m[m[x + M_DMA] + D_DOWN], IT_UNMASK, x, 0, m[x + M_UNMASK_BYTES])
