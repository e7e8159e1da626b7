"""The calibration file: which scenario stands for the test-bed, and what was measured on it.

    schema: 1
    base: modern
    measurements:
      - {scenario: rr.yaml, file: netperf.txt}
      - {scenario: flood.yaml, metric: delivered_pps, value: 310000, error: 0.02}
      - {file: vmexit.txt, clock: 2.4 GHz}
    costs: [k_exit, k_irqfd]

*Scope*: paths are relative to the file. *Validation*: ``tests/calibrate/test_command.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator import units
from simulator.calibrate import readers
from simulator.calibrate.predict import Case
from simulator.calibrate.readers import Observed
from simulator.costs import hosts
from simulator.errors import BadValue, InputError, ScenarioErrors, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.metrics import METRICS
from simulator.scenario import Scenario, load

SCHEMA = 1
_KEYS = ("schema", "base", "measurements", "costs")
_ENTRY_KEYS = ("scenario", "file", "clock", "metric", "value", "error")


@dataclass(frozen=True, slots=True)
class Task:
    """What to fit to what; ``costs`` empty: whatever the measurements tell."""

    base: str
    cases: tuple[Case, ...]
    costs: tuple[str, ...]


def read(path: Path) -> Task:
    """The task in a file; ``ScenarioErrors`` with every fault of it."""
    root = yaml12.load(path, str(path))
    faults: list[InputError] = []
    content = root.value if isinstance(root.value, dict) else {}
    for key, node in content.items():
        if key not in _KEYS:
            faults.append(unknown(f"{node.origin}: {key}", "key of a calibration file", key, _KEYS))
    if _plain(root, "schema") != SCHEMA:
        faults.append(
            BadValue(
                f"{root.origin}: schema",
                f"is not the schema of this version; write 'schema: {SCHEMA}'",
                _plain(root, "schema"),
            )
        )
    base = _plain(root, "base")
    if base not in hosts():
        faults.append(unknown(f"{root.origin}: base", "host to be the base", base, hosts()))
    cases = _cases(root, path.parent, faults)
    names = _plain(root, "costs") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        faults.append(InputError(f"{root.origin}: costs", "is not a list of names"))
        names = []
    if faults:
        raise ScenarioErrors(faults)
    return Task(str(base), tuple(cases), tuple(names))


def _cases(root: Node, folder: Path, faults: list[InputError]) -> list[Case]:
    """What was measured; faults are collected."""
    entries = root.value.get("measurements") if isinstance(root.value, dict) else None
    if entries is None or not isinstance(entries.value, list) or not entries.value:
        faults.append(InputError(f"{root.origin}: measurements", "is not a list of at least one measurement"))
        return []
    cases = []
    for node in entries.value:
        try:
            cases.append(_case(node, folder))
        except ScenarioErrors as error:
            faults.extend(error.errors)
        except InputError as error:
            faults.append(error)
    return cases


def _plain(node: Node, key: str) -> object:
    held = node.value.get(key) if isinstance(node.value, dict) else None
    return held.plain() if held else None


def _case(node: Node, folder: Path) -> Case:
    if not isinstance(node.value, dict):
        raise InputError(node.origin, "is no measurement: it has the keys scenario, and file or metric and value")
    for key in node.value:
        if key not in _ENTRY_KEYS:
            raise unknown(f"{node.origin}: {key}", "key of a measurement", key, _ENTRY_KEYS)
    scenario = _plain(node, "scenario")
    observed = tuple(_observed(node, folder))
    found: Scenario | None = load(folder / str(scenario)) if scenario is not None else None
    sums = [item.what for item in observed if item.costs]
    if found is None and len(sums) < len(observed):
        raise InputError(f"{node.origin}: scenario", "is missing: only exits are costs by themselves")
    return Case(found, observed)


def _hertz(node: Node, clock: object) -> int:
    try:
        return units.parse(clock, units.FREQUENCY)
    except InputError as error:
        raise error.at(f"{node.origin}: clock") from None


def _observed(node: Node, folder: Path) -> Iterator[Observed]:
    file, metric = _plain(node, "file"), _plain(node, "metric")
    if (file is None) == (metric is None):
        raise InputError(node.origin, "needs exactly one of file and metric", None, ("file", "metric"))
    if file is not None:
        clock = _plain(node, "clock")
        hertz = None if clock is None else _hertz(node, clock)
        yield from readers.read(folder / str(file), hertz)
        return
    known = tuple(name for name, kind in METRICS.items() if kind.scalar)
    if metric not in known:
        raise unknown(f"{node.origin}: metric", "metric", metric, known)
    value, error = _plain(node, "value"), _plain(node, "error")
    for key, number in (("value", value), ("error", 0.05 if error is None else error)):
        if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
            raise BadValue(f"{node.origin}: {key}", f"is not a positive number ({METRICS[str(metric)].unit})", number)
    assert isinstance(value, int | float)
    yield Observed(str(metric), float(value), float(error) if isinstance(error, int | float) else 0.05, node.origin)
