"""The parts of a study by themselves: ranges, thresholds, fan-out, point files, first differences."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.special import stdtrit

from simulator.errors import EngineError, InputError, ScenarioErrors
from simulator.metrics import METRICS, Metric
from simulator.plan.draws import constant
from simulator.plan.model import Fifo, Input, Output, Plan, Sink, Source, Worker
from simulator.plan.trace import Trace
from simulator.scenario import limits as scenario_limits
from simulator.statistics.intervals import student
from simulator.study import limits, runs, tables
from simulator.study.agreement import IDENTICAL, first_difference
from simulator.study.fanout import fan_out
from simulator.study.folder import Folder
from simulator.study.point import PointResult
from simulator.study.runs import Job

PLAN = Plan(
    "station",
    stages=("station",),
    streams=(constant("gap", 2000), constant("size", 60), constant("zero", 0)),
    sources=(Source("load", "open", "fifo", 0, size=1, flow=2, dst=2, gap=0),),
    sinks=(Sink("done"),),
    fifos=(Fifo("queue", 8, poller=0),),
    workers=(Worker("server", "hw", -1, (Input("fifo", 0),), (Output("sink", 0),), packet_ps=1000, stage=0),),
)


def job(replication: int, engine: str = "reference") -> Job:
    return Job(0, PLAN, 10_000, 100_000, engine, 1, replication)


# Slices and sections


@pytest.mark.parametrize("engine", sorted(runs.ENGINES))
def test_slices_and_sections_add_up_to_the_window(engine: str) -> None:
    window = runs.run(replace(job(0, engine), slices=20, sections=5))
    assert (len(window.slices), len(window.sections)) == (20, 5)
    counters = window.trace.counters
    assert tuple(map(sum, zip(*window.slices, strict=True))) == (counters["done.count"], counters["done.sum_ps"])
    whole: Counter[int] = Counter()
    for section in window.sections:
        whole.update(section)
    assert dict(whole) == window.trace.histograms["done"]
    assert [sum(section.values()) for section in window.sections] == [
        sum(count for count, _ in window.slices[n : n + 4]) for n in range(0, 20, 4)
    ]


# Thresholds


def entry(series: str, path: str, p99: float | None, loss: float | None = 0.0, **parameters: str) -> dict[str, Any]:
    scalars: dict[str, Any] = {"loss_ratio": loss, "delivered_pps": 1e6, "throughput_bps": 5e8, "host_cores_busy": 0.5}
    return scalars | {
        "series": series,
        "datapath": path,
        "interrupts": "posted",
        "parameters": parameters,
        "latency_us": {"p99": p99},
    }


ENTRIES = [
    entry("bare metal", "native", 10.0, **{"traffic.load.rate": "1 Mpps"}),
    entry("VF", "sriov-vf", 40.0, 0.002, **{"traffic.load.rate": "1 Mpps"}),
    entry("VF", "sriov-vf", None, **{"traffic.load.rate": "2 Mpps"}),
]


def broken(text: str) -> list[str]:
    return limits.breaches(limits.check([text], ENTRIES), ENTRIES)


def test_thresholds_hold_or_are_named_with_the_value() -> None:
    assert broken("latency.p99{datapath=native} < 30 us") == []
    assert broken("latency.p99{datapath=sriov-vf, rate=1 Mpps} < 30 us") == [
        "latency.p99{datapath=sriov-vf, rate=1 Mpps} < 30 us: VF, rate 1 Mpps: is 40.00 us"
    ]
    assert broken("loss_ratio{rate=1 Mpps} < 0.01 %") == [
        "loss_ratio{rate=1 Mpps} < 0.01 %: VF, rate 1 Mpps: is 0.200 %"
    ]
    assert broken("loss_ratio{series=VF} <= 0.002") == []
    assert broken("delivered_pps >= 1 Mpps") == []
    assert broken("throughput_bps > 1 Gbit/s")[0].endswith("is 500.0 Mbit/s")
    assert broken("host_cores_busy < 0.5")[0].endswith("is 0.5")


def test_a_point_without_a_value_does_not_keep_its_threshold() -> None:
    (text,) = broken("latency.p99{rate=2 Mpps} < 30 us")
    assert text.endswith("VF, rate 2 Mpps: has no value (too few packets)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latency.p98 < 30 us", "did you mean 'latency.p99'?"),
        ("exits < 3", "'exits' is not a known metric"),
        ("latency.p99 < 30", "needs a limit with its unit"),
        ("latency.p99 < 3 Mpps", "is limited by a packet rate, and its limit is a time, such as '10 us'"),
        ("latency.p99{datapth=native} < 3 us", "did you mean 'datapath'?"),
        ("latency.p99{datapath=sriov} < 3 us", "did you mean 'sriov-vf'?"),
        ("latency.p99{datapath=native,rate=2 Mpps} < 3 us", "are met together by no point"),
    ],
)
def test_thresholds_that_cannot_be_meant_are_refused(text: str, said: str) -> None:
    with pytest.raises(ScenarioErrors, match="thresholds") as caught:
        limits.check([text], ENTRIES)
    assert said in str(caught.value)


def test_a_metric_that_is_true_or_false_is_a_threshold_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(METRICS) | {"calm": Metric("calm", "bool", "Whether it is.", lambda *_: True)}
    for module in (limits, scenario_limits):
        monkeypatch.setattr(module, "METRICS", known)
    entries = [ENTRIES[0] | {"calm": True}, ENTRIES[1] | {"calm": False}]
    told = limits.breaches(limits.check(["calm"], entries), entries)
    assert told == ["calm: VF, rate 1 Mpps: is not so"]
    assert limits.breaches(limits.check(["calm{series=bare metal}"], entries), entries) == []
    for text, said in (
        ("calm < 1", "write it alone"),
        ("loss_ratio", "needs a limit"),
        ("clam", "did you mean 'calm'"),
    ):
        with pytest.raises(ScenarioErrors, match=said):
            limits.check([text], entries)


# Runs and fan-out


@pytest.mark.parametrize("engine", sorted(runs.ENGINES))
def test_a_run_measures_its_window_alone(engine: str) -> None:
    trace = runs.run(job(0, engine)).trace
    assert (trace.start_ps, trace.end_ps) == (10_000, 110_000)
    assert trace.counters["load.offered"] == 50


def test_a_run_whose_stages_do_not_add_up_is_an_error() -> None:
    unmarked = replace(PLAN, workers=(replace(PLAN.workers[0], stage=-1),))
    with pytest.raises(EngineError, match="stages differ by 50000 ps"):
        runs.run(replace(job(0), plan=unmarked))


def test_an_unknown_engine_is_an_input_error() -> None:
    with pytest.raises(InputError, match="did you mean 'compiled'"):
        runs.engine_named("compild")


@pytest.mark.parametrize(("workers", "processes"), [(1, False), (3, False), (2, True)])
def test_results_do_not_depend_on_the_workers(workers: int, processes: bool) -> None:
    found = dict(fan_out(runs.run, [job(n) for n in range(5)], workers, processes=processes))
    assert {j.replication: trace for j, trace in found.items()} == {n: runs.run(job(n)) for n in range(5)}


def test_a_job_that_raises_does_not_stop_the_others() -> None:
    def run(number: int, _: Callable[[], bool]) -> int:
        if number == 2:
            raise EngineError("broken")
        return number * 10

    found = dict(fan_out(run, range(5), 2, processes=False))
    assert str(found.pop(2)) == "broken"
    assert found == {0: 0, 1: 10, 3: 30, 4: 40}


class Poison:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os._exit, (9,))


def test_a_killed_worker_costs_its_own_job_only() -> None:
    jobs = [job(0), Poison(), job(1), job(2)]
    found = list(fan_out(runs.run, jobs, 2, processes=True))
    failed = [(j, outcome) for j, outcome in found if isinstance(outcome, Exception)]
    assert [(type(j), str(outcome)[:30]) for j, outcome in failed] == [(Poison, "its worker process died twice")]
    assert sorted(j.replication for j, outcome in found if isinstance(outcome, runs.Window)) == [0, 1, 2]


# Files


def test_a_point_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    folder, result = Folder(tmp_path / "study"), PointResult({"series": "VF", "value": 0.1}, {3: 4, 1000: 1})
    assert folder.stored("k") is None
    folder.keep("k", result)
    assert folder.stored("k") == result
    assert [path.name for path in (tmp_path / "study" / "points").iterdir()] == ["k.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"schema": 1, "key": "other", "point": {}, "histogram": []}']
)
def test_a_file_that_is_no_point_is_as_good_as_absent(tmp_path: Path, content: str) -> None:
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "k.json").write_text(content)
    assert Folder(tmp_path).stored("k") is None


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        Folder(tmp_path / "file").write({"a.txt": b""})


def test_histogram_rows_join_without_gap_or_overlap() -> None:
    frame = pd.DataFrame(tables.histograms([dict.fromkeys(range(600), 1)]))
    assert frame["bucket_low_ps"].iloc[0] == 0
    assert (frame["bucket_low_ps"].iloc[1:].to_numpy() == frame["bucket_high_ps"].iloc[:-1].to_numpy() + 1).all()


ROWS: list[list[dict[str, Any]]] = [
    [],
    [{"a": 1, "b": "x", "c": 0.1}, {"a": 2, "b": 'with "quotes", comma', "c": 1e-7}],
    [{"a": 1, "b": None, "c": None}, {"a": None, "b": "line\nend", "d": 3}],
    [{"a": 1, "b": 1.0, "c": True}, {"a": 1e22, "b": 2, "c": False}],
    [{"a": None, "b": 2**62, "c": ""}],
]


@pytest.mark.parametrize("rows", ROWS)
def test_csv_without_pandas_is_that_of_pandas(rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"] if not rows else None)
    assert tables.csv_bytes(rows, ("a", "b")).decode() == frame.to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("freedom", [1, 2, 9, 99, 199, 200, 500])
def test_quantiles_of_t_are_those_of_scipy(freedom: int) -> None:
    assert student(freedom) == float(stdtrit(freedom, 0.975))


# Engines compared


def test_the_first_difference_is_named() -> None:
    trace = Trace(
        0, 10, 5, 0, 1, {"a.x": 1}, {"s": {1: 2}}, {"s": ((0, 1),)}, [(1, "push", "q", 0), (2, "pop", "q", 0)]
    )
    assert first_difference(trace, trace) == IDENTICAL
    later = replace(trace, log=[(1, "push", "q", 0), (3, "pop", "q", 0)], counters={"a.x": 2})
    assert first_difference(trace, later).startswith("log entry 1: reference (2, 'pop', 'q', 0), compiled (3,")
    assert first_difference(trace, replace(trace, log=trace.log[:1])) == "log: reference has 2 entries, compiled 1"
    assert first_difference(trace, replace(trace, counters={"a.x": 2})) == "counters: a.x: reference 1, compiled 2"
    assert "histograms: s" in first_difference(trace, replace(trace, histograms={"s": {}}))
    assert "in_flight_end" in first_difference(trace, replace(trace, in_flight_end=0))
