"""Further small parts of charts by hand: where names begin, what a panel's lines are, when a sentence is said."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import bars, beside, caption, counts, distribution, frame, lanes, marks, scales, stacks, style
from simulator.charts.beside import Name
from simulator.charts.select import View
from simulator.words import inches
from tests.charts import stress

US = 10**6

# Names beside the panel


def test_a_wide_margin_is_wider_by_its_further_columns() -> None:
    column = inches("x", style.TICK_POINTS)
    assert beside.width_of(beside.SIDE_CELLS) == beside.SIDE_INCHES
    assert beside.width_of(beside.WIDE_SIDE_CELLS) == pytest.approx(beside.SIDE_INCHES + 36 * column)
    plain, wide = (Figure().subplots(1, 2, width_ratios=(1.0, 0.5)) for _ in range(2))
    names = [Name("x" * 20, {"color": "k"})]
    for axes, shown in ((plain, names), (wide, names * 100)):
        figure = axes[0].figure
        width = figure.get_figwidth()
        frame._widen(figure, axes[1], shown)
        more = 36 * column if shown is not names else 0.0
        assert figure.get_figwidth() == pytest.approx(width + more)
        panel, margin = axes[1].get_gridspec().get_width_ratios()
        assert margin / panel == pytest.approx((beside.SIDE_INCHES + more) / (width - beside.SIDE_INCHES))


def test_a_name_has_a_lead_from_its_line_and_a_sample_with_its_marker_in_the_middle() -> None:
    panel, side = Figure().subplots(1, 2)
    panel.set(xlim=(0, 10), ylim=(0, 10))
    look = {"color": "red", "marker": "s", "markersize": 20.0}
    beside.beside(side, [Name("joined", look, panel, (10.0, 5.0)), Name("alone", look)], 4.0)
    alone, lead, joined = sorted(side.lines, key=lambda line: (-line.get_ydata()[-1], line.get_xdata()[0]))
    assert [list(line.get_xdata()) for line in (alone, lead, joined)] == [
        [0.25, 0.5, 0.75],
        [0, 0.25],
        [0.25, 0.5, 0.75],
    ]
    assert lead.get_ydata()[0] == pytest.approx(0.5)
    assert (joined.get_markevery(), joined.get_markersize()) == ([1], 11.0)


def test_a_title_is_broken_where_the_figure_ends_and_a_legend_has_no_frame() -> None:
    figure, _ = frame.frame("a title of many words " * 12)
    lines = figure.get_suptitle().split("\n")
    room = frame.WIDTH_INCHES - 0.5
    assert all(inches(line, style.TITLE_POINTS) <= room for line in lines)
    assert inches(lines[0], style.TITLE_POINTS) > 0.75 * room
    frame.finish(figure, [frame.line_handle("one", {"color": "red"})], ["said"])
    assert not figure.legends[0].get_frame_on()


def test_a_legend_is_as_high_as_its_rows_and_the_lines_of_its_longest_name() -> None:
    handles = [frame.line_handle(name, {}) for name in ("one", "two", "three")]
    line = style.TICK_POINTS / 72
    assert frame._legend_inches(handles, 12.8) == pytest.approx(1.55 * line + frame.MARGIN_INCHES)
    assert frame._legend_inches(handles, 1.0) == pytest.approx(3 * 1.55 * line + frame.MARGIN_INCHES)
    assert frame._legend_inches([], 12.8) == 0.0


# The timeline


def test_a_timeline_by_hand() -> None:
    def span(lane: str, step: str, start: int, end: int, **more: str) -> dict[str, Any]:
        return {"lane": lane, "step": step, "start_ps": start * US, "end_ps": end * US, **more}

    spans = [
        span("packet", "wire", 0, 40), span("packet", "near", 40, 41), span("packet", "nearer", 41, 42), span("packet", "stack", 42, 100),
        span("guest", "softirq", 42, 80, label="guest_soft", core="0"), span("guest", "reads", 60, 90, core="1"),
        span("wire", "wire", 0, 40),
    ]  # fmt: skip
    axes = charts.timeline(spans, "one").axes[0]
    assert axes.get_xlim() == pytest.approx((0, 103))
    found = [
        (bar.get_y() + bar.get_height() / 2, bar.get_height(), bar.get_x(), bar.get_width()) for bar in axes.patches
    ]
    height, guest = lanes.BAR_HEIGHT, lanes.LANES.index("guest")
    assert found[4:6] == [
        (pytest.approx(guest - height / 4), pytest.approx(height / 2), 42, 38),
        (pytest.approx(guest + height / 4), pytest.approx(height / 2), 60, 30),
    ]
    assert found[0][:2] == (pytest.approx(0), pytest.approx(height))
    colours = [lanes._colour(one) for one in spans]
    assert colours[:4] == [style.PLAIN] * 4
    assert colours[4:] == [style.LABEL_COLOURS["guest_soft"], style.GREY, style.LANE_COLOURS["wire"]]
    above = {text.get_text(): text.xy[0] for text in axes.texts if hasattr(text, "xy")}
    assert above == {"wire": 20, "near, nearer": 40.5, "stack": 71}


# What panels show


def test_shares_take_the_place_of_times_from_more_than_sixfold_on() -> None:
    def unit(least_us: float) -> str:
        points = [{"stages": [{"name": "wire", "wait_us": 0.0, "service_us": value}]} for value in (6.0, least_us)]
        return bars._stage_panel(points).unit

    assert unit(1.0) == "mean latency, us"
    assert unit(0.999) == "share of the mean latency, %"


def test_the_percentile_shown_is_that_which_any_point_has() -> None:
    points = [{"latency_us": {"p99": value}} for value in (None, 5.0)]
    assert caption.shown_percentile(points) == "p99"
    assert caption.shown_percentile(points[:1]) == "mean"


def test_drops_are_a_share_of_what_was_offered_if_anything_was() -> None:
    document = stress.document("delivered", 1)
    (point,) = document["points"]
    point["drops"] = {"vm.q0.rx": 30}
    for offered, share in ((120, 0.25), (0, None)):
        point["conservation"] = {"offered": offered}
        (row,) = counts.drops_rows(View("", [point], ["VF 1"], ()))
        assert (row["packets"], row["share_of_offered"]) == (30, share)


def test_a_course_draws_the_rates_of_its_rows_and_says_nothing_only_of_nothing() -> None:
    document = stress.document("delivered", 1)
    (point,) = document["points"]
    point["over_time"]["guests"] = {"vm": point["over_time"]["all"]}
    figure = charts.chart(document, "course")
    rows = point["over_time"]["all"]
    (line,) = [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(rows)]
    assert list(line.get_ydata()) == pytest.approx([row["throughput_bps"] / 1e6 for row in rows])
    mixed = document | {"points": [point, *stress.document("nothing", 2)["points"][1:]]}
    for shown, nothing in ((document, False), (mixed, False), (stress.document("nothing", 2), True)):
        said = charts.chart(shown, "course").texts[-1].get_text().replace("\n", " ")
        assert ("No packet was delivered." in said) is nothing


def test_the_curves_of_a_distribution_by_hand() -> None:
    point = {"histogram": [(0, 10 * US, 20), (10 * US, 30 * US, 20)], "latency_us": {"max": 25.0}}
    # 40 packets, of which ten stay above: 1 / (1 - p) is 1, 2 and 4
    assert distribution.percentile_curve(point) == [(1.0, 10.0), (2.0, 10.0), (2.0, 25.0), (4.0, 25.0)]


def test_ranges_lie_along_the_latency_of_a_distribution() -> None:
    document = stress.document("delivered", 1)
    wide = {"low": 3.0, "high": 30.0, "min": 2.0, "max": 40.0}
    document["points"][0]["ranges"] = {"latency.p50": wide, "latency.p99": wide}
    axes = charts.chart(document, "cdf").axes[0]
    assert axes.get_xscale() == "log"
    pale = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines if line.get_alpha() == 0.35]
    assert pale == [([3.0, 30.0], [0.5, 0.5]), ([3.0, 30.0], [0.99, 0.99])]
    upright = charts.chart(document, "percentiles").axes[0]
    pale = [list(line.get_ydata()) for line in upright.lines if line.get_alpha() == 0.35]
    assert pale == [[3.0, 30.0]] * 2


def test_a_name_inside_a_bar_is_in_its_middle() -> None:
    panel = stacks.Panel("", "us", [stacks.Bar([("wire", 4.0, False), ("stack", 6.0, False)])])
    axes = Figure().subplots()
    looks = style.part_looks(["wire", "stack"])
    assert stacks.draw_bars(axes, panel, looks, 10.0) == {"wire", "stack"}
    assert {text.get_text(): text.get_position() for text in axes.texts} == {"wire": (2.0, 0), "stack": (7.0, 0)}


def test_a_range_is_explained_where_a_bar_has_one() -> None:
    def said(**ends: float) -> str:
        panel = stacks.Panel("", "us", [stacks.Bar([("wire", 4.0, False)], **ends)])
        view = View("", stress.document("delivered", 1)["points"], ["VF 1"], ())
        figure = stacks.stacked(view, lambda _: panel, lambda _: "")
        return figure.texts[-1].get_text().replace("\n", " ")

    assert stacks.RANGE in said(low=3.0, high=5.0)
    assert stacks.RANGE not in said(low=4.0, high=4.0)
    assert stacks.RANGE not in said()


def test_the_line_rate_is_drawn_over_all_sizes() -> None:
    axes = charts.chart(stress.document("delivered", 2, sweep="size"), "throughput").axes[0]
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 51]
    assert [line.get_xdata()[0], line.get_xdata()[-1]] == pytest.approx([64, 1518])
    # 10 Gbit/s with 20 bytes of preamble and gap around a frame
    rates = [line.get_ydata()[0] / line.get_ydata()[-1], (1518 + 20) / (64 + 20)]
    assert rates[0] == pytest.approx(rates[1])


def test_rows_of_guests_that_just_fit_are_all_shown() -> None:
    rows = {n: len(charts.chart(stress.document("delivered", n), "guests").axes[0].get_yticklabels()) for n in (20, 21)}
    assert rows == {20: 40, 21: 40}
    said = charts.chart(stress.document("delivered", 20), "guests").texts[-1].get_text()
    assert "further rows" not in said


# Axes and marks


def test_an_axis_that_is_just_wide_enough_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scales, "MARGIN", 0.0)
    axes = Figure().subplots()
    axes.plot([0, 1], [1.0, scales.NARROW**2])
    scales.log_axis(axes.yaxis)
    assert axes.get_ylim() == (1.0, scales.NARROW**2)


def test_eight_ticks_are_not_too_many() -> None:
    ticks = scales.log_ticks(1, 10**7)
    assert ticks == pytest.approx([10.0**n for n in range(8)])


def test_a_rate_unit_is_that_of_rates_and_of_nothing_else() -> None:
    points = [{"offered_pps": 5e6, "parameters": {"a.rate": "10 kpps", "b.size": "64 B"}}]
    assert scales.rate_unit(points).name == "kpps"


def test_a_cross_for_each_place_and_a_pale_bar_from_end_to_end() -> None:
    axes = Figure().subplots()
    marks.crosses(axes, [1.0, 2.0], {"color": "red"})
    marks.crosses(axes, [], {"color": "red"})
    marks.pale_bar(axes, [3.0, 3.0], [1.0, 2.0], "red")
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines] == [
        ([1.0, 2.0], [0.04, 0.04]),
        ([3.0, 3.0], [1.0, 2.0]),
    ]


def test_an_unsteady_point_of_a_load_is_hollow() -> None:
    document = stress.document("delivered", 1, sweep="rate")
    document["points"][1]["steady"] = 0
    hollow = [line for line in charts.chart(document, "load").axes[0].lines if line.get_color() == "white"]
    assert [line.get_xdata()[0] for line in hollow] == [50]
