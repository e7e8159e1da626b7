"""A scenario: a host, an adapter, guests, traffic, what to compare and what to sweep; validated and frozen.

1. Field names carry units (``warmup_ps``); the words of the file (``warmup``) are their aliases.
2. ``canonical_json`` writes the resolved scenario as text that reads back the same; ``scenario_hash`` leaves out what
   does not change a run (name, title, description, thresholds, number of replications).

*Scope*: it knows YAML words, not engines. Points of a comparison hold a scenario each, without compare and sweep.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from simulator.formats.yaml12 import Node
from simulator.scenario.events import Happening
from simulator.scenario.fields import FileReference, Kind, PositiveTime, ScenarioName, Strict, Time
from simulator.scenario.guest import Guest
from simulator.scenario.host import FurtherHost, Host, NamedNic, Network, Nic, VirtualSwitch
from simulator.scenario.iommu import Iommu, VirtualIommu
from simulator.scenario.thresholds import THRESHOLD
from simulator.scenario.traffic import Capture, Traffic
from simulator.statistics import precision

MOST_POINTS = 100_000
MOST_SEED = 2**63 - 1
_NOT_HASHED = ("name", "title", "description", "thresholds", "thresholds_allow", "replications", "precision")


def _read_precision(value: Any) -> str:
    precision.parse(value)
    return str(value)


PRECISION = Kind(_read_precision, str, lambda: {"type": "string", "examples": ["p99 1 %", precision.DEFAULT]})


class Measurement(Strict):
    """What is left out at the start, and how long is measured after it."""

    warmup_ps: Time | None = Field(default=None, alias="warmup")
    """Simulated before counting starts; null is what MSER-5 cuts from a pilot run of 5 ms and the duration, 5 ms at least."""
    duration_ps: PositiveTime = Field(default=50_000_000_000, alias="duration")
    """Counted after the warm-up, in each replication."""
    interval_ps: PositiveTime | None = Field(default=None, alias="interval")
    """Results over time are given for pieces of this length; null: for a hundredth of the window if there are events, else not."""

    @property
    def before_ps(self) -> int:
        """The warm-up as far as it is known before anything runs."""
        return 5_000_000_000 if self.warmup_ps is None else self.warmup_ps


class Sweep(Strict):
    """The points of a sweep, in the words of a build matrix: paths to lists of values."""

    matrix: dict[str, Any] = Field(default_factory=dict, max_length=16)
    """Dotted path to its values, a list or ``{from, to, steps, scale}``; every combination is a point."""
    zip: dict[str, Any] = Field(default_factory=dict, max_length=16)
    """Dotted path to a list of values; the lists go in step."""
    exclude: list[dict[str, Any]] = Field(default_factory=list, max_length=100)
    """Combinations to leave out: each map of path to value drops the points that hold all its values."""
    include: list[dict[str, Any]] = Field(default_factory=list, max_length=1000)
    """Further points: each map of path to value is one."""


class Scenario(Strict):
    """One question: who sends what to whom over which datapath on which machine."""

    schema_version: Literal[1] = Field(alias="schema")
    """Version of the grammar."""
    name: ScenarioName
    """The file's own name unless it is given."""
    title: Annotated[str, Field(max_length=200)] = ""
    """One line for tables and charts."""
    description: Annotated[str, Field(max_length=10_000)] = ""
    """What to see in the result."""
    host: Host = Field(default_factory=lambda: Host.model_validate({}))
    """The machine."""
    nic: Nic = Nic()
    """Its network adapter."""
    nics: Annotated[tuple[NamedNic, ...], Field(max_length=64)] = ()
    """Several network adapters, in place of nic; guests name theirs, the others are dealt out in turn."""
    switch: VirtualSwitch = VirtualSwitch()
    """What carries packets between guests and the wire."""
    hosts: Annotated[tuple[FurtherHost, ...], Field(max_length=63)] = ()
    """Further hosts beside the one that host, nic and switch describe; guests say on_host."""
    network: Network | None = None
    """What joins adapters outside; null: nothing, or what takes no time if guests send from one adapter to another."""
    guests: Annotated[tuple[Guest, ...], Field(min_length=1, max_length=4096)]
    """Groups of equal guests."""
    traffic: Annotated[tuple[Traffic, ...], Field(min_length=1, max_length=1000)]
    """Sources of packets."""
    events: Annotated[tuple[Happening, ...], Field(max_length=1000)] = ()
    """What happens to functions and port while the scenario runs, each ``{at: 10 ms, unplug: vm0}``."""
    measurement: Measurement = Measurement()
    """How long is simulated."""
    replications: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    """Runs of each point, each with random numbers of its own; null is as many as the precision needs, from 10 to 100."""
    precision: Annotated[str, PRECISION] | None = None
    """Half widths that the 95 % intervals of latencies shall have, such as ``p99 5 %, mean 2 %``, which is what null is."""
    seed: Annotated[int, Field(strict=True, ge=0, le=MOST_SEED)] = 1
    """Seed of all random numbers."""
    compare: dict[str, dict[str, Any]] = Field(default_factory=dict, max_length=64)
    """Label of a series to what differs in it: dotted paths, or keys of a guest, to values."""
    sweep: Sweep = Sweep()
    """Points of every series."""
    thresholds: Annotated[tuple[Annotated[str, THRESHOLD], ...], Field(max_length=200)] = ()
    """Limits on metrics, such as ``latency.p99{datapath=sriov-vf} < 30 us``; a limit that is not kept gives exit
    code 3."""
    thresholds_allow: Literal["unsteady", None] = None
    """``unsteady``: thresholds may be kept by a window that shows no steady state; without it, such a point keeps none."""

    @property
    def goals(self) -> dict[str, float]:
        """Latency figure -> relative half width that its interval shall have."""
        return precision.parse(self.precision or precision.DEFAULT)

    @property
    def first_replications(self) -> int:
        """Runs of each point before anybody looks at their precision."""
        return precision.FEWEST if self.replications is None else self.replications

    @property
    def runs_in_words(self) -> str:
        """How many runs each point has: ``3 replications``, ``10 to 100 replications``."""
        known = self.replications
        return f"{precision.FEWEST} to {precision.MOST} replications" if known is None else f"{known} replications"

    _tree: Node | None = PrivateAttr(default=None)
    _overrides: tuple[str, ...] = PrivateAttr(default=())
    _points: Any = PrivateAttr(default=None)
    """Its points, where they have been examined already: no fault is looked for twice."""


def resolved(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as plain data in the words of a scenario file; it validates to an equal scenario."""
    return scenario.model_dump(mode="json", by_alias=True)


def canonical_json(scenario: Scenario) -> str:
    """Return the resolved scenario as JSON with sorted keys; a file it reads stands for the SHA-256 of its content."""
    return _dump(resolved(scenario) | {"files": _digests(scenario)})


def scenario_hash(scenario: Scenario) -> str:
    """Return the SHA-256, in hexadecimal, of what decides a run: canonical JSON without names, titles and
    thresholds."""
    data = {key: value for key, value in resolved(scenario).items() if key not in _NOT_HASHED}
    # what a scenario may say and does not leaves it the scenario that it was before the word was known
    if not scenario.events:
        del data["events"]
    if scenario.measurement.interval_ps is None:
        del data["measurement"]["interval"]
    for key in ("hosts", "network"):
        if not data[key]:
            del data[key]
    if scenario.switch.bond is None:
        del data["switch"]["bond"]
    _forget(data["host"], _LATER["host"])
    for part in ("guests", "traffic", "events"):
        for entry in data.get(part, ()):
            _forget(entry, _LATER[part])
    return hashlib.sha256(_dump(data | {"files": _digests(scenario)}).encode()).hexdigest()


_LATER: dict[str, dict[str, Any]] = {
    "host": {"iommu": Iommu().model_dump(mode="json")},
    "guests": {
        "standby": None,
        "on_host": None,
        "viommu": VirtualIommu().model_dump(mode="json"),
        "spoof_check": True,
        "mail": None,
    },
    "traffic": {"spoofed": False},
    "events": {"times": 1, "every": None},
}
"""Keys that came later, with the values that say nothing."""


def _forget(entry: dict[str, Any], later: dict[str, Any]) -> None:
    for key, nothing in later.items():
        if key in entry and entry[key] == nothing:
            del entry[key]


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digests(scenario: Scenario) -> dict[str, str]:
    captures = [item for item in scenario.traffic if isinstance(item, Capture)]
    named = [file for item in captures for file in (item.file, item.mix) if file]
    machines = (scenario.host, *(item.host for item in scenario.hosts if item.host))
    named += [host.model for host in machines if isinstance(host.model, FileReference)]
    return {file.name: _digest(file.path) for file in named} | _mixed(captures)


def _mixed(captures: list[Capture]) -> dict[str, str]:
    """Return the digests of the captures that mixes name: a mix alone does not say what is in them."""
    mixes = [item.mix.path for item in captures if item.mix]
    if not mixes:
        return {}
    from simulator.traffic.mix import load_mix

    return {
        f"{path.name}/{c.capture}": _digest(path.parent / c.capture)
        for path in mixes
        for c in load_mix(path).connections
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
