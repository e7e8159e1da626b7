"""The folder of a study: finished points as they come, the merged tables and the chart at the end.

1. A finished point goes to ``points/<key>.json``, written beside and renamed, so a file is whole or absent. The key
   is the hash of everything that decides its content: a rerun finds it and skips the point.
2. When all points are there, the tables and the chart are written, ``summary.csv`` and ``provenance.json`` last: a
   folder without them is not complete.
3. Charts of an earlier result are removed before another one is written: a chart never stands beside results that it
   does not show.

A point file that cannot be read as one, or whose content is not what its digest says (another program touched it), is as
good as absent: the point is simulated again.

*Scope*: local or network file systems with atomic rename. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from simulator.errors import InputError
from simulator.formats.files import remove_leftovers, write_whole
from simulator.scenario import Scenario
from simulator.study.point import PointResult
from simulator.study.provenance import SCHEMA, study_hash

HASH_SHOWN = 12
SHOWN = ("result.json", "histograms.csv")
"""What charts are drawn from."""
CHARTS = ("chart.png", "chart-*.png", "chart-*.svg")
"""What `compare` and ``sriovsim chart`` write into the folder."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One result folder."""

    path: Path

    def stored(self, key: str) -> PointResult | None:
        """The finished point of that key, or None."""
        try:
            content = json.loads((self.path / "points" / f"{key}.json").read_text(encoding="utf-8"))
            entry, histogram = content["point"], content["histogram"]
            sound = content["schema"] == SCHEMA and content["key"] == key
            if sound and content["digest"] == _digest(entry, histogram):
                return PointResult(entry, {int(index): count for index, count in histogram})
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return None

    def keep(self, key: str, result: PointResult) -> None:
        """Store a finished point."""
        histogram = [[index, count] for index, count in result.histogram.items()]
        digest = _digest(result.entry, histogram)
        content = {"schema": SCHEMA, "key": key, "digest": digest, "point": result.entry, "histogram": histogram}
        self.write({f"points/{key}.json": json_bytes(content)})

    def replace(self, files: Mapping[str, bytes]) -> None:
        """Write the files of a whole result, without charts of another one beside them. Raises InputError if the folder
        cannot be written."""
        if any(self._differs(name, files[name]) for name in SHOWN if name in files):
            try:
                for chart in (path for pattern in CHARTS for path in self.path.glob(pattern)):
                    chart.unlink(missing_ok=True)
            except OSError as error:
                raise InputError(str(self.path), f"cannot be written ({error.strerror})") from None
        self.write(files)

    def _differs(self, name: str, content: bytes) -> bool:
        try:
            return (self.path / name).read_bytes() != content
        except OSError:
            return True

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files in the given order, each whole or not at all. Raises InputError if the folder cannot be
        written."""
        try:
            for name, content in files.items():
                path = self.path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content)
        except OSError as error:
            raise InputError(str(self.path), f"cannot be written ({_reason(self.path, error)})") from None

    def prepare(self) -> None:
        """Make the folder and remove what a killed run left half-written in it. Raises InputError if that cannot be done, before
        anything was simulated in vain."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(str(self.path), f"cannot be written ({_reason(self.path, error)})") from None
        for folder in (self.path, self.path / "points"):
            remove_leftovers(folder)


def folder_of(parent: Path | str, scenario: Scenario, engine: str) -> Folder:
    """The folder ``<parent>/<name>-<hash>`` of a study; nothing is created yet."""
    name = f"{scenario.name.replace(' ', '-')}-{study_hash(scenario, engine)[:HASH_SHOWN]}"
    return Folder(Path(parent) / name)


def json_bytes(content: object) -> bytes:
    """Readable JSON with a line end; NaN is refused."""
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _reason(path: Path, error: OSError) -> str:
    broken = next((place for place in (path, *path.parents) if place.is_symlink() and not place.exists()), None)
    if broken is not None:
        return f"{broken} is a link to {broken.readlink()}, which does not exist"
    return error.strerror or str(error)


def _digest(entry: object, histogram: object) -> str:
    return sha256(json.dumps([entry, histogram], sort_keys=True).encode()).hexdigest()
