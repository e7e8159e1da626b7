"""A mutex that threads of the host hold by turns, such as QEMU's global lock, or a lock that workers spin for.

1. Who finds it free owns it; who does not sleeps and queues.
2. Whoever gives it back hands it to the first in the queue at the same instant: it is held while the next owner wakes up.
3. Who spins knows from the start how long all before it will hold it.

*Scope*: handed over in the order of requests; no priorities; a lock is slept for or spun for, never both. *Validation*: conformance
vectors of accesses and of workers.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.engines.reference.clock.levels import Level
from simulator.engines.reference.cpu.world import Entity, World
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.threads import Thread


class Lock(Entity):
    """``owner`` is None while nobody holds it."""

    kind = "lock"

    def __init__(self, data: model.Lock, world: World) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.owner: Thread | None = None
        self._waiters: deque[Thread] = deque()
        self._held = Level(world)
        self._free_ps = 0

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiters)

    def take(self, thread: Thread) -> bool:
        """Give it to ``thread``, which runs; if it has an owner, ``thread`` sleeps until it is its turn."""
        if self.owner is None:
            self._own(thread)
            return True
        self.counts["contended"] += 1
        thread.wait_for_lock()
        self._waiters.append(thread)
        return False

    def release(self) -> None:
        """The owner gives it back, and the first one who waits has it."""
        self.owner = None
        self._held.change(-1)
        if self._waiters:
            thread = self._waiters.popleft()
            self._own(thread)
            thread.receive_lock(self.data.handover_ps)

    def spin(self, hold_ps: int) -> int:
        """How long who wants it now works until it has held it for ``hold_ps``."""
        now_ps = self.world.now_ps
        self.counts["acquired"] += 1
        self.counts["contended"] += self._free_ps > now_ps
        self.counts["held_ps"] += hold_ps
        self._free_ps = max(self._free_ps, now_ps) + hold_ps
        return self._free_ps - now_ps

    def _own(self, thread: Thread) -> None:
        self.owner = thread
        self._held.change(+1)
        self.counts["acquired"] += 1

    def begin_window(self) -> None:
        """Forget counters and the time held so far."""
        super().begin_window()
        self._held.begin_window()

    def counters(self) -> dict[str, int]:
        """The counters with the time that it has had an owner."""
        return {**self.counts, "held_ps": self.counts["held_ps"] + self._held.integral()}
