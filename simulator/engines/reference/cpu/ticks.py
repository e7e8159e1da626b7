"""The periodic timer interrupt of an executor, silent while the executor is idle.

*Scope*: a host's or a guest's scheduling-clock tick. *Validation*: conformance vectors of TIMER exits.
"""

from __future__ import annotations

from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.core import Core
from simulator.engines.reference.cpu.vcpu import State, Vcpu
from simulator.engines.reference.cpu.world import World
from simulator.plan import model


class Tick:
    """One periodic timer."""

    def __init__(self, data: model.Tick, world: World, slot: Slot) -> None:
        self._data = data
        self._world = world
        self._slot = slot
        slot.attach(self._interrupts())
        slot.arm(data.offset_ps)

    def _interrupts(self) -> Process:
        while True:
            yield self._slot.wait()
            self._slot.arm(self._world.now_ps + self._data.period_ps)
            executor = self._world.executors[self._data.executor]
            if isinstance(executor, Core):
                self._interrupt_core(executor)
            else:
                self._interrupt_vcpu(executor)

    def _interrupt_core(self, core: Core) -> None:
        if core.leaf is not None:
            core.interrupt(self._data.cost_ps)

    def _interrupt_vcpu(self, vcpu: Vcpu) -> None:
        has_core = vcpu.core.scheduler.current is vcpu.thread
        if vcpu.state is State.RUN and not vcpu.preempted and has_core:
            vcpu.exit("TIMER", vcpu.data.exit_ps)
            vcpu.add_interrupt_job(self._data.cost_ps)
