"""The timer tick of a core or of a guest, and what else interrupts them at drawn times.

*Scope*: its cost; nothing is scheduled by it. *Validation*: conformance vectors of ticks.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.chance import draw
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.core import irq_job, kick, sync
from simulator.engines.compiled.kernel.cpu.executors import (
    CORE, E_CORE, E_CURRENT, E_KIND, E_LEAF, E_SPREAD, RUN, V_EXIT, V_STATE, V_THREAD,
)
from simulator.engines.compiled.kernel.cpu.jobs import J_NOTHING, LEAF_NONE
from simulator.engines.compiled.kernel.cpu.vcpu import X_TIMER, guest_irq_job, vm_exit

# tick
I_EXECUTOR, I_PERIOD, I_COST, I_SLOT, I_GAP, I_LENGTH, I_LABEL = range(7)
TICK = 7


@helper
def on_tick(m, i):
    gap = m[i + I_PERIOD]
    if m[i + I_GAP] != 0:
        gap = draw(m, m[i + I_GAP])
    arm(m, m[i + I_SLOT], m[H_NOW] + gap)
    e = m[i + I_EXECUTOR]
    cost = m[i + I_COST]
    stream = m[e + E_SPREAD]
    if m[i + I_LENGTH] != 0:
        cost = draw(m, m[i + I_LENGTH])
        stream = 0
    label = m[i + I_LABEL]
    if m[e + E_KIND] == CORE:
        if m[e + E_LEAF] != LEAF_NONE:
            irq_job(m, e, cost, J_NOTHING, 0, label, stream)
    elif m[e + V_STATE] == RUN and m[m[e + E_CORE] + E_CURRENT] == m[e + V_THREAD]:
        c = m[e + E_CORE]
        sync(m, c)
        if m[i + I_GAP] == 0:
            vm_exit(m, e, X_TIMER, m[e + V_EXIT])
        guest_irq_job(m, e, cost, J_NOTHING, 0, label, stream)
        kick(m, c)
