"""A packet, the time stamps it collects on its way, and what it becomes when a receiver answers it.

*Scope*: data that travels; who moves it is said elsewhere.
*Validation*: the stage sums of every delivered packet equal its latency (tests/unit/test_reference.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.clock.later import Source, TxRing

DATA, REQ, RESP, ACK = range(4)
ACK_BYTES = 60


@dataclass(slots=True, eq=False)
class Packet:
    """One frame, or one super-frame of several segments. ``flag``: asks the receiver for an ACK."""

    number: int
    source: Source
    seq: int
    kind: int
    flag: bool
    flow: int
    dst: int
    vlan: int
    length_bytes: int
    segments: int
    born_ps: int
    mark_ps: int
    waits_ps: list[int]
    services_ps: list[int]
    service_ps: int = 0
    """Service since the last mark."""
    ring: TxRing | None = None
    """The tx ring whose descriptors the packet still holds, ``descriptors`` of them."""
    descriptors: int = 0
    buffers: int = 0
    """Buffers of an rx ring that it fills."""
    reserved: int = 0
    """Descriptors reserved on the ring of the coming output."""
    aux: int = 0
    """Of an ACK: packets that have come. Of bulk data: losses that its source had seen when it was born."""
    merged: bool = False
    """Part of the packet before it, for whoever handles both."""
    train_bytes: int = 0
    """Length of what was merged up to and with this packet."""
    calls: int = 0
    """Calls of a bulk application that end in it."""

    def serve(self, time_ps: int) -> None:
        """Count ``time_ps`` as service, not as waiting, at the next mark."""
        self.service_ps += time_ps

    def mark(self, stage: int, time_ps: int) -> None:
        """Close ``stage`` at ``time_ps``: what was not service since the last mark was waiting."""
        if stage == NONE:
            return
        self.services_ps[stage] += self.service_ps
        self.waits_ps[stage] += time_ps - self.mark_ps - self.service_ps
        self.service_ps = 0
        self.mark_ps = time_ps

    @property
    def wants_answer(self) -> bool:
        """Whether an endpoint that receives it sends something back."""
        return self.kind == REQ or (self.kind == DATA and self.flag)

    def look_back(self) -> None:
        """Ask for an ACK at once if data before this packet is missing."""
        if self.kind == DATA and self.source.misses_before(self):
            self.flag = True

    def comes_and_asks(self) -> bool:
        """Data has come to whoever may acknowledge it; return whether it asks for that."""
        self.look_back()
        self.source.data_came(self)
        return self.flag

    def become_response(self) -> None:
        """Turn the request into its response."""
        self.kind = RESP
        if self.source.data.response_bytes != NONE:
            self.length_bytes = self.source.data.response_bytes
            self.segments = 1
        self.merged = False
        self.dst = self.source.data.reply_dst

    def become_ack(self) -> None:
        """Turn the data packet into its acknowledgement; ``aux`` tells how many packets have come."""
        self.kind = ACK
        self.merged = False
        self.calls = 0
        self.length_bytes = ACK_BYTES
        self.segments = 1
        self.dst = self.source.data.reply_dst
        self.aux = self.source.received

    def release_ring(self, *, at_once: bool) -> None:
        """Complete the tx descriptors that the packet still holds; ``at_once``: publish without waiting for a flush."""
        if self.ring is not None:
            ring, self.ring = self.ring, None
            ring.finish(self, at_once=at_once)
