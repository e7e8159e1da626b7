"""What stands before the IP packet of a frame, per link type, and the Ethernet header that takes its place.

1. Ethernet stays as it is. Raw IP and loopback have no addresses of a link: theirs become zeros.
2. Linux cooked (`tcpdump -i any`) keeps the sender's address and the EtherType; the receiver's address is zeros, or
   all ones where the header says broadcast or multicast.
3. `Link.added_bytes` is what the frame on an Ethernet wire is longer than the record (negative: shorter).

*Scope*: numbers and layouts after the list of link-layer header types of the tcpdump project (LINKTYPE_NULL, RAW, LOOP,
LINUX_SLL, LINUX_SLL2, IPV4, IPV6). Any other type has no Ethernet frame behind it and is not read.

*Validation*: tests/unit/test_field_captures.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

ETHERNET = 1
COOKED_2 = 276

_V4, _V6, _OTHER = b"\x08\x00", b"\x86\xdd", b"\xff\xff"
_NO_MAC, _ALL = bytes(6), b"\xff" * 6
# AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24, 28 and 30 on the BSDs and macOS.
_FAMILIES = {2: _V4, 10: _V6, 24: _V6, 28: _V6, 30: _V6}
_TO_MANY = (1, 2)


class Link(NamedTuple):
    """A link type: its name, how a record becomes the start of an Ethernet frame, and by how much that is longer."""

    name: str
    ethernet: Callable[[bytes], bytes]
    added_bytes: int


def _same(record: bytes) -> bytes:
    return record


def _raw(record: bytes) -> bytes:
    kind = {4: _V4, 6: _V6}.get(record[0] >> 4, _OTHER) if record else _OTHER
    return _NO_MAC + _NO_MAC + kind + record


def _loopback(record: bytes) -> bytes:
    family = record[:4]
    kind = _FAMILIES.get(int.from_bytes(family, "little")) or _FAMILIES.get(int.from_bytes(family, "big")) or _OTHER
    return _NO_MAC + _NO_MAC + kind + record[4:]


def _cooked(record: bytes) -> bytes:
    return _from_cooked(record[1:2], record[4:6], record[6:14], record[14:16]) + record[16:]


def _cooked_2(record: bytes) -> bytes:
    return _from_cooked(record[10:11], b"\0" + record[11:12], record[12:20], record[:2]) + record[20:]


def _from_cooked(kind: bytes, address_bytes: bytes, address: bytes, protocol: bytes) -> bytes:
    to_many = bool(kind) and kind[0] in _TO_MANY
    sender = address[:6].ljust(6, b"\0") if address_bytes == b"\0\6" else _NO_MAC
    return (_ALL if to_many else _NO_MAC) + sender + protocol.ljust(2, b"\xff")


_RAW, _LOOPBACK = Link("raw IP", _raw, 14), Link("loopback", _loopback, 10)
READ = {
    ETHERNET: Link("Ethernet", _same, 0),
    0: _LOOPBACK,
    108: _LOOPBACK,
    12: _RAW,
    14: _RAW,
    101: _RAW,
    228: _RAW,
    229: _RAW,
    113: Link("Linux cooked", _cooked, -2),
    COOKED_2: Link("Linux cooked v2", _cooked_2, -6),
}
_KNOWN = {105: "802.11", 119: "Prism", 127: "radiotap", 189: "USB", 220: "USB", 192: "PPI", 195: "802.15.4", 9: "PPP"}


def name(link_type: int) -> str:
    """What the link type is called."""
    return READ[link_type].name if link_type in READ else _KNOWN.get(link_type, f"link type {link_type}")


def shown(link_type: int) -> str:
    """The number with its name."""
    return f"{link_type} ({name(link_type) if link_type in READ or link_type in _KNOWN else 'unknown'})"
