"""Which thread of an executor has its turn: by virtual run time, or one after the other.

1. A thread that has its turn keeps it until it sleeps, its slice is used up while another waits, or a woken thread
   deserves it more.
2. ``fair``: the smallest virtual run time is next; a thread that has slept is placed at most half a latency behind
   the others.
3. ``rr``: the thread that has waited longest is next; waking interrupts nobody.

*Scope*: close to Linux CFS and to Xen's credit scheduler with its 30 ms quantum.
*Validation*: conformance vectors; an interrupt does not end a turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.executors import Executor
    from simulator.engines.reference.cpu.threads import Thread


class Scheduler(ABC):
    """The threads of one executor and whose turn it is."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.data = executor.data
        self.threads: list[Thread] = []
        self.current: Thread | None = None
        self.slice_ps = 0
        self._last: Thread | None = None
        self._preempt = False

    @property
    def runnable(self) -> list[Thread]:
        """All runnable threads, in index order."""
        return [thread for thread in self.threads if thread.runnable]

    def others_runnable(self, thread: Thread) -> bool:
        """Whether a thread besides ``thread`` is runnable."""
        return any(other.runnable and other is not thread for other in self.threads)

    @property
    def needs_turn_change(self) -> bool:
        """Whether the next choice would give the turn to a thread that does not have it (Linux: need_resched)."""
        idle = self.current is None or not self.current.runnable
        return (idle and bool(self.runnable)) or self._preempt

    def choose(self) -> Thread | None:
        """Give the turn to a thread that may run; None if all sleep."""
        chosen = self._choose()
        while chosen is not None and not chosen.may_run():
            chosen = self._choose()
        return chosen

    def _choose(self) -> Thread | None:
        current = self.current
        if current is not None and current.runnable and not self._turn_is_over(current):
            return current
        self.current = chosen = self._next(current)
        if chosen is not None:
            self._begin_turn(chosen)
        return chosen

    def _turn_is_over(self, current: Thread) -> bool:
        if current.holds_on:
            return False
        return self._preempt or (self.slice_ps <= 0 and self.others_runnable(current))

    def _begin_turn(self, thread: Thread) -> None:
        self._preempt = False
        self.slice_ps = self._turn_ps()
        if self._last is not None and self._last is not thread:
            thread.switch_job.remaining_ps += self.data.ctxsw_ps
        self._last = thread

    def start(self, thread: Thread) -> None:
        """``thread`` is runnable from the beginning of the run."""
        thread.runnable = True

    def land(self, thread: Thread) -> None:
        """Make ``thread`` runnable, which it is not."""
        core = self.executor.core
        core.sync()
        self._place(thread)
        thread.runnable = True
        if self.current is not None and self.current is not thread and self.current.runnable:
            self._preempt = self._preempt or self._deserves_more(thread, self.current)
        self.executor.thread_woken(thread)
        core.kick()

    @abstractmethod
    def _next(self, current: Thread | None) -> Thread | None:
        """The thread whose turn is next."""

    @abstractmethod
    def _turn_ps(self) -> int:
        """How long a turn lasts that begins now."""

    @abstractmethod
    def _place(self, thread: Thread) -> None:
        """Put a thread that wakes among the others."""

    @abstractmethod
    def _deserves_more(self, woken: Thread, current: Thread) -> bool:
        """Whether ``woken`` takes the turn from ``current``."""


class FairScheduler(Scheduler):
    """The smallest virtual run time goes first."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self._minimum_ps = 0

    def _next(self, current: Thread | None) -> Thread | None:
        # min() keeps the first of equals, which is the lowest index.
        return min(self.runnable, key=lambda thread: thread.vruntime_ps, default=None)

    def _turn_ps(self) -> int:
        return max(self.data.min_granularity_ps, self.data.latency_ps // len(self.runnable))

    def _place(self, thread: Thread) -> None:
        if self.runnable:
            self._minimum_ps = max(self._minimum_ps, min(other.vruntime_ps for other in self.runnable))
        thread.catch_up(self._minimum_ps - self.data.latency_ps // 2)

    def _deserves_more(self, woken: Thread, current: Thread) -> bool:
        return current.vruntime_ps - woken.vruntime_ps > self.data.wakeup_granularity_ps


class RoundRobinScheduler(Scheduler):
    """Equal turns, one after the other. The queue holds the runnable threads that do not have the turn."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self._queue: deque[Thread] = deque()

    def start(self, thread: Thread) -> None:
        """Queue it behind the threads before it."""
        super().start(thread)
        self._queue.append(thread)

    def _next(self, current: Thread | None) -> Thread | None:
        if current is not None and current.runnable:
            self._queue.append(current)
        return self._queue.popleft() if self._queue else None

    def _turn_ps(self) -> int:
        return self.data.quantum_ps

    def _place(self, thread: Thread) -> None:
        # A thread that wakes before anybody else was chosen still has its turn.
        if thread is not self.current:
            self._queue.append(thread)

    def _deserves_more(self, woken: Thread, current: Thread) -> bool:
        return False


def scheduler_of(executor: Executor) -> Scheduler:
    """The scheduler that the plan asks for."""
    kinds: dict[str, type[Scheduler]] = {"fair": FairScheduler, "rr": RoundRobinScheduler}
    return kinds[executor.data.scheduler](executor)
