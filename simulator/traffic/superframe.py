"""Frames above the guest's MTU, as a host with segmentation offload records them, become the frames on its wire.

1. A frame may carry the MTU behind its Ethernet header and its tags: a VLAN tag is no part of the MTU.
2. A longer frame is cut as the adapter cuts it: every piece repeats the headers up to TCP or UDP and carries what the
   MTU leaves, the last the rest.
3. The pieces go out one behind the other at the speed of the line, whatever the capture's time is scaled to.

*Scope*: UDP is cut as TCP is. Frames closer than their pieces take on the line go out mixed. Headers inside a tunnel
count as payload, IPv6 extension headers too. A jumbo frame cannot be told from a super-frame: a guest with an MTU that
it fits keeps it whole. What is not IP cannot be cut.

*Validation*: tests/unit/test_superframe.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue, InputError
from simulator.formats.pcap import FCS_BYTES, MINIMUM_BYTES, Capture, Change
from simulator.formats.record import counted

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ETHERNET_BYTES = 14
TAG_BYTES = 4
PACKET_LIMIT = 20_000_000

_PREAMBLE_AND_GAP_BYTES = 20  # IEEE 802.3: preamble and delimiter 8, gap 12
_PS_PER_SECOND = 10**12
_STANDARD_MTU_BYTES = 1500


def require(capture: Capture, mtu_bytes: int, place: str, guest: str) -> None:
    """Refuse frames above the MTU."""
    above = capture.length_bytes > _room(capture, mtu_bytes)
    if above.any():
        frame = int(capture.length_bytes[above].max()) + FCS_BYTES
        message = f"frames of {frame} B do not fit the MTU of {guest}, {mtu_bytes} B; raise guests.mtu"
        raise InputError(place, f"{message}, or leave out 'strict: on' to have them cut")


def cut(capture: Capture, mtu_bytes: int, line_bps: int) -> Capture:
    """The capture with every frame above the MTU cut; `line_bps` 0 is a line without a rate."""
    room = _room(capture, mtu_bytes)
    above = capture.length_bytes > room
    kept = _noted(capture, above, mtu_bytes)
    if not above.any():
        return kept
    headers = capture.header_bytes.astype(np.int64)
    _require_cuttable(capture, above, room - headers, mtu_bytes)
    space = np.maximum(room - headers, 1)
    payload = capture.length_bytes - headers
    pieces = np.where(above, -(-payload // space), 1)
    total = int(pieces.sum())
    if total > PACKET_LIMIT:
        what = f"cut at an MTU of {mtu_bytes} B the capture has {total:,} frames, more than {PACKET_LIMIT:,}"
        raise BadValue(str(capture.path), f"{what}: cut the capture, or raise guests.mtu")
    frame = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    last = number == pieces[frame] - 1
    rest = capture.length_bytes - (pieces - 1) * space
    lengths = np.where(last, np.maximum(rest, MINIMUM_BYTES)[frame], room[frame])
    wire_bytes = room[frame] + FCS_BYTES + _PREAMBLE_AND_GAP_BYTES
    after = number * -(-wire_bytes * 8 * _PS_PER_SECOND // line_bps) if line_bps else np.zeros_like(number)
    change = Change(
        f"recorded above segmentation offload: {counted(int(above.sum()), 'frame')} of up to "
        f"{int(capture.length_bytes.max()):,} B cut into {int(pieces[above].sum()):,} at the MTU of {mtu_bytes} B, "
        "headers repeated, at the speed of the line (jumbo frames: raise guests.mtu)",
        total - len(pieces),
        int(lengths.sum() - capture.length_bytes.sum()),
    )
    return replace(kept.take(frame, change), length_bytes=lengths, after_ps=after)


def _room(capture: Capture, mtu_bytes: int) -> IntArray:
    """The longest frame without FCS that the MTU allows, by its tags."""
    return mtu_bytes + ETHERNET_BYTES + TAG_BYTES * capture.tags.astype(np.int64)


def _noted(capture: Capture, above: BoolArray, mtu_bytes: int) -> Capture:
    whole = ~above & (capture.length_bytes > _room(capture, _STANDARD_MTU_BYTES))
    if not whole.any():
        return capture
    text = f"above an MTU of {_STANDARD_MTU_BYTES} B: {counted(int(whole.sum()), 'frame')}, jumbo or super-frames"
    change = Change(f"{text}, whole at the MTU of {mtu_bytes} B")
    return replace(capture, changes=(*capture.changes, change))


def _require_cuttable(capture: Capture, above: BoolArray, space: IntArray, mtu_bytes: int) -> None:
    for bad, why in ((capture.header_bytes == 0, "and is not IP"), (space < 1, "which its headers fill")):
        stuck = np.flatnonzero(above & bad)
        if len(stuck):
            what = (
                f"{int(capture.length_bytes[stuck[0]])} B does not fit the MTU, {mtu_bytes} B, {why}: it cannot be cut"
            )
            place = f"{capture.path}: frame {int(stuck[0]) + 1}"
            raise InputError(place, f"a frame of {what}; raise guests.mtu or filter the capture")
