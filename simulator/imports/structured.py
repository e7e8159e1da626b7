"""JSON and YAML of other programs, through the bounded reader of scenario files: JSON is YAML.

1. A file of several YAML documents is cut at its ``---`` lines; places name the document
   and the line in it.
2. ``at`` walks down a tree by keys and gives None where something is missing or of another shape.

*Scope*: trees of places and values; what they mean is the readers'.
*Validation*: ``tests/imports/test_hostile.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from simulator.errors import BadValue
from simulator.formats import yaml12
from simulator.formats.yaml12 import LARGEST_FILE_BYTES, Node

MOST_DOCUMENTS = 1_000
_CUT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


def documents(text: str, label: str) -> list[Node]:
    """Return the documents of a file, empty ones left out."""
    if len(text) > LARGEST_FILE_BYTES:
        raise BadValue(label, f"is larger than {LARGEST_FILE_BYTES:,} bytes")
    cuts = [0, *(found.start() for found in _CUT.finditer(text)), len(text)]
    if len(cuts) > MOST_DOCUMENTS:
        raise BadValue(label, f"holds more than {MOST_DOCUMENTS:,} documents")
    pieces = [text[begin:end] for begin, end in pairwise(cuts)]
    pieces = [piece for piece in pieces if piece.strip("-\n \t")]
    labels = [label if len(pieces) == 1 else f"{label} (document {n})" for n in range(1, len(pieces) + 1)]
    found = [yaml12.parse(piece, name) for piece, name in zip(pieces, labels, strict=True)]
    return [node for node in found if node.value is not None]


def at(node: Node | None, *keys: str) -> Node | None:
    """Return the node under a path of keys, or None."""
    for key in keys:
        if node is None or not isinstance(node.value, dict):
            return None
        node = node.value.get(key)
    return node


def text_at(node: Node | None, *keys: str) -> str | None:
    """Return the scalar under a path as text, or None; true and false are ``true`` and ``false``."""
    found = at(node, *keys)
    if found is None or found.value is None or isinstance(found.value, (dict, list)):
        return None
    return str(found.value).lower() if isinstance(found.value, bool) else str(found.value)


def whole_at(node: Node | None, *keys: str, most: int = 10**9) -> int | None:
    """Return the whole number under a path, written as a number or a text of digits, or None."""
    text = text_at(node, *keys)
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > most:
        return None
    return int(text)


def items(node: Node | None) -> Iterator[Node]:
    """Yield the items of a list; nothing for anything else."""
    if node is not None and isinstance(node.value, list):
        yield from node.value
