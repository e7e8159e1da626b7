"""Where the experiments run: connected sockets, streams and taps over the same devices as those of ``measure.network``.

| path | way |
| --- | --- |
| ``pair`` | near, one veth pair, far |
| ``bridge`` | near, a pair, a bridge in the middle, a pair, far |
| ``routed`` | near, a pair, a namespace in the middle that forwards, a pair, far |
| ``taps`` | near behind one tap, far behind another; whoever holds both carries the frames |

*Scope*: what cannot be made is named in ``absent``. *Validation*: ``tests/prove/test_runs.py``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from simulator.measure import kernel
from simulator.measure.netlink import Netlink
from simulator.measure.network import PATIENCE, Spaces, make_network

PAIRS = 2
TAP_PACKETS = 100
"""Length of a tap's queue: short, so that a flood has filled it soon after its start."""
_MACS = {"near": "02:00:00:00:01:01", "far": "02:00:00:00:01:02"}
_SUBNETS = {
    "pair": ("10.0.1.1", "10.0.1.2"),
    "bridge": ("10.0.4.1", "10.0.4.2"),
    "routed": ("10.0.5.1", "10.0.6.2"),
    "taps": ("10.0.7.1", "10.0.7.2"),
}
_MADE_BY = {"pair": "veth"}
_PROBE, _MOST_HELD = b"xx", 20_000


@dataclass(slots=True)
class Bench:
    """Descriptors by path."""

    sockets: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Connected pairs of UDP sockets: near and far."""
    streams: dict[str, tuple[int, int]] = field(default_factory=dict)
    taps: tuple[int, int] | None = None
    """The tap that the near sockets use, and the far ones'."""
    holds: int = 0
    """Datagrams of a few bytes that a socket holds."""
    absent: dict[str, str] = field(default_factory=dict)

    def release(self) -> None:
        """Let go whoever still waits at a socket."""
        for ends in (*(pair for pairs in self.sockets.values() for pair in pairs), *self.streams.values()):
            for end in ends:
                with socket.socket(fileno=os.dup(end)) as copy, suppress(OSError):
                    copy.shutdown(socket.SHUT_RDWR)


@contextmanager
def bench() -> Iterator[Bench]:
    """Make what the kernel permits; all of it is gone afterwards."""
    made = Bench()
    with ExitStack() as kept:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_make, made, kept).result()
        yield made


def _make(made: Bench, kept: ExitStack) -> None:
    network, spaces = make_network(kept)
    made.absent = {name: why for name, why in network.absent.items() if name != "bridge of taps"}
    if spaces is None:
        made.absent |= dict.fromkeys(_SUBNETS, next(iter(network.absent.values())))
        return
    try:
        made.taps = _taps(kept, spaces)
    except OSError as error:
        made.absent["taps"] = error.strerror or str(error)
    for path, addresses in _SUBNETS.items():
        reason = made.absent.get(_MADE_BY.get(path, path))
        if reason is not None:
            made.absent[path] = reason
            continue
        made.sockets[path] = [_connected(kept, spaces, addresses) for _ in range(PAIRS)]
        if path in ("pair", "bridge"):
            made.streams[path] = _stream(kept, spaces, addresses)
    if made.sockets.get("pair"):
        made.holds = _held(*made.sockets["pair"][0])


def _taps(kept: ExitStack, spaces: Spaces) -> tuple[int, int]:
    found = []
    sides = (("near", "far", spaces.near), ("far", "near", spaces.far))
    for (side, other, namespace), own, peer in zip(sides, _SUBNETS["taps"], reversed(_SUBNETS["taps"]), strict=True):
        kernel.enter_network(namespace)
        tap: int = kernel.open_tap("fw")
        kept.callback(os.close, tap)
        with Netlink() as netlink:
            netlink.set_queue("fw", TAP_PACKETS)
            netlink.set_up("fw", _MACS[side])
            netlink.add_address("fw", own)
            netlink.add_neighbour("fw", peer, _MACS[other])
        found.append(tap)
    return found[0], found[1]


def _connected(kept: ExitStack, spaces: Spaces, addresses: tuple[str, str]) -> tuple[int, int]:
    """Two sockets that are each other's peer."""
    ends = []
    for namespace, address in zip((spaces.near, spaces.far), addresses, strict=True):
        kernel.enter_network(namespace)
        end = kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        end.bind((address, 0))
        ends.append(end)
    for end, other in (ends, reversed(ends)):
        end.connect(other.getsockname())
    return ends[0].fileno(), ends[1].fileno()


def _stream(kept: ExitStack, spaces: Spaces, addresses: tuple[str, str]) -> tuple[int, int]:
    kernel.enter_network(spaces.far)
    with socket.create_server((addresses[1], 0)) as server:
        kernel.enter_network(spaces.near)
        sender = kept.enter_context(socket.create_connection(server.getsockname(), timeout=5))
        sender.settimeout(None)
        receiver = kept.enter_context(server.accept()[0])
    for end, option in ((sender, socket.SO_SNDTIMEO), (receiver, socket.SO_RCVTIMEO)):
        end.setsockopt(socket.SOL_SOCKET, option, PATIENCE)
    return sender.fileno(), receiver.fileno()


def _held(sender: int, receiver: int) -> int:
    """Send more than the socket holds, and count."""
    for _ in range(_MOST_HELD):
        os.write(sender, _PROBE)
    os.set_blocking(receiver, False)
    found = 0
    while True:
        try:
            os.read(receiver, 64)
        except BlockingIOError:
            os.set_blocking(receiver, True)
            return found
        found += 1
