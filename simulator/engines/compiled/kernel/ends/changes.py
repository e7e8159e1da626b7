"""What an event changes while the plan runs, in steps that the engine takes one by one.

*Scope*: section 12 of `docs/reference/plan.md`; when an event acts is the engine's. *Validation*: conformance vectors of events.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.calendar import arm, arm_min, disarm
from simulator.engines.compiled.kernel.clock.chance import draw
from simulator.engines.compiled.kernel.clock.levels import meter
from simulator.engines.compiled.kernel.clock.nodes import take_head
from simulator.engines.compiled.kernel.clock.packets import P_BUFFERS, P_ID, P_LEN, P_NEXT, P_SEGS, drop
from simulator.engines.compiled.kernel.clock.world import (
    EV_REAP, EV_TAKE, H_CHANGE, H_CHANGE_AT, H_CHANGE_INDEX, H_CHANGE_REF, H_CHANGE_VALUE, H_NOW, H_RUNS, log,
)
from simulator.engines.compiled.kernel.cpu.jobs import IDLE, W_STATE
from simulator.engines.compiled.kernel.ends.sources import (
    OPEN, S_GAP, S_KIND, S_OFF, S_SLOT, S_START, S_TIMER, WINDOW, forget, may_send,
)
from simulator.engines.compiled.kernel.interrupts.moderators import observe_received
from simulator.engines.compiled.kernel.queues.effects import effect
from simulator.engines.compiled.kernel.queues.rings import (
    RX, R_AVAIL, R_AVAIL_GATE, R_C_DROPPED, R_C_POSTED, R_C_REAPED, R_C_TAKEN, R_FETCHED, R_FREED, R_HEAD, R_HELD_HEAD, R_KIND, R_METER, R_MODERATOR, R_OFF,
    R_PLACE, R_POSTED, R_REAPED, R_SENT, R_SIZE, R_TAKEN, R_WAIT_HEAD, R_WATCHED, TX,
)
from simulator.engines.compiled.kernel.queues.rx_ring import hand_over_held
from simulator.engines.compiled.kernel.queues.shapers import C_BURST, C_RATE, C_TAT
from simulator.engines.compiled.kernel.queues.sides import avail_publish
from simulator.engines.compiled.kernel.queues.waiters import resume_first
from simulator.engines.compiled.kernel.workers.workers import W_EXAM

# steps: of a source, a ring, a shaper; an engine looks again; a word that is looked up every time
NO_CHANGE, CH_SOURCE, CH_RING, CH_RESET, CH_RATE, CH_LOOK, CH_WORD = range(7)


@helper
def turn_source(m, s, on):
    if on == 0:
        m[s + S_OFF] = 1
        disarm(m, m[s + S_SLOT])
        disarm(m, m[s + S_TIMER])
    elif m[s + S_OFF] != 0:
        m[s + S_OFF] = 0
        if m[s + S_KIND] == WINDOW:
            forget(m, s)
        t = max(m[H_NOW], m[s + S_START])
        if m[s + S_KIND] == OPEN:
            t += draw(m, m[s + S_GAP])
        if may_send(m, s, t):
            arm(m, m[s + S_SLOT], t)


@helper
def turn_ring(m, r, on):
    if on != 0:
        m[r + R_OFF] = 0
    elif m[r + R_OFF] == 0:
        if m[r + R_HELD_HEAD] != 0:
            hand_over_held(m, r)
        m[r + R_OFF] = 1
        while m[r + R_WAIT_HEAD] != 0:
            resume_first(m, r + R_WAIT_HEAD)


@helper
def reset_ring(m, r):
    """Drop everything in a function's ring; buffers are posted again."""
    if m[r + R_KIND] == TX:
        m[r + R_SENT] = m[r + R_AVAIL] = m[r + R_FETCHED] = m[r + R_POSTED]
    while m[r + R_HEAD] != 0:
        p = take_head(m, r + R_HEAD, P_NEXT)
        meter(m, r + R_METER, -1)
        if m[r + R_KIND] == TX:
            m[r + R_TAKEN] += 1
            m[r + R_C_TAKEN] += 1
            log(m, EV_TAKE, m[r + R_PLACE], m[p + P_ID])
        else:
            m[r + R_REAPED] += 1
            m[r + R_C_REAPED] += 1
            m[r + R_FREED] += m[p + P_BUFFERS]
            if m[r + R_WATCHED] != 0:
                observe_received(m, m[r + R_MODERATOR], m[p + P_SEGS], m[p + P_LEN])
            log(m, EV_REAP, m[r + R_PLACE], m[p + P_ID])
        m[r + R_C_DROPPED] += 1
        drop(m, p, m[r + R_PLACE])
    if m[r + R_KIND] == RX:
        fresh = m[r + R_FREED] + m[r + R_SIZE] - m[r + R_POSTED]
        m[r + R_POSTED] += fresh
        m[r + R_C_POSTED] += fresh
        if avail_publish(m, r):
            effect(m, r + R_AVAIL_GATE)


@helper
def change(m):
    """Take the step that the engine has left in the header; it acts before every slot of its instant."""
    kind = m[H_CHANGE]
    ref = m[H_CHANGE_REF]
    value = m[H_CHANGE_VALUE]
    m[H_CHANGE] = NO_CHANGE
    m[H_NOW] = m[H_CHANGE_AT]
    m[H_RUNS] = 0
    if kind == CH_SOURCE:
        turn_source(m, ref, value)
    elif kind == CH_RING:
        turn_ring(m, ref, value)
    elif kind == CH_RESET:
        reset_ring(m, ref)
    elif kind == CH_RATE:
        m[ref + C_RATE] = value
        m[ref + C_BURST] = m[H_CHANGE_INDEX]
        m[ref + C_TAT] = min(m[ref + C_TAT], m[H_NOW])
    elif kind == CH_LOOK:
        if m[ref + W_STATE] == IDLE:
            arm_min(m, m[ref + W_EXAM], m[H_NOW])
    else:
        m[ref] = value
