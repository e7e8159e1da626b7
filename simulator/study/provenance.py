"""Where a result comes from: program, packages, scenario, plans, seed. No clock, no host name: equal inputs give
equal bytes.

*Scope*: identification; the scenario's own hash covers the files it reads. *Validation*:
tests/unit/test_study.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import simulator
from simulator.scenario import Scenario, scenario_hash

SCHEMA = 1
PACKAGES = ("numba", "numpy", "pandas", "scipy", "simpy")


@cache
def program_hash() -> str:
    """SHA-256 of the program's own source files, so that no result of another program is taken for one of this."""
    root = Path(simulator.__file__).parent
    digest = sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def study_hash(scenario: Scenario, engine: str) -> str:
    """Names the folder of a study: the scenario, its replications and the engine."""
    return _hash([scenario_hash(scenario), scenario.replications, engine, *_precision(scenario)])


def point_key(scenario: Scenario, plan_hash: str, engine: str) -> str:
    """Names the file of a finished point: everything that decides its content."""
    return _hash(
        [
            SCHEMA,
            program_hash(),
            engine,
            scenario.replications,
            scenario.seed,
            scenario_hash(scenario),
            plan_hash,
            *_precision(scenario),
        ]
    )


def _precision(scenario: Scenario) -> list[str]:
    """The goals, where they decide how many replications there are or were asked for."""
    return [] if scenario.precision is None and scenario.replications is not None else [str(scenario.goals)]


def block(
    scenario: Scenario, engine: str, entries: Sequence[dict[str, Any]], failed: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The provenance of a whole study."""
    kept = ("series", "parameters", "scenario_hash", "plan_hash", "cost_status")
    return {
        "schema": SCHEMA,
        "program": {"name": "sriovsim", "version": simulator.__version__, "source_sha256": program_hash()},
        "packages": {name: version(name) for name in PACKAGES},
        "scenario": scenario.name,
        "scenario_hash": scenario_hash(scenario),
        "engine": engine,
        "seed": scenario.seed,
        "replications": scenario.replications,
        "points": [{key: entry[key] for key in kept} for entry in entries],
        "failed": list(failed),
    }


def _hash(parts: list[Any]) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()
