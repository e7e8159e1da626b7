"""Traffic of a scenario as sources of a plan: who sends what, how fast, to whom.

1. Sizes, gaps, flows and think times become named streams; the names hold guest and traffic, nothing else.
2. Rates per guest in thousandths of a packet per second, from packets, bits (frames with FCS) or a share of the line
   (with preamble and gap).
3. From the far end a source sends into the wire, from a guest into the fifo of its application.
4. What is offered in one direction of a wire must fit it, unless the traffic says `overload`; then the generator drops
   what does not fit.
5. A source belongs to a guest, whose results its packets count in: to the one that receives them, or waits for the answers, or,
   towards the far end, sends or forwards them last.

*Scope*: constant-rate sources and bursts start at instants drawn from seed and name, clients within their first 10 us,
so that guests do not march in step. A capture mix is drawn anew for every guest and replication.
*Validation*: tests/unit/test_build_sources.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simulator import units
from simulator.errors import InputError
from simulator.formats.pcap import FCS_BYTES
from simulator.parts.machine import Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.wire import FRAME_OVERHEAD_BYTES
from simulator.plan import draws
from simulator.plan.draws import Stream
from simulator.plan.model import INFINITE_PS, NONE
from simulator.scenario.choice import Duration, FrameSize
from simulator.scenario.feed import Feed, Place
from simulator.scenario.guest import Guest
from simulator.scenario.model import Scenario
from simulator.scenario.recorded import Listener, recorded
from simulator.scenario.routes import Route, interfaces, routes
from simulator.scenario.traffic import Bulk, Bursts, Capture, Constant, Poisson, RequestResponse, Traffic
from simulator.scenario.uses import MINIMUM_BYTES, TCP_HEADERS_BYTES, fixed_length, payload_bytes, segments_of
from simulator.traffic import distributions, imix
from simulator.traffic.arrivals import PS_PER_SECOND, Arrivals, split, streams

ETHERNET_BYTES = 14
AS_LONG_AS_THE_REQUEST = -1
INITIAL_SEGMENTS = 10
"""Linux include/net/tcp.h (TCP_INIT_CWND), RFC 6928."""
DUPLICATE_ACKS = 3
"""Linux net.ipv4.tcp_reordering."""
CLIENT_START_PS = 10_000_000
GENERATOR_BACKLOG_PS = 10_000_000
_DEFAULT_MTU_BYTES = 1500


@dataclass(frozen=True, slots=True)
class Offer:
    """Mean offered load of one source, and where it goes on a wire: (number of the adapter, towards the guests)."""

    item: Traffic
    bits_per_s: Fraction
    wires: tuple[tuple[int, bool], ...]


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
    known = interfaces(scenario)
    for item in scenario.traffic:
        ways = routes(scenario, item)
        whole = len(ways) // 2 if isinstance(item, Capture) else len(ways)
        behind = Counter(settings[_owner(item, route)].adapter for route in ways)
        for route in ways:
            if isinstance(item, Capture) and route.receiver is None:
                continue  # a recording is split into both directions with its guest
            entries = tuple(node and known.entry(route, node) for node in route.nodes)
            if faults is not None and any(name not in machine.attached for name in entries if name is not None):
                continue
            owner = _owner(item, route)
            mtu_bytes = min(groups[node].mtu_bytes for node in route.nodes if node is not None)
            place = Place(route, entries, tuple(known.legs(route)))
            sharing = behind[settings[owner].adapter] * whole // len(ways)
            feed = Feed(machine, scenario, item, settings[owner], place, mtu_bytes, whole, sharing, replication)
            try:
                offers += _add(feed, groups[owner])
            except InputError as error:
                if faults is None:
                    raise _placed(item, error) from None
                faults.append(_placed(item, error))
    for fault in _over_the_line(machine, offers):
        if faults is None:
            raise fault
        faults.append(fault)


def _owner(item: Traffic, route: Route) -> str:
    """The guest in whose results the packets count."""
    asked = isinstance(item, RequestResponse) or (not isinstance(item, (Capture, Bulk)) and item.turns_back())
    found = route.sender if asked and route.sender is not None else route.receiver
    found = found or (route.through[-1] if route.through else route.sender)
    assert found is not None
    return found


def _add(feed: Feed, group: Guest) -> Iterable[Offer]:
    """The sources of one item of traffic on one way; what an open loop offers."""
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


def _add_open(feed: Feed, item: Poisson | Constant | Bursts) -> Offer:
    size = _lengths(feed, item.size, "size")
    mean_bytes = draws.mean(size)
    packets_per_s = offered_pps = _rate(feed, item, mean_bytes)
    receiver = feed.place_of.entries[1]
    if isinstance(item, Poisson) and item.new_flows_ppm and receiver and feed.machine.attached[receiver].alias != NONE:
        # what is thinned out of a Poisson stream is one itself
        share = Fraction(item.new_flows_ppm, 10**6)
        first = draws.exponential(f"{feed.name}.first:gap", max(1, round(PS_PER_SECOND / (packets_per_s * share))))
        feed.add(
            f"{feed.name}.first", "open", size, _flows(feed.name, item.flows), unknown=True, gap=feed.stream(first)
        )
        packets_per_s *= 1 - share
    gap, start_ps = _gaps(feed, item, packets_per_s)
    backlog_ps = GENERATOR_BACKLOG_PS if item.overload and feed.from_far_end else INFINITE_PS
    turned: dict[str, Any] = {"request": True, "response_bytes": AS_LONG_AS_THE_REQUEST, "reply_dst": feed.reply_dst}
    feed.add(
        feed.name,
        "open",
        size,
        _flows(feed.name, item.flows),
        gap=feed.stream(gap),
        start_ps=start_ps,
        backlog_ps=backlog_ps,
        **(turned if item.echo else {}),
    )
    return Offer(item, offered_pps * 8 * (mean_bytes + FRAME_OVERHEAD_BYTES), feed.place_of.wires())


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
        rate = Fraction(item.load_ppm or 0, 10**6) * feed.line_bps / (8 * (mean_bytes + FRAME_OVERHEAD_BYTES))
        return rate / feed.sharing if item.total else rate
    return rate / feed.guests if item.total else rate


def _add_clients(feed: Feed, item: RequestResponse) -> None:
    response_bytes = fixed_length(item.response, f"{feed.place}.response")
    _require_mtu(feed, response_bytes, "response")
    for client in range(item.outstanding):
        name = f"{feed.name}.{client}"
        feed.add(
            name,
            "rr",
            _lengths(feed, item.request, "request"),
            _flows(name, item.flows),
            think=feed.stream(_duration(f"{name}:think", item.think)),
            start_ps=feed.offset_ps(name, CLIENT_START_PS),
            response_bytes=response_bytes,
            reply_dst=feed.reply_dst,
            timeout_ps=item.timeout_ps,
        )


def _add_bulk(feed: Feed, item: Bulk, late: bool) -> None:
    """`late`: the stack hands over super-packets, which the NIC segments (tx). What arrives (rx) is merged by the receiver."""
    _require_mtu(feed, max(MINIMUM_BYTES, item.segment_bytes - FCS_BYTES), "segment")
    segments = segments_of(item)
    together = segments if late and not feed.from_far_end else 1
    written_bytes = together * payload_bytes(item)
    length_bytes = max(MINIMUM_BYTES, TCP_HEADERS_BYTES + written_bytes)
    size = draws.constant(f"{feed.name}:size", length_bytes)
    for connection in range(item.flows):
        name = f"{feed.name}.{connection}"
        feed.add(
            name,
            "window",
            size,
            draws.constant(f"{name}:flow", connection),
            segment_bytes=-(-length_bytes // together) if together > 1 else 0,
            start_ps=feed.offset_ps(name, CLIENT_START_PS),
            reply_dst=feed.reply_dst,
            window=item.window * segments // together,
            ack_every=max(1, item.ack_every // together),
            timeout_ps=item.timeout_ps,
            # the plan counts bytes with their headers
            message_bytes=-(-(item.message_bytes or 0) * length_bytes // written_bytes),
            **_congestion(item, together),
        )


def _congestion(item: Bulk, segments: int) -> dict[str, Any]:
    """How the window of packets of so many segments moves: 1/1024 of packets."""
    if item.congestion == "none":
        return {"shrink": 1024}
    shrink, segments_1024 = {"reno": (512, 1024), "cubic": (717, 542)}[item.congestion]
    return {
        "start_window": max(1, INITIAL_SEGMENTS // segments),
        "shrink": shrink,
        "grow": max(1, segments_1024 // segments),
        "reorder": -(-DUPLICATE_ACKS // segments),
    }


def _add_capture(feed: Feed, item: Capture) -> Iterator[Offer]:
    arrivals = recorded(
        feed.scenario,
        item,
        Listener(feed.guest.name, feed.guests, feed.mtu_bytes, feed.line_bps),
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
    feed.add(name, "open", size, flow, back=not rx, gap=feed.stream(gap), backlog_ps=backlog_ps)
    bits = 8 * (int(part.length_bytes.sum()) + FRAME_OVERHEAD_BYTES * part.packets)
    return Offer(item, Fraction(bits * PS_PER_SECOND, part.period_ps), ((feed.guest.adapter, rx),))


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
    for number, slot in enumerate(machine.adapters):
        port = slot.port
        for towards_guest in (True, False):
            uses = [(offer, offer.wires.count((number, towards_guest))) for offer in offers]
            chosen = [offer for offer, times in uses if times]
            total = sum((offer.bits_per_s * times for offer, times in uses), start=Fraction(0))
            line_bps = port.settings.rate_bps
            if slot.twin is not None and slot.switch.bond != "active-backup":
                line_bps += slot.twin.settings.rate_bps
            if line_bps and total > line_bps and not all(_may_overload(offer.item) for offer in chosen):
                direction = "towards" if towards_guest else "from"
                offered, line = (units.format_bit_rate(rate, 4) for rate in (total, line_bps))
                of = f" ({port.settings.name})" if port.settings.name else ""
                message = (
                    f"traffic {direction} the guests offers {offered}, preamble and gaps included, "
                    f"to a line of {line}{of}; 'overload: on' allows it"
                )
                item = chosen[0].item
                written = item.rates() if isinstance(item, (Poisson, Constant, Bursts, Capture)) else ()
                yield InputError(".".join(("traffic", item.name, *written[:1])), message)


def _may_overload(item: Traffic) -> bool:
    return isinstance(item, (Poisson, Constant, Bursts, Capture)) and item.overload
