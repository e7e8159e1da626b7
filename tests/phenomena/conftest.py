"""Run a scenario given as a dictionary on the compiled engine, and ask the result the questions of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.plan.check import require
from simulator.plan.model import Plan
from simulator.plan.trace import EXIT_KINDS, LABELS, Trace, histogram_upper
from simulator.scenario import load
from simulator.scenario.build import build

TEXTBOOK: dict[str, Any] = {
    "schema": 1,
    "host": {"model": "textbook"},
    "nic": {"model": "textbook-nic", "moderation": {"kind": "none"}},
    "guests": [{"name": "vm", "datapath": "sriov-vf", "interrupts": "posted", "halt_poll": "off"}],
    "traffic": [{"name": "load", "kind": "poisson", "rate": "100 kpps", "size": "64 B"}],
    "measurement": {"warmup": "5 ms", "duration": "100 ms"},
}
IDLE = ("idle", "guest_idle")
Runner = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """A run's trace, with the numbers that the statements are about."""

    plan: Plan
    trace: Trace

    @property
    def seconds(self) -> float:
        return (self.trace.end_ps - self.trace.start_ps) / 1e12

    def count(self, suffix: str) -> int:
        """Sum of all counters whose name ends so."""
        return sum(value for name, value in self.trace.counters.items() if name.endswith(suffix))

    def rate(self, suffix: str) -> float:
        return self.count(suffix) / self.seconds

    @property
    def goodput_pps(self) -> float:
        return self.rate(".sink.count")

    def latency_us(self, share: float, sink: str = "vm.sink") -> float:
        """Percentile from the histogram (at most 0.8 % high)."""
        histogram = self.trace.histograms[sink]
        wanted, seen = -(-sum(histogram.values()) * share // 1), 0
        for index in sorted(histogram):
            seen += histogram[index]
            if seen >= wanted:
                return histogram_upper(index) / 1e6
        raise AssertionError(f"no packet reached {sink}")

    def exits(self, kind: str) -> int:
        return self.count(f".{kind}")

    @property
    def all_exits(self) -> int:
        return sum(self.exits(kind) for kind in EXIT_KINDS)

    def busy(self, core: str) -> float:
        """Share of time in which the core did something."""
        spent = sum(self.trace.counters[f"{core}.{label}"] for label in LABELS if label not in IDLE)
        return spent / 1e12 / self.seconds

    def share(self, core: str, label: str) -> float:
        return self.trace.counters[f"{core}.{label}"] / 1e12 / self.seconds


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    """`run("host.softirq.demote=off", guests=[...])`.

    The textbook scenario with top-level parts replaced and values overridden; `change` alters the finished plan, to
    take a mechanism away that no scenario can.
    """

    def play(*overrides: str, change: Callable[[Plan], Plan] | None = None, **parts: Any) -> Outcome:
        file = tmp_path / "phenomenon.yaml"
        file.write_text(json.dumps(TEXTBOOK | parts))
        scenario = load(file, overrides)
        plan = build(scenario)
        if change is not None:
            plan = change(plan)
            require(plan)
        engine = CompiledEngine(plan, scenario.seed)
        start_ps = scenario.measurement.warmup_ps
        engine.run(start_ps)
        engine.begin_window()
        engine.run(start_ps + scenario.measurement.duration_ps)
        return Outcome(plan, engine.trace())

    return play
