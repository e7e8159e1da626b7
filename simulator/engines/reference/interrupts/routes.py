"""How an interrupt reaches the code that handles it: on the host, or in a guest by one of three techniques.

1. ``native``: the host's handler runs on a core and wakes the worker.
2. Stage 1 of a device's interrupt for a guest: ``legacy`` and ``apicv`` cost the host a handler; ``posted`` costs
   nothing unless the vCPU sleeps. An interrupt that a host thread signals (``irqfd``) has paid already.
3. Messages and kicks of other cores take a flight, which is nobody's work.
4. Stage 2: the vCPU is woken; ``legacy`` kicks it out of guest mode, injects by software and pays for the EOI, the
   others do not, unless the interrupt is level-triggered.
5. The handler's accesses to registers of its device trap, one after the other, before the EOI.

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

    def __init__(self, data: model.IrqRoute, world: World, slot: Slot, kick: Slot | None) -> None:
        super().__init__(data.name, world)
        self.data = data
        self._slot = slot
        self._kick_slot = kick
        if kick is not None:
            kick.call(self._stage_2)
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
        """The interrupt is raised now; its message takes its time."""
        self._slot.arm_min(self.world.now_ps + self.data.flight_ps)

    @property
    def waker_ps(self) -> int:
        """Work of the thread that signals it now: to wake the vCPU, or to get it out of its guest."""
        vcpu = self.vcpu
        if vcpu is None:
            return 0
        if vcpu.state is State.BLOCKED:
            return self.data.waker_ps
        return self.data.ipi_ps if vcpu.in_guest and self.world.acting is not vcpu.core else 0

    def raise_at_once(self, *, inside: bool = False) -> None:
        """The model of an emulated device raises it, ``inside`` an exit of the vCPU itself: that needs no kick."""
        self.counts["delivered"] += 1
        self._kick(inside=inside)

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
            self._kick()
        elif data.mode != "posted":
            core = self._host_core()
            core.interrupt(data.hardirq_ps + data.irqfd_ps + self._sender_ps(core, vcpu), self._kick)
        elif vcpu.state is State.BLOCKED:
            vcpu.core.interrupt(data.wakeup_ps, self._kick)
        else:
            self._kick()

    def _sender_ps(self, core: Core, vcpu: Vcpu) -> int:
        if vcpu.state is State.BLOCKED:
            return self.data.waker_ps
        return self.data.ipi_ps if core is not vcpu.core else 0

    def _kick(self, *, inside: bool = False) -> None:
        """Signal the vCPU's core; two signals in one flight are one interrupt."""
        if self._kick_slot is not None and self.world.acting is not self._guest().core:
            self._kick_slot.arm_min(self.world.now_ps + self.data.kick_flight_ps)
        else:
            self._stage_2(inside=inside)

    def _stage_2(self, *, inside: bool = False) -> None:
        vcpu, in_guest = self._guest(), self._guest().in_guest
        vcpu.wake()
        if self.data.mode != "legacy":
            self._inject(self.data.notify_ps if in_guest else 0)
            return
        elsewhere = self.data.origin == "irqfd" or vcpu.core is not self.core
        if in_guest and not inside and elsewhere:
            vcpu.exit("KICK", vcpu.data.exit_ps)
        vcpu.add_hypervisor_job(self.data.inject_ps, self._inject)

    def _inject(self, notify_ps: int = 0) -> None:
        """The guest handles it. ``notify_ps``: a running vCPU takes a notification, one that is entered needs none."""
        vcpu = self._guest()
        if self.data.mode == "legacy" and vcpu.interrupt_jobs:
            vcpu.exit("IRQWIN", vcpu.data.exit_ps)
        vcpu.add_interrupt_job(self.data.handler_ps + notify_ps, self._handled)

    def _handled(self) -> None:
        vcpu = self._guest()
        for notify in self.data.accesses:
            vcpu.trap(notify)
        end = self._end_of_interrupt(vcpu)
        if end is not None:
            vcpu.exit(end, self.data.eoi_ps)
        self.worker.wake()

    def _end_of_interrupt(self, vcpu: Vcpu) -> str | None:
        """The exit that ending the interrupt causes."""
        if self.data.mode != "legacy":
            return "EOI_INDUCED" if self.data.level else None
        spared = self.data.pv_eoi and not self.data.level and not vcpu.interrupt_jobs
        return None if spared else "EOI"
