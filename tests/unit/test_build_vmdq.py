"""VMDq: a queue of the adapter for each guest, nothing looked up on the host, neighbours reached through the adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.scenario.build import build


def plan(tmp_path: Path, datapath: str, guests: int, traffic: str = "rate: 50 kpps, size: 64 B") -> Plan:
    path = tmp_path / "vmdq.yaml"
    path.write_text(
        f"""schema: 1
host: {{model: modern, cores: 64, firewall: filter}}
nic: e810
guests: [{{name: vm, count: {guests}, datapath: {datapath}}}]
traffic: [{{name: load, kind: poisson, {traffic}}}]
measurement: {{warmup: 1 ms, duration: 5 ms}}
""",
        encoding="utf-8",
    )
    return build(load(path))


def ran(found: Plan, until_ms: int = 20) -> Trace:
    engine = CompiledEngine(found, 1)
    engine.run(until_ms * 10**9)
    return engine.trace()


def test_each_guest_has_queue_vector_and_core(tmp_path: Path) -> None:
    vmdq, vhost = (plan(tmp_path, path, 12) for path in ("vmdq", "vhost-net"))
    lanes = [
        [worker for worker in found.workers if worker.name.endswith(".napi") and "uplink" in worker.name]
        for found in (vmdq, vhost)
    ]
    assert [len(found) for found in lanes] == [12, 8]
    assert len({worker.on for worker in lanes[0]}) == 12
    senders = [worker for worker in vmdq.workers if worker.name.endswith(".vhost.tx")]
    assert {(worker.select, len(worker.outputs)) for worker in senders} == {("first", 1)}


def test_neither_bridge_nor_filter_is_paid(tmp_path: Path) -> None:
    vmdq, vhost = (plan(tmp_path, path, 1) for path in ("vmdq", "vhost-net"))
    for name in ("uplink0.napi", ".vhost.tx"):
        mine, other = (
            next(worker for worker in found.workers if worker.name.endswith(name)) for found in (vmdq, vhost)
        )
        assert mine.packet_ps < other.packet_ps, name


def test_a_neighbour_is_reached_through_the_adapter(tmp_path: Path) -> None:
    counters = ran(plan(tmp_path, "vmdq", 2, "from: vm0, to: vm1, rate: 50 kpps, size: 64 B")).counters
    assert counters["port.loopback.items"] > 900
    assert counters["vm1.sink.count"] == pytest.approx(counters["port.loopback.items"], abs=20)
    assert counters["wire.out.items"] == 0


def test_host_work_is_between_vhost_and_a_function(tmp_path: Path) -> None:
    """At 200,000 frames per second and guest, where shared cores of the host's driver are half busy; at a quarter of that wake-ups outweigh the bridge."""

    def host_work(datapath: str) -> float:
        counters = ran(plan(tmp_path, datapath, 12, "rate: 200 kpps, size: 64 B"), 8).counters
        labels = ("host_irq", "host_soft", "vhost")
        return sum(value for name, value in counters.items() if name.rpartition(".")[2] in labels)

    vhost, vmdq, function = (host_work(path) for path in ("vhost-net", "vmdq", "sriov-vf"))
    assert function < 0.5 * vmdq
    assert vmdq < 0.85 * vhost
