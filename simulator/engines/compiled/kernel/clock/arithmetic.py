"""Integers: quotients rounded up, sums wider than a word.

*Scope*: nothing that knows a record. *Validation*: vectors with sums above 63 bits.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined, quotient
from simulator.engines.compiled.kernel.clock.world import CARRY


@inlined
def ceil_div(a, b):
    return quotient(a + b - 1, b)


@inlined
def add_wide(m, at, x):
    """Add to a sum kept in two words; it outgrows 63 bits on long runs."""
    m[at] += x
    if m[at] >= CARRY:
        m[at] -= CARRY
        m[at + 1] += 1
