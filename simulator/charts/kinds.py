"""The registry of chart kinds: name -> what it answers, what it needs, the figure, the table.

Adding a chart: two functions of a `View`, one for the figure and one for the rows of its table, and a line here.

*Scope*: charts of results; the timeline of one packet is drawn from spans, see `lanes`.
*Validation*: tests/unit/test_charts.py draws every kind; tests/charts compares their pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulator.charts.select import View

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of chart. `sentence`: the question it answers; `module`, `name`: where its functions are (``name`` and
    ``name_rows``); `needs`: keys that every point of the document must have, beyond those of ``result.json``."""

    sentence: str
    module: str
    name: str
    needs: tuple[str, ...] = ()

    @property
    def figure(self) -> Callable[[View], Figure]:
        """The function that draws."""
        found: Callable[[View], Figure] = getattr(import_module(f"simulator.charts.{self.module}"), self.name)
        return found

    @property
    def rows(self) -> Callable[[View], Rows]:
        """The function that gives the rows of the table."""
        found: Callable[[View], Rows] = getattr(import_module(f"simulator.charts.{self.module}"), f"{self.name}_rows")
        return found


KINDS: Mapping[str, Kind] = {
    "overview": Kind(
        "All at a glance: latency, stages and cores, or their course over a sweep.", "overview", "overview"
    ),
    "cdf": Kind("Which share of the packets took at most so long?", "distribution", "cdf", ("histogram",)),
    "percentiles": Kind("How long is the tail?", "distribution", "percentiles", ("histogram",)),
    "load": Kind("How does latency grow with load, and where is the knee?", "load", "load"),
    "throughput": Kind("How near to line rate, at which frame size?", "throughput", "throughput"),
    "budget": Kind("Where does the mean latency go, and how much of it is waiting?", "budget", "budget"),
    "cores": Kind("What are the cores busy with: host, guests, or polling?", "counts", "cores"),
    "exits": Kind("Which VM exits does a packet cost?", "counts", "exits"),
    "course": Kind("What changed when: throughput, latency and loss over time?", "course", "course", ("over_time",)),
    "drops": Kind("Where are packets lost?", "counts", "drops"),
    "guests": Kind("Which guests are served well, which badly?", "guests", "guests", ("guests",)),
}
