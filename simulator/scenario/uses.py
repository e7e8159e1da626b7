"""What the application of each guest does with a scenario's traffic: it sends, answers, or receives bulk data.

*Scope*: one use for each guest, over all its traffic. *Validation*: tests/unit/test_build_sources.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from simulator.errors import InputError
from simulator.formats.pcap import FCS_BYTES
from simulator.plan import draws
from simulator.scenario.choice import FrameSize
from simulator.scenario.model import Scenario
from simulator.scenario.routes import guest_names, routes
from simulator.scenario.traffic import Bulk, Capture, RequestResponse, Traffic
from simulator.traffic import distributions, imix

MINIMUM_BYTES = 60
TCP_HEADERS_BYTES = 54
"""Ethernet, IPv4 and TCP without options."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a guest's application does: sends of its own, answers what it receives, and how much it copies to answer."""

    sends: bool = False
    answers: bool = False
    reply_bytes: int = MINIMUM_BYTES
    bulk: bool = False
    """Whether it receives bulk data, or the acknowledgements of what it sends."""
    window_frames: int = 0
    """Frames of all streams that may be on their way to it: as many as its receive buffers offer."""


def uses(scenario: Scenario) -> dict[str, Use]:
    """What each guest's application does."""
    found = {name: Use() for name in guest_names(scenario)}
    for item in scenario.traffic:
        for route in routes(scenario, item):
            if route.sender is not None:
                found[route.sender] = _sending(found[route.sender], item)
            if route.receiver is not None:
                found[route.receiver] = _receiving(found[route.receiver], item)
    return found


def _sending(use: Use, item: Traffic) -> Use:
    return replace(use, sends=True, bulk=use.bulk or isinstance(item, Bulk))


def _receiving(use: Use, item: Traffic) -> Use:
    if isinstance(item, Bulk):
        offered = item.flows * item.window * segments_of(item)
        use = replace(use, bulk=True, window_frames=use.window_frames + offered)
    if isinstance(item, Capture) or not item.turns_back():
        return use
    reply_bytes = MINIMUM_BYTES
    if isinstance(item, RequestResponse):
        reply_bytes = fixed_length(item.response, f"traffic.{item.name}.response")
    elif not isinstance(item, Bulk):
        # what answering copies is one number for a guest; of mixed sizes the mean
        reply_bytes = mean_bytes(item.size)
    return replace(use, answers=True, reply_bytes=max(use.reply_bytes, reply_bytes))


def payload_bytes(item: Bulk) -> int:
    """What a full frame of the stream carries."""
    if item.nodelay and item.message_bytes:
        return item.message_bytes
    return max(1, max(MINIMUM_BYTES, item.segment_bytes - FCS_BYTES) - TCP_HEADERS_BYTES)


def segments_of(item: Bulk) -> int:
    """Segments that the stack handles together."""
    if item.nodelay or item.super_packet_bytes is None:
        return 1
    return max(1, (item.super_packet_bytes - TCP_HEADERS_BYTES) // payload_bytes(item))


def mean_bytes(size: FrameSize) -> int:
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


def fixed_length(size: FrameSize, place: str) -> int:
    """The length without FCS of a size that is one."""
    if size.fixed_bytes is None:
        raise InputError(place, "a response has one fixed size, such as '64 B'")
    return max(MINIMUM_BYTES, size.fixed_bytes - FCS_BYTES)
