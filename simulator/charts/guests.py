"""What each entry of ``guests`` got, received and sent apart: latency on the left, throughput on the right.

1. A row for each entry and direction of each point. A large circle is the p99 of all guests of the entry together, a
   triangle their p50; a hollow one is of a point without steady state.
2. A small dot is a single guest: how far the dots lie apart is how unevenly guests of one kind are served.
3. On the right the packets per second that were delivered, of one guest, and what was offered to it as an upright line.

*Scope*: one place of a sweep (see `select`), up to `select.MOST_ROWS` rows. *Validation*: tests/unit/test_charts_guests.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulator.charts import style
from simulator.charts.caption import NOTHING, delivered, in_time, unsteady
from simulator.charts.frame import PLOT_INCHES, caption, finish, frame, identify
from simulator.charts.scales import Unit, log_axis, rate_unit
from simulator.charts.select import MOST_ROWS, Point, View, one_place
from simulator.charts.stacks import AROUND_INCHES, NAME_CELLS, row_inches, row_names, rows

MARKS = {"p50": "^", "p99": "o"}
SAID = {"all": "", "rx": "received", "tx": "sent"}
SINGLE = "#"
RATIOS = (3.0, 2.0)
UNEVEN = 1.25
"""Guests of one entry whose p99 are further apart than that are worth a sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the point and its label, an entry of ``guests``, a direction, its numbers, and those of each single guest."""

    label: str
    point: Point
    entry: str
    direction: str
    together: Mapping[str, Any]
    single: Mapping[str, Mapping[str, Any]]

    @property
    def words(self) -> str:
        """The label of the point where there are several, the entry and the direction."""
        return f"{self.label}: {self.entry} {SAID[self.direction]}".removeprefix(": ").strip()

    def p99s(self) -> dict[str, float]:
        """p99 of each single guest that has one, in us."""
        found = {name: numbers["latency_us"]["p99"] for name, numbers in self.single.items()}
        return {name: value for name, value in found.items() if value}


def guests(shown: View) -> Figure:
    """p50 and p99 in us (left) and delivered packets per second of one guest (right), a row per entry and direction."""
    shown = one_place(shown)
    found = _rows(shown)
    more = len(found) - MOST_ROWS
    found = found[:MOST_ROWS]
    names, wider = row_names([row.words for row in found], [row.point for row in found], NAME_CELLS)
    figure, (left, right) = frame(shown.title, 2, more_inches=wider, ratios=RATIOS, sharey=True)
    unit = rate_unit([_rates(row) for row in found])
    for place, row in enumerate(found):
        _latency(left, place, row)
        _throughput(right, place, row, unit)
    log_axis(left.xaxis)
    right.set_xlim(left=0)
    style.dress(left, "Latency", "latency, us (log scale)", grid="x")
    style.dress(right, "Delivered, per guest", f"{unit.name} (upright line: offered)", grid="x")
    rows(left, names)
    note = f"{more} further rows are not shown." if more > 0 else ""
    height = max(PLOT_INCHES, AROUND_INCHES + row_inches(names) * len(names))
    return finish(
        figure,
        _keys(found),
        caption(shown, _seen(found) if any(map(delivered, shown.points)) else NOTHING, note),
        plot_inches=height,
    )


def guests_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point, entry or single guest (``vm#3``), and direction: rates and latencies."""
    return [
        identify(row.point)
        | {"guest": name, "direction": row.direction}
        | {key: numbers[key] for key in ("offered_pps", "delivered_pps", "throughput_bps")}
        | {f"latency_{key}_us": value for key, value in numbers["latency_us"].items()}
        for row in _rows(shown)
        for name, numbers in {row.entry: row.together, **row.single}.items()
    ]


def _rows(shown: View) -> list[Row]:
    """Received and sent where both happened, else the one that did."""
    found = []
    for label, point in zip(shown.labels if len(shown.points) > 1 else [""], shown.points, strict=True):
        for entry, directions in point["guests"].items():
            if SINGLE in entry:
                continue
            moved = [which for which in ("rx", "tx") if which in directions] or ["all"]
            own = {name: of for name, of in point["guests"].items() if name.startswith(entry + SINGLE)}
            found += [
                Row(
                    label,
                    point,
                    entry,
                    which,
                    directions[which],
                    {name: of[which] for name, of in own.items() if which in of},
                )
                for which in moved
            ]
    return found


def _rates(row: Row) -> Point:
    """What `rate_unit` reads: the largest rate of one guest, and how the sweep writes rates."""
    most = max(
        (rate for of in row.single.values() for rate in (of["offered_pps"], of["delivered_pps"]) if rate), default=0
    )
    return {"parameters": row.point["parameters"], "offered_pps": most or row.together["delivered_pps"]}


def _latency(axes: Axes, place: int, row: Row) -> None:
    fill = "white" if unsteady(row.point) else style.INK
    values = {name: value for name in MARKS if (value := row.together["latency_us"][name])}
    if values:
        axes.plot(list(values.values()), [place] * len(values), color=style.GREY, linewidth=2.5, zorder=2)
    for name, value in values.items():
        axes.plot(value, place, MARKS[name], color=style.INK, markersize=12, markerfacecolor=fill, mew=2, zorder=3)
    own = list(row.p99s().values())
    if len(row.single) > 1 and own:
        axes.plot(own, [place + 0.25] * len(own), ".", color=style.INK, alpha=0.6, markersize=7, zorder=2)
    if not values:
        axes.text(
            0.02, place, "too few packets" if row.together["delivered_pps"] else "nothing delivered",
            fontsize=style.TICK_POINTS, va="center", transform=axes.get_yaxis_transform(),
        )  # fmt: skip


def _throughput(axes: Axes, place: int, row: Row, unit: Unit) -> None:
    of = list(row.single.values()) or [row.together]
    offered = [unit.of(one["offered_pps"] or 0.0) for one in of]
    delivered = [unit.of(one["delivered_pps"] or 0.0) for one in of]
    axes.barh(place, sum(delivered) / len(delivered), 0.36, color=style.GREY, alpha=0.5, zorder=1)
    axes.plot([sum(offered) / len(offered)] * 2, [place - 0.3, place + 0.3], color=style.INK, linewidth=2.5, zorder=2)
    if len(of) > 1:
        axes.plot(delivered, [place + 0.25] * len(of), ".", color=style.INK, alpha=0.6, markersize=7, zorder=2)


def _keys(found: list[Row]) -> list[Line2D]:
    keys = [
        Line2D([], [], marker=mark, color=style.INK, ls="", markersize=11, label=f"{name} of all guests of the entry")
        for name, mark in MARKS.items()
        if any(row.together["latency_us"][name] for row in found)
    ]
    if any(len(row.single) > 1 for row in found):
        keys.append(
            Line2D([], [], marker=".", color=style.INK, ls="", markersize=9, alpha=0.6, label="one guest (its p99)")
        )
    return keys


def _seen(found: list[Row]) -> str:
    """The worst served row, and the most uneven one."""
    known = [row for row in found if row.together["latency_us"]["p99"]]
    said = []
    if len(known) > 1:
        worst = max(known, key=lambda row: row.together["latency_us"]["p99"])
        said.append(f"Slowest: {worst.words}, p99 {in_time(worst.together['latency_us']['p99'])}.")
    uneven = [row for row in found if len(row.p99s()) > 1]
    if uneven:
        row = max(uneven, key=lambda row: max(row.p99s().values()) / min(row.p99s().values()))
        least, most = (pick(row.p99s(), key=row.p99s().__getitem__) for pick in (min, max))
        if row.p99s()[most] > UNEVEN * row.p99s()[least]:
            said.append(
                f"Furthest apart: {row.words}, p99 {in_time(row.p99s()[least])} for {least}, {in_time(row.p99s()[most])} for {most}."
            )
        else:
            said.append("Guests of one entry are served alike.")
    return " ".join(said)
