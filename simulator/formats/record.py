"""One packet record as every format has it: its times and lengths checked, its frame as on an Ethernet wire.

1. `framed` puts an Ethernet header where the link type has another one (`links`), and counts it.
2. `Log` keeps what the walk met beside the records: where the file was cut, interfaces, what could not be read.

*Scope*: `Log.strict` refuses what would have to be mended: a link type that is not Ethernet, a captured length below an
Ethernet header or above the original.

*Validation*: tests/unit/test_pcap.py, tests/unit/test_field_captures.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.formats import links
from simulator.formats.stream import Stream

PS_PER_SECOND = 10**12
HEAD_BYTES = 96  # Ethernet 14, two VLAN tags 8, the longest IPv4 header 60, TCP up to its length 13: 95
_CAPTURED_LIMIT = 262_144  # libpcap's own limit for one record
_ORIGINAL_LIMIT = 2**20  # above the largest packet that Linux' segmentation offload takes (BIG TCP, 512 KiB)
_SHORTEST = 14
_DEVICES = 1000


def counted(number: int, noun: str) -> str:
    """The number with its noun: 1 frame, 2,000 frames."""
    return f"{number:,} {noun}{'' if abs(number) == 1 else 's'}"


class Record(NamedTuple):
    """One packet, its start and `length_bytes` as on an Ethernet wire, `original_bytes` as the file has them.

    `seconds` and `ps` count since 1970; `seconds` is None when the block holds no time, `fcs_bytes` when the file does
    not say.
    """

    seconds: int | None
    ps: int
    head: bytes
    captured_bytes: int
    original_bytes: int
    length_bytes: int
    fcs_bytes: int | None
    offset: int


@dataclass(slots=True)
class Count:
    """Frames and bytes as the file has them."""

    frames: int = 0
    read_bytes: int = 0

    def add(self, read_bytes: int) -> None:
        """One more frame."""
        self.frames += 1
        self.read_bytes += read_bytes


@dataclass(slots=True)
class Log:
    """What the walk met beside the records: where the file was cut, which interfaces, which could not be read."""

    strict: bool = False
    cut: str = ""
    interfaces: dict[str, Count] = field(default_factory=dict)
    left_out: dict[str, Count] = field(default_factory=dict)
    converted: dict[int, Count] = field(default_factory=dict)
    devices: Counter[int] = field(default_factory=Counter)

    def converts(self, link_type: int, record: bytes, added_bytes: int) -> None:
        """A record whose link is not Ethernet, and by how much its frame is longer."""
        self.converted.setdefault(link_type, Count()).add(added_bytes)
        device = int.from_bytes(record[4:8])
        if link_type == links.COOKED_2 and (device in self.devices or len(self.devices) < _DEVICES):
            self.devices[device] += 1


def framed(
    log: Log,
    link_type: int,
    link: links.Link,
    time: tuple[int | None, int],
    head: bytes,
    lengths: tuple[int, int],
    fcs_bytes: int | None,
    offset: int,
) -> Record:
    """The record with its frame as on an Ethernet wire."""
    captured, original = lengths
    if link_type == links.ETHERNET:
        return Record(*time, head, captured, original, original, fcs_bytes, offset)
    # A record that holds nothing stays empty: the header put before it says nothing of the frame.
    frame_bytes = max(0, captured + link.added_bytes) if captured else 0
    length = max(0, original + link.added_bytes) if original else 0
    log.converts(link_type, head, length - original)
    return Record(*time, link.ethernet(head)[:HEAD_BYTES], frame_bytes, original, length, 0, offset)


def frame_check(stream: Stream, bits: int, offset: int) -> int:
    """Bytes of the frame check sequence that the file states."""
    # Some writers put bytes where the format wants bits; a sequence of 4 bits does not exist, so 4 means bytes.
    if bits in (0, 4, 32):
        return 4 if bits else 0
    raise stream.error("is no length of an Ethernet frame check sequence (32 bits)", bits, offset)


def readable(log: Log, link_type: int) -> bool:
    """Whether frames of this link type become frames of the model."""
    return link_type == links.ETHERNET or (link_type in links.READ and not log.strict)


def require_link(stream: Stream, log: Log, link_type: int, offset: int) -> links.Link:
    """The link type, or an error that says what to do."""
    if readable(log, link_type):
        return links.READ[link_type]
    if link_type in links.READ:
        what = "is not Ethernet: 'strict: on' reads nothing else"
    else:
        what = "is a link type without Ethernet frames: record on an Ethernet interface or with 'tcpdump -i any'"
    raise stream.error(what, links.shown(link_type), offset)


def check_lengths(stream: Stream, log: Log, captured: int, original: int, start: int) -> None:
    """Refuse lengths that no packet has, and with `strict` those that contradict each other."""
    if captured > _CAPTURED_LIMIT or original > _ORIGINAL_LIMIT:
        limit = f"(captured {_CAPTURED_LIMIT} bytes, original {_ORIGINAL_LIMIT})"
        raise stream.error(f"is longer than a packet can be {limit}", max(captured, original), start)
    if log.strict and not _SHORTEST <= captured <= original:
        what = f"is no captured length from {_SHORTEST} to the original length {original}"
        raise stream.error(f"{what}; without 'strict: on' it is mended", captured, start)
