"""How many of something are held: the integral over time and the maximum.

*Scope*: meters of queues. *Validation*: vectors of waiting sums; pushed = popped + held in every run.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined
from simulator.engines.compiled.kernel.clock.arithmetic import add_wide
from simulator.engines.compiled.kernel.clock.world import H_NOW

# meter: what a ring holds, its integral over time, its maximum
X_HELD, X_LAST, X_LOW, X_HIGH, X_MAXIMUM = range(5)
METER = 5


@inlined
def meter(m, x, change):
    """Account what was held until now, then hold ``change`` more."""
    held = m[x + X_HELD]
    now = m[H_NOW]
    if held > 0:
        add_wide(m, x + X_LOW, held * (now - m[x + X_LAST]))
    m[x + X_LAST] = now
    m[x + X_HELD] = held + change
    if held + change > m[x + X_MAXIMUM]:
        m[x + X_MAXIMUM] = held + change
