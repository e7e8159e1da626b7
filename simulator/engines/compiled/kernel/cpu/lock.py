"""A mutex that threads of the host hold by turns, such as QEMU's global lock, or a lock that workers spin for.

*Scope*: handed over in the order of requests. *Validation*: conformance vectors of accesses and of workers.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.nodes import append, take_head
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.scheduler import leave
from simulator.engines.compiled.kernel.cpu.threads import TK_VCPU, T_KIND, T_NEXT, T_VCPU, T_WAITS, start_thread

# lock
U_HANDOVER, U_OWNER, U_WAIT_HEAD, U_WAIT_TAIL, U_SINCE, U_C_ACQUIRED, U_C_CONTENDED, U_C_HELD = range(8)
U_FREE = U_SINCE  # one that is spun for has no owner, but a time at which it is free
LOCK = 8


@later
def go_on_from_user(m, v):
    """See ``cpu.accesses``."""


@inlined
def owns(m, u, t):
    return m[u + U_OWNER] == t


@inlined
def lock_own(m, u, t):
    m[u + U_OWNER] = t
    m[u + U_SINCE] = m[H_NOW]
    m[u + U_C_ACQUIRED] += 1


@helper
def lock_take(m, u, t):
    """Thread t, which runs, becomes the owner, or sleeps until it is; True if it is the owner."""
    if m[u + U_OWNER] == 0:
        lock_own(m, u, t)
        return True
    m[u + U_C_CONTENDED] += 1
    m[t + T_WAITS] = 1
    leave(m, t)
    append(m, u + U_WAIT_HEAD, T_NEXT, t)
    return False


@helper
def lock_release(m, u):
    m[u + U_C_HELD] += m[H_NOW] - m[u + U_SINCE]
    m[u + U_OWNER] = 0
    if m[u + U_WAIT_HEAD] != 0:
        t = take_head(m, u + U_WAIT_HEAD, T_NEXT)
        lock_own(m, u, t)
        m[t + T_WAITS] = 0
        if m[t + T_KIND] == TK_VCPU:
            go_on_from_user(m, m[t + T_VCPU])
        start_thread(m, t, m[u + U_HANDOVER])


@helper
def lock_spin(m, u, hold):
    """How long who wants the lock now works until it has held it so long."""
    free = m[u + U_FREE]
    m[u + U_C_ACQUIRED] += 1
    m[u + U_C_CONTENDED] += free > m[H_NOW]
    m[u + U_C_HELD] += hold
    m[u + U_FREE] = max(free, m[H_NOW]) + hold
    return m[u + U_FREE] - m[H_NOW]
