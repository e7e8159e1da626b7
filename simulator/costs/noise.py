"""What an ordinary kernel does on a core besides: how often it takes the core away, and for how long.

1. A word stands for a way to set up a core; each event of it has a histogram of gaps and one of lengths.
2. The timer tick is not an event here: it is a cost of its own (``h_tick``), and a word says whether it runs. Under PREEMPT_RT
   before Linux 5.9 it is longer: the interrupt wakes the thread that runs the timers, due or not, and the core switches to it and back.
3. Rates were read, the pattern was not: gaps are those of a Poisson process, as sixteen quantiles of equal weight.

*Scope*: development hosts of the kernel's documentation, CPU not named; no stall of milliseconds is in the sources.
*Validation*: ``tests/unit/test_costs.py`` recomputes rates and lengths from the readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from simulator.citation import Citation, Status
from simulator.costs.readings import readings
from simulator.errors import unknown

Histogram = tuple[tuple[int, int], ...]
"""(ps, weight), ascending."""

_PS_PER_S, _PS_PER_US = 10**12, 10**6
_EXPONENTIAL_PERMILLE = (32, 98, 170, 247, 330, 421, 521, 633, 758, 901, 1068, 1269, 1520, 1856, 2367, 3466)
"""Midpoints, in quantiles, of sixteenths of the unit exponential: -ln(1 - (i + 1/2) / 16)."""


@dataclass(frozen=True, slots=True)
class Noise:
    """One kind of event. The length is what the thread loses, entry, exit and cache effects included."""

    what: str
    gaps: Histogram
    lengths: Histogram
    status: Status
    sources: tuple[Citation, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Word:
    """A way to set up a core: whether its tick runs while a thread does, and what else happens. `tick_ps`: what a tick takes; 0: what
    it costs on the host (``h_tick``, ``g_tick``)."""

    name: str
    meaning: str
    tick: Literal["host", "stopped"]
    events: tuple[Noise, ...]
    tick_ps: int = 0


def word(name: str) -> Word:
    """The word of that name. An unknown one is an ``InputError`` with the choices."""
    table = words()
    if name not in table:
        raise unknown("host.noise", "noise", name, tuple(table))
    return table[name]


@cache
def words() -> dict[str, Word]:
    """All words, by name."""
    long, threads, few, softirq, watchdog, hardware = (
        _samples(),
        _event("threads", _middle("noise_threads", 0, 1), ("noise_threads",), (0, 4), "0 to 41 a second; middle"),
        _event("threads", _middle("noise_threads", 2, 3), ("noise_threads",), (0, 4), "pinned threads that remain"),
        _event(
            "softirqs", _middle("noise_softirq", 0, 1), ("noise_softirq",), (1, 4), "as long as a short tick: assumed"
        ),
        _event(
            "NMI", _value("noise_nmi", 0) / 600, ("noise_nmi",), (1, 4), "watchdog; as long as a short tick: assumed"
        ),
        _hardware(),
    )
    found = (
        Word("off", "nothing besides", "host", ()),
        Word("ordinary", "kernel as distributed", "host", (long, threads)),
        Word("isolated", "isolcpus: no thread is put there, the tick runs", "host", (few, softirq)),
        Word("nohz_full", "tick stopped while one thread runs, callbacks elsewhere", "stopped", (few, watchdog)),
        Word(
            "rt_tick",
            "PREEMPT_RT before Linux 5.9, isolated: every tick wakes a thread",
            "host",
            (few, softirq),
            _rt_tick_ps(),
        ),
        Word("rt", "PREEMPT_RT, isolated, nohz_full, no watchdog", "stopped", (hardware,)),
    )
    return {entry.name: entry for entry in found}


def _value(reading: str, place: int) -> float:
    return float(readings()[reading].values[place])


def _middle(reading: str, low: int, high: int) -> float:
    return (_value(reading, low) + _value(reading, high)) / 2


def _gaps(per_s: float) -> Histogram:
    mean_ps = round(_PS_PER_S / per_s)
    return tuple((mean_ps * share // 1000, 1) for share in _EXPONENTIAL_PERMILLE)


def _citations(*names: str) -> tuple[Citation, ...]:
    return tuple(readings()[name].citation for name in names)


def _event(what: str, per_s: float, rate: tuple[str, ...], length: tuple[int, ...], note: str) -> Noise:
    """An event whose length is a sum of places of the reading ``noise_events``."""
    length_ps = sum(int(readings()["noise_events"].values[place] * _PS_PER_US) for place in length)
    return Noise(what, _gaps(per_s), ((length_ps, 1),), "borrowed", _citations(*rate, "noise_events"), note)


def _rt_tick_ps() -> int:
    """A timer interrupt that wakes a thread, and what the running thread loses beyond an interrupt while another has the core."""
    return int(_value("noise_waking_tick", 0) * _PS_PER_US) + int(_value("noise_events", 4) * _PS_PER_US)


def _samples() -> Noise:
    """Samples of 10 us and more of the published histogram; the shorter ones are mostly the tick."""
    *counts, seconds = (int(value) for value in readings()["noise_samples"].values)
    lengths = tuple(((10 * place + 5) * _PS_PER_US, count) for place, count in enumerate(counts) if place)
    rate = sum(weight for _, weight in lengths) / seconds
    note = "samples of 10 us and more, middles of their buckets; shorter ones, 896 a second, are taken as the tick"
    return Noise("interrupts and softirqs", _gaps(rate), lengths, "borrowed", _citations("noise_samples"), note)


def _hardware() -> Noise:
    lengths = tuple((int(_value("noise_nmi", place)) * _PS_PER_US, 1) for place in (2, 3))
    note = "at most so many in ten minutes with hyper-threads on; none with them off"
    return Noise("hardware", _gaps(_value("noise_nmi", 1) / 600), lengths, "borrowed", _citations("noise_nmi"), note)
