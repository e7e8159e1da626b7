"""From the journal of a sweep to its tables, point by point, in the order of the points.

1. The manifest says which points there are; of each the journal holds one line.
2. One row at a time goes to ``summary.csv`` and, where pyarrow is installed, in groups of rows to ``summary.parquet``: columns, types and
   bytes are the same for any order in which the points were run, and memory does not grow with their number.
3. Points that failed go to ``failed.csv``; those that are not finished are counted.

*Scope*: one row per point; ``guests``, ``stages`` and histograms stay in the journal. *Validation*: tests/unit/test_sweeps.py, and the
queries of docs/how-to/sweep.md run.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import simulator
from simulator.citation import STATUSES
from simulator.errors import InputError
from simulator.formats.files import write_whole, writing
from simulator.scenario import Threshold, parse_threshold
from simulator.study import tables
from simulator.study.folder import json_bytes
from simulator.study.limits import breaches
from simulator.study.provenance import PACKAGES
from simulator.study.sweeps.journal import Place, contents, scan

MANIFEST = "sweep.json"
SUMMARY, FAILED = "summary", "failed.csv"
ROW_GROUP = 2048
MOST_BREACHES = 6


@dataclass(frozen=True, slots=True)
class Merged:
    """What was merged: files, rows, points that failed, points that are not finished, thresholds that do not hold."""

    files: tuple[Path, ...]
    rows: int
    failed: int
    missing: int
    breached: int = 0
    shown: tuple[str, ...] = ()
    """The first failures and broken thresholds, in words."""


def merge(folder: Path | str) -> Merged:
    """Write the tables of a sweep's folder. Raises InputError for a folder that is none, or that cannot be read or written."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    found = scan(folder, set(manifest["keys"]))
    numbered = [(number, found[key]) for number, key in enumerate(manifest["keys"]) if key in found]
    count = _Count([parse_threshold(text) for text in manifest["thresholds"]], manifest)
    paths = [folder / f"{SUMMARY}.csv", folder / FAILED]
    paths += [folder / f"{SUMMARY}.parquet"] if find_spec("pyarrow") else []
    try:
        with ExitStack() as stack:
            streams = [stack.enter_context(writing(path)) for path in paths]
            _write(streams, _columns(manifest), _rows(manifest, numbered, count), count)
        provenance = json_bytes(_provenance(manifest, count))
        write_whole(folder / "provenance.json", provenance)
    except OSError as error:
        raise InputError(str(folder), f"cannot be written ({error.strerror})") from None
    missing = len(manifest["keys"]) - len(numbered)
    return Merged(tuple(paths), count.rows, count.failed, missing, count.breached, tuple(count.shown))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sweep's folder. Raises InputError where there is none, or one of another version."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if isinstance(found, dict) and found["schema"] == 1 and isinstance(found["keys"], list):
            return found
    except OSError as error:
        raise InputError(
            str(folder), f"is no folder of a sweep: {MANIFEST} cannot be read ({error.strerror})"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise InputError(str(folder / MANIFEST), "is damaged, or of another version; the sweep's command writes it anew")


class _Count:
    def __init__(self, thresholds: Sequence[Threshold], manifest: Mapping[str, Any]) -> None:
        self.thresholds, self.unsteady = thresholds, manifest["thresholds_allow"] == "unsteady"
        self.rows = self.failed = self.breached = 0
        self.shown: list[str] = []

    def judge(self, entry: Mapping[str, Any]) -> None:
        self.rows += 1
        found = breaches(self.thresholds, [entry], allow_unsteady=self.unsteady) if self.thresholds else []
        self.breached += len(found)
        self.shown += [f"threshold not kept: {text}" for text in found[: MOST_BREACHES - len(self.shown)]]


Row = tuple[int, dict[str, Any], str]
"""Number of the point, its columns, or why it has none."""


def _rows(manifest: Mapping[str, Any], numbered: Sequence[tuple[int, Place]], count: _Count) -> Iterator[Row]:
    common = {"seed": manifest["seed"], "engine": manifest["engine"], "version": simulator.__version__}
    read = contents(place for _, place in numbered)
    for (number, _), content in zip(numbered, read, strict=True):
        entry = content["point"]
        if "error" in content:
            yield number, entry, str(content["error"])
        else:
            count.judge(entry)
            yield number, tables.row(number, entry, manifest["parameters"]) | common, ""


def _columns(manifest: Mapping[str, Any]) -> list[str]:
    """Parameters and their numbers stand where the first point has them; all other columns are the same in every point."""
    parameters: list[str] = []
    for name in manifest["parameters"]:
        parameters += [
            name,
            *(own for own in manifest["swept"] if own.rpartition("_")[0] == name or _numbers(own, name)),
        ]
    return list(dict.fromkeys(parameters))


def _numbers(column: str, parameter: str) -> bool:
    return column.startswith(f"{parameter}_") and column[len(parameter) + 1 :] in _SUFFIXES


_SUFFIXES = {"number", *(unit for unit, _ in tables.COLUMNS.values())}
_FIRST = ("point", "series", "datapath", "interrupts")
_WHOLE = {
    "point", "seed", "replications", "drops", "exits", "latency_count", "latency_sum_ps", "latency_minimum_ps",
    "latency_maximum_ps", *(f"costs_{status}" for status in STATUSES),
}  # fmt: skip
_FLAGS = {"precision_reached"}


def _write(streams: Sequence[Any], parameters: list[str], rows: Iterator[Row], count: _Count) -> None:
    summary, failures, *parquet = streams
    failed = csv.writer(_Text(failures), lineterminator="\n")
    failed.writerow(["point", "series", "parameters", "error"])
    names: list[str] = []
    table: _Parquet | None = None
    writer = csv.writer(_Text(summary), lineterminator="\n")
    for number, row, error in rows:
        if error:
            count.failed += 1
            shown = "; ".join(f"{name}={value}" for name, value in row["parameters"].items())
            failed.writerow([number, row["series"], shown, error])
            if len(count.shown) < MOST_BREACHES:
                count.shown.append(f"failed: {row['series']} {shown}: {error}")
            continue
        if not names:
            names = list(dict.fromkeys([*_FIRST, *parameters, *row]))
            writer.writerow(names)
            table = _Parquet(parquet[0], names, parameters) if parquet else None
        values = {name: row.get(name) for name in names}
        writer.writerow([_typed(name, value) for name, value in values.items()])
        if table is not None:
            table.add(values)
    if table is not None:
        table.close()
    elif parquet:
        _Parquet(parquet[0], [*_FIRST, *parameters], parameters).close()


def _typed(name: str, value: Any) -> Any:
    """A number as the type that its column has in every row."""
    return float(value) if type(value) is int and name not in _WHOLE else value


class _Text:
    """Text into a stream of bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text.encode())
        return len(text)


class _Parquet:
    """Rows into a Parquet file, `ROW_GROUP` at a time."""

    def __init__(self, stream: Any, names: Sequence[str], parameters: Sequence[str]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        words = {"series", "datapath", "interrupts", "bottleneck", "engine", "version", "scenario_hash", "plan_hash"}
        words |= {name for name in parameters if not any(_numbers(name, other) for other in parameters)}
        kinds = {
            name: pa.string()
            if name in words
            else pa.int64()
            if name in _WHOLE
            else pa.bool_()
            if name in _FLAGS
            else pa.float64()
            for name in names
        }
        self._schema = pa.schema(list(kinds.items()))
        self._table, self._rows = pa.Table, list[dict[str, Any]]()
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append({name: _typed(name, value) for name, value in row.items()})
        if len(self._rows) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()

    def close(self) -> None:
        self._flush()
        self._writer.close()


def _provenance(manifest: Mapping[str, Any], count: _Count) -> dict[str, Any]:
    from importlib.metadata import version

    kept = ("schema", "scenario", "title", "engine", "seed", "study")
    return {key: manifest[key] for key in kept} | {
        "program": {"name": "sriovsim", "version": simulator.__version__, "source_sha256": manifest["program"]},
        "packages": {name: version(name) for name in PACKAGES},
        "points": len(manifest["keys"]),
        "rows": count.rows,
        "failed": count.failed,
    }
