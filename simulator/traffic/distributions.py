"""Message and flow sizes measured in data centres, as streams of messages or of the frames that carry them.

1. The package ships the points of twelve cumulative distributions (bytes, share of messages at or below).
2. `homa:` lists are steps: a message has one of the listed sizes. The others are joined by straight lines, as the
   generators that publish them do; a line becomes up to 64 equally likely sizes, so that its mean is kept.
3. `frame_stream` cuts every message into full frames and one remainder and draws among all frames.

*Scope*: these are sizes of messages, not of packets. `frame_stream` keeps the shares of frame lengths but not the runs
of full frames in one message; lists of more than 220 points were thinned before they came here.

*Validation*: tests/unit/test_traffic_sizes.py (means of the piecewise-linear law, frame shares by hand).
"""

from __future__ import annotations

import csv
import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from simulator.errors import BadValue, unknown
from simulator.formats.pcap import MINIMUM_BYTES
from simulator.plan import draws

ETHERNET_BYTES = 14
TCP_IP_BYTES = 52  # IPv4 20, TCP 20, timestamps 12: Linux's default segment on a 1,500-byte MTU carries 1,448

_PIECES = 64
_STEP_PREFIX = "homa:"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Message sizes in bytes with integer weights, in rising order."""

    name: str
    values: tuple[int, ...]
    weights: tuple[int, ...]


def names() -> tuple[str, ...]:
    """The names of all shipped distributions, in file order."""
    return tuple(_points())


def sizes(name: str) -> Sizes:
    """Message sizes of the named distribution; InputError lists the names."""
    if name not in _points():
        raise unknown("distribution", "size distribution", name, names())
    weights: Counter[int] = Counter()
    points = _points()[name]
    for value, weight in _steps(points) if name.startswith(_STEP_PREFIX) else _lines(points):
        weights[max(1, value)] += weight
    kept = sorted((value, weight) for value, weight in weights.items() if weight)
    return Sizes(name, tuple(value for value, _ in kept), tuple(weight for _, weight in kept))


def message_stream(stream_name: str, distribution: Sizes) -> draws.Stream:
    """Message sizes in bytes."""
    return draws.table(stream_name, distribution.values, distribution.weights)


def frame_stream(stream_name: str, distribution: Sizes, mtu_bytes: int = 1500) -> draws.Stream:
    """Lengths (bytes, without FCS) of the TCP frames that carry the messages, one message after another."""
    segment_bytes = mtu_bytes - TCP_IP_BYTES
    if segment_bytes < 1:
        raise BadValue(stream_name, f"is no MTU: more than {TCP_IP_BYTES} bytes", mtu_bytes)
    header_bytes = ETHERNET_BYTES + TCP_IP_BYTES
    weights: Counter[int] = Counter()
    for value, weight in zip(distribution.values, distribution.weights, strict=True):
        full, rest = divmod(value, segment_bytes)
        weights[segment_bytes + header_bytes] += full * weight
        if rest:
            weights[max(MINIMUM_BYTES, rest + header_bytes)] += weight
    kept = sorted((length, weight) for length, weight in weights.items() if weight)
    return draws.table(stream_name, [length for length, _ in kept], [weight for _, weight in kept])


def _steps(points: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    below = 0
    for value, share in points:
        yield value, (share - below) * _PIECES
        below = share


def _lines(points: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    low, below = points[0]
    yield low, below * _PIECES
    for value, share in points[1:]:
        pieces = _PIECES
        while pieces > max(1, value - low):
            pieces //= 2
        for k in range(pieces):
            middle = low + ((2 * k + 1) * (value - low) + pieces) // (2 * pieces)
            yield middle, (share - below) * (_PIECES // pieces)
        low, below = value, share


@functools.cache
def _points() -> dict[str, list[tuple[int, int]]]:
    """Per distribution: (bytes, cumulative share in 1e-9)."""
    text = resources.files("simulator.traffic").joinpath("data/message_sizes.csv").read_text(encoding="utf-8")
    found: dict[str, list[tuple[int, int]]] = {}
    for name, value, share in csv.reader(line for line in text.splitlines() if not line.startswith("#")):
        whole, _, decimals = share.partition(".")
        found.setdefault(name, []).append((int(value), int(whole + decimals.ljust(9, "0"))))
    return found
