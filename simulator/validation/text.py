"""The score as text for a terminal: groups, paths, trends, the worst, what has no prediction, bars.

*Scope*: text from the numbers of ``score``. *Validation*: ``tests/validation/test_command.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Sequence[str]
_HEAD = ("points", "factor", "within 2", "bias")


def report(score: Mapping[str, Any], stamp: Mapping[str, Any]) -> str:
    """Everything, a screenful or two."""
    parts = [
        _by("test-bed", score["by_group"]),
        _by("path", score["by_path"]),
        _worst(score["worst"]),
        _trends(score["trends"]),
        _unexpressed(score["unexpressed"]),
        _summary(score, stamp),
        _bars(score.get("bars", ())),
    ]
    failed = [f"failed: {entry['id']}: {entry['error']}" for entry in score["unpredicted"]]
    return "\n\n".join(part for part in (*parts, "\n".join(failed)) if part)


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits without exponent; a dash for nothing."""
    if value is None:
        return "-"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def share(value: float | None) -> str:
    """A share in per cent."""
    return "-" if value is None else f"{100 * value:.0f} %"


def _by(name: str, groups: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (key, str(own["points"]), number(own["factor"]), share(own["within_2"]), number(own["bias"]))
        for key, own in groups.items()
    ]
    return _table((name, *_HEAD), rows)


def _worst(entries: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            entry["id"],
            f"{number(entry['measured'])} {entry['unit']}",
            number(entry["predicted"]),
            f"{entry['ratio']:.2f}",
        )
        for entry in entries
    ]
    return _table(("farthest", "measured", "predicted", "ratio"), rows)


def _trends(trends: Mapping[str, Any]) -> str:
    if not trends["points"]:
        return ""
    curves = [curve for curve in trends["curves"] if curve["shape"] is not None]
    return (
        f"trends, apart from the score: {trends['points']} points in {len(trends['curves'])} curves; after one factor for each "
        f"of the {len(curves)} curves with a shape, the shape is off by a factor of {number(trends['shape'])}"
    )


def _unexpressed(entries: Sequence[Mapping[str, Any]]) -> str:
    reasons = Counter("the same measurement as another point" if entry["reason"].startswith("same measurement") else entry["reason"]
                      for entry in entries)  # fmt: skip
    return _table(("without a prediction", "points"), [(reason, str(count)) for reason, count in reasons.most_common()])


def _summary(score: Mapping[str, Any], stamp: Mapping[str, Any]) -> str:
    lines = [
        (
            f"{score['points']} points of {score['groups']} test-beds predicted; "
            f"scored: {score['scored_points']} of {score['scored_groups']}, every test-bed once"
        ),
        (
            f"off by a factor of {number(score['factor'])} (bias {number(score['bias'])}, spread {number(score['spread'])}); "
            f"within a factor of 2: {share(score['within_2'])}; median relative error {share(score['median_abs_rel_error'])}"
        ),
        f"order right in {share(score['order_right'])} of {score['pairs']} pairs",
        (
            f"naive rival: {number(score['rival_factor'])} on {score['rival_points']} points of {score['rival_groups']} test-beds, "
            f"the model there {number(score['factor_where_rival'])}"
        ),
    ]
    if score["interval_coverage"] is not None:
        lines.append(
            f"90 % intervals, from the errors on other test-beds and the costs, hold {share(score['interval_coverage'])} of the measured "
            f"values, median high/low {number(score['median_interval_ratio'])}"
        )
        lines += [
            f"  {name}: {share(own['interval_coverage'])}, {number(own['median_interval_ratio'])}"
            for name, own in score["intervals_by_kind"].items()
        ]
    if score["costs_coverage"] is not None:
        lines.append(
            f"the ranges of the costs alone hold {share(score['costs_coverage'])}, median high/low {number(score['median_costs_ratio'])}"
            + (f" (run of {stamp['date']}, program {stamp['program'][:12]})" if "date" in stamp else "")
        )
    return "\n".join(lines)


def _bars(bars: Iterable[Mapping[str, Any]]) -> str:
    lines = []
    for bar in bars:
        if bar["kept"] is False:
            limit = f"at least {bar['at_least']}" if "at_least" in bar else f"at most {bar['at_most']}"
            lines.append(f"bar not kept: {bar['name']} is {number(bar['value'])}, must be {limit}")
    return "\n".join(lines)


def _table(head: Row, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in (head, *rows)
    )  # fmt: skip
