"""Captures as arrivals of one guest: a file with its own timing, or a mix of connections drawn for this guest.

1. A mix is drawn for a window as long as the measurement, with as many connections at once as its rate needs, each
   with its recorded timing; the rest to the exact rate is a stretch of time. Where that would be too many packets the
   window is shorter and repeats.
2. A file is repeated; at a stated rate its time is stretched.

*Scope*: open loop; every guest has its own draw of a mix and its own phase in a file.
*Validation*: tests/unit/test_build_sources.py.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from simulator.formats import pcap
from simulator.formats.pcap import Capture as Recording
from simulator.scenario.model import Scenario
from simulator.scenario.traffic import Capture
from simulator.traffic import capture
from simulator.traffic.arrivals import PS_PER_SECOND, Arrivals, arrange, to_packet_rate
from simulator.traffic.mix import Mix, load_mix

PACKETS_IN_ALL = 2_000_000
FEWEST_PACKETS = 1_000

Rate = Callable[[Fraction], Fraction]


def recorded(scenario: Scenario, item: Capture, guest: str, guests: int, replication: int, rate: Rate) -> Arrivals:
    """Arrivals of `guest`, one of `guests`; `rate` gives packets per second for a mean length in bytes."""
    if item.file is not None:
        return _shifted(_file(item, rate), scenario.seed, f"{guest}.{item.name}")
    assert item.mix is not None
    return _mixed(scenario, item, item.mix.path, guest, guests, replication, rate)


def _file(item: Capture, rate: Rate) -> Arrivals:
    assert item.file is not None
    arrivals = capture.replay(_read(item.file.path, item.file.path.stat().st_mtime_ns), item.guest_side)
    return to_packet_rate(arrivals, rate(_mean_bytes(arrivals))) if item.rates() else arrivals


def _mixed(
    scenario: Scenario, item: Capture, path: Path, guest: str, guests: int, replication: int, rate: Rate
) -> Arrivals:
    mix, captures = _load(path, path.stat().st_mtime_ns)
    recorded_rate = capture.expected_packet_rate(mix, captures)
    lengths = {entry.capture: captures[entry.capture].length_bytes for entry in mix.connections}
    total_bytes = sum(
        (entry.connections_per_s * int(lengths[entry.capture].sum()) for entry in mix.connections), start=Fraction(0)
    )
    wanted = rate(total_bytes / recorded_rate) if item.rates() else recorded_rate
    most = max(FEWEST_PACKETS, PACKETS_IN_ALL // guests)
    length_ps = scenario.measurement.warmup_ps + scenario.measurement.duration_ps
    window_ps = min(length_ps, math.ceil(most * PS_PER_SECOND / wanted))
    seed = int.from_bytes(hashlib.sha256(f"{scenario.seed}\0{guest}.{item.name}\0mix".encode()).digest()[:8], "little")
    arrivals = _drawn(path, path.stat().st_mtime_ns, seed, replication, window_ps, wanted / recorded_rate)
    return to_packet_rate(arrivals, wanted) if item.rates() else arrivals


def notes(item: Capture) -> tuple[str, ...]:
    """What a reader of the results must know about what was recorded: what was changed, added or left out."""
    if item.file is not None:
        path = item.file.path
        found = _read(path, path.stat().st_mtime_ns).notes
        return tuple(f"{path.name}: {note}" for note in found)
    assert item.mix is not None
    mix, captures = _load(item.mix.path, item.mix.path.stat().st_mtime_ns)
    return capture.mix_notes(mix, captures)


@lru_cache(maxsize=4)  # the series of a comparison share their traffic; an entry may hold two million packets
def _drawn(path: Path, changed: int, seed: int, replication: int, window_ps: int, rate_scale: Fraction) -> Arrivals:
    mix, captures = _load(path, changed)
    return capture.superpose(mix, captures, seed, replication, duration_ps=window_ps, rate_scale=rate_scale)


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Recording:
    return pcap.read(path)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> tuple[Mix, dict[str, Recording]]:
    mix = load_mix(path)
    return mix, capture.load_captures(mix)


def _mean_bytes(arrivals: Arrivals) -> Fraction:
    return Fraction(int(arrivals.length_bytes.sum()), arrivals.packets)


def _shifted(arrivals: Arrivals, seed: int, name: str) -> Arrivals:
    """The same cycle, entered at another instant."""
    digest = hashlib.sha256(f"{seed}\0{name}\0phase".encode()).digest()
    phase = int.from_bytes(digest[:8], "little") % max(1, arrivals.period_ps)
    times = (arrivals.times_ps + phase) % max(1, arrivals.period_ps)
    parts = (arrivals.length_bytes, arrivals.flow, arrivals.towards_guest)
    return arrange(arrivals.name, np.asarray(times, dtype=np.int64), *parts, arrivals.period_ps, arrivals.notes)
