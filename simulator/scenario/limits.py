"""Thresholds that can be meant: their metrics exist, their limits have the right unit, some point is what they are about.

1. Each threshold alone: the metric, the unit, a limit that can be kept and can be broken.
2. Each against the points: conditions that some point meets.
3. Each against the others: of one point, a metric cannot be below one limit and above a higher one.

*Scope*: before anything runs; whether results keep them is in ``study/limits.py``.
*Validation*: ``tests/unit/test_study_parts.py``, ``tests/unit/test_audit.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator import units
from simulator.errors import BadValue, InputError, unknown
from simulator.metrics import METRICS, guests
from simulator.scenario.thresholds import HOLDS, Threshold

BASE_UNITS: Mapping[str, tuple[units.Dimension, int]] = {
    "us": (units.TIME, 10**6),
    "packets/s": (units.PACKET_RATE, 10**3),
    "bit/s": (units.BIT_RATE, 1),
    "1": (units.RATIO, 10**6),
}
"""Unit of a metric -> dimension of its limits, and base units of that dimension per unit of the metric."""
YES_OR_NO = "bool"
"""Unit of a metric that is true or false."""
NEVER_ABOVE_ONE = ("loss_ratio",)
GUEST, DIRECTION = "guest", "direction"
"""Words of conditions that ask for a part of a point's result, not for some of the points."""
_UPPER, _LOWER = ("<", "<="), (">", ">=")

Identity = Mapping[str, Any]


def faults_of(thresholds: Sequence[Threshold], identities: Sequence[Identity]) -> Iterator[tuple[int, InputError]]:
    """(number of the threshold, fault) for each that cannot be meant; without points, what can be said without."""
    sound = []
    for number, threshold in enumerate(thresholds):
        fault = _alone(threshold) or (_unmet(threshold, identities) if identities else None)
        if fault is not None:
            yield number, fault
        else:
            sound.append((number, threshold))
    yield from _contradictions(sound, identities)


def meant(threshold: Threshold, entry: Identity) -> bool:
    """Whether the threshold is about this point."""
    known = properties(entry)
    asked = dict(threshold.where)
    guest = asked.pop(GUEST, None)
    asked.pop(DIRECTION, None)
    return all(known.get(key) == value for key, value in asked.items()) and (guest is None or guest in entry["guests"])


def of_guest(threshold: Threshold) -> tuple[str, str] | None:
    """The guests whose result is limited, and the direction; None for the result of a point."""
    asked = dict(threshold.where)
    return (asked[GUEST], asked.get(DIRECTION, "all")) if GUEST in asked else None


def properties(entry: Identity) -> dict[str, str]:
    """What conditions can ask of a point: series, datapath, interrupts, swept values by path and by its last word."""
    found = {name.rpartition(".")[2]: str(value) for name, value in entry["parameters"].items()}
    found.update(entry["parameters"])
    return found | {key: entry[key] for key in ("series", "datapath", "interrupts")}


def _alone(threshold: Threshold) -> InputError | None:
    scalars = [name for name, metric in METRICS.items() if metric.scalar]
    if threshold.metric not in scalars:
        return unknown("", "metric", threshold.metric, scalars)
    unit = METRICS[threshold.metric].unit
    if (threshold.operator == HOLDS) != (unit == YES_OR_NO):
        need = (
            "is true or false; write it alone"
            if unit == YES_OR_NO
            else f"needs a limit, such as '{threshold.metric} < ...'"
        )
        return BadValue("", need, threshold.metric)
    asked = dict(threshold.where)
    if GUEST in asked and threshold.metric not in guests.METRICS:
        return unknown("", "metric of a guest", threshold.metric, guests.METRICS)
    if DIRECTION in asked and GUEST not in asked:
        return BadValue("", f"is of guests; say which: {{{GUEST}=...,{DIRECTION}={asked[DIRECTION]}}}", DIRECTION)
    if asked.get(DIRECTION, "all") not in guests.DIRECTIONS:
        return unknown("", DIRECTION, asked[DIRECTION], guests.DIRECTIONS)
    dimension = BASE_UNITS[unit][0] if unit in BASE_UNITS else None
    given = threshold.dimension
    if given is not None and given is not dimension:
        need = f"a {dimension.name}, such as '{dimension.example}'" if dimension else f"a number of {unit}"
        return BadValue("", f"is limited by a {given.name}, and its limit is {need}", threshold.metric)
    if given is None and dimension is not None and unit not in ("1", YES_OR_NO):
        return BadValue("", f"needs a limit with its unit, such as '{dimension.example}'", threshold.metric)
    largest = 1 if given is None else 10**6
    if threshold.metric in NEVER_ABOVE_ONE and (
        threshold.value > largest or (threshold.value == largest and threshold.operator != ">=")
    ):
        verdict = "always" if threshold.operator in _UPPER else "never"
        return BadValue(
            "", f"is at most 1, so this is {verdict} kept; a share is written such as '1 %'", threshold.metric
        )
    return None


def _unmet(threshold: Threshold, identities: Sequence[Identity]) -> InputError | None:
    keys = dict.fromkeys(key for entry in identities for key in properties(entry))
    for key, value in threshold.where:
        if key == GUEST:
            labels = dict.fromkeys(label for entry in identities for label in entry["guests"])
            if value not in labels:
                return unknown("", "guest", value, labels)
        if key in (GUEST, DIRECTION):
            continue
        if key not in keys:
            return unknown("", "property of a point", key, keys)
        values = dict.fromkeys(v for entry in identities if (v := properties(entry).get(key)) is not None)
        if value not in values:
            return unknown("", f"value of {key}", value, values)
    if not any(meant(threshold, entry) for entry in identities):
        return BadValue("", "are met together by no point", ", ".join("=".join(pair) for pair in threshold.where))
    return None


def _contradictions(
    sound: list[tuple[int, Threshold]], identities: Sequence[Identity]
) -> Iterator[tuple[int, InputError]]:
    for place, (number, threshold) in enumerate(sound):
        for _, earlier in sound[:place]:
            if _contradict(earlier, threshold) and _share(earlier, threshold, identities):
                yield number, InputError("", f"cannot be kept together with '{earlier.text}'")
                break


def _contradict(one: Threshold, other: Threshold) -> bool:
    if (one.metric, of_guest(one)) != (other.metric, of_guest(other)) or (one.operator in _UPPER) == (
        other.operator in _UPPER
    ):
        return False
    upper, lower = (one, other) if one.operator in _UPPER else (other, one)
    ceiling, floor = (t.value if t.dimension is None else t.value / _factor(t) for t in (upper, lower))
    return ceiling < floor or (ceiling == floor and (upper.operator == "<" or lower.operator == ">"))


def _factor(threshold: Threshold) -> int:
    return BASE_UNITS[METRICS[threshold.metric].unit][1]


def _share(one: Threshold, other: Threshold, identities: Sequence[Identity]) -> bool:
    if not identities:
        return one.where == other.where
    return any(meant(one, entry) and meant(other, entry) for entry in identities)
