"""Charts of made-up documents: what is drawn, what is said, and that the bytes do not depend on the day."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import caption, distribution, lines, load, places, stacks, style, throughput
from simulator.charts.caption import MARK
from simulator.cli import cli
from simulator.datapaths import datapath
from simulator.errors import InputError, SimulatorError
from simulator.parts.stages import STAGES
from simulator.plan.trace import LABELS
from simulator.scenario.names import datapaths as datapath_names

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


def names(figure: Figure) -> list[str]:
    """What stands beside the lines, from the top down, and in the legend."""
    beside = [text.get_text().replace("\n", " ") for text in figure.axes[-1].texts]
    return beside + [text.get_text() for legend in figure.legends for text in legend.get_texts()]


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
    assert names(charts.draw(made)) == ["VF, count 1 \N{DAGGER}", "VF, count 2 \N{DAGGER}"]


def test_words_are_spread_evenly_in_the_order_of_the_sweep() -> None:
    assert lines.place_of(["posted", "legacy", "poll"]) == {"posted": 0.0, "legacy": 1.0, "poll": 2.0}
    assert lines.place_of(["1", "2.5"]) == {"1": 1.0, "2.5": 2.5}


def test_the_caption_names_the_limit_of_the_slowest() -> None:
    slow = point("VF", "sriov-vf", "legacy", 9.0) | {"bottleneck": "core c0 is 100.0 % busy (guest_soft 60 %)"}
    seen = caption.what_to_see([point("a", "native", "", 1.0), slow], ["a", "VF"])
    assert seen.endswith("There, core c0 is 100.0 % busy (guest: softirq 60 %).")
    assert caption.what_to_see([point("a", "native", "", None)], ["a"]) == "No packet was delivered."


def test_two_series_never_share_a_colour() -> None:
    same = [point(f"VF {n}", "sriov-vf", "posted", 5.0) for n in range(5)]
    colours = style.series_colours(same, [p["series"] for p in same])
    assert len(set(colours.values())) == 5
    assert colours["VF 0"] == style.PATH_COLOURS["sriov-vf", "posted"]
    assert not set(colours.values()) & {c for path, c in style.PATH_COLOURS.items() if path != ("sriov-vf", "posted")}


def test_paths_beside_each_other_differ_in_colour() -> None:
    """The first paths have one for good; the further ones take what is free while there is any."""
    made = [{"datapath": name, "interrupts": mode} for name in datapath_names() for mode in datapath(name).modes]
    fixed = [point for point in made if style.colour_of(point)]
    assert {point["datapath"] for point in fixed} >= {
        "native",
        "sriov-vf",
        "vhost-net",
        "virtio-qemu",
        "emulated-e1000",
        "vhost-user",
    }
    further = [
        {"datapath": name, "interrupts": ""} for name in datapath_names() if name not in {p["datapath"] for p in fixed}
    ]
    shown = further[: len(style.UNNAMED)]
    assert len(set(style.series_colours(shown, [point["datapath"] for point in shown]).values())) == len(shown)


def test_every_stage_and_label_has_a_colour_and_every_label_words() -> None:
    assert set(STAGES) == set(style.STAGE_COLOURS)
    assert set(LABELS) - {"idle"} == set(style.LABEL_COLOURS)
    assert set(LABELS) - {"idle"} <= set(style.WORDS)


def whole(series: str, path: str, mode: str, samples_us: list[int], **more: Any) -> dict[str, Any]:
    """A point with all that the result document has, its latencies from samples."""
    counts = Counter(samples_us)
    made = point(series, path, mode, sum(samples_us) / len(samples_us))
    exact = {
        "histogram": [(us * 10**6, us * 10**6, counts[us]) for us in sorted(counts)],
        "latency_us": {**made["latency_us"], "mean": sum(samples_us) / len(samples_us), "max": max(samples_us)},
        "latency_exact": {"count": len(samples_us)}, "conservation": {"offered": 2 * len(samples_us)},
        "work_split": {"host_work": {"hyp": 0.25}, "guest_work": {"guest_soft": 0.5}, "polling": {"halt_poll": 0.125}},
        "host_work_cores": 0.25, "guest_work_cores": 0.5, "polling_cores": 0.125, "exits": {"HLT": 300}, "drops": {"vm.q0.rx": 7},
        "window_s": 2.0, "line_rate_bps": 10**10, "throughput_bps": 1e9, "replications": 3,
    }  # fmt: skip
    rates = {name: exact.get(name, made.get(name)) for name in ("offered_pps", "delivered_pps", "throughput_bps")}
    guests = {"vm": {"rx": rates | {"latency_us": exact["latency_us"]}}}
    row = {"start_s": 0.0, **rates, "latency_mean_us": exact["latency_us"]["mean"], "dropped": 7}
    course = {"interval_s": 1.0, "events": [], "all": [row], "guests": {"vm": [row]}}
    return made | exact | {"guests": guests, "over_time": course} | more


SAMPLES = [1] * 500 + [2] * 400 + list(range(10, 110))


def test_the_cdf_is_that_of_the_samples() -> None:
    curve = distribution.cdf_curve(whole("a", "native", "", SAMPLES))
    for value in set(SAMPLES):
        share = sum(sample <= value for sample in SAMPLES) / len(SAMPLES)
        assert max(y for x, y in curve if x <= value) == pytest.approx(share)


def test_the_percentile_curve_is_that_of_the_samples() -> None:
    curve = distribution.percentile_curve(whole("a", "native", "", SAMPLES))
    ordered = sorted(SAMPLES)
    for one_in in (1.5, 4, 10.5, 30):
        rank = ceil((1 - 1 / one_in) * len(SAMPLES))
        assert next(y for x, y in curve if x >= one_in) == ordered[rank - 1]
    assert max(x for x, _ in curve) == pytest.approx(len(SAMPLES) / 10)


@pytest.mark.parametrize(
    ("sojourn", "expected"), [(lambda u: 1 / (1 - u), 0.5), (lambda u: (2 - u) / (2 * (1 - u)), 2 - sqrt(2))]
)
def test_the_knee_of_a_queue_is_where_theory_has_it(sojourn: Callable[[float], float], expected: float) -> None:
    loads = [n / 1000 for n in range(1, 1000)]
    points = [{"delivered_pps": u, "latency_us": {"mean": sojourn(u)}} for u in loads]
    place = load.knee(points)
    assert place is not None
    assert loads[place] == pytest.approx(expected, abs=0.001)


def test_a_sweep_that_ends_before_the_knee_has_none() -> None:
    assert load.knee([{"delivered_pps": u, "latency_us": {"mean": 1.0}} for u in (1.0, 2.0, 3.0)]) is None


def test_the_load_table_marks_one_knee_per_series() -> None:
    points = [
        p | {"offered_pps": rate * 1e6, "delivered_pps": rate * 1e6}
        for p, rate in zip(SWEPT["points"], (1, 4, 9, 1, 2, 3), strict=True)
    ]
    frame = charts.table(document(*points), "load")
    assert list(frame["latency_p99_us"]) == [12.0, 24.0, 36.0, 36.0, 144.0, 324.0]
    assert list(frame["is_knee"]) == [False, False, False, True, False, False]
    drawn = names(charts.chart(document(*points), "load"))
    assert {"bare metal \N{DAGGER}", "VF \N{DAGGER} (knee 1.00 Mpps)", "knee"} <= set(drawn)


def test_without_a_knee_no_word_of_one() -> None:
    points = [
        point("bare metal", "native", "", 3.0, rate=text) | {"offered_pps": rate, "delivered_pps": rate**3}
        for text, rate in (("1 kpps", 1e3), ("2 kpps", 2e3), ("4 kpps", 4e3))
    ]
    figure = charts.chart(document(*points), "load")
    assert names(figure) == ["bare metal \N{DAGGER}"]
    assert "No series has a knee" in words(figure)
    assert figure.axes[0].get_xlabel() == "offered, kpps"


def test_line_rate_is_the_wires() -> None:
    assert throughput.line_rate_pps(10**10, 64) == pytest.approx(14_880_952, abs=1)
    sizes = [(64, 5e6), (1518, line := throughput.line_rate_pps(10**10, 1518))]
    points = [
        whole("VF", "sriov-vf", "posted", SAMPLES, parameters={"traffic.*.size": f"{size} B"}, delivered_pps=rate)
        for size, rate in sizes
    ]
    frame = charts.table(document(*points), "throughput")
    assert list(frame["size_bytes"]) == [64, 1518]
    assert list(frame["share_of_line"]) == pytest.approx([5e6 * 8 * 84 / 1e10, 1.0])
    assert line < 1e6
    assert "VF from 1518 B. Least: VF, 64 B, 33.6 %." in words(charts.chart(document(*points), "throughput")).replace(
        "\n", " "
    )


def test_budget_bars_are_as_long_as_the_mean_and_the_table_has_every_stage() -> None:
    figure = charts.chart(COMPARED, "budget")
    longest = max(patch.get_x() + patch.get_width() for patch in figure.axes[0].patches)  # type: ignore[attr-defined]
    assert longest == pytest.approx(10.0)
    frame = charts.table(COMPARED, "budget")
    assert list(frame["stage"]) == ["wire", "stack"] * 2
    assert frame.groupby("series")["share"].sum().tolist() == pytest.approx([1.0, 1.0])


def test_means_far_apart_become_shares() -> None:
    figure = charts.chart(document(point("a", "native", "", 1.0), point("b", "sriov-vf", "poll", 90.0)), "budget")
    assert figure.axes[0].get_xlabel() == "share of the mean latency, %"
    ends = [patch.get_x() + patch.get_width() for patch in figure.axes[0].patches]  # type: ignore[attr-defined]
    assert sum(end == pytest.approx(100.0) for end in ends) == 2


def test_core_bars_are_work_of_guests_and_host_and_polling() -> None:
    made = document(whole("VF", "sriov-vf", "posted", SAMPLES))
    frame = charts.table(made, "cores").set_index("label")
    assert frame["cores"].to_dict() == {"guest_soft": 0.5, "hyp": 0.25, "halt_poll": 0.125}
    assert frame["side"].to_dict() == {"guest_soft": "guest_work", "hyp": "host_work", "halt_poll": "polling"}
    assert frame.loc["hyp", "us_per_packet"] == pytest.approx(500)
    (axes,) = charts.chart(made, "cores").axes
    bars = [(bar.get_x(), bar.get_width(), bool(bar.get_hatch())) for bar in axes.patches]  # type: ignore[attr-defined]
    assert bars == [(0.0, 0.25, False), (0.25, 0.5, False), (0.75, 0.125, True)]
    assert "0.88, of it 0.12 polling" in [text.get_text() for text in axes.texts]


def test_exits_and_drops_are_counted_per_packet() -> None:
    made = document(whole("VF", "sriov-vf", "posted", SAMPLES))
    assert charts.table(made, "exits")["exits_per_packet"].tolist() == [0.3]
    assert charts.table(made, "drops")["share_of_offered"].tolist() == [0.0035]


def test_many_queues_alike_are_drawn_as_one_place() -> None:
    drops = {f"vm{n}.q0.rx": 5 for n in range(20)}
    assert set(places.places([{"drops": drops}]).values()) == {"vm: receive ring"}
    assert places.places([{"drops": {"vm1.q0.rx": 5}}]) == {"vm1.q0.rx": "vm1: receive ring 0"}
    named = {f"{name}.q0.rx": 5 for name in "abcdefghij"} | {"port.buffer": 1}
    assert set(places.places([{"drops": named}]).values()) == {"receive ring (all)", "packet buffer (all)"}


def test_no_drop_is_said_in_words() -> None:
    made = document(whole("VF", "sriov-vf", "posted", SAMPLES, drops={}))
    assert "No packet was dropped." in words(charts.chart(made, "drops"))
    assert charts.table(made, "drops").empty


WHOLE = document(
    *(
        whole(series, path, mode, SAMPLES, parameters={"traffic.load.rate": rate, "traffic.load.size": size})
        for series, path, mode in (("bare metal", "native", ""), ("VF", "sriov-vf", "posted"))
        for rate in ("1 kpps", "2 kpps", "4 kpps")
        for size in ("64 B", "1518 B")
    )
)


@pytest.mark.parametrize("kind", sorted(set(charts.KINDS) - {"load"}))
def test_every_kind_is_drawn_with_units_a_caption_and_the_mark(kind: str) -> None:
    figure = charts.chart(WHOLE, kind)
    assert all(axes.get_xlabel() for axes in figure.axes if axes.axison)
    assert MARK in words(figure)
    assert len(words(figure)) > 40
    assert not charts.table(WHOLE, kind).empty
    again = charts.chart(WHOLE, kind)
    assert charts.png(figure, 30) == charts.png(again, 30)
    assert (drawn := charts.svg(figure)) == charts.svg(again)
    assert b"date" not in drawn.lower()


def test_the_range_over_replications_is_drawn() -> None:
    spread = {"latency.p99": {"min": 30.0, "max": 60.0}}
    with_range, without = (document(whole("VF", "sriov-vf", "posted", SAMPLES, ranges=r)) for r in (spread, {}))
    drawn = [len(charts.chart(made, "cdf").axes[0].lines) for made in (with_range, without)]
    assert drawn == [2, 1]


def test_at_keeps_the_points_that_are_meant() -> None:
    frame = charts.table(WHOLE, "exits", {"rate": "2 kpps", "series": "VF"})
    assert frame["traffic.load.rate"].tolist() == ["2 kpps"] * 2
    assert set(frame["series"]) == {"VF"}


def test_one_place_of_a_sweep_is_said() -> None:
    assert "one of 6 places of the sweep." in words(charts.chart(WHOLE, "cdf")).replace("\n", " ")
    assert len(charts.chart(WHOLE, "cdf", {"rate": "1 kpps", "size": "64 B"}).axes[0].lines) >= 2


def test_the_place_shown_is_one_without_loss() -> None:
    points = [
        whole(series, path, "", [us * wait] * 20, parameters={"load.rate": rate}, loss_ratio=loss)
        for series, path, us in (("a", "native", 1), ("b", "vhost-net", 2))
        for rate, loss, wait in (("1 kpps", 0.0, 1), ("2 kpps", 0.0, us), ("4 kpps", 0.3, us * us))
    ]
    assert "Shown at rate 2 kpps" in words(charts.chart(document(*points), "cdf"))


def test_places_have_colours_of_their_own() -> None:
    looks = style.part_looks([f"vm{n}: receive ring" for n in range(9)])
    assert len({look["facecolor"] for look in looks.values()}) == 9


def test_small_parts_become_other_and_bars_keep_their_length() -> None:
    bar = stacks.Bar([("a", 9.0, False), ("b", 0.2, False), ("c", 0.2, True), ("d", 0.6, True)])
    (found,) = stacks.merged([bar])
    assert found.parts == [("a", 9.0, False), ("d", 0.6, True), ("other", 0.2, False), ("other", 0.2, True)]
    assert found.total == pytest.approx(bar.total)
    assert stacks.merged([bar, stacks.Bar([("b", 5.0, False), ("a", 5.0, False)])])[0] is bar


def test_many_rows_are_thinned_and_it_is_said() -> None:
    points = [whole("VF", "sriov-vf", "posted", SAMPLES, parameters={"guests.*.count": str(n)}) for n in range(1, 20)]
    text = words(charts.chart(document(*points), "exits"))
    assert "Shown: 3 of the 19 values of count." in text.replace("\n", " ")
    assert len(charts.table(document(*points), "exits")) == 19


@pytest.mark.parametrize(
    ("kind", "at", "message"),
    [
        ("cfd", {}, "'cfd' is not a known chart; choices: overview, cdf, .*did you mean 'cdf'"),
        ("timeline", {}, "sriovsim explain DATAPATH --chart FILE"),
        ("cdf", {"rat": "1"}, "'rat' is not a known property of a point; .*did you mean 'rate'"),
        ("cdf", {"rate": "3 kpps"}, "'3 kpps' is not a known value of rate; choices: 1 kpps, 2 kpps, 4 kpps"),
        ("load", {"rate": "1 kpps"}, "needs 3 offered loads or more"),
        ("throughput", {"size": "64 B"}, "needs several frame sizes"),
    ],
)
def test_a_wrong_question_is_answered(kind: str, at: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        charts.chart(WHOLE, kind, at)


def test_a_chart_without_histograms_says_which_file_is_missing() -> None:
    with pytest.raises(InputError, match=r"histograms\.csv: is missing beside result\.json; the chart 'cdf'"):
        charts.chart(COMPARED, "cdf")


def folder(path: Path) -> Path:
    points = [{key: value for key, value in entry.items() if key != "histogram"} for entry in WHOLE["points"]]
    rows = [f"{n},{low},{high},{count}" for n, p in enumerate(WHOLE["points"]) for low, high, count in p["histogram"]]
    (path / "result.json").write_text(json.dumps(WHOLE | {"points": points}))
    (path / "histograms.csv").write_text("\n".join(["point,bucket_low_ps,bucket_high_ps,count", *rows]))
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["chart", *map(str, arguments)])


def test_a_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert charts.read(folder(tmp_path)) == WHOLE
    (tmp_path / "histograms.csv").unlink()
    assert "histogram" not in charts.read(tmp_path / "result.json")["points"][0]


def test_the_command_writes_both_formats_beside_the_results(tmp_path: Path) -> None:
    assert call(folder(tmp_path), "--kind", "budget").exit_code == 0
    assert (tmp_path / "chart-budget.png").read_bytes().startswith(PNG_HEADER)
    assert b"<svg" in (tmp_path / "chart-budget.svg").read_bytes()


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    lines = call(folder(tmp_path), "--kind", "exits", "--at", "rate=1 kpps", "--table").stdout.splitlines()
    assert lines[0] == "series,datapath,interrupts,traffic.load.rate,traffic.load.size,kind,exits,exits_per_packet"
    assert len(lines) == 5
    rows = json.loads(call(tmp_path, "--kind", "exits", "--table", "--json").stdout)["rows"]
    assert len(rows) == 12
    assert not list(tmp_path.glob("chart*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kind", "cfd"), "did you mean 'cdf'?"),
        (("--out", "x.pdf"), "'pdf' is not a known format of a chart; choices: png, svg"),
        (("--format", "pgn"), "did you mean 'png'?"),
        (("--at", "rate"), "is not of the form key=value"),
        (("--out", "none/x.png"), "cannot be written"),
    ],
)
def test_a_wrong_option_writes_nothing(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = call(folder(tmp_path), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.glob("chart*"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("result.json", None, "has no result.json"),
        ("result.json", "{", "is not JSON"),
        ("result.json", "[]", "is not a result of this program"),
        ("result.json", '{"points": []}', "is not a result of this program"),
        ("result.json", '{"scenario": "s", "points": {}}', "is not a result of this program"),
        ("histograms.csv", "point,count\n0,1\n", "does not belong to this result"),
        ("histograms.csv", "point,bucket_low_ps,bucket_high_ps,count\n99,1,1,1\n", "does not belong to this result"),
    ],
)
def test_a_damaged_folder_is_refused(name: str, content: str | None, message: str, tmp_path: Path) -> None:
    folder(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content)
    result = call(tmp_path, "--kind", "cdf")
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_unknown_kind_is_said_before_anything_is_read(tmp_path: Path) -> None:
    result = call(tmp_path / "nowhere", "--kind", "cfd")
    assert result.exit_code == 2
    assert "did you mean 'cdf'?" in result.stderr


def test_a_timeline_has_a_bar_for_each_span_and_says_the_longest() -> None:
    spans = [
        {"lane": "packet", "step": "wire", "start_ps": 0, "end_ps": 10**6},
        {"lane": "packet", "step": "stack", "start_ps": 10**6, "end_ps": 4 * 10**6},
        {"lane": "guest", "step": "softirq", "label": "guest_soft", "start_ps": 10**6, "end_ps": 4 * 10**6},
    ]
    for _ in range(2):
        figure = charts.timeline(spans, "one", {"assumed": 2, "cited": 1})
        assert len(figure.axes[0].patches) == 3
    assert "longest: stack, 3.00 us, 75 %." in words(figure).replace("\n", " ")
    assert "2 assumed of the 3 cost values" in words(figure)
    with pytest.raises(SimulatorError):
        charts.timeline([])


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(SimulatorError, match="no point"):
        charts.draw(document())
