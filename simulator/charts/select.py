"""Which points of a result a chart shows, and what they are called.

1. `view` takes the points that the reader asked for: ``at`` names series, datapath, interrupts or a swept parameter,
   whole or by its last word.
2. `one_place` keeps a single place of a sweep, for charts with one curve per series: the one without loss at which
   the mean latencies of the series are furthest apart.
3. `few_rows` keeps the ends and the middle of a sweep, for charts with one row per point.

What was left out is said in ``note``, never silently.

*Scope*: choosing; no drawing. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.charts.caption import point_label
from simulator.errors import InputError, SimulatorError, unknown

Point = dict[str, Any]
MOST_ROWS, MOST_LINES = 40, 8
MANY_ROWS = 12
"""A sweep with more rows than that is thinned to its ends and its middle."""
LOSS = 0.01
"""Places of a sweep at which a series loses more are shown only if there is no other."""


@dataclass(frozen=True, slots=True)
class View:
    """The points of one chart with their names; `swept`: parameters that differ among them."""

    title: str
    points: list[Point]
    labels: list[str]
    swept: tuple[str, ...]
    note: str = ""
    thresholds: tuple[Any, ...] = ()


def view(document: Mapping[str, Any], at: Mapping[str, str] | None = None) -> View:
    """The points of the document that are meant. Raises InputError for conditions that no point meets, SimulatorError
    for a document without points."""
    points = list(document["points"])
    if not points:
        raise SimulatorError("there is no point to draw")
    for key, value in (at or {}).items():
        points = _meeting(points, key, value)
    named = _named(document.get("title") or document["scenario"], points)
    return replace(named, thresholds=tuple(document.get("thresholds", ())))


def one_place(shown: View) -> View:
    """One place of the sweep, if there are several series or too many points."""
    places = list(dict.fromkeys(tuple(point["parameters"].items()) for point in shown.points))
    series = len({point["series"] for point in shown.points})
    if not shown.swept or (series == 1 and len(places) <= MOST_LINES):
        return shown
    found = {place: [p for p in shown.points if tuple(p["parameters"].items()) == place] for place in places}
    whole = [place for place in places if all((p["loss_ratio"] or 0.0) < LOSS for p in found[place])]
    widest = max(whole or places, key=lambda place: _spread(found[place]))
    chosen = found[widest]
    where = ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in widest if key in shown.swept)
    note = f"Shown at {where}, one of {len(places)} places of the sweep."
    return replace(_named(shown.title, chosen), note=note, thresholds=shown.thresholds)


def few_rows(shown: View) -> View:
    """Not more points than rows that can be read."""
    found = shown
    for kept in (3, 2):
        if len(found.points) > MANY_ROWS and shown.swept:
            found = _thinned(shown, kept)
    if len(found.points) <= MOST_ROWS:
        return found
    more = len(found.points) - MOST_ROWS
    note = f"{found.note} {more} further points are not shown.".strip()
    return replace(found, points=found.points[:MOST_ROWS], labels=found.labels[:MOST_ROWS], note=note)


def few_series(shown: View, names: Sequence[str]) -> View:
    """Not more series than names can stand beside a panel; `names`: the series of each point."""
    kept = set(list(dict.fromkeys(names))[:MOST_ROWS])
    more = len(set(names)) - len(kept)
    if not more:
        return shown
    chosen = [number for number, name in enumerate(names) if name in kept]
    points, labels = [shown.points[n] for n in chosen], [shown.labels[n] for n in chosen]
    return replace(
        shown, points=points, labels=labels, note=f"{shown.note} {more} further series are not shown.".strip()
    )


def _named(title: str, points: list[Point]) -> View:
    names = dict.fromkeys(name for point in points for name in point["parameters"])
    swept = tuple(name for name in names if len({point["parameters"].get(name) for point in points}) > 1)
    return View(title, points, [point_label(point, swept) for point in points], swept)


def _meeting(points: list[Point], key: str, value: str) -> list[Point]:
    keys = dict.fromkeys(name for point in points for name in properties(point))
    if key not in keys:
        raise unknown("at", "property of a point", key, keys)
    values = dict.fromkeys(str(found) for point in points if (found := properties(point).get(key)) is not None)
    if value not in values:
        raise unknown("at", f"value of {key}", value, values)
    chosen = [point for point in points if properties(point).get(key) == value]
    if not chosen:
        raise InputError("at", "the conditions are met together by no point", f"{key}={value}")
    return chosen


def properties(point: Point) -> dict[str, str]:
    """What points are chosen by: series, datapath, interrupts, swept parameters whole and by their last word."""
    short = {name.rpartition(".")[2]: str(value) for name, value in point["parameters"].items()}
    own = {key: point[key] for key in ("series", "datapath", "interrupts")}
    return own | short | {name: str(value) for name, value in point["parameters"].items()}


def _spread(points: list[Point]) -> float:
    means = [mean for point in points if (mean := point["latency_us"]["mean"])]
    return max(means) / min(means) if means else 0.0


def _thinned(shown: View, kept: int) -> View:
    axis = max(shown.swept, key=lambda name: len({point["parameters"].get(name) for point in shown.points}))
    values = list(dict.fromkeys(point["parameters"].get(axis) for point in shown.points))
    ends = [values[0], values[len(values) // 2], values[-1]] if kept == 3 else [values[0], values[-1]]
    chosen = [point for point in shown.points if point["parameters"].get(axis) in ends]
    note = f"Shown: {len(dict.fromkeys(ends))} of the {len(values)} values of {axis.rpartition('.')[2]}."
    return replace(_named(shown.title, chosen), note=note, thresholds=shown.thresholds)
