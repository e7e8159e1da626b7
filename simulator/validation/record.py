"""The stored outcome of the last complete run: predictions, intervals, when and by which program; and the bars.

1. ``record.json`` comes with the program: the documentation prints it, and what was not computed now (intervals) is taken from it.
2. The intervals carry their own date and program, since a run with them is rarer.
3. ``bars.yaml``: what the score must not fall below. They guard what was reached; ``aim`` says what is wanted.

*Scope*: one file written whole. *Validation*: ``tests/validation/test_record.py`` (a sample is simulated again and equal).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator import __version__
from simulator.formats import yaml12
from simulator.formats.files import write_whole
from simulator.validation.model import Point, Prediction, Source

SCHEMA = 1
HERE = Path(__file__).parent
FILE, BARS = HERE / "record.json", HERE / "bars.yaml"


@dataclass(frozen=True, slots=True)
class Record:
    """What a run left behind; ``run`` and ``intervals`` say when and by which program."""

    run: Mapping[str, Any]
    intervals: Mapping[str, Any]
    points: Mapping[str, Mapping[str, Any]]


def load(path: Path = FILE) -> Record:
    """The stored record; an empty one where there is none."""
    if not path.is_file():
        return Record({}, {}, {})
    content = json.loads(path.read_text(encoding="utf-8"))
    return Record(content["run"], content["intervals"], content["points"])


def save(
    predictions: Sequence[Prediction], program: str, path: Path = FILE, intervals: Mapping[str, Any] | None = None
) -> None:
    """Store predictions; intervals that are not given anew stay with the points that have them."""
    before = load(path)
    stamp = {"date": datetime.now(UTC).date().isoformat(), "version": __version__, "program": program}
    content = {
        "schema": SCHEMA,
        "run": stamp,
        "intervals": {**stamp, **intervals} if intervals is not None else before.intervals,
        "points": {
            found.point.id: _kept(found, before.points.get(found.point.id, {}), intervals is not None)
            for found in predictions
        },
    }
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode())


def _kept(found: Prediction, before: Mapping[str, Any], has_intervals: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"value": found.value}
    if found.error:
        data["error"] = found.error
    ends = (found.low, found.high) if has_intervals else (before.get("low"), before.get("high"))
    return data | ({"low": ends[0], "high": ends[1]} if ends[0] is not None else {})


def predictions(record: Record, sources: Sequence[Source]) -> list[Prediction]:
    """The stored predictions of the points that still have a rule."""
    points = [point for source in sources for point in source.points if point.rule and point.id in record.points]
    return [_stored(record.points[point.id], point) for point in points]


def _stored(data: Mapping[str, Any], point: Point) -> Prediction:
    return Prediction(point, data["value"], data.get("error", ""), data.get("low"), data.get("high"))


def with_intervals(found: Prediction, record: Record) -> Prediction:
    """The prediction with the stored interval of its point, if there is one."""
    data = record.points.get(found.point.id, {})
    return replace(found, low=data.get("low"), high=data.get("high")) if found.low is None else found


def bars(score: Mapping[str, Any], path: Path = BARS) -> list[dict[str, Any]]:
    """Every stored bar with the score's value and whether it is kept, and every aim with whether it is reached."""
    found = []
    for name, limits in yaml12.load(path).plain().items():
        value, limit = score[name], limits.get("at_least", limits.get("at_most"))
        entry = {"name": name, "value": value, **limits, "kept": None}
        if limit is not None:
            entry["kept"] = value is not None and (value >= limit if "at_least" in limits else value <= limit)
        found.append(entry)
    return found
