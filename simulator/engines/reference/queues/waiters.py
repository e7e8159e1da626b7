"""Who waits for room, first come first served.

*Scope*: one list per queue. *Validation*: conformance vectors of parked workers.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.engines.reference.queues.later import Worker


class Waiters:
    """Parked workers in the order in which they parked."""

    def __init__(self) -> None:
        self._workers: deque[Worker] = deque()

    def append(self, worker: Worker) -> None:
        """``worker`` waits behind the others."""
        self._workers.append(worker)

    @property
    def waker_ps(self) -> int:
        """Work of whoever resumes the first one now."""
        return self._workers[0].waker_ps if self._workers else 0

    def resume_all(self) -> None:
        """Let all go on, in order."""
        for _ in range(len(self._workers)):
            self.resume_first()

    def resume_first(self) -> None:
        """Let the first one go on, if there is one."""
        if self._workers:
            self._workers.popleft().resume()
