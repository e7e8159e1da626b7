"""What hardware engines and software workers share: choosing an input, an output, and what a packet costs.

*Scope*: the common part. *Validation*: see ``software`` and ``hardware``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto

from simulator.engines.reference.clock.chance import scaled
from simulator.engines.reference.clock.packets import ACK, DATA, REQ, Packet
from simulator.engines.reference.queues.inputs import Input, input_of
from simulator.engines.reference.queues.outputs import Output, SinkOutput, output_of
from simulator.engines.reference.queues.world import Entity as Queue
from simulator.engines.reference.workers.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE


class State(Enum):
    """QUEUED: an invocation is due; PARKED: waits for room; POLLING: looks at its inputs all the time."""

    IDLE = auto()
    QUEUED = auto()
    RUN = auto()
    PARKED = auto()
    POLLING = auto()


class Worker(Entity):
    """Something that takes packets from inputs, spends time on them and puts them into outputs."""

    kind = "worker"
    inputs: list[Input]
    outputs: list[Output]

    def __init__(self, data: model.Worker, world: World) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.state = State.IDLE
        self._last_served = -1
        self._ways: deque[Output | None] = deque()
        """Where the packets in work go, as decided when they were taken; None: nowhere."""

    def connect(self) -> None:
        """Find the queues on both sides."""
        hardware = self.data.kind == "hw"
        self.inputs = [input_of(each, self.world) for each in self.data.inputs]
        self.outputs = [output_of(each, self.world, hardware=hardware) for each in self.data.outputs]

    @abstractmethod
    def wake(self) -> None:
        """There may be work."""

    @abstractmethod
    def resume(self) -> None:
        """There may be room."""

    @property
    def waker_ps(self) -> int:
        """Work of whoever wakes it now: none, unless it sleeps in a thread of the host."""
        return 0

    @abstractmethod
    def tell(self, queue: Queue) -> None:
        """Something has become visible in ``queue``: for workers that poll."""

    def _round(self, first: int) -> list[int]:
        """All input indices, from ``first`` on and wrapped round."""
        return [*range(first, len(self.inputs)), *range(first)]

    def _scan_order(self) -> list[int]:
        if self.data.policy == "rr":
            return self._round((self._last_served + 1) % max(1, len(self.inputs)))
        return self._round(0)

    def _output_for(self, packet: Packet) -> Output | None:
        """Where ``packet`` goes; None: nowhere."""
        match self.data.select:
            case "switch":
                index = self.world.switches[self.data.switch].lookup(packet)
                return None if index is None else self.outputs[index]
            case "endpoint":
                packet.look_back()
                return self.outputs[1 if packet.wants_answer else 0]
            case "ack":
                return self.outputs[1 if packet.kind == ACK else 0]
        return self.outputs[0]

    def _answers(self, packet: Packet) -> bool:
        return self.data.select == "endpoint" and packet.wants_answer

    # Cost

    def _job_ps(self, packets: Sequence[Packet], source: Input | None, fixed_ps: int) -> int:
        """The length of one job; each packet is served its own share, the first one all the rest as well."""
        shares_ps = [self._share_ps(packet, source) for packet in packets if source is not None]
        factor = self.world.chance.factor(self.data.spread)
        total_ps = scaled(fixed_ps + sum(shares_ps), factor)
        rest_ps = total_ps
        for packet, share_ps in zip(packets[1:], shares_ps[1:], strict=True):
            packet.serve(scaled(share_ps, factor))
            rest_ps -= scaled(share_ps, factor)
        if packets:
            packets[0].serve(rest_ps)
        return total_ps

    def _share_ps(self, packet: Packet, source: Input) -> int:
        data, output = self.data, self._output_for(packet)
        ports: list[model.Input | model.Output] = [source.data, *([] if output is None else [output.data])]
        byte_fs = data.byte_fs + sum(port.byte_fs for port in ports)
        share_ps = self._own_ps(packet) + (byte_fs * packet.length_bytes + 500) // 1000
        share_ps += (
            data.call_ps * packet.calls
            + data.segment_ps * (packet.segments - 1)
            + sum(port.packet_ps for port in ports)
        )
        if data.service != NONE:
            share_ps += self.world.chance.draw(data.service)
        return share_ps + (self._reply_ps(packet) if self._answers(packet) else 0)

    def _own_ps(self, packet: Packet) -> int:
        data = self.data
        if packet.merged and data.merge_ps != NONE:
            return data.merge_ps
        of_stream = packet.source.data.kind == "window"
        return data.stream_ps if of_stream and data.stream_ps != NONE else data.packet_ps

    def _reply_ps(self, packet: Packet) -> int:
        data = self.data
        return data.ack_ps if packet.kind == DATA and data.ack_ps != NONE else data.reply_ps

    # End of a job

    def _emit(self, packet: Packet) -> None:
        packet.mark(self.data.stage, self.world.now_ps)
        if packet.ring is not None and not packet.ring.data.remote:
            packet.release_ring(at_once=self.data.kind == "hw")
        output = self._ways.popleft()
        if self._answers(packet):
            self._answer(packet)
        if output is None:
            self.world.lose(packet, self.world.switches[self.data.switch])
        else:
            if output.data.dst != NONE:
                packet.dst = output.data.dst
            output.put(packet)

    def _answer(self, packet: Packet) -> None:
        if packet.kind == REQ:
            packet.become_response()
            return
        end = self.outputs[0]
        assert isinstance(end, SinkOutput), self.name
        end.sink.receive(packet)
        packet.become_ack()
