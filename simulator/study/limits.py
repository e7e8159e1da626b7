"""Thresholds: which limits of the scenario the result breaks.

1. A threshold names a scalar metric, optionally the points it is about (``series``, ``datapath``, ``interrupts`` or a
   swept parameter, whole or by its last word), and a limit in the metric's dimension.
2. `check` refuses, before anything runs, unknown metrics, limits in another dimension and conditions that no point
   meets.
3. `breaches` compares; a point without a value (too few samples, nothing delivered) breaks its thresholds: nothing
   was shown.

*Scope*: single points against constants. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from simulator import units
from simulator.errors import BadValue, ScenarioErrors, unknown
from simulator.metrics import METRICS
from simulator.scenario import Threshold, parse_threshold

BASE_UNITS: Mapping[str, tuple[units.Dimension, int]] = {
    "us": (units.TIME, 10**6),
    "packets/s": (units.PACKET_RATE, 10**3),
    "bit/s": (units.BIT_RATE, 1),
    "1": (units.RATIO, 10**6),
}
"""Unit of a metric -> dimension of its limits, and base units of that dimension per unit of the metric."""


def check(thresholds: Iterable[str], identities: Sequence[Mapping[str, Any]]) -> list[Threshold]:
    """The parsed thresholds. Raises ScenarioErrors with every one that cannot be meant."""
    parsed = [parse_threshold(text) for text in thresholds]
    errors = [error for threshold in parsed for error in _faults(threshold, identities)]
    if errors:
        raise ScenarioErrors(errors)
    return parsed


def breaches(thresholds: Iterable[Threshold], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence per threshold and point that breaks it."""
    return [
        f"{threshold.text}: {point_name(entry)}: {_shown(threshold, entry)}"
        for threshold in thresholds
        for entry in entries
        if _meant(threshold, entry) and not _kept(threshold, entry)
    ]


def point_name(entry: Mapping[str, Any]) -> str:
    """A point in words: its series and swept values."""
    values = (f"{name.rpartition('.')[2]} {value}" for name, value in entry["parameters"].items())
    return ", ".join([entry["series"], *values])


def _faults(threshold: Threshold, identities: Sequence[Mapping[str, Any]]) -> list[BadValue]:
    place = f"thresholds: {threshold.text}"
    scalars = [name for name, metric in METRICS.items() if metric.scalar]
    if threshold.metric not in scalars:
        return [unknown(place, "metric", threshold.metric, scalars)]
    unit = METRICS[threshold.metric].unit
    dimension = BASE_UNITS[unit][0] if unit in BASE_UNITS else None
    if threshold.dimension is not None and threshold.dimension is not dimension:
        return [BadValue(place, f"is limited in {threshold.dimension.base}, but its unit is {unit}", threshold.metric)]
    if threshold.dimension is None and dimension is not None and unit != "1":
        return [BadValue(place, f"needs a limit with its unit, such as '{dimension.example}'", threshold.metric)]
    return _unmet(threshold, place, identities)


def _unmet(threshold: Threshold, place: str, identities: Sequence[Mapping[str, Any]]) -> list[BadValue]:
    keys = dict.fromkeys(key for entry in identities for key in _properties(entry))
    for key, value in threshold.where:
        if key not in keys:
            return [unknown(place, "property of a point", key, keys)]
        values = dict.fromkeys(v for entry in identities if (v := _properties(entry).get(key)) is not None)
        if value not in values:
            return [unknown(place, f"value of {key}", value, values)]
    if not any(_meant(threshold, entry) for entry in identities):
        return [BadValue(place, "are met together by no point", ", ".join("=".join(pair) for pair in threshold.where))]
    return []


def _properties(entry: Mapping[str, Any]) -> dict[str, str]:
    properties = {name.rpartition(".")[2]: str(value) for name, value in entry["parameters"].items()}
    properties.update(entry["parameters"])
    return properties | {key: entry[key] for key in ("series", "datapath", "interrupts")}


def _meant(threshold: Threshold, entry: Mapping[str, Any]) -> bool:
    properties = _properties(entry)
    return all(properties.get(key) == value for key, value in threshold.where)


def _value(threshold: Threshold, entry: Mapping[str, Any]) -> float | None:
    group, _, part = threshold.metric.partition(".")
    value: float | None = entry[f"{group}_{METRICS[threshold.metric].unit}"][part] if part else entry[group]
    return value


def _kept(threshold: Threshold, entry: Mapping[str, Any]) -> bool:
    value = _value(threshold, entry)
    return value is not None and threshold.holds(_in_base_units(threshold, value))


def _in_base_units(threshold: Threshold, value: float) -> Fraction:
    factor = BASE_UNITS[METRICS[threshold.metric].unit][1] if threshold.dimension is not None else 1
    return Fraction(str(value)) * factor


def _shown(threshold: Threshold, entry: Mapping[str, Any]) -> str:
    value = _value(threshold, entry)
    if value is None:
        return "has no value (too few packets)"
    if threshold.dimension is None:
        return f"is {value:.4g}"
    return f"is {units.format_quantity(_in_base_units(threshold, value), threshold.dimension, 4)}"
