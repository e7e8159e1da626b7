"""Which frames of a capture are the guest's, and which of those go towards it.

1. `guests_part` leaves out frames between other hosts; `direction` says of each of the others which way it goes.
2. The guest is an address, a network or a MAC address; frames that are not IP follow the MAC addresses from which the
   guest sent IP, and broadcast and multicast frames that the guest did not send go towards it.

*Scope*: captures behind links without MAC addresses (raw IP, loopback; of Linux cooked the receiver's) know frames by
their IP addresses alone.

*Validation*: tests/unit/test_pcap.py, tests/unit/test_field_captures.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from dataclasses import replace

import numpy as np

from simulator.errors import BadValue, nearest
from simulator.formats import ethernet
from simulator.formats.pcap import BoolArray, Capture, Change, WordArray
from simulator.formats.record import counted

_LISTED = 10
_COMPARED = 1000
_MULTICAST = 1 << 40


def guests_part(capture: Capture, guest: str | None) -> Capture:
    """Without the frames that are neither from nor to the guest; errors as in `direction`."""
    sent, received = _ends(capture, guest)
    blind = _blind(capture)
    if blind.any():
        text = f"no address captured, so the way of the frame before: {counted(int(blind.sum()), 'frame')}"
        capture = replace(capture, changes=(*capture.changes, Change(text)))
    strangers = ~(sent | received | blind)
    if not strangers.any():
        return capture
    text = f"left out what is neither from nor to {guest}, the first is frame {int(strangers.argmax()) + 1}"
    lost_bytes = int(capture.length_bytes[strangers].sum())
    return capture.take(~strangers, Change(text, -int(strangers.sum()), -lost_bytes))


def direction(capture: Capture, guest: str | None) -> BoolArray:
    """True where a frame goes towards `guest`: an IP address, a network in CIDR notation, or a MAC address.

    Frames that are not IP follow the MAC addresses from which the guest sent IP; broadcast and multicast frames that
    the guest did not send go towards it; frames without any address go the way of the frame before. InputError lists
    the capture's addresses when the guest is missing or unknown, and is raised when a frame has neither or both of its
    ends at the guest.
    """
    sent, received = _ends(capture, guest)
    blind = _blind(capture)
    strangers = ~(sent | received | blind)
    if strangers.any():
        raise _misplaced(capture, str(guest), strangers, "are neither from nor to the guest: filter the capture first")
    if blind.any():
        known = np.flatnonzero(~blind)
        place = np.searchsorted(known, np.arange(len(blind)), side="right") - 1
        return received[known[np.maximum(place, 0)]]
    return received


def _ends(capture: Capture, guest: str | None) -> tuple[BoolArray, BoolArray]:
    """Which frames the guest sent, and which came to it; no frame is both."""
    if guest is None:
        raise BadValue(str(capture.path), "name the guest's side of the capture", choices=_listed(capture))
    if re.fullmatch(r"[0-9A-Fa-f]{1,2}([:-][0-9A-Fa-f]{1,2}){5}", guest):
        mac = np.array([int("".join(part.zfill(2) for part in re.split("[:-]", guest)), 16)])
        sent, received, single = np.isin(capture.source, mac), np.isin(capture.destination, mac), True
    else:
        sent, received, single = _match_ip(capture, guest)
    if not (sent.any() or received.any()):
        raise _unknown_guest(capture, guest)
    to_many = capture.destination & _MULTICAST != 0
    received = np.where(to_many, ~sent, received)
    both = sent & received
    if both.any():
        alone = "they never left it: record between the guest and another host, not on its loopback interface"
        advice = alone if single else "name a smaller network, or the guest's address"
        raise _misplaced(capture, guest, both, f"have both ends at the guest; {advice}")
    return sent, received


def _blind(capture: Capture) -> BoolArray:
    """Frames of which no address was captured."""
    no_ip = ~(capture.source_ip.any(axis=1) | capture.destination_ip.any(axis=1))
    return np.asarray(no_ip & (capture.source == 0) & (capture.destination == 0))


def _match_ip(capture: Capture, guest: str) -> tuple[BoolArray, BoolArray, bool]:
    try:
        network = ipaddress.ip_network(guest, strict=False)
    except ValueError as error:
        raise _unknown_guest(capture, guest) from error
    sent, received = _inside(capture.source_ip, network), _inside(capture.destination_ip, network)
    no_ip = ~capture.destination_ip.any(axis=1) & ~capture.source_ip.any(axis=1)
    macs = np.unique(capture.source[sent & (capture.source != 0)])
    sent = sent | (no_ip & np.isin(capture.source, macs))
    received = received | (no_ip & np.isin(capture.destination, macs))
    return sent, received, network.num_addresses == 1


def _inside(addresses: WordArray, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> BoolArray:
    base, bits = int(network.network_address), network.prefixlen
    if network.version == 4:
        base, bits = base | ethernet.MAPPED_IPV4, bits + 96
    mask = (1 << 128) - (1 << (128 - bits))
    words = np.array([base >> 64, base & 2**64 - 1], dtype=np.uint64)
    masks = np.array([mask >> 64, mask & 2**64 - 1], dtype=np.uint64)
    return np.asarray(((addresses & masks) == words).all(axis=1) & addresses.any(axis=1))


def _misplaced(capture: Capture, guest: str, frames: BoolArray, what: str) -> BadValue:
    place = f"{capture.path}: frame {int(frames.argmax()) + 1}"
    return BadValue(place, f"as the guest: {int(frames.sum())} frames {what}", guest, choices=_listed(capture))


def _unknown_guest(capture: Capture, guest: str) -> BadValue:
    known = [line.split()[0] for line in _listed(capture, _COMPARED)]
    return BadValue(
        str(capture.path), "is not an address of this capture", guest, _listed(capture), nearest(guest, known)
    )


def _listed(capture: Capture, limit: int = _LISTED) -> tuple[str, ...]:
    """The busiest addresses with their packet counts: IP addresses, or MAC addresses when nothing is IP."""
    if capture.source_ip.any():
        both = np.concatenate([capture.source_ip, capture.destination_ip])
        pairs, counts = np.unique(both, axis=0, return_counts=True)
        rows = zip(pairs.tolist(), counts.tolist(), strict=True)
        named = {_ip_text(high, low): count for (high, low), count in rows if high or low}
    else:
        macs, counts = np.unique(np.concatenate([capture.source, capture.destination]), return_counts=True)
        named = {int(mac).to_bytes(6).hex(":"): int(n) for mac, n in zip(macs, counts, strict=True)}
    return tuple(f"{name} ({count} packets)" for name, count in Counter(named).most_common(limit))


def _ip_text(high: int, low: int) -> str:
    if high == 0 and low >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(low & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(high << 64 | low))
