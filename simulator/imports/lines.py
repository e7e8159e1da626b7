"""Lines of a scenario with their comments, and how they are written.

*Scope*: layout; values are given as text that YAML reads as meant.
*Validation*: ``tests/imports``: whatever was in the input, the text reads back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.imports.text import clean

_COLUMN = 40
_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a piece of YAML with a comment behind it, or a comment alone."""

    text: str = ""
    comment: str = ""
    depth: int = 0
    out: bool = False
    """Commented out: what the line would be if the reader took the mark away."""


def word(text: str) -> str:
    """Return a name of the catalogue as YAML reads it: quoted where it would be a number."""
    return text if text[:1].isalpha() else quoted(text)


def quoted(text: str) -> str:
    """Return a text as YAML reads it whatever is in it: JSON's strings are YAML's too."""
    return json.dumps(text)


def render(lines: Iterable[Line]) -> str:
    """Return the text of the lines; long comments are broken, and no comment can end before its line does."""
    return "".join(piece + "\n" for line in lines for piece in _written(line))


def _written(line: Line) -> list[str]:
    indent = "  " * line.depth
    comment = clean(line.comment)
    if not line.text:
        return [indent + "# " + piece for piece in _broken(comment, _WIDTH - len(indent) - 2)] if comment else [""]
    lead = ("# " if line.out else "") + indent + line.text
    if not comment:
        return [lead]
    whole = f"{lead:<{_COLUMN}} # {comment}"
    if len(whole) <= _WIDTH:
        return [whole]
    mark = "# " if line.out else ""
    return [mark + indent + "# " + piece for piece in _broken(comment, _WIDTH - len(indent) - 4)] + [lead]


def _broken(text: str, width: int) -> list[str]:
    pieces: list[str] = []
    while len(text) > width:
        cut = text.rfind(" ", 1, width + 1)
        cut = cut if cut > 0 else width
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]
