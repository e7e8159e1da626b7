"""Software that drains queues in invocations: NAPI, a vhost worker, QEMU's loop, an application, a device model in an exit.

``advance`` carries a worker on from the end of one job to the next job, to sleep or to waiting; ``job_end`` is called at the end of each.

*Scope*: softirq, thread and exit level; what only poll mode does is in ``polling``. *Validation*: conformance vectors of workers.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.packets import P_NEXT, P_OUT, P_SEGS
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.accesses import leave_access
from simulator.engines.compiled.kernel.cpu.dispatcher import soft_ended, soft_raise
from simulator.engines.compiled.kernel.cpu.executors import V_WORKER
from simulator.engines.compiled.kernel.cpu.jobs import IDLE, PARKED, POLLING, QUEUED, RUNNING, W_REST, W_SERVED, W_STATE
from simulator.engines.compiled.kernel.cpu.lock import U_WAIT_HEAD, lock_release, lock_spin
from simulator.engines.compiled.kernel.cpu.scheduler import leave
from simulator.engines.compiled.kernel.cpu.threads import T_HEAD, T_LOCK, T_RUNNABLE, wake_thread
from simulator.engines.compiled.kernel.queues.effects import effect
from simulator.engines.compiled.kernel.queues.fifo import F_WAIT_HEAD
from simulator.engines.compiled.kernel.queues.gates import G_ENABLED, G_EVENT
from simulator.engines.compiled.kernel.queues.inputs import INPUT, head_of, visible
from simulator.engines.compiled.kernel.queues.outputs import OUT_FIFO, OUT_FILL, O_KIND, O_REF, has_room
from simulator.engines.compiled.kernel.queues.rings import R_AVAIL_GATE, R_SENT, R_WAIT_HEAD
from simulator.engines.compiled.kernel.queues.sides import gate_enable
from simulator.engines.compiled.kernel.queues.tx_ring import reap
from simulator.engines.compiled.kernel.queues.waiters import W_NEXT
from simulator.engines.compiled.kernel.workers.notifications import (
    disable_gates, drain, flush, gates_of, next_note, unmask,
)
from simulator.engines.compiled.kernel.workers.workers import (
    DO_BUDGET, DO_FLUSH_ALL, DO_FLUSH_DUE, DO_FLUSH_HELD, DO_IDLE_POLL, DO_NOTIFY, DO_PARK, DO_REARM, DO_STEP, EXIT, PH_NOTIFY, PH_REARM, PH_RESUME,
    PH_UNMASK, PH_WAKE, PH_WORK, ROUND_ROBIN, SOFT, W_AGAIN, W_BATCH_PS, W_BEGUN, W_BLOCKED, W_BUDGET, W_BUDGET_BYTES, W_BYTES, W_CHUNK, W_CONTINUE,
    W_C_EMPTY, W_C_INVOCATIONS, W_C_PARKED, W_C_REQUEUED, W_DRAIN, W_FIRST, W_HEAD, W_HOLD, W_INPLACE, W_INPUTS, W_INPUT_COUNT, W_KIND, W_LAST,
    W_NOTE, W_NOTED, W_ON, W_PHASE, W_POLICY, W_POLL_MODE, W_POLL_PS, W_REAPED, W_REAP_PS, W_REAP_RING, W_REARM_PS, W_SCAN, W_SPIN, W_SPIN_PACKET_PS,
    W_SPIN_REAP_PS, W_T0, W_TAKEN, W_UNMASK_COUNT, W_WAKE_PS, emit_all, next_input, select, start_job, take_one,
)


@later
def tell_visible(m, w):
    """See ``workers.polling``."""


@helper
def enqueue(m, w, phase, cost):
    """Queue an invocation (or the rest of a parked one) of a software worker."""
    m[w + W_STATE] = QUEUED
    m[w + W_PHASE] = phase
    m[w + W_REST] = cost
    if m[w + W_KIND] == SOFT:
        soft_raise(m, m[w + W_ON], w)
    elif m[w + W_KIND] == EXIT:
        m[m[w + W_ON] + V_WORKER] = w
    else:
        t = m[w + W_ON]
        append(m, t + T_HEAD, W_NEXT, w)
        wake_thread(m, t)


@inlined
def end_invocation(m, w, more):
    """Take w out of its level; ``more``: it is to run again (soft: in this dispatcher's list, task: at the tail of its thread)."""
    if more:
        m[w + W_STATE] = QUEUED
        m[w + W_PHASE] = PH_WAKE
        m[w + W_REST] = m[w + W_WAKE_PS]
        m[w + W_C_REQUEUED] += 1
    if m[w + W_KIND] == SOFT:
        soft_ended(m, m[w + W_ON], w, more)
    elif m[w + W_KIND] == EXIT:
        m[m[w + W_ON] + V_WORKER] = 0
        leave_access(m, m[w + W_ON])
    else:
        t = m[w + W_ON]
        take_head(m, t + T_HEAD, W_NEXT)
        if more:
            append(m, t + T_HEAD, W_NEXT, w)
        elif m[t + T_HEAD] == 0:
            leave(m, t)
        u = m[t + T_LOCK]
        if u != 0 and (m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0):
            lock_release(m, u)


@inlined
def requeue(m, w):
    """Start a new invocation at the tail without sleeping: soft workers raise themselves."""
    if m[w + W_KIND] == SOFT:
        m[w + W_STATE] = QUEUED
        m[w + W_PHASE] = PH_WAKE
        m[w + W_REST] = m[w + W_WAKE_PS]
        m[w + W_C_REQUEUED] += 1
        soft_raise(m, m[w + W_ON], w)
        soft_ended(m, m[w + W_ON], w, False)
    else:
        end_invocation(m, w, True)


@helper
def begin(m, w):
    m[w + W_AGAIN] = 0
    m[w + W_SERVED] = 0
    m[w + W_BYTES] = 0
    m[w + W_FIRST] = 1
    m[w + W_REAPED] = 0
    m[w + W_BEGUN] = m[H_NOW]
    m[w + W_C_INVOCATIONS] += 1
    disable_gates(m, w)
    m[w + W_STATE] = RUNNING


@helper
def segments_of(m, w):
    """Segments of the packets in the worker's hands."""
    count = 0
    p = m[w + W_HEAD]
    while p != 0:
        count += m[p + P_SEGS]
        p = m[p + P_NEXT]
    return count


@helper
def step(m, w):
    """Take packets and start a job (returns -1), or say what is to be done instead."""
    poll_mode = m[w + W_POLL_MODE] != 0
    if not poll_mode and (m[w + W_SERVED] >= m[w + W_BUDGET] or m[w + W_BYTES] >= m[w + W_BUDGET_BYTES]):
        m[w + W_CONTINUE] = DO_BUDGET
        return DO_FLUSH_ALL
    start = 0
    if m[w + W_SCAN] >= 0:
        start = m[w + W_SCAN]
        m[w + W_SCAN] = -1
    elif m[w + W_POLICY] == ROUND_ROBIN:
        start = m[w + W_LAST] + 1
    k = next_input(m, w, start)
    total = 0
    if k >= 0:
        i = m[w + W_INPUTS] + INPUT * k
        while m[w + W_TAKEN] < m[w + W_CHUNK] and (poll_mode or m[w + W_SERVED] + m[w + W_TAKEN] < m[w + W_BUDGET]) and visible(m, i) > 0:
            p = head_of(m, i)
            o = select(m, w, p)
            if not has_room(m, o, p, True):
                break
            m[p + P_OUT] = o
            total += take_one(m, w, i, p)
        if m[w + W_TAKEN] == 0:
            m[w + W_BLOCKED] = k
            m[w + W_CONTINUE] = DO_PARK
            return DO_FLUSH_ALL
        m[w + W_LAST] = k
    elif m[w + W_FIRST] == 0 or poll_mode:
        m[w + W_CONTINUE] = DO_REARM
        if poll_mode:
            m[w + W_CONTINUE] = DO_IDLE_POLL
            if m[w + W_DRAIN] > 0:
                return DO_FLUSH_HELD
        return DO_FLUSH_ALL
    overhead = 0
    if m[w + W_FIRST] != 0:
        overhead = m[w + W_POLL_PS]
    if m[w + W_REAP_RING] != 0 and (m[w + W_FIRST] != 0 or poll_mode):
        k = reap(m, m[w + W_REAP_RING])
        m[w + W_REAPED] += k
        overhead += k * m[w + W_REAP_PS]
        m[w + W_HOLD] = k * m[w + W_SPIN_REAP_PS]
    if m[w + W_SPIN_PACKET_PS] != 0:
        m[w + W_HOLD] += m[w + W_SPIN_PACKET_PS] * segments_of(m, w)
    if m[w + W_TAKEN] > 0:
        overhead += m[w + W_BATCH_PS]
    m[w + W_FIRST] = 0
    start_job(m, w, overhead, total)
    return -1


@helper
def park(m, w):
    """Wait for room at the output of the blocked head, unless there is room now; True if parked."""
    i = m[w + W_INPUTS] + INPUT * m[w + W_BLOCKED]
    if visible(m, i) == 0:  # a reset has emptied it
        return False
    p = head_of(m, i)
    o = select(m, w, p)
    if has_room(m, o, p, False):
        return False
    ref = m[o + O_REF]
    waiters = ref + R_WAIT_HEAD
    if m[o + O_KIND] == OUT_FIFO:
        waiters = ref + F_WAIT_HEAD
    elif m[o + O_KIND] == OUT_FILL:
        m[ref + R_AVAIL_GATE + G_ENABLED] = 1
        m[ref + R_AVAIL_GATE + G_EVENT] = m[ref + R_SENT]
    m[w + W_STATE] = PARKED
    m[w + W_C_PARKED] += 1
    end_invocation(m, w, False)
    append(m, waiters, W_NEXT, w)
    return True


@helper
def advance(m, w, what):
    """Carry a software worker on until it has a job, sleeps, or waits."""
    while what >= 0:
        if what == DO_STEP:
            what = step(m, w)
        elif what == DO_FLUSH_DUE:
            flush(m, w, drain(m, w))
            m[w + W_CONTINUE] = DO_STEP
            what = DO_NOTIFY
        elif what == DO_FLUSH_HELD:
            flush(m, w, drain(m, w))
            what = DO_NOTIFY
        elif what == DO_FLUSH_ALL:
            flush(m, w, True)
            what = DO_NOTIFY
        elif what == DO_NOTIFY:
            if m[w + W_NOTED] != 0:
                next_note(m, w)
                return
            what = m[w + W_CONTINUE]
        elif what == DO_PARK:
            if park(m, w):
                return
            what = DO_STEP
        elif what == DO_BUDGET:
            if m[w + W_KIND] == SOFT or next_input(m, w, 0) >= 0:
                end_invocation(m, w, True)
                return
            what = DO_REARM
        elif what == DO_REARM:
            m[w + W_PHASE] = PH_REARM
            m[w + W_REST] = m[w + W_REARM_PS]
            return
        else:
            m[w + W_STATE] = POLLING
            m[w + W_T0] = m[H_NOW]
            tell_visible(m, w)
            return


@helper
def rearmed(m, w):
    """Enable all gates and look again: what arrived before the enabling would otherwise be stranded."""
    count = m[w + W_INPUT_COUNT] + 1
    found = False
    for k in range(count):
        g = gates_of(m, w, k)
        if g != 0 and gate_enable(m, g):
            found = True
    if found:
        disable_gates(m, w)
        if m[w + W_INPLACE] != 0:
            advance(m, w, DO_STEP)
        else:
            requeue(m, w)
        return
    unmask(m, w)
    if m[w + W_UNMASK_COUNT] > 0:
        m[w + W_PHASE] = PH_UNMASK
        m[w + W_REST] = 0
    else:
        unmasked(m, w)


@helper
def unmasked(m, w):
    """End the invocation, unless an interrupt came meanwhile."""
    if m[w + W_AGAIN] != 0:
        requeue(m, w)
        return
    if m[w + W_SERVED] == 0 and m[w + W_REAPED] == 0:
        m[w + W_C_EMPTY] += 1
    m[w + W_STATE] = IDLE
    end_invocation(m, w, False)


@helper
def job_end(m, w):
    phase = m[w + W_PHASE]
    if phase == PH_WORK and m[w + W_HOLD] != 0:
        m[w + W_REST] = lock_spin(m, m[w + W_SPIN], m[w + W_HOLD])
        m[w + W_HOLD] = 0
    elif phase == PH_WORK:
        emit_all(m, w)
        advance(m, w, DO_FLUSH_DUE)
    elif phase == PH_WAKE:
        begin(m, w)
        advance(m, w, DO_STEP)
    elif phase == PH_RESUME:
        m[w + W_STATE] = RUNNING
        advance(m, w, DO_STEP)
    elif phase == PH_NOTIFY:
        g = m[w + W_NOTE]
        if g != 0:
            effect(m, g)
        advance(m, w, DO_NOTIFY)
    elif phase == PH_REARM:
        rearmed(m, w)
    else:
        unmasked(m, w)
