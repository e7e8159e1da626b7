"""Files of other programs as text: bounded, UTF-8, and never repeated to the reader with what could harm a terminal.

*Scope*: reading and cleaning; what the text means is each reader's.
*Validation*: ``tests/imports/test_hostile.py``.
"""

from __future__ import annotations

from pathlib import Path

from simulator.errors import BadValue

LARGEST_BYTES = 2_000_000
LONGEST_LINE = 20_000
LONGEST_COMMENT = 240


def read_text(path: Path, label: str, most: int = LARGEST_BYTES) -> str:
    """Return the text of a file; one ``InputError`` for what cannot be read, is too large or is not UTF-8 text."""
    data = read_bytes(path, label, most)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadValue(label, "is UTF-16 text; save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise BadValue(label, f"is not text (byte {nul} is zero)")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadValue(f"{label}:{line}", f"is not UTF-8 text (byte {error.start})") from None


def read_bytes(path: Path, label: str, most: int = LARGEST_BYTES) -> bytes:
    """Return the content of a regular file of at most ``most`` bytes."""
    try:
        if path.exists() and not path.is_file():
            raise BadValue(label, "is no regular file")
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadValue(label, f"cannot be read: {reason}") from None
    if len(data) > most:
        raise BadValue(label, f"is larger than {most:,} bytes; no output that import reads is")
    return data


def lines_of(text: str, label: str) -> list[str]:
    """Return the lines of a text; ``InputError`` for one that no program prints."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise BadValue(f"{label}:{number}", f"is a line of more than {LONGEST_LINE:,} characters")
    return lines


def clean(text: str, most: int = LONGEST_COMMENT) -> str:
    """Return a text that is safe in a comment: one line, printable, of bounded length."""
    shown = text[: 2 * most]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def number(text: str | None, most: int) -> int | None:
    """Return a whole number from 0 to ``most`` that is written in ASCII digits, else None."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 18:
        return None
    value = int(text)
    return value if value <= most else None
