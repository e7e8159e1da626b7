"""Scenario to plan: every shipped scenario, defaults from the catalogue, placement, common random numbers, refusals."""

from __future__ import annotations

import json
from cProfile import Profile
from pathlib import Path
from typing import Any

import pytest

from simulator import costs
from simulator.errors import InputError
from simulator.parts.stages import STAGES
from simulator.plan.check import check
from simulator.plan.model import Plan
from simulator.scenario import load, points, shipped
from simulator.scenario.build import build, core_map, machine_of, notes
from simulator.scenario.model import Scenario
from simulator.scenario.settings_of_machines import host_settings, nic_settings

BASE: dict[str, Any] = {
    "schema": 1,
    "host": "modern",
    "nic": "e810",
    "guests": [{"name": "vm"}],
    "traffic": [{"name": "load", "kind": "poisson", "rate": "10 kpps"}],
}


def scenario(tmp_path: Path, **parts: Any) -> Scenario:
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(BASE | parts))
    return load(file)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_point_of_a_shipped_scenario_is_built(name: str) -> None:
    loaded = load(name)
    assert loaded.title
    assert loaded.description
    for point in points(loaded):
        plan = build(point.scenario)
        assert check(plan) == []
        assert set(plan.stages) == set(STAGES)


KINDS: list[dict[str, Any]] = [
    {"kind": "poisson", "rate": "10 kpps", "size": {"imix": "nfvbench"}},
    {"kind": "poisson", "throughput": "1 Gbit/s", "size": {"uniform": ["64 B", "1518 B"]}, "flows": 8},
    {"kind": "constant", "load": "5 %", "direction": "tx"},
    {"kind": "bursts", "rate": "10 kpps", "burst": 8, "gap": "1 us", "total": True},
    {"kind": "request-response"},
    {"kind": "request-response", "direction": "tx", "outstanding": 3, "think": {"exponential": "50 us"}},
    {"kind": "bulk"},
    {"kind": "bulk", "direction": "tx", "super_packet": "64 KiB", "flows": 2},
]
SERIES = [
    ("native", "automatic"),
    ("container", "automatic"),
    ("container-routed", "automatic"),
    *[("sriov-vf", mode) for mode in ("legacy", "apicv", "posted", "poll")],
    *[(path, mode) for path in ("vhost-net", "virtio-qemu", "emulated-e1000") for mode in ("legacy", "apicv")],
]


@pytest.mark.parametrize(
    "traffic", KINDS, ids=[f"{k['kind']}-{k.get('direction', 'rx')}-{i}" for i, k in enumerate(KINDS)]
)
@pytest.mark.parametrize(("datapath", "mode"), SERIES)
@pytest.mark.parametrize("queues", [1, 3])
def test_every_combination_is_a_sound_plan(
    tmp_path: Path, traffic: dict[str, Any], datapath: str, mode: str, queues: int
) -> None:
    guest = {
        "name": "vm",
        "count": 2,
        "datapath": datapath,
        "interrupts": mode,
        "vcpus": queues,
        "nics" if datapath == "emulated-e1000" else "queues": queues,
        "vlan": 7,
    }
    plan = build(scenario(tmp_path, guests=[guest], traffic=[traffic]))
    assert check(plan) == []


def traffic_streams(plan: Plan) -> dict[str, bytes]:
    used = {index for s in plan.sources for index in (s.size, s.flow, s.gap, s.think) if index >= 0}
    return {plan.streams[index].name: plan.streams[index].data for index in used}


def test_series_see_the_same_packets(tmp_path: Path) -> None:
    traffic = [
        {"name": "a", "kind": "poisson", "rate": "10 kpps", "size": {"imix": "nfvbench"}, "flows": 4},
        {"name": "b", "kind": "bursts", "rate": "1 kpps", "direction": "tx"},
        {"name": "c", "kind": "constant", "rate": "1 kpps"},
    ]
    found = []
    for datapath, mode in SERIES:
        plan = build(
            scenario(tmp_path, guests=[{"name": "vm", "datapath": datapath, "interrupts": mode}], traffic=traffic)
        )
        found.append((traffic_streams(plan), [(s.name, s.start_ps) for s in plan.sources]))
    assert all(item == found[0] for item in found)


def test_guests_do_not_march_in_step(tmp_path: Path) -> None:
    plan = build(
        scenario(
            tmp_path, guests=[{"name": "vm", "count": 8}], traffic=[{"name": "c", "kind": "constant", "rate": "1 kpps"}]
        )
    )
    gaps = [plan.streams[source.gap].data[:8] for source in plan.sources]
    assert len(set(gaps)) == 8


def test_the_work_of_building_grows_with_the_guests_and_no_faster(tmp_path: Path) -> None:
    calls = []
    for count in (64, 256):
        large = scenario(tmp_path, guests=[{"name": "vm", "count": count, "interrupts": "legacy"}])
        profile = Profile()
        machine = profile.runcall(machine_of, large)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] < 5 * calls[0]
    assert len(machine.attached) == 256
    assert len({attachment.mac for attachment in machine.attached.values()}) == 256


def test_defaults_come_from_the_catalogue(tmp_path: Path) -> None:
    s = scenario(tmp_path)
    model, port = host_settings(s.host), nic_settings(s.nic)
    adapter = costs.nic("e810")
    assert model.tick_hz == costs.host("modern").value("tick_hz")
    assert port.rate_bps == adapter.value("port_rate_bps")
    assert port.moderation.kind == "driver"
    ring = build(s).rings[0]
    assert ring.size == adapter.value("vf_rx_ring")
    assert ring.descriptor_bytes == adapter.value("rx_desc_bytes")


def test_what_is_written_wins(tmp_path: Path) -> None:
    nic = {"model": "e810", "rate": "25 Gbit/s", "rx_ring": 128, "cable": "10 m", "pcie": {"generation": 3, "lanes": 8}}
    plan = build(scenario(tmp_path, nic=nic, host={"model": "modern", "costs": {"k_exit": "1 us"}}))
    wire = next(link for link in plan.links if link.name == "wire.in")
    assert (wire.rate_bps, wire.propagation_ps) == (25_000_000_000, 50_000)
    assert plan.rings[0].size == 128
    assert next(link for link in plan.links if link.name == "port.pcie.up").rate_bps == pytest.approx(57.9e9, rel=1e-3)
    assert next(executor for executor in plan.executors if executor.kind == "vcpu").exit_ps == 1_000_000


def test_overrides_are_noted(tmp_path: Path) -> None:
    host = {"model": "haswell-2015", "capabilities": {"posted_interrupts": True}, "costs": {"k_exit": "1 us"}}
    s = scenario(tmp_path, host=host, guests=[{"name": "vm", "interrupts": "posted"}])
    assert build(s).routes[0].mode == "posted"
    assert notes(s) == ("override: posted interrupts on on host haswell-2015", "override: k_exit = 1 us")
    faster = scenario(tmp_path, host={"model": "haswell-2015", "clock": "3.3 GHz"})
    assert notes(faster) == ("override: clock 3.3 GHz on host haswell-2015",)
    assert (
        notes(scenario(tmp_path, host={"model": "haswell-2015", "clock": "2.4 GHz"})) == notes(scenario(tmp_path)) == ()
    )
    exits = [next(e.exit_ps for e in build(one).executors if e.kind == "vcpu") for one in (s, faster)]
    assert exits == [1_000_000, (1291 * 10**12 + 3_300_000_000 // 2) // 3_300_000_000]


def test_what_was_done_to_a_capture_is_noted() -> None:
    found = notes(load("sfr"))
    assert any("smtp.pcap: FCS removed" in note for note in found)
    assert any("left out: Video_Calls.pcap" in note for note in found)


@pytest.mark.parametrize(("host", "mode"), [("legacy-2010", "legacy"), ("haswell-2015", "apicv"), ("modern", "posted")])
def test_automatic_is_the_best_the_host_has(tmp_path: Path, host: str, mode: str) -> None:
    assert build(scenario(tmp_path, host=host)).routes[0].mode == mode


def test_pinned_vcpus_have_cores_of_their_own_and_interrupts_go_elsewhere(tmp_path: Path) -> None:
    s = scenario(tmp_path, guests=[{"name": "vm", "count": 2, "interrupts": "legacy"}])
    assert core_map(s).splitlines() == [
        "cpu0: vm0.vcpu0",
        "cpu1: interrupts of vm0.q0, interrupts of vm1.q0",
        "cpu2: vm1.vcpu0",
    ]
    plan = build(s)
    cores = {plan.threads[executor.thread].executor for executor in plan.executors if executor.kind == "vcpu"}
    assert not cores & {route.core for route in plan.routes}


def test_shared_cores_are_handed_out_in_turn(tmp_path: Path) -> None:
    s = scenario(tmp_path, guests=[{"name": "vm", "count": 4, "placement": {"share": 2}}])
    assert core_map(s).splitlines() == ["cpu0: vm0.vcpu0, vm2.vcpu0", "cpu1: vm1.vcpu0, vm3.vcpu0"]


def test_shared_cores_are_none_that_interrupts_have(tmp_path: Path) -> None:
    host = {"model": "modern", "irq_cores": "0,2"}
    guests = [{"name": "vm", "count": 2, "interrupts": "legacy", "placement": {"share": 2}}]
    assert core_map(scenario(tmp_path, host=host, guests=guests)).splitlines() == [
        "cpu0: interrupts of vm0.q0",
        "cpu1: vm0.vcpu0",
        "cpu2: interrupts of vm1.q0",
        "cpu3: vm1.vcpu0",
    ]


def test_eight_interrupts_share_a_core(tmp_path: Path) -> None:
    guests = [{"name": "vm", "count": 17, "interrupts": "legacy", "placement": {"cores": [0]}}]
    cores = [line.partition(": ")[2] for line in core_map(scenario(tmp_path, guests=guests)).splitlines()]
    assert [line.count("interrupts of") for line in cores] == [0, 8, 8, 1]


def test_named_cores_and_interrupt_cores(tmp_path: Path) -> None:
    host = {"model": "modern", "irq_cores": "7"}
    guests = [{"name": "a", "interrupts": "legacy", "placement": {"cores": [3]}}, {"name": "b", "interrupts": "legacy"}]
    assert core_map(scenario(tmp_path, host=host, guests=guests)).splitlines() == [
        "cpu0: b.vcpu0",
        "cpu3: a.vcpu0",
        "cpu7: interrupts of a.q0, interrupts of b.q0",
    ]


def test_a_part_without_variability_draws_nothing(tmp_path: Path) -> None:
    certain = build(scenario(tmp_path, host={"model": "modern", "variability": False}))
    assert not [stream for stream in certain.streams if stream.kind == "spread"]
    spread = build(scenario(tmp_path))
    assert [worker.name for worker in spread.workers if worker.spread >= 0] == ["vm.q0.napi", "vm.q0.receive"]
    assert all(executor.spread >= 0 for executor in spread.executors)
    assert spread.dmas[0].memory_spread >= 0


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"traffic": [{"name": "load", "kind": "poisson", "rate": "200 Mpps"}]},
        "traffic.load.*134.4 Gbit/s.*line of 100.0 Gbit/s",
    ),
    (
        {"traffic": [{"name": "load", "kind": "poisson", "rate": "1 kpps", "size": "9000 B"}]},
        "traffic.load.size.*MTU of vm, 1500 B",
    ),
    (
        {"traffic": [{"name": "b", "kind": "bursts", "rate": "1 Mpps", "burst": 32, "gap": "2 us"}]},
        "traffic.b.gap.*slower than the rate",
    ),
    (
        {"switch": {"kind": "none"}},
        "switch.kind.*sriov-vf of guest vm needs the switch 'embedded'.*'none'; choices: automatic, embedded",
    ),
    ({"guests": [{"name": "vm", "count": 300}]}, "guests.*300 virtual functions; NIC e810 has 256"),
    ({"guests": [{"name": "vm", "vcpus": 17, "queues": 17}]}, "guests.vm.queues.*16 queue pairs: '17'"),
    (
        {"host": {"model": "modern", "cores": 1}, "guests": [{"name": "vm", "count": 2}]},
        "host.cores.*1 cores.*needs core 1",
    ),
]


@pytest.mark.parametrize(("parts", "message"), REFUSED)
def test_what_only_the_wiring_shows_is_refused(tmp_path: Path, parts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(scenario(tmp_path, **parts))


def test_a_poll_mode_guest_does_not_answer_and_send(tmp_path: Path) -> None:
    traffic = [
        {"name": "a", "kind": "request-response"},
        {"name": "b", "kind": "poisson", "rate": "1 kpps", "direction": "tx"},
    ]
    with pytest.raises(InputError, match=r"guests\.vm\.interrupts.*use two guests"):
        build(scenario(tmp_path, guests=[{"name": "vm", "interrupts": "poll"}], traffic=traffic))


def test_overload_is_allowed_when_asked_for(tmp_path: Path) -> None:
    plan = build(
        scenario(tmp_path, traffic=[{"name": "load", "kind": "poisson", "rate": "200 Mpps", "overload": True}])
    )
    assert plan.sources[0].backlog_ps < 1 << 40
