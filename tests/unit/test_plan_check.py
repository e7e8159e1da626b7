"""`check()` is content with sound plans and names entity, field and reason for every planted fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import PlanError
from simulator.plan import check_values, draws
from simulator.plan.check import check, require
from simulator.plan.check_values import LEAST, WORDS
from simulator.plan.model import Executor, Gate, Input, Notify, Output, Plan, Quota, Shaper, Source, Worker
from simulator.plan.references import collection, entities, parts
from tests.conformance.build import build
from tests.conformance.vectors import vectors
from tests.engines.mutation import with_entity, with_field

Change = Callable[[Plan], Plan]
MINUS_ONE = {
    ("Source", "response_bytes"),
    ("DescRing", "hold_ps"),
    ("DescRing", "base_bytes"),
    ("Dma", "iotlb_entries"),
    ("Moderator", "tx_interval_ps"),
    ("Input", "share"),
    ("Worker", "merge_ps"),
    ("Worker", "stream_ps"),
    ("Worker", "ack_ps"),
    ("Output", "dst"),
}
"""Numbers that -1 switches off."""
SIZE = {"adapt": "size", "adapt_args": (2, 126, 512, 4 * 10**9), "tx_interval_ps": 0, "interval_ps": 0}
VECTORS = {vector.name: vector.plan for vector in vectors()}


def change(entity_name: str, path: str = "", /, **fields: Any) -> Change:
    """Change fields of the entity of that name, or of the part of it at `path`."""

    def apply(plan: Plan) -> Plan:
        for where, index, entity in entities(plan):
            if entity.name == entity_name:
                for field, value in fields.items():
                    entity = with_field(entity, path, field, value)
                return with_entity(plan, where, index, entity)
        raise KeyError(entity_name)

    return apply


def limited(worker: str, field: str) -> Change:
    """Give the first input of a worker a shaper or a floor."""

    def apply(plan: Plan) -> Plan:
        more = dataclasses.replace(plan, shapers=(*plan.shapers, Shaper("limit", 10**9)))
        return change(worker, "inputs[0]", **{field: len(plan.shapers)})(more)

    return apply


def both(*changes: Change) -> Change:
    """One change after the other."""

    def apply(plan: Plan) -> Plan:
        for each in changes:
            plan = each(plan)
        return plan

    return apply


def stream(made: draws.Stream) -> Change:
    """Put a stream in place of the one of its name."""
    return lambda plan: dataclasses.replace(
        plan, streams=tuple(made if s.name == made.name else s for s in plan.streams)
    )


def test_every_reference_beyond_its_collection_is_named() -> None:
    tried = 0
    for vector in vectors():
        for where, index, entity in entities(vector.plan):
            for path, part in parts(entity):
                for field in dataclasses.fields(part):
                    target = collection(part, field.name)
                    if target is not None:
                        beyond = len(getattr(vector.plan, target))
                        broken = with_entity(vector.plan, where, index, with_field(entity, path, field.name, beyond))
                        complaints = check(broken)
                        assert any(entity.name in text and field.name in text for text in complaints), (entity, field)
                        tried += 1
        if tried > 2000:
            break
    assert tried > 1000


def test_every_word_and_number_out_of_range_is_named() -> None:
    tried = set()
    for plan in VECTORS.values():
        for where, index, entity in entities(plan):
            for path, part in parts(entity):
                for field in dataclasses.fields(part):
                    key = (type(part).__name__, field.name)
                    bad = "nonsense" if key in WORDS else LEAST.get(key, 0) - 1 if str(field.type) == "int" else None
                    if (
                        key in tried
                        or bad is None
                        or collection(part, field.name)
                        or bad == -1 == getattr(part, field.name)
                    ):
                        continue
                    if key in (("Switch", "default_port"), ("Worker", "on"), ("Link", "target"), ("Notify", "target")):
                        continue
                    if key in MINUS_ONE:
                        bad = -2
                    complaints = check(with_entity(plan, where, index, with_field(entity, path, field.name, bad)))
                    assert any(entity.name in text and f"{field.name} = {bad!r}" in text for text in complaints), key
                    tried.add(key)
    assert len(tried) > 115


@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_numbers_are_integers(value: object) -> None:
    plan = VECTORS["source_before_core"]
    assert "Worker w: packet_ps" in check(change("w", packet_ps=value)(plan))[0]


FAULTS: list[tuple[str, Change, str]] = [
    # names
    ("source_before_core", change("w", name=""), "a name may not be empty"),
    ("source_before_core", change("w", name="q"), "entity q: the name is used twice"),
    # roles
    ("apicv_wakes_a_blocked_vcpu", change("v", thread=-1), "Executor v: thread: must be a thread of kind 'vcpu'"),
    ("apicv_wakes_a_blocked_vcpu", change("v_thread", vcpu=-1), "Thread v_thread: vcpu: must be a vCPU"),
    ("notification_by_exit", change("v_thread", executor=2), "a vCPU runs on a core"),
    ("softirq_demoted_by_restarts", change("kd", kind="busy"), "must be of kind 'ksoftirqd'"),
    ("source_before_core", change("t", kind="busy"), "needs a thread of kind 'workers'"),
    ("two_workers_of_one_thread", change("w1", poll_mode=True), "leaves no time to the other workers"),
    ("interrupt_displaces_a_task", change("r", core=-1), "core = -1: mode 'native'"),
    ("apicv_wakes_a_blocked_vcpu", change("r", vcpu=-1), "Route r: vcpu: mode 'apicv' needs a vCPU"),
    ("apicv_wakes_a_blocked_vcpu", change("r", vcpu=0), "Route r: vcpu: mode 'apicv' needs a vCPU"),
    ("interrupt_displaces_a_task", change("r", worker=0, mode="posted", vcpu=0), "needs a vCPU"),
    ("posted_device_running", change("r", origin="irqfd"), "a moderator sends an MSI"),
    ("apicv_wakes_a_blocked_vcpu", change("r", origin="device", core=0), "a gate signals through an irqfd"),
    ("no_fetch_engine", change("ring", dma=-1), "a remote ring must have a dma"),
    ("no_fetch_engine", change("ring", remote=False), "only a remote ring has one"),
    # workers
    ("apicv_wakes_a_blocked_vcpu", change("n", poll_mode=True), "only a task or hardware worker can poll"),
    ("source_before_core", change("w", outputs=()), "packets taken have nowhere to go"),
    ("source_before_core", change("w", policy="drr", quantum_bytes=1), "are for hardware workers"),
    ("source_before_core", change("w", "inputs[0]", share=0), "are for hardware workers"),
    ("link_room", change("h", inputs=()), "a hardware worker has at least one"),
    ("drr_quanta", change("h", quantum_bytes=0), "drr needs at least 1"),
    ("switch_default_port_and_vlan", change("h", policy="drr", quantum_bytes=1), "drr and shaped inputs need 'first'"),
    ("switch_default_port_and_vlan", limited("h", "shaper"), "drr and shaped inputs need 'first'"),
    ("switch_default_port_and_vlan", limited("h", "floor"), "drr and shaped inputs need 'first'"),
    ("source_before_core", limited("w", "shaper"), "are for hardware workers"),
    ("switch_default_port_and_vlan", change("h", switch=-1), "select = 'switch' needs one"),
    ("switch_default_port_and_vlan", change("sw", ports=((0, 1), (1, 2))), "a port lies beyond the 2 outputs"),
    ("switch_default_port_and_vlan", change("sw", ports=((0, 1), (-1, 1))), "needs a first output >= 0"),
    ("switch_default_port_and_vlan", change("sw", table=(0, 0, 0)), "3 entries are not whole rows of 2"),
    ("switch_default_port_and_vlan", change("sw", table=(-1, 2, -1, -1)), "port 2: there are 2 ports"),
    ("switch_default_port_and_vlan", change("s1", vlan=2), "no entry for vlan 2, dst 1 of source s1"),
    ("link_room", change("h", select="endpoint"), "endpoints are software"),
    ("endpoint_turns_requests", change("w", outputs=(Output("sink", 0),)), "an endpoint has a sink and then the way back"),
    ("no_fetch_engine", change("ring", kind="rx"), "is not of kind 'tx'"),
    ("moderator_none_waits_for_the_unmask", change("n", kind="hw", on=-1), "the driver's side of a ring is software"),
    ("source_before_core", change("w", outputs=(Output("link", 0),)), "there are 0 links"),
    ("link_before_core", change("w", outputs=(Output("link", 0),)), "a task worker has fifo, post, fill, sink"),
    ("vhost_like_receive", change("ring", remote=True, dma=-1), "a remote ring must have a dma"),
    ("tx_ring_blocks_the_driver", change("h", outputs=(Output("post", 0),)), "a hw worker has fifo, link"),
    ("no_fetch_engine", change("e", "outputs[0]", fifo=-1), "needs the fifo that receives the data"),
    ("no_fetch_engine", change("e", "outputs[0]", full="drop"), "reads only what it has a place for"),
    ("link_room", change("wire", target_kind="none", target=-1), "leads nowhere"),
    ("poll_examination_at_equality", change("w", outputs=(Output("fifo", 0),)), "a poll-mode worker never parks"),
    ("vhost_like_receive", change("n", reap_ring=0), "reap_ring ring must be of kind 'tx'"),
    ("vhost_like_transmit", change("r", recheck="inplace"), "a ring is reaped once per invocation"),
    ("vhost_like_transmit", change("g", reap_ring=0), "it may not block on the ring that it reaps"),
    ("vhost_like_receive", change("b", refill_ring=0), "must be one of its rx inputs"),
    # ends
    ("link_before_hardware", change("h", inputs=(Input("fifo", 0), Input("fifo", 0))), "2 inputs drain it"),
    ("link_before_hardware", change("h", inputs=(Input("fifo", 0),)), "Fifo b: packets come in and nobody takes them"),
    ("link_before_hardware", change("a", poller=-1), "Fifo a: poller = -1: must be 0 (h)"),
    ("source_before_core", change("q", poller=0), "Fifo q: poller = 0: must be -1"),
    ("vhost_like_transmit", change("r", reap_ring=-1), "packets are posted and nobody reaps it"),
    # locks, accesses, device models
    ("uncontended_access", change("tm", executor=2), "only a thread of kind 'workers' on a core works under a lock"),
    ("main_loop_takes_the_lock_before_its_first_invocation", change("m", poll_mode=True), "would never give it back"),
    ("device_model_inside_an_access", change("mo", worker=0), "must be a soft or task worker that has this moderator"),
    ("device_model_inside_an_access", change("ring", "used_gate", mode="flag"), "or one whose used_gate is 'moderated'"),
    ("device_model_inside_an_access", change("ring", moderator=-1), "needs shared memory and a moderator with a worker"),
    ("device_model_inside_an_access", change("ring", "avail_gate", mode="moderated"), "only a used gate can be"),
    ("device_model_inside_an_access", change("q", "gate", mode="moderated"), "only a ring's used gate can be"),
    ("device_model_inside_an_access", change("ring", "used_gate.notify", cost_ps=1), "signal is its moderator's"),
    ("device_model_inside_an_access", change("r", origin="device"), "signalled by a thread"),
    ("device_model_inside_an_access", change("r", mode="native", core=0), "mode = 'native': an emulated device interrupts a guest"),
    ("device_model_inside_an_access", change("w", moderator=0, kind="hw", on=-1), "a software worker serves a moderator"),
    ("device_model_inside_an_access", change("x", on=0), "an exit worker is on a vCPU"),
    ("device_model_inside_an_access", change("x", reap_ring=0), "an exit worker is a device model, no driver"),
    ("device_model_inside_an_access", change("ring", "avail_gate.notify", exit=""), "started by an access of its own vCPU"),
    ("device_model_inside_an_access", change("ring", "avail_gate.notify", kind="ack", target=0), "registers are for lists"),
    ("device_model_inside_an_access", change("r", worker=2), "an exit worker is started by an access only"),
    ("unmask_that_fires", change("n", "unmask[0]", exit=""), "an access traps"),
    ("unmask_that_fires", change("n", "unmask[0]", kind="resume", target=0), "must be one of none, wake, ack, unmask"),
    ("unmask_that_fires", change("m", unmask=(Notify(exit="MMIO_READ"),)), "only code on a vCPU can trap"),
    ("uncontended_access", change("r", "accesses[0]", kind="wake", target=9), "there are"),
    ("unmask_that_fires", change("n", "unmask[0]", kind="wake", target=1), "it would wake itself"),
    ("unmask_access_of_a_device", change("m", stage=0), "has a moderator with a stage, so its bus needs one"),
    ("vhost_like_receive", change("n", refill_ring=-1), "packets come in and nobody refills it"),
    ("vhost_like_receive", change("ring", "avail_gate", mode="never"), "a parked worker would sleep for ever"),
    ("vhost_like_receive", change("ring", avail_gate=Gate("event")), "must resume this ring's waiter"),
    # gates
    ("source_before_core", change("q", "gate.notify", cost_ps=1), "a publisher here is no software worker"),
    ("source_before_core", change("q", "gate.notify", exit="MMIO_READ"), "a publisher here is no software worker"),
    ("notification_without_exit", change("k", "gate.notify", exit="MMIO_READ"), "worker w does not run on a vCPU"),
    ("source_before_core", change("q", "gate", delay_num=1), "only the used side of a tx ring delays"),
    ("no_fetch_engine", change("ring", "avail_gate", mode="flag"), "must be 'always' with a doorbell of this ring"),
    ("vhost_like_receive", change("ring", used_gate=Gate("event", Notify("doorbell", 0))), "only the avail side of a remote"),
    ("link_before_hardware", change("a", gate=Gate("flag", Notify("wake", 0))), "are not woken"),
    # what takes time or adapts
    ("apicv_wakes_a_blocked_vcpu", change("v_thread", flight_ps=1), "on a core is woken from elsewhere"),
    ("apicv_wakes_a_blocked_vcpu", change("v_thread", waker_ps=1), "on a core is woken from elsewhere"),
    ("softirq_demoted_by_restarts", both(lambda p: dataclasses.replace(p, quotas=(Quota("limit", 1, 1),)), change("kd", quota=0)), "other than ksoftirqd"),
    ("interrupt_displaces_a_task", change("r", waker_ps=1), "mode = 'native' wakes no vCPU"),
    ("rr_think_time", change("s", request=True), "only a source of kind 'open' chooses"),
    ("apicv_wakes_a_blocked_vcpu", change("v", idle_states=((0, 1),)), "only a core has them"),
    ("source_before_core", change("c", nohz=True), "only a vCPU's timer traps"),
    ("source_before_core", change("c", idle_states=((2, 1), (1, 1))), "must not fall"),
    ("source_before_core", change("c", idle_states=((2,),)), "must be (residency, time to leave)"),
    ("source_before_core", change("c", sibling=0), "two cores name each other"),
    ("moderator_none_waits_for_the_unmask", change("m", adapt="size"), "0 numbers, rule 'size' has 4"),
    ("moderator_none_waits_for_the_unmask", change("m", **{**SIZE, "tx_interval_ps": -1}), "works with two"),
    ("moderator_none_waits_for_the_unmask", change("m", **{**SIZE, "adapt": "size_vector"}), "works with one"),
    ("moderator_none_waits_for_the_unmask", change("m", **{**SIZE, "interval_ps": 1}), "begins with whole microseconds"),
    ("moderator_none_waits_for_the_unmask", change("m", **{**SIZE, "adapt_args": (2, 1, 1, 1)}), "needs least <= most"),
    ("moderator_none_waits_for_the_unmask", change("m", adapt="classes", adapt_args=(1, 2, 2**15)), "delays are at most"),
    ("moderator_none_waits_for_the_unmask", change("m", **{**SIZE, "adapt": "dim", "adapt_args": (5, *[1] * 20)}), "the first profile is one of 5"),
    ("moderator_none_waits_for_the_unmask", change("m", adapt_args=(1,)), "without a rule"),
    ("moderator_none_waits_for_the_unmask", change("m", adapt_args=(-1,)), "must be an integer from 0"),
    ("device_model_inside_an_access", change("mo", least_gap_ps=1), "an emulated device has one interval"),
    ("vhost_like_receive", change("ring", hold_group=2, hold_ps=1), "only the device of a remote rx ring"),
    ("vhost_like_receive", change("ring", base_bytes=0), "only a remote ring's buffers are translated"),
    ("page_is_walked_for_once", change("ring", base_bytes=1 << 56), "the last buffer lies beyond 2**56"),
    ("page_is_walked_for_once", change("d", iotlb_entries=65_537), "must be at most 65536"),
    ("page_is_walked_for_once", change("d", walkers=1025), "must be at most 1024"),
    ("page_is_walked_for_once", change("d", walk_ps=10**9 + 1), "must be at most 1000000000"),
    ("oldest_page_is_forgotten", stream(draws.constant("ring.order", -1)), "DescRing ring: order: draws may be negative"),
    ("source_before_core", change("w", merge_bytes=1), "only a softirq merges"),
    # requests, stages
    ("rr_think_time", change("far", reply_link=-1), "requests of source s may arrive"),
    ("rr_think_time", change("there", target_kind="none", target=-1), "packets may be sent here"),
    ("link_room", change("wire", stage=-1), "a link that delivers needs one"),
    # bounds
    ("source_before_core", stream(draws.constant("s.size", 0)), "Source s: size: draws from 0 to 0; the least is 1"),
    ("source_before_core", stream(draws.constant("s.flow", -2)), "Source s: flow: draws from -2 to -2"),
    ("source_before_core", change("s", gap=-1), "an open source needs gaps"),
    ("spread_draws_once_per_job", stream(draws.cycle("w.spread", [1024, -1])), "Worker w: spread: draws may be negative"),
    ("wake_free_hysteresis", change("r", wake_free=3), "wake_free = 3: more than its capacity 2"),
    ("tx_ring_wakes_late", change("ring", wake_free=3), "wake_free = 3: more than its size 2"),
    ("tx_packet_of_two_descriptors", change("ring", buffer_bytes=25), "may need 4 descriptors, 3 can be free"),
    ("rx_ring_full_drops_at_emit", change("n", refill_above=2), "may need 1 descriptors, 0 can be free"),
    ("switch_by_flow_hash", stream(draws.constant("s.dst", 2)), "no entry for vlan 0, dst 2"),
    ("link_room", change("wire", frame_overhead_bytes=1_100_000), "bytes * 8 * 10**12 do not fit 63 bits"),
    ("link_room", change("wire", rate_bps=1, propagation_ps=2**62), "take longer than 2**62 ps"),
    ("shaper_at_equality", change("h_shaper0", burst_bytes=1_152_922), "burst_bytes: 1152922 bytes * 8"),
    ("drr_quanta", change("h", quantum_bytes=2**61, inputs=(Input("fifo", 0, 4), Input("fifo", 1))), "does not fit 62 bits"),
    ("source_before_core", change("w", packet_ps=2**61), "a cost of"),
    ("spread_multiplies_the_sum", change("w", packet_ps=2**53), "times its spread 1536 / 1024 does not fit"),
    ("source_before_core", change("w", byte_fs=2**50), "byte_fs = 1125899906842624: does not fit 62 bits"),
    ("source_before_core", change("c", latency_ps=2**54), "a slice * 1024 does not fit 63 bits"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vector", "fault", "complaint"), FAULTS, ids=[f"{n}-{c[2][:30]}" for n, c in enumerate(FAULTS)]
)
def test_planted_fault_is_named(vector: str, fault: Change, complaint: str) -> None:
    plan = VECTORS[vector]
    assert check(plan) == []
    assert any(complaint in text for text in check(fault(plan))), check(fault(plan))


def a_circle() -> Plan:
    """A plan whose packets come round for ever: a fifo, a worker, a link back."""
    return build("circle", {
        "s": {"is": "source", "to": "q", "gap": 5},
        "q": {"is": "fifo"},
        "back": {"is": "link", "to": "q"},
        "h": {"is": "worker", "kind": "hw", "from": ["q"], "into": ["back"]},
    })  # fmt: skip


def test_loops_without_time_are_found() -> None:
    endless = build("endless", {
        "s": {"is": "source", "to": "q", "gap": 0},
        "out": {"is": "sink"},
        "q": {"is": "fifo"},
        "h": {"is": "worker", "kind": "hw", "from": ["q"], "into": ["out"]},
    })  # fmt: skip
    assert check(endless) == ["Source s: gap: all gaps are 0 and max_packets is above 1000000"]
    circle = a_circle()
    assert check(circle) == ["Fifo q: packets come round again without any time passing"]
    assert check(change("h", packet_ps=1)(circle)) == []
    at_once = build("at once", {
        "s": {"is": "source", "kind": "rr", "to": "there"},
        "far": {"is": "sink", "reply_link": "back"},
        "near": {"is": "sink"},
        "there": {"is": "link", "to": "far"},
        "back": {"is": "link", "to": "near"},
    })  # fmt: skip
    assert check(at_once) == ["Source s: its answers come back without any time passing"]
    assert check(change("back", propagation_ps=1)(at_once)) == []


def test_require_raises_all_complaints_at_once() -> None:
    plan = VECTORS["source_before_core"]
    require(plan)
    broken = change("q", capacity=0)(change("w", chunk=0)(plan))
    with pytest.raises(PlanError) as caught:
        require(broken)
    assert "Worker w: chunk = 0: must be at least 1" in str(caught.value)
    assert "Fifo q: capacity = 0: must be at least 1" in str(caught.value)


def test_too_many_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = VECTORS["source_before_core"]
    monkeypatch.setattr(check_values, "MAXIMUM_ENDS", 300)
    assert "outputs" in check(change("w", outputs=(Output("sink", 0),) * 300)(plan))[0]
    assert check(change("w", outputs=(Output("sink", 0),) * 240)(plan)) == []


def test_parts_of_a_wrong_class_are_named() -> None:
    plan = VECTORS["source_before_core"]
    assert any("every one must be an Output" in text for text in check(change("w", outputs=(Input("fifo", 0),))(plan)))
    assert any("must be a Gate with a Notify" in text for text in check(change("q", gate=None)(plan)))
    assert {Executor, Source, Worker} <= {type(entity) for _, _, entity in entities(plan)}
