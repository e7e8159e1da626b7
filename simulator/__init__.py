"""A discrete-event simulator of network I/O virtualization: what a packet costs on each way into a guest.

*Scope*: the names below are the public ones; they are imported on first use, so that ``import simulator`` stays cheap.
*Validation*: ``tests/architecture`` imports every name and counts what the bare import brings along.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOME = {
    "InputError": "simulator.errors",
    "Scenario": "simulator.scenario",
    "ScenarioErrors": "simulator.errors",
    "SimulatorError": "simulator.errors",
    "compare": "simulator.study",
    "load": "simulator.scenario",
    "points": "simulator.scenario",
}

__all__ = ["InputError", "Scenario", "ScenarioErrors", "SimulatorError", "compare", "load", "points"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'simulator' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
