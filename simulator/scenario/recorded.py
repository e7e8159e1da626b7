"""Captures as arrivals of one guest: a file with its own timing, or a mix of connections drawn for this guest.

1. A mix is drawn for a window as long as the measurement, with as many connections at once as its rate needs, each
   with its recorded timing; the rest to the exact rate is a stretch of time. Where that would be too many packets the
   window is shorter and repeats.
2. A file is repeated; at a stated rate its time is stretched.
3. `notes` says what was done to the captures, and warns of one too slow for the window.

*Scope*: open loop; every guest has its own draw of a mix and its own phase in a file.
*Validation*: tests/unit/test_build_sources.py.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from simulator.formats.pcap import Capture as Recording
from simulator.formats.record import counted
from simulator.scenario.model import Scenario
from simulator.scenario.routes import selected
from simulator.scenario.traffic import Capture
from simulator.traffic import capture, superframe
from simulator.traffic.arrivals import PS_PER_SECOND, Arrivals, arrange, to_packet_rate, trains
from simulator.traffic.capture import View
from simulator.traffic.mix import Mix, load_mix

PACKETS_IN_ALL = 2_000_000
FEWEST_PACKETS = 1_000
FEWEST_IN_WINDOW = 10
WARNING = "warning: "

Rate = Callable[[Fraction], Fraction]


@dataclass(frozen=True, slots=True)
class Listener:
    """The guest that a capture is replayed to, one of `guests`, and the port behind it."""

    name: str
    guests: int
    mtu_bytes: int
    line_bps: int

    def view(self, item: Capture) -> View:
        """For whom the capture is read."""
        return View(self.mtu_bytes, self.line_bps, item.strict)


def recorded(scenario: Scenario, item: Capture, guest: Listener, replication: int, rate: Rate) -> Arrivals:
    """Arrivals of `guest`; `rate` gives packets per second for a mean length in bytes."""
    if item.file is not None:
        return _shifted(_file(item, guest, rate), scenario.seed, f"{guest.name}.{item.name}")
    assert item.mix is not None
    return _mixed(scenario, item, item.mix.path, guest, replication, rate)


def _file(item: Capture, guest: Listener, rate: Rate) -> Arrivals:
    assert item.file is not None
    path = item.file.path
    found = _prepared(path, path.stat().st_mtime_ns, item.guest_side, guest.view(item))
    _require_mtu(item, guest, [found])
    arrivals = capture.replay(found, item.guest_side)
    scaled = to_packet_rate(arrivals, rate(_mean_bytes(arrivals))) if item.rates() else arrivals
    return trains(scaled, found.after_ps)


def _require_mtu(item: Capture, guest: Listener, captures: Iterable[Recording]) -> None:
    if item.strict:
        for found in captures:
            place = f"traffic.{item.name}.{'file' if item.file else 'mix'}"
            superframe.require(found, guest.mtu_bytes, place, guest.name)


def _mixed(scenario: Scenario, item: Capture, path: Path, guest: Listener, replication: int, rate: Rate) -> Arrivals:
    view = guest.view(item)
    mix, captures = _load(path, path.stat().st_mtime_ns, view)
    _require_mtu(item, guest, captures.values())
    recorded_rate = capture.expected_packet_rate(mix, captures)
    lengths = {entry.capture: captures[entry.capture].length_bytes for entry in mix.connections}
    total_bytes = sum(
        (entry.connections_per_s * int(lengths[entry.capture].sum()) for entry in mix.connections), start=Fraction(0)
    )
    wanted = rate(total_bytes / recorded_rate) if item.rates() else recorded_rate
    most = max(FEWEST_PACKETS, PACKETS_IN_ALL // guest.guests)
    length_ps = scenario.measurement.before_ps + scenario.measurement.duration_ps
    window_ps = min(length_ps, math.ceil(most * PS_PER_SECOND / wanted))
    seed = int.from_bytes(
        hashlib.sha256(f"{scenario.seed}\0{guest.name}.{item.name}\0mix".encode()).digest()[:8], "little"
    )
    stated = wanted if item.rates() else None
    return _drawn(path, path.stat().st_mtime_ns, view, seed, replication, window_ps, wanted / recorded_rate, stated)


def notes(scenario: Scenario, item: Capture, line_bps: int) -> tuple[str, ...]:
    """What a reader of the results must know about what was recorded: what was changed, added or left out."""
    mtus = {name: group.mtu_bytes for group in scenario.guests for name in group.members()}
    views = dict.fromkeys(View(mtus[name], line_bps, item.strict) for name in selected(scenario, item))
    found = [note for view in views for note in _notes(item, view)]
    slow = [note for view in list(views)[:1] for note in _too_slow(scenario, item, view)]
    return (*dict.fromkeys(f"capture: {note}" for note in found), *slow)


def _notes(item: Capture, view: View) -> Iterator[str]:
    if item.file is not None:
        path = item.file.path
        found = _prepared(path, path.stat().st_mtime_ns, item.guest_side, view)
        yield from (f"{path.name}: {note}" for note in (*found.notes, *_balance(found)))
    else:
        assert item.mix is not None
        mix, captures = _load(item.mix.path, item.mix.path.stat().st_mtime_ns, view)
        yield from capture.mix_notes(mix, captures)


def _balance(found: Recording) -> Iterator[str]:
    read = (found.frames_read, found.bytes_read)
    replayed = (len(found.length_bytes), int(found.length_bytes.sum()))
    if read != replayed:
        before, after = (f"{counted(frames, 'frame')}, {size_bytes:,} B" for frames, size_bytes in (read, replayed))
        yield f"in the file {before}; replayed {after}"


def _too_slow(scenario: Scenario, item: Capture, view: View) -> Iterator[str]:
    """A warning when the capture's own timing leaves the window almost empty."""
    rate = Fraction(0) if item.rates() else _own_rate(item, view)
    window_ps = scenario.measurement.duration_ps
    expected = rate * window_ps / PS_PER_SECOND
    if rate and expected < FEWEST_IN_WINDOW:
        yield (
            f"{WARNING}traffic {item.name}: the capture has a packet every {float(1 / rate):.3g} s, about "
            f"{float(expected):.2g} in the measured {window_ps / PS_PER_SECOND:g} s; state a rate, or lengthen "
            "measurement.duration"
        )


def _own_rate(item: Capture, view: View) -> Fraction:
    """Packets per second as recorded; 0 when all have one time."""
    if item.file is None:
        assert item.mix is not None
        return capture.expected_packet_rate(*_load(item.mix.path, item.mix.path.stat().st_mtime_ns, view))
    path = item.file.path
    played = capture.replay(_prepared(path, path.stat().st_mtime_ns, item.guest_side, view), item.guest_side)
    return Fraction(played.packets * PS_PER_SECOND, played.period_ps) if played.period_ps else Fraction(0)


@lru_cache(maxsize=4)  # the series of a comparison share their traffic; an entry may hold two million packets
def _drawn(
    path: Path,
    changed: int,
    view: View,
    seed: int,
    replication: int,
    window_ps: int,
    rate_scale: Fraction,
    stated: Fraction | None,
) -> Arrivals:
    mix, captures = _load(path, changed, view)
    found = capture.superpose(mix, captures, seed, replication, duration_ps=window_ps, rate_scale=rate_scale)
    return found if stated is None else to_packet_rate(found, stated)


@lru_cache(maxsize=16)
def _prepared(path: Path, _changed: int, guest_side: str | None, view: View) -> Recording:
    return capture.prepare(path, guest_side, view)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int, view: View) -> tuple[Mix, dict[str, Recording]]:
    mix = load_mix(path)
    return mix, capture.load_captures(mix, view)


def _mean_bytes(arrivals: Arrivals) -> Fraction:
    return Fraction(int(arrivals.length_bytes.sum()), arrivals.packets)


def _shifted(arrivals: Arrivals, seed: int, name: str) -> Arrivals:
    """The same cycle, entered at another instant."""
    digest = hashlib.sha256(f"{seed}\0{name}\0phase".encode()).digest()
    phase = int.from_bytes(digest[:8], "little") % max(1, arrivals.period_ps)
    times = (arrivals.times_ps + phase) % max(1, arrivals.period_ps)
    parts = (arrivals.length_bytes, arrivals.flow, arrivals.towards_guest)
    return arrange(arrivals.name, np.asarray(times, dtype=np.int64), *parts, arrivals.period_ps, arrivals.notes)
