"""Cursors into the plan's random streams, as plain Python integers.

*Scope*: reading; how the values come about is said in ``simulator.plan.draws``.
*Validation*: two engines that read the same streams agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.plan.draws import Draws, Stream
from simulator.plan.model import NONE


class Chance:
    """One cursor per stream of the plan."""

    def __init__(self, streams: Sequence[Stream], seed: int, replication: int) -> None:
        self._draws = Draws(streams, seed, replication)
        self._values = [self._endless(index) for index in range(len(streams))]

    def _endless(self, index: int) -> Iterator[int]:
        while True:
            yield from self._draws.next_block(index).tolist()

    def draw(self, stream: int) -> int:
        """The next value of ``stream``."""
        return next(self._values[stream])

    def factor(self, stream: int) -> int:
        """The next cost factor in 1/1024; exactly 1 without a stream."""
        return 1024 if stream == NONE else self.draw(stream)

    def spread(self, cost_ps: int, stream: int) -> int:
        """``cost_ps`` times the next factor of ``stream``. The draw is taken even if the cost is 0."""
        return scaled(cost_ps, self.factor(stream))


def scaled(cost_ps: int, factor: int) -> int:
    """``cost_ps`` times ``factor`` / 1024, rounded half up."""
    return (cost_ps * factor + 512) >> 10
