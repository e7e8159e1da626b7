"""CPU bandwidth of a group of threads: so much time in each period, handed out to its threads in slices.

*Scope*: Linux CFS bandwidth (cgroup ``cpu.max``) without burst. *Validation*: conformance vectors of quotas.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.executors import E_RUNNABLE
from simulator.engines.compiled.kernel.cpu.threads import (
    T_EXECUTOR, T_LOCAL, T_QUOTA, T_RUNNABLE, T_THROTTLED, land,
)

# quota
B_AMOUNT, B_PERIOD, B_SLICE, B_POOL, B_SLOT, B_THREADS, B_THREAD_COUNT, B_C_USED, B_C_THROTTLED = range(9)
QUOTA = 9


@helper
def quota_charge(m, t, e):
    m[t + T_LOCAL] -= e
    m[m[t + T_QUOTA] + B_C_USED] += e


@helper
def quota_allows(m, t):
    """Whether thread t may run, if need be with a new slice; otherwise it is throttled."""
    if m[t + T_LOCAL] > 0:
        return True
    b = m[t + T_QUOTA]
    taken = min(m[b + B_SLICE], m[b + B_POOL])
    m[b + B_POOL] -= taken
    m[t + T_LOCAL] = taken
    if taken > 0:
        return True
    m[t + T_THROTTLED] = 1
    m[t + T_RUNNABLE] = 0
    m[m[t + T_EXECUTOR] + E_RUNNABLE] -= 1
    m[b + B_C_THROTTLED] += 1
    return False


@helper
def on_quota(m, b):
    """A new period."""
    arm(m, m[b + B_SLOT], m[H_NOW] + m[b + B_PERIOD])
    m[b + B_POOL] = m[b + B_AMOUNT]
    for i in range(m[b + B_THREAD_COUNT]):
        t = m[m[b + B_THREADS] + i]
        if m[t + T_THROTTLED] != 0:
            m[t + T_THROTTLED] = 0
            land(m, t)
