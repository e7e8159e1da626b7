"""A hardware engine: one packet at a time, on nobody's core, from the instant at which it can go.

1. It looks at its inputs when it is told that something has come, and after each packet.
2. Without room it waits: for a link until it is nearly free, for a queue until somebody makes room.

*Scope*: NIC receive and transmit engines, embedded switches. DMA does not hold it, unless its buffers run out.
*Validation*: M/D/1 waiting times (tests/theory); conformance vectors of arbitration and blocking.
"""

from __future__ import annotations

from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.inputs import Input
from simulator.engines.reference.queues.outputs import Output
from simulator.engines.reference.queues.world import Entity as Queue
from simulator.engines.reference.workers.arbiter import Deficits, Shares
from simulator.engines.reference.workers.workers import State, Worker
from simulator.engines.reference.workers.world import World
from simulator.plan import model


class HardwareWorker(Worker):
    """IDLE, RUN (a packet is in it) or PARKED."""

    _in_work: Packet
    _shares: Shares
    _deficits: Deficits

    def __init__(self, data: model.Worker, world: World, job: Slot, examination: Slot) -> None:
        super().__init__(data, world)
        self._job = job
        self._examination = examination
        job.call(self._job_ended)
        examination.call(self._examine)

    def connect(self) -> None:
        """Find the queues; turns and deficits are kept per share."""
        super().connect()
        self._shares = Shares(self.inputs)
        self._deficits = Deficits(self._shares, self.data.quantum_bytes)

    def tell(self, queue: Queue) -> None:
        """Look soon."""
        self.wake()

    def wake(self) -> None:
        """Look soon, unless a packet is in work or there is no room."""
        if self.state is State.IDLE:
            self._examination.arm_min(self.world.now_ps)

    def resume(self) -> None:
        """Look whether the room suffices."""
        self.state = State.IDLE
        self.wake()

    def _examine(self) -> None:
        if self.state is State.IDLE:
            self._step()

    def _job_ended(self) -> None:
        self._emit(self._in_work)
        self.counts["served"] += 1
        self._step()

    def _step(self) -> None:
        if not any(source.visible for source in self.inputs):
            self._choose()  # a deficit does not outlive its queue
            self.state = State.IDLE
            return
        first = self.outputs[0]
        if self.data.select == "first" and not first.room(None):
            self._wait_for(first)
            return
        index = self._choose()
        if index is None:
            self._rest()
            return
        packet = self.inputs[index].head
        output = self._output_for(packet)
        if output is not None and not output.reserve(packet):
            self._wait_for(output)
        else:
            self._ways.append(output)
            self._start(index, packet)

    def _start(self, index: int, packet: Packet) -> None:
        self._shares.served(index)
        if self.data.policy == "drr":
            self._deficits.served(packet)
        source = self.inputs[index]
        for limit in (source.shaper, source.floor):
            if limit is not None:
                limit.charge(packet)
        self._in_work = source.take()
        self.state = State.RUN
        self._job.arm(self.world.now_ps + self._job_ps([packet], source, self.data.batch_ps))

    def _wait_for(self, output: Output) -> None:
        opens_ps = output.opens_ps()
        if opens_ps is not None:
            self.state = State.IDLE
            self._examination.arm_min(opens_ps)
            return
        assert output.waiters is not None, self.name
        self.state = State.PARKED
        self.counts["parked"] += 1
        output.waiters.append(self)

    def _rest(self) -> None:
        self.state = State.IDLE
        held_ps = [item.shaper.opens_ps for item in self.inputs if item.visible and item.shaper is not None]
        if held_ps:
            self._examination.arm_min(min(held_ps))

    def _eligible(self) -> set[int]:
        """Inputs that may go now; those below their guaranteed rate before all others."""
        may = {
            n for n, item in enumerate(self.inputs) if item.visible and (item.shaper is None or item.shaper.conforms)
        }
        owed = {n for n in may if _is_owed(self.inputs[n])}
        return owed or may

    def _choose(self) -> int | None:
        may_go = self._eligible().__contains__
        if self.data.policy == "drr":
            return self._deficits.choose(may_go)
        if self.data.policy == "rr":
            return self._shares.in_turn(may_go)
        return next((index for index in range(len(self.inputs)) if may_go(index)), None)


def _is_owed(item: Input) -> bool:
    return item.floor is not None and item.floor.conforms
