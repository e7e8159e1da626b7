"""Captures as people have them: read as another reader counts them, replayed with a note that accounts for the difference."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.errors import InputError
from simulator.formats import pcap, sides
from simulator.plan.model import Plan, Source
from simulator.scenario.build import build, notes
from simulator.scenario.load import load
from simulator.scenario.model import Scenario
from simulator.traffic import capture
from simulator.traffic.capture import View
from tests.unit.field_captures import (
    BOTH,
    GUEST,
    MENDED,
    ODD_US,
    SAMPLES,
    SHIPPED,
    between,
    block,
    ethernet,
    pcapng,
    row,
)
from tests.unit.field_captures import packet as ip_packet
from tests.unit.field_captures import pcap as file_of

CAPTURES = Path(__file__).parents[2] / "scenarios" / "captures"
STANDARD = View(1500, 25 * 10**9)


def read(tmp_path: Path, content: bytes, **options: bool) -> pcap.Capture:
    path = tmp_path / "a.pcap"
    path.write_bytes(content)
    return pcap.read(path, **options)


def prepared(tmp_path: Path, content: bytes, view: View = STANDARD) -> pcap.Capture:
    path = tmp_path / "a.pcap"
    path.write_bytes(content)
    return capture.prepare(path, GUEST, view)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_captures_are_read_as_capinfos_counts_them(name: str) -> None:
    found = pcap.read(CAPTURES / name)
    assert (found.frames_read, found.bytes_read) == SHIPPED[name]
    assert set(SHIPPED) == {path.name for path in CAPTURES.glob("*.pcap")}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_as_capinfos_counts_them_and_replayed_as_said(tmp_path: Path, name: str) -> None:
    sample = SAMPLES[name]
    found = prepared(tmp_path, sample.content)
    assert (found.frames_read, found.bytes_read) == (sample.frames_read, sample.bytes_read)
    assert (len(found.times_ps), int(found.length_bytes.sum())) == (sample.frames, sample.size_bytes)
    assert found.notes[:1] == ((sample.note,) if sample.note else ())
    assert len(sides.direction(found, GUEST)) == sample.frames


@pytest.mark.parametrize("name", SAMPLES)
def test_the_notes_account_for_every_frame_and_byte(tmp_path: Path, name: str) -> None:
    found = prepared(tmp_path, SAMPLES[name].content)
    assert found.frames_read + sum(change.frames for change in found.changes) == len(found.times_ps)
    assert found.bytes_read + sum(change.size_bytes for change in found.changes) == int(found.length_bytes.sum())


@pytest.mark.parametrize("name", SAMPLES)
def test_strict_refuses_what_is_mended_and_nothing_else(tmp_path: Path, name: str) -> None:
    """A second interface of the same kind is no fault; frames of other hosts are refused when a side is chosen."""
    (tmp_path / "a.pcap").write_bytes(SAMPLES[name].content)
    scenario: dict[str, Any] = {"strict": True, "rate": "10 kpps"}
    if name in MENDED:
        with pytest.raises(InputError, match=r"strict: on|ends inside a packet|filter the capture|without Ethernet"):
            plan_of(tmp_path, **scenario)
    else:
        plan_of(tmp_path, **scenario)


def plan_of(tmp_path: Path, mtu: str = "1500 B", **keys: Any) -> Plan:
    return build(scenario_of(tmp_path, mtu, **keys))


def scenario_of(tmp_path: Path, mtu: str = "1500 B", **keys: Any) -> Scenario:
    traffic = {"name": "c", "kind": "capture", "file": str(tmp_path / "a.pcap"), "guest_side": GUEST, **keys}
    parts = {
        "schema": 1,
        "host": "modern",
        "nic": "e810",
        "guests": [{"name": "vm", "datapath": "sriov-vf", "mtu": mtu}],
        "traffic": [{key: value for key, value in traffic.items() if value is not None}],
        "measurement": {"warmup": "5 ms", "duration": "50 ms"},
    }
    (tmp_path / "s.yaml").write_text(json.dumps(parts))
    return load(tmp_path / "s.yaml")


def source_of(plan: Plan, direction: str) -> tuple[Source, list[int], list[int]]:
    (source,) = (one for one in plan.sources if one.name == f"vm.c.{direction}")
    gaps, sizes = (np.frombuffer(plan.streams[stream].data, "<i8")[1:].tolist() for stream in (source.gap, source.size))
    return source, gaps, sizes


def test_a_tag_is_no_part_of_the_mtu(tmp_path: Path) -> None:
    for name in ("one tag at full size", "two tags at full size"):
        (tmp_path / "a.pcap").write_bytes(SAMPLES[name].content)
        scenario = scenario_of(tmp_path, rate="10 kpps")
        assert notes(scenario) == ()
        plan = build(scenario)
        assert sum(sum(source_of(plan, way)[2]) for way in ("rx", "tx")) == SAMPLES[name].size_bytes
        with pytest.raises(InputError, match=r"do not fit the MTU of vm, 1499 B; raise guests\.mtu"):
            plan_of(tmp_path, "1499 B", rate="10 kpps", strict=True)


def test_super_frames_go_out_at_the_speed_of_the_line_whatever_the_rate(tmp_path: Path) -> None:
    """(1514 + 24 bytes) x 8 on 100 Gbit/s: 123.04 ns between the starts of the pieces."""
    (tmp_path / "a.pcap").write_bytes(SAMPLES["super-frames"].content)
    for keys in ({}, {"rate": "10 kpps"}, {"rate": "500 kpps"}):
        _, gaps, sizes = source_of(plan_of(tmp_path, **keys), "rx")
        assert len(sizes) == 100
        assert sorted(sizes)[:10] == [1298] * 10
        assert np.count_nonzero(np.array(gaps) == 123_040) == 90


def test_notes_balance_and_reach_the_result(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(SAMPLES["a bystander"].content)
    assert notes(scenario_of(tmp_path, rate="10 kpps")) == (
        "capture: a.pcap: left out what is neither from nor to 10.0.0.1, the first is frame 11 (-1 frame, -102 B)",
        "capture: a.pcap: in the file 21 frames, 4,102 B; replayed 20 frames, 4,000 B",
    )


def test_a_capture_slower_than_the_window_warns(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(SAMPLES["slower than the window"].content)
    assert notes(scenario_of(tmp_path)) == (
        (
            "warning: traffic c: the capture has a packet every 5 s, about 0.01 in the measured 0.05 s; "
            "state a rate, or lengthen measurement.duration"
        ),
    )
    assert notes(scenario_of(tmp_path, rate="10 kpps")) == ()
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "s.yaml"), "--set", "traffic.c.rate=null"])
    assert (result.exit_code, result.stderr.count("warning: traffic c: the capture has a packet every 5 s")) == (0, 1)
    (tmp_path / "a.pcap").write_bytes(SAMPLES["plain"].content)
    assert notes(scenario_of(tmp_path)) == ()


def test_a_mix_of_mended_captures(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(SAMPLES["super-frames"].content)
    mix = tmp_path / "mix.yaml"
    mix.write_text(f"guest: {GUEST}\nconnections:\n  - {{capture: a.pcap, connections_per_s: 100}}\n")
    keys: dict[str, Any] = {"file": None, "guest_side": None, "mix": str(mix)}
    scenario = scenario_of(tmp_path, **keys)
    _, gaps, sizes = source_of(build(scenario), "rx")
    assert max(sizes) == 1514
    assert np.count_nonzero(np.array(gaps) == 123_040) >= 80
    assert any("cut into 100" in note for note in notes(scenario))
    with pytest.raises(InputError, match=r"traffic\.c\.mix: frames of 14550 B do not fit the MTU of vm, 1500 B"):
        plan_of(tmp_path, **keys, strict=True)


def test_both_ends_on_one_host_say_where_to_record(tmp_path: Path) -> None:
    lo = [row(k, ethernet(ip_packet(88, "127.0.0.1", "127.0.0.1"))) for k in range(20)]
    found = read(tmp_path, file_of(lo))
    with pytest.raises(InputError, match="20 frames have both ends at the guest; they never left it: record between"):
        sides.direction(found, "127.0.0.1")
    with pytest.raises(InputError, match="both ends at the guest; name a smaller network"):
        sides.direction(found, "127.0.0.0/8")


def test_a_networks_broadcast_comes_from_its_sender_alone(tmp_path: Path) -> None:
    shout = b"\xff" * 6 + b"\2\0\0\0\0\1\x08\x00" + ip_packet(88, GUEST, "10.0.0.255")
    found = read(tmp_path, file_of([row(0, shout)]))
    assert sides.direction(found, "10.0.0.0/24").tolist() == [False]


def test_frames_without_an_address_go_the_way_of_their_neighbour(tmp_path: Path) -> None:
    empty = (BOTH[0][0], b"", 60)
    found = read(tmp_path, file_of([empty, *BOTH[1:3], (BOTH[2][0], b"", 60), *BOTH[3:]]))
    assert sides.direction(found, GUEST)[:5].tolist() == [False, False, True, True, False]


def test_a_clock_that_was_set_is_no_pause(tmp_path: Path) -> None:
    """A recorder without a clock starts in 1970, is set, and set back once."""
    early = [(time_us - BOTH[0][0] + 7, *rest) for time_us, *rest in BOTH[:10]]
    found = read(tmp_path, file_of([*early, *BOTH[10:], (3, *BOTH[0][1:])]))  # type: ignore[list-item]
    assert found.times_ps[:3].tolist() == [0, 4 * 10**6, 104 * 10**6]
    assert found.times_ps[-1] < 3 * 10**9
    assert [note.split(":")[0] for note in found.notes] == ["sorted by time", "taken out"]
    alone = read(tmp_path, file_of([row(0), row(1, time_us=2 * 86_400 * 10**6)]))
    assert alone.times_ps.tolist() == [0, 10**12]
    assert alone.notes[0].endswith("each counts as a second")


def test_a_day_is_kept_and_a_little_more_is_not(tmp_path: Path) -> None:
    day_us = 86_400 * 10**6
    assert read(tmp_path, file_of([row(0), row(1, time_us=day_us)])).times_ps[-1] == day_us * 10**6
    assert read(tmp_path, file_of([row(0), row(1, time_us=day_us + 1)])).times_ps[-1] == 10**12


def test_cooked_broadcast_goes_to_the_guest_and_arp_follows_the_sender(tmp_path: Path) -> None:
    def arp(kind: int, last: int) -> bytes:
        return bytes([0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, last, 0, 0, 8, 6]) + bytes(28)

    ip = [bytes([0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0]) + ip_packet(88, GUEST, "10.0.0.2")]
    content = file_of([row(k, one) for k, one in enumerate([*ip, arp(4, 1), arp(1, 9), arp(0, 9)])], 113)
    found = sides.guests_part(read(tmp_path, content), GUEST)
    assert sides.direction(found, GUEST).tolist() == [False, False, True]
    assert found.notes[-1].endswith("the first is frame 4 (-1 frame, -60 B)")


def test_devices_of_cooked_v2_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, SAMPLES["Linux cooked v2"].content)
    assert found.notes[1] == (
        "recorded on 2 devices, so a frame that crossed two is there twice (by index, 2: 10 frames, 3: 10 frames)"
    )


def test_another_files_contents_are_not_printed(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, b"root:x:0:0:root:/root:/bin/sh\n")
    assert "neither pcap nor pcapng" in str(caught.value)
    assert not re.search(r"root:|0x[0-9a-f]", str(caught.value))


HOSTILE = {
    "tags": [ethernet(ip_packet(60), tags=b"\x81\x00\0\1" * n) for n in range(1, 6)] + [b"\2" * 12 + b"\x88\xa8" * 5] * 5,
    "super-frames": [ethernet(ip_packet(60))[:n] for n in (14, 18, 33, 34, 37, 38, 46, 53, 54)] + [b"\xff" * 96],
    "cooked": [bytes(n) for n in (0, 1, 4, 6, 12, 14, 15, 16)] + [b"\xff" * 16, b"\xff" * 96],
    "loopback": [b"", b"\2", b"\2\0\0", b"\2\0\0\0", b"\x1e\0\0\0", b"\0\0\0\0E", b"\xff" * 4, b"\2\0\0\0\x65", b"\0" * 60, b"E"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "link"), [("tags", 1), ("super-frames", 1), ("cooked", 113), ("cooked", 276),
                                            ("loopback", 0), ("loopback", 108), ("loopback", 101)])  # fmt: skip
def test_hostile_frames_are_read_or_refused_in_one_line(tmp_path: Path, kind: str, link: int) -> None:
    """Ten of each kind, alone and among good frames, long on the wire, at the smallest and the standard MTU."""
    for content in HOSTILE[kind]:
        for rows in ([(0, content, 9000)], between((BOTH[0][0] + ODD_US, content, 9000))):
            for mtu_bytes in (68, 1500):
                refused_or_read(tmp_path, file_of(rows, link), View(mtu_bytes, 10**10))


def refused_or_read(tmp_path: Path, content: bytes, view: View = STANDARD) -> str:
    refusal = ""
    try:
        found = prepared(tmp_path, content, view)
    except InputError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(str(tmp_path / "a.pcap"))
        assert "\n" not in refusal
        return refusal
    assert int(found.length_bytes.max()) <= view.mtu_bytes + 14 + 8
    assert found.frames_read + sum(change.frames for change in found.changes) == len(found.times_ps)
    assert found.bytes_read + sum(change.size_bytes for change in found.changes) == int(found.length_bytes.sum())
    return ""


@pytest.mark.parametrize("name", ["plain", "Kuznetsov's header", "Linux cooked", "two interfaces"])
def test_every_truncation_is_a_note_or_one_line(tmp_path: Path, name: str) -> None:
    content = SAMPLES[name].content
    for length in [*range(0, 300, 7), *range(len(content) - 200, len(content), 3)]:
        refused_or_read(tmp_path, content[:length])


def test_hostile_lengths_and_times(tmp_path: Path) -> None:
    head = file_of([])
    records = [
        struct.pack("<IIII", 0, 0, captured, original)
        for captured, original in ((2**32 - 1, 60), (60, 2**32 - 1), (262_145, 262_145), (262_144, 60), (0, 2**20 + 1))
    ]
    assert all(refused_or_read(tmp_path, head + record) for record in records)
    offsets = [struct.pack("<HHqHH", 14, 8, value, 0, 0) for value in (2**63 - 1, -(2**63), 2**62, 0)]
    for options in [*offsets, b"\x09\0\1\0\xff\0\0\0\0\0\0\0", b"\x09\0\1\0\x80\0\0\0\0\0\0\0"]:
        file = pcapng((), []) + block(1, struct.pack("<HHI", 1, 0, 0) + options) + pcapng((), [(0, BOTH[0])])[28:]
        refused_or_read(tmp_path, file + pcapng((), [(0, BOTH[1])])[28:])


def test_cutting_is_bounded(tmp_path: Path) -> None:
    """A thousand records of 58 bytes claim a mebibyte each: at the smallest MTU 26 million frames, refused unmade."""
    rows = [(k, ethernet(ip_packet(60))[:42], 2**20) for k in range(1000)]
    message = refused_or_read(tmp_path, file_of(rows), View(68, 10**10))
    assert "more than 20,000,000: cut the capture, or raise guests.mtu" in message
