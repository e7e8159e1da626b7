"""What the user wrote, validated, with units parsed and defaults made visible; it knows YAML, not engines.

>>> from simulator.scenario import load, points
>>> len(points(load("sfr"))) >= 1
True

*Scope*: from a file to frozen scenarios, one for each point of a study; ``build`` turns one into a plan.
*Validation*: ``tests/unit/test_scenario*.py``, ``tests/unit/test_bad_input.py``.
"""

from __future__ import annotations

from simulator.scenario.load import load, origins
from simulator.scenario.model import Scenario, canonical_json, resolved, scenario_hash
from simulator.scenario.points import Point, points
from simulator.scenario.routes import guest_names, selected
from simulator.scenario.schema import json_schema
from simulator.scenario.shipped import locate, shipped
from simulator.scenario.show import as_yaml
from simulator.scenario.thresholds import Threshold, parse_threshold

__all__ = [
    "Point",
    "Scenario",
    "Threshold",
    "as_yaml",
    "canonical_json",
    "guest_names",
    "json_schema",
    "load",
    "locate",
    "origins",
    "parse_threshold",
    "points",
    "resolved",
    "scenario_hash",
    "selected",
    "shipped",
]
