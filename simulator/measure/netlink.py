"""Links, addresses and neighbours by rtnetlink, so that neither ``ip`` nor a compiler is needed.

1. A request is a header, a fixed part and attributes; attributes nest.
2. Every request asks for an acknowledgement, and a refusal is an ``OSError`` with the kernel's number.

*Scope*: what the benches of ``network`` are made of; requests act in the network namespace in which the socket was opened.
*Validation*: ``tests/measure/test_netlink.py`` compares bytes with hand-made ones and makes a pair where the kernel permits it.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import AbstractContextManager
from ipaddress import IPv4Address
from types import TracebackType

_NEWLINK, _NEWADDR, _NEWNEIGH, _ERROR = 16, 20, 28, 2
_REQUEST, _ACK, _EXCL, _CREATE = 0x1, 0x4, 0x200, 0x400
_IFF_UP = 0x1
_PERMANENT, _STATIC = 0x80, 0x40
"""A neighbour that never ages; in a bridge's table a permanent one would be the bridge itself."""
_NTF_MASTER = 0x04
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MASTER, _IFLA_TXQLEN, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 1, 3, 10, 13, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_BR_FORWARD_DELAY, _BR_MULTICAST_SNOOPING = 1, 23
_LOCAL, _ADDRESS = 2, 1
_DESTINATION, _LINK_ADDRESS = 1, 2
_BUFFER_BYTES = 65_536


def attribute(kind: int, content: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """One request that asks for an acknowledgement."""
    return struct.pack("=IHHII", 16 + len(body), kind, flags | _REQUEST | _ACK, sequence, 0) + body


def mac_bytes(mac: str) -> bytes:
    """The six bytes of ``02:00:00:00:00:01``."""
    return bytes.fromhex(mac.replace(":", ""))


class Netlink(AbstractContextManager["Netlink"]):
    """A socket to the kernel of the calling thread's network namespace."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._sequence = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def add_veth(self, name: str, mac: str, peer: str, peer_mac: str, peer_namespace: int) -> None:
        """A pair of Ethernet devices, one end here and one in the namespace of that file descriptor."""
        other = _link() + _name(peer) + attribute(_IFLA_ADDRESS, mac_bytes(peer_mac))
        other += attribute(_IFLA_NET_NS_FD, struct.pack("=I", peer_namespace))
        data = attribute(_INFO_DATA, attribute(_VETH_PEER, other))
        self._add_link(name, mac, attribute(_INFO_KIND, b"veth") + data)

    def add_bridge(self, name: str, mac: str) -> None:
        """A bridge that neither waits before it forwards nor looks into multicast."""
        data = attribute(_BR_FORWARD_DELAY, struct.pack("=I", 0)) + attribute(_BR_MULTICAST_SNOOPING, b"\0")
        self._add_link(name, mac, attribute(_INFO_KIND, b"bridge") + attribute(_INFO_DATA, data))

    def set_up(self, name: str, mac: str | None = None, master: str | None = None) -> None:
        """Give a link its address and its bridge, and switch it on."""
        index, extra = socket.if_nametoindex(name), b""
        if mac is not None:
            extra += attribute(_IFLA_ADDRESS, mac_bytes(mac))
        if master is not None:
            extra += attribute(_IFLA_MASTER, struct.pack("=I", socket.if_nametoindex(master)))
        self._ask(_NEWLINK, 0, _link(index, _IFF_UP) + extra)

    def set_queue(self, name: str, packets: int) -> None:
        """How many packets a link queues before it drops."""
        index = socket.if_nametoindex(name)
        self._ask(_NEWLINK, 0, _link(index) + attribute(_IFLA_TXQLEN, struct.pack("=I", packets)))

    def add_address(self, name: str, address: str, prefix: int = 24) -> None:
        """An IPv4 address of a link."""
        packed = IPv4Address(address).packed
        body = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))
        self._ask(_NEWADDR, _CREATE | _EXCL, body + attribute(_LOCAL, packed) + attribute(_ADDRESS, packed))

    def add_neighbour(self, name: str, address: str, mac: str) -> None:
        """A neighbour that need not be asked for."""
        where = attribute(_DESTINATION, IPv4Address(address).packed)
        self._add_neighbour(socket.AF_INET, name, where, mac, _PERMANENT, 0)

    def add_station(self, port: str, mac: str) -> None:
        """An address that the port's bridge need not learn."""
        self._add_neighbour(socket.AF_BRIDGE, port, b"", mac, _STATIC, _NTF_MASTER)

    def _add_neighbour(self, family: int, name: str, where: bytes, mac: str, state: int, flags: int) -> None:
        body = struct.pack("=BxxxiHBB", family, socket.if_nametoindex(name), state, flags, 0)
        self._ask(_NEWNEIGH, _CREATE | _EXCL, body + where + attribute(_LINK_ADDRESS, mac_bytes(mac)))

    def _add_link(self, name: str, mac: str, info: bytes) -> None:
        body = _link() + _name(name) + attribute(_IFLA_ADDRESS, mac_bytes(mac)) + attribute(_IFLA_LINKINFO, info)
        self._ask(_NEWLINK, _CREATE | _EXCL, body)

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._sequence += 1
        self._socket.send(message(kind, flags, self._sequence, body))
        answer = self._socket.recv(_BUFFER_BYTES)
        (answered,) = struct.unpack_from("=H", answer, 4)
        (number,) = struct.unpack_from("=i", answer, 16)
        if answered == _ERROR and number:
            raise OSError(-number, os.strerror(-number))


def _link(index: int = 0, flags: int = 0) -> bytes:
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, flags, flags)


def _name(name: str) -> bytes:
    return attribute(_IFLA_IFNAME, name.encode() + b"\0")
