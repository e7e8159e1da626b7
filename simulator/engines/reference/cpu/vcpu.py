"""A vCPU: a thread of a core to the host, a processor with interrupts, softirqs and threads to its guest.

1. The hypervisor's work on it goes before everything, then interrupt handlers, softirqs and threads of the guest.
2. With nothing to do it halts: an exit, then perhaps polling for a while, then its thread sleeps.
3. How long to poll adapts to how long the last halts were.
4. An access of the guest that waits for a lock of the host puts its thread to sleep as well, in a state of its own. A
   device model that an access has started goes before everything.

*Scope*: KVM on x86 (kvm_main.c, halt-polling.rst). *Validation*: conformance vectors of halting, polling and blocking.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.accesses import Access
from simulator.engines.reference.cpu.executors import Executor
from simulator.engines.reference.cpu.halt_polling import HaltPolling
from simulator.engines.reference.cpu.jobs import Action, Job, JobQueue, Leaf, nothing
from simulator.engines.reference.cpu.threads import Thread
from simulator.engines.reference.cpu.world import World
from simulator.plan import model
from simulator.plan.trace import EXIT_KINDS

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.core import Core
    from simulator.engines.reference.cpu.later import Worker


class State(Enum):
    """RUN: in its guest or ready for it; HLT: on its way out; POLL: waiting awake; BLOCKED: its thread sleeps;
    USER: its thread sleeps too, in front of a lock.
    """

    RUN = auto()
    HLT = auto()
    POLL = auto()
    BLOCKED = auto()
    USER = auto()


class Vcpu(Executor):
    """One virtual processor."""

    kind = "vcpu"
    thread: Thread

    def __init__(self, data: model.Executor, world: World, slot: Slot) -> None:
        super().__init__(data, world)
        self.state = State.BLOCKED
        self.hypervisor_jobs = JobQueue()
        self.interrupt_jobs = JobQueue()
        self.exit_worker: Worker | None = None
        """The device model that runs inside the access under way."""
        self.access: Access | None = None
        """The access under way, or the last one."""
        self._waiting: tuple[Thread | None, int] = (None, 0)
        """In USER: whose time passes, and since when."""
        self._polling = HaltPolling(data)
        self._poll_job = Job("halt_poll", None)
        self._idle_job = Job("guest_idle", None, self._guest_gives_up)
        self._idling = False
        self._tick_stopped = False
        self._slot = slot
        slot.attach(self._poll_limits())

    def connect(self) -> None:
        """Find the thread."""
        self.thread = self.world.threads[self.data.thread]
        if self.starts_running:
            self.state = State.RUN
        self._tick_stopped = self.data.nohz and not self.starts_running

    @property
    def core(self) -> Core:
        """The core of its thread."""
        return self.thread.executor.core

    @property
    def starts_running(self) -> bool:
        """Whether it has something to run from the beginning of the run."""
        return self.data.idle == "poll" or any(thread.starts_runnable for thread in self.scheduler.threads)

    @property
    def in_guest(self) -> bool:
        """Whether guest code has its core, or would have it but for interrupts of the host."""
        current = self.thread.runnable and self.core.scheduler.current is self.thread
        return self.state is State.RUN and current and not self.in_hypervisor

    @property
    def in_hypervisor(self) -> bool:
        """Whether the host has something to do on it before its guest goes on."""
        return bool(self.hypervisor_jobs) or self.exit_worker is not None

    @property
    def preempted(self) -> bool:
        """Whether another thread has its core."""
        current = self.core.scheduler.current
        return current is not None and current is not self.thread and current.runnable

    # What to run

    def pick(self, path: tuple[Thread, ...]) -> Leaf:
        """What its thread runs now; a guest without work decides here how it idles."""
        leaf = self._most_urgent(path) or self._idle(path)
        self._idling = leaf.job is self._idle_job
        return leaf

    def _most_urgent(self, path: tuple[Thread, ...]) -> Leaf | None:
        if self.exit_worker is not None:
            return Leaf(self.exit_worker.job, path, self._charged)
        if self.hypervisor_jobs:
            return Leaf(self.hypervisor_jobs.head, path, self._charged)
        if self.state is State.POLL:
            return Leaf(self._poll_job, path)
        if self.interrupt_jobs:
            return Leaf(self.interrupt_jobs.head, path)
        if self.dispatcher.at_soft_level:
            return Leaf(self.dispatcher.running.job, path)
        if self._tick_stopped and self.scheduler.runnable:
            self._tick_stopped = False
            self.exit("TSC_DEADLINE", self.data.timer_ps)
            return Leaf(self.hypervisor_jobs.head, path, self._charged)
        thread = self.scheduler.choose()
        return None if thread is None else thread.leaf(path)

    def _idle(self, path: tuple[Thread, ...]) -> Leaf:
        if self.data.idle == "hlt":
            self._halt()
            return Leaf(self.hypervisor_jobs.head, path)
        if self.data.idle == "ghp" and not self._idling:
            self._idle_job.remaining_ps = self.data.guest_poll_ps
        return Leaf(self._idle_job, path)

    @property
    def _charged(self) -> Thread | None:
        """Whose time it is while the hypervisor works: the guest's clock runs on."""
        current = self.scheduler.current
        interrupted = bool(self.interrupt_jobs) or self.dispatcher.at_soft_level
        return None if current is None or not current.runnable or interrupted else current

    @property
    def _has_work(self) -> bool:
        queued = bool(self.interrupt_jobs or self.hypervisor_jobs)
        return queued or self.dispatcher.active or bool(self.scheduler.runnable)

    # Going to sleep

    def _guest_gives_up(self) -> None:
        if not self._has_work:
            self._halt()

    def _halt(self) -> None:
        if self.data.nohz and not self._tick_stopped:
            self._tick_stopped = True
            self.exit("TSC_DEADLINE", self.data.timer_ps, self._guest_gives_up)
            return
        self.state = State.HLT
        self.exit("HLT", self.data.hlt_ps, self._halted)

    def _halted(self) -> None:
        if self._has_work:
            self.state = State.RUN
            return
        now_ps = self.world.now_ps
        self._polling.halted_ps = now_ps
        if self._polling.limit_ps > 0 and not self.core.scheduler.others_runnable(self.thread):
            self.state = State.POLL
            self._slot.arm(now_ps + self._polling.limit_ps)
        else:
            self.add_hypervisor_job(self.data.block_ps, self._block)

    def _block(self) -> None:
        if self._has_work:
            self.state = State.RUN
        else:
            self.state = State.BLOCKED
            self.thread.sleep()

    def _poll_limits(self) -> Process:
        while True:
            yield self._slot.wait()
            if self.state is State.POLL:
                self.end_poll()

    def end_poll(self) -> None:
        """Stop waiting awake and go to sleep."""
        self._slot.disarm()
        self.state = State.HLT
        self.add_hypervisor_job(self.data.block_ps, self._block)

    # Waking up

    def wake(self) -> None:
        """Something has come up. A vCPU on its way to sleep finds it by itself."""
        if self.state is State.BLOCKED:
            self._polling.adapt(self.world.now_ps)
            self.state = State.RUN
            self.add_hypervisor_job(self.data.wake_ps)
            self.thread.wake()
        elif self.state is State.POLL:
            self._polling.adapt(self.world.now_ps)
            self._slot.disarm()
            self.state = State.RUN
            self.add_hypervisor_job(self.data.poll_exit_ps)

    def thread_woken(self, thread: Thread) -> None:
        """Wake up for it."""
        self.wake()

    def softirq_raised(self) -> None:
        """Wake up for it."""
        self.wake()

    # Work for it

    def exit(self, kind: str, cost_ps: int, action: Action = nothing, *, label: str = "hyp") -> None:
        """Leave the guest for ``cost_ps``; ``action`` is done at the end of it."""
        self.counts[kind] += 1
        self.world.note("exit", self.name, EXIT_KINDS.index(kind))
        self._add(self.hypervisor_jobs.append, cost_ps, label, action)

    def add_hypervisor_job(self, cost_ps: int, action: Action = nothing) -> None:
        """Let the hypervisor work on it for ``cost_ps``."""
        self._add(self.hypervisor_jobs.append, cost_ps, "hyp", action)

    def add_hypervisor_job_first(self, cost_ps: int, label: str, action: Action) -> None:
        """Let the host go on with the access under way for ``cost_ps``, before anything else on this vCPU."""
        self._add(self.hypervisor_jobs.put_first, cost_ps, label, action)

    def add_interrupt_job(
        self, cost_ps: int, action: Action = nothing, *, label: str = "guest_irq", drawn: bool = False
    ) -> None:
        """Let the guest handle an interrupt for ``cost_ps``; what was ``drawn`` already does not spread."""
        self._add(self.interrupt_jobs.append, cost_ps, label, action, drawn=drawn)

    def _add(
        self, put: Callable[[int, str, Action], None], cost_ps: int, label: str, action: Action, *, drawn: bool = False
    ) -> None:
        self.core.sync()
        put(cost_ps if drawn else self.world.chance.spread(cost_ps, self.data.spread), label, action)
        self.core.kick()

    # Accesses

    def trap(self, notify: model.Notify) -> None:
        """The guest runs into an instruction that traps."""
        Access(self, notify).trap()

    def wait_in_user(self) -> None:
        """Its thread sleeps in front of a lock; interrupts wait for it."""
        self.state = State.USER
        self._waiting = (self._charged, self.world.now_ps)

    def go_on_from_user(self) -> None:
        """Its thread has the lock that the access needs."""
        charged, since_ps = self._waiting
        if self.state is State.USER and charged is not None:
            charged.charge(self.world.now_ps - since_ps)
        self.state = State.RUN

    def begin_exit_worker(self, worker: Worker) -> None:
        """An access starts a device model."""
        self.core.sync()
        self.exit_worker = worker
        self.core.kick()

    def end_exit_worker(self) -> None:
        """The device model is done, and so is the access."""
        self.exit_worker = None
        assert self.access is not None, self.name
        self.access.leave()
