"""Results as tables: one row per point, one row per stage, one row per histogram bucket.

Column names carry units: ``latency_p99_us``, ``offered_pps``, ``host_cores_busy``; ranges follow their metric as ``_low``,
``_high`` (95 % interval), ``_min`` and ``_max`` (extremes of the replications); the 90 % interval over the ranges of the costs,
where it was asked for, as ``_costs_low`` and ``_costs_high``, and as wrong as elsewhere, ``_elsewhere_low`` and ``_elsewhere_high``.

*Scope*: plain columns, nothing nested. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from simulator import units
from simulator.metrics import METRICS
from simulator.metrics.guests import METRICS as GUEST_METRICS
from simulator.plan.trace import histogram_upper

if TYPE_CHECKING:
    from pandas import DataFrame

Entry = Mapping[str, Any]
RANGED = tuple(name for name, metric in METRICS.items() if metric.scalar and name != "steady")
COLUMNS: Mapping[str, tuple[str, int]] = {
    "time": ("us", 10**6),
    "size": ("bytes", 1),
    "bit rate": ("bps", 1),
    "packet rate": ("pps", 1000),
    "frequency": ("hz", 1),
    "length": ("m", 1000),
    "ratio": ("ratio", 10**6),
    "time per byte": ("ns_per_byte", 10**6),
}
"""Dimension of a swept value -> unit in the column's name, and base units in it."""
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


def csv_bytes(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> bytes:
    """Rows as CSV, their keys as columns in the order of their first appearance, after `columns`: the same bytes as pandas writes,
    without its import. A column with a missing value or a fraction is one of fractions."""
    names = list(dict.fromkeys((*columns, *(name for row in rows for name in row))))
    whole = [[row.get(name) for row in rows] for name in names]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*map(_as_written, whole), strict=True))
    return text.getvalue().encode()


def _as_written(column: list[Any]) -> list[Any]:
    kinds = {type(value) for value in column}
    if (kinds <= {int, float, type(None)} and float in kinds) or kinds == {int, type(None)}:
        return [None if value is None else float(value) for value in column]
    return column


def column_of(metric: str) -> str:
    """The column of a scalar metric; its unit is in the name wherever it has one that the name does not say."""
    group, _, part = metric.partition(".")
    return f"{group}_{part}_{METRICS[metric].unit}" if part else metric


def summary(entries: Sequence[Entry], common: Mapping[str, Any]) -> DataFrame:
    """One row per point; `common` adds columns that are the same for all (seed, version, engine, ...)."""
    from pandas import DataFrame

    return DataFrame(summary_rows(entries, common))


def summary_rows(entries: Sequence[Entry], common: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per point; `common` adds columns that are the same for all (seed, version, engine, ...)."""
    parameters = list(dict.fromkeys(name for entry in entries for name in entry["parameters"]))
    return [row(number, entry, parameters) | dict(common) for number, entry in enumerate(entries)]


def swept(parameters: Mapping[str, str]) -> dict[str, float]:
    """Swept values that are quantities or numbers as numbers, the unit in the name: ``traffic.load.rate_pps``; plain
    numbers end in ``_number``."""
    found: dict[str, float] = {}
    for name, text in parameters.items():
        dimension = units.dimension_of(text)
        if dimension is not None and dimension.name in COLUMNS:
            unit, factor = COLUMNS[dimension.name]
            found[f"{name}_{unit}"] = units.parse(text, dimension) / factor
        elif _NUMBER.fullmatch(text):
            found[f"{name}_number"] = float(text) if "." in text else int(text)
    return found


STAGE_COLUMNS = ("point", "series", "stage", "wait_us", "service_us")


def stages(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One row per point and stage: mean wait and service in us."""
    return [
        {
            "point": number,
            "series": entry["series"],
            "stage": s["name"],
            "wait_us": s["wait_us"],
            "service_us": s["service_us"],
        }
        for number, entry in enumerate(entries)
        for s in entry["stages"]
    ]


GUEST_COLUMNS = ("point", "series", "guest", "direction", *map(column_of, GUEST_METRICS))


def guests(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One row per point, guest or entry of ``guests``, and direction (``rx``, ``tx``, ``all``)."""
    return [
        {"point": number, "series": entry["series"], "guest": label, "direction": direction}
        | {column_of(name): part(numbers, name) for name in GUEST_METRICS}
        for number, entry in enumerate(entries)
        for label, found in entry["guests"].items()
        for direction, numbers in found.items()
    ]


HISTOGRAM_COLUMNS = ("point", "bucket_low_ps", "bucket_high_ps", "count")


def histograms(found: Sequence[Mapping[int, int]]) -> list[dict[str, Any]]:
    """One row per point and occupied latency bucket; both edges belong to the bucket."""
    return [
        dict(zip(HISTOGRAM_COLUMNS, (number, *bucket), strict=True))
        for number, histogram in enumerate(found)
        for bucket in buckets(histogram)
    ]


def buckets(histogram: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """(low_ps, high_ps, count) of each occupied latency bucket; both edges belong to the bucket."""
    return [
        (histogram_upper(index - 1) + 1 if index else 0, histogram_upper(index), count)
        for index, count in histogram.items()
    ]


def part(numbers: Mapping[str, Any], metric: str) -> Any:
    """The value of a metric in an entry."""
    group, _, name = metric.partition(".")
    return numbers[f"{group}_{METRICS[metric].unit}"][name] if name else numbers[metric]


def row(number: int, entry: Entry, parameters: Sequence[str]) -> dict[str, Any]:
    """The columns of one point; `parameters`: those of all points."""
    found = {"point": number, **{key: entry[key] for key in ("series", "datapath", "interrupts")}}
    for name in parameters:
        found[name] = entry["parameters"].get(name)
        found |= swept({name: str(found[name])}) if found[name] is not None else {}
    for name, metric in METRICS.items():
        if metric.scalar:
            found[column_of(name)] = part(entry, name)
        if name in RANGED:
            found |= {f"{column_of(name)}_{end}": value for end, value in entry["ranges"][name].items()}
            drawn = entry.get("uncertainty", {}).get("metrics", {}).get(name, {})
            found |= {f"{column_of(name)}_costs_{end}": value for end, value in drawn.items()}
            wide = entry.get("uncertainty", {}).get("elsewhere", {}).get(name, {})
            found |= {f"{column_of(name)}_elsewhere_{end}": value for end, value in wide.items()}
    found |= {f"latency_{name}": value for name, value in entry["latency_exact"].items()}
    found |= {
        "drops": sum(entry["drops"].values()),
        "exits": sum(entry["exits"].values()),
        "bottleneck": entry["bottleneck"],
    }
    found |= {f"costs_{status}": count for status, count in entry["cost_status"].items()}
    found |= {"warmup_s": entry["warmup"]["length_s"], "precision_reached": entry["precision"]["reached"]}
    return found | {key: entry[key] for key in ("replications", "scenario_hash", "plan_hash")}
