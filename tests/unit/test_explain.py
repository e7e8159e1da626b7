"""The explanation: printed steps are the simulated ones."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, takewhile

import pytest

from simulator.costs import host, nic
from simulator.costs.idle import first_exit
from simulator.datapaths import datapath
from simulator.engines.reference import ReferenceEngine
from simulator.errors import InputError
from simulator.explain import FRAME_BYTES, chart, explain, one_packet, sleeping_cores, spans
from simulator.parts.settings import port_settings
from simulator.parts.stages import MODERATION, NIC, PCIE, WIRE
from simulator.parts.steps import once_ps, total
from simulator.plan.trace import LABELS

CASES = [
    ("native", "native"),
    ("container", "native"),
    ("container-routed", "native"),
    *[("sriov-vf", mode) for mode in ("legacy", "apicv", "posted")],
    *[(path, mode) for path in ("vhost-net", "virtio-qemu") for mode in ("legacy", "apicv")],
]


@pytest.mark.parametrize(("name", "mode"), CASES)
@pytest.mark.parametrize(
    ("model", "adapter", "idle"),
    [
        ("textbook", "textbook-nic", "poll"),
        ("modern", "e810", "poll"),
        ("modern", "e810", "default"),
        ("modern", "connectx-6", "c1"),
        ("haswell-2015", "x710", "latency-performance"),
    ],
)
def test_steps_and_hardware_stages_are_the_simulated_latency(
    name: str, mode: str, model: str, adapter: str, idle: str
) -> None:
    chosen, path = host(model), datapath(name)
    if mode == "posted" and not chosen.capabilities.has_posted_interrupts:
        pytest.skip(f"{model} posts no interrupts")
    machine = one_packet(path, mode, chosen, port_settings(nic(adapter)), idle)
    plan = machine.builder.finish("one")
    engine = ReferenceEngine(plan, 1)
    engine.run(10**12)
    trace = engine.trace()
    stages = dict(zip(plan.stages, trace.stages["guest.sink"], strict=True))
    hardware = sum(sum(stages[stage]) for stage in (WIRE, NIC, PCIE, MODERATION))
    received = list(takewhile(lambda step: not step.charge.startswith("send."), path.steps(mode)))
    # Each worker rounds its own copying.
    copies_fs = [total(chosen, received, charge) for charge in ("backend.byte_fs", "app.byte_fs")]
    copy_ps = sum((copy_fs * FRAME_BYTES + 500) // 1000 for copy_fs in copies_fs)
    # The interrupt message follows the packet over the same link: 28 bytes.
    up_bps = plan.links[plan.dmas[0].up].rate_bps
    message_ps = -(-28 * 8 * 10**12 // up_bps) if up_bps else 0
    if sum(stages[MODERATION]):
        # Held back, it no longer follows the packet closely: its way up is one of its own.
        message_ps += chosen.ps("p_write_lat")
    # Every core has been idle since the start.
    left = first_exit(chosen, idle)
    awake_ps = int(left[1].value) * sleeping_cores(machine, plan) if left else 0
    software_ps = once_ps(chosen, received) + copy_ps + awake_ps
    assert software_ps + hardware + message_ps == trace.counters["guest.sink.sum_ps"]


def test_only_bare_metal_takes_the_words_of_others_for_its_own() -> None:
    assert "interrupts: native\n" in explain("native", "modern", "posted")
    assert "interrupts: poll\n" in explain("native", "modern", "poll")


def test_the_state_that_a_core_leaves_is_the_governors_first_choice() -> None:
    # It expects 50 ms: the deepest state whose residency is shorter.
    assert "leave C6" in explain("sriov-vf", "modern", "legacy", idle="default")
    assert "once per core (2)" in explain("sriov-vf", "modern", "legacy", idle="default")
    assert "leave C1 " in explain("sriov-vf", "modern", "posted", idle="c1")
    assert "leave C" not in explain("sriov-vf", "modern", "posted")
    assert "leave C" not in explain("sriov-vf", "modern", "poll", idle="default")
    with pytest.raises(InputError, match="idle word"):
        explain("native", idle="deep")


def test_a_step_that_the_host_spares_is_said() -> None:
    assert "spared by pv_eoi" in explain("sriov-vf", "modern", "legacy")
    assert "spared" not in explain("sriov-vf", "textbook", "legacy")
    # The line of an emulated device is level-triggered: its end always leaves the guest.
    assert "spared" not in explain("emulated-e1000", "modern", "legacy")
    assert "EOI_INDUCED" in explain("emulated-e1000", "modern", "apicv")


def test_the_text_names_costs_and_their_standing() -> None:
    text = explain("sriov-vf", "modern", "legacy", "e810")
    assert "interrupts: legacy" in text
    assert "kick the vCPU's core" in text
    assert "214 ns" in text
    assert "EOI" in text
    assert "assumed" in text
    assert "borrowed" in text
    assert "One packet of 64 B into an idle guest" in text
    assert "Timeline" not in text


def test_the_timeline_says_what_the_cores_did() -> None:
    text = explain("sriov-vf", "textbook", "posted", trace=True)
    timeline = text[text.index("Timeline") :]
    assert "deliver guest.sink" in timeline
    assert "guest_soft" in timeline
    assert "hyp" in timeline


@pytest.mark.parametrize(
    ("model", "mode"), [("legacy-2010", "legacy"), ("haswell-2015", "apicv"), ("modern", "posted")]
)
def test_automatic_is_the_best_mode(model: str, mode: str) -> None:
    assert f"interrupts: {mode}\n" in explain("sriov-vf", model)


def test_a_mode_that_the_host_lacks_is_refused() -> None:
    with pytest.raises(
        InputError,
        match="'posted' is not a known interrupt mode of sriov-vf on host legacy-2010; choices: legacy, poll",
    ):
        explain("sriov-vf", "legacy-2010", "posted")


@pytest.mark.parametrize(("name", "mode"), [*CASES, ("sriov-vf", "poll")])
def test_spans_cover_the_latency_and_the_cores_are_where_they_were_counted(name: str, mode: str) -> None:
    found = spans(name, "modern", mode if mode != "native" else "automatic")
    packet = [span for span in found if span["lane"] == "packet"]
    assert packet[0]["start_ps"] == 0
    assert all(one["end_ps"] == other["start_ps"] for one, other in pairwise(packet))
    end = packet[-1]["end_ps"]
    assert {span["lane"] for span in found} <= {"packet", "guest", "VMM", "host", "PCIe", "NIC", "wire"}
    chosen = host("modern")
    plan = one_packet(datapath(name), mode, chosen, port_settings(nic(chosen.default_nic))).builder.finish("one")
    engine = ReferenceEngine(plan, 1)
    engine.run(int(end))
    counters = engine.trace().counters
    assert end == counters["guest.sink.sum_ps"]
    spent: Counter[str] = Counter()
    for span in found:
        spent[f"{span['core']}.{span['label']}"] += int(span["end_ps"]) - int(span["start_ps"])
        assert 0 <= int(span["start_ps"]) < int(span["end_ps"]) <= int(end)
    cores = [executor.name for executor in plan.executors if executor.kind == "core"]
    assert all(spent[f"{c}.{label}"] == counters[f"{c}.{label}"] for c in cores for label in LABELS if label != "idle")


def test_the_timeline_can_be_drawn() -> None:
    figure = chart("sriov-vf", "textbook", "posted")
    assert figure.axes[0].get_xlabel() == "time, us"
    assert "SR-IOV virtual function, interrupts: posted; host textbook" in figure.get_suptitle()
