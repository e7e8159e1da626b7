"""Walk the packet records of a pcap or pcapng file, one at a time, with the byte offset of whatever is wrong.

1. The first four bytes decide: pcap in microseconds or nanoseconds, either byte order, or a pcapng section.
2. Each record gives its time in ps since 1970 (a Python integer: it does not fit 64 bits), the start of the frame,
   and how many bytes of frame check sequence the file says it holds.
3. Blocks that hold no packet are skipped; a section header may change the byte order and forgets all interfaces.

*Scope*: Ethernet only. pcapng blocks read: section header, interface description, enhanced, simple and old packet.
One record is in memory at a time; no length field of the file is ever trusted as the size of an allocation.
Formats after draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng (if_fcslen in bits, a link
type's FCS length in 16-bit words).

*Validation*: tests/unit/test_pcap.py (files built by hand, random bytes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from simulator.errors import BadValue

PS_PER_SECOND = 10**12
HEAD_BYTES = 96  # Ethernet 14, two VLAN tags 8, the longest IPv4 header 60, ports 4: 86, and some room
ETHERNET = 1

_PCAP_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_SECTION_MAGIC = _SECTION.to_bytes(4, "big")
_OTHER_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd", b"BZ": "bzip2", b"\xfd7": "xz", b"PK": "zip"}
_LINK_TYPES = {
    0: "loopback",
    101: "raw IP",
    105: "802.11",
    113: "Linux cooked",
    127: "radiotap",
    276: "Linux cooked v2",
}
_SNAPLEN_LIMIT = 262_144  # libpcap's own limit for one record
_BLOCK_LIMIT = 16 * 2**20  # libpcap's own limit for one block
_SHORTEST = 14


class Record(NamedTuple):
    """One packet. `time_ps` since 1970 is None when its block holds no time, `fcs_bytes` when the file does not say."""

    time_ps: int | None
    head: bytes
    captured_bytes: int
    original_bytes: int
    fcs_bytes: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snaplen: int
    ps_numerator: int
    ps_denominator: int
    offset_s: int
    fcs_bytes: int | None


class _Reader:
    """A file that knows where it is and says so when it ends too early."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path, self.size, self.offset = path, size, 0
        self._file = file

    def exactly(self, count: int, what: str) -> bytes:
        if self.offset + count > self.size:
            raise self.error(f"the file ends inside {what}: {self.size - self.offset} of {count} bytes are there")
        data = self._file.read(count)
        self.offset += count
        return data

    def skip(self, count: int, what: str) -> None:
        if self.offset + count > self.size:
            raise self.error(f"the file ends inside {what}: {self.size - self.offset} of {count} bytes are there")
        self._file.seek(count, 1)
        self.offset += count

    def error(self, what: str, value: object = None, offset: int | None = None) -> BadValue:
        return BadValue(f"{self.path}: byte {self.offset if offset is None else offset}", what, value)


def records(path: Path) -> Iterator[Record]:
    """All packets of the file in file order; InputError names the file and the byte offset of the first fault."""
    try:
        if not path.is_file():
            raise BadValue(str(path), "is not a file" if path.exists() else "does not exist")
        with path.open("rb") as file:
            reader = _Reader(path, file, path.stat().st_size)
            magic = reader.exactly(4, "the first four bytes")
            if magic in _PCAP_MAGIC:
                yield from _pcap_records(reader, *_PCAP_MAGIC[magic])
            elif magic == _SECTION_MAGIC:
                yield from _pcapng_records(reader)
            else:
                raise _unknown_magic(reader, magic)
    except (OSError, ValueError) as error:
        raise BadValue(str(path), f"cannot be read: {error}") from error


def _unknown_magic(reader: _Reader, magic: bytes) -> BadValue:
    packed = _OTHER_MAGIC.get(magic[:2])
    what = (
        f"is the magic number of {packed}: unpack the file first"
        if packed
        else "is the magic number of neither pcap nor pcapng"
    )
    return reader.error(what, "0x" + magic.hex(), 0)


def _pcap_records(reader: _Reader, order: str, ticks_per_second: int) -> Iterator[Record]:
    header = struct.unpack(order + "HHIIII", reader.exactly(20, "the file header"))
    if header[:2] != (2, 4):
        raise reader.error("is not pcap version 2.4", f"{header[0]}.{header[1]}", 4)
    link = header[5]
    _require_ethernet(reader, link & 0xFFFF, 20)
    fcs_bytes = _frame_check(reader, (link >> 28) * 16, 20) if link & 0x04000000 else None
    record = struct.Struct(order + "IIII")
    ps_per_tick = PS_PER_SECOND // ticks_per_second
    while reader.offset < reader.size:
        start = reader.offset
        seconds, ticks, captured, original = record.unpack(reader.exactly(16, "a record header"))
        if ticks >= ticks_per_second:
            raise reader.error("is a fraction of a second that is a second or more", ticks, start)
        _check_lengths(reader, captured, original, start)
        head = reader.exactly(captured, "a packet")[:HEAD_BYTES]
        yield Record(seconds * PS_PER_SECOND + ticks * ps_per_tick, head, captured, original, fcs_bytes, start)


def _pcapng_records(reader: _Reader) -> Iterator[Record]:
    order, interfaces = "<", list[_Interface]()
    start, kind = 0, _SECTION
    while True:
        if kind == _SECTION:
            order, interfaces = _section(reader, start), []
        else:
            (length,) = struct.unpack(order + "I", reader.exactly(4, "a block header"))
            if kind in (_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED):
                body = _body(reader, order, length, start)
                if kind == _INTERFACE:
                    interfaces.append(_interface(reader, order, body, start))
                else:
                    yield _packet(reader, order, kind, body, interfaces, start)
            else:
                _check_block(reader, length, start)
                reader.skip(length - 8, "a block")
        if reader.offset == reader.size:
            return
        start = reader.offset
        (kind,) = struct.unpack(order + "I", reader.exactly(4, "a block header"))


def _section(reader: _Reader, start: int) -> str:
    length_field, magic = reader.exactly(4, "a section header"), reader.exactly(4, "a section header")
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(magic)
    if order is None:
        raise reader.error("is not a byte-order magic", "0x" + magic.hex(), start + 8)
    (length,) = struct.unpack(order + "I", length_field)
    _check_block(reader, length, start)
    if length < 28:
        raise reader.error("is too short for a section header (28 bytes)", length, start + 4)
    major, _ = struct.unpack(order + "HH", reader.exactly(4, "a section header"))
    if major != 1:
        raise reader.error("is not pcapng major version 1", major, start + 12)
    reader.skip(length - 20, "a section header")
    _check_trailer(reader, order, length, start)
    return order


def _check_block(reader: _Reader, length: int, start: int) -> None:
    if length < 12 or length % 4:
        raise reader.error("is no block length: a multiple of 4, at least 12", length, start + 4)


def _body(reader: _Reader, order: str, length: int, start: int) -> bytes:
    _check_block(reader, length, start)
    if length > _BLOCK_LIMIT:
        raise reader.error(f"is longer than a block can be ({_BLOCK_LIMIT} bytes)", length, start + 4)
    body = reader.exactly(length - 12, "a block")
    _check_trailer(reader, order, length, start)
    return body


def _check_trailer(reader: _Reader, order: str, length: int, start: int) -> None:
    (again,) = struct.unpack(order + "I", reader.exactly(4, "a block's second length"))
    if again != length:
        raise reader.error(
            f"is not the length with which the block at byte {start} began ({length})", again, reader.offset - 4
        )


def _interface(reader: _Reader, order: str, body: bytes, start: int) -> _Interface:
    if len(body) < 8:
        raise reader.error("is too short for an interface block (20 bytes)", len(body) + 12, start)
    link_type, _, snaplen = struct.unpack(order + "HHI", body[:8])
    options = _options(order, body[8:])
    resolution = options.get(9, b"\x06")[:1] or b"\x06"
    exponent = resolution[0] & 0x7F
    ticks = 2**exponent if resolution[0] & 0x80 else 10**exponent
    stated = options.get(13, b"")[:1]
    fcs_bytes = _frame_check(reader, stated[0], start) if stated else None
    offset_s = struct.unpack(order + "q", options[14][:8])[0] if len(options.get(14, b"")) >= 8 else 0
    return _Interface(link_type, snaplen, PS_PER_SECOND, ticks, offset_s, fcs_bytes)


def _options(order: str, data: bytes) -> dict[int, bytes]:
    """The first value of each option code; a length that leaves the block ends the list, as in every other reader."""
    found: dict[int, bytes] = {}
    place = 0
    while place + 4 <= len(data):
        code, length = struct.unpack(order + "HH", data[place : place + 4])
        if code == 0 or place + 4 + length > len(data):
            break
        found.setdefault(code, data[place + 4 : place + 4 + length])
        place += 4 + length + -length % 4
    return found


def _packet(reader: _Reader, order: str, kind: int, body: bytes, interfaces: list[_Interface], start: int) -> Record:
    fixed = 4 if kind == _SIMPLE else 20
    if len(body) < fixed:
        raise reader.error("is too short for a packet block", len(body) + 12, start)
    if kind == _SIMPLE:
        (original,) = struct.unpack(order + "I", body[:4])
        number, ticks = 0, None
    else:
        number, high, low, captured, original = struct.unpack(order + "IIIII", body[:20])
        if kind == _OLD_PACKET:
            (number,) = struct.unpack(order + "H", body[:2])
        ticks = high << 32 | low
    if number >= len(interfaces):
        raise reader.error(f"is no interface of this section, which has {len(interfaces)}", number, start + 8)
    interface = interfaces[number]
    _require_ethernet(reader, interface.link_type, start)
    if kind == _SIMPLE:
        captured = min(original, interface.snaplen or original)
    _check_lengths(reader, captured, original, start)
    if fixed + captured > len(body):
        raise reader.error("is a captured length that leaves its block", captured, start)
    time_ps = None if ticks is None else _time_ps(interface, ticks)
    head = body[fixed : fixed + min(captured, HEAD_BYTES)]
    fcs_bytes = interface.fcs_bytes
    if kind != _SIMPLE and len(body) >= fixed + captured + 8:
        fcs_bytes = _packet_frame_check(reader, order, body[fixed + captured + -captured % 4 :], fcs_bytes, start)
    return Record(time_ps, head, captured, original, fcs_bytes, start)


def _time_ps(interface: _Interface, ticks: int) -> int:
    return interface.offset_s * PS_PER_SECOND + ticks * interface.ps_numerator // interface.ps_denominator


def _packet_frame_check(reader: _Reader, order: str, data: bytes, interface_fcs: int | None, start: int) -> int | None:
    """The packet's own flags word (option 2, bits 5 to 8, in bytes) wins over its interface; 0 there says nothing."""
    flags = _options(order, data).get(2, b"")
    octets = struct.unpack(order + "I", flags)[0] >> 5 & 0xF if len(flags) == 4 else 0
    return _frame_check(reader, octets * 8, start) if octets else interface_fcs


def _frame_check(reader: _Reader, bits: int, offset: int) -> int:
    # Some writers put bytes where the format wants bits; a sequence of 4 bits does not exist, so 4 means bytes.
    if bits in (0, 4, 32):
        return 4 if bits else 0
    raise reader.error("is no length of an Ethernet frame check sequence (32 bits)", bits, offset)


def _require_ethernet(reader: _Reader, link_type: int, offset: int) -> None:
    if link_type != ETHERNET:
        name = _LINK_TYPES.get(link_type, "unknown")
        raise reader.error("is a link type that cannot be read: only Ethernet (1)", f"{link_type} ({name})", offset)


def _check_lengths(reader: _Reader, captured: int, original: int, start: int) -> None:
    if captured > _SNAPLEN_LIMIT or original > _SNAPLEN_LIMIT:
        raise reader.error(f"is longer than a packet can be ({_SNAPLEN_LIMIT} bytes)", max(captured, original), start)
    if not _SHORTEST <= captured <= original:
        raise reader.error(f"is no captured length from {_SHORTEST} to the original length {original}", captured, start)
