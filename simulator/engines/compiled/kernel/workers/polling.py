"""Poll mode: software that looks at its inputs all the time and is never told anything.

*Scope*: when a loop that is not simulated would look. *Validation*: conformance vectors of examination times.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm_min
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.core import kick, sync
from simulator.engines.compiled.kernel.cpu.executors import E_LEAF, E_LEAF_REF
from simulator.engines.compiled.kernel.cpu.jobs import LEAF_PMD, POLLING, RUNNING, W_STATE
from simulator.engines.compiled.kernel.queues.inputs import INPUT, visible
from simulator.engines.compiled.kernel.workers.notifications import holds
from simulator.engines.compiled.kernel.workers.software import advance
from simulator.engines.compiled.kernel.workers.workers import (
    DO_STEP, W_BEGUN, W_CORE, W_C_INVOCATIONS, W_DRAIN, W_DRAINED, W_EXAM, W_FIRST, W_INPUTS, W_INPUT_COUNT, W_LOOP, W_SCAN, W_T0, next_input, tell,
)


@helper
def tell_polling(m, w, i):
    now = m[H_NOW]
    if m[w + W_STATE] == POLLING:
        loop = m[w + W_LOOP]
        t = now
        if loop > 0:
            offset = loop * i // m[w + W_INPUT_COUNT]
            behind = max(0, now - m[w + W_T0] - offset)
            t = m[w + W_T0] + offset + ceil_div(behind, loop) * loop
        arm_min(m, m[w + W_EXAM], t)


@helper
def restart(m, w):
    """A poll-mode worker has the core again: its pass starts now."""
    m[w + W_T0] = m[H_NOW]
    tell_visible(m, w)


@helper
def tell_visible(m, w):
    for k in range(m[w + W_INPUT_COUNT]):
        if visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
            tell(m, w, k)
    if m[w + W_DRAIN] > 0 and m[w + W_STATE] == POLLING and holds(m, w):
        arm_min(m, m[w + W_EXAM], max(m[H_NOW], m[w + W_DRAINED] + m[w + W_DRAIN]))


@helper
def poll_examine(m, w):
    c = m[w + W_CORE]
    if m[w + W_STATE] != POLLING or m[c + E_LEAF] != LEAF_PMD or m[c + E_LEAF_REF] != w:
        return
    sync(m, c)
    loop = m[w + W_LOOP]
    since = m[H_NOW] - m[w + W_T0]
    scan = 0
    if loop > 0:
        count = m[w + W_INPUT_COUNT]
        for k in range(count - 1, -1, -1):
            offset = loop * k // count
            if since >= offset and (since - offset) % loop == 0:
                scan = k
    if next_input(m, w, scan) < 0 and (m[w + W_DRAIN] == 0 or m[H_NOW] < m[w + W_DRAINED] + m[w + W_DRAIN] or not holds(m, w)):
        return
    m[w + W_SCAN] = scan
    m[w + W_STATE] = RUNNING
    m[w + W_FIRST] = 1
    m[w + W_BEGUN] = m[H_NOW]
    m[w + W_C_INVOCATIONS] += 1
    advance(m, w, DO_STEP)
    kick(m, c)
