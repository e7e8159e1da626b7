"""Thresholds: which limits of the scenario the result breaks.

1. A threshold names a scalar metric, optionally the points it is about (``series``, ``datapath``, ``interrupts`` or a
   swept parameter, whole or by its last word), and a limit in the metric's dimension.
2. `check` refuses, before anything runs, unknown metrics, limits in another dimension and conditions that no point
   meets.
3. `breaches` compares; a point without a value (too few samples, nothing delivered) breaks its thresholds: nothing
   was shown. Nor was it by a window that shows no steady state, unless the scenario allows that.

*Scope*: single points against constants. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from simulator import units
from simulator.errors import ScenarioErrors
from simulator.metrics import METRICS
from simulator.scenario import Threshold, parse_threshold
from simulator.scenario.identity import point_name
from simulator.scenario.limits import BASE_UNITS, faults_of, meant, of_guest
from simulator.scenario.thresholds import HOLDS

__all__ = ["breaches", "check", "point_name"]


def check(thresholds: Iterable[str], identities: Sequence[Mapping[str, Any]]) -> list[Threshold]:
    """The parsed thresholds. Raises ScenarioErrors with every one that cannot be meant."""
    parsed = [parse_threshold(text) for text in thresholds]
    errors = [fault.at(f"thresholds: {parsed[number].text}") for number, fault in faults_of(parsed, identities)]
    if errors:
        raise ScenarioErrors(errors)
    return parsed


def breaches(
    thresholds: Sequence[Threshold], entries: Sequence[Mapping[str, Any]], *, allow_unsteady: bool = False
) -> list[str]:
    """One sentence per threshold and point that breaks it; one per point that shows no steady state, so that it keeps none."""
    unsteady = [
        f"{point_name(entry)}: not steady: {entry['bottleneck'].partition('not steady: ')[2]}; thresholds_allow: unsteady passes it"
        for entry in entries
        if not allow_unsteady and entry.get("steady") == 0 and any(meant(threshold, entry) for threshold in thresholds)
    ]
    return unsteady + [
        f"{threshold.text}: {point_name(entry)}: {_shown(threshold, entry)}"
        for threshold in thresholds
        for entry in entries
        if meant(threshold, entry) and not _kept(threshold, entry)
    ]


def _value(threshold: Threshold, entry: Mapping[str, Any]) -> float | None:
    group, _, part = threshold.metric.partition(".")
    of = of_guest(threshold)
    if of:
        entry = entry["guests"][of[0]].get(of[1])
        if entry is None:
            return None
    value: float | None = entry[f"{group}_{METRICS[threshold.metric].unit}"][part] if part else entry[group]
    return value


def _kept(threshold: Threshold, entry: Mapping[str, Any]) -> bool:
    value = _value(threshold, entry)
    return value is not None and threshold.holds(_in_base_units(threshold, value))


def _in_base_units(threshold: Threshold, value: float) -> Fraction:
    factor = BASE_UNITS[METRICS[threshold.metric].unit][1] if threshold.dimension is not None else 1
    return Fraction(str(float(value))) * factor


def _shown(threshold: Threshold, entry: Mapping[str, Any]) -> str:
    value = _value(threshold, entry)
    if value is None:
        return "has no value (too few packets)"
    if threshold.operator == HOLDS:
        return "is not so"
    if threshold.dimension is None:
        return f"is {value:.4g}"
    return f"is {units.format_quantity(_in_base_units(threshold, value), threshold.dimension, 4)}"
