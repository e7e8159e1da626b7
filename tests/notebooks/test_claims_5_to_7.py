"""What notebooks 5 to 7 say in words still holds: the sentences that no output proves by itself.

Each test names the notebook and asks the model once more. Seeds are fixed, so nothing here fails by chance; it fails when
costs or engines change, and then the text has to be read again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator import compare
from simulator.scenario import locate

Entries = dict[tuple[str, ...], dict[str, Any]]
SHARED = ("compare.VF, posted=null", "host.irq_cores=[0]", "guests.vm.placement={cores: [0]}")
NO_VALVE = "host.softirq.demote=off"
GREEDY = ("nic.rate=2 Gbit/s", "traffic.flood.throughput=1.9 Gbit/s", "traffic.work.outstanding=64",
          "traffic.work.think=0 s", "compare.neighbour limited=null")  # fmt: skip


def entries(scenario: str | Path, *overrides: str) -> Entries:
    """(series, swept values...) -> entry."""
    result = compare(scenario, overrides=overrides, replications=1)
    assert not result.failed
    return {(entry["series"], *entry["parameters"].values()): entry for entry in result.entries}


def goodput(scenario: str, *overrides: str) -> dict[tuple[str, ...], float]:
    return {key: entry["delivered_pps"] or 0.0 for key, entry in entries(scenario, *overrides).items()}


def share(entry: dict[str, Any], place: str) -> float:
    lost = {name: count for name, count in entry["drops"].items() if name.endswith(place)}
    return float(sum(lost.values()) / sum(entry["drops"].values()))


def quiet(entry: dict[str, Any]) -> float:
    return float(max(sink["p99"] for name, sink in entry["latency_by_sink"].items() if name.startswith("quiet")))


def test_5_goodput_falls_and_comes_back_and_the_losses_move_to_the_ring() -> None:
    found = entries("receive-livelock")
    bare = {rate: entry["delivered_pps"] for (series, rate), entry in found.items() if series == "bare metal"}
    assert bare["900 kpps"] > bare["1.2 Mpps"] > bare["1.5 Mpps"] < 0.5 * bare["1.8 Mpps"]
    assert share(found["bare metal", "1.5 Mpps"], "socket") > 0.9 < share(found["bare metal", "1.8 Mpps"], "rx")
    assert found["bare metal, no demotion", "1.8 Mpps"]["delivered_pps"] == 0


def test_5_the_slow_backend_wins_and_vhost_stays_below_the_valve() -> None:
    found = goodput("slow-backend")
    at = {path: [found[path, rate] for rate in ("900 kpps", "1.4 Mpps", "1.8 Mpps")]
          for path in ("VF, posted", "vhost-net", "virtio, QEMU")}  # fmt: skip
    assert max(at, key=lambda path: at[path][0]) == "VF, posted"
    assert max(at, key=lambda path: at[path][1]) == "virtio, QEMU"
    assert at["vhost-net"][2] == pytest.approx(at["vhost-net"][1], rel=0.05), "the host lets no more pass"
    assert at["VF, posted"][2] > 1.8 * at["vhost-net"][2], "the virtual function recovers"


def test_5_on_the_core_of_the_host_no_backend_protects() -> None:
    with_valve, without = goodput("slow-backend", *SHARED), goodput("slow-backend", *SHARED, NO_VALVE)
    beyond = ("700 kpps", "1.2 Mpps", "1.8 Mpps")
    for path in ("vhost-net", "virtio, QEMU"):
        assert all(without[path, rate] == 0 < with_valve[path, rate] < 400_000 for rate in beyond)


def test_5_a_longer_gap_is_no_cure() -> None:
    short, long = (goodput("receive-livelock", f"nic.moderation.interval={gap} us") for gap in (20, 200))
    series = "bare metal, no demotion"
    assert all(long[series, rate] <= short[series, rate] * 1.01 for rate in ("900 kpps", "1.2 Mpps", "1.5 Mpps"))


def test_6_the_hypervisor_works_on_every_path_with_interrupts() -> None:
    found = entries("guests-over-paths", 'sweep={matrix: {"guests.*.count": [64]}}')
    hypervisor = {series: entry["core_seconds"].get("hyp", 0) for (series, _), entry in found.items()}
    assert hypervisor["bare metal"] == 0 < hypervisor["vhost-net"]
    assert hypervisor["VF, posted"] == pytest.approx(hypervisor["vhost-net"], rel=0.1)
    switched = ("host_soft", "vhost", "qemu")
    assert not any(found["VF, posted", "64"]["core_seconds"].get(label) for label in switched)


def test_6_only_the_limit_shortens_the_queue_behind_the_arbiter() -> None:
    found = {series: quiet(entry) for (series,), entry in entries("noisy-neighbour").items()}
    alone = found["neighbour at rest"]
    assert found["neighbour limited"] < 1.1 * alone
    assert all(found[rule] > 1.7 * alone for rule in ("by packets", "by bytes", "by bytes, weight 4"))


def test_6_a_limit_near_the_line_and_small_frames() -> None:
    near = entries("noisy-neighbour", "compare.neighbour limited={guests.noisy.max_rate: 9 Gbit/s}")
    assert quiet(near["neighbour limited",]) == pytest.approx(quiet(near["by packets",]), rel=0.05)
    small = entries("noisy-neighbour", "traffic.flood.size=64 B", "traffic.flood.throughput=1 Gbit/s",
                    "compare.neighbour limited=null")  # fmt: skip
    assert quiet(small["by packets",]) < 1.1 * quiet(small["neighbour at rest",])
    assert "guest_task" in small["by packets",]["bottleneck"]


def test_6_weights_divide_what_is_short() -> None:
    ratio = {}
    for (series,), entry in entries("noisy-neighbour", *GREEDY).items():
        sent = {name: sink["count"] for name, sink in entry["latency_by_sink"].items()}
        ratio[series] = sent["noisy.sent"] * 1518 / (sent["quiet0.sink"] * 512)
    assert ratio["by packets"] == pytest.approx(1518 / 512, rel=0.03)
    assert ratio["by bytes"] == pytest.approx(1, rel=0.03)
    assert ratio["by bytes, weight 4"] == pytest.approx(1 / 4, rel=0.05)


def test_6_polling_hides_what_posting_saves() -> None:
    short = ("measurement={warmup: 1 ms, duration: 4 ms}", 'sweep={matrix: {"guests.*.count": [16]}}')
    whole = {}
    for halt_poll in ("200 us", "off"):
        found = entries("many-guests", *short, f"guests.*.halt_poll={halt_poll}")
        pair = [found[mode, "16"] for mode in ("VF, legacy", "VF, posted")]
        whole[halt_poll] = [entry["host_cores_busy"] + entry["guest_cores_busy"] for entry in pair]
        assert all(
            (entry["core_seconds"].get("halt_poll", 0) > 0.5 * 16 * 0.004) == (halt_poll != "off") for entry in pair
        )
    assert min(whole["200 us"]) > 15.5, "every guest's core is busy"
    assert whole["off"][1] < 0.9 * whole["off"][0], "what posting saves"


QUESTION = """\
schema: 1
host: {model: modern, cores: 24, irq_cores: [0, 1], backend_cores: 6-9, idle: latency-performance}
nic: {model: e810, rate: 25 Gbit/s, moderation: {kind: gap, interval: 20 us}}
guests:
  - {name: web, count: 4, datapath: sriov-vf, halt_poll: off, placement: {share: 4}}
traffic:
  - {name: recorded, kind: capture, file: mine.pcap, guest_side: 22.0.0.0/8, rate: 50 kpps}
measurement: {warmup: 2 ms, duration: 10 ms}
"""


def test_7_functions_and_vhost_end_at_the_guests_cores_and_qemu_at_its_backends(tmp_path: Path) -> None:
    (tmp_path / "mine.pcap").write_bytes((locate("sfr").parent / "captures" / "http_browsing.pcap").read_bytes())
    (tmp_path / "mine.yaml").write_text(QUESTION)
    paths = ("VF={datapath: sriov-vf}", "vhost-net={datapath: vhost-net}", "virtio, QEMU={datapath: virtio-qemu}")
    result = compare(
        tmp_path / "mine.yaml",
        overrides=[*(f"compare.{path}" for path in paths), 'sweep={matrix: {"guests.*.count": [4, 16, 28]}}'],
    )
    found = {(entry["series"], entry["parameters"]["guests.*.count"]): entry for entry in result.entries}
    assert not result.failed
    for path in ("VF", "vhost-net"):
        assert "guest_task" in found[path, "28"]["bottleneck"], "a core of the guests"
    assert "qemu" in found["virtio, QEMU", "28"]["bottleneck"], "a core of the backends"
    assert found["vhost-net", "16"]["host_cores_busy"] + found["vhost-net", "16"]["guest_cores_busy"] < 8
    patient = [found["virtio, QEMU", count]["latency_us"]["p99"] for count in ("4", "16")]
    assert 50 < patient[0] < patient[1] < 250, "long with few guests already"
