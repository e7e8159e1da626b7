"""Threads that stay on one core each, and the knowledge whether somebody else took that core meanwhile.

1. Two cores are chosen, not two threads of one core where there is a choice.
2. Each role is one thread for the whole run: what it asked of the kernel for itself ends with it.
3. They come before what others run there, as far as the user may: that ends with them, too.
4. The kernel counts for each thread how often it lost its core: a slice in which that happened says nothing.

*Scope*: Linux. *Validation*: ``tests/measure/test_cores.py``.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from simulator.measure import kernel

Result = TypeVar("Result")
_MOST_URGENT = -20
_CPUS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Pair:
    """The core where most is measured, and another one if there is one."""

    first: int
    second: int | None
    siblings: bool = False
    """Whether both are threads of one core, because there was nothing better."""


def choose(allowed: frozenset[int], siblings: Callable[[int], frozenset[int]]) -> Pair:
    """Two of the allowed cores. The last ones: the first take most interrupts."""
    first, *others = sorted(allowed, reverse=True)
    apart = [core for core in others if core not in siblings(first)]
    if apart or not others:
        return Pair(first, apart[0] if apart else None)
    return Pair(first, others[0], siblings=True)


def here() -> Pair:
    """The pair for this process."""
    return choose(frozenset(os.sched_getaffinity(0)), _siblings)


def _siblings(core: int) -> frozenset[int]:
    try:
        text = (_CPUS / f"cpu{core}/topology/thread_siblings_list").read_text(encoding="utf-8")
    except OSError:
        return frozenset((core,))
    ends = [[int(end) for end in piece.split("-")] for piece in text.strip().split(",")]
    return frozenset(number for first, *last in ends for number in range(first, (last or [first])[0] + 1))


class Thread:
    """One thread on one core; ``idle`` lets every other thread go first, ``urgent`` it before all others as far as permitted."""

    def __init__(self, core: int, idle: bool = False, urgent: bool = True) -> None:
        self.core = core
        self._pool = ThreadPoolExecutor(1, initializer=_settle, initargs=(core, idle, urgent and not idle))

    def start(self, function: Callable[[], Result]) -> Future[Result]:
        """Begin; the result comes later."""
        return self._pool.submit(function)

    def call(self, function: Callable[[], Result]) -> Result:
        """Do it and wait."""
        return self._pool.submit(function).result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


@dataclass(frozen=True, slots=True)
class Crew:
    """The threads by role: two on the first core, two on the second."""

    first: Thread
    beside: Thread
    second: Thread | None
    spinner: Thread | None


@contextmanager
def crew(pair: Pair) -> Iterator[Crew]:
    """Threads that end afterwards."""
    with ExitStack() as kept:

        def thread(core: int | None, idle: bool = False) -> Thread | None:
            if core is None:
                return None
            made = Thread(core, idle)
            kept.callback(made.close)
            return made

        first, beside = thread(pair.first), thread(pair.first)
        assert first is not None
        assert beside is not None
        yield Crew(first, beside, thread(pair.second), thread(pair.second, idle=True))


def undisturbed(function: Callable[[], Result]) -> tuple[Result, bool]:
    """Call, and say whether the calling thread kept its core all the time."""
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
    result = function()
    return result, resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw == before


def _settle(core: int, idle: bool, urgent: bool) -> None:
    os.sched_setaffinity(0, {core})
    if idle:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if urgent:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _MOST_URGENT)
    with suppress(OSError):
        kernel.no_timer_slack()
