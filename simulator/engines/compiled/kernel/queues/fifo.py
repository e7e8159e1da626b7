"""A queue of packets between two workers, bounded in packets and perhaps in bytes.

*Scope*: tap queues, socket buffers, NIC packet buffers. *Validation*: conformance vectors; pushed = popped + held in every run.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.levels import METER, X_HELD, meter
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.packets import P_ID, P_LEN, P_NEXT, drop
from simulator.engines.compiled.kernel.clock.world import EV_POP, EV_PUSH, log
from simulator.engines.compiled.kernel.queues.gates import GATE
from simulator.engines.compiled.kernel.queues.waiters import resume_first

# fifo
(
    F_CAPACITY, F_BYTES_CAPACITY, F_BLOCK, F_WAKE_FREE, F_POLLER, F_POLLER_INPUT, F_PLACE, F_HEAD, F_TAIL, F_PUSHED, F_PUBLISHED, F_POPPED,
    F_RESERVED, F_BYTES, F_WAIT_HEAD, F_WAIT_TAIL, F_C_PUSHED, F_C_POPPED, F_C_DROPPED,
) = range(19)  # fmt: skip
F_METER = 19
F_GATE = F_METER + METER
FIFO = F_GATE + GATE


@later
def effect(m, g):
    """See ``queues.effects``."""


@later
def fifo_publish(m, f):
    """See ``queues.sides``."""


@inlined
def fifo_push(m, f, p, reserved):
    """Append p, or drop it; a reserved place always exists."""
    if reserved:
        m[f + F_RESERVED] -= 1
    else:
        full = m[f + F_METER + X_HELD] + m[f + F_RESERVED] >= m[f + F_CAPACITY]
        limit = m[f + F_BYTES_CAPACITY]
        if full or (limit > 0 and m[f + F_BYTES] + m[p + P_LEN] > limit):
            m[f + F_C_DROPPED] += 1
            drop(m, p, m[f + F_PLACE])
            return
    append(m, f + F_HEAD, P_NEXT, p)
    m[f + F_PUSHED] += 1
    m[f + F_C_PUSHED] += 1
    m[f + F_BYTES] += m[p + P_LEN]
    meter(m, f + F_METER, 1)
    log(m, EV_PUSH, m[f + F_PLACE], m[p + P_ID])


@helper
def fifo_arrive(m, f, p, reserved):
    """Push by a source, a link or a hardware engine: visible at once."""
    fifo_push(m, f, p, reserved)
    if fifo_publish(m, f):
        effect(m, f + F_GATE)


@inlined
def fifo_pop(m, f):
    p = take_head(m, f + F_HEAD, P_NEXT)
    m[f + F_POPPED] += 1
    m[f + F_C_POPPED] += 1
    m[f + F_BYTES] -= m[p + P_LEN]
    meter(m, f + F_METER, -1)
    log(m, EV_POP, m[f + F_PLACE], m[p + P_ID])
    if m[f + F_WAIT_HEAD] != 0 and fifo_space(m, f) >= m[f + F_WAKE_FREE]:
        resume_first(m, f + F_WAIT_HEAD)
    return p


@inlined
def fifo_space(m, f):
    return m[f + F_CAPACITY] - m[f + F_METER + X_HELD] - m[f + F_RESERVED]
