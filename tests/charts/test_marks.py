"""What is drawn for a threshold, a point without a value, one that is not steady, a constant, a collapse."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import caption, select
from simulator.charts.frame import replications
from simulator.charts.limits import LOOK, limits
from simulator.charts.marks import ends, whisker
from simulator.charts.scales import NO_LOSS
from tests.charts import stress
from tests.charts.stress import EVENTS


def horizontals(axes: Axes) -> list[float]:
    """Heights of the threshold lines."""
    level = [line for line in axes.lines if len(line.get_xdata()) == 2 and list(line.get_xdata()) == [0, 1]]  # type: ignore[arg-type]
    return [float(line.get_ydata()[0]) for line in level if line.get_color() == LOOK["color"]]  # type: ignore[index]


def with_thresholds(kind: str, *texts: str, state: str = "delivered", sweep: str = "rate") -> Any:
    return charts.chart(stress.document(state, 3, sweep=sweep) | {"thresholds": list(texts)}, kind)


def test_thresholds_are_lines_in_the_unit_of_the_axis() -> None:
    latency, loss, _, _ = with_thresholds(
        "overview", "latency.p99 < 0.06 ms", "loss_ratio < 1 %", "latency.p90 < 1 us"
    ).axes
    assert horizontals(latency) == [60.0]
    assert horizontals(loss) == pytest.approx([0.01])
    assert horizontals(with_thresholds("load", "latency.p99 < 60 us").axes[0]) == [60.0]
    assert "latency.p99 < 60 us" in [
        text.get_text() for text in with_thresholds("load", "latency.p99 < 60 us").axes[0].texts
    ]


def test_a_threshold_on_one_series_is_drawn_in_its_row_only() -> None:
    figure = with_thresholds("exits", "exits_per_packet{series=VF 2} < 0.2", sweep="")
    (line,) = figure.axes[0].lines
    assert list(line.get_xdata()) == [0.2, 0.2]
    assert list(line.get_ydata()) == [0.55, 1.45]
    assert "Broken line: exits_per_packet{series=VF 2} < 0.2." in figure.texts[-1].get_text().replace("\n", " ")


def test_a_threshold_about_no_point_or_without_meaning_is_not_drawn() -> None:
    assert not with_thresholds("exits", "exits_per_packet{series=VF 9} < 1", "nonsense", sweep="").axes[0].lines
    assert limits(["nonsense", 7]) == ()


def crosses(axes: Axes) -> list[float]:
    return sorted(float(x) for line in axes.lines if line.get_marker() == "x" for x in line.get_xdata())  # type: ignore[union-attr]


def test_every_point_without_a_value_has_a_cross_and_breaks_its_line() -> None:
    document = stress.document("mixed", 1, sweep="rate")
    axes = charts.chart(document, "load").axes[0]
    dead = [p["offered_pps"] / 1e3 for p in document["points"] if p["latency_us"]["p99"] is None]
    assert crosses(axes) == dead != []
    drawn = axes.lines[0].get_ydata()
    assert sum(value != value for value in drawn) == len(dead)
    assert "no value, nothing delivered (1)" in charts.chart(document, "load").texts[-1].get_text().replace("\n", " ")


def test_too_few_packets_and_nothing_delivered_are_told_apart() -> None:
    points = [
        {"latency_us": {"mean": 1.0, "p99": None}},
        {"latency_us": {"mean": None, "p99": None}},
        {"latency_us": {"mean": 1.0, "p99": 2.0}},
    ]
    assert caption.missing(points, "p99").endswith("no value, nothing delivered (1) or too few packets for p99 (1).")
    assert caption.missing(points[2:], "p99") == ""


@pytest.mark.parametrize(
    ("steady", "hollow"),
    [(1, False), (True, False), ("yes", False), (None, False), (0, True), (False, True), ("no", True)],
)
def test_an_unsteady_point_is_hollow(steady: object, hollow: bool) -> None:
    document = stress.document("delivered", 1, sweep="rate")
    document["points"] = [point | {"steady": steady} for point in document["points"]]
    for kind in ("load", "overview"):
        figure = charts.chart(document, kind)
        white = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
        assert bool(white) == hollow
        assert ("Hollow: no steady state" in figure.texts[-1].get_text().replace("\n", " ")) == hollow


def test_a_constant_latency_is_a_step() -> None:
    axes = charts.chart(stress.document("constant", 1), "cdf").axes[0]
    assert set(axes.lines[0].get_xdata()) == {10.0}
    low, high = axes.get_xlim()
    assert low < 9 < 11 < high


def test_the_panel_of_losses_is_there_only_if_something_is_lost() -> None:
    whole, lossy = (
        charts.chart(stress.document(state, 2, sweep="rate"), "overview") for state in ("constant", "delivered")
    )
    assert (len(whole.axes), len(lossy.axes)) == (3, 4)
    assert "No packet was dropped." in whole.texts[-1].get_text()
    assert lossy.axes[1].lines[0].get_ydata()[0] == NO_LOSS
    assert lossy.axes[1].get_ylim()[0] < NO_LOSS


@pytest.mark.parametrize("kind", charts.KINDS)
@pytest.mark.parametrize("state", ["nothing", "lost"])
@pytest.mark.parametrize("series", [1, 6])
def test_captions_of_nothing_are_true(kind: str, state: str, series: int) -> None:
    sweep = {"load": "rate", "throughput": "size"}.get(kind, "")
    document = stress.document(state, series, sweep=sweep)
    said = charts.chart(document, kind).texts[-1].get_text().replace("\n", " ")
    assert "No exit was taken" not in said
    assert "Lowest" not in said
    assert "hypervisor stays" not in said
    if kind == "exits":
        assert "exits were taken and nothing was delivered" in said
    elif kind == "drops":
        assert ("No packet was dropped." in said) == (state == "nothing")
    elif kind == "cores":
        assert "Work of the host" in said
    elif kind == "throughput":
        assert "nothing delivered" in said
        assert ("all series never" in said) == (series > 1)
    else:
        assert "No packet was delivered." in said


def test_a_course_of_nothing_has_the_same_time_in_every_panel_and_a_unit_that_people_use() -> None:
    throughput, latency, drops = charts.chart(stress.document("lost", 1), "course").axes[:3]
    assert throughput.get_xlim() == latency.get_xlim() == pytest.approx((0, 100))
    assert drops.get_xlim()[1] >= 95
    assert (throughput.get_ylabel(), throughput.get_ylim()) == ("Mbit/s", (0, 1))


def test_a_course_of_one_point_has_a_line_for_each_guest_and_of_several_one_for_each() -> None:
    def names(document: Any) -> list[str]:
        axes = charts.chart(document, "course").axes
        assert len(axes[0].lines) == len(axes[1].lines) == len(EVENTS) + len(axes[-1].texts)
        return [text.get_text() for text in axes[-1].texts]

    document = stress.document("delivered", 3)
    assert names(document | {"points": document["points"][2:]}) == [
        "vm#0 \N{DAGGER}",
        "vm#1 \N{DAGGER}",
        "vm#2 \N{DAGGER}",
    ]
    assert names(document) == ["VF 1 \N{DAGGER}", "VF 2 \N{DAGGER}", "VF 3 \N{DAGGER}"]


def test_rows_of_guests_say_once_that_nothing_was_delivered() -> None:
    texts = [text.get_text() for text in charts.chart(stress.document("nothing", 1), "guests").axes[0].texts]
    assert texts == ["nothing delivered"] * 2  # received, sent


@pytest.mark.parametrize("kind", charts.KINDS)
def test_captions_of_one_point_compare_nothing(kind: str) -> None:
    if kind in ("load", "throughput"):
        return
    said = charts.chart(stress.document("delivered", 1), kind).texts[-1].get_text().replace("\n", " ")
    assert not any(word in said for word in ("Lowest", "Highest", "least", "Most for", "Longest", "times the lowest"))


def test_equal_latencies_are_not_ranked() -> None:
    said = charts.chart(stress.document("constant", 3), "overview").texts[-1].get_text()
    assert "p99 latency 10.0 us for all." in said


def test_what_limits_is_said_in_words() -> None:
    text = "core cpu0 is 99.0 % busy (ctxsw 50 %, guest_soft 45 %); vm1.q0.rx drops 7.64 % of the offered packets"
    said = "core cpu0 is 99.0 % busy (task switches 50 %, guest: softirq 45 %); vm1: receive ring 0 drops 7.64 % of the offered packets"
    assert caption.in_words(text) == said
    assert caption.in_words("engine port.rx is 100.0 % busy") == "engine port.rx is 100.0 % busy"


def test_a_whisker_stands_where_a_point_has_an_interval_over_its_costs() -> None:
    axes = Figure().subplots()
    metrics = {"latency.p50": {"low": 2.0, "high": 5.0}, "latency.p99": {"low": None, "high": None}}
    point = {"uncertainty": {"draws": 16, "metrics": metrics}}
    whisker(axes, point, "latency.p50", 7.0, "red")
    whisker(axes, point, "latency.p50", 7.0, "red", flat=True)
    whisker(axes, point, "latency.p99", 7.0, "red")
    whisker(axes, {}, "latency.p50", 7.0, "red")
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines] == [
        ([7.0, 7.0], [2.0, 5.0]),
        ([2.0, 5.0], [7.0, 7.0]),
    ]


@pytest.mark.parametrize(("kind", "sweep"), [("overview", ""), ("overview", "rate"), ("load", "rate")])
def test_intervals_over_costs_and_ranges_over_runs_are_drawn_in_every_chart_of_latency(kind: str, sweep: str) -> None:
    document = stress.document("delivered", 2, sweep=sweep)
    wide = {"low": 3.0, "high": 30.0, "min": 2.0, "max": 40.0}

    def lines(**more: Any) -> int:
        points = [point | more for point in document["points"]]
        return sum(len(axes.lines) for axes in charts.chart(document | {"points": points}, kind).axes)

    drawn = len(document["points"])
    assert lines(uncertainty={"draws": 16, "metrics": {"latency.p99": wide}}) == lines() + drawn
    assert lines(ranges={"latency.p99": wide}) == lines() + drawn


@pytest.mark.parametrize(
    ("found", "drawn"),
    [
        ({"low": 2.0, "high": 5.0, "min": 1.0, "max": 9.0}, (2.0, 5.0)),
        ({"low": -1.0, "high": 5.0, "min": 1.0, "max": 9.0}, (1.0, 5.0)),
        ({"low": -1.0, "high": 5.0, "min": None, "max": None}, (0.5, 5.0)),
        ({"low": None, "high": None, "min": 1.0, "max": 9.0}, (1.0, 9.0)),
        ({"low": None, "high": None, "min": None, "max": None}, None),
    ],
)
def test_a_pale_bar_is_the_interval_where_there_is_one(
    found: dict[str, Any], drawn: tuple[float, float] | None
) -> None:
    assert ends({"ranges": {"latency.p99": found}}, "latency.p99") == drawn
    assert ends({"ranges": {}}, "latency.p99") is None


@pytest.mark.parametrize(
    ("low", "runs", "said"),
    [
        (2.0, 1, "Pale bars: 95 % interval."),
        (2.0, 3, "Pale bars: 95 % interval; without one, the range over the replications."),
        (None, 3, "Pale bars: range over 3 replications."),
        (None, 1, ""),
    ],
)
def test_the_caption_says_what_pale_bars_are(low: float | None, runs: int, said: str) -> None:
    document = stress.document("delivered", 1)
    for point in document["points"]:
        point |= {
            "replications": runs,
            "ranges": {"latency.p99": {"low": low, "high": low and 2 * low, "min": 1.0, "max": 9.0}},
        }
    assert replications(select.view(document)) == said


def test_a_course_of_one_point_leaves_out_the_entry_that_its_guests_make_up() -> None:
    document = stress.document("delivered", 3)
    point = document["points"][2]
    point["over_time"]["guests"] = {"vm": point["over_time"]["all"], **point["over_time"]["guests"]}
    axes = charts.chart(document | {"points": [point]}, "course").axes
    assert [text.get_text() for text in axes[-1].texts] == [f"vm#{n} \N{DAGGER}" for n in range(3)]
