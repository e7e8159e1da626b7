"""A calibration as a host file, as a table and as data.

*Scope*: text. *Validation*: ``tests/calibrate/test_command.py`` reads back what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from simulator import __version__
from simulator.calibrate import Calibration
from simulator.calibrate.fit import LEVEL, Told

_UNITS = {"ps": ("ns", 1000.0), "fs/B": ("ps/B", 1000.0)}


def host_file(found: Calibration, base: str, title: str) -> str:
    """The identified costs on their base."""
    return "\n".join(_host_file(found, base, title)) + "\n"


def _host_file(found: Calibration, base: str, title: str) -> Iterator[str]:
    count = len(found.observed)
    yield f"# Written by sriovsim calibrate {__version__}. Name it in a scenario beside it: host: ./this-file.yaml"
    yield "schema: 1"
    yield f"title: {json.dumps(title)}"
    yield f"base: {base}"
    yield f"hardware: {json.dumps(f'fitted to {count} measurements of a machine like {base}')}"
    yield f"conditions: {json.dumps(f'ranges hold all fitted costs together with {LEVEL:.0%}')}"
    told = [item for item in found.fitted.told if item.identified]
    yield "costs:" if told else "costs: {}"
    for item in told:
        value, low, high, unit = quantities(found, item)
        yield f"  {item.name}: {{value: {value:.1f} {unit}, range: [{low:.1f} {unit}, {high:.1f} {unit}], status: derived,"
        yield f"    how: {json.dumps(f'fitted; {item.left:.0%} of its range on {base} is left')}}}"
    refused = {item.name: item.why_not for item in found.fitted.told if not item.identified}
    yield "readings:"
    yield f"  not_told: {json.dumps(refused)}"


def quantities(found: Calibration, told: Told) -> tuple[float, float, float, str]:
    """Value and interval of a cost in the unit in which files state it."""
    cost = found.host.cost(told.name)
    unit, scale = _UNITS[cost.unit]
    value = found.host.value(told.name) / scale
    return value * told.factor, value * told.low, value * told.high, unit


def table(found: Calibration) -> str:
    """The costs that were told, those that were not and why, and how near the predictions are now."""
    rows = [("cost", "value", "interval", "was", "left of its range")]
    for item in found.fitted.told:
        if item.identified:
            value, low, high, unit = quantities(found, item)
            was = found.host.value(item.name) / _UNITS[found.host.cost(item.name).unit][1]
            rows.append(
                (item.name, f"{value:.1f} {unit}", f"{low:.1f} to {high:.1f}", f"{was:.1f}", f"{item.left:.0%}")
            )
    refused = [f"not told: {item.name}: {item.why_not}" for item in found.fitted.told if not item.identified]
    compared = [("measurement", "measured", "fitted", "off")]
    compared += [
        (what, f"{value:.6g}", f"{fitted:.6g}", f"{fitted / value - 1:+.1%}")
        for _, what, value, fitted in found.observed
    ]
    return "\n".join([*_columns(rows), "", *refused, "", *_columns(compared)])


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def as_json(found: Calibration) -> dict[str, Any]:
    """The same as data, costs in the units of the host file."""
    costs = {}
    for item in found.fitted.told:
        value, low, high, unit = quantities(found, item)
        costs[item.name] = {
            "identified": item.identified,
            "left": item.left,
            "unit": unit,
            **({"value": value, "low": low, "high": high} if item.identified else {"why_not": item.why_not}),
        }
    observed = [
        {"place": place, "what": what, "measured": value, "fitted": fitted}
        for place, what, value, fitted in found.observed
    ]
    return {"costs": costs, "observed": observed, "level": LEVEL, "simulated": found.simulated}
