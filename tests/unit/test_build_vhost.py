"""Guests behind a Linux bridge: tables, lanes, cores, frames between guests, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.costs import host, nic
from simulator.engines.compiled import CompiledEngine
from simulator.errors import InputError
from simulator.parts.machine import Machine
from simulator.parts.settings import GuestSettings, HostSettings, port_settings
from simulator.plan import draws
from simulator.plan.check import check
from simulator.plan.model import Plan, Source
from simulator.scenario import load
from simulator.scenario.assemble import assemble
from simulator.scenario.build import build, core_map
from simulator.scenario.model import Scenario
from simulator.vswitches import linux_bridge

PACKETS = 20


def scenario(tmp_path: Path, **parts: Any) -> Scenario:
    base = {
        "schema": 1,
        "host": "textbook",
        "nic": "textbook-nic",
        "guests": [{"name": "vm", "datapath": "vhost-net"}],
        "traffic": [{"name": "load", "kind": "poisson", "rate": "10 kpps"}],
    }
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(base | parts))
    return load(file)


def machine_with(*guests: GuestSettings) -> Machine:
    settings = HostSettings(host("textbook"), apicv=True, posted_interrupts=True)
    return assemble(settings, [port_settings(nic("textbook-nic"))], guests)


def between(machine: Machine, sender: str, receiver: str) -> Plan:
    """`PACKETS` frames from one guest to another, 50 us apart."""
    builder = machine.builder
    values = {"size": 60, "flow": 0, "dst": machine.attached[receiver].mac, "gap": 50_000_000}
    streams = {name: builder.stream(draws.constant(name, value)) for name, value in values.items()}
    builder.add(Source("sender", "open", "fifo", machine.attached[sender].send, **streams, max_packets=PACKETS))
    plan = builder.finish("between")
    assert check(plan) == []
    return plan


def counters(plan: Plan) -> dict[str, int]:
    engine = CompiledEngine(plan, 1)
    engine.run(10**10)
    return dict(engine.trace().counters)


def test_tables() -> None:
    # MACs 1 and 3 are behind the bridge (2 is a virtual function), MAC 3 on VLAN index 1 with two tap queues.
    members = [(1, 0, 0, 1), (3, 1, 1, 2)]
    inward, outward = linux_bridge.from_wire(2, 4, members), linux_bridge.from_guest(2, 4, members)
    assert inward.table == (-1, 0, -1, -1, -1, -1, -1, 1)
    assert inward.ports == ((0, 1), (1, 2))
    assert inward.default_port == -1, "nothing goes back to where it came from"
    assert outward.table == (0, 1, 0, 0, 0, 0, 0, 2)
    assert outward.ports == ((0, 1), (1, 1), (2, 2))


@pytest.mark.parametrize("datapath", ["vhost-net", "virtio-qemu"])
def test_guests_of_one_host_meet_on_the_bridge(datapath: str) -> None:
    machine = machine_with(GuestSettings("a", datapath, "apicv", sends=True), GuestSettings("b", datapath, "apicv"))
    found = counters(between(machine, "a", "b"))
    assert found["b.sink.count"] == PACKETS
    assert found["wire.out.items"] == 0
    assert found["port.pcie.up.items"] == 0, "the frames never reach the NIC"


@pytest.mark.parametrize(("sender", "receiver"), [("a", "b"), ("b", "a")])
def test_guests_of_two_paths_meet_in_the_nic(sender: str, receiver: str) -> None:
    machine = machine_with(
        GuestSettings("a", "vhost-net", "apicv", sends=True), GuestSettings("b", "sriov-vf", "posted", sends=True)
    )
    found = counters(between(machine, sender, receiver))
    assert found[f"{receiver}.sink.count"] == PACKETS
    assert found["port.loopback.items"] == PACKETS
    assert found["wire.out.items"] == 0


def test_guests_of_different_vlans_do_not_meet() -> None:
    machine = machine_with(
        GuestSettings("a", "vhost-net", "apicv", sends=True), GuestSettings("b", "vhost-net", "apicv", vlan=7)
    )
    found = counters(between(machine, "a", "b"))
    assert found["b.sink.count"] == 0
    assert found["wire.out.items"] == PACKETS, "the world beyond may know the address"


def test_who_runs_where(tmp_path: Path) -> None:
    guests = [{"name": "a", "datapath": "vhost-net", "vcpus": 2, "queues": 2}, {"name": "b", "datapath": "virtio-qemu"}]
    assert core_map(scenario(tmp_path, guests=guests)).splitlines() == [
        "cpu0: uplink0",
        "cpu1: uplink1",
        "cpu2: a.vcpu0",
        "cpu3: a.vcpu1",
        "cpu4: vhost of a.q0",
        "cpu5: vhost of a.q1",
        "cpu6: uplink2",
        "cpu7: b.vcpu0",
        "cpu8: qemu of b",
    ]


def test_lanes_are_shared_beyond_eight(tmp_path: Path) -> None:
    plan = build(scenario(tmp_path, guests=[{"name": "vm", "count": 12, "datapath": "vhost-net"}]))
    ingress = next(switch for switch in plan.switches if switch.name == "port.ingress")
    assert [first for first, _ in ingress.ports] == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]
    assert len([worker for worker in plan.workers if worker.name.startswith("uplink")]) == 8


def test_named_interrupt_cores_are_the_lanes(tmp_path: Path) -> None:
    named = scenario(
        tmp_path,
        host={"model": "textbook", "irq_cores": "5"},
        guests=[{"name": "vm", "count": 2, "datapath": "vhost-net"}],
    )
    assert "cpu5: uplink0" in core_map(named).splitlines()
    assert "uplink1" not in core_map(named)


def test_rings_of_guest_and_host_are_sized_apart(tmp_path: Path) -> None:
    guests = [{"name": "vm", "datapath": "vhost-net", "rx_ring": 512}]
    plan = build(scenario(tmp_path, guests=guests, nic={"model": "textbook-nic", "rx_ring": 1024}))
    sizes = {ring.name: ring.size for ring in plan.rings}
    assert sizes["uplink0.rx"] == 1024
    assert sizes["vm.q0.rx"] == 512
    assert sizes["vm.q0.tx"] == 256 - 18


def test_a_kicked_backend_takes_up_its_work_again(tmp_path: Path) -> None:
    workers = [worker for worker in build(scenario(tmp_path)).workers if ".vhost." in worker.name]
    assert [worker.resume_ps for worker in workers] == [250_000, 150_000]  # v_work, and v_signal when it receives


@pytest.mark.parametrize("datapath", ["vhost-net", "virtio-qemu"])
@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"switch": {"kind": "embedded"}}, "switch.kind.*of guest vm needs the switch 'linux-bridge'"),
        ({"switch": {"kind": "none"}}, "switch.kind.*choices: automatic, linux-bridge"),
        ({"interrupts": "posted"}, "guests.vm.interrupts.*on host textbook; choices: apicv, legacy"),
        ({"max_rate": "1 Gbit/s"}, "guests.vm.max_rate.*transmit engine"),
        ({"weight": 2}, "guests.vm.weight.*transmit engine"),
        ({"tx_ring": 16}, "guests.vm.tx_ring.*more than 18 descriptors"),
    ],
)
def test_what_the_path_has_not_got_is_refused(
    tmp_path: Path, datapath: str, parts: dict[str, Any], message: str
) -> None:
    outer = {key: value for key, value in parts.items() if key == "switch"}
    guest = {"name": "vm", "datapath": datapath, **{key: parts[key] for key in parts if key != "switch"}}
    with pytest.raises(InputError, match=message):
        build(scenario(tmp_path, guests=[guest], **outer))
