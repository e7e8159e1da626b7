"""Who waits for room, first come first served.

*Scope*: one list per queue. *Validation*: conformance vectors of parked workers.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined, later
from simulator.engines.compiled.kernel.clock.nodes import take_head

# worker
W_NEXT = 0  # a worker is listed by its first field


@later
def resume(m, w):
    """See ``workers.workers``."""


@inlined
def resume_first(m, waiters):
    if m[waiters] != 0:
        resume(m, take_head(m, waiters, W_NEXT))
