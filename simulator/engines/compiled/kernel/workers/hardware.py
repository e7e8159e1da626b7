"""A hardware engine: one packet at a time, on nobody's core, from the instant at which it can go.

*Scope*: NIC receive and transmit engines, embedded switches. *Validation*: M/D/1 waiting times (tests/theory); conformance vectors.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.bus.dma import D_UP
from simulator.engines.compiled.kernel.bus.links import L_BUSY
from simulator.engines.compiled.kernel.clock.calendar import arm, arm_min
from simulator.engines.compiled.kernel.clock.nodes import append
from simulator.engines.compiled.kernel.clock.packets import P_LEN, P_OUT
from simulator.engines.compiled.kernel.clock.world import H_NOW, INF
from simulator.engines.compiled.kernel.cpu.jobs import IDLE, PARKED, RUNNING, W_REST, W_STATE
from simulator.engines.compiled.kernel.queues.fifo import F_WAIT_HEAD
from simulator.engines.compiled.kernel.queues.inputs import (
    INPUT, I_DEFICIT, I_FLOOR, I_SHAPER, head_of, visible,
)
from simulator.engines.compiled.kernel.queues.outputs import (
    OUT_DMA_READ, OUT_DMA_WRITE, OUT_FIFO, OUT_LINK, O_FIFO, O_KIND, O_REF, O_ROOM, has_room,
)
from simulator.engines.compiled.kernel.queues.rings import R_DMA, R_WAIT_HEAD
from simulator.engines.compiled.kernel.queues.shapers import opens, shaper_charge
from simulator.engines.compiled.kernel.queues.waiters import W_NEXT
from simulator.engines.compiled.kernel.workers.arbiter import choose_conforming, choose_drr, choose_grouped, served_grouped
from simulator.engines.compiled.kernel.workers.workers import (
    BY_FIRST, DRR, ROUND_ROBIN, W_BATCH_PS, W_C_PARKED, W_EXAM, W_INPUTS, W_INPUT_COUNT, W_LAST, W_OUTPUTS,
    W_POLICY, W_SELECT, W_SHAPED, W_SHARE_COUNT, W_SLOT, emit_all, next_input, select, start_job, take_one,
)


@helper
def hardware_park(m, w, o):
    """No room at output o: wait for it. A link frees itself, everything else resumes its waiters."""
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    k = 0
    if kind == OUT_LINK:
        k = ref
    elif kind == OUT_DMA_WRITE:
        k = m[m[ref + R_DMA] + D_UP]
    if k != 0 and m[k + L_BUSY] - m[H_NOW] > m[o + O_ROOM]:
        m[w + W_STATE] = IDLE
        arm_min(m, m[w + W_EXAM], m[k + L_BUSY] - m[o + O_ROOM])
        return
    m[w + W_STATE] = PARKED
    m[w + W_C_PARKED] += 1
    waiters = ref + R_WAIT_HEAD
    if kind == OUT_FIFO:
        waiters = ref + F_WAIT_HEAD
    elif kind == OUT_DMA_READ:
        waiters = m[o + O_FIFO] + F_WAIT_HEAD
    append(m, waiters, W_NEXT, w)


@helper
def hardware_idle(m, w):
    m[w + W_STATE] = IDLE
    if m[w + W_SHAPED] != 0:
        due = INF
        for k in range(m[w + W_INPUT_COUNT]):
            i = m[w + W_INPUTS] + INPUT * k
            if m[i + I_SHAPER] != 0 and visible(m, i) > 0:
                due = min(due, opens(m, m[i + I_SHAPER]))
        if due != INF:
            arm_min(m, m[w + W_EXAM], due)


@helper
def hardware_step(m, w):
    m[w + W_STATE] = IDLE
    policy = m[w + W_POLICY]
    start = 0
    if policy == ROUND_ROBIN and m[w + W_SHARE_COUNT] == 0:
        start = m[w + W_LAST] + 1
    k = next_input(m, w, start)
    grouped = m[w + W_SHARE_COUNT] != 0
    if k < 0:
        if policy == DRR:
            if grouped:
                choose_grouped(m, w)
            else:
                choose_drr(m, w)
        return
    o = m[w + W_OUTPUTS]
    # without deficits and shapers choosing changes nothing: one look at the room, below, is enough
    if m[w + W_SELECT] == BY_FIRST and (policy == DRR or m[w + W_SHAPED] != 0) and not has_room(m, o, 0, False):
        hardware_park(m, w, o)
        return
    if grouped:
        k = choose_grouped(m, w)
    elif policy == DRR:
        k = choose_drr(m, w)
    elif m[w + W_SHAPED] != 0:
        k = choose_conforming(m, w, start)
    if k < 0:
        hardware_idle(m, w)
        return
    i = m[w + W_INPUTS] + INPUT * k
    p = head_of(m, i)
    if m[w + W_SELECT] != BY_FIRST:
        o = select(m, w, p)
    if not has_room(m, o, p, True):
        hardware_park(m, w, o)
        return
    if grouped:
        served_grouped(m, w, i, m[p + P_LEN])
    elif policy == DRR:
        m[i + I_DEFICIT] -= m[p + P_LEN]
    else:
        m[w + W_LAST] = k
    m[p + P_OUT] = o
    if m[i + I_SHAPER] != 0:
        shaper_charge(m, m[i + I_SHAPER], p)
    if m[i + I_FLOOR] != 0:
        shaper_charge(m, m[i + I_FLOOR], p)
    m[w + W_STATE] = RUNNING
    cost = take_one(m, w, i, p)
    start_job(m, w, m[w + W_BATCH_PS], cost)
    arm(m, m[w + W_SLOT], m[H_NOW] + m[w + W_REST])


@helper
def on_hardware(m, w):
    emit_all(m, w)
    hardware_step(m, w)
