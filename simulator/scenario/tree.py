"""Trees of placed values: merge, override, and address by dotted paths with patterns.

1. ``merge``: maps merge deeply, everything else replaces, null deletes. A map that names another ``kind`` replaces too:
   the old kind's keys would not fit it.
2. ``put`` sets one value under a dotted path. In a list a part is an index, the name of an item, or a pattern (``*``,
   ``vm*``).
3. A first part that is no key of a scenario but one of a guest applies to every guest: ``datapath`` is
   ``guests.*.datapath``.

Trees are never changed, only copied along the path.

*Scope*: values and places; what they mean is the grammar's.
*Validation*: ``tests/unit/test_scenario_tree.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from simulator.errors import BadValue, nearest, unknown
from simulator.formats.yaml12 import Node

SHORT_FORMS = {"host": "model", "nic": "model", "switch": "kind", "network": "kind"}
"""``host: modern`` is ``host: {model: modern}``."""
REPLACED_WHOLE = frozenset({"size", "request", "response", "think", "placement", "idle"})
"""Maps of which one key is written: merging two would give two keys."""
MOST_PARTS = 16


def expand(node: Node) -> Node:
    """Return a scenario's tree with short forms written out and one-item forms of lists as they are."""
    if not isinstance(node.value, dict):
        return node
    return replace(node, value={key: _long_form(key, value) for key, value in node.value.items()})


def _long_form(key: str, node: Node) -> Node:
    if key == "nics" and isinstance(node.value, list):
        return replace(node, value=[_long_form("nic", item) for item in node.value])
    if key == "hosts" and isinstance(node.value, list):
        named = [item if isinstance(item.value, dict) else replace(item, value={"name": item}) for item in node.value]
        return replace(node, value=[expand(item) for item in named])
    if key in SHORT_FORMS and isinstance(node.value, (str, int)) and not isinstance(node.value, bool):
        return replace(node, value={SHORT_FORMS[key]: node})
    return node


def merge(base: Node, over: Node, key: str = "") -> Node:
    """Return ``over`` laid on ``base``."""
    if not isinstance(over.value, dict) or not isinstance(base.value, dict):
        return _without_nulls(over)
    old, new = base.value.get("kind"), over.value.get("kind")
    if key in REPLACED_WHOLE or (old is not None and new is not None and old.value != new.value):
        return _without_nulls(over)
    merged = dict(base.value)
    for name, node in over.value.items():
        if node.value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged[name], node, name) if name in merged else _without_nulls(node)
    return replace(base, value=merged)


def _without_nulls(node: Node) -> Node:
    if isinstance(node.value, dict):
        return replace(
            node, value={key: _without_nulls(item) for key, item in node.value.items() if item.value is not None}
        )
    return node


def split_path(path: str, place: str) -> tuple[str, ...]:
    """Return the parts of a dotted path; ``InputError`` for an empty part or too many."""
    parts = tuple(path.split("."))
    if not all(parts) or len(parts) > MOST_PARTS:
        raise BadValue(place, "is not a dotted path such as 'host.cores' or 'traffic.*.rate'", path)
    return parts


def absolute(path: str, place: str, top: tuple[str, ...], guest: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of ``path`` from the top of the scenario: a guest's key stands for that key of every guest."""
    parts = split_path(path, place)
    if parts == ("nics",):
        # the adapters of a guest that are emulated; a host's are listed in the scenario
        return ("guests", "*", *parts)
    if parts[0] in top:
        return parts
    if parts[0] in guest:
        return ("guests", "*", *parts)
    known = (*top, *guest)
    raise BadValue(place, "starts with no key of a scenario or of a guest", path, known, nearest(parts[0], known))


def put(node: Node, parts: tuple[str, ...], value: Node, walked: str = "") -> Node:
    """Return ``node`` with ``value`` laid on what stands under ``parts``; null deletes it."""
    if not parts:
        return merge(node, value, walked.rpartition(".")[2])
    head, rest, here = parts[0], parts[1:], f"{walked}.{parts[0]}" if walked else parts[0]
    if isinstance(node.value, list):
        chosen = set(_matching(node.value, head, value.origin, here))
        items = [put(item, rest, value, here) if index in chosen else item for index, item in enumerate(node.value)]
        return replace(node, value=items)
    if not isinstance(node.value, dict):
        raise BadValue(value.origin, "is neither a map nor a list, so nothing can be set in it", walked)
    return replace(node, value=_put_key(node.value, head, rest, value, here))


def _put_key(held: dict[str, Node], head: str, rest: tuple[str, ...], value: Node, here: str) -> dict[str, Node]:
    if not rest and value.value is None:
        return {key: item for key, item in held.items() if key != head}
    if head not in held and not rest:
        return held | {head: _without_nulls(value)}
    empty = Node({}, value.origin, value.key_origin, value.folder)
    return held | {head: put(held.get(head, empty), rest, value, here)}


def _matching(items: list[Node], pattern: str, place: str, path: str) -> Iterator[int]:
    labels = [_labels(index, item) for index, item in enumerate(items)]
    found = [index for index, known in enumerate(labels) if any(fnmatchcase(label, pattern) for label in known)]
    if not found:
        raise unknown(place, "item of the list (path " + path + ")", pattern, ["*", *(known[-1] for known in labels)])
    return iter(found)


def _labels(index: int, item: Node) -> tuple[str, ...]:
    held = item.value if isinstance(item.value, dict) else {}
    named = held.get("name") or held.get("kind")
    return (str(index), named.value) if named and isinstance(named.value, str) else (str(index),)


def find(node: Node, location: tuple[int | str, ...]) -> tuple[Node, tuple[int | str, ...]]:
    """Return the deepest node on the way to ``location``, and the steps that exist.

    Steps that are neither keys nor indices are skipped: the validator adds the names of alternatives to its locations.
    """
    walked: list[int | str] = []
    for step in location:
        child = _child(node, step)
        if child is not None:
            node = child
            walked.append(step)
    return node, tuple(walked)


def _child(node: Node, step: int | str) -> Node | None:
    if isinstance(node.value, dict) and isinstance(step, str):
        return node.value.get(step)
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def dotted(location: tuple[Any, ...]) -> str:
    """Return a location as users read it: ``guests[0].datapath``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return text.removeprefix(".")
