"""Traffic from captures: one capture with its own timing, or an application mix of many connections superposed.

1. `prepare` reads a file for one guest: its own frames, none above its MTU.
2. `replay` keeps a capture's instants. Its period is the span plus one mean gap, so that repeating keeps the rate.
3. `superpose` starts each capture of a mix as a connection at the instants of a Poisson process over a window of the
   stated length; inside a connection the recorded timing is kept.
4. The window is a circle: what runs past its end comes in at its beginning, as a connection of its own that began
   before the window. So the window is stationary from its first packet, however long a connection lasts.
5. Packets merge in order of (time, capture, connection, frame): the same mix, seed and replication give the same list.

*Scope*: recorded timing stands in for TRex's inter-packet gap and round-trip rules; a connection does not react.
The parts of one long connection that fall on the window share its start, so a window much shorter than the
connections repeats their pattern; rates are exact in the mean whatever the window.

*Validation*: tests/unit/test_traffic_capture.py (hand-built mixes, rates within stated bounds).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator import units
from simulator.errors import BadValue
from simulator.formats import pcap, sides
from simulator.formats.ethernet import mix_words
from simulator.plan.draws import Draws, exponential
from simulator.traffic import superframe
from simulator.traffic.arrivals import PS_PER_SECOND, Arrivals, arrange
from simulator.traffic.mix import Connection, Mix

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PACKET_LIMIT = 20_000_000

_LONGEST_WINDOW_PS = 2**61
_MORE_STARTS = 64
"""Of a connection, drawn at once beside those that are expected in what is left of the window."""
_FLOW_BITS = np.uint64(31)


@dataclass(frozen=True, slots=True)
class View:
    """For whom a capture is read: the MTU that the guest has and the line behind it; `strict` mends nothing."""

    mtu_bytes: int
    line_bps: int
    strict: bool = False


STANDARD = View(1500, 10**10)


def replay(capture: pcap.Capture, guest: str | None) -> Arrivals:
    """The capture with its own timing; `guest` names the guest's side as in `sides.direction`."""
    towards = sides.direction(capture, guest)
    # The pieces of a frame that was cut are one frame of the recording.
    count = len(capture.times_ps) if capture.after_ps is None else int((capture.after_ps == 0).sum())
    span = int(capture.times_ps[-1])
    period = span + -(-span // max(1, count - 1))
    return arrange(
        str(capture.path), capture.times_ps, capture.length_bytes, capture.flow, towards, period, capture.notes
    )


def prepare(path: Path, guest: str | None, view: View) -> pcap.Capture:
    """What of a capture is replayed: mended, only the guest's frames, none above its MTU, or with `strict` as it is."""
    found = pcap.read(path, view.strict)
    if view.strict:
        return found
    return superframe.cut(sides.guests_part(found, guest), view.mtu_bytes, view.line_bps)


def load_captures(mix: Mix, view: View = STANDARD) -> dict[str, pcap.Capture]:
    """All captures of the mix, by the name that the mix gives them; they lie in the mix file's folder."""
    return {entry.capture: prepare(mix.folder / entry.capture, entry.guest, view) for entry in mix.connections}


def expected_packet_rate(mix: Mix, captures: Mapping[str, pcap.Capture]) -> Fraction:
    """Mean packets per second of the mix at its stated connection rates, both directions."""
    return sum(
        (entry.connections_per_s * len(captures[entry.capture].times_ps) for entry in mix.connections),
        start=Fraction(0),
    )


def superpose(
    mix: Mix,
    captures: Mapping[str, pcap.Capture],
    seed: int,
    replication: int,
    duration_ps: int | None = None,
    packets: int | None = None,
    rate_scale: Fraction | int = 1,
) -> Arrivals:
    """One window of the mix, to be repeated. State its length in ps, or the expected number of packets.

    `rate_scale` multiplies every connection rate: more connections at once, each with its recorded timing. To reach a
    stated rate exactly, scale the result with `arrivals.to_packet_rate` or `to_bit_rate`.
    """
    place = str(mix.path)
    scale = Fraction(rate_scale)
    if scale <= 0:
        raise BadValue(place, "is no rate_scale: above 0", str(rate_scale))
    rate = expected_packet_rate(mix, captures) * scale
    window = _window_ps(place, rate, duration_ps, packets)
    parts = [
        _connections(entry, captures[entry.capture], seed, replication, window, scale) for entry in mix.connections
    ]
    times, lengths, flows, towards = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not len(times):
        raise BadValue(place, "is a window in which no connection starts: make it longer", units.exact_time(window))
    return arrange(mix.title, times, lengths, flows, towards.astype(np.bool_), window, mix_notes(mix, captures))


def mix_notes(mix: Mix, captures: Mapping[str, pcap.Capture]) -> tuple[str, ...]:
    """What a reader of the result must know: what was left out, and what reading the captures changed."""
    notes = list(mix.notes)
    if mix.missing:
        left_out = ", ".join(f"{entry.capture} ({float(entry.connections_per_s):g}/s)" for entry in mix.missing)
        lost = sum((entry.connections_per_s for entry in mix.missing), start=Fraction(0))
        total = lost + sum((entry.connections_per_s for entry in mix.connections), start=Fraction(0))
        share = float(100 * lost / total)
        notes.append(
            f"left out: {left_out}; {share:.2g} % of the connections, a larger and unknown share of the bytes. The "
            "others keep their rates; scaling the mix to a rate spreads the missing traffic over them in proportion"
        )
    notes += [f"{entry.capture}: {note}" for entry in mix.connections for note in captures[entry.capture].notes]
    return tuple(notes)


def _window_ps(place: str, rate: Fraction, duration_ps: int | None, packets: int | None) -> int:
    if (duration_ps is None) == (packets is None):
        raise BadValue(place, "state either a duration or a number of packets")
    window = duration_ps if duration_ps is not None else math.ceil(Fraction(packets or 0) / rate * PS_PER_SECOND)
    expected = rate * window / PS_PER_SECOND
    if not 0 < window < _LONGEST_WINDOW_PS or expected > PACKET_LIMIT:
        shown = f"{window} ps, {float(expected):.6g} packets"
        raise BadValue(place, f"is no window: from 1 ps to 26 days, at most {PACKET_LIMIT} packets", shown)
    return window


def _connections(
    entry: Connection, capture: pcap.Capture, seed: int, replication: int, window_ps: int, scale: Fraction
) -> tuple[IntArray, IntArray, IntArray, BoolArray]:
    starts = _starts(entry, seed, replication, window_ps, scale)
    frames, count = len(capture.times_ps), len(starts)
    own = capture.times_ps if capture.after_ps is None else capture.times_ps + capture.after_ps
    instants = (starts[:, None] + own[None, :]).ravel()
    number = np.repeat(np.arange(count), frames)
    flow = _flow(np.tile(capture.flow, count), number, instants // window_ps, entry.capture)
    towards = sides.direction(capture, entry.guest)
    return instants % window_ps, np.tile(capture.length_bytes, count), flow, np.tile(towards, count)


def _starts(entry: Connection, seed: int, replication: int, window_ps: int, scale: Fraction) -> IntArray:
    mean_ps = round(PS_PER_SECOND / (entry.connections_per_s * scale))
    draws = Draws([exponential(f"mix:{entry.capture}:start", mean_ps)], seed, replication)
    reached, blocks = 0, []
    while reached < window_ps:
        gaps = np.empty((window_ps - reached) // mean_ps + _MORE_STARTS, dtype=np.int64)
        draws.fill(0, gaps)
        blocks.append(reached + np.cumsum(gaps))
        reached = int(blocks[-1][-1])
    starts = np.concatenate(blocks)
    return starts[starts < window_ps]


def _flow(recorded: IntArray, connection: IntArray, turns: IntArray, name: str) -> IntArray:
    """Each connection, and each part of one that wrapped round the window, is a flow of its own."""
    words = recorded.astype(np.uint64) + (connection.astype(np.uint64) << _FLOW_BITS)
    words += turns.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(zlib.crc32(name.encode()) << 31)
    return (mix_words(words) >> np.uint64(33)).astype(np.int64)
