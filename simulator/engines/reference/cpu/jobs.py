"""A job is time that somebody has to spend, a label it is accounted under, and what happens at its end.

*Scope*: jobs and the queues they stand in. *Validation*: labels of a core add up to elapsed time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.threads import Thread

Action = Callable[[], object]


def nothing() -> None:
    """The end of a job that nothing follows."""


@dataclass(slots=True, eq=False)
class Job:
    """``remaining_ps`` is None for a job that has no end: a busy loop, an idle poll."""

    label: str
    remaining_ps: int | None
    end: Action = nothing


@dataclass(slots=True, eq=False)
class IdlePoll(Job):
    """What a poll-mode worker does without packets; ``restart`` is called whenever a core turns to it."""

    restart: Action = nothing


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a core runs, and through which ``threads`` (outermost first) it came to it.

    ``charged``: a guest's thread whose time it is too, although the hypervisor works.
    """

    job: Job
    threads: tuple[Thread, ...] = ()
    charged: Thread | None = None


class JobQueue:
    """Jobs of one level, first come first served."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def head(self) -> Job:
        """The job that is run next, or is running."""
        return self._jobs[0]

    def append(self, cost_ps: int, label: str, action: Action) -> None:
        """Add a job of ``cost_ps`` that leaves the queue at its end and then does ``action``."""
        self._jobs.append(self._job(cost_ps, label, action))

    def put_first(self, cost_ps: int, label: str, action: Action) -> None:
        """Add a job before all others; none of them may have begun."""
        self._jobs.appendleft(self._job(cost_ps, label, action))

    def _job(self, cost_ps: int, label: str, action: Action) -> Job:
        def end() -> None:
            self._jobs.popleft()
            action()

        return Job(label, cost_ps, end)
