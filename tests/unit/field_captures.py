"""Captures as people have them, one trouble each, written byte by byte: 20 frames of 200 B, every other one to the guest.

Every file says what capinfos 4.0.17 (`capinfos -M -c -d`) counts in it: packets, and bytes on the wire.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

GUEST, PEER = "10.0.0.1", "10.0.0.2"
START_US = 1_700_000_000_000_000
Row = tuple[int, bytes, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, what capinfos counts in it, and what of it is replayed to a guest with an MTU of 1500 B."""

    content: bytes
    frames_read: int
    bytes_read: int
    frames: int = 20
    size_bytes: int = 4000
    note: str = ""


def packet(size_bytes: int, source: str = PEER, target: str = GUEST) -> bytes:
    """UDP over IPv4, `size_bytes` with the IP header."""
    near, far = (ipaddress.ip_address(address).packed for address in (source, target))
    head = struct.pack(">BBHHHBBH", 0x45, 0, size_bytes, 1, 0, 64, 17, 0) + near + far
    return head + struct.pack(">HHHH", 5000, 6000, size_bytes - 20, 0) + bytes(size_bytes - 28)


def ethernet(body: bytes, towards: bool = True, tags: bytes = b"") -> bytes:
    """The packet behind the two stations' addresses."""
    guest, peer = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"
    return (guest + peer if towards else peer + guest) + tags + b"\x08\x00" + body


def body(k: int, size_bytes: int = 186) -> bytes:
    """The k-th packet of the conversation: to the guest, from the guest, and so on."""
    return packet(size_bytes) if k % 2 == 0 else packet(size_bytes, GUEST, PEER)


def row(k: int, content: bytes | None = None, time_us: int | None = None) -> Row:
    """The k-th frame as (time, content, length on the wire)."""
    content = ethernet(body(k), k % 2 == 0) if content is None else content
    return START_US + (k * 100 if time_us is None else time_us), content, len(content)


def pcap(rows: list[Row], link: int = 1, magic: int = 0xA1B2C3D4, extra: bytes = b"") -> bytes:
    """A file in pcap format."""
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for time_us, content, original in rows:
        parts += [struct.pack("<IIII", *divmod(time_us, 10**6), len(content), original), extra, content]
    return b"".join(parts)


def block(kind: int, content: bytes) -> bytes:
    """A block of a pcapng file."""
    content += bytes(-len(content) % 4)
    length = struct.pack("<I", len(content) + 12)
    return struct.pack("<I", kind) + length + content + length


def pcapng(links: tuple[int, ...], rows: list[tuple[int, Row]]) -> bytes:
    """A file in pcapng format; each row is on the interface that stands before it."""
    parts = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    parts += [block(1, struct.pack("<HHI", link, 0, 262_144)) for link in links]
    for interface, (time_us, content, original) in rows:
        fixed = struct.pack("<IIIII", interface, time_us >> 32, time_us & 0xFFFFFFFF, len(content), original)
        parts.append(block(6, fixed + content))
    return b"".join(parts)


def cooked(k: int) -> bytes:
    """As `tcpdump -i any` records it: to us or sent by us, Ethernet, the sender's address, IPv4."""
    return struct.pack(">HHH", 0 if k % 2 == 0 else 4, 1, 6) + b"\2\0\0\0\0\2\0\0\x08\x00" + body(k)


def cooked_2(k: int) -> bytes:
    """The same since libpcap 1.10, with the number of the interface."""
    head = struct.pack(">HHIHBB", 0x0800, 0, 2 + k % 2, 1, 0 if k % 2 == 0 else 4, 6)
    return head + b"\2\0\0\0\0\2\0\0" + body(k)


BOTH = [row(k) for k in range(20)]
ODD_US = 950
"""When the odd frame out comes: between the tenth and the eleventh."""


def between(odd: Row) -> list[Row]:
    """The conversation with one more record in the middle."""
    return [*BOTH[:10], odd, *BOTH[10:]]


def _tagged(tags: bytes) -> list[Row]:
    return [row(k, ethernet(body(k, 1500), k % 2 == 0, tags)) for k in range(20)]


def _linked(link: int, heads: tuple[bytes, bytes]) -> bytes:
    return pcap([row(k, heads[k % 2] + body(k)) for k in range(20)], link)


ONE_TAG, TWO_TAGS = b"\x81\x00\x00\x13", b"\x88\xa8\x00\x1e\x81\x00\x00\x13"
STRANGER = b"\2\0\0\0\0\7\2\0\0\0\0\x08\x08\x00" + packet(88, "10.0.0.7", "10.0.0.8")
MONTHS_US = 60 * 86_400 * 10**6

SAMPLES = {
    "plain": Sample(pcap(BOTH), 20, 4000),
    "one tag at full size": Sample(pcap(_tagged(ONE_TAG)), 20, 30_360, 20, 30_360),
    "two tags at full size": Sample(pcap(_tagged(TWO_TAGS)), 20, 30_440, 20, 30_440),
    "super-frames": Sample(
        pcap([row(k, ethernet(body(k, 1500 if k % 2 else 14_532), k % 2 == 0)) for k in range(20)]),
        20,
        160_600,
        110,
        164_380,
        "recorded above segmentation offload: 10 frames of up to 14,546 B cut into 100 at the MTU of 1500 B, headers "
        "repeated, at the speed of the line (jumbo frames: raise guests.mtu) (+90 frames, +3,780 B)",
    ),
    "one step back": Sample(
        pcap([*BOTH[:10], row(0, time_us=899), *BOTH[10:]]),
        21,
        4200,
        21,
        4200,
        "sorted by time: 1 frame earlier than the one before",
    ),
    "sixty days apart": Sample(
        pcap([*BOTH[:10], *((time_us + MONTHS_US, *rest) for time_us, *rest in BOTH[10:])]),  # type: ignore[list-item]
        20,
        4000,
        20,
        4000,
        "taken out: 1 pause of more than a day (the longest of 60 days before frame 11); each counts as 100 us, the mean "
        "of the others",
    ),
    "cut by the end of the file": Sample(
        pcap(BOTH) + struct.pack("<IIII", START_US // 10**6, 5000, 200, 200) + ethernet(body(0))[:77],
        20,
        4000,
        20,
        4000,
        "the last record left out, the file ends inside a packet: 77 of 200 bytes are there",
    ),
    "an empty record": Sample(
        pcap(between((START_US + ODD_US, b"", 60))),
        21,
        4060,
        21,
        4060,
        "no address captured, so the way of the frame before: 1 frame",
    ),
    "captured above original": Sample(
        pcap(between((START_US + ODD_US, ethernet(packet(202)), 200))),
        21,
        4200,
        21,
        4200,
        "longer than on the wire, whose length counts: 1 record",
    ),
    "a bystander": Sample(
        pcap(between((START_US + ODD_US, STRANGER, 102))),
        21,
        4102,
        20,
        4000,
        "left out what is neither from nor to 10.0.0.1, the first is frame 11 (-1 frame, -102 B)",
    ),
    "Kuznetsov's header": Sample(
        pcap(BOTH, magic=0xA1B2CD34, extra=struct.pack("<iHBB", 2, 0x0800, 0, 0)), 20, 4000
    ),
    "raw IP": Sample(
        _linked(101, (b"", b"")),
        20,
        3720,
        20,
        4000,
        "Ethernet header in place of link type 101 (raw IP): 20 frames (+280 B)",
    ),
    "loopback, either byte order": Sample(
        _linked(0, (b"\2\0\0\0", b"\0\0\0\2")),
        20,
        3800,
        20,
        4000,
        "Ethernet header in place of link type 0 (loopback): 20 frames (+200 B)",
    ),
    "loopback of OpenBSD": Sample(
        _linked(108, (b"\0\0\0\2", b"\0\0\0\2")),
        20,
        3800,
        20,
        4000,
        "Ethernet header in place of link type 108 (loopback): 20 frames (+200 B)",
    ),
    "Linux cooked": Sample(
        pcap([row(k, cooked(k)) for k in range(20)], 113),
        20,
        4040,
        20,
        4000,
        "Ethernet header in place of link type 113 (Linux cooked): 20 frames (-40 B)",
    ),
    "Linux cooked v2": Sample(
        pcap([row(k, cooked_2(k)) for k in range(20)], 276),
        20,
        4120,
        20,
        4000,
        "Ethernet header in place of link type 276 (Linux cooked v2): 20 frames (-120 B)",
    ),
    "two interfaces": Sample(
        pcapng((1, 113), [(0, one) for one in BOTH[:11]] + [(1, row(0, cooked(10), 1001))] + [(0, one) for one in BOTH[11:]]),
        21,
        4202,
        21,
        4200,
        "several interfaces, so a frame that crossed two is there twice: interface 0 (Ethernet): 20 frames, interface 1 "
        "(Linux cooked): 1 frame",
    ),
    "an interface without Ethernet": Sample(
        pcapng((1, 127), [(0, one) for one in BOTH] + [(1, row(0, bytes(50), 1901))]),
        21,
        4050,
        20,
        4000,
        "left out, for want of Ethernet frames: interface 1 (radiotap): 1 frame (-1 frame, -50 B)",
    ),
    "records of no bytes": Sample(
        pcap(BOTH) + bytes(32), 22, 4000, 20, 4000, "records of no bytes, captured or on the wire, left out (-2 frames)"
    ),
    "no length on the wire": Sample(
        pcap(between((START_US + ODD_US, ethernet(packet(186)), 0))),
        21,
        4000,
        21,
        4200,
        "no length on the wire, so that captured: 1 record (+200 B)",
    ),
    "all at once": Sample(pcap([row(k, time_us=0) for k in range(20)]), 20, 4000),
    "one frame": Sample(pcap(BOTH[:1]), 1, 200, 1, 200),
    "slower than the window": Sample(pcap([row(k, time_us=k * 5_000_000) for k in range(20)]), 20, 4000),
}  # fmt: skip

MENDED = tuple(name for name, sample in SAMPLES.items() if sample.note)

SHIPPED = {
    "Oracle.pcap": (302, 57_339),
    "Voice_calls_rtp_only.pcap": (1353, 102_542),
    "citrix.pcap": (271, 85_577),
    "dns.pcap": (2, 170),
    "exchange.pcap": (43, 10_020),
    "http_browsing.pcap": (40, 34_765),
    "http_get.pcap": (47, 42_005),
    "http_post.pcap": (45, 40_282),
    "https.pcap": (174, 171_355),
    "mail_pop.pcap": (30, 15_750),
    "rtp_250k_rtp_only_1.pcap": (126, 165_992),
    "smtp.pcap": (110, 96_984),
}
"""Packets and bytes of the shipped captures as capinfos 4.0.17 counts them."""
