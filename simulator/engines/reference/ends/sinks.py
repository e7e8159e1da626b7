"""Where packets end: latency and stages are kept here, and requests and acknowledgements find their way back.

*Scope*: applications, and far ends of wires that answer over ``reply_link``.
*Validation*: count * mean = sum; stage sums add up to latency.
"""

from __future__ import annotations

from simulator.engines.reference.clock.packets import DATA, REQ, RESP, Packet
from simulator.engines.reference.ends.world import Entity, World
from simulator.errors import EngineError
from simulator.plan import model
from simulator.plan.model import NONE
from simulator.plan.trace import histogram_index


class Sink(Entity):
    """One place of delivery with its statistics."""

    kind = "sink"

    def __init__(self, data: model.Sink, world: World) -> None:
        super().__init__(data.name, world)
        self._data = data
        self.begin_window()

    def begin_window(self) -> None:
        """Forget what was recorded."""
        super().begin_window()
        self.counts["minimum_ps"] = -1
        self.counts["maximum_ps"] = -1
        self.histogram: dict[int, int] = {}
        self._waits_ps = [0] * len(self.world.plan.stages)
        self._services_ps = [0] * len(self.world.plan.stages)

    @property
    def stages(self) -> tuple[tuple[int, int], ...]:
        """(waiting, service) in ps of each stage, summed over the recorded packets."""
        return tuple(zip(self._waits_ps, self._services_ps, strict=True))

    def deliver(self, packet: Packet) -> None:
        """``packet`` has come to its end here: record it, answer it, or tell its source."""
        if packet.kind == DATA:
            asks = self._data.reply_link != NONE and packet.comes_and_asks()
            self.receive(packet)
            if asks:
                packet.become_ack()
                self._reply(packet)
            else:
                self.world.alive -= 1
            return
        if packet.kind == REQ:
            packet.become_response()
            self._reply(packet)
            return
        self.world.note("deliver", self.name, packet.number)
        self.world.alive -= 1
        if packet.kind == RESP:
            self._statistics(packet).record(packet)
            packet.source.response_arrived(packet)
        else:
            self.counts["acks"] += 1
            packet.source.ack_arrived(packet)

    def receive(self, packet: Packet) -> None:
        """Record the data ``packet`` and keep it alive: an acknowledgement may be made of it."""
        self.world.note("deliver", self.name, packet.number)
        self._statistics(packet).record(packet)
        packet.source.data_received()

    def _reply(self, packet: Packet) -> None:
        if self._data.reply_link == NONE:
            raise EngineError(f"{self.name}: a request has come to a sink that cannot answer")
        self.world.links[self._data.reply_link].send_packet(packet)

    def _statistics(self, packet: Packet) -> Sink:
        """Whose statistics take ``packet``: far ends may keep those of each source apart."""
        record = packet.source.data.record
        return self if record == NONE or self._data.reply_link == NONE else self.world.sinks[record]

    def record(self, packet: Packet) -> None:
        """Count ``packet`` and its latency."""
        latency_ps = self.world.now_ps - packet.born_ps
        counts, index = self.counts, histogram_index(latency_ps)
        counts["minimum_ps"] = latency_ps if counts["count"] == 0 else min(counts["minimum_ps"], latency_ps)
        counts["maximum_ps"] = max(counts["maximum_ps"], latency_ps)
        counts["count"] += 1
        counts["bytes"] += packet.length_bytes
        counts["sum_ps"] += latency_ps
        self.histogram[index] = self.histogram.get(index, 0) + 1
        for stage, (wait_ps, service_ps) in enumerate(zip(packet.waits_ps, packet.services_ps, strict=True)):
            self._waits_ps[stage] += wait_ps
            self._services_ps[stage] += service_ps
