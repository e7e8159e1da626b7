"""The page of measured points and what is predicted for them, from the stored record, with its picture.

*Scope*: nothing is simulated here; ``sriovsim validate`` does. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generate.markdown import code, page, table
from simulator import validation
from simulator.calibrate import published
from simulator.validation import Prediction, Source, elsewhere, picture, record
from simulator.validation.score import worst
from simulator.validation.text import number, share

PICTURE = "validation.svg"
_HEAD = ("points", "factor", "within 2", "bias", "median relative error")


def pages() -> dict[str, str]:
    """The page and its picture."""
    sources, stored = validation.read(), record.load()
    found = elsewhere.widened(record.predictions(stored, sources))
    score = validation.score(sources, found)
    by_group = {source.group: source for source in sources}
    given = published.stored()
    parts = (
        _introduction(score, stored),
        "## How far off",
        _bars(score),
        f"![predicted over measured, one mark for each point]({PICTURE})",
        _by("test-bed", score["by_group"]),
        _by("path", score["by_path"]),
        _by("metric", score["by_metric"]),
        table(
            ("kind", "inside the 90 % interval", "high over low", "inside that of the costs", "high over low"),
            _inside(score),
        ),
        "## With five measurements given",
        _ON_CALIBRATION,
        table(
            (
                "test-bed",
                "points",
                "costs that could move",
                *(f"{what}, error {run['error']:g}" for run in given for what in ("median error before", "after")),
            ),
            _given(given),
        ),
        "## The farthest points, and why",
        "At most one for each test-bed, path and metric.",
        table(("point", "measured", "predicted", "ratio", "why"), _worst(found, by_group)),
        "## Trends",
        _ON_TRENDS,
        table(("test-bed", "curve", "points", "one factor", "shape"), _curves(score["trends"])),
        "## Every point",
        *(_group(source, found) for source in sources if source.scenarios),
        "## Points without a prediction",
        "None is dropped in silence.",
        table(("reason", "points", "of"), _without(sources)),
    )
    return {"validation.md": page(*parts), PICTURE: picture.svg(found).decode()}


_ON_TRENDS = """Where neither CPU nor NIC is stated, or a value stands for a shape, the level says nothing. A curve loses one factor; what is left is
its shape: 1 is a curve that runs as the measured one does. Trends are in no number of the score."""


_ON_CALIBRATION = """Five measurements of a test-bed are given to the fit of `sriovsim calibrate`, and its others are predicted with the
outcome. Given are, of its numbers in the order of their ids, those at even distances; a number is a rate (not a searched one), a latency up to
p99 or CPU, and a test-bed may take part that has ten. No predicted value is seen by the fit. Once the model is trusted (an error of 0.1 on the
logarithm of each measurement), once doubted (0.5, the spread within a test-bed). `python -m tests.validation --calibrated` computes it, minutes
for each test-bed."""


def _given(runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for group, first in runs[0]["groups"].items():
        errors = (share(run["groups"][group][key]) for run in runs for key in ("error_before", "error_after"))
        yield group, str(first["points"]), str(first["costs"]), *errors
    errors = (share(run[key]) for run in runs for key in ("error_before", "error_after"))
    yield "**median of test-beds**", "", "", *errors


def _introduction(score: Mapping[str, Any], stored: record.Record) -> str:
    trends, run = score["trends"], stored.run
    intervals = f"""90 % intervals made of the errors on the *other* test-beds, and no nearer than the ranges of the costs, hold
{share(score["interval_coverage"])} of the measured values; their ends are a factor of {number(score["median_interval_ratio"])} apart in the median
([how they are made](../../decisions/0035-intervals-over-the-costs.md))."""
    if score["costs_coverage"] is not None:
        intervals += f""" The ranges of the costs alone hold {share(score["costs_coverage"])}, a factor of
{number(score["median_costs_ratio"])} apart (run of {stored.intervals["date"]})."""
    points, within, right = score["scored_points"], share(score["within_2"]), share(score["order_right"])
    return f"""# Predicted beside measured

{score["points"]} published measurements from {score["groups"]} test-beds, each predicted with the catalogue as it is, on the machine that its authors
describe. Nothing is fitted to them. `sriovsim validate` computes all of it anew ([how](../../how-to/validate.md)); this page prints the run of
{run["date"]} (program `{run["program"][:12]}`).

Scored are the {points} points of {score["scored_groups"]} test-beds whose set-up is stated; every test-bed counts once, points that rest on one
simulated number count once together. **Off by a factor of {number(score["factor"])}** either way (geometric mean), {within} within a factor of 2,
half within {share(score["median_abs_rel_error"])}. Predictions are {number(score["bias"])} of what was measured (geometric mean); without each
test-bed's own bias a factor of {number(score["spread"])} is left. Of {score["pairs"]} pairs of one test-bed, metric and workload that differ by more
than 10 %, {right} are in the right order.

Whoever knows only the other test-beds' values of the same path, metric and frame size, and says their median, is off by
{number(score["rival_factor"])} on the {score["rival_points"]} points where that says anything; the model by {number(score["factor_where_rival"])} there.
{trends["points"]} more points are trends, counted apart by their shape: off by {number(trends["shape"])}.

{intervals}"""


def _bars(score: Mapping[str, Any]) -> str:
    rows = [
        (code(bar["name"]), number(bar["value"]), _limit(bar), str(bar.get("aim", "")), "" if bar["kept"] is None else "yes" if bar["kept"] else "**no**")
        for bar in record.bars(score)
    ]  # fmt: skip
    return table(("number", "value", "bar", "aim", "kept"), rows)


def _limit(bar: Mapping[str, Any]) -> str:
    return (
        f"at least {bar['at_least']}" if "at_least" in bar else f"at most {bar['at_most']}" if "at_most" in bar else ""
    )


def _by(name: str, groups: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (key, str(own["points"]), number(own["factor"]), share(own["within_2"]), number(own["bias"]), share(own["median_abs_rel_error"]))
        for key, own in groups.items()
    ]  # fmt: skip
    return table((name, *_HEAD), rows)


def _inside(score: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, own in score["intervals_by_kind"].items():
        ratios = (number(own[key]) for key in ("median_interval_ratio", "median_costs_ratio"))
        shares = (share(own[key]) for key in ("interval_coverage", "costs_coverage"))
        yield (name, *(cell for pair in zip(shares, ratios, strict=True) for cell in pair))


def _worst(found: Sequence[Prediction], by_group: Mapping[str, Source]) -> Iterator[tuple[str, ...]]:
    for one in worst(
        [prediction for prediction in found if prediction.point.is_scored and prediction.value is not None]
    ):
        point = one.point
        yield (
            code(point.id),
            f"{number(point.measured)} {point.unit}",
            number(one.value),
            f"{one.ratio:.2f}",
            by_group[point.group].finding(point),
        )


def _curves(trends: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for curve in trends["curves"]:
        yield curve["group"], curve["curve"], str(curve["points"]), f"{curve['factor']:.2f}", number(curve["shape"])


def _group(source: Source, found: Sequence[Prediction]) -> str:
    rows = [_row(one) for one in found if one.point.group == source.group]
    cited = " ".join(f"{citation}." for citation in source.citations.values())
    beds = [
        f"- **{name}**: " + "; ".join(f"{key} {value}" for key, value in facts.items())
        for name, facts in source.testbeds.items()
    ]
    known = [f"- {code(pattern)}: {text}" for pattern, text in source.findings.items()]
    return page(
        f"### {source.group}: {source.title}",
        cited,
        "\n".join(beds),
        f"*Mapping*: {source.mapping}",
        "*Differs*: " + "; ".join(source.differs) + ".",
        "*Findings*:\n\n" + "\n".join(known) if known else "",
        table(
            (
                "point",
                "role",
                "path",
                "metric",
                "workload",
                "where",
                "measured",
                "predicted",
                "ratio",
                "90 % interval",
                "costs alone",
            ),
            rows,
        ),
    )


def _row(one: Prediction) -> tuple[str, ...]:
    point = one.point
    ends = _span(one.least, one.most)
    ratio = f"{one.ratio:.2f}" if one.value is not None else one.error
    measured = f"{number(point.measured)} {point.unit}".removesuffix(" 1")
    return (
        code(point.id),
        point.role,
        point.path,
        point.metric,
        point.workload,
        point.where,
        measured,
        number(one.value),
        ratio,
        ends,
        _span(one.low, one.high),
    )


def _span(low: float | None, high: float | None) -> str:
    return f"{number(low)} to {number(high)}" if low is not None else ""


def _without(sources: Sequence[Source]) -> Iterator[tuple[str, ...]]:
    reasons: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source in sources:
        for point in source.points:
            if not point.rule:
                reasons[point.reason or "the same measurement stands in another place too"][source.group] += 1
    for reason, groups in sorted(reasons.items(), key=lambda item: -sum(item[1].values())):
        yield reason, str(sum(groups.values())), ", ".join(f"{group} ({count})" for group, count in groups.items())
