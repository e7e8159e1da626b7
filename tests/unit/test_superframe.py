"""Cutting at the MTU: every piece repeats its headers, the payload stays what it was, and the line sets the pace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.formats import pcap
from simulator.traffic import superframe
from tests.unit.test_pcap import frame, old

TCP, UDP = 6, 17
TEN_GBIT = 10**10


def captured(tmp_path: Path, *contents: tuple[bytes, int]) -> pcap.Capture:
    """A capture of (what was captured, length on the wire), a second apart."""
    path = tmp_path / "a.pcap"
    path.write_bytes(old([(k * 10**6, content, length) for k, (content, length) in enumerate(contents)]))
    return pcap.read(path)


def tcp(options: int = 0, tags: tuple[int, ...] = (), near: str = "10.0.0.1", far: str = "10.0.0.2") -> bytes:
    """A frame whose TCP header has so many words of options."""
    content = bytearray(frame(near, far, protocol=TCP, tags=tags))
    start = 14 + 4 * len(tags) + (20 if "." in near else 40)
    content[start + 12] = (5 + options) << 4
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "header_bytes", "tags"),
    [
        (frame(), 42, 0),
        (tcp(), 54, 0),
        (tcp(options=3), 66, 0),
        (tcp(options=3, tags=(0x8100,)), 70, 1),
        (tcp(options=10, tags=(0x88A8, 0x8100)), 102, 2),
        (tcp(near="fe80::1", far="fe80::2"), 74, 0),
        (frame(protocol=132), 46, 0),
        (frame(protocol=1), 34, 0),
        (frame(options=10), 82, 0),
        (tcp(options=3)[:46], 54, 0),
    ],
    ids=["UDP", "TCP", "options", "tag", "two tags", "IPv6", "SCTP", "ICMP", "IPv4 options", "TCP not captured"],
)
def test_pieces_repeat_the_headers(tmp_path: Path, content: bytes, header_bytes: int, tags: int) -> None:
    """Payload of 5,000 bytes behind the headers at an MTU of 1500: by hand from the two lengths."""
    made = superframe.cut(captured(tmp_path, (content, header_bytes + 5000)), 1500, TEN_GBIT)
    room = 1514 + 4 * tags
    space = room - header_bytes
    lengths = made.length_bytes.tolist()
    assert lengths[:-1] == [room] * (5000 // space)
    assert lengths[-1] == header_bytes + 5000 % space
    assert sum(length - header_bytes for length in lengths) == 5000
    assert made.after_ps is not None
    assert np.diff(made.after_ps).tolist() == [(room + 24) * 800] * (len(lengths) - 1)
    assert made.times_ps.tolist() == [0] * len(lengths)


def test_a_short_last_piece_is_padded(tmp_path: Path) -> None:
    made = superframe.cut(captured(tmp_path, (frame(), 42 + 1472 + 1)), 1500, TEN_GBIT)
    assert made.length_bytes.tolist() == [1514, 60]
    assert made.changes[-1].size_bytes == 59
    assert made.changes[-1].frames == 1


def test_frames_that_fit_stay_and_what_is_above_the_standard_is_noted(tmp_path: Path) -> None:
    found = captured(tmp_path, (frame(), 142), (frame(), 9014), (frame(tags=(0x8100,)), 1518))
    whole = superframe.cut(found, 9000, TEN_GBIT)
    assert whole.length_bytes.tolist() == [142, 9014, 1518]
    assert whole.notes == ("above an MTU of 1500 B: 1 frame, jumbo or super-frames, whole at the MTU of 9000 B",)
    assert superframe.cut(captured(tmp_path, (frame(), 1514)), 1500, TEN_GBIT).after_ps is None
    assert len(superframe.cut(found, 8999, TEN_GBIT).length_bytes) == 4


def test_a_line_without_a_rate_has_no_spacing(tmp_path: Path) -> None:
    made = superframe.cut(captured(tmp_path, (frame(), 9014)), 1500, 0)
    assert made.after_ps is not None
    assert made.after_ps.tolist() == [0] * 7


@pytest.mark.parametrize(
    ("content", "mtu", "part"),
    [
        (frame()[:12] + b"\x88\xb5" + bytes(46), 1500, "frame 1: a frame of 2000 B does not fit the MTU, 1500 B, and is not"),
        (frame()[:20], 1500, "and is not IP: it cannot be cut; raise guests.mtu or filter the capture"),
        (tcp(options=10), 68, "2000 B does not fit the MTU, 68 B, which its headers fill"),
    ],
    ids=["not IP", "not captured", "headers"],
)  # fmt: skip
def test_what_cannot_be_cut_is_refused(tmp_path: Path, content: bytes, mtu: int, part: str) -> None:
    found = captured(tmp_path, (content, 2000))
    # options of 40 bytes leave 68 - 20 - 60 bytes of an MTU of 68
    with pytest.raises(InputError) as caught:
        superframe.cut(found, mtu, TEN_GBIT)
    assert part in str(caught.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(60, 262_144), min_size=1, max_size=5), st.integers(100, 9216))
@example([42 + 26 * 72], 100)
def test_no_payload_is_lost_or_made(tmp_path: Path, lengths: list[int], mtu_bytes: int) -> None:
    found = captured(tmp_path, *((frame(), length) for length in lengths))
    made = superframe.cut(found, mtu_bytes, TEN_GBIT)
    assert int(made.length_bytes.max()) <= mtu_bytes + 14
    for place, length in enumerate(lengths):
        pieces = made.length_bytes[made.times_ps == place * 10**12]
        space = mtu_bytes - 28
        padding = 0 if len(pieces) == 1 else 60 - min(60, 42 + ((length - 42) % space or space))
        assert int((pieces - 42).sum()) - padding == length - 42
    assert len(lengths) + sum(change.frames for change in made.changes) == len(made.length_bytes)
    assert sum(lengths) + sum(change.size_bytes for change in made.changes) == int(made.length_bytes.sum())
