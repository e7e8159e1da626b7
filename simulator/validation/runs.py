"""What the simulator says about a scenario: its metrics by series, kept on disk under the hash of what decides them.

1. A task is a scenario as plain data and settings laid on it, as ``--set`` does.
2. Each point of its comparison is built into a plan; what was found for an equal plan, window, seed and program is taken
   from the store, everything else is simulated and stored, each result written whole.
3. The program's part of the key are the sources that act after a plan is built: a changed cost or datapath changes the
   plan, a changed page changes nothing.

*Scope*: open and closed loops as the scenario states them; the search for a loss point is in ``search``.
*Validation*: ``tests/validation/test_predict.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import simulator
from simulator import metrics
from simulator.errors import SimulatorError
from simulator.formats.files import write_whole
from simulator.metrics import latency
from simulator.metrics.guests import of_guests
from simulator.plan.fingerprint import fingerprint
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Point, Scenario, load, points
from simulator.scenario.build import drawn
from simulator.scenario.identity import guest_labels
from simulator.scenario.settings_of_machines import host_settings
from simulator.study.once import once, plans_of

Values = dict[str, float | None]
ACTS = ("engines", "plan", "metrics")
"""Rooms whose sources act after a plan is built."""
_PS_PER_US = 10**6
_writing = Lock()


@dataclass(frozen=True, slots=True)
class Task:
    """One scenario (JSON), settings such as ``traffic.in.rate=10 kpps``, and the factors of a machine drawn from its ranges."""

    document: str
    settings: tuple[str, ...] = ()
    factors: tuple[tuple[str, float], ...] = ()

    def scenario(self) -> Scenario:
        """Read by the grammar. Raises ScenarioErrors as a scenario file does."""
        with TemporaryDirectory() as place:
            file = Path(place) / "validation.yaml"
            file.write_text(self.document, encoding="utf-8")
            return load(file, self.settings)


@dataclass(frozen=True, slots=True)
class Store:
    """Results on disk; without a folder nothing is kept."""

    folder: Path | None = None

    def get(self, key: str) -> Values | None:
        """What was kept; None for what was not, or cannot be read as such."""
        if self.folder is None:
            return None
        try:
            content = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content["values"] if isinstance(content, dict) and content.get("key") == key else None

    def put(self, key: str, values: Values) -> None:
        """Keep values, whole or not at all."""
        if self.folder is not None:
            text = json.dumps({"key": key, "values": values}, sort_keys=True)
            with _writing:  # two threads may have met the same plan
                write_whole(self.folder / f"{key}.json", text.encode())


@cache
def acting_hash() -> str:
    """SHA-256 of the sources that act after a plan is built."""
    root, digest = Path(simulator.__file__).parent, sha256()
    for path in sorted(path for room in ACTS for path in (root / room).rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def simulate(task: Task, store: Store, stopped: Callable[[], bool] = lambda: False) -> dict[str, Values]:
    """Series -> values of the pooled replications. Raises SimulatorError for a scenario that cannot run."""
    found = {}
    for point in points(task.scenario()):
        own = Point(point.series, point.parameters, drawn(point.scenario, dict(task.factors)))
        found[point.series] = _values(own, store, stopped)
    return found


def _values(point: Point, store: Store, stopped: Callable[[], bool]) -> Values:
    window = point.scenario.measurement
    if window.warmup_ps is None or point.scenario.replications is None:
        raise SimulatorError(f"{point.scenario.name}: a scenario to be scored states its warm-up and replications")
    plans = plans_of(point)
    parts = [acting_hash(), [fingerprint(plan) for plan in plans], window.warmup_ps, window.duration_ps]
    key = sha256(json.dumps([*parts, point.scenario.seed]).encode()).hexdigest()
    known = store.get(key)
    if known is None:
        known = _measure(point.scenario, plans[0], once(point, plans, stopped=stopped))
        store.put(key, known)
    return known


def _measure(scenario: Scenario, plan: Plan, trace: Trace) -> Values:
    found: Values = dict(metrics.headline(plan, trace))
    found["cores"] = cores = (found["host_cores_busy"] or 0) + (found["guest_cores_busy"] or 0)
    hertz, rate = host_settings(scenario.host).model.cpu_hz, found["throughput_bps"]
    found["cycles_per_byte"] = cores * hertz * 8 / rate if rate else None
    found |= _further_latency(plan, trace)
    labels = guest_labels(scenario)
    if len(labels) > 1:
        for label, members in labels.items():
            numbers = of_guests(plan, trace, members)["all"]
            found |= {f"guest.{label}.{name}": numbers[name] for name in ("delivered_pps", "throughput_bps")}
    return found


def _further_latency(plan: Plan, trace: Trace) -> Values:
    """What sources print and a table does not: the smallest latency and the first quartile."""
    least, most = latency.minimum_ps(plan, trace), latency.maximum_ps(plan, trace)
    quartile = most and latency.quantile_ps(latency.histogram(plan, trace), most, Fraction(1, 4))
    return {name: ps / _PS_PER_US if ps else None for name, ps in (("latency.min", least), ("latency.p25", quartile))}


def document(scenario: Mapping[str, Any]) -> str:
    """A scenario as the text of a task."""
    return json.dumps({"name": "validation", **scenario}, sort_keys=True)


def with_settings(task: Task, settings: Iterable[str]) -> Task:
    """The task with further settings, which win."""
    return replace(task, settings=(*task.settings, *settings))
