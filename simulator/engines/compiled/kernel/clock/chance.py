"""Draws: values that the engine has drawn in blocks, taken one by one.

*Scope*: taking a value and spreading a cost by it; the engine draws. *Validation*: agreement of the engines; the twin with blocks of 128.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined
from simulator.engines.compiled.kernel.clock.world import E_UNDERRUN, H_ERROR, H_REFILL

# stream
Z_CONSTANT, Z_VALUE, Z_CURSOR, Z_LIMIT, Z_START, Z_END = range(6)
STREAM = 6


@inlined
def draw(m, z):
    if m[z + Z_CONSTANT] != 0:
        return m[z + Z_VALUE]
    c = m[z + Z_CURSOR]
    if c >= m[z + Z_END]:
        m[H_ERROR] = E_UNDERRUN
        return 0
    m[z + Z_CURSOR] = c + 1
    if c + 1 >= m[z + Z_LIMIT]:
        m[H_REFILL] = 1
    return m[c]


@inlined
def spread(m, cost, z):
    if z == 0:
        return cost
    return (cost * draw(m, z) + 512) >> 10
