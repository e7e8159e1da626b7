"""The engines that must agree, by name."""

from __future__ import annotations

from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.plan.trace import Engine

ENGINES: dict[str, type[Engine]] = {"reference": ReferenceEngine, "compiled": CompiledEngine}
