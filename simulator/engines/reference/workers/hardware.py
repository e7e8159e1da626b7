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
from simulator.engines.reference.workers.arbiter import Deficits
from simulator.engines.reference.workers.workers import State, Worker
from simulator.engines.reference.workers.world import World
from simulator.plan import model


class HardwareWorker(Worker):
    """IDLE, RUN (a packet is in it) or PARKED."""

    _in_work: Packet
    _deficits: Deficits

    def __init__(self, data: model.Worker, world: World, job: Slot, examination: Slot) -> None:
        super().__init__(data, world)
        self._job = job
        self._examination = examination
        job.call(self._job_ended)
        examination.call(self._examine)

    def connect(self) -> None:
        """Find the queues; deficits are kept per input."""
        super().connect()
        self._deficits = Deficits(self.inputs, self.data.quantum_bytes)

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
            self._start(index, packet)

    def _start(self, index: int, packet: Packet) -> None:
        self._last_served = index
        if self.data.policy == "drr":
            self._deficits.served(packet)
        source = self.inputs[index]
        source.shaper.pass_through(packet, self.world.now_ps)
        self._in_work = source.take()
        self.state = State.RUN
        self._job.arm(self.world.now_ps + self._job_ps([packet], self.data.batch_ps))

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
        held_ps = [source.shaper.opens_ps for source in self.inputs if source.visible]
        if held_ps:
            self._examination.arm_min(min(held_ps))

    def _conforms(self, source: Input) -> bool:
        return self.world.now_ps >= source.shaper.opens_ps

    def _choose(self) -> int | None:
        if self.data.policy == "drr":
            return self._deficits.choose(self._conforms)
        for index in self._scan_order():
            if self.inputs[index].visible and self._conforms(self.inputs[index]):
                return index
        return None
