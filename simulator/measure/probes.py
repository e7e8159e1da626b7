"""A probe: a loop, how many turns fill a try, and what makes a try worthless.

1. A try takes about 2 ms, short enough to be over before the scheduler gives the core away.
2. A try in which the thread lost its core or a call failed is none.
3. What cannot even be tried once is ``Unavailable``, with the reason.

*Scope*: one thread, one loop or two in turn; the primitives themselves are in ``calls``, ``packets`` and ``threads``.
*Validation*: ``tests/measure/test_probes.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.measure import loops
from simulator.measure.cores import Crew, Thread, undisturbed
from simulator.measure.slices import Probe, Values

Words = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
TRY_NS = 2_000_000
BATCH, _BATCHES = 128, 3
"""Datagrams go in batches, below the size of every queue on their way."""
_FIRST_TURNS = 64
_ALU_TURNS = 300_000


class Unavailable(Exception):
    """Why something cannot be measured here."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the loops of one thread write to: clock and signal, and how many calls failed."""

    out: Words = field(default_factory=lambda: np.zeros(4, np.int64))
    bad: Words = field(default_factory=lambda: np.zeros(1, np.int64))

    def failed(self) -> bool:
        """Whether a call failed since the last question."""
        found = bool(self.bad[0])
        self.bad[0] = 0
        return found


def canary(crew: Crew) -> Callable[[], float]:
    """Time of a chain of multiplications on the first core."""
    memory = Memory()
    return lambda: float(crew.first.call(lambda: loops.alu(_ALU_TURNS, 1, memory.out)))


def single(name: str, thread: Thread, loop: Callable[[int, Memory], float]) -> Probe:
    """A loop that times itself; its quantity is the time of one turn."""
    memory = Memory()
    # the first call compiles
    thread.call(lambda: loop(_FIRST_TURNS, memory))
    spent = thread.call(lambda: loop(_FIRST_TURNS, memory))
    if memory.failed():
        raise Unavailable("the call fails")
    turns = max(_FIRST_TURNS, int(TRY_NS * _FIRST_TURNS / max(spent, 1)))

    def attempt() -> Values | None:
        spent, kept = thread.call(lambda: undisturbed(lambda: loop(turns, memory)))
        return {name: spent / turns} if kept and not memory.failed() else None

    return Probe(name, attempt)


def batches(
    names: tuple[str, str], thread: Thread, fill: Callable[[Memory], float], drain: Callable[[Memory], float]
) -> Probe:
    """Two loops in turn, one fills what the other empties; a quantity without a name is not kept."""
    memory = Memory()

    def rounds() -> tuple[float, float]:
        pairs = [(fill(memory), drain(memory)) for _ in range(_BATCHES)]
        filled, drained = (sum(times) / (BATCH * _BATCHES) for times in zip(*pairs, strict=True))
        return filled, drained

    thread.call(rounds)
    if memory.failed():
        raise Unavailable("what is sent does not arrive")

    def attempt() -> Values | None:
        times, kept = thread.call(lambda: undisturbed(rounds))
        if memory.failed() or not kept:
            return None
        return {name: spent for name, spent in zip(names, times, strict=True) if name}

    return Probe(names[0], attempt)
