"""Walk the blocks of a pcapng file: sections, interfaces, packets; any other block is passed over.

1. A section header may change the byte order and forgets all interfaces.
2. Packets on an interface whose link type cannot be read are counted, not read: the others are a capture of their own.

*Scope*: blocks read: section header, interface description, enhanced, simple and old packet. Format after
draft-ietf-opsawg-pcapng (if_fcslen in bits, a link type's FCS length in 16-bit words).

*Validation*: tests/unit/test_pcap.py (files built by hand, random bytes), tests/unit/test_field_captures.py.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.formats import links
from simulator.formats.record import (
    HEAD_BYTES,
    PS_PER_SECOND,
    Count,
    Log,
    Record,
    check_lengths,
    frame_check,
    framed,
    readable,
    require_link,
)
from simulator.formats.stream import Stream

SECTION_MAGIC = b"\x0a\x0d\x0d\x0a"

_SECTION = int.from_bytes(SECTION_MAGIC)
_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_BLOCK_LIMIT = 16 * 2**20  # libpcap's own limit for one block
_NAME_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snaplen: int
    ticks_per_second: int
    offset_s: int
    fcs_bytes: int | None
    label: str


def walk(stream: Stream, log: Log) -> Iterator[Record]:
    """All packets of the file whose first four bytes have been read."""
    order, interfaces, sections = "<", list[_Interface](), 0
    start, kind = 0, _SECTION
    while True:
        if kind == _SECTION:
            order, interfaces, sections = _section(stream, start), [], sections + 1
        else:
            (length,) = struct.unpack(order + "I", stream.exactly(4, "a block header"))
            _check_block(stream, length, start)
            if kind in (_INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED):
                body = _body(stream, order, length, start)
                if kind == _INTERFACE:
                    interfaces.append(_interface(stream, order, body, start, sections, len(interfaces)))
                else:
                    record = _packet(stream, log, order, kind, body, interfaces, start)
                    if record is not None:
                        yield record
            else:
                stream.skip(length - 8, "a block")
        start = stream.offset
        data = stream.next(4, "a block header")
        if not data:
            return
        (kind,) = struct.unpack(order + "I", data)


def _section(stream: Stream, start: int) -> str:
    length_field, magic = stream.exactly(4, "a section header"), stream.exactly(4, "a section header")
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(magic)
    if order is None:
        raise stream.error("is not a byte-order magic", "0x" + magic.hex(), start + 8)
    (length,) = struct.unpack(order + "I", length_field)
    _check_block(stream, length, start)
    if length < 28:
        raise stream.error("is too short for a section header (28 bytes)", length, start + 4)
    major, _ = struct.unpack(order + "HH", stream.exactly(4, "a section header"))
    if major != 1:
        raise stream.error("is not pcapng major version 1", major, start + 12)
    stream.skip(length - 20, "a section header")
    _check_trailer(stream, order, length, start)
    return order


def _check_block(stream: Stream, length: int, start: int) -> None:
    if length < 12 or length % 4:
        raise stream.error("is no block length: a multiple of 4, at least 12", length, start + 4)
    if length > _BLOCK_LIMIT:
        raise stream.error(f"is longer than a block can be ({_BLOCK_LIMIT} bytes)", length, start + 4)


def _body(stream: Stream, order: str, length: int, start: int) -> bytes:
    body = stream.exactly(length - 12, "a block")
    _check_trailer(stream, order, length, start)
    return body


def _check_trailer(stream: Stream, order: str, length: int, start: int) -> None:
    (again,) = struct.unpack(order + "I", stream.exactly(4, "a block's second length"))
    if again != length:
        raise stream.error(
            f"is not the length with which the block at byte {start} began ({length})", again, stream.offset - 4
        )


def _interface(stream: Stream, order: str, body: bytes, start: int, section: int, number: int) -> _Interface:
    if len(body) < 8:
        raise stream.error("is too short for an interface block (20 bytes)", len(body) + 12, start)
    link_type, _, snaplen = struct.unpack(order + "HHI", body[:8])
    options = _options(order, body[8:])
    resolution = options.get(9, b"\x06")[:1] or b"\x06"
    exponent = resolution[0] & 0x7F
    ticks = 2**exponent if resolution[0] & 0x80 else 10**exponent
    stated = options.get(13, b"")[:1]
    fcs_bytes = frame_check(stream, stated[0], start) if stated and link_type == links.ETHERNET else None
    offset_s = struct.unpack(order + "q", options[14][:8])[0] if len(options.get(14, b"")) >= 8 else 0
    label = f"interface {number}{f' of section {section}' if section > 1 else ''} ({_name(options)}"
    return _Interface(link_type, snaplen, ticks, offset_s, fcs_bytes, f"{label}{links.name(link_type)})")


def _name(options: dict[int, bytes]) -> str:
    name = options.get(2, b"").decode("utf-8", "replace").rstrip("\0")[:_NAME_CHARACTERS]
    return f"{name}, " if name and name.isprintable() else ""


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


def _packet(
    stream: Stream, log: Log, order: str, kind: int, body: bytes, interfaces: list[_Interface], start: int
) -> Record | None:
    fixed = 4 if kind == _SIMPLE else 20
    if len(body) < fixed:
        raise stream.error("is too short for a packet block", len(body) + 12, start)
    captured, ticks = None, None
    if kind == _SIMPLE:
        number, (original,) = 0, struct.unpack(order + "I", body[:4])
    else:
        number, high, low, captured, original = struct.unpack(order + "IIIII", body[:20])
        if kind == _OLD_PACKET:
            (number,) = struct.unpack(order + "H", body[:2])
        ticks = high << 32 | low
    if number >= len(interfaces):
        raise stream.error(f"is no interface of this section, which has {len(interfaces)}", number, start + 8)
    interface = interfaces[number]
    if captured is None:
        captured = min(original, interface.snaplen or original)
    check_lengths(stream, log, captured, original, start)
    if fixed + captured > len(body):
        raise stream.error("is a captured length that leaves its block", captured, start)
    log.interfaces.setdefault(interface.label, Count()).add(original)
    if not log.strict and not readable(log, interface.link_type):
        log.left_out.setdefault(interface.label, Count()).add(original)
        return None
    link = require_link(stream, log, interface.link_type, start)
    head = body[fixed : fixed + min(captured, HEAD_BYTES)]
    fcs_bytes = interface.fcs_bytes
    if kind != _SIMPLE and interface.link_type == links.ETHERNET and len(body) >= fixed + captured + 8:
        fcs_bytes = _packet_frame_check(stream, order, body[fixed + captured + -captured % 4 :], fcs_bytes, start)
    time = (None, 0) if ticks is None else _time(interface, ticks)
    return framed(log, interface.link_type, link, time, head, (captured, original), fcs_bytes, start)


def _time(interface: _Interface, ticks: int) -> tuple[int, int]:
    seconds, rest = divmod(ticks, interface.ticks_per_second)
    return interface.offset_s + seconds, rest * PS_PER_SECOND // interface.ticks_per_second


def _packet_frame_check(stream: Stream, order: str, data: bytes, interface_fcs: int | None, start: int) -> int | None:
    """The packet's own flags word (option 2, bits 5 to 8, in bytes) wins over its interface; 0 there says nothing."""
    flags = _options(order, data).get(2, b"")
    octets = struct.unpack(order + "I", flags)[0] >> 5 & 0xF if len(flags) == 4 else 0
    return frame_check(stream, octets * 8, start) if octets else interface_fcs
