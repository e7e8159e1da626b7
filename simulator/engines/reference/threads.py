"""Threads: what a scheduler gives turns to. Four kinds, by what they run.

1. A turn on another thread than before costs a context switch, waking costs a wake-up; the thread pays both before
   its work.
2. ``workers`` run queued invocations, ``vcpu`` a guest, ``ksoftirqd`` demoted softirq work, ``busy`` computes for ever.

*Scope*: threads of a core and of a guest alike. *Validation*: conformance vectors of switch and wake-up costs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from simulator.engines.reference.jobs import Job, Leaf
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.executors import Executor
    from simulator.engines.reference.software import SoftwareWorker
    from simulator.engines.reference.vcpu import Vcpu

SHARE_UNIT = 1024
"""The weight at which virtual run time passes like real time."""


class _Charge(Job):
    """Time that a thread owes before its own work; more may be added at any time."""

    remaining_ps: int


class Thread(ABC):
    """Something runnable or asleep, with its virtual run time."""

    def __init__(self, data: model.Thread, executor: Executor) -> None:
        self.data = data
        self.executor = executor
        self.runnable = False
        self._ran_ps = 0
        self._offset_ps = 0
        self.switch_job = _Charge("ctxsw", 0)
        self.wake_job = _Charge(data.label, 0)
        executor.scheduler.threads.append(self)

    def charge(self, elapsed_ps: int) -> None:
        """It has run for ``elapsed_ps``."""
        self._ran_ps += elapsed_ps
        self.executor.scheduler.slice_ps -= elapsed_ps

    @property
    def vruntime_ps(self) -> int:
        """Virtual run time, from the total: what rounding takes does not depend on how often somebody looks."""
        return self._offset_ps + self._ran_ps * SHARE_UNIT // self.data.weight

    def catch_up(self, vruntime_ps: int) -> None:
        """Move its virtual run time forward to ``vruntime_ps``, if it is behind."""
        self._offset_ps += max(0, vruntime_ps - self.vruntime_ps)

    def wake(self) -> None:
        """Make it runnable."""
        self.executor.scheduler.wake(self)

    def sleep(self) -> None:
        """It has nothing to do. It keeps the turn until another is chosen."""
        self.runnable = False

    def leaf(self, outer: tuple[Thread, ...] = ()) -> Leaf:
        """What it runs now; ``outer`` are the threads around it."""
        path = (*outer, self)
        if self.switch_job.remaining_ps:
            return Leaf(self.switch_job, path)
        if self.wake_job.remaining_ps:
            return Leaf(self.wake_job, path)
        return self._work(path)

    @property
    def starts_runnable(self) -> bool:
        """Whether it has work from the beginning."""
        return False

    @abstractmethod
    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        """Its own work."""


class WorkersThread(Thread):
    """Runs invocations of its workers in the order in which they were queued."""

    def __init__(self, data: model.Thread, executor: Executor) -> None:
        super().__init__(data, executor)
        self._queue: deque[SoftwareWorker] = deque()

    def enqueue(self, worker: SoftwareWorker) -> None:
        """Queue an invocation of ``worker``."""
        self._queue.append(worker)
        self.wake()

    def start(self, worker: SoftwareWorker) -> None:
        """``worker`` polls from the beginning of the run."""
        self._queue.append(worker)

    def requeue(self) -> None:
        """The invocation that runs goes to the end of the line."""
        self._queue.rotate(-1)

    def leave(self) -> None:
        """The invocation that runs is over."""
        self._queue.popleft()
        if not self._queue:
            self.sleep()

    @property
    def starts_runnable(self) -> bool:
        """Whether a worker polls on it."""
        return bool(self._queue)

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        return Leaf(self._queue[0].job, path)


class BusyThread(Thread):
    """Computes for ever."""

    def __init__(self, data: model.Thread, executor: Executor) -> None:
        super().__init__(data, executor)
        self._loop = Job(data.label, None)

    @property
    def starts_runnable(self) -> bool:
        """It always has work."""
        return True

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        return Leaf(self._loop, path)


class KsoftirqdThread(Thread):
    """Runs the softirq work of its executor when there is too much of it."""

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        return Leaf(self.executor.dispatcher.running.job, path)


class VcpuThread(Thread):
    """Runs a guest's vCPU."""

    def __init__(self, data: model.Thread, executor: Executor, vcpu: Vcpu) -> None:
        super().__init__(data, executor)
        self.vcpu = vcpu

    @property
    def starts_runnable(self) -> bool:
        """Whether its guest has work."""
        return self.vcpu.starts_running

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        return self.vcpu.pick(path)
