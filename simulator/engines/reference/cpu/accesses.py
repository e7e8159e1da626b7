"""An access: an instruction of the guest that traps, and what the host does before the guest's next one.

1. The exit itself is work of the hypervisor, or of QEMU's thread if the device is emulated there under a lock.
2. Without the lock the vCPU's thread sleeps (state USER); with it, it spends the locked part, before anything else that
   the hypervisor has to do on this vCPU.
3. Then the effect. If that unmasks an emulated device that has something to say, the vCPU pays for the signal too; if it
   starts a device model, the access lasts until the model is done.
4. At the end the lock is given back.

*Scope*: port and memory-mapped I/O of emulated devices. *Validation*: conformance vectors of accesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.cpu.lock import Lock
from simulator.engines.reference.queues.effects import run_effect, waker_ps
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.later import Moderator
    from simulator.engines.reference.cpu.vcpu import Vcpu


class Access:
    """One access by ``vcpu``, which knows it from the end of its exit until it is over."""

    def __init__(self, vcpu: Vcpu, notify: model.Notify) -> None:
        self._vcpu = vcpu
        self._notify = notify
        self._lock: Lock | None = None if notify.lock == NONE else vcpu.world.locks[notify.lock]
        self._label = "hyp" if self._lock is None else "exit_user"

    def trap(self) -> None:
        """The guest's instruction traps."""
        cost_ps = self._notify.cost_ps + waker_ps(self._notify, self._vcpu.world)
        self._vcpu.exit(self._notify.exit, cost_ps, self._arrived, label=self._label)

    def _arrived(self) -> None:
        self._vcpu.access = self
        if self._lock is None:
            self._effect()
        elif self._lock.take(self._vcpu.thread):
            self.go_on()
        else:
            self._vcpu.wait_in_user()

    def go_on(self) -> None:
        """The vCPU's thread owns the lock."""
        self._vcpu.go_on_from_user()
        self._vcpu.add_hypervisor_job_first(self._notify.locked_ps, self._label, self._effect)

    def _effect(self) -> None:
        if self._notify.kind == "unmask":
            self._unmask(self._vcpu.world.moderators[self._notify.target])
        else:
            run_effect(self._notify, self._vcpu.world)
            self.leave()

    def _unmask(self, moderator: Moderator) -> None:
        if not moderator.rearm():
            self.leave()
            return

        def signalled() -> None:
            moderator.route.raise_at_once(inside=True)
            self.leave()

        self._vcpu.add_hypervisor_job_first(moderator.data.signal_ps, self._label, signalled)

    def leave(self) -> None:
        """Back to the guest, unless a device model goes on inside this access."""
        if self._vcpu.exit_worker is None and self._lock is not None:
            self._lock.release()
