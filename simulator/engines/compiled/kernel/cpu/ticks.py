"""The timer tick of a core or of a guest.

*Scope*: its cost; nothing is scheduled by it. *Validation*: conformance vectors of ticks.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.core import irq_job, kick, sync
from simulator.engines.compiled.kernel.cpu.executors import (
    CORE, E_CORE, E_CURRENT, E_KIND, E_LEAF, RUN, V_EXIT, V_STATE, V_THREAD,
)
from simulator.engines.compiled.kernel.cpu.jobs import J_NOTHING, LEAF_NONE
from simulator.engines.compiled.kernel.cpu.vcpu import X_TIMER, guest_irq_job, vm_exit

# tick
I_EXECUTOR, I_PERIOD, I_COST, I_SLOT = range(4)
TICK = 4


@helper
def on_tick(m, i):
    arm(m, m[i + I_SLOT], m[H_NOW] + m[i + I_PERIOD])
    e = m[i + I_EXECUTOR]
    if m[e + E_KIND] == CORE:
        if m[e + E_LEAF] != LEAF_NONE:
            irq_job(m, e, m[i + I_COST], J_NOTHING, 0)
    elif m[e + V_STATE] == RUN and m[m[e + E_CORE] + E_CURRENT] == m[e + V_THREAD]:
        c = m[e + E_CORE]
        sync(m, c)
        vm_exit(m, e, X_TIMER, m[e + V_EXIT])
        guest_irq_job(m, e, m[i + I_COST], J_NOTHING, 0)
        kick(m, c)
