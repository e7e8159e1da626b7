"""Poll mode: software that looks at its inputs all the time and is never told anything.

1. An idle pass over the inputs takes ``loop_ps``. Nothing happens in it, so nothing is simulated: the worker is
   POLLING, its job has no end, and when a packet appears, the examination is due at the first time at which a real
   loop would look there.
2. A loop that was displaced starts anew when the core turns to it again.
3. With ``drain_ps`` it holds what it sends until enough of it is there or that time is over; then the loop looks at its clock.

*Scope*: DPDK-style workers alone on a thread. *Validation*: conformance vectors of examination times.
"""

from __future__ import annotations

from collections.abc import Generator

from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.cpu.jobs import IdlePoll, Job
from simulator.engines.reference.cpu.threads import WorkersThread
from simulator.engines.reference.queues.world import Entity as Queue
from simulator.engines.reference.workers.software import Jobs, TaskWorker
from simulator.engines.reference.workers.workers import State
from simulator.engines.reference.workers.world import World
from simulator.plan import model


class PollingWorker(TaskWorker):
    """POLLING is its way of being idle."""

    def __init__(self, data: model.Worker, world: World, thread: WorkersThread, examination: Slot) -> None:
        super().__init__(data, world, thread)
        self._poll = IdlePoll("pmd_idle", None, restart=self.restart)
        self._loop_start_ps = 0
        self._drained_ps = 0
        self._examination = examination
        examination.call(self._examine)

    def connect(self) -> None:
        """Stand on the thread from the beginning."""
        super().connect()
        self._thread.start(self)

    def _advance(self) -> None:
        time_ps = next(self._life)
        self.job = self._poll if time_ps is None else Job(self.data.label, time_ps, self._advance)

    # Its life

    def _lead(self) -> Jobs:
        self.state = State.POLLING
        yield None
        while True:
            self._look()
            found = busy = yield from self._burst(self._round(self._examined_input()))
            while busy:
                busy = yield from self._burst(self._scan_order())
            if found or self.data.drain_ps:
                self._loop_start_ps = self.world.now_ps
            self.state = State.POLLING
            self._tell_what_is_visible()
            yield None

    def _look(self) -> None:
        """Begin an invocation; there are no gates to close."""
        self._first = True
        self._begun_ps = self.world.now_ps
        self.counts["invocations"] += 1
        self.state = State.RUN

    def _burst(self, order: list[int]) -> Generator[int | None, None, bool]:
        """Serve the first input in ``order`` that has packets; return whether there was one."""
        source = self._choose(order)
        if source is None:
            yield from self._flush(due=self.data.drain_ps > 0)
            return False
        packets = self._take(source)
        yield from self._work(packets, source) if packets else self._wait_for_room(source)
        return True

    def _flush(self, *, due: bool = False) -> Jobs:
        """What is due is all when the time for holding it is over, which then begins again."""
        if due and self.data.drain_ps and self.world.now_ps >= self._drains_at_ps:
            self._drained_ps = self.world.now_ps
            due = False
        yield from super()._flush(due=due)

    @property
    def _drains_at_ps(self) -> int:
        return self._drained_ps + self.data.drain_ps

    def _holds(self) -> bool:
        return self.data.drain_ps > 0 and any(
            output.side is not None and output.side.unpublished for output in self.outputs
        )

    def _may_take(self, taken: int) -> bool:
        return taken < self.data.chunk

    def _reaps_now(self) -> bool:
        return True

    # Its loop

    def restart(self) -> None:
        """The core turns to the loop (again): it begins with the first input."""
        self._loop_start_ps = self.world.now_ps
        self._tell_what_is_visible()

    def tell(self, queue: Queue) -> None:
        """Look at ``queue`` when the loop comes to it."""
        for index, source in enumerate(self.inputs):
            if source.queue is queue and self.state is State.POLLING:
                self._examination.arm_min(self._next_look_ps(index))

    def _tell_what_is_visible(self) -> None:
        for source in self.inputs:
            if source.visible:
                self.tell(source.queue)
        if self.state is State.POLLING and self._holds():
            self._examination.arm_min(max(self.world.now_ps, self._drains_at_ps))

    def _look_offset_ps(self, index: int) -> int:
        return self.data.loop_ps * index // len(self.inputs)

    def _next_look_ps(self, index: int) -> int:
        """The first time from now on at which the loop looks at that input."""
        if self.data.loop_ps == 0:
            return self.world.now_ps
        first_ps = self._loop_start_ps + self._look_offset_ps(index)
        rounds = ceil_div(max(0, self.world.now_ps - first_ps), self.data.loop_ps)
        return first_ps + rounds * self.data.loop_ps

    def _examined_input(self) -> int:
        """The input at which the loop looks now; the first one if it is between two."""
        if self.data.loop_ps == 0:
            return 0
        since_ps = self.world.now_ps - self._loop_start_ps
        for index in range(len(self.inputs)):
            late_ps = since_ps - self._look_offset_ps(index)
            if late_ps >= 0 and late_ps % self.data.loop_ps == 0:
                return index
        return 0

    def _examine(self) -> None:
        core = self._executor.core
        if self.state is State.POLLING and core.leaf is not None and core.leaf.job is self._poll:
            core.sync()
            if self._has_reason():
                self._advance()
                core.kick()

    def _has_reason(self) -> bool:
        """One that holds what it sends looks for nothing unless it has to be sent now."""
        if not self.data.drain_ps or any(source.visible for source in self.inputs):
            return True
        return self.world.now_ps >= self._drains_at_ps and self._holds()
