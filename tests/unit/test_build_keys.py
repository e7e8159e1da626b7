"""What a scenario's keys become in the plan: limits of a function, quotas, idle words, drivers' moderation, placement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import costs
from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.errors import InputError
from simulator.parts.cpu import SIBLING_SPEED
from simulator.parts.nic import FCS_BYTES
from simulator.plan.check import check
from simulator.plan.model import Moderator, Plan, Worker
from simulator.scenario import load
from simulator.scenario.build import build

US = 10**6
MS = 10**9


def plan_of(tmp_path: Path, guest: dict[str, Any] | None = None, **parts: Any) -> Plan:
    file = tmp_path / "s.yaml"
    traffic = {"name": "load", "kind": "poisson", "rate": "10 kpps", "direction": "tx"}
    content = {"schema": 1, "guests": [{"name": "vm"} | (guest or {})], "traffic": [traffic]}
    file.write_text(json.dumps(content | parts))
    plan = build(load(file))
    assert check(plan) == []
    return plan


def engine_of(plan: Plan) -> Worker:
    return next(worker for worker in plan.workers if worker.name == "port.transmit")


# Limits of a function

FOUR = {"vcpus": 4, "queues": 4}


def test_queues_of_a_function_are_under_one_cap_and_take_turns_as_one(tmp_path: Path) -> None:
    guest = {"count": 2, "max_rate": "5 Gbit/s", "max_pps": "1 Mpps", "burst": "64 KiB", "burst_packets": 8, **FOUR}
    plan = plan_of(tmp_path, guest)
    caps = [shaper for shaper in plan.shapers if shaper.name.endswith(".cap")]
    assert [cap.name for cap in caps] == ["vm0.cap", "vm1.cap"]
    assert {(cap.rate_bps, cap.burst_bytes, cap.overhead_bytes) for cap in caps} == {(5 * 10**9, 65_536, FCS_BYTES)}
    assert {(cap.rate_millipps, cap.burst_packets) for cap in caps} == {(10**9, 8)}
    inputs = engine_of(plan).inputs
    assert [plan.shapers[item.shaper].name for item in inputs] == ["vm0.cap"] * 4 + ["vm1.cap"] * 4
    assert [item.share for item in inputs] == [0] * 4 + [1] * 4


def test_a_cap_is_one_rate_whatever_the_queues(tmp_path: Path) -> None:
    # 64 B frames at far more than 100 Mbit/s over four queues: 100 Mbit/s of them leave, bucket included, in both engines.
    load_ = {"name": "load", "kind": "poisson", "rate": "2 Mpps", "direction": "tx", "flows": 64}
    guest = {"max_rate": "100 Mbit/s", "burst": "1 KiB", **FOUR}
    plan = plan_of(tmp_path, guest, traffic=[load_], host="textbook")
    for kind in (CompiledEngine, ReferenceEngine):
        engine = kind(plan, 1)
        engine.run(20 * MS)
        sent = engine.trace().counters["vm.cap.bytes"]
        assert 0.98 < sent * 8 / (100 * 10**6 * 0.02) <= 1.0 + 1024 * 8 / (100 * 10**6 * 0.02)


def test_a_guaranteed_rate_is_a_floor(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"min_rate": "2 Gbit/s"})
    (floor,) = plan.shapers
    assert (floor.name, floor.rate_bps, floor.rate_millipps) == ("vm.floor", 2 * 10**9, 0)
    (item,) = engine_of(plan).inputs
    assert (item.shaper, item.floor, item.share) == (-1, 0, -1)


@pytest.mark.parametrize(("key", "value"), [("max_pps", "1 Mpps"), ("min_rate", "1 Gbit/s"), ("max_rate", "1 Gbit/s")])
def test_only_a_function_of_the_adapter_has_limits(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(InputError, match="is a setting of the NIC's transmit engine"):
        plan_of(tmp_path, {"datapath": "vhost-net", key: value})


def test_a_quota_is_of_all_vcpus_of_one_guest(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"count": 2, "vcpus": 2, "cpu": {"quota": "50 ms"}})
    assert [(q.name, q.quota_ps, q.period_ps) for q in plan.quotas] == [
        ("vm0.quota", 50 * MS, 100 * MS),
        ("vm1.quota", 50 * MS, 100 * MS),
    ]
    under = {thread.name: thread.quota for thread in plan.threads if thread.kind == "vcpu"}
    assert under == {"vm0.vcpu0.thread": 0, "vm0.vcpu1.thread": 0, "vm1.vcpu0.thread": 1, "vm1.vcpu1.thread": 1}
    assert plan_of(tmp_path).quotas == ()


# The machine

IDLE = {
    "default": ("C1", "C1E", "C6"),
    "c1": ("C1",),
    "poll": (),
    "latency-performance": ("C1",),
    "throughput-performance": ("C1", "C1E", "C6"),
    "virtual-host": ("C1", "C1E", "C6"),
}


@pytest.mark.parametrize(("word", "states"), IDLE.items())
def test_idle_words_are_the_states_that_they_leave(tmp_path: Path, word: str, states: tuple[str, ...]) -> None:
    plan = plan_of(tmp_path, host={"model": "modern", "idle": word})
    known = {state.name: (state.residency.value, state.leave.value) for state in costs.host("modern").idle_states}
    cores = [executor for executor in plan.executors if executor.kind == "core"]
    assert {core.idle_states for core in cores} == {tuple(known[name] for name in states)}
    assert {core.idle_exit_ps for core in cores} == {0}


@pytest.mark.parametrize(("written", "word"), [("on", "default"), ("off", "poll")])
def test_the_old_switch_for_idle_states_is_a_word(tmp_path: Path, written: str, word: str) -> None:
    old = plan_of(tmp_path, host={"model": "modern", "idle_states": written})
    assert old.executors == plan_of(tmp_path, host={"model": "modern", "idle": word}).executors


def test_hardware_threads_are_pairs_of_cores(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"vcpus": 2, "placement": {"cores": [2, 3]}}, host={"model": "modern", "smt": "on"})
    number = {executor.name: index for index, executor in enumerate(plan.executors)}
    for own, other in (("cpu2", "cpu3"), ("cpu3", "cpu2")):
        core = plan.executors[number[own]]
        assert (core.sibling, core.sibling_speed) == (number[other], SIBLING_SPEED)


def core_names(plan: Plan, *threads: str) -> list[str]:
    found = {thread.name: plan.executors[thread.executor].name for thread in plan.threads}
    return [found[name] for name in threads]


def test_backends_run_where_host_or_guest_say(tmp_path: Path) -> None:
    host = {"model": "modern", "backend_cores": [8, 9]}
    shared = plan_of(tmp_path, {"datapath": "vhost-net", "count": 3}, host=host)
    assert core_names(shared, "vm0.q0.vhost", "vm1.q0.vhost", "vm2.q0.vhost") == ["cpu8", "cpu9", "cpu8"]
    own = plan_of(tmp_path, {"datapath": "virtio-qemu", "backend_cores": [5]}, host=host)
    assert core_names(own, "vm.qemu") == ["cpu5"]


# Moderation

MODERATION = [
    # Adapter, datapath; rule, kind, first interval of received and sent packets (-1: one direction), least gap, in us.
    ("x710", "native", ("size", "gap", 50, 50, 0)),
    ("x710", "sriov-vf", ("size", "gap", 50, 50, 0)),
    ("82599", "native", ("size_vector", "gap", 50, -1, 0)),
    ("82599", "sriov-vf", ("classes", "gap", 50, -1, 0)),
    ("e810", "native", ("dim", "gap", 8, 8, 4)),
    ("e810", "sriov-vf", ("size", "gap", 50, 50, 0)),
    ("connectx-5", "native", ("dim", "coal_cqe", 8, 8, 0)),
    ("connectx-6", "sriov-vf", ("dim", "coal_cqe", 8, 8, 0)),
]


def of_vector(plan: Plan) -> Moderator:
    (vector,) = plan.moderators
    return vector


@pytest.mark.parametrize(("adapter", "datapath", "expected"), MODERATION)
def test_each_function_is_moderated_as_its_driver_does(
    tmp_path: Path, adapter: str, datapath: str, expected: tuple[str, str, int, int, int]
) -> None:
    vector = of_vector(plan_of(tmp_path, {"datapath": datapath}, nic=adapter))
    times = tuple(-1 if ps == -1 else ps // US for ps in (vector.interval_ps, vector.tx_interval_ps))
    assert (vector.adapt, vector.kind, *times, vector.least_gap_ps // US) == expected


def test_a_stated_moderation_is_fixed(tmp_path: Path) -> None:
    vector = of_vector(plan_of(tmp_path, nic={"model": "x710", "moderation": {"kind": "gap", "interval": "20 us"}}))
    assert (vector.adapt, vector.kind, vector.interval_ps) == ("", "gap", 20 * US)
    adaptive = of_vector(plan_of(tmp_path, nic={"model": "x710", "moderation": {"kind": "adaptive"}}))
    assert adaptive == of_vector(plan_of(tmp_path, nic="x710"))


@pytest.mark.parametrize(("adapter", "group"), [("x710", 4), ("xl710", 4), ("e810", 1), ("82599", 1)])
def test_received_descriptors_are_held_where_the_adapter_groups_them(tmp_path: Path, adapter: str, group: int) -> None:
    interrupts = next(ring for ring in plan_of(tmp_path, nic=adapter).rings if ring.kind == "rx")
    polling = plan_of(tmp_path, {"interrupts": "poll"}, nic=adapter)
    polled = next(ring for ring in polling.rings if ring.kind == "rx")
    assert (interrupts.hold_group, polled.hold_group) == (group, group)
    # A vector hands over what is held; without one the adapter's own time does.
    assert interrupts.hold_ps == -1
    assert polled.hold_ps == costs.nic(adapter).value("rx_writeback_interval")


# Applications

PING = {"name": "ping", "kind": "request-response", "think": "1 ms"}


def test_bare_metal_polls(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"datapath": "native", "interrupts": "poll"}, traffic=[PING])
    assert (plan.moderators, plan.routes) == ((), ())
    (poller,) = [worker for worker in plan.workers if worker.poll_mode]
    assert core_names(plan, plan.threads[poller.on].name) == ["cpu0"]
    engine = CompiledEngine(plan, 1)
    engine.run(5 * MS)
    spent = engine.trace().counters
    assert spent["vm.sink.count"] + spent["peer.count"] > 0
    assert spent["cpu0.pmd_idle"] > 0


def test_an_application_of_the_next_vcpu_is_woken_by_an_icr_write(tmp_path: Path) -> None:
    guest = {"vcpus": 2, "interrupts": "legacy", "halt_poll": "off"}
    for word, expected in (("same", False), ("next", True)):
        plan = plan_of(tmp_path, guest | {"application": {"vcpu": word}}, traffic=[PING], host="textbook")
        thread = next(thread for thread in plan.threads if thread.name == "vm.q0.app")
        assert plan.executors[thread.executor].name == ("vm.vcpu1" if expected else "vm.vcpu0")
        engine = ReferenceEngine(plan, 1)
        engine.run(10 * MS)
        counters = engine.trace().counters
        answered = counters["peer.count"] + counters["vm.sink.count"]
        assert answered > 0
        assert (counters["vm.vcpu0.ICR"] > 0) == expected
        assert counters["vm.vcpu1.ICR"] == 0


def test_a_bare_metal_application_has_cores_of_its_own(tmp_path: Path) -> None:
    guest = {"datapath": "native", "vcpus": 2, "queues": 2, "application": {"cores": [6, 7]}}
    plan = plan_of(tmp_path, guest)
    assert core_names(plan, "vm.q0.app", "vm.q1.app") == ["cpu6", "cpu7"]
    thread = next(thread for thread in plan.threads if thread.name == "vm.q0.app")
    model = costs.host("modern")
    assert (thread.waker_ps, thread.flight_ps, thread.wake_ps) == tuple(
        model.ps(name) for name in ("h_wake_work", "h_ipi_flight", "h_wake_run")
    )
