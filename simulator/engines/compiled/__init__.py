"""The compiled engine: the plan's rules in numba over one flat array."""

from __future__ import annotations

from simulator.engines.compiled.engine import CompiledEngine, warm_up

__all__ = ["CompiledEngine", "warm_up"]
