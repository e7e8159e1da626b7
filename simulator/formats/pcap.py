"""A capture as arrays: when each frame came, how long it was, whose it was, and which side it went to.

1. `read` walks the records, decodes them in batches and keeps about 90 bytes per packet; payload is never kept.
2. Lengths become the model's: without frame check sequence (FCS), at least 60 bytes, behind an Ethernet header.
3. Each `Change` says what was done to how many frames and bytes, so that `frames_read` and `bytes_read`, what any other
   reader counts in the file, plus all changes are what is there.

*Scope*: captures of Ethernet, and of what an Ethernet header can be put before (`links`). FCS is removed when the file
says that it is there, or when the lengths prove it: no record is below 64 bytes, and every IP record is 4 bytes longer
than its header says (at the minimum: at least 4). Frames cut by a snap length keep their original length. With
`strict` nothing is mended: times out of order, contradicting lengths, other links and strangers are errors.

*Validation*: tests/unit/test_pcap.py (hand-built files, each error, random bytes); tests/unit/test_field_captures.py
(frames and bytes as capinfos counts them).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue
from simulator.formats import clock, ethernet, links
from simulator.formats.record import HEAD_BYTES, Count, Log, Record, counted
from simulator.formats.records import records

IntArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]
BoolArray = npt.NDArray[np.bool_]

MINIMUM_BYTES = 60  # Ethernet frame without FCS (IEEE 802.3: 64 with it)
FCS_BYTES = 4

_BATCH = 8192
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a capture, and how many frames and bytes there are more (or fewer) for it."""

    text: str
    frames: int = 0
    size_bytes: int = 0

    def __str__(self) -> str:
        parts = (_signed(self.frames, "frame"), _signed(self.size_bytes, "B"))
        counted = ", ".join(part for part in parts if part)
        return f"{self.text} ({counted})" if counted else self.text


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """One entry per frame, in order of time.

    `times_ps` counts from the first frame. `length_bytes` excludes FCS and is at least 60. `flow` tells
    directions apart, `conversation` does not; both are below 2**31. MAC addresses are 48-bit integers; IP addresses
    are two words each, IPv4 as ::ffff:a.b.c.d, and 0, 0 when the frame is not IP. `header_bytes` and `tags` as in
    `ethernet`. `after_ps` is how much later a frame goes out than its time says, whatever the time is scaled to.
    """

    path: Path
    times_ps: IntArray
    length_bytes: IntArray
    header_bytes: IntArray
    tags: IntArray
    flow: IntArray
    conversation: IntArray
    source: IntArray
    destination: IntArray
    source_ip: WordArray
    destination_ip: WordArray
    fcs_removed: bool
    frames_read: int
    bytes_read: int
    changes: tuple[Change, ...] = ()
    after_ps: IntArray | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the results must know about how the file became these frames."""
        return tuple(str(change) for change in self.changes)

    def take(self, kept: IntArray | BoolArray, *changes: Change) -> Capture:
        """The frames at these places, in this order."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        arrays: dict[str, Any] = {name: value[kept] for name, value in columns.items() if isinstance(value, np.ndarray)}
        return replace(self, changes=(*self.changes, *changes), **arrays)


def read(path: str | Path, strict: bool = False) -> Capture:
    """Read a pcap or pcapng file, plain or packed with gzip or zstd.

    InputError names the file and the byte offset of the first fault; what can be mended is mended and said in `changes`,
    unless `strict`.
    """
    log = Log(strict)
    columns = _Columns(Path(path), log)
    for record in records(Path(path), log):
        columns.add(record)
    return columns.finish()


class _Columns:
    """Growing arrays of one capture; headers are decoded a batch at a time."""

    _TYPES: ClassVar = {
        "header_bytes": "h",
        "tags": "b",
        "source": "q",
        "destination": "q",
        "flow": "q",
        "conversation": "q",
        "source_ip": "Q",
        "destination_ip": "Q",
    }  # fmt: skip

    def __init__(self, path: Path, log: Log) -> None:
        self._path, self._log = path, log
        self._clock = clock.Clock(path, log.strict)
        self._lengths, self._fcs = array("q"), array("b")
        self._columns = {name: array(kind) for name, kind in self._TYPES.items()}
        self._batch: list[Record] = []
        self._ip_records = 0
        self._fcs_possible = True
        self._bytes_read = self._empty = self._above = 0
        self._unstated = Count()

    def add(self, record: Record) -> None:
        captured, original, length = record.captured_bytes, record.original_bytes, record.length_bytes
        self._bytes_read += original
        if not original:
            if not captured:
                self._empty += 1
                return
            self._unstated.add(length := captured)
        elif captured > length:
            self._above += 1
        self._clock.add(record)
        self._lengths.append(length)
        self._fcs.append(-1 if record.fcs_bytes is None else record.fcs_bytes)
        self._batch.append(record)
        if len(self._batch) == _BATCH:
            self._flush()

    def _flush(self) -> None:
        count = len(self._batch)
        if not count:
            return
        joined = b"".join(record.head.ljust(HEAD_BYTES, b"\0") for record in self._batch)
        captured = np.array([record.captured_bytes for record in self._batch], dtype=np.int64)
        headers = ethernet.decode(np.frombuffer(joined, dtype=np.uint8).reshape(count, HEAD_BYTES), captured)
        for name, column in self._columns.items():
            column.frombytes(getattr(headers, name).astype(column.typecode).tobytes())
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
        if not self._lengths:
            raise self._nothing()
        changes = [*self._of_the_file(), *self._of_links()]
        fcs = self._fcs_bytes(changes)
        lengths = np.frombuffer(self._lengths, dtype=np.int64) - fcs
        short = lengths < MINIMUM_BYTES
        if short.any():
            text = f"{int(short.sum())} frames were captured before padding: counted as {MINIMUM_BYTES} bytes"
            changes.append(Change(text, 0, int((MINIMUM_BYTES - lengths[short]).sum())))
        times, order, said = self._clock.finish()
        capture = Capture(
            path=self._path,
            times_ps=times,
            length_bytes=np.maximum(lengths, MINIMUM_BYTES),
            **{name: self._array(name) for name in self._TYPES},
            fcs_removed=bool(fcs.any()),
            frames_read=len(lengths) + self._empty + _frames(self._log.left_out),
            bytes_read=self._bytes_read + _bytes(self._log.left_out),
            changes=(*changes, *(Change(text) for text in said)),
        )
        # Times mostly rise, and copying every column would double the memory of a large capture.
        return capture if order is None else replace(capture.take(order), times_ps=times)

    def _array(self, name: str) -> npt.NDArray[Any]:
        column = self._columns[name]
        found = np.frombuffer(column, dtype=column.typecode)
        return found.reshape(-1, 2) if column.typecode == "Q" else found

    def _nothing(self) -> BadValue:
        if self._log.left_out:
            what = f"the capture holds no frame that can be read: {_each(self._log.left_out)}"
            return BadValue(str(self._path), f"{what}; record on an Ethernet interface or with 'tcpdump -i any'")
        return BadValue(str(self._path), "the capture holds no packet")

    def _of_the_file(self) -> Iterator[Change]:
        log = self._log
        if log.cut:
            yield Change(f"the last record left out, {log.cut}")
        if self._empty:
            yield Change("records of no bytes, captured or on the wire, left out", -self._empty)
        if self._above:
            yield Change(f"longer than on the wire, whose length counts: {counted(self._above, 'record')}")
        if self._unstated.frames:
            text = f"no length on the wire, so that captured: {counted(self._unstated.frames, 'record')}"
            yield Change(text, 0, self._unstated.read_bytes)

    def _of_links(self) -> Iterator[Change]:
        log = self._log
        readable = {label: count for label, count in log.interfaces.items() if label not in log.left_out}
        if len(readable) > 1:
            yield Change(f"several interfaces, so a frame that crossed two is there twice: {_each(readable)}")
        if log.left_out:
            text = f"left out, for want of Ethernet frames: {_each(log.left_out)}"
            yield Change(text, -_frames(log.left_out), -_bytes(log.left_out))
        for link_type, count in log.converted.items():
            text = f"Ethernet header in place of link type {links.shown(link_type)}: {counted(count.frames, 'frame')}"
            yield Change(text, 0, count.read_bytes)
        if len(log.devices) > 1:
            shown = (f"{device}: {counted(frames, 'frame')}" for device, frames in log.devices.most_common(_LISTED))
            said = f"recorded on {len(log.devices)} devices, so a frame that crossed two is there twice"
            yield Change(f"{said} (by index, {', '.join(shown)})")

    def _fcs_bytes(self, changes: list[Change]) -> IntArray:
        fcs = np.frombuffer(self._fcs, dtype=np.int8).astype(np.int64)
        if stated := int((fcs > 0).sum()):
            text = f"FCS removed from {stated} frames: the file says that it is there"
            changes.append(Change(text, 0, -FCS_BYTES * stated))
        if silent := int((fcs < 0).sum()):
            found = self._fcs_possible and self._ip_records > 0
            if found:
                text = f"FCS removed: every IP record ({self._ip_records}) is longer than its header by 4 bytes"
                changes.append(Change(text, 0, -FCS_BYTES * silent))
            fcs = np.where(fcs < 0, FCS_BYTES if found else 0, fcs)
        return fcs


def _frames(counts: dict[str, Count]) -> int:
    return sum(count.frames for count in counts.values())


def _bytes(counts: dict[str, Count]) -> int:
    return sum(count.read_bytes for count in counts.values())


def _signed(number: int, unit: str) -> str:
    plural = "s" if unit == "frame" and abs(number) != 1 else ""
    return f"{number:+,} {unit}{plural}" if number else ""


def _each(counts: dict[str, Count]) -> str:
    shown = [f"{label}: {counted(count.frames, 'frame')}" for label, count in list(counts.items())[:_LISTED]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
