"""Threads: what a scheduler gives turns to. Four kinds, by what they run.

1. A turn on another thread than before costs a context switch, waking costs a wake-up; the thread pays both before
   its work.
2. ``workers`` run queued invocations, ``vcpu`` a guest, ``ksoftirqd`` demoted softirq work, ``busy`` computes for ever.
3. A wake-up by another core takes a flight; a thread with a quota runs while it has time of it.
4. ``workers`` may need a lock: they take it when they have woken up, give others a chance between two invocations, and
   give it back when they go to sleep.

*Scope*: threads of a core and of a guest alike. *Validation*: conformance vectors of switch and wake-up costs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from simulator.engines.reference.cpu.jobs import Job, Leaf
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.clock.calendar import Slot
    from simulator.engines.reference.cpu.executors import Executor
    from simulator.engines.reference.cpu.later import Worker
    from simulator.engines.reference.cpu.lock import Lock
    from simulator.engines.reference.cpu.quotas import Quota
    from simulator.engines.reference.cpu.vcpu import Vcpu

SHARE_UNIT = 1024
"""The weight at which virtual run time passes like real time."""


class _Charge(Job):
    """Time that a thread owes before its own work; more may be added at any time."""

    remaining_ps: int


class Thread(ABC):
    """Something runnable or asleep, with its virtual run time."""

    def __init__(self, data: model.Thread, executor: Executor, slot: Slot | None = None) -> None:
        self.data = data
        self.executor = executor
        self.runnable = False
        self.landing = False
        """Whether a wake-up from another core is on its way."""
        self.local_ps = 0
        """What is left of the slice of its quota."""
        self.quota: Quota | None = None if data.quota == NONE else executor.world.quotas[data.quota]
        if self.quota is not None:
            self.quota.threads.append(self)
        self._throttled = False
        self._slot = slot
        if slot is not None:
            slot.call(self._lands)
        self._waits_for_lock = False
        self._ran_ps = 0
        self._offset_ps = 0
        self.switch_job = _Charge("ctxsw", 0)
        self.wake_job = _Charge(data.label, 0)
        executor.scheduler.threads.append(self)

    def charge(self, elapsed_ps: int) -> None:
        """It has run for ``elapsed_ps``."""
        self._ran_ps += elapsed_ps
        self.executor.scheduler.slice_ps -= elapsed_ps
        if self.quota is not None:
            self.local_ps -= elapsed_ps
            self.quota.counts["used_ps"] += elapsed_ps

    @property
    def vruntime_ps(self) -> int:
        """Virtual run time, from the total: what rounding takes does not depend on how often somebody looks."""
        return self._offset_ps + self._ran_ps * SHARE_UNIT // self.data.weight

    def catch_up(self, vruntime_ps: int) -> None:
        """Move its virtual run time forward to ``vruntime_ps``, if it is behind."""
        self._offset_ps += max(0, vruntime_ps - self.vruntime_ps)

    def wake(self) -> None:
        """Make it runnable, unless it waits for a lock."""
        if not self._waits_for_lock:
            self._wake(self.data.wake_ps)

    def _wake(self, cost_ps: int) -> None:
        """Wake it, which costs it ``cost_ps``; by another core after a flight."""
        if self.runnable or self._throttled:
            return
        if not self.landing:
            self.wake_job.remaining_ps += cost_ps
        acting, core = self.executor.world.acting, self.executor.core
        if self._slot is not None and acting is not None and acting is not core:
            if not self.landing:
                self.landing = True
                self._slot.arm(core.world.now_ps + self.data.flight_ps)
            return
        if self.landing and self._slot is not None:
            self.landing = False
            self._slot.disarm()
        self.executor.scheduler.land(self)

    def _lands(self) -> None:
        self.landing = False
        if not self.runnable:
            self.executor.scheduler.land(self)

    @property
    def asleep(self) -> bool:
        """Whether waking it takes work."""
        return not self.runnable and not self.landing

    def may_run(self) -> bool:
        """Whether its quota lets it run, if need be with a new slice; otherwise it is throttled."""
        if self.quota is None or self.local_ps > 0:
            return True
        self.local_ps = self.quota.slice_ps()
        if self.local_ps > 0:
            return True
        self._throttled = True
        self.runnable = False
        self.quota.counts["throttled"] += 1
        return False

    def go_on(self) -> None:
        """A new period has begun."""
        if self._throttled:
            self._throttled = False
            self.executor.scheduler.land(self)

    def sleep(self) -> None:
        """It has nothing to do. It keeps the turn until another is chosen."""
        self.runnable = False

    def wait_for_lock(self) -> None:
        """Sleep until ``receive_lock``."""
        self._waits_for_lock = True
        self.sleep()

    def receive_lock(self, handover_ps: int) -> None:
        """It owns the lock that it has waited for, and wakes up."""
        self._waits_for_lock = False
        self._wake(handover_ps)

    def leaf(self, outer: tuple[Thread, ...] = ()) -> Leaf:
        """What it runs now; ``outer`` are the threads around it."""
        path = (*outer, self)
        if self.switch_job.remaining_ps:
            return Leaf(self.switch_job, path)
        if self.wake_job.remaining_ps:
            return Leaf(self.wake_job, path)
        return self._work(path)

    @property
    def holds_on(self) -> bool:
        """Whether no other thread may interrupt it now."""
        return False

    @property
    def starts_runnable(self) -> bool:
        """Whether it has work from the beginning."""
        return False

    @abstractmethod
    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        """Its own work."""


class WorkersThread(Thread):
    """Runs invocations of its workers in the order in which they were queued."""

    def __init__(self, data: model.Thread, executor: Executor, slot: Slot | None = None) -> None:
        super().__init__(data, executor, slot)
        self._queue: deque[Worker] = deque()
        self._lock: Lock | None = None if data.lock == NONE else executor.world.locks[data.lock]
        self._lock_job = Job(data.label, 0, self._take_lock)

    def enqueue(self, worker: Worker) -> None:
        """Queue an invocation of ``worker``."""
        self._queue.append(worker)
        self.wake()

    def start(self, worker: Worker) -> None:
        """``worker`` polls from the beginning of the run."""
        self._queue.append(worker)

    def requeue(self) -> None:
        """The invocation that runs goes to the end of the line."""
        self._queue.rotate(-1)
        self._pass_lock_on()

    def leave(self) -> None:
        """The invocation that runs is over."""
        self._queue.popleft()
        if not self._queue:
            self.sleep()
        self._pass_lock_on()

    def _take_lock(self) -> None:
        assert self._lock is not None, self.data.name
        self._lock.take(self)

    def _pass_lock_on(self) -> None:
        """Between two invocations others may have the lock; asleep it is not needed at all."""
        if self._lock is not None and (not self._queue or self._lock.wanted):
            self._lock.release()

    @property
    def starts_runnable(self) -> bool:
        """Whether a worker polls on it."""
        return bool(self._queue)

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        if self._lock is not None and self._lock.owner is not self:
            return Leaf(self._lock_job, path)
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

    @property
    def holds_on(self) -> bool:
        """Softirqs run with preemption disabled: a pass that has begun goes on."""
        return self.executor.dispatcher.in_pass

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        self.executor.dispatcher.in_pass = True
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

    def receive_lock(self, handover_ps: int) -> None:
        """Go on with the access that has waited for it."""
        assert self.vcpu.access is not None, self.data.name
        self.vcpu.access.go_on()
        super().receive_lock(handover_ps)

    def _work(self, path: tuple[Thread, ...]) -> Leaf:
        return self.vcpu.pick(path)
