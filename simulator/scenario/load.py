"""A scenario file, with what it extends and what the command line sets, becomes a ``Scenario``.

1. Files named under ``extends`` are read first, in order; then the file itself is laid on them; then each override.
2. Every value keeps its place (``file:line`` or ``--set key``), for errors and for ``origins``.
3. The scenario is validated; its points are validated when ``points`` asks for them.

*Scope*: files and overrides; comparison and sweep are in ``points.py``.
*Validation*: ``tests/unit/test_scenario_load.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.errors import BadValue, InputError, ScenarioErrors
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.scenario.guest import Guest
from simulator.scenario.model import Scenario, resolved
from simulator.scenario.shipped import locate
from simulator.scenario.tree import absolute, expand, merge, put
from simulator.scenario.validate import validate

MOST_FILES = 64
MOST_OVERRIDES = 256
DEFAULT = "default"
TOP_KEYS = tuple(field.alias or name for name, field in Scenario.model_fields.items())
GUEST_KEYS = tuple(key for key in (f.alias or n for n, f in Guest.model_fields.items()) if key not in TOP_KEYS)


def load(path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Return the scenario in a file, or the shipped one of that name, with ``overrides`` such as ``"host.cores=16"``.

    Raises ``InputError`` for a file that is no YAML or an override that cannot be placed, ``ScenarioErrors`` with every
    fault of the content otherwise.
    """
    tree, faults = read(path, overrides)
    if faults:
        raise ScenarioErrors(faults)
    return from_tree(tree, overrides)


def read(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Node, list[InputError]]:
    """Return the merged tree of a file with its overrides, not yet validated, and why overrides cannot be placed.

    Raises ``InputError`` for a file that cannot be read.
    """
    file = locate(path)
    tree = _with_extends(file, (), [0])
    assert isinstance(tree.value, dict)
    named = {"name": Node(file.stem, str(file), str(file))} | tree.value
    tree, faults = expand(replace(tree, value=named)), []
    if len(overrides) > MOST_OVERRIDES:
        raise InputError("--set", f"more than {MOST_OVERRIDES} overrides")
    for text in overrides:
        try:
            tree = _override(tree, text)
        except InputError as error:
            faults.append(error)
    return tree, faults


def from_tree(tree: Node, overrides: Sequence[str] = ()) -> Scenario:
    """Return the scenario of a merged tree, which it keeps for ``origins`` and ``points``."""
    scenario = validate(tree)
    scenario._tree, scenario._overrides = tree, tuple(overrides)
    return scenario


def _with_extends(path: Path, above: tuple[Path, ...], count: list[int], asked: Node | None = None) -> Node:
    node = yaml12.load(path) if asked is None else _load_extended(path, asked)
    assert isinstance(node.value, dict)
    count[0] += 1
    extends = node.value.get("extends")
    own = expand(replace(node, value={key: item for key, item in node.value.items() if key != "extends"}))
    if extends is None or extends.value is None:
        return own
    merged: Node | None = None
    for reference in _references(extends):
        below = _with_extends(_extended(path, reference, above, count), (*above, path.resolve()), count, reference)
        merged = below if merged is None else merge(merged, below)
    return own if merged is None else replace(merge(merged, own), origin=own.origin, key_origin=own.key_origin)


def _load_extended(path: Path, asked: Node) -> Node:
    """The mapping of a file that another one extends. What is no scenario is named, and nothing of it is shown: it may
    be anybody's."""
    try:
        node = yaml12.load(path)
    except InputError as error:
        line = error.place.removeprefix(str(path)).strip(":")
        where = f"line {line}: " if line.isdigit() else ""
        raise BadValue(f"{asked.origin}: extends", f"is no scenario ({where}{error.message})", asked.value) from None
    assert isinstance(node.value, dict)
    if not any(key == "extends" or key in TOP_KEYS for key in node.value):
        raise BadValue(f"{asked.origin}: extends", "is no scenario (it has none of a scenario's keys)", asked.value)
    return node


def _references(extends: Node) -> list[Node]:
    items = extends.value if isinstance(extends.value, list) else [extends]
    wrong = next((item for item in items if not isinstance(item.value, str)), None)
    if wrong is not None:
        raise BadValue(f"{wrong.origin}: extends", "is not the name of a file", wrong.plain())
    return items


def _extended(path: Path, reference: Node, above: tuple[Path, ...], count: list[int]) -> Path:
    place = f"{reference.origin}: extends"
    target = path.parent / str(reference.value)
    try:
        found = target.is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        raise BadValue(place, "is no file", reference.value)
    if target.resolve() in (*above, path.resolve()):
        raise BadValue(place, "extends the file that names it: a cycle", reference.value)
    if count[0] >= MOST_FILES:
        raise BadValue(place, f"is one file too many; at most {MOST_FILES} are read", reference.value)
    return target


def _override(tree: Node, text: str) -> Node:
    key, equals, written = text.partition("=")
    if not equals or not key.strip():
        raise BadValue("--set", "is not key=value, such as host.cores=16", text)
    place = f"--set {key.strip()}"
    value = yaml12.parse(written, place, Path.cwd(), lines=False)
    parts = absolute(key.strip(), place, TOP_KEYS, GUEST_KEYS)
    return put(tree, parts, expand_at(parts, value))


def expand_at(parts: tuple[str, ...], value: Node) -> Node:
    """Return ``value`` with a short form written out, if ``parts`` is the path of one."""
    if parts[0] == "hosts" and len(parts) == 3:
        return expand_at(parts[2:], value)
    wrapped = expand(replace(value, value={parts[0]: value}))
    return wrapped.value[parts[0]] if len(parts) == 1 and isinstance(wrapped.value, dict) else value


def origins(scenario: Scenario) -> dict[str, str]:
    """Return for every value of the resolved scenario, by dotted path, where it comes from: ``file:line`` or
    ``default``."""
    found: dict[str, str] = {}
    _collect(resolved(scenario), scenario._tree, "", found)
    return found


def _collect(value: Any, node: Node | None, path: str, found: dict[str, str]) -> None:
    held = node.value if node is not None else None
    if isinstance(value, dict) and value:
        below = held if isinstance(held, dict) else {}
        for key, item in value.items():
            # a short form (size: 64 B) stands for the map written out, so its place is that of the whole
            inherited = node if not isinstance(held, (dict, list)) else None
            _collect(item, below.get(key, inherited), f"{path}.{key}" if path else key, found)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            inside = held[index] if isinstance(held, list) and index < len(held) else None
            _collect(item, inside or (node if not isinstance(held, list) else None), f"{path}[{index}]", found)
    else:
        found[path] = node.origin if node is not None else DEFAULT
