"""From a tree of placed values to a ``Scenario``, or to all faults at once, each with its place, choices and nearest
name.

1. Names of input files become references to files that exist, relative to the file that names them.
2. The grammar collects the faults of single values. What it refused is cut out, and what is left is read again, so that
   ``checks`` can add the faults between values in the same pass.
3. Every fault is put back on the line of the value, or of the key if the key is the fault.

*Scope*: one scenario without its comparison and sweep.
*Validation*: ``tests/unit/test_bad_input.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulator.errors import BadValue, InputError, ScenarioErrors, nearest, not_modelled, unknown
from simulator.formats.yaml12 import Node
from simulator.scenario import names
from simulator.scenario.checks import checks
from simulator.scenario.fields import NO_NAME, FileReference
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Remains
from simulator.scenario.traffic import KINDS
from simulator.scenario.tree import dotted, find

_PLACE = re.compile(r"(?P<file>.*?):(?P<line>[0-9]+)(?:: |$)")
MOST_FAULTS = 200
"""Faults put into words; a file of 70,000 unknown keys is not worth as many searches for the nearest name."""

Location = tuple[int | str, ...]
_ROUNDS = 4
"""Cutting out one value can leave another without sense (a map that must have one key), and so on; not for ever."""
_NEEDED: dict[str, str | int] = {"schema": 1, "name": "scenario"}
"""What the grammar needs and whose absence says nothing about the rest."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a tree says: the scenario, or what is left of it (None: nothing to speak of), and all faults."""

    scenario: Scenario | None
    remains: Remains
    faults: tuple[InputError, ...]
    contradicted: frozenset[Location] = frozenset()
    """Where the faults between values are: the values are read, and lead to nothing."""


def validate(tree: Node) -> Scenario:
    """Return the scenario that ``tree`` describes; ``ScenarioErrors`` with every fault otherwise."""
    found = examine(Remains(tree))
    if found.faults or found.scenario is None:
        raise ScenarioErrors(found.faults)
    return found.scenario


def examine(remains: Remains) -> Examined:
    """Read a tree as far as it can be read; the faults are in the order of the file."""
    told: list[InputError] = []
    scenario = None
    for attempt in range(_ROUNDS):
        plain, missing = _with_files(remains)
        told += missing.values()
        try:
            scenario = Scenario.model_validate(plain)
        except ValidationError as error:
            items = error.errors(include_url=False)
            # later rounds show what follows from the cuts, and faults between keys of what could not be read before
            told += _words_for(remains, [item for item in items if attempt == 0 or _between(remains, item)])
            left = _without(remains, items, missing)
            if left is None:
                break
            remains = left
        else:
            if not missing:
                break
            scenario, remains = None, remains.without(location[:2] for location in missing)
    between = list(checks(scenario, remains.cut)) if scenario is not None else []
    told += [fault.at(place_of(remains, location)) for location, fault in between]
    return Examined(scenario, remains, tuple(in_file_order(told)), frozenset(location for location, _ in between))


def _words_for(remains: Remains, items: list[Any]) -> list[InputError]:
    faults = [_fault(remains, item) for item in items[:MOST_FAULTS] if not _is_echo(remains.tree, item)]
    if len(items) > MOST_FAULTS:
        faults.append(InputError(remains.tree.origin, f"and {len(items) - MOST_FAULTS:,} more faults"))
    return _without_echoes(faults)


def _without(remains: Remains, items: list[Any], missing: dict[Location, InputError]) -> Remains | None:
    """Return what is left without the refused values; None if that is nothing."""
    cuts, meant = {location[:2] for location in missing}, set()
    for item in items:
        if _is_echo(remains.tree, item):
            continue
        node, walked = find(remains.tree, item["loc"])
        if (keys := _keys(item)) and isinstance(node.value, dict) and keys[0] in node.value:
            walked = (*walked, keys[0])
        if not walked and item["type"] == "missing" and item["loc"][-1] in _NEEDED:
            continue
        if not walked:
            return None
        cuts.add(walked)
        if item["type"] == "extra_forbidden" and (close := nearest(walked[-1], _keys_at(item["loc"][:-1]))):
            meant.add((*walked[:-1], close))
    held = remains.without(cuts)
    tree = held.tree
    assert isinstance(tree.value, dict)
    absent = {key: Node(word, tree.origin, tree.origin) for key, word in _NEEDED.items() if key not in tree.value}
    return replace(held, tree=replace(tree, value=absent | tree.value), cut=held.cut | meant)


def _keys(item: Any) -> tuple[str, ...]:
    """The keys that a fault between keys of one map is about."""
    keys: tuple[str, ...] = item.get("ctx", {}).get("keys", ())
    return keys


def _between(remains: Remains, item: Any) -> bool:
    """Whether a fault is between keys of one map none of which was cut out."""
    inside, keys = remains.written(find(remains.tree, item["loc"])[1]), _keys(item)
    return bool(keys) and not any((*inside, key) in remains.cut for key in keys)


def _with_files(remains: Remains) -> tuple[Any, dict[Location, InputError]]:
    """Return the plain data with file references in place of file names, and an error for each file that is not
    there."""
    tree = remains.tree
    plain = tree.plain()
    errors = _with_host_file(tree, plain, ())
    further = tree.value.get("hosts") if isinstance(tree.value, dict) else None
    for index, item in enumerate(further.value if further and isinstance(further.value, list) else []):
        errors |= _with_host_file(item, plain["hosts"][index], ("hosts", index))
    traffic = tree.value.get("traffic") if isinstance(tree.value, dict) else None
    for index, item in enumerate(traffic.value if traffic and isinstance(traffic.value, list) else []):
        for key in ("file", "mix"):
            node = item.value.get(key) if isinstance(item.value, dict) else None
            if node is None or not isinstance(node.value, str):
                continue
            path = (node.folder or Path()) / node.value
            plain["traffic"][index][key] = FileReference(name=node.value, path=path)
            if not _is_file(path):
                location = ("traffic", index, key)
                errors[location] = _no_file(node, place_of(remains, location), path)
    return plain, errors


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _with_host_file(tree: Node, plain: Any, above: Location) -> dict[Location, InputError]:
    """Put a reference in place of the name of a host file; the file's faults are the scenario's. `above`: where the host stands."""
    host = tree.value.get("host") if isinstance(tree.value, dict) else None
    node = host.value.get("model") if host and isinstance(host.value, dict) else None
    if node is None or not isinstance(node.value, str) or not names.is_host_file(node.value):
        return {}
    path = (node.folder or Path()) / node.value
    del plain["host"]["model"]  # what the file says otherwise is not to be a second fault
    place: Location = (*above, "host", "model")
    if not _is_file(path):
        return {place: _no_file(node, f"{node.origin}: {dotted(place)}", path)}
    try:
        names.host_name(str(path))
    except ScenarioErrors as error:
        return {(*place, number): fault for number, fault in enumerate(error.errors)}
    except InputError as error:
        return {place: error}
    plain["host"]["model"] = FileReference(name=node.value, path=path)
    return {}


def _no_file(node: Node, place: str, path: Path) -> InputError:
    try:
        beside = (
            sorted(entry.name for entry in path.parent.iterdir() if entry.is_file()) if path.parent.is_dir() else []
        )
    except OSError:
        beside = []
    close = nearest(path.name, beside)
    return BadValue(place, "is no file", node.value, (), close and str(Path(str(node.value)).with_name(close)))


def place_of(remains: Remains, location: Location) -> str:
    """Return where a value stands, or would stand if it were written: ``file:line: guests[0].vcpus``."""
    node, _ = find(remains.tree, location)
    return f"{node.origin}: {dotted(remains.written(location))}" if location else node.origin


def _fault(remains: Remains, item: Any) -> InputError:
    """Return one fault of the validator in the project's words."""
    tree = remains.tree
    kind, location, context = item["type"], item["loc"], item.get("ctx", {})
    node, walked = find(tree, location)
    shown = remains.written(walked)
    place = f"{node.origin}: {dotted(shown)}"
    if kind == "refused":
        return _refused(node, place, context["error"])
    if kind == "extra_forbidden":
        known, key = _keys_at(location[:-1]), walked[-1]
        return unknown(f"{node.key_origin}: {dotted(shown)}", "key", key, known)
    if kind in ("missing", "union_tag_not_found"):
        absent = str(location[-1]) if kind == "missing" else "kind"
        path = dotted((*shown, absent))
        hint = "; write 'schema: 1'" if path == "schema" else ""
        return InputError(f"{node.key_origin}: {path}", f"is missing{hint}", None, KINDS if kind != "missing" else ())
    if kind == "union_tag_invalid":
        tag = find(tree, (*walked, "kind"))[0]
        known = _tags(context)
        return unknown(f"{tag.origin}: {dotted((*shown, 'kind'))}", "kind", tag.value, known)
    if kind == "literal_error":
        known = tuple(part.strip(" '") for part in context["expected"].replace(" or ", ", ").split(","))
        known = tuple(choice for choice in known if choice != "None")
        words = f"is not one of the choices{not_modelled(node.value)}"
        return BadValue(place, words, node.plain(), known, nearest(node.value, known))
    return BadValue(place, _words(kind, item["msg"], context), node.plain())


def _refused(node: Node, place: str, error: InputError) -> InputError:
    """Return what a kind or a map of the grammar refused; the value is the node's unless the error names one in it."""
    value = node.plain() if isinstance(error, BadValue) and error.value is None else error.value
    return type(error)(place, error.message, value, error.choices, error.nearest)


def _tags(context: Any) -> tuple[str, ...]:
    return tuple(tag.strip(" '") for tag in context.get("expected_tags", "").split(",") if tag.strip())


def _words(kind: str, message: str, context: Any) -> str:
    limits = {
        "greater_than_equal": ("ge", "is less than"),
        "less_than_equal": ("le", "is more than"),
        "less_than": ("lt", "is not less than"),
    }
    if kind in limits:
        key, words = limits[kind]
        return f"{words} {context[key]:,}"
    expected = {
        "int_type": "is not a whole number",
        "string_type": "is not a text",
        "model_type": "is not a map of keys",
        "model_attributes_type": "is not a map of keys",
        "dict_type": "is not a map of keys",
        "tuple_type": "is not a list",
        "list_type": "is not a list",
        "string_pattern_mismatch": NO_NAME,
    }
    if kind in expected:
        return expected[kind]
    if kind == "too_long":
        return f"has more than {context['max_length']:,} items"
    if kind == "too_short":
        return "is empty"
    return "will not do: " + message[:1].lower() + message[1:]


def in_file_order(faults: list[InputError]) -> list[InputError]:
    """Return the faults file by file, each from top to bottom."""
    places = [_PLACE.match(fault.place) for fault in faults]
    keys = [(match["file"], int(match["line"])) if match else ("", 0) for match in places]
    return [fault for _, fault in sorted(zip(keys, faults, strict=True), key=lambda pair: pair[0])]


def _is_echo(tree: Node, item: Any) -> bool:
    """Whether this fault only repeats another: a list of which every item was refused counts as empty."""
    return item["type"] == "too_short" and bool(find(tree, item["loc"])[0].value)


def _without_echoes(faults: list[InputError]) -> list[InputError]:
    """Drop the repeats that a value of several possible types gives: one fault for each place."""
    return list({fault.place: fault for fault in reversed(faults)}.values())[::-1]


def _keys_at(location: Location) -> tuple[str, ...]:
    """Return the keys that the grammar knows at ``location``, over all alternatives the location leaves open."""
    models: list[type[BaseModel]] = [Scenario]
    for step in location:
        if isinstance(step, int):
            continue
        tagged = [model for model in models if step in _tag_of(model)]
        models = tagged or [found for model in models for found in _models_of(model, step)] or models
    return tuple(dict.fromkeys(field.alias or name for model in models for name, field in model.model_fields.items()))


def _tag_of(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None else ()


def _models_of(model: type[BaseModel], key: str) -> list[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key == (field.alias or name):
            return _classes(field.annotation)
    return []


def _classes(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _classes(part)]
