"""A small, bounded reader of XML: elements with their attributes, text and line, and nothing that refers elsewhere.

1. expat does the parsing, one pass, without the recursion of a tree builder.
2. A document type is refused where it begins, so no entity is ever declared: neither one that grows without bound nor
   one that names a file. libvirt and virt-install write none.
3. Depth, number of elements and attributes, and the length of names, values and texts are bounded.

*Scope*: what ``virsh dumpxml`` and ``virt-install --print-xml`` write.
*Validation*: ``tests/imports/test_hostile.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from simulator.errors import BadValue

DEEPEST = 32
MOST_ELEMENTS = 50_000
MOST_ATTRIBUTES = 64
LONGEST_TEXT = 4_096


@dataclass(slots=True)
class Element:
    """One element, and where it begins (``file:line``)."""

    tag: str
    attributes: dict[str, str]
    place: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Element]:
        """Yield the elements under a path such as ``cputune/vcpupin``."""
        head, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == head:
                yield from child.all(rest) if rest else (child,)

    def first(self, path: str) -> Element | None:
        """Return the first element under a path, or None."""
        return next(self.all(path), None)

    def get(self, path: str, attribute: str) -> str | None:
        """Return an attribute of the first element under a path, or None."""
        found = self.first(path)
        return None if found is None else found.attributes.get(attribute)


def parse(text: str, label: str) -> Element:
    """Return the root element; ``InputError`` with the line for what is not XML or exceeds the bounds."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    tree = _Tree(label, parser)
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    parser.StartDoctypeDeclHandler = tree.doctype
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise BadValue(f"{label}:{error.lineno}", f"is not XML: {expat.ErrorString(error.code)}") from None
    assert tree.root is not None
    return tree.root


class _Tree:
    def __init__(self, label: str, parser: Any) -> None:
        self.label = label
        self.parser = parser
        self.root: Element | None = None
        self.open: list[Element] = []
        self.elements = 0

    def place(self) -> str:
        return f"{self.label}:{self.parser.CurrentLineNumber}"

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise BadValue(self.place(), f"is element {MOST_ELEMENTS + 1:,}; no domain has so many")
        if len(self.open) >= DEEPEST:
            raise BadValue(self.place(), f"is nested more than {DEEPEST} deep")
        if len(attributes) > MOST_ATTRIBUTES:
            raise BadValue(self.place(), f"has more than {MOST_ATTRIBUTES} attributes")
        if any(len(text) > LONGEST_TEXT for text in (tag, *attributes, *attributes.values())):
            raise BadValue(self.place(), f"has a name or value of more than {LONGEST_TEXT:,} characters")
        element = Element(tag, attributes, self.place())
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, tag: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        element = self.open[-1]
        if len(element.text) + len(text) > LONGEST_TEXT:
            raise BadValue(element.place, f"holds a text of more than {LONGEST_TEXT:,} characters", element.tag)
        element.text += text

    def doctype(self, name: str, *_: object) -> None:
        raise BadValue(self.place(), "begins a document type, which could declare entities; libvirt writes none", name)
