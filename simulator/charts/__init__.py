"""Result -> figure: the chart of a comparison or of a sweep, drawn from the result document alone.

1. `draw` looks at the document's points: where a parameter was swept it draws lines, otherwise rows.
2. `png` turns the figure into bytes that are the same on every run: no date, no version, the bundled font.

*Scope*: plain data in, figure out; nothing here simulates or reads files. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from simulator.errors import SimulatorError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "png"]

LINES_FROM = 3
"""Fewer values of a swept parameter are compared as rows."""


def draw(document: Mapping[str, Any]) -> Figure:
    """The main chart of a result document (``Comparison.to_json()``). Raises SimulatorError if it has no points."""
    from simulator.charts.bars import comparison_chart
    from simulator.charts.caption import point_label
    from simulator.charts.lines import sweep_chart

    points = list(document["points"])
    if not points:
        raise SimulatorError("there is no point to draw")
    title = document.get("title") or document["scenario"]
    varied = _varied(points)
    axis = next((name for name, count in varied.items() if count >= LINES_FROM), None)
    if axis is None:
        return comparison_chart(title, points, [point_label(point, tuple(varied)) for point in points])
    return sweep_chart(title, points, axis, tuple(name for name in varied if name != axis))


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    from matplotlib import rc_context

    buffer = BytesIO()
    with rc_context({"font.family": "DejaVu Sans"}):
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _varied(points: list[dict[str, Any]]) -> dict[str, int]:
    """Swept parameter -> number of its values, parameters with one value left out."""
    names = dict.fromkeys(name for point in points for name in point["parameters"])
    counts = {name: len({point["parameters"].get(name) for point in points}) for name in names}
    return {name: count for name, count in counts.items() if count > 1}
