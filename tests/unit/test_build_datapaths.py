"""What a datapath puts into a plan, one fact each: batches, who pays for a wake-up, where cores and queues are, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import costs
from simulator.datapaths import DATAPATHS
from simulator.errors import InputError, ScenarioErrors
from simulator.parts.settings import FUNCTIONS
from simulator.plan import draws
from simulator.plan.check import check
from simulator.plan.model import NONE, Fifo, Plan, Worker
from simulator.scenario import load
from simulator.scenario.build import build

MODERN = costs.host("modern")
SENT = {"name": "load", "kind": "poisson", "rate": "10 kpps", "direction": "tx"}
BOTH = [SENT, {"name": "asked", "kind": "request-response"}]


def plan_of(
    tmp_path: Path, datapath: str, traffic: Any = SENT, *, host: Any = None, nic: Any = "e810", **guest: Any
) -> Plan:
    file = tmp_path / "s.yaml"
    content = {
        "schema": 1, "host": {"model": "modern"} | (host or {}), "nic": nic, "guests": [{"name": "vm", "datapath": datapath} | guest],
        "traffic": traffic if isinstance(traffic, list) else [traffic],
    }  # fmt: skip
    file.write_text(json.dumps(content))
    plan = build(load(file))
    assert check(plan) == []
    return plan


def worker(plan: Plan, name: str) -> Worker:
    return next(item for item in plan.workers if item.name == name)


def fifo(plan: Plan, name: str) -> Fifo:
    return next(item for item in plan.fifos if item.name == name)


# AF_XDP: xdpsock takes and sends 64 frames at a time, as a softirq's poll does.


def test_a_process_with_af_xdp_works_in_batches_of_64(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "af-xdp", interrupts="poll")
    polls = worker(plan, "vm.q0.poll")
    assert (polls.chunk, polls.outputs[1].publish_every) == (64, 64)
    sends = worker(plan, "vm.q0.xmit")
    assert (sends.chunk, sends.outputs[0].publish_every) == (64, 64)


def test_a_softirq_wakes_the_process_of_its_core_itself_and_another_core_s_by_the_thread(tmp_path: Path) -> None:
    here = plan_of(tmp_path, "af-xdp")
    assert fifo(here, "vm.q0.socket").gate.notify.cost_ps == MODERN.ps("h_wake_app") > 0
    apart = plan_of(tmp_path, "af-xdp", application={"cores": [5]})
    assert fifo(apart, "vm.q0.socket").gate.notify.cost_ps == 0
    thread = next(item for item in apart.threads if item.name == "vm.q0.app")
    assert (thread.wake_ps, thread.waker_ps) == (MODERN.ps("h_wake_run"), MODERN.ps("h_wake_work"))


def test_the_time_of_an_application_is_on_top_of_the_ring_s(tmp_path: Path) -> None:
    application = {"receive": "3 us", "send": "2 us"}
    plan = plan_of(tmp_path, "af-xdp", BOTH, application=application)
    reads = worker(plan, "vm.q0.receive")
    assert reads.packet_ps == MODERN.ps("d_xsk_rx_pk") + 3_000_000
    assert reads.reply_ps == MODERN.ps("d_xsk_tx_pk") + 2_000_000


def test_a_process_that_answers_has_two_ends_and_one_that_only_sends_looks_up(tmp_path: Path) -> None:
    answers = worker(plan_of(tmp_path, "af-xdp", BOTH), "vm.q0.receive")
    assert (answers.select, answers.switch) == ("endpoint", NONE)
    only = plan_of(tmp_path, "af-xdp")
    sends = worker(only, "vm.q0.receive")
    assert sends.select == "switch"
    table = only.switches[sends.switch]
    assert (table.ports, table.default_port) == (((0, 1), (1, 1)), 1)
    # its own address leads to the application, port 0, and only that
    assert [place for place, port in enumerate(table.table) if port == 0] == [1]


# Containers: every queue has a socket that the host's poll reaches, and a way out.


@pytest.mark.parametrize("datapath", ["container", "container-routed", "macvlan"])
def test_every_queue_of_a_container_sends_and_is_reached(tmp_path: Path, datapath: str) -> None:
    plan = plan_of(tmp_path, datapath, vcpus=2, queues=2)
    spreads = worker(plan, "vm.flows")
    assert [plan.fifos[output.index].name for output in spreads.outputs] == ["vm.q0.send", "vm.q1.send"]
    reached = {
        plan.fifos[output.index].name
        for item in plan.workers
        if item.kind == "soft"
        for output in item.outputs
        if output.kind == "fifo"
    }
    ends = {f"vm.q{queue}.{'socket' if datapath == 'macvlan' else 'backlog'}" for queue in range(2)}
    assert ends <= reached, reached


@pytest.mark.parametrize(
    ("extra", "key"), [({"application": {"kind": "xdp"}}, "application.kind"), ({"max_rate": "1 Gbit/s"}, "max_rate")]
)
def test_a_macvlan_container_is_a_plain_process(tmp_path: Path, extra: dict[str, Any], key: str) -> None:
    with pytest.raises((InputError, ScenarioErrors), match=key):
        plan_of(tmp_path, "macvlan", {"name": "load", "kind": "poisson", "rate": "10 kpps"}, **extra)


@pytest.mark.parametrize(("datapath", "sender"), [("container", "vm.q0.sender"), ("vhost-net", "vm.q0.vhost.tx")])
def test_a_firewall_is_paid_once_by_who_passes_it(tmp_path: Path, datapath: str, sender: str) -> None:
    plain, filtered = (plan_of(tmp_path, datapath, host={"firewall": word}) for word in ("off", "filter"))
    more = {
        one.name: other.packet_ps - one.packet_ps
        for one, other in zip(plain.workers, filtered.workers, strict=True)
        if one.packet_ps != other.packet_ps
    }
    filter_ps = MODERN.ps("s_filter")
    assert more == {sender: filter_ps, "uplink0.napi": filter_ps}


def test_a_descriptor_sends_up_to_16_kib(tmp_path: Path) -> None:
    # IXGBE_MAX_DATA_PER_TXD; i40e and ice are as near as makes no difference
    plan = plan_of(tmp_path, "native")
    assert {ring.buffer_bytes for ring in plan.rings if ring.kind == "tx"} == {16 * 1024}


# The registry: what a path is, as the reference page of the datapaths says it.

PROCESSES = {
    "native", "host", "container", "container-routed", "container-vf", "macvlan", "memif", "af-xdp", "af-xdp-copy",
}  # fmt: skip
VIRTIO = {
    "vhost-net", "vhost-user", "virtio-qemu", "virtio-vmm", "macvtap", "vmdq", "xen-netfront", "hyperv-netvsc",
}  # fmt: skip


def test_a_path_is_a_process_a_function_or_virtqueues_where_its_name_says_so() -> None:
    assert {name for name, path in DATAPATHS.items() if path.on_host} == PROCESSES
    # a sub-function takes none of the virtual functions of its adapter
    assert {name for name, path in DATAPATHS.items() if path.function} == {*FUNCTIONS} - {"sub-function"}
    assert {name for name, path in DATAPATHS.items() if path.virtqueues} == VIRTIO
    assert {name for name, path in DATAPATHS.items() if path.switch == "ovs-dpdk"} == {"memif", "vhost-user"}


def test_the_best_mode_is_that_of_the_host() -> None:
    path = DATAPATHS["sriov-vf"]
    assert [path.best_mode(*has) for has in ((False, False), (True, False), (True, True))] == [
        "legacy",
        "apicv",
        "posted",
    ]
    assert DATAPATHS["native"].best_mode(True, True) == "native"


def test_a_polled_function_has_no_steps_of_interrupts() -> None:
    polled = {step.charge.partition(".")[0] for step in DATAPATHS["sriov-vf"].steps("poll")}
    assert polled == {"poll"}
    for mode in ("legacy", "apicv", "posted"):
        found = {step.charge.partition(".")[0] for step in DATAPATHS["sriov-vf"].steps(mode)}
        assert found >= {"napi", "route", "send"}, mode
        assert "poll" not in found, mode


def test_two_adapters_are_for_emulated_devices(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors, match="2 nics are for"):
        plan_of(tmp_path, "vhost-net", vcpus=2, nics=2)


@pytest.mark.parametrize(
    ("mps", "right"), [("128 B", True), ("4 KiB", True), ("300 B", False), ("64 B", False), ("8 KiB", False)]
)
def test_a_bus_has_payloads_of_powers_of_two(tmp_path: Path, mps: str, right: bool) -> None:
    nic = {"model": "e810", "pcie": {"mps": mps}}
    if right:
        (dma,) = plan_of(tmp_path, "sriov-vf", nic=nic).dmas
        assert dma.mps_bytes == {"128 B": 128, "4 KiB": 4096}[mps]
        assert dma.mrrs_bytes == 512
        return
    with pytest.raises(ScenarioErrors, match="as mps is not a power of two"):
        plan_of(tmp_path, "sriov-vf", nic=nic)


# Virtqueues, polled switches and cores


def test_backends_send_by_the_host_s_rings_in_turn(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "vhost-net", vcpus=4, queues=4, host={"irq_cores": [0, 1]})
    sends = [worker(plan, f"vm.q{queue}.vhost.tx").outputs[0].index for queue in range(4)]
    assert [plan.rings[ring].name for ring in sends] == ["uplink0.tx", "uplink1.tx"] * 2


@pytest.mark.parametrize(
    ("datapath", "backends"), [("vhost-net", {"vm.q0.vhost.rx", "vm.q0.vhost.tx"}), ("vhost-user", {"pmd0"})]
)
def test_whoever_serves_virtqueues_is_a_backend(tmp_path: Path, datapath: str, backends: set[str]) -> None:
    assert {item.name for item in plan_of(tmp_path, datapath).workers if item.backend} == backends


def test_a_driver_asks_to_hear_of_three_quarters_of_what_it_has_sent(tmp_path: Path) -> None:
    # Linux virtqueue_enable_cb_delayed_split: bufs = (avail - last_used) * 3 / 4
    (sent,) = [ring for ring in plan_of(tmp_path, "vhost-net").rings if ring.name == "vm.q0.tx"]
    assert (sent.used_gate.delay_num, sent.used_gate.delay_den) == (3, 4)


def test_a_polled_switch_rings_by_one_store_in_each_direction(tmp_path: Path) -> None:
    rings = [ring for ring in plan_of(tmp_path, "vhost-user").rings if ring.name.startswith("pmd0")]
    assert [ring.avail_gate.notify.cost_ps for ring in rings] == [MODERN.ps("h_mmio_wr")] * 2


def test_a_thread_that_polls_pays_the_dearer_direction_and_keeps_what_is_its_own(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "native", interrupts="poll")
    polls = worker(plan, "vm.q0.poll")
    assert polls.packet_ps == max(MODERN.ps("d_rx_pk"), MODERN.ps("d_tx_pk")) > polls.reply_ps == MODERN.ps("d_tx_pk")
    assert plan.switches[polls.switch].ports == ((0, 1), (1, 1))
    # an E810 sends 58.5 million frames a second, and a read takes a microsecond
    assert fifo(plan, "port.prefetch").capacity == 59


def test_no_two_ticks_and_no_two_kinds_of_noise_begin_together(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "vhost-net", vcpus=4, host={"tick": True, "noise": "ordinary"})
    ticks = [tick for tick in plan.ticks if tick.gap == NONE]
    noises = [tick for tick in plan.ticks if tick.gap != NONE]
    # 250 a second by a clock that is 311 ppm slow
    assert {tick.period_ps for tick in ticks} == {4 * 10**9 + 1_244_000}
    assert len({tick.offset_ps for tick in plan.ticks}) == len(plan.ticks) > 8
    assert all(0 < tick.offset_ps < tick.period_ps for tick in plan.ticks)
    for tick in noises:
        assert tick.period_ps == pytest.approx(float(draws.mean(plan.streams[tick.gap])), rel=1e-6)
