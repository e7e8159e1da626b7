"""How long a halted vCPU waits awake: it adapts to how long the last halts were.

*Scope*: KVM's kvm_vcpu_halt. *Validation*: conformance vectors of polling.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, later
from simulator.engines.compiled.kernel.clock.calendar import disarm
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.cpu.executors import (
    E_CORE, E_POLLING, HLT, POLL, V_BLOCK, V_GROW, V_GROW_START, V_HLT_END, V_HP, V_POLL_MAX, V_POLL_SLOT, V_SHRINK, V_STATE,
)
from simulator.engines.compiled.kernel.cpu.jobs import J_BLOCK
from simulator.engines.compiled.kernel.cpu.vcpu import hyp_job


@later
def kick(m, c):
    """See ``cpu.core``."""


@later
def sync(m, c):
    """See ``cpu.core``."""


@helper
def end_poll(m, v):
    """Halt polling found nothing, or somebody else wants the core: block."""
    m[m[v + E_CORE] + E_POLLING] = 0
    disarm(m, m[v + V_POLL_SLOT])
    m[v + V_STATE] = HLT
    hyp_job(m, v, m[v + V_BLOCK], J_BLOCK, 0)


@helper
def adapt(m, v):
    h = m[H_NOW] - m[v + V_HLT_END]
    hp = m[v + V_HP]
    limit = m[v + V_POLL_MAX]
    if limit == 0 or h <= hp:
        return
    if hp > 0 and h > limit:
        shrunk = 0
        if m[v + V_SHRINK] > 0:
            shrunk = hp // m[v + V_SHRINK]
            if shrunk < m[v + V_GROW_START]:
                shrunk = 0
        m[v + V_HP] = shrunk
    elif hp < limit and h < limit:
        m[v + V_HP] = min(limit, max(m[v + V_GROW_START], hp * m[v + V_GROW]))


@helper
def on_halt_poll(m, v):
    if m[v + V_STATE] == POLL:
        sync(m, m[v + E_CORE])
        end_poll(m, v)
        kick(m, m[v + E_CORE])
