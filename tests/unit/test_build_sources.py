"""Traffic to sources: rates, sizes, super-packets, captures; expectations from the definitions, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.plan import draws
from simulator.plan.model import INFINITE_PS, Plan, Source
from simulator.scenario import load
from simulator.scenario.build import build

MIX = Path(__file__).parents[2] / "scenarios" / "captures" / "sfr-mix.yaml"


def built(tmp_path: Path, traffic: dict[str, Any], **guest: Any) -> Plan:
    file = tmp_path / "s.yaml"
    guests = [{"name": "vm"} | guest]
    parts = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests, "traffic": [traffic]}
    file.write_text(json.dumps(parts | {"measurement": {"warmup": "5 ms", "duration": "20 ms"}}))
    return build(load(file))


def gap_ps(plan: Plan, source: Source) -> int:
    return round(draws.mean(plan.streams[source.gap]))


@pytest.mark.parametrize(
    ("rate", "expected_ps"),
    [
        ({"rate": "1 Mpps"}, 1_000_000),
        # 64 B with FCS are 512 bits; with preamble and gap 672 bits on a line of 10 Gbit/s.
        ({"throughput": "512 Mbit/s"}, 1_000_000),
        ({"load": "10 %"}, 672_000),
        ({"rate": "1 Mpps", "total": True}, 4_000_000),
    ],
)
@pytest.mark.parametrize("kind", ["poisson", "constant", "bursts"])
def test_rates(tmp_path: Path, kind: str, rate: dict[str, Any], expected_ps: int) -> None:
    plan = built(tmp_path, {"name": "t", "kind": kind, "size": "64 B"} | rate, count=4)
    assert [gap_ps(plan, source) for source in plan.sources] == [expected_ps] * 4
    assert {plan.sources[0].target_kind} == {"link"}


def test_a_size_is_a_frame_with_fcs(tmp_path: Path) -> None:
    plan = built(tmp_path, {"name": "t", "kind": "poisson", "rate": "1 kpps", "size": {"uniform": ["64 B", "1518 B"]}})
    assert list(draws.parameters(plan.streams[plan.sources[0].size])) == [60, 1514]


def test_sent_traffic_starts_in_the_guest(tmp_path: Path) -> None:
    plan = built(tmp_path, {"name": "t", "kind": "poisson", "rate": "1 kpps", "direction": "tx"})
    source = plan.sources[0]
    assert (source.target_kind, plan.fifos[source.target].name) == ("fifo", "vm.q0.send")


def test_clients(tmp_path: Path) -> None:
    traffic = {
        "name": "t",
        "kind": "request-response",
        "outstanding": 3,
        "response": "200 B",
        "think": "5 us",
        "timeout": "1 ms",
    }
    plan = built(tmp_path, traffic)
    assert [source.name for source in plan.sources] == ["vm.t.0", "vm.t.1", "vm.t.2"]
    assert {(source.kind, source.response_bytes, source.timeout_ps, source.reply_dst) for source in plan.sources} == {
        ("rr", 196, 10**9, 0)
    }
    assert len({source.start_ps for source in plan.sources}) == 3


@pytest.mark.parametrize(("tso", "length", "segments"), [(True, 54 + 44 * 1460, 44), (False, 1514, 1)])
def test_super_packets(tmp_path: Path, tso: bool, length: int, segments: int) -> None:
    # (65,536 - 54) // 1,460 = 44 segments of 1,460 B; without TSO the same bytes as 44 frames, so a window of 44 times
    # as many.
    traffic = {
        "name": "t",
        "kind": "bulk",
        "direction": "tx",
        "window": 2,
        "segment": "1518 B",
        "super_packet": "64 KiB",
    }
    source_plan = built(tmp_path, traffic, offloads={"tso": tso})
    source = source_plan.sources[0]
    size = int(draws.parameters(source_plan.streams[source.size])[0])
    assert size == length
    assert (-(-size // source.segment_bytes) if source.segment_bytes else 1) == segments
    assert source.window * segments == 88


@pytest.mark.parametrize(("size", "segments"), [("2973 B", 1), ("2974 B", 2), ("4433 B", 2), ("4434 B", 3)])
def test_headers_of_a_super_packet_are_no_payload(tmp_path: Path, size: str, segments: int) -> None:
    # 54 + 2 * 1,460 = 2,974
    traffic = {"name": "t", "kind": "bulk", "direction": "rx", "window": 1, "segment": "1518 B", "super_packet": size}
    assert built(tmp_path, traffic).sources[0].window == segments


def test_clients_and_connections_start_apart_within_ten_microseconds(tmp_path: Path) -> None:
    for traffic in ({"kind": "request-response", "outstanding": 40}, {"kind": "bulk", "flows": 40}):
        starts = [source.start_ps for source in built(tmp_path, {"name": "t"} | traffic).sources]
        assert len(set(starts)) == 40
        assert 9_000_000 < max(starts) < 10_000_000


def test_an_overloaded_generator_drops_what_waits_for_ten_microseconds(tmp_path: Path) -> None:
    traffic = {"name": "t", "kind": "poisson", "rate": "1 Mpps", "overload": True}
    (source,) = built(tmp_path, traffic).sources
    assert source.backlog_ps == 10_000_000
    for more in ({"overload": False}, {"direction": "tx"}):
        (source,) = built(tmp_path, traffic | more).sources
        assert source.backlog_ps == INFINITE_PS


def test_a_mix_is_split_and_has_its_rate(tmp_path: Path) -> None:
    plan = built(tmp_path, {"name": "sfr", "kind": "capture", "mix": str(MIX), "rate": "100 kpps"})
    assert [source.name for source in plan.sources] == ["vm.sfr.rx", "vm.sfr.tx"]
    rates = [1e12 / gap_ps(plan, source) for source in plan.sources]
    assert sum(rates) == pytest.approx(100_000, rel=1e-3)
    assert {source.target_kind for source in plan.sources} == {"link", "fifo"}


def test_a_mix_is_drawn_for_each_guest_and_replication(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    traffic = {"name": "sfr", "kind": "capture", "mix": str(MIX), "rate": "20 kpps"}
    file.write_text(json.dumps({"schema": 1, "guests": [{"name": "vm", "count": 2}], "traffic": [traffic]}))
    scenario = load(file)
    first, again, second = build(scenario), build(scenario), build(scenario, replication=1)
    assert first == again
    gaps = [draws.parameters(plan.streams[plan.sources[k].gap]) for plan, k in ((first, 0), (first, 2), (second, 0))]
    assert not np.array_equal(gaps[0], gaps[1])
    assert not np.array_equal(gaps[0], gaps[2])


def test_a_file_keeps_its_timing_and_enters_it_anywhere(tmp_path: Path) -> None:
    traffic = {"name": "dns", "kind": "capture", "file": str(MIX.parent / "dns.pcap"), "guest_side": "22.0.0.0/8"}
    plan = built(tmp_path, traffic, count=2)
    gaps = [draws.parameters(plan.streams[source.gap]) for source in plan.sources if source.name.endswith("rx")]
    assert len(gaps) == 2
    assert gaps[0][1:].sum() == gaps[1][1:].sum()
    assert gaps[0][0] != gaps[1][0]
