"""The head of the memory: where everything begins, what time it is, what went wrong, and the log.

*Scope*: fields of the header (``H_``), statuses and errors of a call, lines of the log. *Validation*: agreement of the engines, line for line.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined

INF = 1 << 62
CARRY = 1 << 62
NEVER = -(1 << 62)
(
    H_NOW, H_LEAVES, H_TREE, H_BASE, H_SLOTS, H_STAGES, H_PACKETS, H_PACKETS_FREE, H_NODES, H_NODES_FREE, H_MARGIN,
    H_NEXT_ID, H_ALIVE, H_LOG, H_LOG_COUNT, H_LOG_CAPACITY, H_REFILL, H_HANDLED, H_RUNS, H_ERROR, H_ERROR_AT,
    H_CORES, H_CORE_COUNT, H_METERS, H_METER_COUNT, H_LOCKS, H_LOCK_COUNT, H_SOON, H_SOON_COUNT, H_ACTING,
    H_CHANGE, H_CHANGE_AT, H_CHANGE_REF, H_CHANGE_INDEX, H_CHANGE_VALUE,
) = range(35)  # fmt: skip
HEADER = 40
SOON = 2
# status of a call
DONE, NEED_MEMORY, NEED_DRAWS, NEED_LOG, FAILED = range(5)
# errors
E_ZERO_TIME, E_UNDERRUN, E_REQUEST = range(1, 4)
# log events
EV_PUSH, EV_POP, EV_POST, EV_TAKE, EV_COMPLETE, EV_REAP, EV_DROP, EV_DELIVER, EV_EXIT = range(9)


@inlined
def log(m, event, place, number):
    if m[H_LOG_CAPACITY] > 0:
        at = m[H_LOG] + 4 * m[H_LOG_COUNT]
        m[at] = m[H_NOW]
        m[at + 1] = event
        m[at + 2] = place
        m[at + 3] = number
        m[H_LOG_COUNT] += 1
