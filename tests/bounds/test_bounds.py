"""Bounds: by hand on a plan of two stations; never exceeded by random scenarios; met by a poll-mode core that is full."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simulator.bounds import bound
from simulator.costs import host
from simulator.plan.draws import constant
from simulator.plan.model import Fifo, Input, Link, Output, Plan, Shaper, Sink, Source, Worker
from tests.bounds.__main__ import BURST, TIGHT, most, of
from tests.bounds.random_scenarios import saturated, scenario_text


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


@pytest.mark.parametrize("seed", range(25))
def test_no_random_scenario_delivers_more(seed: int, tmp_path: Path) -> None:
    found, entry = of(tmp_path / "scenario.yaml", scenario_text(random.Random(seed)))
    assert entry["delivered_pps"] * entry["window_s"] <= most(found, entry), (found, entry["bottleneck"])


@pytest.mark.parametrize("path", ["sriov-vf", "vhost-user"])
def test_a_full_poll_mode_core_delivers_the_bound(path: str, tmp_path: Path) -> None:
    text = saturated(path, "haswell-2015", 64).replace("duration: 10 ms", "duration: 2 ms")
    found, entry = of(tmp_path / "scenario.yaml", text)
    length_s = entry["window_s"]
    assert found.bottleneck.startswith("core")
    assert entry["loss_ratio"] > 0.1
    assert TIGHT * found.throughput_pps <= entry["delivered_pps"] <= found.throughput_pps + BURST / length_s


def test_walks_and_the_lock_of_invalidations_are_in_the_bound(tmp_path: Path) -> None:
    """By hand: every received packet of 64 B waits for its turn in the queue of invalidations (350 ns) and for a walk (300 ns, 4 at a time). Beyond that rate
    all cores spin, and no application comes to its turn."""
    text = """
schema: 1
name: mapped
host: {model: textbook, cores: 64, iommu: {mode: strict, receive_pages: mapped}}
nic: {model: textbook-nic, rate: 100 Gbit/s, rx_ring: 1024}
guests: [{name: app, datapath: native, vcpus: 32, queues: 32}]
traffic: [{name: load, kind: constant, rate: 10 Mpps, size: 64 B, flows: 1000}]
measurement: {warmup: 100 us, duration: 400 us}
replications: 1
"""
    found, entry = of(tmp_path / "scenario.yaml", text)
    assert (found.bottleneck, found.saturation_pps) == ("lock iommu", pytest.approx(1e12 / 350_000))
    assert entry["delivered_pps"] * entry["window_s"] <= most(found, entry)
    _, below = of(tmp_path / "scenario.yaml", text.replace("10 Mpps", "2 Mpps"))
    assert below["delivered_pps"] == pytest.approx(2e6, rel=0.05)
    walked, _ = of(tmp_path / "scenario.yaml", text.replace("strict", "lazy"))
    assert {"page walks of port.dma": pytest.approx(10e6 * 300e-9 / 4)}.items() <= walked.utilisation.items()


def test_the_doorbell_for_buffers_is_in_the_bound(tmp_path: Path) -> None:
    # by hand: receive 29.5, switch 34.98, enqueue 69.446 ns, a copy of 60 B, and 84.15 ns for 63 packets at the most
    found, _ = of(tmp_path / "scenario.yaml", saturated("vhost-user", "haswell-2015", 64).replace("60 Mpps", "1 kpps"))
    copied_ns = 60 * host("haswell-2015").value("h_copy_fs") / 1e6
    assert found.capacity_pps == pytest.approx(1e9 / (29.5 + 34.98 + 69.446 + copied_ns + 84.15 / 63), rel=1e-6)
