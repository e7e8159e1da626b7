"""The bytes of a capture in order, unpacked where the file is packed, and the offset of whatever is wrong.

1. The first bytes say gzip or zstd; either is unpacked as it is read, so no more than a buffer is in memory.
2. `Stream.next` begins a record and knows a clean end from an early one; `exactly` reads on inside it.
3. An early end is `Cut`, an error of its own: whoever walks the records decides whether what came before it counts.
4. A packed file that swells as no recording does is refused while it is read.

*Scope*: offsets are those of the unpacked bytes, and say so. No length field of a file is trusted as the size of an
allocation: every read is bounded by the caller. Several gzip members or zstd frames in a row are one file.

*Validation*: tests/unit/test_packed_captures.py.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from simulator.errors import BadValue

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

_BUFFER_BYTES = 1 << 16
_ZSTD_WINDOW_LOG = 27  # what the command-line tool unpacks without being asked: 128 MiB
_CHECKED_EVERY = 1 << 12
_HONEST_ITEMS = 1 << 16
_HONEST_BYTES = 1 << 28
_MOST_BYTES_PER_PACKED_BYTE = 16_384


class Cut(BadValue):
    """The file ends inside a record."""


class Stream:
    """A file that knows where it is and says so when it ends too early."""

    def __init__(self, path: Path, file: BinaryIO, packed: BinaryIO | None = None) -> None:
        self.path, self.offset = path, 0
        self._file, self._packed = file, packed
        self._broken_off = False
        self._items, self._unchecked_bytes = 0, _HONEST_BYTES

    def next(self, count: int, what: str) -> bytes:
        """The first `count` bytes of a record, or nothing where the file ends properly before it."""
        self._items += 1
        if self._packed and (not self._items % _CHECKED_EVERY or self.offset > self._unchecked_bytes):
            self._refuse_swelling(self._packed)
        data = self._read(count)
        if not data and not self._broken_off:
            return data
        return self._whole(data, count, what)

    def exactly(self, count: int, what: str) -> bytes:
        """`count` bytes inside a record."""
        return self._whole(self._read(count), count, what)

    def skip(self, count: int, what: str) -> None:
        """Pass over `count` bytes inside a record."""
        while count > 0:
            step = min(count, _BUFFER_BYTES)
            self.exactly(step, what)
            count -= step

    def error(self, what: str, value: object = None, offset: int | None = None) -> BadValue:
        """The fault at this offset, or at the place where the stream is."""
        return BadValue(self._place(offset), what, value)

    def _place(self, offset: int | None = None) -> str:
        return f"{self.path}: {'unpacked ' if self._packed else ''}byte {self.offset if offset is None else offset}"

    def _read(self, count: int) -> bytes:
        try:
            return self._file.read(count)
        except EOFError:  # the packed data ends before its own end mark
            self._broken_off = True
            return b""

    def _whole(self, data: bytes, count: int, what: str) -> bytes:
        if len(data) < count:
            raise Cut(self._place(), f"the file ends inside {what}: {len(data)} of {count} bytes are there")
        self.offset += count
        return data

    def _refuse_swelling(self, packed: BinaryIO) -> None:
        # A record costs memory here, and the packer half a byte at the very least: its time differs from the one before.
        read = packed.tell()
        self._unchecked_bytes = self.offset + _HONEST_BYTES
        many = self._items > max(_HONEST_ITEMS, 2 * read)
        if many or self.offset > max(_HONEST_BYTES, _MOST_BYTES_PER_PACKED_BYTE * read):
            raise self.error(f"{read} packed bytes hold {self._items} records so far: no recording packs so well")


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """The file as a stream; whatever the system or an unpacker says against it becomes an InputError."""
    try:
        if not path.is_file():
            raise BadValue(str(path), "is not a file" if path.exists() else "does not exist")
        with path.open("rb") as file:
            yield _stream(path, file)
    except (OSError, ValueError, zlib.error, zstd.ZstdError) as error:
        raise BadValue(str(path), f"cannot be read: {error}") from error


def _stream(path: Path, file: BinaryIO) -> Stream:
    magic = file.read(4)
    file.seek(0)
    if magic[:2] == GZIP_MAGIC:
        return Stream(path, _buffered(gzip.GzipFile(fileobj=file, mode="rb")), file)
    if magic == ZSTD_MAGIC:
        options = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
        return Stream(path, _buffered(zstd.ZstdFile(file, options=options)), file)
    return Stream(path, file)


def _buffered(file: io.BufferedIOBase) -> BinaryIO:
    return io.BufferedReader(_Pieces(file), _BUFFER_BYTES)


class _Pieces(io.RawIOBase):
    """An unpacker that hands on what it has before it says that the packed data break off: a whole buffer may be in front of that."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)
