"""The main loop: the next slot is handled until the time is up.

*Scope*: which handler belongs to which slot; all rules are in the rooms. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import INT, WORDS, entry, helper, inlined
from simulator.engines.compiled.kernel.bus.dma import on_memory
from simulator.engines.compiled.kernel.bus.links import on_link
from simulator.engines.compiled.kernel.clock.calendar import (
    HORIZON, SLOT, SLOT_BITS, SL_HANDLER, SL_REF, SL_TIME, rebase, rise, take_soon,
)
from simulator.engines.compiled.kernel.clock.levels import meter
from simulator.engines.compiled.kernel.clock.world import (
    DONE, E_ZERO_TIME, FAILED, H_BASE, H_CHANGE, H_CORES, H_CORE_COUNT, H_ERROR, H_ERROR_AT, H_HANDLED, H_LOCKS, H_LOCK_COUNT, H_LOG_CAPACITY, H_LOG_COUNT,
    H_MARGIN, H_METERS, H_METER_COUNT, H_NODES_FREE, H_NOW, H_PACKETS_FREE, H_REFILL, H_RUNS, H_SLOTS, H_SOON, H_SOON_COUNT, H_TREE, INF, NEED_DRAWS,
    NEED_LOG, NEED_MEMORY,
)
from simulator.engines.compiled.kernel.cpu.core import on_core, sync
from simulator.engines.compiled.kernel.cpu.halt_polling import on_halt_poll
from simulator.engines.compiled.kernel.cpu.lock import LOCK, U_C_HELD, U_OWNER, U_SINCE
from simulator.engines.compiled.kernel.cpu.quotas import on_quota
from simulator.engines.compiled.kernel.cpu.threads import on_flight
from simulator.engines.compiled.kernel.cpu.ticks import on_tick
from simulator.engines.compiled.kernel.ends.changes import NO_CHANGE, change
from simulator.engines.compiled.kernel.ends.sources import on_source, on_timeout
from simulator.engines.compiled.kernel.interrupts.moderators import on_moderator
from simulator.engines.compiled.kernel.interrupts.routes import on_kick, on_route
from simulator.engines.compiled.kernel.queues.rx_ring import hand_over_held
from simulator.engines.compiled.kernel.workers.hardware import on_hardware
from simulator.engines.compiled.kernel.workers.workers import on_examination

# handlers
(
    ON_SOURCE, ON_LINK, ON_MEMORY, ON_HARDWARE, ON_MODERATOR, ON_ROUTE, ON_HALT_POLL, ON_TICK, ON_TIMEOUT, ON_EXAMINATION, ON_CORE,
    ON_KICK, ON_FLIGHT, ON_QUOTA, ON_HOLD,
) = range(15)  # fmt: skip


@helper
def handle(m, kind, ref):
    if kind == ON_CORE:
        on_core(m, ref)
    elif kind == ON_LINK:
        on_link(m, ref)
    elif kind == ON_HARDWARE:
        on_hardware(m, ref)
    elif kind == ON_EXAMINATION:
        on_examination(m, ref)
    elif kind == ON_SOURCE:
        on_source(m, ref)
    elif kind == ON_MEMORY:
        on_memory(m, ref)
    elif kind == ON_MODERATOR:
        on_moderator(m, ref)
    elif kind == ON_ROUTE:
        on_route(m, ref)
    elif kind == ON_HALT_POLL:
        on_halt_poll(m, ref)
    elif kind == ON_TICK:
        on_tick(m, ref)
    elif kind == ON_KICK:
        on_kick(m, ref)
    elif kind == ON_FLIGHT:
        on_flight(m, ref)
    elif kind == ON_QUOTA:
        on_quota(m, ref)
    elif kind == ON_HOLD:
        hand_over_held(m, ref)
    else:
        on_timeout(m, ref)


@helper
def settle(m, until):
    """Let core seconds and ring integrals include the time up to ``until``."""
    if until > m[H_NOW]:
        m[H_NOW] = until
    for i in range(m[H_CORE_COUNT]):
        sync(m, m[m[H_CORES] + i])
    for i in range(m[H_METER_COUNT]):
        meter(m, m[m[H_METERS] + i], 0)
    for i in range(m[H_LOCK_COUNT]):
        u = m[H_LOCKS] + LOCK * i
        if m[u + U_OWNER] != 0:
            m[u + U_C_HELD] += m[H_NOW] - m[u + U_SINCE]
            m[u + U_SINCE] = m[H_NOW]


@inlined
def lacks(m, margin):
    """What the next handler might run out of; DONE if nothing."""
    if m[H_NODES_FREE] < margin or m[H_PACKETS_FREE] < 4:
        return NEED_MEMORY
    if m[H_REFILL] != 0:
        return NEED_DRAWS
    if m[H_LOG_CAPACITY] > 0 and m[H_LOG_COUNT] + 4 * margin > m[H_LOG_CAPACITY]:
        return NEED_LOG
    return DONE


@entry(WORDS, INT, notice="compiling the packet kernel (once per version, about 15 s)")
def run(m, until):
    """Handle every armed slot with time <= until, after an event's step if there is one; returns a status, see DONE and its followers."""
    margin = m[H_MARGIN]
    if m[H_BASE] < 0:
        rebase(m, 0)
    if m[H_CHANGE] != NO_CHANGE:
        change(m)
    if until < m[H_NOW]:  # more happens at this instant before its slots
        return lacks(m, margin)
    slots = m[H_SLOTS]
    top = m[H_TREE] + 1
    base = m[H_BASE]
    limit = min(until + 1, base + HORIZON)
    while True:
        status = lacks(m, margin)
        if status != DONE:
            return status
        slot = m[top] & ((1 << SLOT_BITS) - 1)
        t = base + (m[top] >> SLOT_BITS)
        if m[H_SOON_COUNT] != 0:
            due = m[m[H_SOON]]
            if m[H_SOON_COUNT] == 1 and t > m[H_NOW] and m[slots + SLOT * due + SL_TIME] == m[H_NOW]:
                m[H_SOON_COUNT] = 0
            else:
                due = take_soon(m, slot, t)
            if due >= 0:
                slot = due
                t = m[H_NOW]
        if t >= limit:
            if t > until:
                settle(m, until)
                return DONE
            base = rebase(m, until)
            limit = min(until + 1, base + HORIZON)
            continue
        m[H_HANDLED] += 1
        if t > m[H_NOW]:
            m[H_NOW] = t
            m[H_RUNS] = 1
        else:
            m[H_RUNS] += 1
            if m[H_RUNS] > 1_000_000:
                m[H_ERROR] = E_ZERO_TIME
                m[H_ERROR_AT] = slot
        at = slots + SLOT * slot
        m[at + SL_TIME] = INF
        handle(m, m[at + SL_HANDLER], m[at + SL_REF])
        if m[at + SL_TIME] == INF:
            rise(m, slot, INF)
        if m[H_ERROR] != 0:
            return FAILED
