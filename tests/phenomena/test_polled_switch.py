"""What the switches are known for: a poller's core is busy, vectors share their cost, caches overflow, masks cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.costs import host
from simulator.engines.compiled import CompiledEngine
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.scenario.build import build
from simulator.vswitches import SWITCHES, settings
from simulator.vswitches.model import Flows

WINDOW_PS = 2_000_000_000


def planned(tmp_path: Path, switch: dict[str, Any], rate: str, *, datapath: str = "vhost-user", flows: int = 1) -> Plan:
    polled = {"interrupts": "poll", "idle": "poll"} if datapath == "vhost-user" else {}
    guests = [{"name": "vm", "datapath": datapath, **polled}]
    traffic = [{"name": "load", "kind": "poisson", "rate": rate, "flows": flows, "overload": True}]
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "switch": switch, "guests": guests}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content | {"traffic": traffic}))
    return build(load(file))


def played(tmp_path: Path, switch: dict[str, Any], rate: str, *, datapath: str = "vhost-user", flows: int = 1) -> Trace:
    engine = CompiledEngine(planned(tmp_path, switch, rate, datapath=datapath, flows=flows), 1)
    engine.run(WINDOW_PS // 4)
    engine.begin_window()
    engine.run(WINDOW_PS)
    return engine.trace()


def work_per_packet(trace: Trace, cpu: str) -> float:
    return trace.counters[f"{cpu}.pmd_work"] / trace.counters["pmd0.served"]


SWITCH_CPU = "cpu0"
"""The switch's thread is the first to ask for a core."""


def test_a_poller_is_always_busy(tmp_path: Path) -> None:
    trace = played(tmp_path, {"kind": "testpmd"}, "100 kpps")
    window = trace.end_ps - trace.start_ps
    assert trace.counters[f"{SWITCH_CPU}.pmd_work"] + trace.counters[f"{SWITCH_CPU}.pmd_idle"] == window
    assert trace.counters[f"{SWITCH_CPU}.pmd_work"] < window / 50


def test_vectors_share_their_cost(tmp_path: Path) -> None:
    low, high = (played(tmp_path, {"kind": "vpp"}, rate) for rate in ("50 kpps", "6 Mpps"))
    one, many = (work_per_packet(trace, SWITCH_CPU) for trace in (low, high))
    # one packet pays the frame alone; under load the frame grows until it is cheap enough
    assert one > 1_000_000
    assert many < one / 5
    flat = [work_per_packet(played(tmp_path, {"kind": "testpmd"}, rate), SWITCH_CPU) for rate in ("50 kpps", "3 Mpps")]
    assert flat[1] == pytest.approx(flat[0], rel=0.2)


def test_more_flows_than_the_cache_holds(tmp_path: Path) -> None:
    few, many = (played(tmp_path, {"kind": "ovs-dpdk"}, "14 Mpps", flows=flows) for flows in (8_192, 163_840))
    # 45 + 40 + 60 + copy, and 160 more for 95 % of the packets: about half the rate
    share = many.counters["pmd0.served"] / few.counters["pmd0.served"]
    assert share == pytest.approx(153 / (153 + 0.95 * 160), rel=0.05)


def test_cache_share_is_drawn_per_packet() -> None:
    def lookups(*flows: int) -> tuple[tuple[tuple[str, ...], int], ...]:
        return settings("ovs-dpdk", flows=Flows(*flows)).polled.lookups

    assert lookups(8_192) == ()
    assert lookups(10_000) == (((), 8_192), (("s_dpcls",), 1_808))
    assert lookups(10_000, 0, True) == (((), 8_192), (("s_smc",), 1_808))
    assert lookups(1_100_000, 0, True)[-1] == (("s_dpcls",), 1_100_000 - 1_048_576)
    assert lookups(1, 10_000) == (((), 990_000), (("s_dpcls", "s_upcall_dp"), 10_000))
    assert lookups(1, 0, False, 200_000) == ()
    assert lookups(1, 0, False, 2_000_000) == (((), 100_000), (("s_dpcls", "s_upcall_dp"), 900_000))


@pytest.mark.parametrize(("flows", "doorbells"), [(1, 1 / 32), (8, 8 / 32), (1_000, 1)])
def test_without_output_batching_each_flow_of_a_burst_rings(tmp_path: Path, flows: int, doorbells: float) -> None:
    def post_ps(batching: str) -> int:
        plan = planned(tmp_path, {"kind": "ovs-dpdk", "output_batching": batching}, "1 Mpps", flows=flows)
        [pmd] = [worker for worker in plan.workers if worker.name == "pmd0"]
        return next(output.packet_ps for output in pmd.outputs if output.kind == "post")

    more_ps = post_ps("off") - post_ps("on")
    assert more_ps == pytest.approx(doorbells * host("textbook").ps("h_mmio_wr"), abs=1)


def test_masks_cost_the_softirq(tmp_path: Path) -> None:
    one, ten = (
        played(tmp_path, {"kind": "ovs-kernel", "masks": masks}, "100 kpps", datapath="vhost-net") for masks in (1, 10)
    )
    spent = [trace.counters["cpu0.host_soft"] for trace in (one, ten)]
    packets = one.counters["uplink0.napi.served"]
    assert (spent[1] - spent[0]) / packets == pytest.approx(9 * 60_000, rel=0.05)


def test_a_thread_for_each_core(tmp_path: Path) -> None:
    trace = played(tmp_path, {"kind": "testpmd", "cores": "4-5"}, "12 Mpps", flows=64)
    assert all(trace.counters[f"pmd{number}.served"] > 1_000 for number in range(2))
    assert trace.counters["cpu4.pmd_work"] > 0 < trace.counters["cpu5.pmd_work"]


def test_reflected_frames_take_the_wire_twice(tmp_path: Path) -> None:
    content = {
        "schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": [{"name": "a"}, {"name": "b"}],
        "traffic": [{"name": "load", "kind": "constant", "rate": "50 kpps", "from": "a", "to": "b"}],
    }  # fmt: skip
    file = tmp_path / "s.yaml"
    found = {}
    for mode in ("veb", "vepa"):
        file.write_text(json.dumps(content | {"switch": {"mode": mode}}))
        engine = CompiledEngine(build(load(file)), 1)
        engine.run(WINDOW_PS)
        found[mode] = engine.trace().counters
    assert (found["veb"]["wire.out.items"], found["veb"]["port.loopback.items"]) == (0, 100)
    assert (found["vepa"]["wire.out.items"], found["vepa"]["wire.in.items"]) == (100, 100)
    assert found["vepa"]["port.loopback.items"] == 0
    assert found["vepa"]["b.sink.count"] == found["veb"]["b.sink.count"] >= 98


def test_every_switch_has_a_family() -> None:
    assert {carrier.family for carrier in SWITCHES.values()} == {"adapter", "kernel", "user"}
