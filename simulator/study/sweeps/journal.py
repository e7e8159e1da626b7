"""The journal of a sweep: every finished point a line, on the disk before the next one is asked for.

1. Who runs points opens a part of his own, ``points/<number>.jsonl``; nobody ever writes to the part of another, so that shards and
   killed runs cannot spoil what is there.
2. A line is ``<key> <checksum> <JSON>``. A torn last line fails its checksum and is as good as absent.
3. `scan` reads the parts once and remembers where each finished point stands.

*Scope*: local or network file systems; a part is made with O_EXCL. *Validation*: tests/unit/test_sweeps.py (torn lines, flipped bits,
full disk), tests/campaign/kill.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from simulator.errors import InputError

PARTS = "points"
_KEY, _SUM = 24, 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finished point stands."""

    part: Path
    offset: int
    length: int


def line_of(key: str, content: object) -> bytes:
    """A finished point as a line."""
    body = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()
    return f"{key} {_checksum(body)} ".encode() + body + b"\n"


def key_of(line: bytes) -> str | None:
    """The key of a whole line; None for a torn or damaged one."""
    body = line[_KEY + _SUM + 2 : -1]
    if line[-1:] != b"\n" or line[_KEY + 1 : _KEY + 1 + _SUM].decode("ascii", "replace") != _checksum(body):
        return None
    return line[:_KEY].decode("ascii", "replace")


def content_of(line: bytes) -> dict[str, Any]:
    """What a whole line says."""
    found: dict[str, Any] = json.loads(line[_KEY + _SUM + 2 :])
    return found


def _checksum(body: bytes) -> str:
    return blake2b(body, digest_size=_SUM // 2).hexdigest()


class Journal:
    """The part of one run, open for writing inside a ``with`` block."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder / PARTS, folder
        self._stream: FileIO | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, lines: Iterable[bytes]) -> None:
        """Append finished points; they are on the disk when this returns. Raises InputError if that cannot be done."""
        try:
            if self._stream is None:
                self._stream = self._open()
            rest = memoryview(b"".join(lines))
            while rest:
                rest = rest[self._stream.write(rest) :]
            os.fsync(self._stream.fileno())
        except OSError as error:
            message = f"cannot be written ({error.strerror}); what is finished is kept, and the same command goes on from there"
            raise InputError(str(self._path), message) from None

    def _open(self) -> FileIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(path.stem) for path in _parts(self._folder)), default=0)
        while True:
            self._path = self._folder / f"{number:06}.jsonl"
            try:
                return self._path.open("xb", buffering=0)
            except FileExistsError:
                number += 1  # another shard was quicker


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.jsonl") if path.stem.isdecimal())


def scan(folder: Path, wanted: Container[str]) -> dict[str, Place]:
    """Key -> place of the wanted points that are finished; of two equal ones the first. Raises InputError if the folder cannot be read."""
    found: dict[str, Place] = {}
    try:
        for part in _parts(folder / PARTS):
            offset = 0
            with part.open("rb") as stream:
                for line in stream:
                    key = key_of(line)
                    if key is not None and key in wanted:
                        found.setdefault(key, Place(part, offset, len(line)))
                    offset += len(line)
    except OSError as error:
        raise InputError(str(folder), f"cannot be read ({error.strerror})") from None
    return found


def contents(places: Iterable[Place]) -> Iterator[dict[str, Any]]:
    """What these points say, in this order."""
    opened: dict[Path, BinaryIO] = {}
    try:
        for place in places:
            stream = opened.get(place.part)
            if stream is None:
                if len(opened) >= _OPEN_AT_ONCE:
                    opened.pop(next(iter(opened))).close()
                stream = opened[place.part] = place.part.open("rb")
            stream.seek(place.offset)
            yield content_of(stream.read(place.length))
    except OSError as error:
        raise InputError(str(place.part), f"cannot be read ({error.strerror})") from None
    finally:
        for stream in opened.values():
            stream.close()


_OPEN_AT_ONCE = 64
