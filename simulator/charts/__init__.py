"""Result -> figure: charts of a result document, each with the table of numbers that it shows.

    chart(document, kind="overview", at=None) -> matplotlib Figure
    table(document, kind="overview", at=None) -> pandas DataFrame, units in the column names
    timeline(spans, title="", cost_status=None) -> Figure    one packet as lanes; spans from `simulator.explain.spans`
    read(path) -> document                       a result folder or result.json
    png(figure) -> bytes, svg(figure) -> bytes   the same on every run
    KINDS                                        name -> Kind(sentence, ...)

`document` is ``Comparison.chart_document()`` or what `read` returns. `kind`: overview, cdf, percentiles, load,
throughput, budget, cores, exits, drops. `at` keeps the points with these properties, such as ``{"rate": "400 kpps"}`` or
``{"series": "VF, posted"}``: series, datapath, interrupts or a swept parameter, whole or by its last word.

From a study: ``compare(path).chart("budget", at=...)``, ``compare(path).chart_table("budget", at=...)``. From a shell:
``sriovsim chart RESULTS --kind budget``. For one packet: ``sriovsim explain DATAPATH --chart FILE``.

*Scope*: plain data in, figure out; nothing here simulates, and only `read` reads files. Importing this package does not
import matplotlib. *Validation*: tests/unit/test_charts.py, tests/charts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.charts.fonts import legible
from simulator.charts.kinds import KINDS, Kind
from simulator.charts.output import png, settings, svg
from simulator.charts.reading import HISTOGRAMS, read
from simulator.errors import InputError, unknown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from simulator.charts.select import View

__all__ = ["KINDS", "Kind", "chart", "draw", "kind_named", "png", "read", "svg", "table", "timeline"]

Document = Mapping[str, Any]


def chart(document: Document, kind: str = "overview", at: Mapping[str, str] | None = None) -> Figure:
    """The chart of that kind. Raises InputError for an unknown kind, for conditions that no point meets and for a
    document that lacks what the chart needs; SimulatorError if it has no points."""
    with settings():
        return kind_named(kind).figure(_shown(legible(document), kind, at))


def table(document: Document, kind: str = "overview", at: Mapping[str, str] | None = None) -> DataFrame:
    """The numbers of the chart of that kind, one row per mark. Raises as `chart` does."""
    from pandas import DataFrame

    return DataFrame(kind_named(kind).rows(_shown(document, kind, at)))


def draw(document: Document) -> Figure:
    """The chart "overview": what a study saves as ``chart.png``."""
    return chart(document)


def timeline(
    spans: Sequence[Mapping[str, Any]], title: str = "", cost_status: Mapping[str, int] | None = None
) -> Figure:
    """One packet's way as lanes over time; each span has ``lane``, ``step``, ``start_ps`` and ``end_ps``.
    `cost_status`: how many cost values have each status, for the mark. Raises SimulatorError without a packet."""
    from simulator.charts.lanes import timeline_chart

    with settings():
        return timeline_chart(legible(spans), legible(title), cost_status)


def kind_named(name: str) -> Kind:
    """The kind of that name. Raises InputError with choices and the nearest."""
    if name == "timeline":
        raise InputError(
            "--kind", "timeline is drawn from one packet, not from a result: sriovsim explain DATAPATH --chart FILE"
        )
    if name not in KINDS:
        raise unknown("--kind", "chart", name, KINDS)
    return KINDS[name]


def _shown(document: Document, kind: str, at: Mapping[str, str] | None) -> View:
    from simulator.charts.select import view

    shown = view(document, at)
    for key in KINDS[kind].needs:
        if any(point.get(key) is None for point in shown.points):
            if key == "histogram":
                raise InputError(HISTOGRAMS, f"is missing beside result.json; the chart '{kind}' is drawn from it")
            if key == "over_time":
                message = "has no results over time: the scenario needs measurement.interval or events"
                raise InputError("result.json", message)
            raise InputError("result.json", f"has no {key}: written by an older version; run the scenario again")
    return shown
