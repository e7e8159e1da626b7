"""A study on a terminal: at most a screenful, whatever its size.

1. Up to `MOST_ROWS` points have a row each. Where replications differ, the smallest and the largest stand behind the number.
2. More points are put together by series, each number as the range over its points; ``summary.csv`` has them all.
3. What limits is said per point for a few points, else once per resource with the number of points; long lists of failures
   and broken thresholds are cut, and say so.

*Scope*: text. *Validation*: tests/unit/test_screen.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from simulator import units
from simulator.study.limits import point_name
from simulator.words import shortened

Entry = Mapping[str, Any]
MOST_ROWS, MOST_LIMITS, MOST_LISTED, NAME_CELLS = 20, 8, 6, 40
MISSING, TO = "-", " to "
LEAST = 0.001
"""Smaller numbers of cores or exits are not told apart."""


def table(entries: Sequence[Entry]) -> str:
    """One line per point, or per series where there are too many points for a screen."""
    if not entries:
        return ""
    rows = [_row(entry) for entry in entries] if len(entries) <= MOST_ROWS else _by_series(entries)
    lines = [dict(zip(rows[0], rows[0], strict=True)), *rows[:MOST_ROWS]]
    text = _aligned(lines)
    more = f"\n... and {len(rows) - MOST_ROWS} more series" if len(rows) > MOST_ROWS else ""
    note = f"\n{len(entries):,} points, put together by series: the range over them. Each is in summary.csv."
    return text + more + (note if len(entries) > MOST_ROWS else "")


def uncertainty(entries: Sequence[Entry]) -> str:
    """The 90 % intervals over the ranges of the costs, for as many points as have a row each."""
    known = [entry for entry in entries if "uncertainty" in entry]
    if not known or len(known) > MOST_ROWS:
        return "The intervals over the ranges of the costs are in summary.csv." if known else ""
    shown: Mapping[str, Callable[[float | None], str]] = {
        "delivered_pps": _rate, "loss_ratio": _share, "latency.mean": _micro, "latency.p50": _micro, "latency.p99": _micro,
        "host_work_cores": _plain, "guest_work_cores": _plain,
    }  # fmt: skip
    heads = dict(zip(shown, ("delivered", "loss", "mean", "p50", "p99", "host work", "guest work"), strict=True))
    rows = [
        {"costs from their ranges": shortened(point_name(entry), NAME_CELLS)}
        | {
            heads[metric]: _together(list(dict.fromkeys((as_text(ends["low"]), as_text(ends["high"])))), TO)
            for metric, as_text in shown.items()
            for ends in [entry["uncertainty"]["metrics"][metric]]
        }
        for entry in known
    ]
    note = f"\n90 % intervals over {known[0]['uncertainty']['draws']} draws; neither chance nor what is not modelled is in them."
    return _aligned([dict(zip(rows[0], rows[0], strict=True)), *rows]) + note


def guests(entries: Sequence[Entry]) -> str:
    """What each entry of ``guests`` got, where a point has several; for as many points as have a row each."""
    nothing = {"delivered_pps": 0.0}
    rows = [
        {
            "point": shortened(f"{point_name(entry)}: {label}", NAME_CELLS),
            "delivered": _rate(found["all"]["delivered_pps"]),
            "to it": _rate(found.get("rx", nothing)["delivered_pps"]),
            "from it": _rate(found.get("tx", nothing)["delivered_pps"]),
            "p50": _micro(found["all"]["latency_us"]["p50"]),
            "p99": _micro(found["all"]["latency_us"]["p99"]),
        }
        for entry in entries
        for groups in [{label: found for label, found in entry["guests"].items() if "#" not in label}]
        for label, found in groups.items()
        if len(groups) > 1
    ]
    if not rows or len(rows) > MOST_ROWS:
        return "Each entry of guests is in guests.csv." if rows else ""
    return _aligned([dict(zip(rows[0], rows[0], strict=True)), *rows])


def limits(entries: Sequence[Entry]) -> str:
    """What limits: per point, or per resource with the number of points."""
    if len(entries) <= MOST_LIMITS:
        names = [shortened(point_name(entry), NAME_CELLS) for entry in entries]
        width = max(map(cell_len, names), default=0)
        pairs = zip(names, entries, strict=True)
        return "\n".join(f"{_padded(name, width)}  limit: {entry['bottleneck']}" for name, entry in pairs)
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(_resource(entry["bottleneck"]), []).append(entry)
    said = [
        f"limit: {resource}: {len(own)} of {len(entries)} points, first {shortened(point_name(own[0]), NAME_CELLS)}"
        for resource, own in sorted(found.items(), key=lambda pair: -len(pair[1]))
    ]
    return cut(said, "limits")


def cut(lines: Iterable[str], what: str) -> str:
    """The first lines, and how many more there are."""
    found = list(lines)
    rest = [f"... and {len(found) - MOST_LISTED:,} more {what}, in result.json"] if len(found) > MOST_LISTED else []
    return "\n".join([*found[:MOST_LISTED], *rest])


def _row(entry: Entry) -> dict[str, str]:
    latency = entry["latency_us"]
    return {
        "point": shortened(point_name(entry), NAME_CELLS),
        "offered": _rate(entry["offered_pps"]),
        "delivered": _rate(entry["delivered_pps"]),
        "loss": _share(entry["loss_ratio"]),
        "mean": _ranged(entry, latency["mean"], "latency.mean", _micro),
        "p50": _micro(latency["p50"]),
        "p99": _ranged(entry, latency["p99"], "latency.p99", _micro),
        "p99.9": _micro(latency["p99.9"]),
        "host work": _ranged(entry, entry["host_work_cores"], "host_work_cores", _plain),
        "guest work": _plain(entry["guest_work_cores"]),
        "polling": _plain(entry["polling_cores"]),
        "exits/pkt": _plain(entry["exits_per_packet"]),
        "irqs/pkt": _plain(entry["interrupts_per_packet"]),
    }


def _by_series(entries: Sequence[Entry]) -> list[dict[str, str]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry["series"], []).append(entry)
    return [
        {
            "series": shortened(series or entries[0]["datapath"], NAME_CELLS),
            "points": str(len(own)),
            "offered": _span((e["offered_pps"] for e in own), _rate),
            "delivered": _span((e["delivered_pps"] for e in own), _rate),
            "loss": _span((e["loss_ratio"] for e in own), _share),
            "mean": _span((e["latency_us"]["mean"] for e in own), _micro),
            "p99": _span((e["latency_us"]["p99"] for e in own), _micro),
            "host work": _span((e["host_work_cores"] for e in own), _plain),
            "guest work": _span((e["guest_work_cores"] for e in own), _plain),
            "polling": _span((e["polling_cores"] for e in own), _plain),
        }
        for series, own in found.items()
    ]


def _span(values: Iterable[float | None], shown: Callable[[float | None], str]) -> str:
    """Smallest to largest; a hyphen beside them if some point has no value."""
    every = list(values)
    known = [value for value in every if value is not None]
    if not known:
        return MISSING
    ends = list(dict.fromkeys((shown(min(known)), shown(max(known)))))
    return _together(ends, TO) + ("" if len(known) == len(every) else f", {MISSING}")


def _ranged(entry: Entry, value: float | None, metric: str, shown: Callable[[float | None], str]) -> str:
    """The number, and behind it its smallest and largest replication where they differ."""
    spread = entry.get("ranges", {}).get(metric) or {}
    low, high = spread.get("min"), spread.get("max")
    if value is None or low is None or high is None or shown(low) == shown(high):
        return shown(value)
    said = [shown(value), shown(low), shown(high)]
    if len({text.partition(" ")[2] for text in said}) == 1:
        said[1:] = [text.partition(" ")[0] for text in said[1:]]
    return f"{said[0]} ({said[1]}{TO}{said[2]})"


def _together(ends: Sequence[str], between: str) -> str:
    """Two quantities, the unit once if it is the same."""
    units_of = {end.partition(" ")[2] for end in ends}
    if len(ends) == 2 and len(units_of) == 1:
        return ends[0].partition(" ")[0] + between + ends[1]
    return between.join(ends)


def _resource(bottleneck: str) -> str:
    return "nothing saturated" if bottleneck.startswith("nothing") else bottleneck.partition(" is ")[0]


def _rate(value: float | None) -> str:
    return units.format_packet_rate((value or 0) * 1000)


def _share(value: float | None) -> str:
    return MISSING if value is None else units.format_ratio(value * 10**6)


def _micro(value_us: float | None) -> str:
    return MISSING if value_us is None else units.format_time(value_us * 10**6)


def _plain(value: float | None) -> str:
    return MISSING if value is None else f"<{LEAST}" if 0 < value < LEAST else f"{value:.3g}"


def _aligned(lines: Sequence[Mapping[str, str]]) -> str:
    widths = {name: max(cell_len(line[name]) for line in lines) for name in lines[0]}
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Mapping[str, str], widths: Mapping[str, int]) -> str:
    left = ("point", "series")
    return "  ".join(_padded(cells[name], width, left=name in left) for name, width in widths.items()).rstrip()


def _padded(text: str, width: int, *, left: bool = True) -> str:
    room = " " * (width - cell_len(text))
    return text + room if left else room + text
