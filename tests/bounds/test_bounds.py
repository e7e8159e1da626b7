"""Bounds: by hand on a plan of two stations; never exceeded by random scenarios; met by a poll-mode core that is full."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from simulator.bounds import Bound, bound
from simulator.plan.draws import constant
from simulator.plan.model import Fifo, Input, Link, Output, Plan, Shaper, Sink, Source, Worker
from simulator.scenario import load, points
from simulator.scenario.build import build
from simulator.study import run_point
from tests.bounds.random_scenarios import scenario_text


def two_stations(gap_ps: int = 10_000, shaper: bool = False) -> Plan:
    """A source, a wire of 1 Gbit/s, an engine of 2 us and one of 0.5 us per packet of 100 B."""
    return Plan(
        "stations",
        stages=("first", "second"),
        streams=(constant("gap", gap_ps), constant("size", 100), constant("zero", 0)),
        sources=(Source("load", "open", "link", 0, size=1, flow=2, dst=2, gap=0),),
        sinks=(Sink("done"),),
        links=(Link("wire", 10**9, frame_overhead_bytes=25, target_kind="fifo", target=0),),
        fifos=(Fifo("one", 8, poller=0), Fifo("two", 8, poller=1)),
        shapers=(Shaper("slow", rate_bps=80_000_000),) if shaper else (),
        workers=(
            Worker("a", "hw", -1, (Input("fifo", 0, shaper=0 if shaper else -1),), (Output("fifo", 1),), packet_ps=2_000_000, stage=0),
            Worker("b", "hw", -1, (Input("fifo", 1),), (Output("sink", 0),), packet_ps=500_000, stage=1),
        ),
    )  # fmt: skip


def test_bottlenecks_one_behind_the_other_by_hand() -> None:
    # engine a: 1 / 2 us; wire: 125 B at 1 Gbit/s is 1 us; engine b: 1 / 0.5 us
    found = bound(two_stations())
    assert [limit.resource for limit in found.limits] == ["engine a", "link wire", "engine b"]
    assert [limit.offered_pps for limit in found.limits] == pytest.approx([5e5, 1e6, 2e6])
    assert (found.offered_pps, found.throughput_pps, found.capacity_pps) == pytest.approx((1e8, 5e5, 5e5))
    assert found.utilisation["link wire"] == pytest.approx(100)
    assert bound(two_stations(4_000_000)).throughput_pps == pytest.approx(2.5e5)
    assert bound(two_stations(4_000_000)).utilisation["engine a"] == pytest.approx(0.5)


def test_a_cap_limits_too() -> None:
    found = bound(two_stations(shaper=True))
    assert (found.bottleneck, found.saturation_pps) == ("cap slow (bits)", pytest.approx(1e5))


def of(tmp_path: Path, text: str) -> tuple[Bound, dict[str, Any]]:
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    (point,) = points(load(file))
    return bound(build(point.scenario)), run_point(point, replications=1).entry


@pytest.mark.parametrize("seed", range(25))
def test_no_random_scenario_delivers_more(seed: int, tmp_path: Path) -> None:
    found, entry = of(tmp_path, scenario_text(random.Random(seed)))
    length_s = entry["window_s"]
    most = found.capacity_pps * length_s + entry["conservation"]["in_flight_start"] + 1
    assert entry["delivered_pps"] * length_s <= most, (found, entry["bottleneck"])


POLL = """
schema: 1
host: {model: modern, variability: off, costs: {COST: 400 ns}}
nic: {model: e810}
guests: [{name: vm, datapath: sriov-vf, interrupts: poll}]
traffic: [{name: load, kind: constant, rate: 6 Mpps, size: 64 B}]
measurement: {warmup: 1 ms, duration: 5 ms}
replications: 1
"""


def test_a_full_poll_mode_core_delivers_the_bound(tmp_path: Path) -> None:
    found, entry = of(tmp_path, POLL.replace("COST", "d_rx_pk"))
    assert found.bottleneck.startswith("core")
    assert entry["loss_ratio"] > 0.1
    assert 0.98 * found.throughput_pps <= entry["delivered_pps"] <= found.throughput_pps * 1.0001
