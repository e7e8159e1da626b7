"""A recurring interrupt of an executor, silent while the executor is idle: the tick, or noise at drawn times.

*Scope*: a host's or a guest's scheduling-clock tick, and what else a kernel does besides. *Validation*: conformance vectors of TIMER exits.
"""

from __future__ import annotations

from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.core import Core
from simulator.engines.reference.cpu.vcpu import State, Vcpu
from simulator.engines.reference.cpu.world import World
from simulator.plan import model
from simulator.plan.model import NONE


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
            self._slot.arm(self._world.now_ps + self._drawn(self._data.gap, self._data.period_ps))
            executor = self._world.executors[self._data.executor]
            cost_ps = self._drawn(self._data.length, self._data.cost_ps)
            if isinstance(executor, Core):
                self._interrupt_core(executor, cost_ps)
            else:
                self._interrupt_vcpu(executor, cost_ps)

    def _drawn(self, stream: int, otherwise_ps: int) -> int:
        return otherwise_ps if stream == NONE else self._world.chance.draw(stream)

    def _interrupt_core(self, core: Core, cost_ps: int) -> None:
        if core.leaf is not None:
            core.interrupt(cost_ps, label=self._data.label or "host_irq", drawn=self._data.length != NONE)

    def _interrupt_vcpu(self, vcpu: Vcpu, cost_ps: int) -> None:
        has_core = vcpu.core.scheduler.current is vcpu.thread
        if vcpu.state is State.RUN and not vcpu.preempted and has_core:
            if self._data.gap == NONE:
                vcpu.exit("TIMER", vcpu.data.exit_ps)
            drawn = self._data.length != NONE
            vcpu.add_interrupt_job(cost_ps, label=self._data.label or "guest_irq", drawn=drawn)
