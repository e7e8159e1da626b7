"""The outcome of a study: points in order, as a data frame, a document, a table, a chart, a folder.

*Scope*: presentation of finished points; nothing here simulates. *Validation*: tests/unit/test_study.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simulator
from simulator.citation import STATUSES
from simulator.scenario import Scenario, resolved, scenario_hash
from simulator.study import screen, tables
from simulator.study.folder import folder_of, json_bytes
from simulator.study.limits import point_name
from simulator.study.point import PointResult
from simulator.study.provenance import SCHEMA, block
from simulator.study.ratios import ratios

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

FAILED, BREACHED = 1, 3
SHOWN_CAPTURE_NOTES = 6


@dataclass(frozen=True, slots=True)
class Comparison:
    """All points of a study. `breached`: thresholds that do not hold, in words; `folder`: where it was saved, if it
    was."""

    scenario: Scenario
    engine: str
    results: tuple[PointResult, ...]
    breached: tuple[str, ...] = ()
    folder: Path | None = None
    taken_over: int = 0
    """Points whose results were in the folder already."""

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The points that were simulated, as plain data."""
        return [result.entry for result in self.results if not result.error]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The points that were not, with the reason."""
        return [result.entry | {"error": result.error} for result in self.results if result.error]

    @property
    def frame(self) -> DataFrame:
        """One row per point: parameters, metrics with units in the column names, ranges, origin."""
        return tables.summary(self.entries, self._common)

    @property
    def _common(self) -> dict[str, Any]:
        return {"seed": self.scenario.seed, "engine": self.engine, "version": simulator.__version__}

    @property
    def exit_code(self) -> int:
        """0, or 1 if a point failed, or 3 if a threshold does not hold."""
        return FAILED if self.failed else BREACHED if self.breached else 0

    def to_json(self) -> dict[str, Any]:
        """The result document."""
        return {
            "schema": SCHEMA,
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "seed": self.scenario.seed,
            "replications": self.scenario.replications,
            "engine": self.engine,
            "version": simulator.__version__,
            "scenario_hash": scenario_hash(self.scenario),
            "points": self.entries,
            "ratios": ratios(self.entries),
            "failed": self.failed,
            "thresholds": list(self.scenario.thresholds),
            "breached": list(self.breached),
        }

    def table(self) -> str:
        """At most a screenful for the terminal: the points, what limits them, what failed, which thresholds do not hold."""
        parts = [
            screen.table(self.entries),
            screen.uncertainty(self.entries),
            screen.guests(self.entries),
            screen.hosts(self.entries),
            screen.ratios(ratios(self.entries)),
            screen.limits(self.entries),
            screen.cut((f"failed: {point_name(entry)}: {entry['error']}" for entry in self.failed), "failed points"),
            screen.cut((f"threshold not kept: {text}" for text in self.breached), "thresholds not kept"),
            screen.precision(self.entries),
            screen.cut(_warnings(self.entries), "warnings"),
            _note_lines(self.entries),
            _cost_line(self.entries),
        ]
        return "\n\n".join(part for part in parts if part)

    def plot(self) -> Figure:
        """The chart. Raises SimulatorError if no point was simulated."""
        from simulator.charts import draw

        return draw(self.to_json())

    def chart_document(self) -> dict[str, Any]:
        """The result document with the latency histogram of each point: what `simulator.charts` draws from."""
        found = [tables.buckets(result.histogram) for result in self.results if not result.error]
        points = [entry | {"histogram": buckets} for entry, buckets in zip(self.entries, found, strict=True)]
        return self.to_json() | {"points": points}

    def chart(self, kind: str = "overview", at: Mapping[str, str] | None = None) -> Figure:
        """The chart of one kind (`simulator.charts.KINDS`); `at` keeps the points with these swept values, series or
        datapath, as in ``{"rate": "400 kpps"}``. Raises InputError for what there is not, SimulatorError if there is
        nothing to draw."""
        from simulator.charts import chart

        return chart(self.chart_document(), kind, at)

    def chart_table(self, kind: str = "overview", at: Mapping[str, str] | None = None) -> DataFrame:
        """The numbers that the chart of that kind shows, units in the column names."""
        from simulator.charts import table

        return table(self.chart_document(), kind, at)

    def save(self, parent: Path | str, *, plot: bool = True) -> Path:
        """Write the result folder ``<parent>/<name>-<hash>`` and return it. Raises InputError if that cannot be
        done."""
        folder = folder_of(parent, self.scenario, self.engine)
        folder.replace(self._files(plot=plot and bool(self.entries)))
        return folder.path

    def _files(self, *, plot: bool) -> dict[str, bytes]:
        import yaml

        shown = yaml.safe_dump(resolved(self.scenario), sort_keys=False, allow_unicode=True)
        done = [result for result in self.results if not result.error]
        files = {
            "scenario.resolved.yaml": shown.encode(),
            "result.json": json_bytes(self.to_json()),
            "stages.csv": tables.csv_bytes(tables.stages(self.entries), tables.STAGE_COLUMNS),
            "guests.csv": tables.csv_bytes(tables.guests(self.entries), tables.GUEST_COLUMNS),
            "histograms.csv": tables.csv_bytes(
                tables.histograms([result.histogram for result in done]), tables.HISTOGRAM_COLUMNS
            ),
        }
        if plot:
            from simulator.charts import png

            files["chart.png"] = png(self.plot())
        files["summary.csv"] = tables.csv_bytes(tables.summary_rows(self.entries, self._common))
        files["provenance.json"] = json_bytes(block(self.scenario, self.engine, self.entries, self.failed))
        return files


def _note_lines(entries: list[dict[str, Any]]) -> str:
    """What departs from catalogue and capture, once; of what was done to captures, where it is long, the number."""
    found = dict.fromkeys(note for entry in entries for note in entry["notes"])
    captures = [note for note in found if note.startswith("capture: ")]
    shown = [note for note in found if note not in captures]
    if len(captures) <= SHOWN_CAPTURE_NOTES:
        shown = [*captures, *shown]
    else:
        shown.append(f"captures: {len(captures)} notes on source, frames and what was left out, in result.json")
    return "\n".join(shown)


def _warnings(entries: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a point's numbers, with its name."""
    return [f"{point_name(entry)}: {text}" for entry in entries for text in entry["warnings"]]


def _cost_line(entries: list[dict[str, Any]]) -> str:
    """How many of the cost values behind the points have each status: fewest and most over the points."""
    columns = {status: [entry["cost_status"][status] for entry in entries] for status in STATUSES} if entries else {}
    spans = {status: sorted({min(counts), max(counts)}) for status, counts in columns.items() if max(counts)}
    shown = (f"{' to '.join(map(str, span))} {status}" for status, span in spans.items())
    return "cost values per point: " + ", ".join(shown) if entries else ""
