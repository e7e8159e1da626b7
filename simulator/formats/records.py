"""Walk the packet records of a pcap or pcapng file, one at a time, with the byte offset of whatever is wrong.

1. The first four bytes decide: pcap in microseconds or nanoseconds, either byte order, with or without Kuznetsov's
   longer record header, or a pcapng section (`pcapng`).
2. A last record that the end of the file cuts is left out, and the `Log` says so; `strict` refuses it.

*Scope*: one record is in memory at a time; no length field of the file is ever trusted as the size of an allocation.
Formats after draft-ietf-opsawg-pcap; the longer header after libpcap's (interface, protocol, kind of packet: 8 bytes).

*Validation*: tests/unit/test_pcap.py (files built by hand, random bytes), tests/unit/test_field_captures.py (counts of
another reader).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from simulator.errors import BadValue
from simulator.formats import pcapng
from simulator.formats.record import (
    HEAD_BYTES,
    PS_PER_SECOND,
    Log,
    Record,
    check_lengths,
    frame_check,
    framed,
    require_link,
)
from simulator.formats.stream import GZIP_MAGIC, ZSTD_MAGIC, Cut, Stream, opened

_PCAP_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6, 0),
    b"\xa1\xb2\xc3\xd4": (">", 10**6, 0),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9, 0),
    b"\xa1\xb2\x3c\x4d": (">", 10**9, 0),
    b"\x34\xcd\xb2\xa1": ("<", 10**6, 8),
    b"\xa1\xb2\xcd\x34": (">", 10**6, 8),
}
_OTHER_MAGIC = {GZIP_MAGIC: "gzip", ZSTD_MAGIC[:2]: "zstd", b"BZ": "bzip2", b"\xfd7": "xz", b"PK": "zip"}


def records(path: Path, log: Log) -> Iterator[Record]:
    """All packets of the file in file order; InputError names the file and the byte offset of the first fault."""
    with opened(path) as stream:
        magic = stream.exactly(4, "the first four bytes")
        whole = 0
        try:
            for record in _walk(stream, magic, log):
                yield record
                whole += 1
        except Cut as cut:
            if log.strict or not whole:
                raise
            log.cut = cut.message


def _walk(stream: Stream, magic: bytes, log: Log) -> Iterator[Record]:
    if magic in _PCAP_MAGIC:
        return _pcap_records(stream, log, *_PCAP_MAGIC[magic])
    if magic == pcapng.SECTION_MAGIC:
        return pcapng.walk(stream, log)
    raise _unknown_magic(stream, magic)


def _unknown_magic(stream: Stream, magic: bytes) -> BadValue:
    packed = _OTHER_MAGIC.get(magic[:2])
    # Anybody's file can be named as a capture, so what is in it is not printed.
    what = f"packed with {packed}: unpack it first" if packed else "neither pcap nor pcapng, by its first four bytes"
    return stream.error(f"the file is {what}", None, 0)


def _pcap_records(stream: Stream, log: Log, order: str, ticks_per_second: int, extra_bytes: int) -> Iterator[Record]:
    header = struct.unpack(order + "HHIIII", stream.exactly(20, "the file header"))
    if header[:2] != (2, 4):
        raise stream.error("is not pcap version 2.4", f"{header[0]}.{header[1]}", 4)
    link_type = header[5] & 0xFFFF
    link = require_link(stream, log, link_type, 20)
    fcs_bytes = frame_check(stream, (header[5] >> 28) * 16, 20) if header[5] & 0x04000000 else None
    unpack, header_bytes = struct.Struct(order + "IIII").unpack_from, 16 + extra_bytes
    ps_per_tick = PS_PER_SECOND // ticks_per_second
    while True:
        start = stream.offset
        data = stream.next(header_bytes, "a record header")
        if not data:
            return
        seconds, ticks, captured, original = unpack(data)
        if ticks >= ticks_per_second:
            raise stream.error("is a fraction of a second that is a second or more", ticks, start)
        check_lengths(stream, log, captured, original, start)
        head = stream.exactly(captured, "a packet")[:HEAD_BYTES]
        yield framed(log, link_type, link, (seconds, ticks * ps_per_tick), head, (captured, original), fcs_bytes, start)
