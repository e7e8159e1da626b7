"""The items by name, each with the function that measures it and the bars for its values.

*Scope*: names; an item's module is imported when it runs. *Validation*: tests/unit/test_benchmarks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from benchmarks.measure import Options, Outcome


@dataclass(frozen=True, slots=True)
class Bar:
    """What a value is held against: at least `least`, below `below`."""

    least: float | None = None
    below: float | None = None

    def passed(self, value: float) -> bool:
        """Whether `value` is good enough."""
        return (self.least is None or value >= self.least) and (self.below is None or value < self.below)

    def __str__(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"< {self.below:g}"


@dataclass(frozen=True, slots=True)
class Item:
    """`place`: ``module:function`` inside this package; `values`: the names it reports, with bars where there are."""

    place: str
    values: dict[str, Bar | None] = field(default_factory=dict)

    def measure(self) -> Callable[[Options], Outcome]:
        """The item's function."""
        module, name = self.place.split(":")
        found: Callable[[Options], Outcome] = getattr(import_module(f"benchmarks.{module}"), name)
        return found


ITEMS = {
    "tandem_vs_simpy": Item("tandem_vs_simpy:measure", {"tandem_vs_simpy": Bar(least=60)}),
    "tandem_vs_ns3": Item("tandem_vs_ns3:measure", {"tandem_vs_ns3": Bar(least=2), "tandem_vs_ns3_packets": None}),
    "vf8": Item("vf_speed:measure", {"vf8_packets_per_cpu_s": Bar(least=1e6)}),
    "growth": Item("growth:measure", {"cost_growth_1_to_256": Bar(below=2.5)}),
    "memory": Item("memory:measure", {"peak_rss_ratio": Bar(below=1.2)}),
    "compile": Item("start:measure_compile", {"compile_s": None}),
    "paths8": Item("start:measure_paths", {"paths8_wall_s": Bar(below=20)}),
    "command": Item("start:measure_command", {"first_comparison_s": None, "next_comparison_s": None, "help_s": None}),
}
