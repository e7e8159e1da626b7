"""What a point is called: its series, its swept values, the datapaths and interrupt modes of its guests.

*Scope*: names for tables, charts and conditions of thresholds. *Validation*: ``tests/unit/test_study.py``,
``tests/unit/test_study_parts.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.scenario.model import Scenario
from simulator.scenario.points import Point, name_of_point
from simulator.scenario.settings_of_guests import guest_settings


def identity(point: Point) -> dict[str, Any]:
    """What a point is called: series, swept parameters, datapaths and interrupt modes of its guests."""
    used = paths(point.scenario)
    modes = dict.fromkeys(mode for _, mode in used if mode != "native")
    return {
        "series": point.series,
        "parameters": dict(point.parameters),
        "datapath": "+".join(dict.fromkeys(name for name, _ in used)),
        "interrupts": "+".join(modes),
    }


def paths(scenario: Scenario) -> list[tuple[str, str]]:
    """The different (datapath, interrupt mode) of the guests, ``automatic`` resolved."""
    return list(dict.fromkeys((guest.datapath, guest.mode) for guest in guest_settings(scenario)))


def guest_labels(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """What conditions and tables call guests -> their names in a plan: an entry of ``guests`` and, with a ``count``, each of it by
    its number: ``victim``, ``victim#0``."""
    labels: dict[str, tuple[str, ...]] = {}
    for group in scenario.guests:
        labels[group.name] = group.members()
        if group.count is not None:
            labels |= {f"{group.name}#{number}": (name,) for number, name in enumerate(group.members())}
    return labels


def point_name(entry: Mapping[str, Any]) -> str:
    """A point in words: its series and swept values."""
    return name_of_point(entry["series"], entry["parameters"])
