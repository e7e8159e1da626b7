"""What is written reads back as a host, with the values, ranges and statuses that were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import costs
from simulator.formats import yaml12
from simulator.measure import Measurement, report
from simulator.measure.derive import Cost
from simulator.measure.slices import Estimate
from simulator.scenario import load

FOUND = Measurement(
    machine={"cpu": 'Some: "CPU" # 1', "kernel": "6.18", "virtual": True, "load": 0.25},
    conditions="2026-01-01, load 0.25, 24 rounds, 90 % of the slices on a core at its best",
    tick_hz=1000,
    costs=(
        Cost("h_ctxsw", 1500.26, 1400.04, 2100.0, False, "measured", "a - b: two threads: one core"),
        Cost("g_copy_fs", 0.0823, 0.0115, 0.12, True, "borrowed", "copies"),
        Cost("h_tap_enq", 62.0, -3.0, 121.0, False, "measured", "a difference whose range touches nothing"),
    ),
    primitives={"clock": Estimate(27.1234, 26.9, 28.0, 24)},
    wake_up={"busy": {"waker": Estimate(9000.0, 8000.0, 12_000.0, 20)}, "polling": {}},
    noise={"core 1": {"lost_share": 0.014, "worst_gap_ns": 20_000.0}},
    idle_states=[{"name": "POLL", "latency_us": 0, "residency_us": 0, "disabled": 0}],
    left_out={"tap": "Permission denied"},
    clean_share=0.9,
    seconds=31.5,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(report.host_file(FOUND, "haswell-2015"), encoding="utf-8")
    return path


def test_it_is_a_host_with_these_costs(file: Path) -> None:
    host = costs.host(str(file))
    ctxsw, copy, tap = (host.cost(name) for name in ("h_ctxsw", "g_copy_fs", "h_tap_enq"))
    assert (ctxsw.value, ctxsw.low, ctxsw.high, ctxsw.status) == (1_500_300, 1_400_000, 2_100_000, "measured")
    assert (copy.value, copy.low, copy.high, copy.status) == (82_300, 11_500, 120_000, "borrowed")
    assert (tap.low, tap.high) == (0, 121_000)
    assert ctxsw.note == "a - b: two threads: one core"
    assert ctxsw.hardware == 'Some: "CPU" # 1, Linux 6.18, in a virtual machine'
    assert ctxsw.sources[0].conditions == FOUND.conditions
    assert host.value("tick_hz") == 1000


def test_the_rest_is_borrowed_from_the_base(file: Path) -> None:
    host, base = costs.host(str(file)), costs.host("haswell-2015")
    assert {name for name in base.costs if host.costs[name] != base.costs[name]} == {
        "h_ctxsw",
        "g_copy_fs",
        "h_tap_enq",
    }
    assert {name for name in base.facts if host.facts[name] != base.facts[name]} == {"tick_hz"}


def test_everything_measured_is_beside_it(file: Path) -> None:
    readings = yaml12.load(file).plain()["readings"]
    assert readings == {
        "clean_share": 0.9,
        "primitives": {"clock": {"ns": 27.123, "best": 26.9, "middle": 28.0, "slices": 24}},
        "wake_up": {"busy": {"waker": {"ns": 9000.0, "best": 8000.0, "middle": 12_000.0, "slices": 20}}, "polling": {}},
        "noise": {"core 1": {"lost_share": 0.014, "worst_gap_ns": 20_000.0}},
        "idle_states": {"POLL": {"name": "POLL", "latency_us": 0, "residency_us": 0, "disabled": 0}},
        "left_out": {"tap": "Permission denied"},
    }


def test_a_scenario_can_name_it_at_once(file: Path) -> None:
    scenario = file.with_name("question.yaml")
    text = "schema: 1\nhost: ./mine.yaml\nguests: [{name: vm}]\ntraffic: [{kind: poisson, rate: 1 kpps}]\n"
    scenario.write_text(text, encoding="utf-8")
    assert load(scenario).host.source == str(file)


def test_the_table_names_what_was_left_out() -> None:
    lines = report.table(FOUND).splitlines()
    assert lines[0].startswith("Some: ")
    assert lines[-1] == "left out: tap: Permission denied"
    assert any(line.startswith("g_copy_fs  82.3 ps/B  11.5 ps/B to 120.0 ps/B  borrowed") for line in lines)


def test_an_empty_measurement_is_still_a_host(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    nothing = Measurement({"cpu": "x", "kernel": "y", "virtual": False}, "", None, (), {}, {}, {}, [], {}, 1.0, 0.0)
    path.write_text(report.host_file(nothing, "modern"), encoding="utf-8")
    assert costs.host(str(path)).costs == costs.host("modern").costs
