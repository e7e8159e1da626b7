"""Small parts of charts by hand: ticks, widths, fills, words, panels."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import bars, caption, lanes, scales, style, throughput
from tests.charts import stress

# Axes


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (10, 100, [10, 15, 20, 30, 50, 70, 100]),
        (1, 1000, [1, 3, 10, 30, 100, 300, 1000]),
        (1, 10**6, [1, 10, 100, 1000, 10**4, 10**5, 10**6]),
        (1, 10**15, [10.0**n for n in range(0, 16, 2)]),
        (48, 75, [48, 56, 64, 72]),
    ],
)
def test_round_numbers_of_a_logarithmic_axis(low: float, high: float, ticks: list[float]) -> None:
    assert scales.log_ticks(low, high) == pytest.approx(ticks)


def limits_of(*values: float) -> tuple[tuple[float, float], list[float]]:
    axes = Figure().subplots()
    axes.plot(range(len(values)), values)
    scales.log_axis(axes.yaxis)
    return axes.get_ylim(), list(axes.get_yticks())


def test_a_logarithmic_axis_has_a_margin_and_is_not_too_narrow() -> None:
    (low, high), ticks = limits_of(1, 1000)
    assert (low, high) == pytest.approx((1000**-scales.MARGIN, 1000 ** (1 + scales.MARGIN)))
    assert ticks == pytest.approx([1, 3, 10, 30, 100, 300, 1000])
    (low, high), _ = limits_of(10, 10)
    assert (low, high) == pytest.approx((10 / scales.NARROW, 10 * scales.NARROW))
    # just wide enough: NARROW squared, margins included
    (low, high), _ = limits_of(1, scales.NARROW ** (2 / (1 + 2 * scales.MARGIN)) * 1.001)
    assert low == pytest.approx(1 / scales.NARROW ** (2 * scales.MARGIN / (1 + 2 * scales.MARGIN)), rel=1e-2)
    assert limits_of() == ((pytest.approx(1 / scales.NARROW), pytest.approx(scales.NARROW)), [])


def test_numbers_without_exponents() -> None:
    values = (0, 1e-6, 9.9e-7, 2e-5, 1e-4, 1e12, 999_999_999_999, -2.5, 0.1 + 0.2)
    assert [scales.plain(value) for value in values] == [
        "0", "0.000001", "9.9e-07", "0.00002", "0.0001", "1e+12", "999,999,999,999", "-2.5", "0.3",
    ]  # fmt: skip


def test_no_rate_is_not_drawn() -> None:
    unit = scales.rate_unit([{"offered_pps": None, "parameters": {}}])
    assert (unit.name, unit.of(3.0)) == ("pps", 3.0)
    assert isnan(unit.of(None))
    points = [{"offered_pps": value, "parameters": {}} for value in (None, 999.0, 2e3)]
    assert scales.rate_unit(points).name == "kpps"
    assert scales.rate_unit(points[:2]).name == "pps"


# Lines and fills


def test_earlier_lines_are_wider_where_there_are_few() -> None:
    few = style.FEW_SERIES
    assert [round(style.width(number, 3), 1) for number in range(3)] == [5.6, 4.3, 3.0]
    assert (style.width(0, few), style.width(0, few + 1)) == (pytest.approx(5.6), 2.0)


def test_waiting_is_hatched_and_other_stays_as_it_is() -> None:
    looks = style.part_looks(["wire", "a", "b", style.OTHER], hatched=["wire", style.OTHER])
    assert looks["wire"] == style.solid(style.STAGE_COLOURS["wire"]) | {"hatch": "////", "edgecolor": "white"}
    assert [looks[name] for name in "ab"] == [style.solid(colour) for colour in style.KIND_COLOURS[:2]]
    assert looks[style.OTHER] == style.OTHER_LOOK
    assert style.hatch(style.solid("#FFFFFF"))["edgecolor"] == style.INK


def test_axes_are_dressed_alike() -> None:
    axes = Figure().subplots()
    axes.plot([0, 1], [0, 1])
    style.dress(axes, "a title", "x in us", "y in us", grid="x")
    assert (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) == ("a title", "x in us", "y in us")
    assert [axes.spines[side].get_visible() for side in ("top", "right", "bottom", "left")] == [
        False,
        False,
        True,
        True,
    ]
    assert [any(line.get_visible() for line in axis.get_gridlines()) for axis in (axes.xaxis, axes.yaxis)] == [
        True,
        False,
    ]
    assert axes.get_axisbelow() is True


# Words


def test_steps_that_stand_together_share_their_words() -> None:
    assert [lanes._together(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a, b", "a to c"]


def test_from_which_size_the_line_is_full() -> None:
    def said(*shares: float) -> str:
        rows = [{"size_bytes": 64 << n, "share_of_line": share} for n, share in enumerate(shares)]
        return throughput._reach(rows)

    assert said(0.5, 0.98) == "never"
    assert said(0.5, 0.99) == "from 128 B"
    assert said(0.99, 1.0, 1.0) == "at every size"
    assert said(1.0, 0.5, 1.0) == "from 256 B"


def point(p99: float | None, mean: float | None = 1.0, bottleneck: str = "nothing") -> dict[str, Any]:
    return {"latency_us": {"p99": p99, "mean": mean, "p50": mean}, "bottleneck": bottleneck}


def test_what_a_comparison_says() -> None:
    labels = ["a", "b", "c"]
    assert caption.shown_percentile([point(None), point(2.0)]) == "p99"
    assert caption.shown_percentile([point(None)]) == "mean"
    said = caption.what_to_see([point(2.0), point(6.0, bottleneck="link wire is 99.0 % busy"), point(None)], labels)
    assert (
        said
        == "Lowest p99 latency: a, 2.00 us. Highest: b, 6.00 us, 3 times the lowest. There, link wire is 99.0 % busy."
    )
    assert caption.what_to_see([point(2.0), point(2.0), point(None, None)], labels) == (
        "p99 latency 2.00 us for all. Nothing was delivered for c."
    )
    assert caption.what_to_see([point(2.0)], ["a"]) == "a: p99 latency 2.00 us."
    assert caption.what_to_see([point(None, None)], ["a"]) == caption.NOTHING


# Panels


def test_an_interval_is_a_pale_bar_in_its_row() -> None:
    axes = Figure().subplots()
    bars._range(axes, 3, None)
    bars._range(axes, 3, (1.0, 2.0))
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines] == [([1.0, 2.0], [3, 3])]


def test_stages_are_shares_where_means_are_far_apart() -> None:
    def panel(*means: float) -> bars.Panel:
        return bars._stage_panel(
            [
                {"stages": [{"name": "wire", "wait_us": mean / 4, "service_us": mean * 3 / 4}] if mean else []}
                for mean in means
            ]
        )

    ratio = bars.SHARES_FROM_RATIO
    assert panel(1.0, ratio).unit == "mean latency, us"
    assert panel(1.0, ratio * 1.01).unit == "share of the mean latency, %"
    assert panel(0.0, 1.0).unit == panel(0.0).unit == "mean latency, us"
    shares = panel(2.0, 0.0, 4.0 * ratio).bars
    assert [sum(size for _, size, _ in bar.parts) for bar in shares] == pytest.approx([100, 0, 100])
    assert [bar.remark for bar in shares][1] == "nothing delivered"


def test_a_sweep_has_its_cores_and_the_places_of_every_panel() -> None:
    axes = charts.chart(stress.document("delivered", 3, sweep="rate"), "overview").axes[:3]
    cores = [list(line.get_ydata()) for line in axes[2].lines if line.get_marker() not in ("", "None")]
    assert cores == [pytest.approx([0.4 + 0.3 + 0.02 * n + 0.2 * n] * 5) for n in range(3)]
    assert [[text.get_text() for text in one.get_xticklabels()] for one in axes] == [
        ["10 kpps", "50 kpps", "100 kpps", "200 kpps", "400 kpps"]
    ] * 3
    assert len({tuple(one.get_xticks()) for one in axes}) == 1
    # which of it was polling is dotted, where anybody polls
    dotted = [list(line.get_ydata()) for line in axes[2].lines if line.get_linestyle() == ":"]
    assert dotted == [pytest.approx([0.7 + 0.02 * n] * 5) for n in (1, 2)]


def test_panels_of_a_course_say_what_they_show() -> None:
    axes = charts.chart(stress.document("lost", 2), "course").axes[:3]
    assert [one.get_title(loc="left") for one in axes] == ["Delivered", "Mean latency", "Dropped by all"]
    assert [one.get_ylabel() for one in axes] == ["Mbit/s", "latency, us (log scale)", "packets per interval"]


def test_rows_that_are_not_shown_are_counted() -> None:
    few, many = (charts.chart(stress.document("delivered", n), "guests").texts[-1].get_text() for n in (3, 24))
    assert "further rows" not in few
    assert "8 further rows are not shown." in many.replace("\n", " ")
