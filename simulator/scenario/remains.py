"""What is left of a tree when the values that the grammar refused are taken out, so that one pass finds the faults of
every stage.

1. Each refused value is cut out; what cannot be read without it (a source without its kind) goes with it.
2. What was cut out is remembered: a later fault that leans on it may be its consequence, and is not told.
3. Lists keep the numbers that their items have in the file.

*Scope*: trees; which faults lean on what is in ``leaning.py``. *Validation*: ``tests/unit/test_audit.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.formats.yaml12 import Node

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Remains:
    """A tree, the locations that were cut out of it, and for each list that lost items the numbers of those left."""

    tree: Node
    cut: frozenset[Location] = frozenset()
    numbers: Mapping[Location, tuple[int, ...]] = field(default_factory=dict)

    def written(self, location: Location) -> Location:
        """The location as the file has it: list items counted with those that were cut out."""
        found: list[int | str] = []
        for index, step in enumerate(location):
            left = self.numbers.get(location[:index])
            found.append(left[step] if isinstance(step, int) and left is not None and step < len(left) else step)
        return tuple(found)

    def without(self, locations: Iterable[Location]) -> Remains:
        """The same without these values, each a path that exists in the tree as it now is."""
        tree, numbers, gone = self.tree, dict(self.numbers), set(self.cut)
        whole = set(locations)
        outer = [place for place in whole if not any(place[:end] in whole for end in range(1, len(place)))]
        # from the back, so that the items before keep their numbers while their list is cut
        for location in sorted(outer, key=_from_the_back):
            gone.add(self.written(location))
            above, step = location[:-1], location[-1]
            if isinstance(step, int):
                held = _items(tree, above)
                left = numbers.get(above, tuple(range(len(held))))
                numbers[above] = left[:step] + left[step + 1 :]
            tree = _cut(tree, location)
        return Remains(tree, frozenset(gone), numbers)


def _from_the_back(location: Location) -> tuple[tuple[int, str], ...]:
    return tuple((-step, "") if isinstance(step, int) else (0, step) for step in location)


def _items(node: Node, location: Location) -> list[Node]:
    for step in location:
        below: Any = node.value
        node = below[step]
    assert isinstance(node.value, list)
    return node.value


def _cut(node: Node, location: Location) -> Node:
    step, rest = location[0], location[1:]
    if isinstance(node.value, dict):
        if rest:
            return replace(node, value={k: _cut(v, rest) if k == step else v for k, v in node.value.items()})
        return replace(node, value={key: item for key, item in node.value.items() if key != step})
    if isinstance(node.value, list):
        if rest:
            return replace(node, value=[_cut(v, rest) if k == step else v for k, v in enumerate(node.value)])
        return replace(node, value=[item for index, item in enumerate(node.value) if index != step])
    return node


def leans(reads: Iterable[str], cut: Iterable[Location]) -> bool:
    """Whether any of the dotted patterns (``guests.*.vcpus``) names what was cut out, holds it or stands in it."""
    patterns = [tuple(pattern.split(".")) for pattern in reads]
    return any(_touches(pattern, location) for pattern in patterns for location in cut)


def _touches(pattern: tuple[str, ...], location: Location) -> bool:
    if isinstance(location[-1], int) and len(pattern) != len(location):
        return False  # an item that is gone as a whole takes its own values with it; who names it says 'guests.*'
    if pattern[-1] == "*" and len(location) > len(pattern):
        return False  # and who says so does not mean an item that has lost a value
    return all(part == "*" or part == step for part, step in zip(pattern, location, strict=False))
