"""A measurement as a host file for :mod:`simulator.costs.hostfile`, and as a table for the terminal.

*Scope*: text; a JSON text is a YAML text and quotes what YAML would read otherwise.
*Validation*: ``tests/measure/test_report.py`` reads back what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from simulator import __version__
from simulator.measure import Measurement
from simulator.measure.derive import Cost
from simulator.measure.slices import Estimate

_DECIMALS = 3


def host_file(found: Measurement, base: str) -> str:
    """The host file."""
    return "\n".join(_host_file(found, base)) + "\n"


def _host_file(found: Measurement, base: str) -> Iterator[str]:
    yield f"# Written by sriovsim measure-host {__version__}. Name it in a scenario beside it: host: ./this-file.yaml"
    yield "schema: 1"
    yield f"title: {_quoted(title(found))}"
    yield f"base: {base}"
    yield f"hardware: {_quoted(hardware(found))}"
    yield f"conditions: {_quoted(found.conditions)}"
    yield "costs:"
    for cost in found.costs:
        value, low, high = (quantity(end, cost.per_byte) for end in (cost.value, cost.low, cost.high))
        yield f"  {cost.name}: {{value: {value}, range: [{low}, {high}], status: {cost.status},"
        yield f"    how: {_quoted(cost.how)}}}"
    if found.tick_hz is not None:
        yield "facts:"
        yield f"  tick_hz: {{value: {found.tick_hz} Hz, status: measured, how: resolution of the coarse clock}}"
    yield from _tree("machine", found.machine, "")
    yield "readings:"
    yield from _tree("clean_share", round(found.clean_share, 3), "  ")
    yield from _tree("primitives", _estimates(found.primitives), "  ")
    yield from _tree("wake_up", {state: _estimates(parts) for state, parts in found.wake_up.items()}, "  ")
    yield from _tree("noise", found.noise, "  ")
    yield from _tree("idle_states", {str(state["name"]): state for state in found.idle_states}, "  ")
    yield from _tree("left_out", found.left_out, "  ")


def _estimates(values: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Second best, best and middle slice in ns (ns per byte for streams), and how many slices."""
    return {
        name: {"ns": _short(e.value), "best": _short(e.low), "middle": _short(e.high), "slices": e.slices}
        for name, e in values.items()
    }


def _tree(key: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value and any(isinstance(item, Mapping) for item in value.values()):
        yield f"{indent}{_quoted(key)}:"
        for name, item in value.items():
            yield from _tree(name, item, indent + "  ")
    else:
        plain = {name: _short(item) for name, item in value.items()} if isinstance(value, Mapping) else value
        yield f"{indent}{_quoted(key)}: {_quoted(plain)}"


def _short(value: Any) -> Any:
    return round(value, _DECIMALS) if isinstance(value, float) else value


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def quantity(value_ns: float, per_byte: bool) -> str:
    """A time, or a time per byte, with its unit, in whole ps or fs."""
    return f"{max(value_ns, 0.0) * 1000:.1f} ps/B" if per_byte else f"{max(value_ns, 0.0):.1f} ns"


def title(found: Measurement) -> str:
    """What the host is called."""
    return f"{found.machine['cpu']}, as measured"


def hardware(found: Measurement) -> str:
    """CPU and kernel in one line."""
    below = ", in a virtual machine" if found.machine["virtual"] else ""
    return f"{found.machine['cpu']}, Linux {found.machine['kernel']}{below}"


def table(found: Measurement) -> str:
    """The costs, and what was left out, for the terminal."""
    rows = [("cost", "value", "range", "status", "how"), *map(_row, found.costs)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*(row[c].ljust(widths[c]) for c in range(4)), row[4]]) for row in rows]
    out = [f"left out: {name}: {why}" for name, why in found.left_out.items()]
    return "\n".join([hardware(found), found.conditions, "", *lines, *([""] if out else []), *out])


def _row(cost: Cost) -> tuple[str, ...]:
    value, low, high = (quantity(end, cost.per_byte) for end in (cost.value, cost.low, cost.high))
    return cost.name, value, f"{low} to {high}", cost.status, cost.how


def as_json(found: Measurement) -> dict[str, Any]:
    """The same as data: costs in ns or ns per byte."""
    return {
        "hardware": hardware(found),
        "conditions": found.conditions,
        "machine": found.machine,
        "tick_hz": found.tick_hz,
        "costs": {
            cost.name: {
                "unit": "ns/B" if cost.per_byte else "ns",
                "value": cost.value,
                "low": cost.low,
                "high": cost.high,
                "status": cost.status,
                "how": cost.how,
            }
            for cost in found.costs
        },
        "primitives": _estimates(found.primitives),
        "wake_up": {state: _estimates(parts) for state, parts in found.wake_up.items()},
        "noise": found.noise,
        "idle_states": found.idle_states,
        "left_out": found.left_out,
        "clean_share": found.clean_share,
        "seconds": found.seconds,
    }
