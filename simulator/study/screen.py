"""A study on a terminal: at most a screenful, whatever its size.

1. Up to `MOST_ROWS` points have a row each. Where the 95 % interval of a number is wider than `CLOSE` of it, half its width stands
   behind it as a share of it; where there is none, that is said.
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
MOST_BARE, WHY_NOT = 4, "(one replication, or too few packets)"
CLOSE = 0.01
"""An interval that stays so near to its number is not shown."""
COLUMNS = {
    "offered": ("offered_pps", "rate"),
    "delivered": ("delivered_pps", "rate"),
    "loss": ("loss_ratio", "share"),
    "mean": ("latency.mean", "time"),
    "p50": ("latency.p50", "time"),
    "p99": ("latency.p99", "time"),
    "p99.9": ("latency.p99.9", "time"),
    "host work": ("host_work_cores", "plain"),
    "guest work": ("guest_work_cores", "plain"),
    "polling": ("polling_cores", "plain"),
    "exits/pkt": ("exits_per_packet", "plain"),
    "irqs/pkt": ("interrupts_per_packet", "plain"),
}
"""Column -> (metric, how it is written)."""
RATIOS = {
    "latency.mean": "mean",
    "latency.p50": "p50",
    "latency.p99": "p99",
    "delivered_pps": "delivered",
    "host_work_cores": "host work",
}
"""Metric of a ratio -> its column."""


def table(entries: Sequence[Entry]) -> str:
    """One line per point, or per series where there are too many points for a screen."""
    if not entries:
        return ""
    rows = [_row(entry) for entry in entries] if len(entries) <= MOST_ROWS else _by_series(entries)
    lines = [dict(zip(rows[0], rows[0], strict=True)), *rows[:MOST_ROWS]]
    text = _aligned(lines)
    more = f"\n... and {len(rows) - MOST_ROWS} more series" if len(rows) > MOST_ROWS else ""
    if len(entries) <= MOST_ROWS:
        return f"{text}\n{_chance(entries)}"
    note = f"\n{len(entries):,} points, put together by series: the range over them. Each is in summary.csv, with its interval."
    return text + more + note


def uncertainty(entries: Sequence[Entry]) -> str:
    """The 90 % intervals over the ranges of the costs, and as wrong as elsewhere, for as many points as have a row each."""
    known = [entry for entry in entries if "uncertainty" in entry]
    if not known or len(known) > MOST_ROWS:
        return "The intervals over the ranges of the costs are in summary.csv." if known else ""
    shown: Mapping[str, Callable[[float | None], str]] = {
        "delivered_pps": _rate, "loss_ratio": _share, "latency.mean": _micro, "latency.p50": _micro, "latency.p99": _micro,
        "host_work_cores": _plain, "guest_work_cores": _plain,
    }  # fmt: skip
    heads = dict(zip(shown, ("delivered", "loss", "mean", "p50", "p99", "host work", "guest work"), strict=True))
    texts = []
    for title, key in (("costs from their ranges", "metrics"), ("as wrong as elsewhere", "elsewhere")):
        rows = [
            {title: shortened(point_name(entry), NAME_CELLS)}
            | {
                heads[metric]: _together(list(dict.fromkeys((as_text(ends["low"]), as_text(ends["high"])))), TO)
                for metric, as_text in shown.items()
                if metric in entry["uncertainty"][key]
                for ends in [entry["uncertainty"][key][metric]]
            }
            for entry in known
        ]
        texts.append(_aligned([dict(zip(rows[0], rows[0], strict=True)), *rows]))
    draws, rests = known[0]["uncertainty"]["draws"], known[0]["uncertainty"]["elsewhere_from"]
    texts[0] += f"\n90 % intervals over {draws} draws; neither chance nor what is not modelled is in them."
    kinds = ", ".join(
        f"{kind} {found['points']} points of {found['groups']} test-beds" for kind, found in rests["kinds"].items()
    )
    texts[1] += f"\n90 % intervals with the errors on published measurements ({kinds}; {rests['date']}), and the costs."
    return "\n\n".join(texts)


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


def hosts(entries: Sequence[Entry]) -> str:
    """What the cores of each host did, where there are several; for as many points as have a row each."""
    rows = [
        {
            "point": shortened(f"{point_name(entry)}: {name}", NAME_CELLS),
            "host work": _plain(found["host_work_cores"]),
            "guest work": _plain(found["guest_work_cores"]),
            "polling": _plain(found["polling_cores"]),
        }
        for entry in entries
        for name, found in entry.get("hosts", {}).items()
    ]
    if not rows or len(rows) > MOST_ROWS:
        return "The cores of each host are in result.json." if rows else ""
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


def ratios(found: Sequence[Mapping[str, Any]]) -> str:
    """By what factors the series of a comparison differ from the first one; for as many points as have a row each."""
    points: dict[str, dict[str, str]] = {}
    for item in found:
        name = f"{point_name(item)} / {item['against']}"
        points.setdefault(name, {"point": shortened(name, NAME_CELLS)})[RATIOS[item["metric"]]] = _factor(item)
    if not points or len(points) > MOST_ROWS:
        return "How the series differ is in result.json." if points else ""
    rows = [
        {"point": row["point"]} | {name: row.get(name, MISSING) for name in RATIOS.values()} for row in points.values()
    ]
    head = {name: f"{name} x" for name in rows[0]} | {"point": "on the same traffic"}
    return _aligned([head, *rows])


def precision(entries: Sequence[Entry]) -> str:
    """Where the precision that was asked for is not reached."""
    missed = [entry for entry in entries if not entry["precision"]["reached"]]
    if not missed:
        return ""
    goals = ", ".join(f"{name} within {goal:.3g}" for name, goal in _percents(missed[0]["precision"]["goals"]))
    reached = ", ".join(
        f"{name} {MISSING if width is None else f'±{_two_digits(width)} %'}"
        for name, width in _percents(missed[0]["precision"]["half_widths"])
    )
    more = "" if len(missed) == 1 and len(entries) == 1 else f" at {len(missed)} of {len(entries)} points"
    return f"precision not reached{more} ({goals.replace(',', ' %,')} %): {shortened(point_name(missed[0]), NAME_CELLS)}: {reached}"


def _percents(shares: Mapping[str, float | None]) -> list[tuple[str, Any]]:
    return [(name, None if share is None else 100 * share) for name, share in shares.items()]


def _factor(item: Mapping[str, Any]) -> str:
    if item["low"] is None:
        return f"{item['ratio']:.3g}"
    if item["high"] - item["low"] <= 2 * CLOSE * item["ratio"]:
        return f"{item['ratio']:.3g}"
    return f"{item['ratio']:.3g} ({item['low']:.3g} to {item['high']:.3g})"


def _row(entry: Entry) -> dict[str, str]:
    shown = {column: _sure(entry, metric, form) for column, (metric, form) in COLUMNS.items()}
    return {"point": shortened(point_name(entry), NAME_CELLS)} | shown


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


def _sure(entry: Entry, metric: str, form: str) -> str:
    """The number, and behind it half of its 95 % interval as a share of it, where that is not small."""
    value, shown = _value(entry, metric), FORMS[form]
    width = _relative(entry, metric, value)
    return shown(value) if width is None or width <= CLOSE else f"{shown(value)} ±{_two_digits(100 * width)}%"


def _two_digits(percent: float) -> str:
    """As a person writes it: 0.64, 7.3, 430."""
    return f"{percent:.2g}" if percent < 99.5 else f"{percent:.0f}"


def _relative(entry: Entry, metric: str, value: float | None) -> float | None:
    found = entry["ranges"].get(metric) or {}
    low, high = found.get("low"), found.get("high")
    return None if not value or low is None or high is None else float((high - low) / 2 / abs(value))


def _value(entry: Entry, metric: str) -> float | None:
    group, _, part = metric.partition(".")
    value: float | None = entry["latency_us"][part] if part else entry[group]
    return value


def _chance(entries: Sequence[Entry]) -> str:
    """What ± means, and which columns have no interval at some point."""
    shown, bare = set(), []
    for column, (metric, _) in COLUMNS.items():
        widths = [_relative(entry, metric, value) for entry in entries if (value := _value(entry, metric))]
        shown |= {column} if widths else set()
        bare += [column] if None in widths else []
    if len(bare) == len(shown):
        return f"chance: no interval {WHY_NOT}"
    said = f"chance: ± is half of the 95 % interval; without it the number is known to {CLOSE * 100:.0f} %"
    listed = f": {', '.join(bare)}" if len(bare) <= MOST_BARE else f" for {len(bare)} of {len(COLUMNS)} columns"
    return f"{said}; no interval {WHY_NOT}{listed}" if bare else said


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


FORMS: Mapping[str, Callable[[float | None], str]] = {"rate": _rate, "share": _share, "time": _micro, "plain": _plain}
