"""YAML with the 1.2 core schema and the line of every key and value, over PyYAML's event parser.

1. ``read_text`` reads at most one megabyte and insists on UTF-8 text.
2. ``parse`` turns the parser's events into ``Node`` trees; each node knows where it and its key stand.
3. Plain words are read by the core schema only: ``10:00.0``, ``52:54:00:12:34:56``, ``off`` and ``2026-01-01`` are
   strings, ``1e6`` is a number, ``null`` and ``~`` are null.
4. What makes a file mean something else than it shows is refused: duplicate keys, tags, merge keys (``<<``), several
   documents, NaN and infinity. Depth, node count after aliases, and length of numbers are bounded.

The events are the same from PyYAML's C parser and from its Python one, so a machine without the former is only slower.

*Scope*: one document, a mapping at its top. Aliases inside a file are allowed.
*Validation*: ``tests/unit/test_yaml12.py`` (cases of the core schema, both parsers, random bytes).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulator.errors import BadValue

LARGEST_FILE_BYTES = 1_000_000
DEEPEST = 40
MOST_NODES = 200_000
LONGEST_NUMBER = 40

Scalar = str | int | float | bool | None
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Node:
    """A value, where it stands and where its key stands (``file:line``), and the folder its relative paths refer to."""

    value: Scalar | dict[str, Node] | list[Node]
    origin: str
    key_origin: str
    folder: Path | None = None

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value


def read_text(path: Path) -> str:
    """Return the text of a YAML file; ``InputError`` for what cannot be read, is not UTF-8 or exceeds one megabyte."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadValue(str(path), f"cannot be read: {reason}") from None
    if len(data) > LARGEST_FILE_BYTES:
        raise BadValue(str(path), f"is larger than {LARGEST_FILE_BYTES:,} bytes; this is no scenario")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadValue(str(path), "is UTF-16 text; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadValue(f"{path}:{line}", f"is not UTF-8 text (byte {error.start})") from None


def load(path: Path, label: str | None = None) -> Node:
    """Return the mapping that a file holds; places are written with ``label`` (default: the path as given)."""
    node = parse(read_text(path), label or str(path), path.resolve().parent)
    if not isinstance(node.value, dict):
        message = "is empty" if node.value is None else "must hold a mapping"
        raise BadValue(node.origin, f"{message}; write 'key: value' lines", node.plain())
    return node


def parse(text: str, label: str, folder: Path | None = None, *, lines: bool = True) -> Node:
    """Return the tree of one YAML document; ``lines=False`` leaves the line out of the places (command-line values)."""
    builder = _Builder(label, folder, lines)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise BadValue(builder.place(error.problem_mark), f"is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        problem = str(error).splitlines()[0] if not hasattr(error, "reason") else f"{error.reason}"
        raise BadValue(label, f"is not YAML: {problem}") from None
    return builder.root or Node(None, builder.place(None), builder.place(None), folder)


def scalar(text: str, place: str) -> Scalar:
    """Return what a plain (unquoted) word means in the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise BadValue(place, "is not a finite number", text)
    number = _INTEGER.fullmatch(text) or _BASED.fullmatch(text) or _FLOAT.fullmatch(text)
    if number is None:
        return text
    if len(text) > LONGEST_NUMBER:
        raise BadValue(place, f"is a number of more than {LONGEST_NUMBER} characters", text)
    if _INTEGER.fullmatch(text):
        return int(text)
    value = int(text, 0) if _BASED.fullmatch(text) else float(text)
    if math.isinf(value):
        raise BadValue(place, "is not a finite number", text)
    return value


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen yet."""

    value: dict[str, Node] | list[Node]
    origin: str
    key_origin: str
    anchor: str | None
    key: tuple[str, str] | None = None


@dataclass(slots=True)
class _Builder:
    """The state of one pass over the events."""

    label: str
    folder: Path | None
    lines: bool
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    nodes: int = 0
    documents: int = 0

    def place(self, mark: Any) -> str:
        return f"{self.label}:{mark.line + 1 if mark else 1}" if self.lines else self.label

    def take(self, event: yaml.Event) -> None:
        origin = self.place(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise BadValue(origin, "starts a second document; write one scenario per file")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor, origin)
        elif isinstance(event, yaml.NodeEvent):
            self._refuse_tag(getattr(event, "tag", None), origin)
            self._open_or_add(event, origin)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()

    def _refuse_tag(self, tag: str | None, origin: str) -> None:
        if tag is not None:
            raise BadValue(origin, "is a tag; scenarios have none", tag)

    def _open_or_add(self, event: yaml.NodeEvent, origin: str) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, origin)
            return
        if self._expects_key():
            raise BadValue(origin, "is a list or a map used as a key")
        if len(self.stack) >= DEEPEST:
            raise BadValue(origin, f"is nested more than {DEEPEST} deep")
        value: dict[str, Node] | list[Node] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(value, origin, self._key_origin(origin), event.anchor))

    def _scalar(self, event: yaml.ScalarEvent, origin: str) -> None:
        if self._expects_key():
            self._key(event.value, event.implicit[0], origin)
            return
        value = scalar(event.value, origin) if event.implicit[0] else event.value
        self._add(Node(value, origin, self._key_origin(origin), self.folder), 1, event.anchor)

    def _key(self, key: str, plain: bool, origin: str) -> None:
        parent = self.stack[-1]
        if plain and key == "<<":
            raise BadValue(origin, "is a merge key, which YAML 1.2 does not have; use 'extends'", key)
        if plain and key in ("", "~"):
            raise BadValue(origin, "is an empty key")
        assert isinstance(parent.value, dict)
        if key in parent.value:
            raise BadValue(origin, f"is a duplicate key, first used at {parent.value[key].key_origin}", key)
        parent.key = (key, origin)

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _key_origin(self, origin: str) -> str:
        return self.stack[-1].key[1] if self.stack and self.stack[-1].key else origin

    def _alias(self, anchor: str | None, origin: str) -> None:
        if any(collection.anchor == anchor for collection in self.stack):
            raise BadValue(origin, "is an alias of the map or list it stands in", f"*{anchor}")
        if anchor is None or anchor not in self.anchors:
            raise BadValue(origin, "is an alias without an anchor", f"*{anchor}")
        if self._expects_key():
            raise BadValue(origin, "is an alias used as a key", f"*{anchor}")
        target = self.anchors[anchor]
        self._add(
            Node(target.value, target.origin, self._key_origin(origin), target.folder), self.sizes[id(target)], None
        )

    def _close(self) -> None:
        done = self.stack.pop()
        children: Iterator[Node] = iter(done.value.values() if isinstance(done.value, dict) else done.value)
        size = 1 + sum(self.sizes.get(id(child), 1) for child in children)
        self._add(Node(done.value, done.origin, done.key_origin, self.folder), size, done.anchor, counted=1)

    def _add(self, node: Node, size: int, anchor: str | None, counted: int | None = None) -> None:
        # an alias counts with everything below it, a collection only itself: its children were counted one by one
        self.nodes += size if counted is None else counted
        if self.nodes > MOST_NODES:
            raise BadValue(node.key_origin, f"holds more than {MOST_NODES:,} values, aliases included")
        self.sizes[id(node)] = size
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif parent.key is not None:
            parent.value[parent.key[0]] = node
            parent.key = None
