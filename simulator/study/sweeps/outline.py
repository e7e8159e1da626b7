"""The points of a sweep before they are built: in order, each with a key.

1. The file is read; a sample of the points (at most `SAMPLE` of each series, every value of a short list among them) is examined
   whole, so that what is wrong is said before anything runs. The rest is examined when it runs.
2. A key is the hash of program, engine, scenario, series and swept values, and of files that they name: equal keys, equal results. A
   sweep that gets more values keeps the keys it had.
3. A shard is every n-th point.

*Scope*: a hundred thousand points in some tens of megabytes. *Validation*: tests/unit/test_sweeps.py.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from simulator.errors import BadValue
from simulator.formats.yaml12 import Node
from simulator.scenario.audit import sampled
from simulator.scenario.model import Scenario
from simulator.scenario.points import Draft, common, drafts
from simulator.sriov.schedule import require_granted
from simulator.study.provenance import program_hash, study_hash
from simulator.study.tables import swept

KEY_BYTES = 12
SAMPLE = 48


@dataclass(frozen=True, slots=True)
class Outline:
    """A sweep: its scenario without comparison and sweep, its points, their keys."""

    scenario: Scenario
    base: Node
    """What all points share."""
    engine: str
    study: str
    """Hash of what all points share, engine and program included."""
    folder_hash: str
    """Names the folder: as `study`, without the program."""
    drafts: Sequence[Draft]
    keys: Sequence[str]
    thresholds: tuple[str, ...] = ()
    payloads: dict[str, bytes] = field(default_factory=dict)

    def payload(self) -> bytes:
        """What a worker needs once."""
        return self.payloads.setdefault("", pickle.dumps((self.base, self.engine), protocol=5))

    def manifest(self) -> dict[str, Any]:
        """What `merge` needs to put the points in order."""
        parameters = dict.fromkeys(path for draft in self.drafts for path, _ in draft.combination)
        seen: dict[str, Mapping[str, float]] = {}
        for draft in self.drafts:
            for name, text in draft.parameters.items():
                if (key := f"{name}\0{text}") not in seen:
                    seen[key] = swept({name: text})
        return {
            "schema": 1,
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "engine": self.engine,
            "seed": self.scenario.seed,
            "study": self.study,
            "program": program_hash(),
            "parameters": list(parameters),
            "swept": list(dict.fromkeys(name for found in seen.values() for name in found)),
            "thresholds": list(self.thresholds),
            "thresholds_allow": self.scenario.thresholds_allow,
            "keys": list(self.keys),
        }


def outline(path: str | Path, overrides: Sequence[str] = (), engine: str = "compiled") -> Outline:
    """The points of a scenario file. Raises InputError or ScenarioErrors for what is wrong with the file or with a sampled point."""
    scenario, tree = sampled(path, overrides, SAMPLE)
    require_granted((scenario,), scenario)
    base = common(tree)
    listed = [draft for series in drafts(tree, scenario.name) for draft in series]
    return of_drafts(scenario, base, engine, listed)


def of_drafts(scenario: Scenario, base: Node, engine: str, listed: Sequence[Draft]) -> Outline:
    """The outline of these points of a scenario."""
    alone = scenario.model_copy(update={"compare": {}, "sweep": type(scenario.sweep)(), "thresholds": ()})
    own = study_hash(alone, engine)
    study = sha256(f"{own}\0{program_hash()}".encode()).hexdigest()
    place = Path(base.origin.rpartition(":")[0] or ".").parent
    keys = list(_keys(study, place, listed))
    return Outline(scenario, base, engine, study, own, listed, keys, tuple(scenario.thresholds))


def _keys(study: str, place: Path, listed: Sequence[Draft]) -> Iterator[str]:
    texts: dict[int, str] = {}

    def text(path: str, node: Node) -> str:
        # the values of an axis are the same nodes in every point
        found = texts.get(id(node))
        if found is None:
            found = texts[id(node)] = json.dumps([path, _content(node.plain(), node.folder or place)], sort_keys=True)
        return found

    for draft in listed:
        digest = blake2b(f"{study}\0{draft.series}".encode(), digest_size=KEY_BYTES)
        for path, node in (*draft.settings, *draft.combination):
            digest.update(text(path, node).encode())
        yield digest.hexdigest()


def _content(value: Any, place: Path) -> Any:
    """The value, and of a file that it names the content."""
    if isinstance(value, dict):
        return {str(key): _content(item, place) for key, item in value.items()}
    if isinstance(value, list):
        return [_content(item, place) for item in value]
    if isinstance(value, str) and (found := _file_hash(place / value)):
        return [value, found]
    return value


@lru_cache(maxsize=1024)
def _file_hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except (OSError, ValueError):
        return ""


def shard_of(text: str) -> tuple[int, int]:
    """``3/16`` as (3, 16). Raises InputError for anything else."""
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) <= 100_000):
        raise BadValue("--shard", "is not of the form I/N with I from 1 to N", text)
    return int(number), int(count)
