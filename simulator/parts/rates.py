"""Packets per second of a port: what its parser looks at, what leaves its rings, and what may come.

1. A limit is the port's, the device's, and for what functions send that of the embedded switch; the smallest counts.
2. A port of a multiple of the adapter's rate stands for so many of its ports.
3. A parser is in front of the packet buffer, and needs a queue only where more may come than it looks at.

*Scope*: the shortest frames decide what may come. *Validation*: tests/phenomena/test_receive_limits.py.
"""

from __future__ import annotations

import math

from simulator.parts.settings import PortSettings

PS_PER_SECOND = 10**12
SHORTEST_BITS = (64 + 20) * 8
BURSTINESS = 8
"""Sources of a stated rate never come near a limit that is so many times their rate: the port then goes without a parser's queue."""


def receive_pps(settings: PortSettings) -> int:
    """Packets per second that the port's parser looks at; 0: no limit."""
    nic = settings.model
    return _least(nic.value("max_rx_pps") * _ports(settings), nic.value("max_device_pps"))


def send_pps(settings: PortSettings) -> int:
    """Packets per second that leave the rings, 0: no limit; with VFs on, the embedded switch looks each up: does it stay inside?"""
    nic = settings.model
    switch_pps = nic.value("max_switch_pps") if settings.virtual_functions else 0
    return _least(nic.value("max_tx_pps") * _ports(settings), nic.value("max_device_pps"), switch_pps)


def looking_ps(settings: PortSettings, members: int) -> int:
    """What the parser needs for a frame, in ps; 0 if nothing can come faster than it looks. `members`: guests on the port."""
    limit_pps = receive_pps(settings)
    return per_packet_ps(limit_pps) if _most_pps(settings, members) > limit_pps else 0


def may_queue(settings: PortSettings) -> bool:
    """Whether more may come than the parser looks at, not only for an instant."""
    return not settings.offered_pps or settings.offered_pps * BURSTINESS > receive_pps(settings)


def per_packet_ps(packets_per_s: int) -> int:
    """Time of a packet at a rate; 0 for none."""
    return PS_PER_SECOND // packets_per_s if packets_per_s else 0


def _ports(settings: PortSettings) -> int:
    times, rest = divmod(settings.rate_bps, settings.model.value("port_rate_bps"))
    return 1 if rest else max(1, times)


def _most_pps(settings: PortSettings, members: int) -> float:
    """Packets per second that can come: from the wire, and from guest to guest."""
    looped_pps = 0.0
    if members > 1:
        looped_pps = _least(settings.loopback_bps // SHORTEST_BITS, send_pps(settings)) or math.inf
    return (settings.rate_bps / SHORTEST_BITS or math.inf) + looped_pps


def _least(*limits: int) -> int:
    return min(filter(None, limits), default=0)
