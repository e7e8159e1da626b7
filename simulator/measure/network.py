"""Benches for packets: sockets and taps in network namespaces of their own, which vanish with the last descriptor.

Three namespaces without a name: near, far and middle.

| bench | way |
| --- | --- |
| ``veth`` | near 10.0.1.1, one pair of Ethernet devices, far 10.0.1.2 |
| ``other`` | over the same pair to a MAC that nobody has: the far end drops the frame before IP looks at it |
| ``full`` | over the same pair to a socket that takes no more |
| ``noop`` | near 10.0.2.1 into a pair whose other end is down: the queueing discipline drops |
| ``tap`` | near 10.0.3.1 into a tap that a reader empties, and frames written to it for its socket |
| ``bridge`` | near 10.0.4.1, a bridge in the middle, far 10.0.4.2 |
| ``routed`` | near 10.0.5.1, a namespace in the middle that forwards, far 10.0.6.2 |
| ``in``, ``out`` | two taps as ports of that bridge |
| ``lo`` | the loopback device, for a user who may have no namespaces |

*Scope*: IPv4 with neighbours that need no asking, IPv6 off, bridge tables filled in. What cannot be made is named in ``absent``.
*Validation*: ``tests/measure/test_network.py`` sends one datagram over each, and finds the machine as it was.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from simulator.measure import kernel
from simulator.measure.netlink import Netlink, mac_bytes

SMALL_BYTES, LARGE_BYTES = 18, 1472
_PORT = 20_000
_QUEUE_BYTES, _LEAST_QUEUE_BYTES = 4 << 20, 1
PATIENCE = struct.pack("ll", 5, 0)
"""Seconds after which an end of a stream gives up: nobody waits for ever for an end that has failed."""
_BOTH_SUBNETS = 16
_NOBODY = "02:00:00:00:00:ff"
_DEVICES = ("va", "vb", "na", "nb", "tp", "ca", "pa", "cb", "pb", "br", "in", "out", "ra", "rp", "rb", "rq")
_MACS = {name: f"02:00:00:00:00:{number:02x}" for number, name in enumerate(_DEVICES, 1)}


@dataclass(slots=True)
class Network:
    """The benches by name: descriptors to send from and to receive at, and why others are missing."""

    senders: dict[str, int] = field(default_factory=dict)
    receivers: dict[str, int] = field(default_factory=dict)
    streams: dict[str, tuple[int, int]] = field(default_factory=dict)
    taps: dict[str, int] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spaces:
    """The three namespaces, as descriptors."""

    near: int
    far: int
    middle: int


@contextmanager
def network() -> Iterator[Network]:
    """Make what the kernel permits; all of it is gone afterwards."""
    with ExitStack() as kept:
        # namespaces belong to a thread; this one ends before anything is measured
        with ThreadPoolExecutor(1) as thread:
            bench, _ = thread.submit(make_network, kept).result()
        yield bench


def make_network(kept: ExitStack) -> tuple[Network, Spaces | None]:
    """The benches and their namespaces, for a thread that may stay in any of them; they last as long as ``kept``."""
    bench = Network()
    _loopback(bench, kept)
    try:
        spaces = Spaces(*(_namespace(kept) for _ in range(3)))
    except OSError as error:
        bench.absent.update(dict.fromkeys(_BENCHES, f"network namespaces: {_why(error)}"))
        return bench, None
    for name, make in _BENCHES.items():
        try:
            make(bench, kept, spaces)
        except OSError as error:
            bench.absent[name] = _why(error)
    return bench, spaces


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _namespace(kept: ExitStack) -> int:
    namespace = kernel.new_network()
    kept.callback(os.close, namespace)
    for name in ("all", "default"):
        with suppress(OSError):  # a kernel without IPv6, or /proc/sys that may only be read
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1", encoding="utf-8")
    with Netlink() as netlink:
        netlink.set_up("lo")
    return namespace


def _loopback(bench: Network, kept: ExitStack) -> None:
    _datagrams(bench, kept, "lo", None, None, "127.0.0.1")
    bench.streams["lo"] = _stream(kept, None, None, "127.0.0.1")


def _veth(bench: Network, kept: ExitStack, spaces: Spaces) -> None:
    _pair(spaces.near, spaces.far, "va", "vb")
    _pair(spaces.near, spaces.far, "na", "nb", far_up=False)
    _addresses(spaces.near, spaces.far, "va", "vb", "10.0.1")
    with _inside(spaces.near) as netlink:
        netlink.add_neighbour("va", "10.0.1.3", _NOBODY)
        netlink.add_address("na", "10.0.2.1")
        netlink.add_neighbour("na", "10.0.2.2", _MACS["nb"])
    _datagrams(bench, kept, "veth", spaces.near, spaces.far, "10.0.1.2")
    _datagrams(bench, kept, "full", spaces.near, spaces.far, "10.0.1.2", _LEAST_QUEUE_BYTES)
    bench.streams["veth"] = _stream(kept, spaces.near, spaces.far, "10.0.1.2")
    _enter(spaces.near)
    for name, address in (("other", "10.0.1.3"), ("noop", "10.0.2.2")):
        bench.senders[name] = _sender(kept, address, _PORT).fileno()


def _tap(bench: Network, kept: ExitStack, spaces: Spaces) -> None:
    _enter(spaces.near)
    bench.taps["tap"] = _open_tap(kept, "tp")
    with _inside(spaces.near) as netlink:
        netlink.set_up("tp", _MACS["tp"])
        netlink.add_address("tp", "10.0.3.1")
        netlink.add_neighbour("tp", "10.0.3.2", _NOBODY)
    bench.senders["tap"] = _sender(kept, "10.0.3.2", _PORT).fileno()
    bench.receivers["tap"] = _receiver(kept, "10.0.3.1", _PORT).fileno()


def _bridge(bench: Network, kept: ExitStack, spaces: Spaces) -> None:
    with _inside(spaces.middle) as netlink:
        netlink.add_bridge("br", _MACS["br"])
        netlink.set_up("br")
    for end, port, side in (("ca", "pa", spaces.near), ("cb", "pb", spaces.far)):
        _pair(side, spaces.middle, end, port)
        with _inside(spaces.middle) as netlink:
            netlink.set_up(port, master="br")
            netlink.add_station(port, _MACS[end])
    _addresses(spaces.near, spaces.far, "ca", "cb", "10.0.4")
    _datagrams(bench, kept, "bridge", spaces.near, spaces.far, "10.0.4.2")


def _routed(bench: Network, kept: ExitStack, spaces: Spaces) -> None:
    """Each end takes the other for a neighbour and the forwarder's MAC for its address."""
    kernel.enter_network(spaces.middle)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="utf-8")
    ends = (("ra", "rp", spaces.near, "10.0.5", 1, "10.0.6.2"), ("rb", "rq", spaces.far, "10.0.6", 2, "10.0.5.1"))
    for end, port, side, subnet, own, other in ends:
        _pair(side, spaces.middle, end, port)
        with _inside(spaces.middle) as netlink:
            netlink.add_address(port, f"{subnet}.254")
            netlink.add_neighbour(port, f"{subnet}.{own}", _MACS[end])
        with _inside(side) as netlink:
            netlink.add_address(end, f"{subnet}.{own}", _BOTH_SUBNETS)
            netlink.add_neighbour(end, other, _MACS[port])
    _datagrams(bench, kept, "routed", spaces.near, spaces.far, "10.0.6.2")


def _bridge_of_taps(bench: Network, kept: ExitStack, spaces: Spaces) -> None:
    with _inside(spaces.middle) as netlink:
        for name in ("in", "out"):
            bench.taps[name] = _open_tap(kept, name)
            netlink.set_up(name, _MACS[name], master="br")
        netlink.add_station("out", _NOBODY)


_BENCHES = {"veth": _veth, "tap": _tap, "bridge": _bridge, "routed": _routed, "bridge of taps": _bridge_of_taps}


def frame(to: str, length_bytes: int = 60) -> bytes:
    """A frame for ``tap``: to the socket behind it (``tap``), or to nobody there (``other``)."""
    payload = length_bytes - 42
    udp = struct.pack("!HHHH", _PORT, _PORT, 8 + payload, 0) + bytes(payload)
    addresses = bytes((10, 0, 3, 2)) + bytes((10, 0, 3, 1))
    header = struct.pack("!BBHHHBBH", 0x45, 0, 28 + payload, 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
    header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    return mac_bytes(_MACS["tp"] if to == "tap" else _NOBODY) + mac_bytes(_MACS["ca"]) + b"\x08\x00" + header + udp


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    return ~(total + (total >> 16)) & 0xFFFF


@contextmanager
def _inside(namespace: int) -> Iterator[Netlink]:
    _enter(namespace)
    with Netlink() as netlink:
        yield netlink


def _pair(near: int, far: int, name: str, peer: str, far_up: bool = True) -> None:
    with _inside(near) as netlink:
        netlink.add_veth(name, _MACS[name], peer, _MACS[peer], far)
    for namespace, end in ((near, name), *(((far, peer),) if far_up else ())):
        with _inside(namespace) as netlink:
            netlink.set_up(end)


def _addresses(near: int, far: int, name: str, peer: str, subnet: str) -> None:
    for namespace, own, other, own_end, other_end in ((near, name, peer, 1, 2), (far, peer, name, 2, 1)):
        with _inside(namespace) as netlink:
            netlink.add_address(own, f"{subnet}.{own_end}")
            netlink.add_neighbour(own, f"{subnet}.{other_end}", _MACS[other])


def _open_tap(kept: ExitStack, name: str) -> int:
    tap: int = kernel.open_tap(name)
    kept.callback(os.close, tap)
    return tap


def _datagrams(
    bench: Network,
    kept: ExitStack,
    name: str,
    near: int | None,
    far: int | None,
    address: str,
    queue_bytes: int = _QUEUE_BYTES,
) -> None:
    _enter(far)
    receiver = _receiver(kept, address, 0, queue_bytes)
    _enter(near)
    bench.senders[name] = _sender(kept, address, receiver.getsockname()[1]).fileno()
    bench.receivers[name] = receiver.fileno()


def _enter(namespace: int | None) -> None:
    """Without a namespace: stay, as an ordinary user has never left the first one."""
    if namespace is not None:
        kernel.enter_network(namespace)


def _sender(kept: ExitStack, address: str, port: int) -> socket.socket:
    sender = kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sender.connect((address, port))
    return sender


def _receiver(kept: ExitStack, address: str, port: int, queue_bytes: int = _QUEUE_BYTES) -> socket.socket:
    receiver = kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, queue_bytes)
    receiver.bind((address, port))
    return receiver


def _stream(kept: ExitStack, near: int | None, far: int | None, address: str) -> tuple[int, int]:
    """A connected pair of stream sockets: where to send, where to receive."""
    _enter(far)
    with socket.create_server((address, 0)) as server:
        _enter(near)
        sender = kept.enter_context(socket.create_connection(server.getsockname(), timeout=5))
        sender.settimeout(None)
        receiver = kept.enter_context(server.accept()[0])
    for end, option in ((sender, socket.SO_SNDTIMEO), (receiver, socket.SO_RCVTIMEO)):
        end.setsockopt(socket.SOL_SOCKET, option, PATIENCE)
    return sender.fileno(), receiver.fileno()
