"""Which idle state a core goes to, judged by how long it has been idle lately, and what leaving it takes.

*Scope*: Linux's menu governor without its knowledge of timers. *Validation*: conformance vectors of idle states.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.world import INF
from simulator.engines.compiled.kernel.cpu.executors import E_GOVERNOR

# governor: what a core remembers, then its states as (residency, time to leave)
V8_STATES, V8_NEXT, V8_MEAN, V8_RECENT = range(4)
INTERVALS = 8
V8_TABLE = V8_RECENT + INTERVALS
LONGEST_US = 50_000


@helper
def typical_interval(m, g):
    """Microseconds that the last idle times have in common; INF if they have nothing in common."""
    limit = INF
    while True:
        n = total = longest = 0
        for i in range(INTERVALS):
            us = m[g + V8_RECENT + i]
            if us <= limit:
                n += 1
                total += us
                longest = max(longest, us)
        if longest == 0:
            return INF
        mean = total // n
        squares = 0
        for i in range(INTERVALS):
            us = m[g + V8_RECENT + i]
            if us <= limit:
                squares += (us - mean) * (us - mean)
        variance = squares // n
        if variance <= 400 or (mean * mean > 36 * variance and 4 * n >= 24):
            return mean
        if 4 * n <= 24:
            return INF
        limit = longest - 1


@helper
def leave_state(m, c, idle):
    """What it takes core c to leave the state in which it has been for ``idle`` ps; it learns from it."""
    g = m[c + E_GOVERNOR]
    expected = min(typical_interval(m, g), m[g + V8_MEAN] >> 3) * 1_000_000
    cost = m[g + V8_TABLE + 1]
    for i in range(1, m[g + V8_STATES]):
        if m[g + V8_TABLE + 2 * i] <= expected:
            cost = m[g + V8_TABLE + 2 * i + 1]
    us = min(idle // 1_000_000, LONGEST_US)
    m[g + V8_RECENT + m[g + V8_NEXT]] = us
    m[g + V8_NEXT] = (m[g + V8_NEXT] + 1) % INTERVALS
    m[g + V8_MEAN] += us - (m[g + V8_MEAN] >> 3)
    return cost
