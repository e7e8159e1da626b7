"""Reads the vectors: small plans with logs, counters and stage sums computed by hand from `docs/reference/plan.md`.

A file has `templates` (plans in the short form of `build`) and `vectors`. A vector says `from` which template it starts, what its
`plan` changes, adds or (null) removes, and what a run `until` an instant must give: `log` whole, or only `events`, or only those `at`
some places; `happens` are the plan's events; `counters`, `stages` (sink -> stage -> [wait, service]), `histograms`; with `window` the measurement begins there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.plan.model import Plan
from simulator.plan.trace import Engine, Trace
from tests.conformance.build import build

FOLDER = Path(__file__).parent / "vectors"
NEITHER = frozenset(
    ("name", "rule", "why", "note", "from", "until", "window", "plan", "order", "events", "at", "happens")
)
EXPECTED = frozenset(("log", "counters", "stages", "histograms", "in_flight"))

Line = tuple[int, str, str, int]


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector as read."""

    name: str
    file: str
    data: dict[str, Any]
    plan: Plan


def vectors() -> Iterator[Vector]:
    """All vectors of all files, in order."""
    for path in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for data in content["vectors"]:
            unknown = set(data) - NEITHER - EXPECTED
            if unknown:
                raise ValueError(f"{path.name}: {data['name']}: unknown keys {sorted(unknown)}")
            yield Vector(data["name"], path.name, data, _plan(content.get("templates", {}), data))


def _plan(templates: dict[str, Any], data: dict[str, Any]) -> Plan:
    return build(data["name"], _merged(templates, data), data.get("happens", ()))


def _merged(templates: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    base = templates[data["from"]] if "from" in data else {}
    short = {key: dict(value) for key, value in base.items()}
    for key, value in data["plan"].items():
        if value is None:
            del short[key]
        else:
            short[key] = {**short.get(key, {}), **value}
    first = data.get("order", [])
    return {key: short[key] for key in [*first, *(key for key in short if key not in first)]}


def run(engine: type[Engine], vector: Vector) -> Trace:
    """Run the vector's plan as it says."""
    instance = engine(vector.plan, 1, 0, log=True)
    if "window" in vector.data:
        instance.run(vector.data["window"])
        instance.begin_window()
    instance.run(vector.data["until"])
    return instance.trace()


def differences(vector: Vector, trace: Trace) -> list[str]:
    """What the trace has and the vector has not, and the other way round; empty if they agree."""
    found = list(_log_differences(vector, trace.log)) if "log" in vector.data else []
    for name, value in vector.data.get("counters", {}).items():
        if name not in trace.counters:
            found.append(f"counter {name}: does not exist")
        elif trace.counters[name] != value:
            found.append(f"counter {name}: expected {value}, got {trace.counters[name]}")
    for sink, stages in vector.data.get("stages", {}).items():
        got = dict(zip(vector.plan.stages, trace.stages[sink], strict=True))
        found += [f"stage {s} at {sink}: expected {v}, got {got[s]}" for s, v in stages.items() if tuple(v) != got[s]]
    for sink, buckets in vector.data.get("histograms", {}).items():
        if trace.histograms[sink] != buckets:
            found.append(f"histogram of {sink}: expected {buckets}, got {trace.histograms[sink]}")
    if "in_flight" in vector.data and vector.data["in_flight"] != [trace.in_flight_start, trace.in_flight_end]:
        found.append(
            f"in flight: expected {vector.data['in_flight']}, got {trace.in_flight_start}, {trace.in_flight_end}"
        )
    return found


def _log_differences(vector: Vector, log: list[Line]) -> Iterator[str]:
    expected = [_line(text) for text in vector.data["log"].splitlines()]
    events, places = vector.data.get("events"), vector.data.get("at", "").split()
    got = [line for line in log if (not events or line[1] in events) and (not places or line[2] in places)]
    for number in range(max(len(expected), len(got))):
        want = expected[number] if number < len(expected) else None
        have = got[number] if number < len(got) else None
        if want != have:
            yield f"log line {number + 1}: expected {want}, got {have}"
            return


def _line(text: str) -> Line:
    time, event, place, packet = text.split()
    return int(time), event, place, int(packet)
