"""The memory image under construction: a record for every entity, arrays behind them, names for the log.

*Scope*: where things stand, not what is in them. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.engines.compiled import kernel as k
from simulator.engines.compiled.memory import LINE, enlarged, zeros
from simulator.plan.model import NONE, Plan

SIZES = {
    "streams": k.STREAM, "sources": k.SOURCE, "sinks": k.SINK, "links": k.LINK, "dmas": k.DMA, "fifos": k.FIFO, "rings": k.RING,
    "switches": k.SWITCH, "shapers": k.SHAPER,
    "moderators": k.MODERATOR, "routes": k.ROUTE, "executors": k.EXECUTOR, "threads": k.THREAD, "locks": k.LOCK,
    "quotas": k.QUOTA, "ticks": k.TICK, "workers": k.WORKER,
}  # fmt: skip


class Builder:
    """Hands out positions; ``at`` tells where the entities of each kind stand."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.memory: Any = zeros(1 << 16)
        self.used = k.HEADER
        self.at: dict[str, list[int]] = {}
        self.places: list[str] = []
        for kind, size in SIZES.items():
            self.at[kind] = [self.record(size) for _ in getattr(plan, kind)]

    def record(self, words: int) -> int:
        """Words that begin with a cache line; their position."""
        self.used += -self.used % LINE
        return self.reserve(words)

    def reserve(self, words: int, value: int = 0) -> int:
        """Words for something new; its position."""
        position = self.used
        self.used += words
        if self.used > len(self.memory):
            self.memory = enlarged(self.memory, max(self.used, len(self.memory)))
        if value:
            self.memory[position : self.used] = value
        return position

    def ref(self, kind: str, index: int) -> int:
        """Position of an entity; 0 for none."""
        return 0 if index == NONE else self.at[kind][index]

    def fill(self, base: int, values: dict[int, int]) -> None:
        """Fields of a record."""
        for offset, value in values.items():
            self.memory[base + offset] = value

    def place(self, name: str) -> int:
        """Number of a name in the log."""
        self.places.append(name)
        return len(self.places) - 1

    def array(self, values: Sequence[int]) -> int:
        """Words with these values; their position."""
        position = self.reserve(len(values))
        self.memory[position : self.used] = values
        return position
