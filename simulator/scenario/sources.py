"""Traffic of a scenario as sources of a plan: who sends what, how fast, to whom.

1. Sizes, gaps, flows and think times become named streams; the names hold guest and traffic, nothing else.
2. Rates per guest in thousandths of a packet per second, from packets, bits (frames with FCS) or a share of the line
   (with preamble and gap).
3. Towards a guest a source sends into the wire, from a guest into the fifo of its application.
4. What is offered in one direction must fit the line, unless the traffic says `overload`; then the generator drops
   what does not fit.

*Scope*: constant-rate sources and bursts start at instants drawn from seed and name, clients within their first 10 us,
so that guests do not march in step. A capture mix is drawn anew for every guest and replication.
*Validation*: tests/unit/test_build_sources.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simulator import units
from simulator.errors import InputError
from simulator.formats.pcap import FCS_BYTES
from simulator.metrics.guests import sent_name
from simulator.parts.machine import Attachment, Machine
from simulator.parts.nic import PEER
from simulator.parts.settings import GuestSettings
from simulator.parts.wire import FRAME_OVERHEAD_BYTES
from simulator.plan import draws
from simulator.plan.draws import Stream
from simulator.plan.model import INFINITE_PS, NONE, Sink, Source
from simulator.scenario.checks import selected
from simulator.scenario.choice import Duration, FrameSize
from simulator.scenario.guest import Guest
from simulator.scenario.model import Scenario
from simulator.scenario.recorded import Listener, recorded
from simulator.scenario.traffic import Bulk, Bursts, Capture, Constant, Poisson, RequestResponse, Traffic
from simulator.traffic import distributions, imix
from simulator.traffic.arrivals import PS_PER_SECOND, Arrivals, split, streams

MINIMUM_BYTES = 60
ETHERNET_BYTES = 14
TCP_HEADERS_BYTES = 54
AS_LONG_AS_THE_REQUEST = -1
CLIENT_START_PS = 10_000_000
GENERATOR_BACKLOG_PS = 10_000_000
_DEFAULT_MTU_BYTES = 1500


@dataclass(frozen=True, slots=True)
class Use:
    """What a guest's application does: sends of its own, answers what it receives, and how much it copies to answer."""

    sends: bool = False
    answers: bool = False
    reply_bytes: int = MINIMUM_BYTES
    bulk: bool = False
    """Whether it receives bulk data, or the acknowledgements of what it sends."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Mean offered load of one source on the wire."""

    item: Traffic
    towards_guest: bool
    bits_per_s: Fraction


def uses(scenario: Scenario) -> dict[str, Use]:
    """What each guest's application does."""
    found: dict[str, Use] = {name: Use() for group in scenario.guests for name in group.members()}
    for item in scenario.traffic:
        for name in selected(scenario, item):
            found[name] = _with_use(found[name], item)
    return found


def _with_use(use: Use, item: Traffic) -> Use:
    rx = isinstance(item, Capture) or item.direction == "rx"
    echo = isinstance(item, (Poisson, Constant, Bursts)) and item.echo
    turned = (isinstance(item, (RequestResponse, Bulk)) and rx) or echo
    reply_bytes = MINIMUM_BYTES
    if isinstance(item, RequestResponse):
        reply_bytes = _fixed(item.response, f"traffic.{item.name}.response")
    elif echo and isinstance(item, (Poisson, Constant, Bursts)):
        # what answering copies is one number for a guest; of mixed sizes the mean
        reply_bytes = _mean_bytes(item.size)
    return Use(
        use.sends or isinstance(item, Capture) or not rx,
        use.answers or turned,
        max(use.reply_bytes, reply_bytes if turned else 0),
        use.bulk or isinstance(item, Bulk),
    )


def add_traffic(
    machine: Machine,
    scenario: Scenario,
    guests: tuple[GuestSettings, ...],
    replication: int,
    faults: list[InputError] | None = None,
) -> None:
    """Add the sources of all traffic. Raises ``InputError`` for the first fault, or collects all of them in
    ``faults``; guests that could not be attached are then passed over."""
    settings = {guest.name: guest for guest in guests}
    groups = {name: group for group in scenario.guests for name in group.members()}
    offers: list[Offer] = []
    for item in scenario.traffic:
        chosen = selected(scenario, item)
        for name in chosen:
            if faults is not None and name not in machine.attached:
                continue
            attachment, mtu_bytes = machine.attached[name], groups[name].mtu_bytes
            feed = Feed(machine, scenario, item, settings[name], mtu_bytes, attachment, len(chosen), replication)
            try:
                offers += _add(feed, groups[name])
            except InputError as error:
                if faults is None:
                    raise _placed(item, error) from None
                faults.append(_placed(item, error))
    for fault in _over_the_line(machine, offers):
        if faults is None:
            raise fault
        faults.append(fault)


def _add(feed: Feed, group: Guest) -> Iterable[Offer]:
    """The sources of one item of traffic for one guest; what an open loop offers."""
    item = feed.item
    if isinstance(item, RequestResponse):
        _add_clients(feed, item)
    elif isinstance(item, Bulk):
        _add_bulk(feed, item, group.offloads.tso)
    elif isinstance(item, Capture):
        return list(_add_capture(feed, item))
    else:
        return [_add_open(feed, item)]
    return ()


def _placed(item: Traffic, error: InputError) -> InputError:
    """The fault of a file or of a stream is told at the traffic that brought it."""
    if error.place.startswith("traffic."):
        return error
    key = ("file" if item.file else "mix") if isinstance(item, Capture) else _key_of(item, error.place)
    inside = error.place if isinstance(item, Capture) else ""
    told = error.at(inside)
    return InputError(f"traffic.{item.name}.{key}", str(told))


def _key_of(item: Traffic, stream: str) -> str:
    """The key that a stream such as ``stream vm0.load:gap`` is made from."""
    drawn = stream.rpartition(":")[2]
    if drawn == "gap" and isinstance(item, (Poisson, Constant, Bursts)):
        return item.rates()[0]
    return {"flow": "flows"}.get(drawn, drawn if drawn in ("size", "request", "think") else "kind")


@dataclass(frozen=True, slots=True)
class Feed:
    """One item of traffic for one of its guests."""

    machine: Machine
    scenario: Scenario
    item: Traffic
    guest: GuestSettings
    mtu_bytes: int
    attachment: Attachment
    guests: int
    replication: int

    @property
    def name(self) -> str:
        """Prefix of all names."""
        return f"{self.guest.name}.{self.item.name}"

    @property
    def place(self) -> str:
        """Where an error is."""
        return f"traffic.{self.item.name}"

    def stream(self, stream: Stream | None) -> int:
        """Index of the stream in the plan."""
        return self.machine.builder.stream(stream)

    def offset_ps(self, name: str, below_ps: int) -> int:
        """A start that depends on seed and name only."""
        digest = hashlib.sha256(f"{self.scenario.seed}\0{name}\0start".encode()).digest()
        return int.from_bytes(digest[:8], "little") % max(1, below_ps)

    def record(self) -> int:
        """The sink at the far end for what this guest sends; with one guest that is the far end's own."""
        if len(self.machine.attached) > 1 and self.attachment.sent == NONE:
            self.attachment.sent = self.machine.builder.add(Sink(name=sent_name(self.guest.name)))
        return self.attachment.sent

    def add(self, name: str, kind: str, towards_guest: bool, size: Stream, flow: Stream, **fields: Any) -> None:
        """One source; `fields` are those of its kind."""
        mac = self.attachment.mac
        target = ("link", self.machine.port.wire_in) if towards_guest else ("fifo", self.attachment.send)
        vlans = self.machine.port.vlans
        if not towards_guest or kind == "rr" or fields.get("request"):
            fields["record"] = self.record()
        source = Source(
            name=name,
            kind=kind,
            target_kind=target[0],
            target=target[1],
            size=self.stream(size),
            flow=self.stream(flow),
            dst=self.stream(draws.constant(f"to:{mac if towards_guest else PEER}", mac if towards_guest else PEER)),
            vlan=vlans.index(self.guest.vlan),
            **fields,
        )
        self.machine.builder.add(source)


def _add_open(feed: Feed, item: Poisson | Constant | Bursts) -> Offer:
    size = _lengths(feed, item.size, "size")
    mean_bytes = draws.mean(size)
    packets_per_s = _rate(feed, item, mean_bytes)
    rx = item.direction == "rx"
    gap, start_ps = _gaps(feed, item, packets_per_s)
    backlog_ps = GENERATOR_BACKLOG_PS if item.overload and rx else INFINITE_PS
    feed.add(
        feed.name,
        "open",
        rx,
        size,
        _flows(feed.name, item.flows),
        gap=feed.stream(gap),
        start_ps=start_ps,
        backlog_ps=backlog_ps,
        **({"request": True, "response_bytes": AS_LONG_AS_THE_REQUEST, "reply_dst": PEER} if item.echo else {}),
    )
    return Offer(item, rx, packets_per_s * 8 * (mean_bytes + FRAME_OVERHEAD_BYTES))


def _gaps(feed: Feed, item: Poisson | Constant | Bursts, packets_per_s: Fraction) -> tuple[Stream, int]:
    name, mean_ps = f"{feed.name}:gap", round(PS_PER_SECOND / packets_per_s)
    if isinstance(item, Poisson):
        return draws.exponential(name, max(1, mean_ps)), 0
    if isinstance(item, Constant):
        return draws.cycle(name, [mean_ps], first=feed.offset_ps(feed.name, mean_ps)), 0
    period_ps = round(item.burst * PS_PER_SECOND / packets_per_s)
    pause_ps = period_ps - (item.burst - 1) * item.gap_ps
    if pause_ps < item.gap_ps:
        raise InputError(f"{feed.place}.gap", f"{item.burst} packets this far apart are slower than the rate")
    return draws.cycle(
        name, [pause_ps, *[item.gap_ps] * (item.burst - 1)], first=feed.offset_ps(feed.name, pause_ps)
    ), 0


def _rate(feed: Feed, item: Poisson | Constant | Bursts | Capture, mean_bytes: Fraction) -> Fraction:
    """Packets per second for this guest."""
    if item.rate_millipps is not None:
        rate = Fraction(item.rate_millipps, 1000)
    elif item.throughput_bps is not None:
        rate = item.throughput_bps / (8 * (mean_bytes + FCS_BYTES))
    else:
        line_bps = feed.machine.port.settings.rate_bps
        rate = Fraction(item.load_ppm or 0, 10**6) * line_bps / (8 * (mean_bytes + FRAME_OVERHEAD_BYTES))
    return rate / feed.guests if item.total else rate


def _add_clients(feed: Feed, item: RequestResponse) -> None:
    rx = item.direction == "rx"
    response_bytes = _fixed(item.response, f"{feed.place}.response")
    _require_mtu(feed, response_bytes, "response")
    for client in range(item.outstanding):
        name = f"{feed.name}.{client}"
        feed.add(
            name,
            "rr",
            rx,
            _lengths(feed, item.request, "request"),
            _flows(name, item.flows),
            think=feed.stream(_duration(f"{name}:think", item.think)),
            start_ps=feed.offset_ps(name, CLIENT_START_PS),
            response_bytes=response_bytes,
            reply_dst=PEER if rx else feed.attachment.mac,
            timeout_ps=item.timeout_ps,
        )


def _add_bulk(feed: Feed, item: Bulk, late: bool) -> None:
    """`late`: the stack hands over super-packets, which the NIC segments (tx). What arrives (rx) is merged by the receiver."""
    rx = item.direction == "rx"
    frame_bytes = max(MINIMUM_BYTES, item.segment_bytes - FCS_BYTES)
    _require_mtu(feed, frame_bytes, "segment")
    payload_bytes = max(1, frame_bytes - TCP_HEADERS_BYTES)
    segments = max(1, ((item.super_packet_bytes or 0) - TCP_HEADERS_BYTES) // payload_bytes)
    length_bytes, window, ack_every, segment_bytes = frame_bytes, item.window * segments, item.ack_every, 0
    if late and segments > 1 and not rx:
        length_bytes, window = TCP_HEADERS_BYTES + segments * payload_bytes, item.window
        segment_bytes = -(-length_bytes // segments)
    size = draws.constant(f"{feed.name}:size", length_bytes)
    for connection in range(item.flows):
        name = f"{feed.name}.{connection}"
        feed.add(
            name,
            "window",
            rx,
            size,
            draws.constant(f"{name}:flow", connection),
            segment_bytes=segment_bytes,
            start_ps=feed.offset_ps(name, CLIENT_START_PS),
            reply_dst=PEER if rx else feed.attachment.mac,
            window=window,
            ack_every=ack_every,
            timeout_ps=item.timeout_ps,
        )


def _add_capture(feed: Feed, item: Capture) -> Iterator[Offer]:
    arrivals = recorded(
        feed.scenario,
        item,
        Listener(feed.guest.name, feed.guests, feed.mtu_bytes, feed.machine.port.settings.rate_bps),
        feed.replication,
        lambda mean_bytes: _rate(feed, item, mean_bytes),
    )
    for direction, part in zip(("rx", "tx"), split(arrivals), strict=True):
        if part.packets:
            yield _add_recorded(feed, item, direction, part)


def _add_recorded(feed: Feed, item: Capture, direction: str, part: Arrivals) -> Offer:
    rx, name = direction == "rx", f"{feed.name}.{direction}"
    gap, size, flow = streams(part, name)
    backlog_ps = GENERATOR_BACKLOG_PS if item.overload and rx else INFINITE_PS
    feed.add(name, "open", rx, size, flow, gap=feed.stream(gap), backlog_ps=backlog_ps)
    bits = 8 * (int(part.length_bytes.sum()) + FRAME_OVERHEAD_BYTES * part.packets)
    return Offer(item, rx, Fraction(bits * PS_PER_SECOND, part.period_ps))


def _lengths(feed: Feed, size: FrameSize, key: str) -> Stream:
    name = f"{feed.name}:{key}"
    if size.imix is not None:
        stream = imix.length_stream(name, imix.imix(size.imix))
        _require_mtu(feed, max(frame for frame, _ in imix.imix(size.imix).packets) - FCS_BYTES, key)
    elif size.distribution is not None:
        stream = distributions.frame_stream(name, distributions.sizes(size.distribution), feed.mtu_bytes)
    elif size.uniform is not None:
        low, high = (_length(feed, end, key) for end in (size.uniform.low_bytes, size.uniform.high_bytes))
        stream = draws.uniform(name, low, high)
    else:
        stream = draws.constant(name, _length(feed, size.fixed_bytes or 0, key))
    return stream


def _length(feed: Feed, frame_bytes: int, key: str) -> int:
    length = max(MINIMUM_BYTES, frame_bytes - FCS_BYTES)
    _require_mtu(feed, length, key)
    return length


def _mean_bytes(size: FrameSize) -> int:
    """Mean length without FCS."""
    if size.imix is not None:
        mean = draws.mean(imix.length_stream("", imix.imix(size.imix)))
    elif size.distribution is not None:
        mean = draws.mean(distributions.frame_stream("", distributions.sizes(size.distribution)))
    elif size.uniform is not None:
        mean = Fraction(size.uniform.low_bytes + size.uniform.high_bytes, 2) - FCS_BYTES
    else:
        mean = Fraction((size.fixed_bytes or 0) - FCS_BYTES)
    return max(MINIMUM_BYTES, round(mean))


def _fixed(size: FrameSize, place: str) -> int:
    if size.fixed_bytes is None:
        raise InputError(place, "a response has one fixed size, such as '64 B'")
    return max(MINIMUM_BYTES, size.fixed_bytes - FCS_BYTES)


def _require_mtu(feed: Feed, length_bytes: int, key: str) -> None:
    if length_bytes > feed.mtu_bytes + ETHERNET_BYTES:
        frame = length_bytes + FCS_BYTES
        message = f"frames of {frame} B do not fit the MTU of {feed.guest.name}, {feed.mtu_bytes} B; raise guests.mtu"
        raise InputError(f"{feed.place}.{key}", message)


def _flows(name: str, flows: int) -> Stream:
    return draws.constant(f"{name}:flow", 0) if flows == 1 else draws.uniform(f"{name}:flow", 0, flows - 1)


def _duration(name: str, duration: Duration) -> Stream | None:
    if duration.exponential_ps is not None:
        return draws.exponential(name, max(1, duration.exponential_ps))
    if duration.uniform is not None:
        return draws.uniform(name, duration.uniform.low_ps, duration.uniform.high_ps)
    return draws.constant(name, duration.fixed_ps) if duration.fixed_ps else None


def _over_the_line(machine: Machine, offers: list[Offer]) -> Iterator[InputError]:
    line_bps = machine.port.settings.rate_bps
    for towards_guest in (True, False):
        chosen = [offer for offer in offers if offer.towards_guest == towards_guest]
        total = sum((offer.bits_per_s for offer in chosen), start=Fraction(0))
        if line_bps and total > line_bps and not all(_may_overload(offer.item) for offer in chosen):
            direction = "towards" if towards_guest else "from"
            offered, line = (units.format_bit_rate(rate, 4) for rate in (total, line_bps))
            message = (
                f"traffic {direction} the guests offers {offered}, preamble and gaps included, "
                f"to a line of {line}; 'overload: on' allows it"
            )
            item = chosen[0].item
            written = item.rates() if isinstance(item, (Poisson, Constant, Bursts, Capture)) else ()
            yield InputError(".".join(("traffic", item.name, *written[:1])), message)


def _may_overload(item: Traffic) -> bool:
    return isinstance(item, (Poisson, Constant, Bursts, Capture)) and item.overload
