"""Small parts of a study on made-up numbers: forecasts, pools, bills, tables, folders, limits of options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from simulator.errors import InputError
from simulator.plan.trace import histogram_index
from simulator.scenario import Scenario
from simulator.statistics.intervals import Interval
from simulator.study import bill, estimate, execute, fleet, runs, screen
from simulator.study.fanout import fan_out
from simulator.study.fleet import SUMMED
from simulator.study.folder import Folder
from simulator.study.ranges import drift, relative
from simulator.study.runs import Interrupted
from simulator.study.sweeps import journal
from simulator.study.sweeps.merge import _columns, _numbers
from simulator.study.tables import csv_bytes
from tests.unit.test_screen import entry

# How long it will take


def forecast(
    monkeypatch: pytest.MonkeyPatch, costs_s: list[float], workers: int = 1, runs: int = 1
) -> tuple[float, list[tuple[int, float]]]:
    """The estimate for points of which each takes so long, and which of them were tried for how long."""
    asked: list[tuple[int, float]] = []

    def seconds_of(point: Any, _: str, patience_s: float) -> float:
        asked.append((point.number, patience_s))
        return costs_s[point.number]

    monkeypatch.setattr(estimate, "_seconds_of", seconds_of)
    points: Any = [
        SimpleNamespace(number=n, scenario=SimpleNamespace(first_replications=runs)) for n in range(len(costs_s))
    ]
    return estimate.seconds(points, "compiled", workers), asked


def test_a_forecast_is_the_mean_of_the_samples_times_the_points(monkeypatch: pytest.MonkeyPatch) -> None:
    glance, patience = estimate.GLANCE_S, estimate.PATIENCE_S
    assert forecast(monkeypatch, [0.1, 9.0, 0.5]) == (pytest.approx(0.9), [(0, glance), (2, glance)])
    assert forecast(monkeypatch, [2.0]) == (2.0, [(0, glance)])
    long = [(0, glance), (8, glance), *((n, patience) for n in (0, 2, 4, 6, 8))]
    assert forecast(monkeypatch, [1.0, 0, 2.0, 0, 3.0, 0, 4.0, 0, 5.0]) == (27.0, long)
    # three seconds and more are worth a longer look
    assert len(forecast(monkeypatch, [1.5, 1.5])[1]) == 4
    assert len(forecast(monkeypatch, [1.4, 1.4])[1]) == 2


def test_workers_share_the_runs_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forecast(monkeypatch, [1.0] * 4, workers=3)[0] == pytest.approx(4 / 3)
    assert forecast(monkeypatch, [1.0] * 4, workers=99)[0] == 1.0
    assert forecast(monkeypatch, [1.0] * 4, workers=99, runs=5)[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("tick_s", "reached", "used_s"),
    [
        # 10 us, 20 us, 40 us, ... while a quarter of the patience lasts: at once to the end
        (0.0, [10_000_000, 30_000_000, 70_000_000, 100_000_000], 0.0),
        # the clock is read once before each step and once after it: a quarter has passed after the first, all of it before the fifth
        (0.125, [10_000_000, 20_000_000, 30_000_000, 40_000_000], 1.25),
        # no patience at all: nothing is run, and the estimate stays a number
        (1.0, [], 2.0),
    ],
)
def test_a_probe_runs_until_its_patience_has_passed(
    tick_s: float, reached: list[int], used_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, ran = [0.0], []

    def clock() -> float:
        now[0] += tick_s
        return now[0]

    engine = SimpleNamespace(run=ran.append)
    monkeypatch.setattr(estimate, "perf_counter", clock)
    monkeypatch.setattr(estimate, "engine_named", lambda _: lambda *_: engine)
    plan: Any = None
    assert estimate._probe(plan, "compiled", 1, 100_000_000, 1.0) == (used_s, reached[-1] if reached else 1)
    assert ran == reached


# Pools


def test_whoever_is_interrupted_waits_for_the_jobs_under_way() -> None:
    begun, ended = [], []

    def run(number: int, stopped: Callable[[], bool]) -> None:
        if number == 0:
            raise KeyboardInterrupt
        begun.append(number)
        while not stopped():
            pass
        ended.append(number)
        raise Interrupted("stopped")

    with pytest.raises(KeyboardInterrupt):
        list(fan_out(run, range(9), 2, processes=False))
    assert sorted(ended) == sorted(begun) != []


# Bills


def test_a_bill_takes_what_is_missing_as_nothing() -> None:
    guests = (SimpleNamespace(count=3), SimpleNamespace(count=None))
    point: Any = SimpleNamespace(scenario=SimpleNamespace(guests=guests))
    known = {
        "throughput_bps": 5e9,
        "loss_ratio": 0.25,
        "host_cores_busy": 1.5,
        "guest_cores_busy": 2.5,
        "line_rate_bps": 1e10,
    }
    assert bill.load_of(point, known) == bill.Load(4, 5e9, 0.25, 1.5, 2.5, 1e10)
    assert bill.load_of(point, dict.fromkeys(known) | {"line_rate_bps": 1e10}) == bill.Load(4, 0.0, 0.0, 0.0, 0.0, 1e10)


# Tables


def part(delivered: float, p50: float | None = None) -> dict[str, Any]:
    return {"delivered_pps": delivered, "latency_us": {"p50": p50, "p99": None}}


def test_the_table_of_guests_has_a_row_for_each_entry_of_a_point_with_several() -> None:
    several = {
        "a": {"all": part(3e3, 7.0), "rx": part(2e3), "tx": part(1e3)},
        "a#0": {"all": part(9e9)},
        "b": {"all": part(4e3), "rx": part(4e3)},
    }
    assert [
        line.split() for line in screen.guests([entry(guests=several), entry(guests={"a": several["a"]})]).splitlines()
    ] == [
        ["point", "delivered", "to", "it", "from", "it", "p50", "p99"],
        ["VF,", "rate", "50", "kpps:", "a", "3.00", "kpps", "2.00", "kpps", "1.00", "kpps", "7.00", "us", "-"],
        ["VF,", "rate", "50", "kpps:", "b", "4.00", "kpps", "4.00", "kpps", "0", "pps", "-", "-"],
    ]
    most = [entry(str(n), guests=several) for n in range(screen.MOST_ROWS // 2)]
    assert len(screen.guests(most).splitlines()) == 1 + 2 * len(most)
    assert screen.guests([*most, most[0]]) == "Each entry of guests is in guests.csv."
    assert screen.guests([entry(guests={"a": several["a"]})]) == ""


def test_limits_stand_in_one_column() -> None:
    lines = screen.limits([entry("VF", bottleneck="one"), entry("a longer name", bottleneck="two")]).splitlines()
    assert lines == ["VF, rate 50 kpps             limit: one", "a longer name, rate 50 kpps  limit: two"]


def test_a_column_with_a_fraction_or_a_gap_is_one_of_fractions() -> None:
    rows = [
        {"a": 1, "b": 1, "c": 1, "d": "x"},
        {"a": 2, "b": 0.5, "c": None, "d": None},
        {"a": 3, "b": 2, "c": 2, "d": "y"},
    ]
    assert csv_bytes(rows, ["d"]).decode().splitlines() == ["d,a,b,c", "x,1,1.0,1.0", ",2,0.5,", "y,3,2.0,2.0"]


def test_half_widths_are_shares_of_the_middle() -> None:
    assert relative({"p99": Interval(8.0, 12.0), "p50": Interval(0.0, 0.0)}) == {"p99": pytest.approx(0.2), "p50": None}


# Folders and options


def test_slices_without_a_packet_say_nothing_of_a_drift() -> None:
    """Of slices that fall steeply MSER-5 would cut the first ones; with one that is empty nobody can tell."""
    falling = [(1, 10**6 // (n + 1) ** 3) for n in range(100)]
    whole, gap = (SimpleNamespace(slices=slices) for slices in (falling, [*falling[:50], (0, 0), *falling[51:]]))
    assert drift([whole]).values > 0  # type: ignore[list-item]
    assert drift([whole, whole]) == drift([whole])  # type: ignore[list-item]
    assert drift([gap]).values == 0  # type: ignore[list-item]
    assert drift([gap, whole]).values > 0  # type: ignore[list-item]


def test_charts_of_the_same_result_stay(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    files = {"result.json": b"1"}
    folder.write(files | {"chart.png": b"picture"})
    folder.replace(files)
    assert (tmp_path / "chart.png").exists()
    folder.replace({"result.json": b"2"})
    assert not (tmp_path / "chart.png").exists()
    (tmp_path / "chart.png").write_bytes(b"of nothing")
    (tmp_path / "result.json").unlink()
    folder.replace(files)
    assert not (tmp_path / "chart.png").exists()


def test_options_have_limits() -> None:
    scenario = Scenario.model_validate(
        {"schema": 1, "name": "a", "guests": [{}], "traffic": [{"kind": "poisson", "rate": "1 kpps"}]}
    )
    for seed in (0, 2**63 - 1):
        assert execute._with_options(scenario, seed, None).seed == seed
    for replications in (1, execute.MOST_REPLICATIONS):
        assert execute._with_options(scenario, None, replications).replications == replications
    assert execute._with_options(scenario, None, None) == scenario
    for seed, replications in ((-1, None), (2**63, None), (None, 0), (None, execute.MOST_REPLICATIONS + 1)):
        with pytest.raises(InputError, match="must be from"):
            execute._with_options(scenario, seed, replications)


# Parts of a run


def parts(
    length_ps: int, count: int, stopped: Callable[[], bool] = lambda: False, deadline_s: float | None = None
) -> list[tuple[int, int]]:
    """(part, until when the engine had run) of a stretch that begins at 10 ps."""
    ran: list[int] = []
    engine: Any = SimpleNamespace(run=ran.append)
    return [(part, ran[-1]) for part in runs._parts(engine, 10, length_ps, count, stopped, deadline_s)]


def test_a_stretch_is_run_in_equal_parts() -> None:
    assert parts(100, 4) == [(1, 35), (2, 60), (3, 85), (4, 110)]
    # what does not divide is spread
    assert parts(10, 3) == [(1, 13), (2, 16), (3, 20)]
    assert parts(0, 1) == [(1, 10)]


def test_between_parts_a_run_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "monotonic", lambda: 5.0)
    assert [runs.over(deadline_s) for deadline_s in (None, 5.1, 5.0, 4.9)] == [False, False, True, True]
    with pytest.raises(runs.OutOfTime):
        parts(100, 4, deadline_s=5.0)
    answers = iter([False, True])
    with pytest.raises(Interrupted):
        parts(100, 4, lambda: next(answers))


# Sweeps


def test_only_a_whole_line_of_a_journal_has_a_key() -> None:
    key = "0123456789abcdef01234567"
    line = journal.line_of(key, {"a": [1, "\u00e9"]})
    assert (journal.key_of(line), journal.content_of(line)) == (key, {"a": [1, "\u00e9"]})
    assert len(line.split(b" ")[1]) == 16
    # torn at its end, or changed anywhere
    assert journal.key_of(line[:-1]) is None
    assert journal.key_of(line.replace(b"[1", b"[2")) is None
    assert journal.key_of(line[:-1] + b" ") is None
    assert journal.key_of(b"\n") is None


def test_a_journal_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl: cannot be read"):
        list(journal.contents([journal.Place(tmp_path / "gone.jsonl", 0, 5)]))


def test_columns_of_a_swept_value() -> None:
    manifest = {
        "parameters": ["rate", "traffic.*.size"],
        "swept": ["rate", "rate_pps", "rate_number", "rate_limit", "traffic.*.size_bytes", "other"],
    }
    assert _columns(manifest) == [
        "rate",
        "rate_pps",
        "rate_number",
        "rate_limit",
        "traffic.*.size",
        "traffic.*.size_bytes",
    ]
    assert [_numbers(column, "rate") for column in ("rate_pps", "rate_number", "rate_limit", "rat_pps", "rate")] == [
        True,
        True,
        False,
        False,
        False,
    ]


# Fleets


def host(hosts: int, latencies_ps: list[int], offered: int, dropped: int, steady: int = 1) -> Any:
    """A different host of a fleet and what was measured on one of them."""
    exact = {"sum_ps": sum(latencies_ps), "count": len(latencies_ps), "maximum_ps": max(latencies_ps, default=None)}
    rates: dict[str, Any] = dict.fromkeys(SUMMED, 2.0) | {"host_work_cores": None}
    rates["ranges"] = {name: {"low": 1.0, "high": 4.0} for name in SUMMED}
    entry_of = {
        "latency_exact": exact,
        "conservation": {"offered": offered},
        "drops": {"a": dropped, "b": 0} if dropped else {},
        "steady": steady,
    }
    histogram = sorted(Counter(map(histogram_index, latencies_ps)).items())
    return SimpleNamespace(hosts=hosts, guests={"web": 2, "db": 1}), {"point": entry_of | rates, "histogram": histogram}


def test_a_fleet_adds_up_what_each_host_does_as_often_as_there_is_one_like_it() -> None:
    total = fleet._total([host(30, [100, 100], 10, 5), host(1, [120, 60], 10, 0, steady=0)])
    assert (total["hosts"], total["different_hosts"], total["guests"], total["hosts_not_steady"]) == (31, 2, 93, 1)
    assert (total["delivered_pps"], total["host_work_cores"]) == (62.0, 0.0)
    assert (total["delivered_pps_low"], total["delivered_pps_high"]) == (31.0, 124.0)
    assert total["loss_ratio"] == 150 / 310
    assert total["latency_mean_us"] == pytest.approx((6000 + 180) / 62 / 1e6)
    assert total["latency_max_us"] == pytest.approx(120e-6)
    assert total["latency_p50_us"] == pytest.approx(100e-6)


def test_a_fleet_in_which_nothing_happens_has_no_latency() -> None:
    total = fleet._total([host(2, [], 0, 0)])
    assert (total["loss_ratio"], total["latency_mean_us"], total["latency_max_us"], total["latency_p50_us"]) == (
        None,
    ) * 4
    assert fleet._total([host(1, [], 2, 9)])["loss_ratio"] == 1.0
