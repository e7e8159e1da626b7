"""One item of traffic on one of its ways: its names, its places and how a source is added to the plan.

*Scope*: where packets start, where they go first and where they are recorded; what is sent is in ``sources``.
*Validation*: tests/unit/test_build_sources.py, tests/unit/test_guest_to_guest.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from simulator.metrics.guests import sent_name
from simulator.parts.machine import Attachment, Machine
from simulator.parts.nic import PEER, SPOOFED
from simulator.parts.settings import GuestSettings
from simulator.plan import draws
from simulator.plan.draws import Stream
from simulator.plan.model import NONE, Sink, Source
from simulator.scenario.model import Scenario
from simulator.scenario.routes import Route
from simulator.scenario.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Place:
    """A way, the interface by which packets come to each guest on it, and of each leg the adapters that it leaves and comes in by; None
    is the far end."""

    route: Route
    entries: tuple[str | None, ...]
    legs: tuple[tuple[int | None, int | None], ...]

    def wires(self) -> tuple[tuple[int, bool], ...]:
        """Each time that a wire is used."""
        found = []
        for one, other in self.legs:
            if one is not None and one != other:
                found.append((one, False))
            if other is not None and one != other:
                found.append((other, True))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Feed:
    """One item of traffic on one of its ways; `sharing` of the `guests` that share a total have this adapter."""

    machine: Machine
    scenario: Scenario
    item: Traffic
    guest: GuestSettings
    place_of: Place
    mtu_bytes: int
    guests: int
    sharing: int
    replication: int

    @property
    def name(self) -> str:
        """Prefix of all names."""
        ends = (self.place_of.route.sender, self.place_of.route.receiver)
        other = "" if None in ends else f".{ends[ends[0] == self.guest.name]}"
        return f"{self.guest.name}.{self.item.name}{other}"

    @property
    def place(self) -> str:
        """Where an error is."""
        return f"traffic.{self.item.name}"

    @property
    def attachment(self) -> Attachment:
        """Of the guest that the packets count for."""
        return self.machine.attached[self.guest.name]

    @property
    def from_far_end(self) -> bool:
        """Whether the far end sends."""
        return self.place_of.route.sender is None

    @property
    def line_bps(self) -> int:
        """The rate of the guest's port."""
        return self.attachment.port.settings.rate_bps

    @property
    def reply_dst(self) -> int:
        """Where answers go."""
        return self._mac(self.place_of.route.sender)

    def _mac(self, name: str | None) -> int:
        return PEER if name is None else self.machine.attached[name].mac

    def stream(self, stream: Stream | None) -> int:
        """Index of the stream in the plan."""
        return self.machine.builder.stream(stream)

    def offset_ps(self, name: str, below_ps: int) -> int:
        """A start that depends on seed and name only."""
        digest = hashlib.sha256(f"{self.scenario.seed}\0{name}\0start".encode()).digest()
        return int.from_bytes(digest[:8], "little") % max(1, below_ps)

    def _is_caught(self, sender: str | None) -> bool:
        """Whether the adapter will find that these frames carry an address that is not their sender's."""
        if not getattr(self.item, "spoofed", False):
            return False
        return any(group.spoof_check and sender in group.members() for group in self.scenario.guests)

    def record(self) -> int:
        """The sink at the far end for what this guest sends; with one guest that is the far end's own, except of a chain."""
        attachment = self.attachment
        if (len(self.machine.attached) > 1 or self.place_of.route.through) and attachment.sent == NONE:
            attachment.sent = self.machine.builder.add(Sink(name=sent_name(self.guest.name)))
        return attachment.sent

    def add(
        self,
        name: str,
        kind: str,
        size: Stream,
        flow: Stream,
        *,
        back: bool = False,
        unknown: bool = False,
        **fields: Any,
    ) -> None:
        """One source; `fields` are those of its kind. `back`: a recording's other direction, from the guest; `unknown`: of packets
        that begin a flow."""
        route = self.place_of.route
        sender, first = (self.guest.name, None) if back else self.place_of.entries[:2]
        if sender is None:
            assert first is not None
            target = ("link", self.machine.attached[first].port.entrance)
        else:
            target = ("fifo", self.machine.attached[sender].send)
        vlans = self.attachment.port.vlans
        answered = kind == "rr" or fields.get("request")
        outside = back or route.receiver is None or (answered and sender is None)
        if outside or (answered and None in (sender, route.receiver)):
            fields["record"] = self.record()
        mac = self._mac(first)
        if unknown:
            assert first is not None
            mac = self.machine.attached[first].alias
        source = Source(
            name=name,
            kind=kind,
            target_kind=target[0],
            target=target[1],
            size=self.stream(size),
            flow=self.stream(flow),
            dst=self.stream(draws.constant(f"to:{mac}", mac)),
            vlan=vlans.index(SPOOFED if self._is_caught(sender) else self.guest.vlan),
            **fields,
        )
        self.machine.builder.add(source)
