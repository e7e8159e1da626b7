"""A physical core: whatever happens, it runs the most urgent job, and every picosecond is accounted for.

1. Order of urgency: leaving an idle state, interrupts, softirqs, the thread that has its turn.
2. A job that is displaced keeps its remaining time and its place.
3. ``sync`` books the time since the last booking; ``kick`` makes the core look again at this instant. Whatever changes
   what a core has to do is done between the two.
4. The tick is the only handler that changes what the core runs, and it ends jobs whose time is up.

*Scope*: one hardware thread, which a busy sibling slows down; no frequency changes. *Validation*: labels add up to elapsed time in every run.
"""

from __future__ import annotations

from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.cpu.executors import Executor
from simulator.engines.reference.cpu.governor import Governor
from simulator.engines.reference.cpu.jobs import Action, IdlePoll, Job, JobQueue, Leaf, nothing
from simulator.engines.reference.cpu.threads import Thread, VcpuThread
from simulator.engines.reference.cpu.vcpu import State
from simulator.engines.reference.cpu.world import World
from simulator.plan import model
from simulator.plan.model import NONE


class Core(Executor):
    """A pCPU. ``leaf`` is what it runs; None is idle."""

    kind = "core"

    def __init__(self, data: model.Executor, world: World, slot: Slot) -> None:
        super().__init__(data, world)
        self.leaf: Leaf | None = None
        self._slot = slot
        self._interrupts = JobQueue()
        self._idle_exit: Job | None = None
        self._idle_since_ps = 0
        self._synced_ps = 0
        self._governor = Governor(data.idle_states) if data.idle_states else None
        self._shared = False
        """Whether the other thread of the physical core has work too."""
        self._carry = 0
        slot.attach(self._ticks())

    def connect(self) -> None:
        """Start to work, if a thread is runnable from the beginning."""
        if self.scheduler.runnable:
            self._slot.arm(0)

    @property
    def core(self) -> Core:
        """It runs on itself."""
        return self

    # Time and accounting

    def sync(self) -> None:
        """Book the time since the last booking on what has run."""
        elapsed_ps = self.world.now_ps - self._synced_ps
        self._synced_ps = self.world.now_ps
        self.counts[self._label] += elapsed_ps
        if self.leaf is None:
            return
        if self.leaf.job.remaining_ps is not None:
            self.leaf.job.remaining_ps -= self._progress_ps(elapsed_ps)
        for thread in self.leaf.threads:
            thread.charge(elapsed_ps)
        if self.leaf.charged is not None:
            self.leaf.charged.charge(elapsed_ps)

    def _progress_ps(self, elapsed_ps: int) -> int:
        """How far a job comes in ``elapsed_ps``: not as far beside a busy sibling."""
        if not self._shared:
            return elapsed_ps
        done = elapsed_ps * self.data.sibling_speed + self._carry
        self._carry = done & 1023
        return done >> 10

    def _needed_ps(self, remaining_ps: int) -> int:
        """How long a job with ``remaining_ps`` takes from now on."""
        if not self._shared or remaining_ps == 0:
            return remaining_ps
        return ceil_div((remaining_ps << 10) - self._carry, self.data.sibling_speed)

    def unbooked_ps(self, thread: Thread) -> int:
        """How long ``thread`` has run since the last booking."""
        runs = self.leaf is not None and thread in self.leaf.threads
        return self.world.now_ps - self._synced_ps if runs else 0

    @property
    def _label(self) -> str:
        return "idle" if self.leaf is None else self.leaf.job.label

    def kick(self) -> None:
        """Look again what to run, still at this instant."""
        self._slot.arm_min(self.world.now_ps)

    def begin_window(self) -> None:
        """Start the window's seconds at zero."""
        super().begin_window()
        self.counts[self._label] = self._synced_ps - self.world.now_ps

    def counters(self) -> dict[str, int]:
        """Picoseconds by label, up to now."""
        counters = dict(self.counts)
        counters[self._label] += self.world.now_ps - self._synced_ps
        return counters

    # What to run

    def _ticks(self) -> Process:
        while True:
            yield self._slot.wait()
            before = self.leaf
            self.world.acting = self
            self.sync()
            while self.leaf is not None and self.leaf.job.remaining_ps == 0:
                self.leaf.job.end()
                self._run(self._pick())
            self._run(self._pick())
            job = None if self.leaf is None else self.leaf.job
            if isinstance(job, IdlePoll) and (before is None or before.job is not job):
                job.restart()
            self._tell_sibling(was_idle=before is None)
            self._arm(self.leaf)
            self.world.acting = None

    def _tell_sibling(self, *, was_idle: bool) -> None:
        """What this core does changes how fast the other thread of the physical core runs."""
        if self.data.sibling == NONE or was_idle == (self.leaf is None):
            return
        other = self.world.executors[self.data.sibling]
        assert isinstance(other, Core), self.name
        other.sync()
        self._shared = other._shared = self.leaf is not None and other.leaf is not None
        other.kick()

    def _run(self, leaf: Leaf | None) -> None:
        if leaf is None and self.leaf is not None:
            self._idle_since_ps = self.world.now_ps
        self.leaf = leaf

    def _arm(self, leaf: Leaf | None) -> None:
        limits_ps = [] if leaf is None or leaf.job.remaining_ps is None else [self._needed_ps(leaf.job.remaining_ps)]
        for thread in leaf.threads if leaf is not None else ():
            scheduler = thread.executor.scheduler
            if scheduler.others_runnable(thread) and not thread.holds_on:
                limits_ps.append(scheduler.slice_ps)
            if thread.quota is not None:
                limits_ps.append(thread.local_ps)
        if limits_ps:
            self._slot.arm(self.world.now_ps + min(limits_ps))
        else:
            self._slot.disarm()

    def _pick(self) -> Leaf | None:
        if self._idle_exit is not None:
            return Leaf(self._idle_exit)
        found = self._most_urgent()
        leave_ps = self._leave_idle_ps() if found is not None and self.leaf is None else 0
        if leave_ps > 0:
            cost_ps = self.world.chance.spread(leave_ps, self.data.spread)
            self._idle_exit = Job("idle", cost_ps, self._idle_left)
            return Leaf(self._idle_exit)
        return found

    def _leave_idle_ps(self) -> int:
        idle_ps = self.world.now_ps - self._idle_since_ps
        if idle_ps <= 0:
            return 0
        return self.data.idle_exit_ps if self._governor is None else self._governor.leave(idle_ps)

    def _idle_left(self) -> None:
        self._idle_exit = None

    def _most_urgent(self) -> Leaf | None:
        if self._interrupts:
            return Leaf(self._interrupts.head)
        if self.dispatcher.at_soft_level:
            return Leaf(self.dispatcher.running.job)
        thread = self.scheduler.choose()
        return None if thread is None else thread.leaf()

    # What others ask of it

    def interrupt(
        self, cost_ps: int, action: Action = nothing, *, label: str = "host_irq", drawn: bool = False
    ) -> None:
        """Run an interrupt handler of ``cost_ps``, then do ``action``. A guest that runs here is left for it.

        What was ``drawn`` already does not spread.
        """
        self.sync()
        current = self.scheduler.current
        if isinstance(current, VcpuThread) and current.vcpu.in_guest:
            current.vcpu.exit("EXTINT", current.vcpu.data.exit_ps)
        self._interrupts.append(
            cost_ps if drawn else self.world.chance.spread(cost_ps, self.data.spread), label, action
        )
        self.kick()

    def thread_woken(self, thread: Thread) -> None:
        """End the halt polling of a vCPU that shares the core."""
        # A vCPU may poll only while no other thread of its core wants to run.
        for other in self.scheduler.threads:
            if other is not thread and isinstance(other, VcpuThread) and other.vcpu.state is State.POLL:
                other.vcpu.end_poll()

    def softirq_raised(self) -> None:
        """Nothing more to do: the core looks at its dispatcher itself."""
