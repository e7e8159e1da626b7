"""Files that are whole or absent: written beside, made durable, renamed; what a killed program left beside is removed.

1. The content goes to ``.<name>.<process>`` in the same folder, is flushed to the disk, and takes the place of the old
   file in one step; the folder's entry is flushed, too.
2. Such a file whose process is not alive belongs to a program that was killed: ``remove_leftovers`` deletes it.

*Scope*: local or network file systems with atomic rename. *Validation*: ``tests/unit/test_study_parts.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_BESIDE = re.compile(r"\..+\.(?P<process>[0-9]+)")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all. Raises OSError."""
    with writing(path) as stream:
        stream.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream for a file that is too large to be made in memory; it takes its place when the block ends well. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    # without it a power cut may bring back the old entry; some systems cannot open a folder
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed programs left beside their files in ``folder``; nothing happens where there is none."""
    with suppress(OSError):
        for path in folder.iterdir():
            match = _BESIDE.fullmatch(path.name)
            if match and not _alive(int(match["process"])):
                with suppress(OSError):
                    path.unlink()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
