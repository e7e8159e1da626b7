"""Software that drains queues in invocations: NAPI, a vhost worker, QEMU's loop, an application.

A worker's life is one generator. Each number it yields is a job, in ps, that the executor has to run before it goes on:

1. Waking up; then, packet by packet or burst by burst: take, work, hand over, show what is due.
2. A notification is a job of its own, or an access of the vCPU that the worker then waits out.
3. With its budget used up it queues again behind the others; without room it parks; with nothing left it opens its
   gates, looks once more and goes to sleep.

*Scope*: softirq and thread level. Poll mode is in ``polling``, a device model inside an exit in ``exit_worker``.
*Validation*: conformance vectors; tests/unit/test_reference.py.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator

from simulator.engines.reference.clock.packets import DATA, Packet
from simulator.engines.reference.cpu.executors import Executor
from simulator.engines.reference.cpu.jobs import Job
from simulator.engines.reference.cpu.threads import WorkersThread
from simulator.engines.reference.cpu.vcpu import Vcpu
from simulator.engines.reference.interrupts.moderators import SoftwareModerator
from simulator.engines.reference.queues.effects import run_effect, waker_ps
from simulator.engines.reference.queues.inputs import Input
from simulator.engines.reference.queues.later import Moderator
from simulator.engines.reference.queues.rx_ring import RxRing
from simulator.engines.reference.queues.sides import Side
from simulator.engines.reference.queues.tx_ring import TxRing
from simulator.engines.reference.queues.world import Entity as Queue
from simulator.engines.reference.workers.workers import State, Worker
from simulator.engines.reference.workers.world import World
from simulator.plan import model
from simulator.plan.model import NONE

Jobs = Generator[int | None, None, None]


class SoftwareWorker(Worker):
    """``job`` is what it has to do next whenever its turn comes."""

    job: Job
    _reaped: TxRing | None = None
    _refilled: RxRing | None = None
    _moderator: SoftwareModerator | None = None

    def __init__(self, data: model.Worker, world: World, executor: Executor) -> None:
        super().__init__(data, world)
        self._executor = executor
        self._spun_for = None if data.spin == NONE else world.locks[data.spin]
        self._again = False
        self._first = False
        self._begun_ps = 0
        self._served = 0
        self._served_bytes = 0
        self._reaped_packets = 0
        self._credit = 0
        self._gates: list[Side] = []
        self._vectors: list[Moderator] = []

    def connect(self) -> None:
        """Find queues, gates and vectors, and prepare the first invocation."""
        super().connect()
        self._connect_rings()
        self._gates = [source.gate for source in self.inputs if source.gate is not None]
        moderators = [source.moderator for source in self.inputs]
        if self._reaped is not None:
            moderators.append(self._reaped.moderator)
            if self._reaped.tells_when_done:
                self._gates.append(self._reaped.used_side)
        # A dictionary keeps the order in which the vectors were found.
        found = dict.fromkeys(moderator for moderator in moderators if moderator is not None)
        self._vectors = [moderator for moderator in found if not isinstance(moderator, SoftwareModerator)]
        self._connect_moderator()
        self._life = self._lead()
        self._advance()

    def _connect_rings(self) -> None:
        reaped = None if self.data.reap_ring == NONE else self.world.rings[self.data.reap_ring]
        refilled = None if self.data.refill_ring == NONE else self.world.rings[self.data.refill_ring]
        assert reaped is None or isinstance(reaped, TxRing), self.name
        assert refilled is None or isinstance(refilled, RxRing), self.name
        self._reaped, self._refilled = reaped, refilled

    def _connect_moderator(self) -> None:
        moderator = None if self.data.moderator == NONE else self.world.moderators[self.data.moderator]
        assert moderator is None or isinstance(moderator, SoftwareModerator), self.name
        self._moderator = moderator

    def tell(self, queue: Queue) -> None:
        """It is woken by notifications, not by looking."""

    def _advance(self) -> None:
        self.job = Job(self.data.label, next(self._life), self._advance)

    # Where it queues

    @abstractmethod
    def _enqueue(self) -> None:
        """Ask for a turn."""

    @abstractmethod
    def _requeue(self) -> None:
        """End the invocation and ask for another turn."""

    @abstractmethod
    def _leave(self) -> None:
        """End the invocation."""

    def wake(self) -> None:
        """Queue an invocation; if one is under way or due, remember to look again."""
        if self.state is State.IDLE:
            self.state = State.QUEUED
            self._enqueue()
        else:
            self._again = True

    def resume(self) -> None:
        """Go on where it parked, when its turn comes."""
        self.state = State.QUEUED
        self._enqueue()

    # Its life

    def _lead(self) -> Jobs:
        while True:
            yield self.data.wake_ps
            self._begin()
            yield from self._invocation()

    def _begin(self) -> None:
        self._again = False
        self._served = self._served_bytes = self._reaped_packets = 0
        self._first = True
        self._begun_ps = self.world.now_ps
        self.counts["invocations"] += 1
        self._close_gates()
        self.state = State.RUN

    def _invocation(self) -> Jobs:
        while True:
            if self._budget_is_spent():
                yield from self._flush()
                if self._yields_its_turn():
                    return
                if (yield from self._ends_in_sleep()):
                    return
                continue
            source = self._choose(self._scan_order())
            packets = [] if source is None else self._take(source)
            if packets or (source is None and self._first):
                yield from self._work(packets, source)
            elif source is None:
                yield from self._flush()
                if (yield from self._ends_in_sleep()):
                    return
            else:
                yield from self._wait_for_room(source)

    def _budget_is_spent(self) -> bool:
        return self._served >= self.data.budget_packets or self._served_bytes >= self.data.budget_bytes

    @abstractmethod
    def _yields_its_turn(self) -> bool:
        """With its budget spent: give way to others; False if there is nothing more to do."""

    # One job

    def _choose(self, order: list[int]) -> Input | None:
        for index in order:
            if self.inputs[index].visible:
                self._candidate = index
                return self.inputs[index]
        return None

    def _take(self, source: Input) -> list[Packet]:
        packets: list[Packet] = []
        while self._may_take(len(packets)) and source.visible:
            packet = source.head
            output = self._output_for(packet)
            if output is not None and not output.reserve(packet):
                break
            source.take()
            self._ways.append(output)
            if self.data.select == "endpoint" and packet.kind == DATA:
                packet.source.data_came(packet)
            if self.data.merge_bytes:
                self._merge(packet, packets)
            packets.append(packet)
            self._stamp(packet, source)
            self._last_served = self._candidate
        return packets

    def _merge(self, packet: Packet, taken: list[Packet]) -> None:
        """Merge ``packet`` into the latest one of its flow among those ``taken`` for the same job (GRO)."""
        if packet.kind != DATA or packet.source.data.kind != "window":
            return
        packet.train_bytes = packet.length_bytes
        for other in reversed(taken):
            if other.kind == DATA and other.source is packet.source and other.flow == packet.flow:
                whole_bytes = other.train_bytes + packet.length_bytes
                if whole_bytes <= self.data.merge_bytes:
                    packet.merged, packet.train_bytes = True, whole_bytes
                    if not packet.source.data.message_bytes:
                        packet.calls = 0
                    packet.flag, other.flag = packet.flag or other.flag, False
                return

    def _may_take(self, taken: int) -> bool:
        return taken < self.data.chunk and self._served + taken < self.data.budget_packets

    def _stamp(self, packet: Packet, source: Input) -> None:
        """Split the wait behind a notification: for the interrupt, then for this invocation."""
        if self.data.notify_stage == NONE:
            return
        if source.moderator is not None and isinstance(source.queue, RxRing):
            fired_ps = source.moderator.last_ps
            if packet.mark_ps < fired_ps:
                packet.mark(source.moderator.data.stage, fired_ps)
        if packet.mark_ps < self._begun_ps:
            packet.mark(self.data.notify_stage, self._begun_ps)

    def _work(self, packets: list[Packet], source: Input | None) -> Jobs:
        fixed_ps = self.data.poll_ps if self._first else 0
        reaped = self._reap()
        fixed_ps += reaped * self.data.reap_ps + (self.data.batch_ps if packets else 0)
        hold_ps = reaped * self.data.spin_reap_ps + self.data.spin_packet_ps * sum(p.segments for p in packets)
        self._first = False
        yield self._job_ps(packets, source, fixed_ps)
        if self._spun_for is not None and hold_ps:
            yield self._spun_for.spin(hold_ps)
        for packet in packets:
            # What it counts is what came in: an answer may have another length.
            self._served_bytes += packet.length_bytes
            self._emit(packet)
        self._served += len(packets)
        self._credit += len(packets)
        self.counts["served"] += len(packets)
        yield from self._flush(due=True)

    def _reaps_now(self) -> bool:
        return self._first

    def _reap(self) -> int:
        if self._reaped is None or not self._reaps_now():
            return 0
        count = self._reaped.reap()
        self._reaped_packets += count
        return count

    # Showing what was done

    def _flush(self, *, due: bool = False) -> Jobs:
        """Publish (with ``due`` only what is worth it) and pay for the notifications."""
        fired = [side.signal for side in self._to_publish(due=due) if side.publish()]
        if self._moderator is not None and self._moderator.settle():
            fired.append(self._moderator)
        for signal in fired:
            if isinstance(signal, model.Notify):
                yield from self._notify(signal)
            else:
                yield signal.data.signal_ps + signal.route.waker_ps
                signal.route.raise_at_once()

    def _to_publish(self, *, due: bool) -> Iterator[Side]:
        for output in self.outputs:
            if output.side is not None and (not due or output.side.unpublished >= output.data.publish_every):
                yield output.side
        if self._refilled is not None and self._credit >= (self.data.refill_chunk if due else 1):
            self._refilled.refill(self.data.refill_above)
            self._credit = 0
            yield self._refilled.avail_side
        for source in self.inputs:
            shown = source.completions
            if shown is not None and (not due or shown.unpublished >= source.data.publish_every):
                yield shown

    def _notify(self, notify: model.Notify) -> Jobs:
        if notify.exit:
            self._access(notify)
            # The exit goes before this job of no length, which is how the worker waits for it.
            yield 0
        else:
            yield notify.cost_ps + waker_ps(notify, self.world)
            run_effect(notify, self.world)

    def _access(self, notify: model.Notify) -> None:
        assert isinstance(self._executor, Vcpu), self.name
        self._executor.trap(notify)

    # Waiting

    def _wait_for_room(self, source: Input) -> Jobs:
        yield from self._flush()
        if not source.visible:  # a reset has emptied it
            return
        output = self._output_for(source.head)
        if output is None or output.room(source.head):
            return
        if output.wake_up is not None:
            output.wake_up.await_next()
        assert output.waiters is not None, self.name
        self.state = State.PARKED
        self.counts["parked"] += 1
        output.waiters.append(self)
        self._leave()
        yield self.data.resume_ps
        self.state = State.RUN

    def _ends_in_sleep(self) -> Generator[int | None, None, bool]:
        """Open the gates and look once more; return whether the invocation is over."""
        yield self.data.rearm_ps
        # A list, because every gate has to be opened: each must know how far the worker has come.
        work = [gate.enable() for gate in self._gates]
        if any(work):
            self._close_gates()
            if self._looks_again_in_place():
                return False
            self._queue_again()
            return True
        yield from self._unmask()
        if self._again:
            self._queue_again()
        else:
            self._sleep()
        return True

    def _looks_again_in_place(self) -> bool:
        return self.data.recheck == "inplace"

    def _unmask(self) -> Jobs:
        for notify in self.data.unmask:
            self._access(notify)
        if self.data.unmask:
            # The exits go before this job of no length, and so does an interrupt that they bring about: it finds the
            # worker still running.
            yield 0
            return
        for moderator in self._vectors:
            moderator.unmask(reaps=self._reaped is not None)

    def _sleep(self) -> None:
        if self._served == 0 and self._reaped_packets == 0:
            self.counts["empty"] += 1
        self.state = State.IDLE
        self._leave()

    def _queue_again(self) -> None:
        self.counts["requeued"] += 1
        self.state = State.QUEUED
        self._requeue()

    def _close_gates(self) -> None:
        for gate in self._gates:
            gate.disable(backend=self.data.backend)


class SoftirqWorker(SoftwareWorker):
    """Runs in softirq context of its executor."""

    def _enqueue(self) -> None:
        self._executor.dispatcher.raise_worker(self)

    def _leave(self) -> None:
        parked = self.state is State.PARKED
        # A parked invocation is not over: its packets are counted when it is.
        self._executor.dispatcher.finished(0 if parked else self._served)

    def _requeue(self) -> None:
        # Raised before it ends: the softirq does not end in between, and counts one restart more.
        self._enqueue()
        self._leave()

    def _yields_its_turn(self) -> bool:
        self.counts["requeued"] += 1
        self.state = State.QUEUED
        self._executor.dispatcher.finished(self._served, again=self)
        return True


class TaskWorker(SoftwareWorker):
    """Runs in a thread, in turn with the thread's other workers."""

    def __init__(self, data: model.Worker, world: World, thread: WorkersThread) -> None:
        super().__init__(data, world, thread.executor)
        self._thread = thread

    @property
    def waker_ps(self) -> int:
        """Work of whoever wakes it now."""
        sleeps = self.state in (State.IDLE, State.PARKED) and self._thread.asleep
        return self._thread.data.waker_ps if sleeps and self._executor.data.kind == "core" else 0

    def _enqueue(self) -> None:
        self._thread.enqueue(self)

    def _leave(self) -> None:
        self._thread.leave()

    def _requeue(self) -> None:
        self._thread.requeue()

    def _yields_its_turn(self) -> bool:
        if not any(source.visible for source in self.inputs):
            return False
        self._queue_again()
        return True
