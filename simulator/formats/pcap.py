"""A capture as arrays: when each frame came, how long it was, whose it was, and which side it went to.

1. `read` walks the records, decodes them in batches and keeps about 80 bytes per packet; payload is never kept.
2. Lengths become the model's: without frame check sequence (FCS), at least 60 bytes; what was changed is in `notes`.
3. `direction` says for each frame whether it went towards the guest that the user names.

*Scope*: Ethernet captures. FCS is removed when the file says that it is there, or when the lengths prove it: no
record is below 64 bytes, and every IP record is 4 bytes longer than its header says (at the minimum: at least 4).
Frames cut by a snap length keep their original length.

*Validation*: tests/unit/test_pcap.py (hand-built files, each error, random bytes); no other reader yet.
"""

from __future__ import annotations

import ipaddress
import re
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue, nearest
from simulator.formats import ethernet
from simulator.formats.records import HEAD_BYTES, Record, records

IntArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]
BoolArray = npt.NDArray[np.bool_]

MINIMUM_BYTES = 60  # Ethernet frame without FCS (IEEE 802.3: 64 with it)
FCS_BYTES = 4

_BATCH = 8192
_LISTED = 10
_COMPARED = 1000
_LONGEST_FRAME = 1522 - FCS_BYTES
_MULTICAST = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """One entry per frame, in file order (or in time order when read with `sort=True`).

    `times_ps` counts from the first frame. `length_bytes` excludes FCS and is at least 60. `flow` tells
    directions apart, `conversation` does not; both are below 2**31. MAC addresses are 48-bit integers; IP addresses
    are two words each, IPv4 as ::ffff:a.b.c.d, and 0, 0 when the frame is not IP.
    """

    path: Path
    times_ps: IntArray
    length_bytes: IntArray
    flow: IntArray
    conversation: IntArray
    source: IntArray
    destination: IntArray
    source_ip: WordArray
    destination_ip: WordArray
    fcs_removed: bool
    notes: tuple[str, ...]


def read(path: str | Path, sort: bool = False) -> Capture:
    """Read a pcap or pcapng file. InputError names the file and the byte offset of the first fault.

    Times that run backwards are an error unless `sort` puts the frames in order of time (ties keep file order).
    """
    columns = _Columns(Path(path), sort)
    for record in records(Path(path)):
        columns.add(record)
    return columns.finish()


class _Columns:
    """Growing arrays of one capture; headers are decoded a batch at a time."""

    _WIDE = ("source_ip", "destination_ip")
    _NARROW = ("source", "destination", "flow", "conversation")

    def __init__(self, path: Path, sort: bool) -> None:
        self._path, self._sort = path, sort
        self._times, self._lengths, self._fcs = array("q"), array("q"), array("b")
        self._narrow = {name: array("q") for name in self._NARROW}
        self._wide = {name: array("Q") for name in self._WIDE}
        self._batch: list[Record] = []
        self._origin_ps: int | None = None
        self._untimed = 0
        self._ip_records = 0
        self._fcs_possible = True

    def add(self, record: Record) -> None:
        self._times.append(self._relative_ps(record))
        self._lengths.append(record.original_bytes)
        self._fcs.append(-1 if record.fcs_bytes is None else record.fcs_bytes)
        self._batch.append(record)
        if len(self._batch) == _BATCH:
            self._flush()

    def _relative_ps(self, record: Record) -> int:
        before = self._times[-1] if self._times else 0
        if record.time_ps is None:
            self._untimed += 1
            return before
        if self._origin_ps is None:
            self._origin_ps = record.time_ps - before
        relative = record.time_ps - self._origin_ps
        if relative < before and not self._sort:
            raise self._error(record, "is a step back in time; sorting puts frames in order", f"{relative - before} ps")
        if abs(relative) >= 2**62:
            raise self._error(record, "is too far from the first frame (53 days)", f"{relative} ps")
        return relative

    def _error(self, record: Record, what: str, value: str) -> BadValue:
        return BadValue(f"{self._path}: byte {record.offset}", what, value)

    def _flush(self) -> None:
        count = len(self._batch)
        if not count:
            return
        joined = b"".join(record.head.ljust(HEAD_BYTES, b"\0") for record in self._batch)
        captured = np.array([record.captured_bytes for record in self._batch], dtype=np.int64)
        headers = ethernet.decode(np.frombuffer(joined, dtype=np.uint8).reshape(count, HEAD_BYTES), captured)
        for name, column in [*self._narrow.items(), *self._wide.items()]:
            column.frombytes(getattr(headers, name).tobytes())
        self._look_for_fcs(headers, count)
        self._batch.clear()

    def _look_for_fcs(self, headers: ethernet.Headers, count: int) -> None:
        lengths = np.array(self._lengths[-count:], dtype=np.int64)
        silent = np.array(self._fcs[-count:], dtype=np.int8) < 0
        says = silent & (headers.ip_bytes > 0)
        extra = lengths - headers.ip_bytes
        at_minimum = lengths <= MINIMUM_BYTES + FCS_BYTES + 4 * headers.tags
        fits = np.where(at_minimum, extra >= FCS_BYTES, extra == FCS_BYTES)
        self._ip_records += int(says.sum())
        self._fcs_possible &= bool(fits[says].all()) and bool((lengths[silent] >= MINIMUM_BYTES + FCS_BYTES).all())

    def finish(self) -> Capture:
        self._flush()
        if not self._times:
            raise BadValue(str(self._path), "the capture holds no packet")
        notes: list[str] = []
        fcs = self._fcs_bytes(notes)
        lengths = np.frombuffer(self._lengths, dtype=np.int64) - fcs
        notes += self._length_notes(lengths)
        times = np.frombuffer(self._times, dtype=np.int64)
        # Without `sort` times already rise, and copying every column would double the memory of a large capture.
        backwards = self._sort and bool((times[1:] < times[:-1]).any())
        order: IntArray | slice = np.argsort(times, kind="stable") if backwards else slice(None)
        if backwards:
            notes.append("frames were out of order in the file and were sorted by time")
        return Capture(
            path=self._path,
            times_ps=times[order] - times.min(),
            length_bytes=np.maximum(lengths, MINIMUM_BYTES)[order],
            flow=self._words("flow")[order],
            conversation=self._words("conversation")[order],
            source=self._words("source")[order],
            destination=self._words("destination")[order],
            source_ip=self._pairs("source_ip")[order],
            destination_ip=self._pairs("destination_ip")[order],
            fcs_removed=bool(fcs.any()),
            notes=tuple(notes),
        )

    def _words(self, name: str) -> IntArray:
        return np.frombuffer(self._narrow[name], dtype=np.int64)

    def _pairs(self, name: str) -> WordArray:
        return np.frombuffer(self._wide[name], dtype=np.uint64).reshape(-1, 2)

    def _fcs_bytes(self, notes: list[str]) -> IntArray:
        fcs = np.frombuffer(self._fcs, dtype=np.int8).astype(np.int64)
        if (fcs > 0).any():
            notes.append(f"FCS removed from {int((fcs > 0).sum())} frames: the file says that it is there")
        if (fcs < 0).any():
            found = self._fcs_possible and self._ip_records > 0
            if found:
                notes.append(f"FCS removed: every IP record ({self._ip_records}) is longer than its header by 4 bytes")
            fcs = np.where(fcs < 0, FCS_BYTES if found else 0, fcs)
        return fcs

    def _length_notes(self, lengths: IntArray) -> list[str]:
        short, long = int((lengths < MINIMUM_BYTES).sum()), int((lengths > _LONGEST_FRAME).sum())
        notes = []
        if short:
            notes.append(f"{short} frames were captured before padding: counted as {MINIMUM_BYTES} bytes")
        if long:
            notes.append(f"{long} frames are above {_LONGEST_FRAME} bytes: jumbo, or taken above segmentation offload")
        if self._untimed:
            notes.append(f"{self._untimed} frames have no time in the file: they got the time of the frame before")
        return notes


def direction(capture: Capture, guest: str | None) -> BoolArray:
    """True where a frame goes towards `guest`: an IP address, a network in CIDR notation, or a MAC address.

    Frames that are not IP follow the MAC addresses from which the guest sent IP; broadcast and multicast frames that
    the guest did not send go towards it. InputError lists the capture's addresses when the guest is missing or unknown,
    and is raised when a frame has neither or both of its ends at the guest.
    """
    if guest is None:
        raise BadValue(str(capture.path), "name the guest's side of the capture", choices=_listed(capture))
    if re.fullmatch(r"[0-9A-Fa-f]{1,2}([:-][0-9A-Fa-f]{1,2}){5}", guest):
        mac = np.array([int("".join(part.zfill(2) for part in re.split("[:-]", guest)), 16)])
        sent, received = np.isin(capture.source, mac), np.isin(capture.destination, mac)
    else:
        sent, received = _match_ip(capture, guest)
    if not (sent.any() or received.any()):
        raise _unknown_guest(capture, guest)
    received |= ~sent & (capture.destination & _MULTICAST != 0)
    _refuse(capture, guest, sent & received, "have both ends at the guest: name a smaller network")
    _refuse(capture, guest, ~(sent | received), "are neither from nor to the guest: filter the capture first")
    return received


def _match_ip(capture: Capture, guest: str) -> tuple[BoolArray, BoolArray]:
    try:
        network = ipaddress.ip_network(guest, strict=False)
    except ValueError as error:
        raise _unknown_guest(capture, guest) from error
    sent, received = _inside(capture.source_ip, network), _inside(capture.destination_ip, network)
    no_ip = ~capture.destination_ip.any(axis=1) & ~capture.source_ip.any(axis=1)
    macs = np.unique(capture.source[sent])
    return sent | (no_ip & np.isin(capture.source, macs)), received | (no_ip & np.isin(capture.destination, macs))


def _inside(addresses: WordArray, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> BoolArray:
    base, bits = int(network.network_address), network.prefixlen
    if network.version == 4:
        base, bits = base | ethernet.MAPPED_IPV4, bits + 96
    mask = (1 << 128) - (1 << (128 - bits))
    words = np.array([base >> 64, base & 2**64 - 1], dtype=np.uint64)
    masks = np.array([mask >> 64, mask & 2**64 - 1], dtype=np.uint64)
    return np.asarray(((addresses & masks) == words).all(axis=1) & addresses.any(axis=1))


def _refuse(capture: Capture, guest: str, frames: BoolArray, what: str) -> None:
    if frames.any():
        place = f"{capture.path}: frame {int(frames.argmax()) + 1}"
        raise BadValue(place, f"as the guest: {int(frames.sum())} frames {what}", guest, choices=_listed(capture))


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
