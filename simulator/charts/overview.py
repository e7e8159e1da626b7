"""All at a glance: lines where a parameter was swept, rows otherwise.

*Scope*: chooses between `bars` and `lines`. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from simulator.charts.bars import comparison_chart
from simulator.charts.frame import identify
from simulator.charts.lines import sweep_chart
from simulator.charts.select import View

LINES_FROM = 3
"""Fewer values of a swept parameter are compared as rows."""
COLUMNS = (
    "offered_pps", "delivered_pps", "loss_ratio", "host_work_cores", "guest_work_cores", "polling_cores",
    "host_cores_busy", "guest_cores_busy", "exits_per_packet", "steady",
)  # fmt: skip


def overview(shown: View) -> Figure:
    """Latency, throughput or stages, and cores: three panels."""
    counts = {name: len({point["parameters"].get(name) for point in shown.points}) for name in shown.swept}
    axis = next((name for name, count in counts.items() if count >= LINES_FROM), None)
    if axis is None:
        return comparison_chart(shown)
    return sweep_chart(shown, axis, tuple(name for name in shown.swept if name != axis))


def overview_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point: rates, latency percentiles in us, cores, exits."""
    return [
        identify(point)
        | {name: point[name] for name in COLUMNS if name in point}
        | {f"latency_{name}_us": value for name, value in point["latency_us"].items()}
        for point in shown.points
    ]
