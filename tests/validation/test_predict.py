"""Rules are worked out as they say, results are kept under what decides them, and a failure stays with its point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.errors import SimulatorError
from simulator.validation import predict, read
from simulator.validation.predict import value
from simulator.validation.runs import Store
from tests.validation.test_score import point

SERIES = {"VM": {"latency.mean": 10.0, "throughput_bps": 2e9, "loss_ratio": 0.2}, "host": {"latency.mean": 4.0}}


@pytest.mark.parametrize(
    ("rule", "more", "expected"),
    [
        ({"metric": "latency.mean"}, {}, 10),
        ({"metric": "latency.mean", "of": "host"}, {"unit": "ns"}, 4000),
        ({"metric": "latency.mean", "minus": "host"}, {}, 6),
        ({"metric": "latency.mean", "plus": "host"}, {}, 14),
        ({"metric": "latency.mean", "over": "host"}, {}, 2.5),
        ({"metric": "throughput_bps"}, {"unit": "Gbit/s"}, 2),
        ({"metric": "throughput_bps", "scale": 1e-6}, {"unit": "Gbit/s"}, 2000),
        ({"metric": "latency.mean", "scale": 2, "instrument": 4}, {}, 24),
        ({"metric": "loss_ratio"}, {"unit": "%"}, 20),
        ({"metric": "loss_ratio"}, {"unit": "%", "kept": True}, 80),
    ],
)
def test_rules(rule: dict[str, object], more: dict[str, object], expected: float) -> None:
    assert value(point("1", "a", 1, rule=rule, **more), SERIES) == pytest.approx(expected)


@pytest.mark.parametrize("rule", [{"metric": "latency.mean", "of": "VMs"}, {"metric": "latency.p50"}])
def test_what_is_not_there_is_said(rule: dict[str, object]) -> None:
    with pytest.raises(SimulatorError, match=r"no series 'VMs'|gives no latency\.p50"):
        value(point("1", "a", 1, rule=rule), SERIES)


FILE = """group: g
title: t
sources: {s: paper}
testbeds: {b: {}}
scenarios:
  one:
    schema: 1
    host: textbook
    guests: [{name: vm, datapath: native}]
    traffic: [{name: in, kind: constant, rate: 10 kpps}]
    measurement: {warmup: 0 us, duration: 2 ms}
    replications: 1
points:
"""
POINT = "role: validation, source: s, testbed: b, path: native, metric: m, value: 1, unit: packets/s, workload: w, where: x, confidence: high"


def test_results_are_kept_and_failures_stay_with_their_point(tmp_path: Path) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    data.mkdir()
    kept.mkdir()
    lines = (
        f"- {{id: good, {POINT}, scenario: one, predict: delivered_pps}}\n"
        f"- {{id: fast, {POINT}, scenario: one, set: {{traffic.in.rate: 20 kpps}}, predict: delivered_pps}}\n"
        f"- {{id: bad, {POINT}, scenario: one, set: {{traffic.in.rat: 20 kpps}}, predict: delivered_pps}}\n"
    )
    (data / "a.yaml").write_text(FILE + lines, encoding="utf-8")
    sources = read(data)
    found = {each.point.id: each for each in predict(sources, sources[0].points, Store(kept), jobs=2)}
    assert (found["good"].value, found["fast"].value) == (10_000, 20_000)
    assert found["bad"].value is None
    assert "did you mean 'rate'" in found["bad"].error
    files = list(kept.glob("*.json"))
    assert len(files) == 2
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        content["values"]["delivered_pps"] += 1
        file.write_text(json.dumps(content), encoding="utf-8")
    again = {each.point.id: each for each in predict(sources, sources[0].points, Store(kept))}
    assert again["good"].value == 10_001, "an equal plan was simulated again"
    files[0].write_text("{", encoding="utf-8")
    repaired = [each.value for each in predict(sources, sources[0].points, Store(kept)) if each.value]
    assert sorted(repaired) in ([10_000, 20_001], [10_001, 20_000])
