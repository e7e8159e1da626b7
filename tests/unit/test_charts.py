"""Charts of made-up documents: what is drawn, what is said, and that the bytes do not depend on the day."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import caption, lines, style
from simulator.errors import SimulatorError

PNG_HEADER = b"\x89PNG\r\n\x1a\n"


def point(series: str, path: str, mode: str, p50_us: float | None, **parameters: str) -> dict[str, Any]:
    p50 = p50_us or 0.0
    stages = [{"name": "wire", "wait_us": 0.1, "service_us": 0.4}, {"name": "stack", "wait_us": p50, "service_us": 0.5}]
    names = ("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")
    latency = dict.fromkeys(names) if p50_us is None else dict(zip(names, [p50 * k for k in range(1, 8)], strict=True))
    return {
        "series": series, "datapath": path, "interrupts": mode, "parameters": parameters, "latency_us": latency,
        "stages": stages, "host_cores_busy": 0.25, "guest_cores_busy": 0.5, "loss_ratio": 0.0, "offered_pps": 1e6,
        "exits_per_packet": None if p50_us is None else 1.0, "delivered_pps": 9e5,
        "bottleneck": "nothing: core c0 is 75.0 % busy at most",
        "cost_status": {"cited": 3, "borrowed": 0, "assumed": 2},
        "ranges": {"latency.p50": {"min": p50, "max": p50 * 1.1}},
    }  # fmt: skip


def document(*points: dict[str, Any]) -> dict[str, Any]:
    return {"scenario": "made-up", "title": "", "points": list(points)}


COMPARED = document(point("bare metal", "native", "", 3.0), point("VF", "sriov-vf", "posted", 9.0))
SWEPT = document(
    *(point(s, d, m, v * k**power, **{"traffic.load.rate": rate})
      for s, d, m, v, power in (("bare metal", "native", "", 3.0, 1), ("VF", "sriov-vf", "posted", 9.0, 2))
      for k, rate in ((1, "50 kpps"), (2, "400 kpps"), (3, "3.2 Mpps")))
)  # fmt: skip


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("made", [COMPARED, SWEPT, document(point("VF", "sriov-vf", "poll", None))])
def test_charts_are_the_same_bytes_every_time(made: dict[str, Any]) -> None:
    first = charts.png(charts.draw(made))
    assert first.startswith(PNG_HEADER)
    assert first == charts.png(charts.draw(made))
    assert b"Matplotlib" not in first


def test_a_comparison_has_a_row_per_series_and_units_on_its_axes() -> None:
    figure = charts.draw(COMPARED)
    left, middle, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["bare metal \N{DAGGER}", "VF \N{DAGGER}"]
    assert left.get_xscale() == "log"
    assert [axes.get_xlabel() for axes in (left, middle, right)] == [
        "latency, us (log scale)",
        "mean latency, us",
        "cores busy",
    ]
    assert "Lowest p99 latency: bare metal, 12.0 us. Highest: VF, 36.0 us, 3 times the lowest." in words(figure)
    assert "2 assumed of the 5 cost values" in words(figure)


def test_the_stage_bars_are_as_long_as_the_mean_latency() -> None:
    _, middle, _ = charts.draw(COMPARED).axes
    ends = [patch.get_x() + patch.get_width() for patch in middle.patches]  # type: ignore[attr-defined]
    assert max(ends[:4]) == pytest.approx(4.0)
    assert max(ends[4:]) == pytest.approx(10.0)


def test_stages_become_shares_where_series_differ_much() -> None:
    _, middle, _ = charts.draw(document(point("a", "native", "", 1.0), point("b", "sriov-vf", "poll", 90.0))).axes
    ends = [patch.get_x() + patch.get_width() for patch in middle.patches]  # type: ignore[attr-defined]
    assert max(ends[:4]) == pytest.approx(100.0)
    assert max(ends[4:]) == pytest.approx(100.0)


def test_a_sweep_becomes_lines_over_a_numeric_axis() -> None:
    figure = charts.draw(SWEPT)
    latency, rate, _ = figure.axes
    assert latency.get_xscale() == "log"
    assert [tick.get_text() for tick in rate.get_xticklabels()] == ["50 kpps", "400 kpps", "3.2 Mpps"]
    p99 = latency.lines[0]
    assert list(p99.get_xdata()) == [50e6, 400e6, 3200e6]
    assert list(p99.get_ydata()) == [12.0, 24.0, 36.0]
    assert "At rate 3.2 Mpps: Lowest p99 latency: bare metal" in words(figure)


def test_a_second_swept_parameter_names_the_lines() -> None:
    made = document(
        *(
            point("VF", "sriov-vf", "posted", 5.0, **{"a.rate": r, "b.count": c})
            for c in "12"
            for r in ("1 s", "2 s", "3 s")
        )
    )
    (legend,) = charts.draw(made).legends
    assert [text.get_text() for text in legend.get_texts()] == ["VF, count 1 \N{DAGGER}", "VF, count 2 \N{DAGGER}"]


def test_words_are_spread_evenly_in_the_order_of_the_sweep() -> None:
    assert lines._ticks(["posted", "legacy", "poll"]) == {"posted": 0.0, "legacy": 1.0, "poll": 2.0}
    assert lines._ticks(["1", "2.5"]) == {"1": 1.0, "2.5": 2.5}


def test_the_caption_names_the_limit_of_the_slowest() -> None:
    slow = point("VF", "sriov-vf", "legacy", 9.0) | {"bottleneck": "core c0 is 100.0 % busy (guest_soft 60 %)"}
    seen = caption.what_to_see([point("a", "native", "", 1.0), slow], ["a", "VF"])
    assert seen.endswith("There, core c0 is 100.0 % busy (guest_soft 60 %).")
    assert caption.what_to_see([point("a", "native", "", None)], ["a"]) == "No packet was delivered."


def test_known_paths_have_colours_of_their_own() -> None:
    for one, other in combinations(style.PATH_COLOURS.values(), 2):
        distance = sum((a - b) ** 2 for a, b in zip(to_rgb(one), to_rgb(other), strict=True)) ** 0.5
        assert distance > 0.25


def test_two_series_never_share_a_colour() -> None:
    same = [point(f"VF {n}", "sriov-vf", "posted", 5.0) for n in range(5)]
    colours = style.series_colours(same, [p["series"] for p in same])
    assert len(set(colours.values())) == 5
    assert colours["VF 0"] == style.PATH_COLOURS["sriov-vf", "posted"]


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(SimulatorError, match="no point"):
        charts.draw(document())
