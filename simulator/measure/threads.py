"""What waiting costs: two threads of one core, wake-ups across cores, timers, and what a core loses to noise.

1. A wake-up has a gap of 20 us before it, so that the woken core is idle again, and three instants: before the signal, after
   it, and when the woken thread is back from its read.
2. A thread of the idle class that does nothing but look at the clock on the woken core adds two: when the core was taken from
   it, and when it got it back.
3. The kernel counts how often a core goes idle: if it did not before most wake-ups, it was no idle core that woke.

*Scope*: eventfd, which QEMU, KVM and vhost signal each other with. *Validation*: ``tests/measure/test_probes.py``.
"""

from __future__ import annotations

import os
import select
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext

import numpy as np

from simulator.measure import loops
from simulator.measure.cores import Crew, Thread
from simulator.measure.machine import idle_entries
from simulator.measure.probes import Memory, Unavailable, Words
from simulator.measure.slices import Probe, Values

_TURNS = 300
WAKES, _FIRST_WAKES, GAP_NS = 50, 5, 20_000
_LEAST_IDLE = 0.7
_LEAST_GAP_NS, _NOISE_LEAST_NS, _MOST_GAPS = 300, 1_000, 200_000
_LONGEST_SPIN_NS = 20 * WAKES * GAP_NS
_SLEEPS, SLEEP_NS = 20, 100_000
_BOUNCES = 300
_TWO_NS, _LEAST_SLICE_NS, _MOST_SLICES, _FEWEST_TURNS = 40_000_000, 200_000, 1000, 4


def switches(crew: Crew, kept: ExitStack) -> Iterator[Probe]:
    """Two threads of one core: giving way, waking each other, one of them asleep in a poll. A turn has two switches, the middle turn counts."""
    memory, other = Memory(), Memory()
    mine, theirs = os.eventfd(0), os.eventfd(0)
    for event in (mine, theirs):
        kept.callback(os.close, event)
    turns = np.zeros(_TURNS, np.int64)

    def giving_way() -> Values | None:
        flags = np.zeros(16, np.int64)
        back = crew.beside.start(lambda: loops.yields_back(flags))
        crew.first.call(lambda: loops.yields(flags, turns, memory.out, memory.bad))
        back.result()
        return None if memory.failed() else {"switch_by_yield": float(np.median(turns)) / 2}

    def waking() -> Values | None:
        back = crew.beside.start(lambda: loops.pong(theirs, mine, _TURNS, other.out, other.bad))
        crew.first.call(lambda: loops.ping(mine, theirs, turns, memory.out, memory.bad))
        back.result()
        return None if memory.failed() or other.failed() else {"switch_by_event": float(np.median(turns)) / 2}

    polled, idle = (os.eventfd(0, os.EFD_NONBLOCK) for _ in range(2))
    for event in (polled, idle):
        kept.callback(os.close, event)
    entries = np.frombuffer(
        b"".join(struct.pack("=ihh", event, select.POLLIN, 0) for event in (polled, idle)), np.int64
    )

    def waking_a_loop() -> Values | None:
        back = crew.beside.start(lambda: loops.pong_polling(polled, mine, entries, _TURNS, other.out, other.bad))
        crew.first.call(lambda: loops.ping(mine, polled, turns, memory.out, memory.bad))
        back.result()
        failed = memory.failed() or other.failed()
        return None if failed else {"switch_by_poll": float(np.median(turns)) / 2}

    ways = (
        ("switch_by_yield", giving_way),
        ("switch_by_event", waking),
        ("switch_by_poll", waking_a_loop),
    )
    for name, attempt in ways:
        attempt()
        yield Probe(name, attempt)


def slices_of_two(crew: Crew) -> Probe:
    """How long the scheduler lets one of two computing threads run before it is the other's turn."""
    rooms = [np.zeros((_MOST_SLICES, 2), np.int64) for _ in range(2)]
    memories = Memory(), Memory()

    def attempt() -> Values | None:
        stop, until = np.zeros(1, np.int64), time.monotonic_ns() + _TWO_NS
        found = [
            thread.start(lambda room=room, m=m: loops.spin(room, _LEAST_SLICE_NS, until, stop, m.out))  # type: ignore[misc]
            for thread, room, m in zip((crew.first, crew.beside), rooms, memories, strict=True)
        ]
        gaps = np.concatenate([room[: future.result()] for room, future in zip(rooms, found, strict=True)])
        lengths = gaps[:, 1] - gaps[:, 0]
        return {"slice_of_two": float(np.median(lengths))} if len(lengths) >= _FEWEST_TURNS else None

    attempt()
    return Probe("slice of two", attempt, tries=2, kept=1, why_lost="two computing threads did not take turns")


def timers(crew: Crew) -> Probe:
    """How late a sleep of 100 us ends, without timer slack."""
    memory, late, request = Memory(), np.zeros(_SLEEPS, np.int64), np.zeros(2, np.int64)

    def attempt() -> Values | None:
        crew.first.call(lambda: loops.sleeps(late, SLEEP_NS, request, memory.out, memory.bad))
        return (
            None
            if memory.failed()
            else {"timer_late_p50": float(np.median(late)), "timer_late_p95": float(np.percentile(late, 95))}
        )

    attempt()
    return Probe("timer", attempt)


def wakes(
    mode: str, crew: Crew, kept: ExitStack, state: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Probe:
    """Wake-ups across cores, the woken one in the idle ``state``, or kept from it by a spinning thread (``spin``)."""
    second, spinner = crew.second, crew.spinner
    if second is None or spinner is None:
        raise Unavailable("only one core")
    event = os.eventfd(0)
    kept.callback(os.close, event)
    near, far, aside = Memory(), Memory(), Memory()
    gaps = np.zeros((8 * WAKES, 2), np.int64)

    def attempt() -> Values | None:
        before, after, woken = (np.zeros(WAKES, np.int64) for _ in range(3))
        stop, found = np.zeros(1, np.int64), None
        entered = idle_entries(second.core)
        with state():
            reader = second.start(lambda: loops.woken_by(event, woken, stop, far.out, far.bad))
            if mode == "spin":
                until = time.monotonic_ns() + _LONGEST_SPIN_NS
                found = spinner.start(lambda: loops.spin(gaps, _LEAST_GAP_NS, until, stop, aside.out))
            done = crew.first.call(lambda: loops.wake_by(event, before, after, woken, GAP_NS, near.out, near.bad))
            stop[0] = 1
            if done < WAKES:
                os.eventfd_write(event, 1)
            reader.result()
        stopped = gaps[: found.result()] if found is not None else None
        if near.failed() or far.failed() or done < WAKES:
            return None
        if found is None and entered is not None and (idle_entries(second.core) or 0) - entered < _LEAST_IDLE * WAKES:
            return None  # somebody else ran there, so it was no idle core that woke
        return _parts(mode, before[_FIRST_WAKES:], after[_FIRST_WAKES:], woken[_FIRST_WAKES:], stopped)

    attempt()
    why_lost = (
        "the woken core was always busy with something else" if mode == "spin" else "the other core was never idle"
    )
    return Probe(f"wake_{mode}", attempt, tries=2, kept=1, whole=f"wake_{mode}_back", why_lost=why_lost)


def _parts(mode: str, before: Words, after: Words, woken: Words, gaps: Words | None) -> Values | None:
    values = {"write": after - before, "after": woken - after, "back": woken - before}
    if gaps is not None:
        if not len(gaps):
            return None
        place = np.minimum(np.searchsorted(gaps[:, 1], woken), len(gaps) - 1)
        start, end = gaps[place, 0], gaps[place, 1]
        # the interrupt may land before the signal's call returns: then nothing of its flight is left to wait for
        landed = np.maximum(start, after)
        inside = (start <= woken) & (woken <= end) & (start >= before)
        if inside.sum() < len(woken) // 2:
            return None
        values |= {"stop": (start - before)[inside], "busy": (end - start)[inside], "return": (woken - start)[inside]}
        values |= {"flight": (landed - after)[inside], "run": (woken - landed)[inside]}
    return {f"wake_{mode}_{name}": float(np.median(times)) for name, times in values.items()}


def bounces(crew: Crew) -> Probe:
    """How long a cache line takes to another core and back: shows where the hypervisor has put the two."""
    second, near, far = crew.second, Memory(), Memory()
    if second is None:
        raise Unavailable("only one core")

    def attempt() -> Values | None:
        cell = np.zeros(16, np.int64)
        back = second.start(lambda: loops.bounce(cell, 1, 0, _BOUNCES, far.out))
        spent = crew.first.call(lambda: loops.bounce(cell, 0, 8, _BOUNCES, near.out))
        return {"cache_line_round_trip": spent / _BOUNCES} if back.result() and spent else None

    attempt()
    return Probe("bounce", attempt)


def noise(threads: Sequence[Thread], length_ns: int) -> dict[str, dict[str, float]]:
    """What each core loses while a thread on each does nothing but look at the clock."""
    rooms = [np.zeros((_MOST_GAPS, 2), np.int64) for _ in threads]
    until = time.monotonic_ns() + length_ns
    found = [thread.start(_looking(room, until)) for thread, room in zip(threads, rooms, strict=True)]
    return {
        f"core {thread.core}": _lost(room[: count.result()], length_ns)
        for thread, room, count in zip(threads, rooms, found, strict=True)
    }


def _looking(room: Words, until: int) -> Callable[[], int]:
    stop, memory = np.zeros(1, np.int64), Memory()
    return lambda: int(loops.spin(room, _NOISE_LEAST_NS, until, stop, memory.out))


def _lost(gaps: Words, length_ns: int) -> dict[str, float]:
    found = len(gaps)
    lengths = (gaps[:, 1] - gaps[:, 0]).astype(float)
    seconds = length_ns / 1e9
    return {
        "lost_share": float(lengths.sum() / length_ns),
        "gaps_over_10us_per_s": float((lengths > 10_000).sum() / seconds),
        "median_gap_ns": float(np.median(lengths)) if found else 0.0,
        "gaps_per_s": found / seconds,
        "worst_gap_ns": float(lengths.max(initial=0.0)),
    }
