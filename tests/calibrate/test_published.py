"""Five measurements of a test-bed given: which, and that costs that are off are found from them."""

from __future__ import annotations

from pathlib import Path

from simulator import validation
from simulator.calibrate import published
from simulator.validation import Source
from simulator.validation.predict import answer, question, value
from simulator.validation.runs import Store

FILE = """group: lab
title: one core with interrupts
sources: {us: here}
testbeds: {b: {}}
mapping: itself
differs: [nothing]
scenarios:
  kernel:
    schema: 1
    host: {model: modern, variability: off, tick: off, idle: poll}
    nic: {model: textbook-nic}
    guests: [{name: vm, datapath: native}]
    traffic: [{name: in, kind: constant, rate: 1 Mpps, overload: on}]
    measurement: {warmup: 500 us, duration: 2 ms}
    replications: 1
points:
"""
POINT = (
    "- {{id: {id}, role: validation, source: us, testbed: b, path: native, metric: {metric}, value: {value}, unit: '{unit}', workload: w, "
    "where: x, confidence: high, scenario: kernel, predict: {metric}, set: {{traffic.in.rate: {rate} kpps{slow}}}}}\n"
)
LATENCIES = [("latency.mean", "us", rate) for rate in (40, 50, 60, 70, 80, 90)]
CORES = [("host_cores_busy", "1", rate) for rate in (100, 150, 200, 250)]


def lab(folder: Path, slow: str, values: dict[str, float]) -> Source:
    """The points, measured with those values; ``slow``: on a machine with other costs."""
    points = [
        POINT.format(id=f"p{n:02}", metric=metric, unit=unit, rate=rate, value=values.get(f"p{n:02}", 1.0), slow=slow)
        for n, (metric, unit, rate) in enumerate([*LATENCIES, *CORES])
    ]
    folder.mkdir(exist_ok=True)
    (folder / "lab.yaml").write_text(FILE + "".join(points), encoding="utf-8")
    (source,) = validation.read(folder)
    return source


def test_a_machine_that_is_slower_is_found(tmp_path: Path) -> None:
    slower = lab(tmp_path / "slow", ", host.costs.h_app_rx_pk: 800 ns, host.costs.h_drv_rx_pk: 300 ns", {})
    measured = {point.id: value(point, answer(question(slower, point), Store())) for point in slower.points}
    source = lab(tmp_path / "lab", "", measured)
    given, rest = published.chosen(source)
    assert [point.id for point in given] == ["p00", "p02", "p04", "p06", "p08"]
    assert not {point.id for point in given} & {point.id for point in rest}
    outcome = published.of_group(source, Store(), 0.01)
    assert outcome is not None
    found = published.summary([outcome], 0.01)
    assert found["groups"]["lab"]["points"] == 5
    assert found["error_after"] < 0.5 * found["error_before"]


def test_few_numbers_tails_and_searches_take_no_part() -> None:
    by_group = {source.group: source for source in validation.read()}
    assert published.chosen(by_group["emm15"]) == ([], [])
    assert published.of_group(by_group["emm15"], Store(), published.DOUBTING) is None
    for source in by_group.values():
        given, rest = published.chosen(source)
        for point in (*given, *rest):
            assert point.is_scored
            assert "search" not in point.rule
            assert point.rule["metric"] not in ("latency.p99.9", "latency.max")


def test_what_is_stored_names_points_that_there_are() -> None:
    points = {point.id for source in validation.read() for point in source.points}
    trusting, doubting = published.stored()
    assert trusting["error"] < doubting["error"]
    for found in (trusting, doubting):
        assert found["groups"]
        assert all(set(own["given"]) <= points and len(own["given"]) == 5 for own in found["groups"].values())
