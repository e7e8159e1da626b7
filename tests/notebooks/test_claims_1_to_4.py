"""What notebooks 1 to 4 say in words still holds: the sentences that no output proves by itself.

Each test names the notebook and asks the model once more, with one replication. Seeds are fixed, so nothing here fails by
chance; it fails when costs or engines change, and then the text has to be read again.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator import compare
from simulator.parts.emulated import WINDOW_PS

OTHER_PATHS = (
    "compare.VF, legacy=null",
    "compare.VF, APICv=null",
    "compare.vhost-net={datapath: vhost-net}",
    "compare.virtio in QEMU={datapath: virtio-qemu}",
    "compare.emulated e1000={datapath: emulated-e1000}",
)
ONE_PACKET_MODERN = ("host={model: modern, idle: c1}", "nic=e810", "nic.moderation={kind: none}")
CARDS_ONLY = ("compare.vhost-net, one pair=null", "compare.vhost-net, two pairs=null")
ONE_PAIR = ("compare.virtio, QEMU=null", 'sweep={matrix: {"guests.*.queues": [1]}}')
WINDOW = "measurement={warmup: 5 ms, duration: 40 ms}"
MODES = ("host.idle=c1", "halt_poll=off", "compare.VF, poll mode={interrupts: poll}", WINDOW)
Entries = dict[tuple[str, ...], dict[str, Any]]


def entries(scenario: str, *overrides: str) -> Entries:
    """(series, swept values...) -> entry."""
    result = compare(scenario, overrides=overrides, replications=1)
    assert not result.failed
    return {(entry["series"], *entry["parameters"].values()): entry for entry in result.entries}


def rate(*values: str) -> str:
    return f'sweep={{matrix: {{"traffic.*.rate": [{", ".join(values)}]}}}}'


def mean_us(found: Entries) -> dict[str, float]:
    return {series: entry["latency_us"]["mean"] for (series,), entry in found.items()}


@pytest.mark.parametrize("host", [(), ONE_PACKET_MODERN], ids=["textbook", "modern"])
def test_1_the_order_of_the_paths(host: tuple[str, ...]) -> None:
    found = mean_us(entries("textbook-one-packet", *OTHER_PATHS, *host))
    order = ["VF, poll mode", "bare metal", "VF, posted", "vhost-net", "virtio in QEMU", "emulated e1000"]
    assert sorted(found, key=lambda path: found[path]) == order


def test_1_every_guest_that_sleeps_saves_one_wake_up() -> None:
    before = mean_us(entries("textbook-one-packet", *OTHER_PATHS))
    after = mean_us(entries("textbook-one-packet", *OTHER_PATHS, "host.costs={k_wake_run: 0 ns}"))
    saved = {path: round(before[path] - after[path], 6) for path in before}
    assert saved.pop("bare metal") == saved.pop("VF, poll mode") == 0
    assert set(saved.values()) == {2.5}


def test_1_who_copies_loses_more() -> None:
    short, long = (
        entries("textbook-one-packet", *OTHER_PATHS, f"traffic.*.size={size}") for size in ("64 B", "1518 B")
    )
    wire = [found["bare metal",]["stages"][0]["service_us"] for found in (short, long)]
    lost = {path: long[path,]["latency_us"]["mean"] - short[path,]["latency_us"]["mean"] - wire[1] + wire[0]
            for (path,) in short}  # fmt: skip
    one = lost["bare metal"]
    assert lost["VF, posted"] == pytest.approx(one)
    assert lost["vhost-net"] == pytest.approx(2 * one)
    assert lost["virtio in QEMU"] == pytest.approx(3 * one)
    assert lost["emulated e1000"] == pytest.approx(3 * one)
    assert abs(lost["VF, poll mode"]) < 0.1 * one


def test_2_exits_fall_while_latency_rises_and_interrupts_keep_to_the_window() -> None:
    rates = ("1 kpps", "5 kpps", "20 kpps", "100 kpps")
    found = [entry for key, entry in entries("two-nics", rate(*rates), "measurement.duration=1 s", "host.idle=c1").items()
             if key[0] == "one e1000"]  # fmt: skip
    exits, median = [e["exits_per_packet"] for e in found], [e["latency_us"]["p50"] for e in found]
    assert exits == sorted(exits, reverse=True)
    assert median == sorted(median)
    assert median[2] - median[0] > 0.3 * WINDOW_PS / 1e6, "the step comes before anything is full"
    assert all(e["exits_by_cause"]["EOI_INDUCED"] / e["window_s"] <= 1e12 / WINDOW_PS for e in found)


NEVER = "host.softirq.demote=off"
RATES = rate("25 kpps", "50 kpps", "100 kpps", "150 kpps", "200 kpps", "400 kpps")


def test_2_two_cards_give_out_first() -> None:
    found = {key: entry["delivered_pps"] for key, entry in entries("two-nics", *CARDS_ONLY, NEVER, RATES).items()}
    assert found["one e1000", "150 kpps"] > 142_500 > 5 * found["two e1000", "150 kpps"]
    assert found["one e1000", "200 kpps"] < 95_000, "one card alone shows the same, later"


def test_2_ksoftirqd_brings_goodput_back_and_two_cards_are_not_twice_one() -> None:
    found = entries("two-nics", *CARDS_ONLY, RATES)
    best = {
        name: max(e["delivered_pps"] for key, e in found.items() if key[0] == name)
        for name in ("one e1000", "two e1000")
    }
    assert best["one e1000"] < best["two e1000"] < 1.3 * best["one e1000"]
    one, two = (found[name, "100 kpps"] for name in best)
    assert two["delivered_pps"] > 0.95 * one["delivered_pps"]
    assert two["latency_us"]["p50"] > 1.5 * one["latency_us"]["p50"]


def test_2_it_is_the_handing_over() -> None:
    changes = ("host.costs={q_exit: 0 ns}", "host.costs={h_wake_work: 0 ns, h_ipi_flight: 0 ns, h_wake_run: 0 ns}")
    as_it_is, exits_free, hand_over_free = (
        entries("two-nics", *CARDS_ONLY, rate("100 kpps"), *change)["two e1000", "100 kpps"]["latency_us"]["p50"]
        for change in ((), changes[:1], changes[1:])
    )
    assert exits_free > 0.9 * as_it_is > 1.8 * hand_over_free


def test_2_one_vcpu_for_both_cards_waits_less_and_carries_less() -> None:
    rates = rate("100 kpps", "200 kpps", "400 kpps")
    one, two = (entries("two-nics", *CARDS_ONLY, rates, f"vcpus={n}") for n in (1, 2))
    name = "two e1000"
    assert one[name, "100 kpps"]["latency_us"]["p50"] < 0.95 * two[name, "100 kpps"]["latency_us"]["p50"]
    best = [max(e["delivered_pps"] for key, e in found.items() if key[0] == name) for found in (one, two)]
    assert best[0] < 0.95 * best[1]


def test_2_a_virtual_apic_saves_no_exit_of_a_level_triggered_interrupt() -> None:
    series = 'compare={"bare metal": null, "VF, legacy": {interrupts: legacy}, "VF, APICv": {interrupts: apicv}, "VF, posted": null, "VF, poll mode": null}'
    found = entries("textbook-one-packet", "datapath=emulated-e1000", series)
    assert {entry["exits_per_packet"] for entry in found.values()} == {8.0}


def test_3_the_bell_falls_silent_as_turns_grow() -> None:
    found = [entry for key, entry in entries("vhost-kicks", "host.idle=c1", WINDOW).items() if key[0] == "send"]
    fired = [e["notifications"]["vm.q0.tx.avail"]["fired"] / e["latency_exact"]["count"] for e in found]
    turns = [e["batch_size"]["vm.q0.vhost.tx"] for e in found]
    assert fired == sorted(fired, reverse=True)
    assert turns == sorted(turns)
    assert fired[0] > 0.9
    assert fired[-1] < 0.001


def flood(*changes: str) -> float:
    (entry,) = entries("vhost-queues", *ONE_PAIR, *changes).values()
    delivered: float = entry["delivered_pps"]
    return delivered


def test_3_bells_and_vcpus_limit_nothing() -> None:
    one = flood()
    for change in (
        "host.costs={k_exit: 0 ns, k_ioeventfd: 0 ns}",
        "host.costs={h_wake_work: 0 ns, h_ipi_flight: 0 ns, h_wake_run: 0 ns}",
        "vcpus=1",
    ):
        assert flood(change) == pytest.approx(one, rel=0.01), change
    assert flood("host.costs={v_tx_pk: 136 ns}") > 1.1 * one


def test_3_queue_pairs_bring_threads_or_only_waiting() -> None:
    found = entries("vhost-queues")
    assert found["vhost-net", "4"]["delivered_pps"] > 3.5 * found["vhost-net", "1"]["delivered_pps"]
    qemu = [found["virtio, QEMU", pairs] for pairs in ("1", "2", "4")]
    assert qemu[2]["delivered_pps"] == pytest.approx(qemu[0]["delivered_pps"], rel=0.02)
    waits = [entry["latency_us"]["p50"] for entry in qemu]
    assert [waits[1] / waits[0], waits[2] / waits[1]] == pytest.approx([2, 2], rel=0.06)


def test_4_posting_saves_latency_at_low_load_and_cores_at_high() -> None:
    found = entries("vf-modes", *MODES)
    saved = {at: found["VF, legacy", at]["latency_us"]["p50"] - found["VF, posted", at]["latency_us"]["p50"]
             for at in ("2 kpps", "300 kpps")}  # fmt: skip
    assert saved["2 kpps"] > 2
    assert saved["300 kpps"] < -0.3
    for at in ("300 kpps", "700 kpps", "1 Mpps"):
        assert found["VF, legacy", at]["host_cores_busy"] - found["VF, posted", at]["host_cores_busy"] > 0.1
    asleep = {series: found[series, "300 kpps"]["exits_by_cause"]["HLT"]
              / found[series, "300 kpps"]["interrupts_per_packet"] / found[series, "300 kpps"]["latency_exact"]["count"]
              for series in ("VF, legacy", "VF, posted")}  # fmt: skip
    assert asleep["VF, legacy"] > 0.95
    assert asleep["VF, posted"] < 0.85


def test_4_without_the_pause_the_faster_interrupt_is_the_faster_path() -> None:
    found = entries("vf-modes", *MODES, rate("300 kpps"), "nic.moderation={kind: none}")
    median = [found[series, "300 kpps"]["latency_us"]["p50"] for series in ("VF, legacy", "VF, posted")]
    assert median[0] - median[1] > 1.5


def test_4_halt_polling_gives_a_core_for_the_wake_up_only() -> None:
    found = entries(
        "halt-polling", "host.idle=c1", "compare={2 ms: {halt_poll: 2 ms}, posted poll mode: {interrupts: poll}}"
    )
    at = {series: found[series, "20 kpps"] for series in ("no halt polling", "200 us", "posted poll mode")}
    median = {series: entry["latency_us"]["p50"] for series, entry in at.items()}
    assert median["no halt polling"] - median["200 us"] == pytest.approx(2.5, abs=0.7), "wake-up and idle state"
    assert at["200 us"]["host_cores_busy"] > 0.8
    assert median["200 us"] > 4 * median["posted poll mode"]
    slow = {series: found[series, "1 kpps"]["latency_us"]["p50"] for series in ("no halt polling", "200 us", "2 ms")}
    assert slow["200 us"] == slow["no halt polling"] < slow["2 ms"] + 1
    assert found["2 ms", "1 kpps"]["polling_cores"] > 0.2
