"""A device model that runs inside an access of the guest: the guest's instruction is not over before it is.

*Scope*: QEMU's emulated devices, which send from the register write itself.
*Validation*: conformance vectors of accesses.
"""

from __future__ import annotations

from simulator.engines.reference.cpu.vcpu import Vcpu
from simulator.engines.reference.workers.software import SoftwareWorker
from simulator.engines.reference.workers.world import World
from simulator.errors import EngineError
from simulator.plan import model


class ExitWorker(SoftwareWorker):
    """Runs on its vCPU before everything else there, once per access that wakes it; it has no budget."""

    def __init__(self, data: model.Worker, world: World, vcpu: Vcpu) -> None:
        super().__init__(data, world, vcpu)
        self._vcpu = vcpu

    def _enqueue(self) -> None:
        self._vcpu.begin_exit_worker(self)

    def _leave(self) -> None:
        self._vcpu.end_exit_worker()

    def _requeue(self) -> None:
        raise EngineError(f"{self.name}: a device model inside an access takes no turns")

    def _looks_again_in_place(self) -> bool:
        return True

    def _budget_is_spent(self) -> bool:
        return False

    def _may_take(self, taken: int) -> bool:
        return taken < self.data.chunk

    def _yields_its_turn(self) -> bool:
        return False
