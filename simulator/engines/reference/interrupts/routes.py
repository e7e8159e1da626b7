"""How an interrupt reaches the code that handles it: on the host, or in a guest by one of three techniques.

1. ``native``: the host's handler runs on a core and wakes the worker.
2. Stage 1 of a device's interrupt for a guest: ``legacy`` and ``apicv`` cost the host a handler; ``posted`` costs
   nothing unless the vCPU sleeps. An interrupt that a host thread signals (``irqfd``) has paid already.
3. Stage 2: the vCPU is woken; ``legacy`` kicks it out of guest mode, injects by software and pays for the EOI, the
   others do not, unless the interrupt is level-triggered.
4. The handler's accesses to registers of its device trap, one after the other, before the EOI.

*Scope*: interrupts to one vCPU (KVM: vfio_pci_intrs.c, posted_intr.c).
*Validation*: tests/unit/test_reference.py adds up one interrupt of each technique.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.core import Core
from simulator.engines.reference.cpu.vcpu import State, Vcpu
from simulator.engines.reference.interrupts.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.queues.later import Worker


class IrqRoute(Entity):
    """The way of one interrupt to its worker."""

    kind = "route"
    worker: Worker
    core: Core | None
    vcpu: Vcpu | None

    def __init__(self, data: model.IrqRoute, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self._slot = slot
        slot.attach(self._deliveries())

    def connect(self) -> None:
        """Find the worker, the core that is interrupted and the vCPU."""
        executors = self.world.executors
        self.worker = self.world.workers[self.data.worker]
        core = None if self.data.core == NONE else executors[self.data.core]
        vcpu = None if self.data.vcpu == NONE else executors[self.data.vcpu]
        assert core is None or isinstance(core, Core), self.name
        assert vcpu is None or isinstance(vcpu, Vcpu), self.name
        self.core, self.vcpu = core, vcpu

    def signal(self) -> None:
        """The interrupt is raised now."""
        self._slot.arm(self.world.now_ps)

    def raise_at_once(self, *, inside: bool = False) -> None:
        """The model of an emulated device raises it, ``inside`` an exit of the vCPU itself: that needs no kick."""
        self.counts["delivered"] += 1
        self._stage_2(inside=inside)

    def _deliveries(self) -> Process:
        while True:
            yield self._slot.wait()
            self.counts["delivered"] += 1
            if self.data.mode == "native":
                self._host_core().interrupt(self.data.hardirq_ps, self.worker.wake)
            else:
                self._stage_1(self._guest())

    def _host_core(self) -> Core:
        assert self.core is not None, self.name
        return self.core

    def _guest(self) -> Vcpu:
        assert self.vcpu is not None, self.name
        return self.vcpu

    def _stage_1(self, vcpu: Vcpu) -> None:
        data = self.data
        if data.origin == "irqfd":
            self._stage_2()
        elif data.mode != "posted":
            core = self._host_core()
            ipi_ps = data.ipi_ps if core is not vcpu.core else 0
            core.interrupt(data.hardirq_ps + data.irqfd_ps + ipi_ps, self._stage_2)
        elif vcpu.state is State.BLOCKED:
            vcpu.core.interrupt(data.wakeup_ps, self._stage_2)
        else:
            self._stage_2()

    def _stage_2(self, *, inside: bool = False) -> None:
        vcpu, was_running = self._guest(), self._guest().state is State.RUN
        vcpu.wake()
        if self.data.mode != "legacy":
            self._inject()
            return
        if was_running and not inside and self._needs_kick(vcpu):
            vcpu.exit("KICK", vcpu.data.exit_ps)
        vcpu.add_hypervisor_job(self.data.inject_ps, self._inject)

    def _needs_kick(self, vcpu: Vcpu) -> bool:
        elsewhere = self.data.origin == "irqfd" or vcpu.core is not self.core
        return elsewhere and not vcpu.preempted and not vcpu.in_hypervisor

    def _inject(self) -> None:
        vcpu = self._guest()
        if self.data.mode == "legacy":
            if vcpu.interrupt_jobs:
                vcpu.exit("IRQWIN", vcpu.data.exit_ps)
            vcpu.add_interrupt_job(self.data.handler_ps, self._handled)
        else:
            vcpu.add_interrupt_job(self.data.handler_ps + self.data.notify_ps, self._handled)

    def _handled(self) -> None:
        vcpu = self._guest()
        for notify in self.data.accesses:
            vcpu.trap(notify)
        if self.data.mode == "legacy" or self.data.level:
            vcpu.exit("EOI", self.data.eoi_ps)
        self.worker.wake()
