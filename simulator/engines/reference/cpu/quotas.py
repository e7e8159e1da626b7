"""CPU bandwidth of a group of threads: so much time in each period, handed out to its threads in slices.

1. A thread that is about to run takes a slice from the pool; when the pool is empty it is throttled.
2. At the beginning of each period the pool is full again, and the throttled threads go on.

*Scope*: Linux CFS bandwidth (cgroup ``cpu.max``) without burst. *Validation*: conformance vectors of quotas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.world import Entity, World
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.threads import Thread


class Quota(Entity):
    """One group."""

    kind = "quota"

    def __init__(self, data: model.Quota, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self._data = data
        self._pool_ps = data.quota_ps
        self._slot = slot
        self.threads: list[Thread] = []
        slot.attach(self._periods())
        slot.arm(data.period_ps)

    def slice_ps(self) -> int:
        """Take a slice from the pool; 0 if it is empty."""
        taken_ps = min(self._data.slice_ps, self._pool_ps)
        self._pool_ps -= taken_ps
        return taken_ps

    def begin_window(self) -> None:
        """Start the window's time at zero."""
        super().begin_window()
        self.counts["used_ps"] = -self._unbooked_ps

    def counters(self) -> dict[str, int]:
        """The counters up to now."""
        return {**self.counts, "used_ps": self.counts["used_ps"] + self._unbooked_ps}

    @property
    def _unbooked_ps(self) -> int:
        return sum(thread.executor.core.unbooked_ps(thread) for thread in self.threads)

    def _periods(self) -> Process:
        while True:
            yield self._slot.wait()
            self._slot.arm(self.world.now_ps + self._data.period_ps)
            self._pool_ps = self._data.quota_ps
            for thread in self.threads:
                thread.go_on()
