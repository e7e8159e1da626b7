"""Choices on the grid of times, for plans in the short form of the vectors.

*Scope*: small choices and one kind of source; `directed` makes plans of them. *Validation*: through those plans.
"""

from __future__ import annotations

from random import Random
from typing import Any, TypeVar

from tests.engines.random_parts import GRID_PS

Value = TypeVar("Value")


class Dice:
    """Choices on the grid of times."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, *values: Value) -> Value:
        return self.random.choice(values)

    def time(self, low: int, high: int) -> int:
        """A time (ps), in steps of the grid."""
        return self.random.randint(low, high) * GRID_PS

    def times(self, low: int, high: int) -> list[int]:
        return [self.time(low, high) for _ in range(self.random.randint(4, 7))]

    def costs(self, *names: str, high: int = 3) -> dict[str, int]:
        return {name: self.time(0, high) for name in names}

    def source(self, to: str, low: int, high: int, **given: Any) -> dict[str, Any]:
        """An open source of many packets."""
        sizes = [self.pick(100, 100, 300, 600) for _ in range(5)]
        dst = [self.random.randrange(4) for _ in range(7)]
        made = {
            "is": "source",
            "to": to,
            "gap": self.times(low, high),
            "size": sizes,
            "dst": dst,
            "flow": [0, 1, 2, 3, 4],
        }
        limits = {"max_packets": self.random.randint(70, 120), "timeout_ps": GRID_PS}
        return {**made, **limits, "start_ps": self.time(0, 4), **given}
