"""Captures built by hand, byte by byte: every byte order, resolution, FCS rule and error; and random bytes."""

from __future__ import annotations

import contextlib
import ipaddress
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.formats import pcap
from simulator.formats.pcap import Capture
from simulator.formats.sides import direction, guests_part

CLIENT, SERVER, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
Record = tuple[int, bytes] | tuple[int, bytes, int]


def frame(
    source: str = CLIENT,
    target: str = SERVER,
    ports: tuple[int, int] = (1000, 80),
    payload: int = 100,
    tags: tuple[int, ...] = (),
    trailer: int = 0,
    fragment: int = 0,
    options: int = 0,
    protocol: int = 17,
) -> bytes:
    """An Ethernet frame of UDP over IPv4 or IPv6, padded to 60 bytes before any trailer."""
    near, far = ipaddress.ip_address(source), ipaddress.ip_address(target)
    body = struct.pack(">HHHH", *ports, payload + 8, 0) + b"x" * payload
    if near.version == 4:
        head = bytes([0x45 + options, 0]) + struct.pack(">HHH", 20 + 4 * options + len(body), 0, fragment)
        head += bytes([64, protocol, 0, 0]) + near.packed + far.packed + b"\1" * (4 * options)
    else:
        head = struct.pack(">IHBB", 6 << 28, len(body), protocol, 64) + near.packed + far.packed
    ether = b"".join(struct.pack(">HH", tag, 5) for tag in tags) + (b"\x08\x00" if near.version == 4 else b"\x86\xdd")
    return (mac_of(target) + mac_of(source) + ether + head + body).ljust(60, b"\0") + b"\xfc" * trailer


def mac_of(address: str) -> bytes:
    return bytes([2, 0, 0, 0, 0]) + ipaddress.ip_address(address).packed[-1:]


def old(
    records: list[Record], order: str = "<", nano: bool = False, link: int = 1, head: tuple[int, int] = (2, 4)
) -> bytes:
    """A pcap file; each record is (ticks since 1970, frame, original length)."""
    second = 10**9 if nano else 10**6
    parts = [struct.pack(order + "IHHIIII", 0xA1B23C4D if nano else 0xA1B2C3D4, *head, 0, 0, 65535, link)]
    for ticks, content, *original in records:
        length = original[0] if original else len(content)
        parts += [struct.pack(order + "IIII", *divmod(ticks, second), len(content), length), content]
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str = "<", major: int = 1) -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def interface(order: str = "<", options: bytes = b"", link: int = 1, snaplen: int = 0) -> bytes:
    end = option(0, b"", order) if options else b""
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options + end, order)


def enhanced(ticks: int, content: bytes, order: str = "<", number: int = 0, options: bytes = b"") -> bytes:
    fixed = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(content), len(content))
    return block(6, fixed + content + b"\0" * (-len(content) % 4) + options, order)


def simple(content: bytes, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", len(content)) + content, order)


def obsolete(ticks: int, content: bytes, order: str = "<") -> bytes:
    fixed = struct.pack(order + "HHIIII", 0, 7, ticks >> 32, ticks & 0xFFFFFFFF, len(content), len(content))
    return block(2, fixed + content, order)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Capture]:
    def write_and_read(data: bytes, strict: bool = False) -> Capture:
        path = tmp_path / "a.pcap"
        path.write_bytes(data)
        return pcap.read(path, strict)

    return write_and_read


Read = Callable[..., Capture]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("nano", "tick_ps"), [(False, 10**6), (True, 1000)])
def test_pcap_in_every_byte_order_and_resolution(read: Read, order: str, nano: bool, tick_ps: int) -> None:
    start = 1_700_000_000 * (10**9 if nano else 10**6) + 999_999
    capture = read(
        old([(start, frame()), (start + 1, frame(payload=18)), (start + 2_000_000_001, frame())], order, nano)
    )
    assert capture.times_ps.tolist() == [0, tick_ps, 2_000_000_001 * tick_ps]
    assert capture.length_bytes.tolist() == [142, 60, 142]
    assert capture.times_ps.dtype == capture.length_bytes.dtype == capture.flow.dtype == np.int64
    assert not capture.fcs_removed
    assert capture.notes == ()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("resolution", "ticks", "expected_ps"),
    [
        (None, 1_700_000_000_000_000, 1_000_000),
        (b"\x06", 5, 1_000_000),
        (b"\x09", 2**62, 1000),
        (b"\x0c", 2**63, 1),
        (b"\x03", 1_700_000_000_000, 10**9),
        (b"\x00", 1_700_000_000, 10**12),
        (b"\x94", 2**61, 953_674),
        (b"\xa0", 2**60, 232),
    ],
)
def test_pcapng_in_every_byte_order_and_resolution(
    read: Read, order: str, resolution: bytes | None, ticks: int, expected_ps: int
) -> None:
    options = option(9, resolution, order) if resolution else b""
    data = (
        section(order)
        + interface(order, options)
        + enhanced(ticks, frame(), order)
        + enhanced(ticks + 1, frame(), order)
    )
    assert read(data).times_ps.tolist() == [0, expected_ps]


def test_pcapng_sections_interfaces_offsets_and_unknown_blocks(read: Read) -> None:
    data = section() + block(0x0BAD, b"whatever") + interface(options=option(2, b"eth0"))
    data += interface(options=option(9, b"\x09") + option(14, struct.pack("<q", -2)))
    data += enhanced(1_000_000, frame()) + enhanced(3_000_000_005, frame(payload=200), number=1)
    data += section(">") + interface(">") + obsolete(1_000_001, frame(payload=300), ">") + simple(frame(), ">")
    capture = read(data)
    assert capture.times_ps.tolist() == [0, 5000, 10**6, 10**6]
    assert capture.length_bytes.tolist() == [142, 242, 342, 142]
    assert capture.notes == (
        (
            "several interfaces, so a frame that crossed two is there twice: interface 0 (eth0, Ethernet): 1 frame, "
            "interface 1 (Ethernet): 1 frame, interface 0 of section 2 (Ethernet): 2 frames"
        ),
        "no time in the file, so that of the frame before: 1 frame",
    )


def test_simple_packets_are_cut_by_the_interface(read: Read) -> None:
    body = block(3, struct.pack("<I", 1000) + frame(payload=200)[:64])
    assert read(section() + interface(snaplen=64) + body).length_bytes.tolist() == [1000]


def test_snap_length_keeps_the_original_length(read: Read) -> None:
    whole = frame(payload=1400)
    capture = read(old([(0, whole[:54], len(whole)), (1, whole)]))
    assert capture.length_bytes.tolist() == [1442, 1442]
    assert capture.flow[0] == capture.flow[1]


def test_short_frames_count_as_sixty_bytes(read: Read) -> None:
    capture = read(old([(0, frame(payload=0)[:42]), (1, frame(payload=3000))]))
    assert capture.length_bytes.tolist() == [60, 3042]
    assert capture.notes == ("1 frames were captured before padding: counted as 60 bytes (+18 B)",)


FCS_FRAMES = [frame(payload=100, trailer=4), frame(payload=0, trailer=4), frame(CLIENT, SERVER, payload=18, trailer=4)]


def test_fcs_is_found_when_every_length_says_so(read: Read) -> None:
    capture = read(old([(k, content) for k, content in enumerate(FCS_FRAMES)]))
    assert capture.fcs_removed
    assert capture.length_bytes.tolist() == [142, 60, 60]
    assert capture.notes == ("FCS removed: every IP record (3) is longer than its header by 4 bytes (-12 B)",)


@pytest.mark.parametrize(
    "extra",
    [
        frame(payload=100),
        frame(payload=100, trailer=3),
        frame(payload=0)[:42],
        frame(payload=22),
        b"\1\x80\xc2\0\0\0" + b"\2" * 6 + b"\0\x26" + b"\0" * 46,
    ],
    ids=["no trailer", "3 bytes", "unpadded", "64 bytes without FCS", "60 bytes that are not IP"],
)
def test_one_contradiction_keeps_all_lengths(read: Read, extra: bytes) -> None:
    capture = read(old([(k, content) for k, content in enumerate([*FCS_FRAMES, extra])]))
    assert not capture.fcs_removed
    assert capture.length_bytes.tolist()[:3] == [146, 64, 64]


def test_fcs_needs_an_ip_record(read: Read) -> None:
    stranger = mac_of(SERVER) + mac_of(CLIENT) + b"\x88\xb5" + b"\0" * 50
    assert read(old([(0, stranger)])).length_bytes.tolist() == [64]


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100)])
def test_fcs_is_found_behind_tags(read: Read, tags: tuple[int, ...]) -> None:
    capture = read(old([(0, frame(tags=tags, trailer=4)), (1, frame("fe80::1", "fe80::2", tags=tags, trailer=4))]))
    assert capture.fcs_removed
    assert capture.length_bytes.tolist() == [142 + 4 * len(tags), 162 + 4 * len(tags)]


def test_link_type_states_the_fcs(read: Read) -> None:
    records: list[Record] = [(0, frame(payload=100, trailer=4)), (1, frame(payload=200))]
    stated = read(old(records, link=0x24000001))
    assert stated.length_bytes.tolist() == [142, 238]
    assert stated.notes == ("FCS removed from 2 frames: the file says that it is there (-8 B)",)
    denied = read(old(records[:1], link=0x04000001))
    assert denied.length_bytes.tolist() == [146]
    assert not denied.fcs_removed


@pytest.mark.parametrize(("value", "length"), [(b"\x20", 142), (b"\x04", 142), (b"\x00", 146)])
def test_interface_states_the_fcs(read: Read, value: bytes, length: int) -> None:
    data = section() + interface(options=option(13, value)) + enhanced(0, frame(trailer=4))
    assert read(data).length_bytes.tolist() == [length]


def test_packet_flags_win_over_the_interface(read: Read) -> None:
    flags = option(2, struct.pack("<I", 4 << 5)) + option(0, b"")
    data = section() + interface(options=option(13, b"\x00"))
    data += enhanced(0, frame(payload=101, trailer=4), options=flags) + enhanced(1, frame(payload=101, trailer=4))
    assert read(data).length_bytes.tolist() == [143, 147]


def flows(read: Read, *contents: bytes) -> tuple[list[int], list[int]]:
    capture = read(old([(k, content) for k, content in enumerate(contents)]))
    assert 0 <= capture.flow.min() <= capture.flow.max() < 2**31
    return capture.flow.tolist(), capture.conversation.tolist()


@pytest.mark.parametrize(("near", "far"), [(CLIENT, SERVER), ("fe80::1", "fe80::2")])
def test_flow_tells_directions_apart_and_conversation_does_not(read: Read, near: str, far: str) -> None:
    there, back = frame(near, far, (5, 6)), frame(far, near, (6, 5))
    flow, conversation = flows(read, there, back, frame(near, far, (5, 6), payload=7), frame(near, far, (6, 5)))
    assert flow[0] == flow[2] != flow[1]
    assert conversation[0] == conversation[1] == conversation[2] != conversation[3]


def test_five_tuple_and_nothing_else_makes_the_flow(read: Read) -> None:
    flow, _ = flows(
        read,
        frame(),
        frame(tags=(0x8100,)),
        frame(tags=(0x88A8, 0x8100)),
        frame(options=10),
        frame(protocol=6),
        frame(ports=(1000, 81)),
        frame(ports=(1001, 80)),
        frame(CLIENT, OTHER),
        frame(OTHER, SERVER),
    )
    assert len(set(flow[:4])) == 1
    assert len(set(flow[3:])) == 6


def test_flow_numbers_never_change(read: Read) -> None:
    assert flows(read, frame(), frame("fe80::1", "fe80::2"), frame(protocol=1)) == (
        [1140402303, 1549943342, 942792793],
        [1629480952, 1842562078, 293294828],
    )


def test_fragments_stay_together(read: Read) -> None:
    flow, _ = flows(
        read, frame(fragment=0x2000), frame(ports=(7, 7), fragment=0x2001), frame(ports=(8, 8), fragment=9), frame()
    )
    assert flow[0] == flow[1] == flow[2] != flow[3]


def test_ports_that_were_cut_off_do_not_enter_the_flow(read: Read) -> None:
    flow, _ = flows(read, frame()[:34], frame()[:36], frame()[:37], frame()[:38], frame())
    assert flow[0] == flow[1] == flow[2] != flow[3] == flow[4]


def test_addresses_are_kept(read: Read) -> None:
    capture = read(old([(0, frame()), (1, frame("fe80::1", "fe80::2"))]))
    assert capture.source.tolist() == [int(CLIENT_MAC.replace(":", ""), 16)] * 2
    assert capture.destination_ip[0].tolist() == [0, 0xFFFF0A000002]
    assert capture.source_ip[1].tolist() == [0xFE80 << 48, 1]


def test_batches_join(read: Read) -> None:
    capture = read(old([(k, frame(ports=(k % 7, 80), payload=k % 1000)) for k in range(20_000)]))
    assert capture.times_ps.tolist() == [k * 10**6 for k in range(20_000)]
    assert capture.length_bytes.tolist() == [max(60, 42 + k % 1000) for k in range(20_000)]
    assert len(np.unique(capture.flow)) == 7


def test_frames_are_sorted_by_time_unless_strict(read: Read) -> None:
    data = old([(5, frame(payload=100)), (3, frame(payload=200)), (5, frame(payload=300))])
    with pytest.raises(InputError, match=r"byte 182: '-2 us' is a step back in time; without 'strict: on'"):
        read(data, strict=True)
    capture = read(data)
    assert capture.times_ps.tolist() == [0, 2_000_000, 2_000_000]
    assert capture.length_bytes.tolist() == [242, 142, 342]
    assert capture.notes == ("sorted by time: 1 frame earlier than the one before",)
    assert read(old([(3, frame()), (5, frame())])).notes == ()


GOOD = old([(0, frame())])
NG = section() + interface()

BAD = {
    "empty": (b"", 0, "ends inside the first four bytes: 0 of 4"),
    "magic": (b"\x12\x34\x56\x78" * 9, 0, "neither pcap nor pcapng"),
    "xz": (b"\xfd7zXZ\0" * 9, 0, "the file is packed with xz: unpack it first"),
    "header cut": (GOOD[:20], 4, "ends inside the file header: 16 of 20"),
    "version": (old([], head=(2, 3)), 4, "'2.3' is not pcap version 2.4"),
    "link type": (old([], link=127), 20, "'127 (radiotap)' is a link type without Ethernet frames: record on"),
    "fcs bits": (old([], link=0x14000001), 20, "'16' is no length of an Ethernet frame check sequence"),
    "no packet": (old([]), None, "the capture holds no packet"),
    "record header cut": (GOOD[:39], 24, "ends inside a record header: 15 of 16"),
    "record cut": (GOOD[:-1], 40, "ends inside a packet: 141 of 142"),
    "fraction": (old([]) + struct.pack("<IIII", 0, 10**6, 60, 60), 24, "'1000000' is a fraction of a second"),
    "absurd capture": (
        old([]) + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60),
        24,
        "'4294967295' is longer than a packet",
    ),
    "absurd original": (old([]) + struct.pack("<IIII", 0, 0, 60, 10**9), 24, "'1000000000' is longer than a packet"),
    "zeros": (old([]) + b"\0" * 1008, None, "the capture holds no packet"),
    "far": (old([(k * 82_800 * 10**6, frame()) for k in range(60)]), None, "covers more than 53 days: cut it"),
    "section cut": (section()[:10], 8, "ends inside a section header: 2 of 4"),
    "byte order": (b"\x0a\x0d\x0d\x0a" + b"\x1c\0\0\0" + b"oops" * 5, 8, "is not a byte-order magic"),
    "section short": (
        section()[:4] + struct.pack("<I", 24) + section()[8:],
        4,
        "'24' is too short for a section header",
    ),
    "ng version": (section(major=2), 12, "'2' is not pcapng major version 1"),
    "no interface": (section() + enhanced(0, frame()), 36, "'0' is no interface of this section, which has 0"),
    "forgotten interface": (NG + section() + simple(frame()), 84, "'0' is no interface of this section, which has 0"),
    "interface short": (section() + block(1, b"1234"), 28, "'16' is too short for an interface block"),
    "ng link type": (
        section() + interface(link=105) + simple(frame()),
        None,
        "the capture holds no frame that can be read: interface 0 (802.11): 1 frame; record on an Ethernet interface",
    ),
    "ng fcs": (section() + interface(options=option(13, b"\x10")), 28, "'16' is no length of an Ethernet frame check"),
    "packet short": (NG + block(6, b"\0" * 16), 48, "'28' is too short for a packet block"),
    "block length": (NG + struct.pack("<II", 6, 33), 52, "'33' is no block length"),
    "block huge": (NG + struct.pack("<II", 6, 2**31), 52, "'2147483648' is longer than a block can be"),
    "skipped block huge": (NG + struct.pack("<II", 99, 2**31), 52, "'2147483648' is longer than a block can be"),
    "block cut": (NG + enhanced(0, frame())[:-8], 56, "ends inside a block"),
    "trailer": (
        NG + enhanced(0, frame())[:-4] + b"\1\0\0\0",
        220,
        "'1' is not the length with which the block at byte 48 began",
    ),
    "packet leaves block": (
        NG + block(6, struct.pack("<IIIII", 0, 0, 0, 100, 100) + b"x" * 60),
        48,
        "'100' is a captured length that leaves its block",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_each_fault_names_file_and_byte(read: Read, tmp_path: Path, case: str) -> None:
    data, offset, part = BAD[case]
    with pytest.raises(InputError) as caught:
        read(data)
    place = f"{tmp_path / 'a.pcap'}" + ("" if offset is None else f": byte {offset}")
    assert str(caught.value).startswith(place + ": ")
    assert part in str(caught.value)


STRICT = {
    "record header cut": (GOOD + b"\0" * 15, 182, "ends inside a record header: 15 of 16"),
    "record cut": (GOOD + GOOD[24:-1], 198, "ends inside a packet: 141 of 142"),
    "captured more": (old([(0, frame(), 100)]), 24, "'142' is no captured length from 14 to the original length 100"),
    "captured little": (old([(0, b"x" * 13, 100)]), 24, "'13' is no captured length"),
    "zeros": (old([]) + b"\0" * 1000, 24, "'0' is no captured length"),
    "link type": (old([], link=113), 20, "'113 (Linux cooked)' is not Ethernet: 'strict: on' reads nothing else"),
    "too far": (
        old([(0, frame()), (10**6 * 86_400 * 54, frame())]),
        182,
        "'54 days' is too far from the first frame (53 days)",
    ),
}


@pytest.mark.parametrize("case", STRICT)
def test_what_is_mended_is_refused_when_strict(read: Read, tmp_path: Path, case: str) -> None:
    data, offset, part = STRICT[case]
    with pytest.raises(InputError) as caught:
        read(data, strict=True)
    assert str(caught.value).startswith(f"{tmp_path / 'a.pcap'}: byte {offset}: ")
    assert part in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        pcap.read(tmp_path / "none.pcap")
    with pytest.raises(InputError, match="is not a file"):
        pcap.read(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        pcap.read("nul\0.pcap")


@pytest.mark.parametrize("start", [b"", GOOD[:24], GOOD, NG, NG + enhanced(0, frame())], ids=len)
def test_nonsense_fails_small_and_does_not_hang(read: Read, start: bytes) -> None:
    noise = np.random.default_rng(1).integers(0, 256, 10_000_000, dtype=np.uint8).tobytes()
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(InputError):
        read(start + noise)
    used_s, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used_s < 60, "a hundred times what it takes: it ends what hangs"
    assert peak < 25_000_000


def test_memory_stays_below_twice_the_file(tmp_path: Path) -> None:
    path = tmp_path / "big.pcap"
    content = frame(payload=22)
    path.write_bytes(old([]) + b"".join(struct.pack("<IIII", 0, k, 64, 64) + content for k in range(100_000)))
    tracemalloc.start()
    capture = pcap.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(capture.times_ps) == 100_000
    # The batch being decoded is a constant of a few megabytes beside what grows with the file.
    assert peak < 2 * path.stat().st_size + 8_000_000


def read_or_refuse(path: Path, strict: bool) -> Capture | None:
    """The capture, or None after an InputError that names the file; anything else escapes and fails the test."""
    refusals: list[str] = []
    try:
        return pcap.read(path, strict)
    except InputError as error:
        refusals.append(str(error))
    assert refusals[0].startswith(str(path))
    return None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([b"", GOOD[:4], GOOD[:24], GOOD, NG[:4], section(), NG, NG + enhanced(0, frame()), section(">")]),
    st.binary(max_size=200),
    st.booleans(),
)
def test_random_bytes_raise_nothing_but_input_errors(tmp_path: Path, start: bytes, noise: bytes, strict: bool) -> None:
    path = tmp_path / "noise.pcap"
    path.write_bytes(start + noise)
    capture = read_or_refuse(path, strict)
    if capture is not None:
        assert len(capture.times_ps) == len(capture.length_bytes) == len(capture.flow) >= 1


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_bytes_raise_nothing_but_input_errors(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed inside good files reach code that noise from the start never does."""
    good = bytearray(data.draw(st.sampled_from([
        old([(0, frame()), (1, frame("fe80::1", "fe80::2")), (2, frame(tags=(0x8100,)))]),
        section() + interface(options=option(9, b"\t")) + enhanced(0, frame()) + simple(frame()) + obsolete(1, frame()),
    ])))  # fmt: skip
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), max_size=4)):
        good[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.pcap"
    path.write_bytes(good)
    capture = read_or_refuse(path, strict=False)
    if capture is not None:
        with contextlib.suppress(InputError):
            assert len(direction(capture, CLIENT)) == len(capture.times_ps)
        assert capture.times_ps.min() == 0
        assert capture.length_bytes.min() >= 60


TALK = [frame(), frame(SERVER, CLIENT, (80, 1000)), frame()]


@pytest.mark.parametrize("guest", [SERVER, "10.0.0.2/32", "10.0.0.2/31", SERVER_MAC, "2-0-0-0-0-2"])
def test_direction_by_address_network_and_mac(read: Read, guest: str) -> None:
    capture = read(old([(k, content) for k, content in enumerate(TALK)]))
    assert direction(capture, guest).tolist() == [True, False, True]
    assert direction(capture, CLIENT).tolist() == [False, True, False]


def test_direction_of_ipv6(read: Read) -> None:
    capture = read(old([(0, frame("fe80::1", "fe80::2")), (1, frame("fe80::2", "fe80::1"))]))
    assert direction(capture, "fe80::2/128").tolist() == [True, False]
    assert direction(capture, "fe80::1").tolist() == [False, True]


def test_frames_that_are_not_ip_follow_the_mac_and_broadcast_comes_in(read: Read) -> None:
    arp_out = mac_of(CLIENT) + mac_of(SERVER) + b"\x08\x06" + b"\0" * 46
    arp_in = mac_of(SERVER) + mac_of(CLIENT) + b"\x08\x06" + b"\0" * 46
    shout_in = b"\xff" * 6 + mac_of(OTHER) + b"\x08\x06" + b"\0" * 46
    shout_out = b"\xff" * 6 + mac_of(SERVER) + b"\x08\x06" + b"\0" * 46
    capture = read(old([(k, c) for k, c in enumerate([*TALK, arp_out, arp_in, shout_in, shout_out])]))
    assert direction(capture, SERVER).tolist() == [True, False, True, False, True, True, False]


@pytest.mark.parametrize(
    ("guest", "part"),
    [
        (None, "name the guest's side of the capture; choices: 10.0.0.1 (3 packets), 10.0.0.2 (3 packets)"),
        ("10.0.0.12", "choices: 10.0.0.1 (3 packets), 10.0.0.2 (3 packets); did you mean '10.0.0."),
        ("server", "'server' is not an address of this capture"),
        ("02:00:00:00:00:09", "'02:00:00:00:00:09' is not an address of this capture"),
        ("10.0.0.0/24", "frame 1: '10.0.0.0/24' as the guest: 3 frames have both ends at the guest; name a smaller"),
    ],
)  # fmt: skip
def test_wrong_guest_lists_the_addresses(read: Read, guest: str | None, part: str) -> None:
    capture = read(old([(k, content) for k, content in enumerate(TALK)]))
    with pytest.raises(InputError) as caught:
        direction(capture, guest)
    assert part in str(caught.value)


def test_strangers_are_refused_and_mac_addresses_are_listed_without_ip(read: Read) -> None:
    capture = read(old([(0, frame()), (1, frame(CLIENT, OTHER))]))
    with pytest.raises(InputError, match=r"frame 2: .* 1 frames are neither from nor to the guest"):
        direction(capture, SERVER)
    kept = guests_part(capture, SERVER)
    assert (kept.length_bytes.tolist(), direction(kept, SERVER).tolist()) == ([142], [True])
    assert kept.notes == (f"left out what is neither from nor to {SERVER}, the first is frame 2 (-1 frame, -142 B)",)
    with pytest.raises(InputError, match=r"02:00:00:00:00:01 \(1 packets\)"):
        direction(read(old([(0, mac_of(SERVER) + mac_of(CLIENT) + b"\x88\xb5" + b"\0" * 46)])), None)
