"""What a core does by itself: enter the kernel, look at the clock, signal, copy.

*Scope*: one thread. *Validation*: ``tests/measure/test_probes.py``.
"""

from __future__ import annotations

import mmap
import os
import select
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np

from simulator.measure import loops
from simulator.measure.cores import Crew
from simulator.measure.probes import Bytes, Memory, single
from simulator.measure.slices import Probe

_MIB = 1 << 20
_COPIES = (
    ("copy_64B_warm", 64, 0),
    ("copy_1500B_warm", 1500, 0),
    ("copy_4KiB_warm", 4096, 0),
    ("copy_64KiB_warm", 65_536, 0),
    ("copy_1500B_of_4MiB", 1500, 4 * _MIB),
    ("copy_1500B_of_16MiB", 1500, 16 * _MIB),
    ("copy_1500B_of_64MiB", 1500, 64 * _MIB),
)
_LARGEST_COPY = max(size for _, size, _ in _COPIES)
_OFFSETS, _CACHE_LINE = 1 << 16, 64
_APART = mmap.PAGESIZE // 2
"""Source and target at the same place of a page would wait for each other in the core's store buffer."""


def calls(crew: Crew, kept: ExitStack) -> Iterator[Probe]:
    """The kernel's door, its clock, its events."""
    event = os.eventfd(0, os.EFD_NONBLOCK)
    kept.callback(os.close, event)
    pipe = os.pipe()
    for end in pipe:
        kept.callback(os.close, end)
    os.write(pipe[1], b"x")
    ready = np.frombuffer(struct.pack("=ihh", pipe[0], select.POLLIN, 0), np.int64)
    yield single("clock", crew.first, lambda turns, m: loops.clock_calls(turns, m.out))
    yield single("system_call", crew.first, lambda turns, m: loops.system_calls(turns, m.out))
    yield single("event_write", crew.first, lambda turns, m: loops.event_writes(event, turns, m.out, m.bad))
    yield single("event_write_read", crew.first, lambda turns, m: loops.event_rounds(event, turns, m.out, m.bad))
    yield single("poll_ready", crew.first, lambda turns, m: loops.polls(ready, turns, m.out, m.bad))


def copies(crew: Crew) -> Iterator[Probe]:
    """Copies of one place again and again, and of places all over a large buffer.

    The first pass over the places is not timed: it brings them where they can stay, into a cache or not.
    """
    source = _aligned(max(spread for *_, spread in _COPIES), 0)
    target = _aligned(_LARGEST_COPY, _APART)
    for name, size, spread in _COPIES:
        yield single(name, crew.first, _copying(target, source, size, spread))


def _aligned(size: int, offset: int) -> Bytes:
    """Memory that begins ``offset`` behind a page, all of it there."""
    held = np.ones(size + 2 * mmap.PAGESIZE, np.uint8)
    start = -held.ctypes.data % mmap.PAGESIZE + offset
    return held[start : start + size]


def _copying(target: Bytes, source: Bytes, size: int, spread: int) -> Callable[[int, Memory], float]:
    places = np.random.default_rng(size + spread).integers(0, max(1, (spread - size) // _CACHE_LINE), _OFFSETS)
    offsets, position = places * _CACHE_LINE, [0]

    def loop(turns: int, memory: Memory) -> float:
        first = position[0]
        position[0] = (first + 2 * turns) % _OFFSETS
        loops.copies(target, source, offsets, size, first, turns, memory.out)
        return float(loops.copies(target, source, offsets, size, first + turns, turns, memory.out))

    return loop
