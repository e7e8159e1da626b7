"""A finished list of arrivals: gaps, lengths, flows and directions, with exact scaling in time and streams for a plan.

1. Arrivals repeat with a period, so `gap_ps[0]` is the pause from the last packet to the first of the next pass, and
   `first_ps` is when the first packet comes on the first pass. The gaps add up to the period exactly.
2. Scaling multiplies instants, not gaps, by a ratio of integers and rounds each down: no drift, whatever the length.
3. `trains` delays the pieces of what was cut, after any scaling: a line does not run faster for a busier recording.
4. `split` parts the two directions on one time axis; `streams` turns either into cyclic streams.

*Scope*: open loop. A packet leaves at its time whatever became of the packets before it; nothing retransmits or waits.

*Validation*: tests/unit/test_traffic_capture.py (exact rates, no drift over many periods).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue
from simulator.formats.pcap import FCS_BYTES
from simulator.plan import draws

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PS_PER_SECOND = 10**12
_LONGEST_PS = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Packets in order of time (ties: order of declaration). Lengths in bytes exclude FCS; `towards_guest` is rx."""

    name: str
    first_ps: int
    gap_ps: IntArray
    length_bytes: IntArray
    flow: IntArray
    towards_guest: BoolArray
    period_ps: int
    notes: tuple[str, ...] = ()

    @property
    def packets(self) -> int:
        """Packets in one period."""
        return len(self.gap_ps)

    @property
    def times_ps(self) -> IntArray:
        """Instants of the first pass, from the start of the traffic."""
        return np.cumsum(self.gap_ps) - self.gap_ps[:1] + self.first_ps


def arrange(
    name: str,
    times_ps: IntArray,
    length_bytes: IntArray,
    flow: IntArray,
    towards_guest: BoolArray,
    period_ps: int,
    notes: tuple[str, ...],
) -> Arrivals:
    """Arrivals from instants in [0, period]; equal instants keep the order in which they are given."""
    order = np.argsort(times_ps, kind="stable")
    times = times_ps[order]
    gaps = np.diff(times, prepend=times[-1:] - period_ps)
    first = int(times[0]) if len(times) else 0
    return Arrivals(name, first, gaps, length_bytes[order], flow[order], towards_guest[order], period_ps, notes)


def trains(arrivals: Arrivals, after_ps: IntArray | None) -> Arrivals:
    """The packets so much later each, on the circle of the period; `after_ps` in the order of the arrivals."""
    if after_ps is None:
        return arrivals
    times = arrivals.times_ps + after_ps
    parts = (arrivals.length_bytes, arrivals.flow, arrivals.towards_guest)
    return arrange(arrivals.name, times % max(1, arrivals.period_ps), *parts, arrivals.period_ps, arrivals.notes)


def split(arrivals: Arrivals) -> tuple[Arrivals, Arrivals]:
    """(rx, tx): the packets towards and from the guest, each with the same period and time axis; one may be empty."""
    rx = arrivals.towards_guest
    return _part(arrivals, rx), _part(arrivals, ~rx)


def _part(arrivals: Arrivals, kept: BoolArray) -> Arrivals:
    return arrange(
        arrivals.name,
        arrivals.times_ps[kept],
        arrivals.length_bytes[kept],
        arrivals.flow[kept],
        arrivals.towards_guest[kept],
        arrivals.period_ps,
        arrivals.notes,
    )


def to_packet_rate(arrivals: Arrivals, packets_per_s: Fraction | int) -> Arrivals:
    """The same packets, closer or further apart, at this mean rate of both directions together."""
    return _to_period(arrivals, Fraction(arrivals.packets) / _positive(arrivals, packets_per_s))


def to_bit_rate(arrivals: Arrivals, bits_per_s: Fraction | int) -> Arrivals:
    """The same packets at this mean rate; the bits counted are those of frames with FCS, without preamble and gap."""
    bits = 8 * (int(arrivals.length_bytes.sum()) + FCS_BYTES * arrivals.packets)
    return _to_period(arrivals, Fraction(bits) / _positive(arrivals, bits_per_s))


def packet_rate(arrivals: Arrivals) -> Fraction:
    """Mean packets per second; InputError when the arrivals have no duration."""
    _require_period(arrivals)
    return Fraction(arrivals.packets * PS_PER_SECOND, arrivals.period_ps)


def streams(arrivals: Arrivals, prefix: str) -> tuple[draws.Stream, draws.Stream, draws.Stream]:
    """Cyclic streams `prefix:gap` (ps), `prefix:length` (bytes without FCS) and `prefix:flow`."""
    _require_period(arrivals)
    return (
        draws.cycle(f"{prefix}:gap", arrivals.gap_ps, first=arrivals.first_ps),
        draws.cycle(f"{prefix}:length", arrivals.length_bytes),
        draws.cycle(f"{prefix}:flow", arrivals.flow),
    )


def _to_period(arrivals: Arrivals, period_s: Fraction) -> Arrivals:
    period_ps = round(period_s * PS_PER_SECOND)
    if not 0 < period_ps < _LONGEST_PS:
        raise BadValue(arrivals.name, "is no length of one pass: from 1 ps to 53 days", f"{float(period_s):.6g} s")
    # Python's integers: instant times period does not fit 64 bits. With no duration all packets come at once.
    old_ps = arrivals.period_ps or 1
    times = np.array([time * period_ps // old_ps for time in arrivals.times_ps.tolist()], dtype=np.int64)
    scaled = arrange(
        arrivals.name, times, arrivals.length_bytes, arrivals.flow, arrivals.towards_guest, period_ps, arrivals.notes
    )
    if not arrivals.period_ps:
        return scaled
    ratio = Fraction(arrivals.period_ps, period_ps)
    return replace(scaled, notes=(*arrivals.notes, f"time runs {float(ratio):.6g} times as fast as recorded"))


def _positive(arrivals: Arrivals, rate: Fraction | int) -> Fraction:
    _require_packets(arrivals)
    if rate <= 0:
        raise BadValue(arrivals.name, "is no rate: above 0", str(rate))
    return Fraction(rate)


def _require_packets(arrivals: Arrivals) -> None:
    if not arrivals.packets:
        raise BadValue(arrivals.name, "no packet goes in this direction")


def _require_period(arrivals: Arrivals) -> None:
    _require_packets(arrivals)
    if not arrivals.period_ps:
        raise BadValue(arrivals.name, "all packets have the same time: state a rate")
