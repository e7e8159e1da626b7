"""The resolved scenario as YAML with the origin of every value beside it; the text reads back as an equal scenario.

*Scope*: writing; the values come from ``resolved``, the places from ``origins``.
*Validation*: ``tests/unit/test_scenario_load.py`` reads back what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from simulator.scenario.load import origins
from simulator.scenario.model import Scenario, resolved

_COLUMN = 56


def as_yaml(scenario: Scenario) -> str:
    """Return the resolved scenario as YAML text, one value to a line, each with its origin as a comment."""
    places = origins(scenario)
    return "\n".join(_lines(resolved(scenario), "", "", places)) + "\n"


def _lines(value: Any, path: str, indent: str, places: dict[str, str]) -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for index, (key, item) in enumerate(items):
        below = f"{path}[{index}]" if key is None else f"{path}.{key}" if path else key
        # a JSON text is a YAML text, and quotes what YAML would read otherwise
        lead = indent + ("-" if key is None else f"{json.dumps(key, ensure_ascii=False)}:")
        if isinstance(item, (dict, list)) and item:
            yield lead
            yield from _lines(item, below, indent + "  ", places)
        else:
            line = f"{lead} {json.dumps(item, ensure_ascii=False)}"
            yield f"{line:<{_COLUMN}} # {places[below]}"
