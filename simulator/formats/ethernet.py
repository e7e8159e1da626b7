"""Read the start of many Ethernet frames at once: addresses, IP length, and a flow number from the five-tuple.

1. VLAN tags (802.1Q, 802.1ad, at most two) are cut out, so that every frame has its EtherType at byte 12.
2. IPv4 and IPv6 headers give addresses, protocol and, for TCP, UDP and SCTP, the ports behind the header.
3. Two hashes: `flow` tells the two directions of a connection apart, `conversation` does not.
4. `header_bytes` is what every piece of a packet repeats when it is cut as segmentation offload cuts it.

*Scope*: fragments hash without ports, so that all fragments of a packet stay together; IPv6 extension headers are not
followed (such packets hash without ports); frames that are not IP hash by MAC addresses and EtherType. Tags do not
enter a hash. The hash is this project's own (a 64-bit finaliser after SplitMix64), not any NIC's Toeplitz hash.

*Validation*: tests/unit/test_pcap.py (frames built by hand).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]

MAPPED_IPV4 = 0xFFFF << 32  # ::ffff:a.b.c.d, so that one pair of words holds either kind of address

_TAGS = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP, _SCTP = 6, 17, 132
_WITH_PORTS = (_TCP, _UDP, _SCTP)
_TCP_BYTES, _UDP_BYTES, _SCTP_BYTES = 20, 8, 12


@dataclass(frozen=True, slots=True, eq=False)
class Headers:
    """One row per frame. `ip_bytes` = Ethernet header + tags + IP length; 0 when not IP or not said.

    `header_bytes` = Ethernet header + tags + IP header + TCP, UDP or SCTP header; 0 when not IP.
    """

    source: IntArray
    destination: IntArray
    source_ip: WordArray
    destination_ip: WordArray
    ip_bytes: IntArray
    header_bytes: IntArray
    tags: IntArray
    flow: IntArray
    conversation: IntArray


def decode(heads: ByteArray, captured_bytes: IntArray) -> Headers:
    """`heads`: the first bytes of each frame, zero-filled (one row per frame, at least 96 columns)."""
    rows = np.array(heads, dtype=np.uint8)
    left = np.minimum(captured_bytes, heads.shape[1]).astype(np.int64)
    tags = _strip_tags(rows, left)
    kind = _number(rows, 12, 2)
    is_v4 = (kind == _IPV4) & (left >= 34) & (rows[:, 14] >> 4 == 4) & (rows[:, 14] & 15 >= 5)
    is_v6 = (kind == _IPV6) & (left >= 54) & (rows[:, 14] >> 4 == 6)
    source, destination = _number(rows, 6, 6), _number(rows, 0, 6)
    source_ip = _addresses(rows, is_v4, is_v6, 26, 22)
    destination_ip = _addresses(rows, is_v4, is_v6, 30, 38)
    protocol = np.where(is_v4, rows[:, 23], np.where(is_v6, rows[:, 20], kind + 65_536)).astype(np.int64)
    source_port, destination_port = _ports(rows, left, is_v4, is_v6, protocol)
    no_ip = ~(is_v4 | is_v6)
    near = _endpoint(source_ip, np.where(no_ip, source, 0), source_port)
    far = _endpoint(destination_ip, np.where(no_ip, destination, 0), destination_port)
    v4_bytes, v6_bytes = _number(rows, 16, 2), _number(rows, 18, 2)
    stated = np.where(is_v4, v4_bytes, np.where(is_v6 & (v6_bytes > 0), v6_bytes + 40, 0))
    return Headers(
        source=source,
        destination=destination,
        source_ip=source_ip,
        destination_ip=destination_ip,
        ip_bytes=np.where(stated > 0, stated + 14 + 4 * tags, 0),
        header_bytes=np.where(no_ip, 0, _header_bytes(rows, left, is_v4, is_v6, protocol) + 4 * tags),
        tags=tags,
        flow=_fold(mix_words(near) + far, protocol),
        conversation=_fold(near + far, protocol),
    )


def _strip_tags(rows: ByteArray, left: IntArray) -> IntArray:
    tags = np.zeros(len(rows), dtype=np.int64)
    for _ in range(2):
        tagged = np.isin(_number(rows, 12, 2), _TAGS) & (left >= 18)
        rows[tagged, 12:-4] = rows[tagged, 16:]
        left[tagged] -= 4
        tags[tagged] += 1
    return tags


def _number(rows: ByteArray, start: int, count: int) -> IntArray:
    """Big-endian integer of `count` bytes (at most 6) at column `start` of each row."""
    value = np.zeros(len(rows), dtype=np.int64)
    for column in range(start, start + count):
        value = value << 8 | rows[:, column]
    return value


def _addresses(rows: ByteArray, is_v4: BoolArray, is_v6: BoolArray, v4: int, v6: int) -> WordArray:
    words = np.ascontiguousarray(rows[:, v6 : v6 + 16]).view(">u8").astype(np.uint64)
    words[~is_v6] = 0
    words[is_v4, 1] = (_number(rows, v4, 4)[is_v4] | MAPPED_IPV4).astype(np.uint64)
    return words


def _ports(
    rows: ByteArray, left: IntArray, is_v4: BoolArray, is_v6: BoolArray, protocol: IntArray
) -> tuple[IntArray, IntArray]:
    start, whole = _transport(rows, is_v4, is_v6)
    usable = whole & np.isin(protocol, _WITH_PORTS) & (left >= start + 4)
    columns = np.where(usable, start, 0)[:, None] + np.arange(4)
    four = np.take_along_axis(rows, columns, axis=1)
    return np.where(usable, _number(four, 0, 2), 0), np.where(usable, _number(four, 2, 2), 0)


def _transport(rows: ByteArray, is_v4: BoolArray, is_v6: BoolArray) -> tuple[IntArray, BoolArray]:
    """Where the header behind IP begins, and whether the packet is no fragment, so that it has one."""
    start = np.where(is_v4, 14 + 4 * (rows[:, 14] & 15).astype(np.int64), 54)
    return start, is_v6 | (is_v4 & (_number(rows, 20, 2) & 0x3FFF == 0))


def _header_bytes(rows: ByteArray, left: IntArray, is_v4: BoolArray, is_v6: BoolArray, protocol: IntArray) -> IntArray:
    """Without tags. A TCP header that was not captured up to its length counts without options."""
    start, whole = _transport(rows, is_v4, is_v6)
    stated = np.take_along_axis(rows, np.minimum(start + 12, rows.shape[1] - 1)[:, None], axis=1)[:, 0] >> 4
    tcp = np.where((left > start + 12) & (stated >= 5), 4 * stated.astype(np.int64), _TCP_BYTES)
    kinds = [whole & (protocol == kind) for kind in _WITH_PORTS]
    return np.asarray(start + np.select(kinds, [tcp, _UDP_BYTES, _SCTP_BYTES], 0))


def _endpoint(address: WordArray, mac: IntArray, port: IntArray) -> WordArray:
    inner = mix_words(address[:, 0] + np.uint64(0x9E3779B97F4A7C15)) + address[:, 1] + mac.astype(np.uint64)
    return mix_words(mix_words(inner) + port.astype(np.uint64))


def _fold(words: WordArray, protocol: IntArray) -> IntArray:
    return (mix_words(words + protocol.astype(np.uint64)) >> np.uint64(33)).astype(np.int64)


def mix_words(words: WordArray) -> WordArray:
    """Spread 64-bit words: a bijection whose every output bit depends on every input bit (SplitMix64's finaliser)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
