"""Packed captures: the same frames as unpacked, in bounded memory, and no more than one line for what is broken."""

from __future__ import annotations

import gzip
import struct
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.formats import pcap, stream
from tests.unit.field_captures import BOTH, SAMPLES, block, pcapng
from tests.unit.field_captures import pcap as file_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd.compress}
PLAIN = SAMPLES["plain"].content
BOMB_BYTES = 1 << 22


def read(tmp_path: Path, content: bytes, strict: bool = False) -> pcap.Capture:
    path = tmp_path / "a.pcap"
    path.write_bytes(content)
    return pcap.read(path, strict)


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("name", ["plain", "two interfaces", "super-frames", "Linux cooked"])
def test_packed_or_not_the_frames_are_the_same(tmp_path: Path, packer: str, name: str) -> None:
    content = SAMPLES[name].content
    packed, plain = read(tmp_path, PACKERS[packer](content)), read(tmp_path, content)
    for column in ("times_ps", "length_bytes", "flow", "source_ip"):
        assert (getattr(packed, column) == getattr(plain, column)).all()
    assert packed.notes == plain.notes
    assert (packed.frames_read, packed.bytes_read) == (plain.frames_read, plain.bytes_read)


@pytest.mark.parametrize("packer", PACKERS)
def test_several_members_are_one_file(tmp_path: Path, packer: str) -> None:
    pack = PACKERS[packer]
    assert len(read(tmp_path, pack(PLAIN[:1000]) + pack(PLAIN[1000:]), strict=True).times_ps) == 20


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_file_that_breaks_off_gives_what_is_whole(tmp_path: Path, packer: str) -> None:
    noise = np.random.default_rng(1).bytes(400 * 1000)
    rows = [
        (time_us + k, content + noise[k * 1000 :][:1000], 1200) for k in range(400) for time_us, content, _ in BOTH[:1]
    ]
    whole = PACKERS[packer](file_of(rows))
    tail = whole[: len(whole) * 9 // 10]
    found = read(tmp_path, tail)
    assert 200 < len(found.times_ps) < 400
    assert "the last record left out, the file ends inside" in found.notes[0]
    with pytest.raises(InputError, match=r"unpacked byte [0-9]+: the file ends inside"):
        read(tmp_path, tail, strict=True)


@pytest.mark.parametrize("missing", [1, 9, 20, 40])
def test_a_short_recording_whose_writer_was_killed_gives_what_its_packer_had_written(
    tmp_path: Path, missing: int
) -> None:
    """As `zcat` shows it: all that can be unpacked, though the packed file is smaller than any buffer."""
    tail = PACKERS["gzip"](PLAIN)[:-missing]
    there = zlib.decompressobj(31).decompress(tail)
    (tmp_path / "whole").mkdir()
    found, expected = read(tmp_path, tail), read(tmp_path / "whole", there)
    assert len(found.times_ps) == len(expected.times_ps) > 5
    assert "the last record left out, the file ends inside" in found.notes[0]


RECORD = struct.pack("<IIII", 0, 0, 0, 60)
BOMBS = {
    "records of nothing": file_of([]),
    "zeros behind a capture": PLAIN,
    "zeros alone": b"",
    "zeros behind a section": pcapng((), []),
    "zeros behind an interface": pcapng((1,), []),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_small_and_end_in_one_line(tmp_path: Path, packer: str, name: str) -> None:
    refused_small(tmp_path, PACKERS[packer](BOMBS[name] + bytes(BOMB_BYTES)))


@pytest.mark.parametrize("packer", PACKERS)
def test_bombs_of_frames_and_blocks_stay_small(tmp_path: Path, packer: str) -> None:
    """Empty records that are frames, and blocks that nobody reads: what costs memory and what costs time."""
    message = refused_small(tmp_path, PACKERS[packer](file_of([]) + RECORD * (BOMB_BYTES // 16)))
    assert "no recording packs so well" in message
    unread = block(0x0BAD, bytes(1 << 20))
    message = refused_small(tmp_path, PACKERS[packer](pcapng((1,), []) + unread * 16))
    assert "the capture holds no packet" in message


def test_blocks_that_swell_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_HONEST_BYTES", 1 << 22)
    message = refused_small(tmp_path, zstd.compress(pcapng((1,), []) + block(0x0BAD, bytes(1 << 20)) * 16))
    assert "no recording packs so well" in message


def refused_small(tmp_path: Path, content: bytes) -> str:
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 90 bytes for each of the frames that a small file may claim before it is disbelieved, and once more to sort them.
    assert peak < 40_000_000
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "a.pcap"))
    assert "\n" not in message
    return message


def _changed(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + bytes([value]) + content[place + 1 :]


@pytest.mark.parametrize("packer", PACKERS)
def test_broken_packing_is_one_line_or_a_note(tmp_path: Path, packer: str) -> None:
    whole = PACKERS[packer](PLAIN)
    broken = [whole[:length] for length in (2, 4, 5, 9, 10, 12, 18, 20, 40, len(whole) // 2, len(whole) - 1)]
    broken += [_changed(whole, place, 0xFF) for place in range(2, len(whole), 5)]
    broken += [whole + b"garbage", whole + whole[:7], PACKERS[packer](whole), whole[:4] + bytes(2000)]
    refusals = []
    for content in broken:
        try:
            assert 1 <= len(read(tmp_path, content).times_ps) <= 20
        except InputError as error:
            refusals.append(str(error))
    assert len(refusals) > 10
    assert all(line.startswith(str(tmp_path / "a.pcap")) and "\n" not in line for line in refusals)


def test_packed_twice_or_otherwise_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unpacked byte 0: the file is packed with gzip: unpack it first"):
        read(tmp_path, gzip.compress(gzip.compress(PLAIN)))


def test_a_window_above_that_of_the_tool_is_refused(tmp_path: Path) -> None:
    """A frame may ask for gigabytes of history: magic, no single segment, window of 2**41 bytes."""
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, b"\x28\xb5\x2f\xfd\x00\xff" + bytes(60))


def test_a_wrong_sum_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(PLAIN)
    assert zlib.crc32(PLAIN) == int.from_bytes(whole[-8:-4], "little")
    with pytest.raises(InputError, match="cannot be read: CRC check failed"):
        read(tmp_path, whole[:-8] + bytes(4) + whole[-4:])
