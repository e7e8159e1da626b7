"""E-35: the first packet of a flow meets a table that does not know it, and waits for the switch's handler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.errors import ScenarioErrors
from simulator.metrics.latency import of_sinks
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.scenario.audit import study
from simulator.scenario.build import build
from tests.engines.available import ENGINES

WINDOW_PS = 20_000_000_000


def written(tmp_path: Path, path: str, switch: str, share: str = "5 %", **item: Any) -> Path:
    traffic = {"name": "load", "kind": "poisson", "rate": "20 kpps", "new_flows": share} | item
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "switch": {"kind": switch}}
    guests = [{"name": "a", "datapath": path}, {"name": "b", "datapath": path}]
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content | {"guests": guests, "traffic": [traffic]}))
    return file


def played(file: Path, run_ps: int = WINDOW_PS) -> Trace:
    engine = CompiledEngine(build(load(file)), 1)
    engine.run(run_ps)
    return engine.trace()


def longest_over_median(trace: Trace) -> float:
    found = of_sinks(trace, ["a.sink"])
    assert found is not None
    return float(trace.counters["a.sink.maximum_ps"] / 1e6 / found["p50"])


@pytest.mark.parametrize(
    ("path", "switch", "times"), [("vhost-net", "ovs-kernel", 8), ("sriov-vf", "hardware-offload", 10)]
)
def test_e35_the_first_packet_of_a_flow_is_the_slow_one(tmp_path: Path, path: str, switch: str, times: float) -> None:
    trace = played(written(tmp_path, path, switch, guests="a"))
    known = played(written(tmp_path, path, switch, "0 %", guests="a"))
    assert longest_over_median(trace) > times > 4 > longest_over_median(known), "mechanism off: no such packet"
    offered = trace.counters["a.load.offered"], trace.counters["a.load.first.offered"]
    assert offered[1] / sum(offered) == pytest.approx(0.05, abs=0.02)
    assert trace.counters["a.upcall.handler.served"] == pytest.approx(offered[1], abs=3)
    assert trace.counters["a.sink.count"] >= sum(offered) - 6


def test_e35_known_flows_of_an_offloaded_switch_cost_the_host_nothing(tmp_path: Path) -> None:
    trace = played(written(tmp_path, "sriov-vf", "hardware-offload", guests="a"))
    lane = trace.counters["uplink0.napi.served"]
    assert lane == trace.counters["a.upcall.pushed"] == pytest.approx(trace.counters["a.load.first.offered"], abs=2)
    assert trace.counters["port.loopback.items"] == pytest.approx(lane, abs=2), "back into the adapter"


def test_e35_a_storm_of_new_flows_saturates_the_handler(tmp_path: Path) -> None:
    counters = played(written(tmp_path, "vhost-net", "ovs-kernel", "50 %", guests="a", rate="60 kpps")).counters
    # one handler does 10,000 a second
    assert counters["a.upcall.handler.served"] == pytest.approx(200, rel=0.1)
    assert counters["a.upcall.dropped"] > 150


def test_upcalls_between_neighbours_and_in_a_polling_switch(tmp_path: Path) -> None:
    between = played(written(tmp_path, "vhost-net", "ovs-kernel", **{"from": "a", "to": "b"})).counters
    assert between["b.upcall.handler.served"] > 5
    assert between["wire.out.items"] == 0
    polled = [
        played(written(tmp_path, "vhost-user", "ovs-dpdk", share, guests="a")).counters for share in ("5 %", "0 %")
    ]
    # 20 us and the classifier's 0.16 for one packet in twenty
    work = [sum(ps for name, ps in counters.items() if name.endswith(".pmd_work")) for counters in polled]
    assert (work[0] - work[1]) / polled[0]["pmd0.served"] == pytest.approx(0.05 * 20_160_000, rel=0.3)


def test_a_packet_comes_back_with_the_guests_own_address(tmp_path: Path) -> None:
    # a poller that sends too hands to its application what is addressed to it, and sends on what is not
    file = written(tmp_path, "vhost-net", "ovs-kernel", "20 %", guests="a")
    content = json.loads(file.read_text())
    content["guests"][0]["interrupts"] = "poll"
    content["traffic"].append({"name": "out", "kind": "constant", "rate": "1 kpps", "direction": "tx", "guests": "a"})
    file.write_text(json.dumps(content))
    counters = played(file).counters
    assert counters["a.upcall.handler.served"] > 50
    assert counters["a.sink.count"] >= counters["a.load.offered"] + counters["a.load.first.offered"] - 6


@pytest.mark.parametrize(("path", "switch"), [("vhost-net", "ovs-kernel"), ("sriov-vf", "hardware-offload")])
def test_both_engines_agree(tmp_path: Path, path: str, switch: str) -> None:
    plan, traces = build(load(written(tmp_path, path, switch))), []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(WINDOW_PS // 10)
        traces.append(made.trace())
    assert traces[0].log == traces[1].log
    assert traces[0].counters == traces[1].counters


@pytest.mark.parametrize(
    ("path", "switch", "item", "complaint"),
    [
        ("sriov-vf", "embedded", {}, "changes nothing on the path sriov-vf"),
        ("vhost-net", "linux-bridge", {}, "changes nothing on the path vhost-net"),
        ("vhost-net", "ovs-kernel", {"direction": "tx"}, "from guests to the far end"),
        ("vhost-net", "ovs-kernel", {"new_flows": "100 %"}, "makes every packet the first"),
    ],
)
def test_where_no_table_is_filled(tmp_path: Path, path: str, switch: str, item: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioErrors, match=complaint):
        study(written(tmp_path, path, switch, **item))
