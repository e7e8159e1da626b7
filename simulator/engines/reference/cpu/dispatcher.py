"""Softirq work of one executor: passes over raised workers, and handing over to ksoftirqd when it does not end.

1. A pass runs one invocation of each worker raised before it, within a budget of packets and time.
2. What was raised meanwhile, and what wants more, is for the next pass.
3. After too many passes or too long a time, or when a thread waits for its turn, the rest runs in a thread, which
   gives way to others between passes only.

*Scope*: Linux net_rx_action and __do_softirq. *Validation*: conformance vectors of passes and demotion.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.executors import Executor
    from simulator.engines.reference.cpu.later import Worker


class Dispatcher:
    """``active`` while workers are raised; ``demoted`` while ksoftirqd runs them."""

    def __init__(self, executor: Executor) -> None:
        self.active = False
        self.demoted = False
        self.in_pass = False
        """Whether ksoftirqd has begun the pass."""
        self._executor = executor
        self._data = executor.data
        self._raised: deque[Worker] = deque()
        self._pass: deque[Worker] = deque()
        self._again: list[Worker] = []
        self._running: Worker | None = None
        self._left = 0
        self._restarts = 0
        self._pass_start_ps = 0
        self._active_since_ps = 0

    @property
    def at_soft_level(self) -> bool:
        """Whether its work goes before every thread."""
        return self.active and not self.demoted

    @property
    def running(self) -> Worker:
        """The worker whose invocation runs."""
        assert self._running is not None
        return self._running

    def raise_worker(self, worker: Worker) -> None:
        """Run an invocation of ``worker`` soon."""
        self._raised.append(worker)
        if self.active:
            return
        core = self._executor.core
        core.sync()
        self.active, self.demoted = True, False
        self._active_since_ps = core.world.now_ps
        self._restarts = 0
        self._start_pass()
        self._executor.softirq_raised()
        core.kick()

    def _start_pass(self) -> None:
        self.in_pass = False
        self._pass, self._raised = self._raised, deque()
        self._again = []
        self._left = self._data.soft_budget
        self._pass_start_ps = self._executor.world.now_ps
        self._running = self._pass.popleft()

    def finished(self, served: int, *, again: Worker | None = None) -> None:
        """The invocation that ran has ended having served that many packets; ``again`` wants another one."""
        self._left -= served
        if again is not None:
            self._again.append(again)
        spent_ps = self._executor.world.now_ps - self._pass_start_ps
        if self._left > 0 and spent_ps < self._data.soft_time_ps and self._pass:
            self._running = self._pass.popleft()
        else:
            self._end_pass()

    def _end_pass(self) -> None:
        self._raised = deque((*self._pass, *self._raised, *self._again))
        if self._raised:
            self._restarts += 1
            if not self.demoted and self._too_much():
                self.demoted = True
                self._ksoftirqd_wake()
            self._start_pass()
        else:
            self.active = False
            self._running = None
            if self.demoted:
                self._executor.world.threads[self._data.ksoftirqd].sleep()

    def _too_much(self) -> bool:
        if not self._data.demote or self._data.ksoftirqd == NONE:
            return False
        active_ps = self._executor.world.now_ps - self._active_since_ps
        return (
            active_ps >= self._data.soft_time_ps
            or self._restarts >= self._data.soft_restarts
            or self._executor.scheduler.needs_turn_change
        )

    def _ksoftirqd_wake(self) -> None:
        self._executor.world.threads[self._data.ksoftirqd].wake()
