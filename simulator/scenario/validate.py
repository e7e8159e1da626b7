"""From a tree of placed values to a ``Scenario``, or to all faults at once, each with its place, choices and nearest
name.

1. Names of input files become references to files that exist, relative to the file that names them.
2. The grammar collects the faults of single values; ``checks`` adds those between values.
3. Every fault is put back on the line of the value, or of the key if the key is the fault.

*Scope*: one scenario without its comparison and sweep.
*Validation*: ``tests/unit/test_bad_input.py``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulator.errors import BadValue, InputError, ScenarioErrors, nearest
from simulator.formats.yaml12 import Node
from simulator.scenario import names
from simulator.scenario.checks import checks
from simulator.scenario.fields import FileReference
from simulator.scenario.model import Scenario
from simulator.scenario.traffic import KINDS
from simulator.scenario.tree import dotted, find

_PLACE = re.compile(r"(?P<file>.*?):(?P<line>[0-9]+)(?:: |$)")
MOST_FAULTS = 200
"""Faults put into words; a file of 70,000 unknown keys is not worth as many searches for the nearest name."""

Location = tuple[int | str, ...]


def validate(tree: Node) -> Scenario:
    """Return the scenario that ``tree`` describes; ``ScenarioErrors`` with every fault otherwise."""
    plain, missing = _with_files(tree)
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        items = error.errors(include_url=False)
        faults = [_fault(tree, item) for item in items[:MOST_FAULTS] if not _is_echo(tree, item)]
        if len(items) > MOST_FAULTS:
            faults.append(InputError(tree.origin, f"and {len(items) - MOST_FAULTS:,} more faults"))
        raise ScenarioErrors(in_file_order([*missing, *_without_echoes(faults)])) from None
    found = [(location, fault) for location, fault in checks(scenario)]
    if missing or found:
        faults = [fault.at(_place(tree, location)) for location, fault in found]
        raise ScenarioErrors(in_file_order([*missing, *faults]))
    return scenario


def _with_files(tree: Node) -> tuple[Any, list[InputError]]:
    """Return the plain data with file references in place of file names, and an error for each file that is not
    there."""
    plain = tree.plain()
    errors = _with_host_file(tree, plain)
    traffic = tree.value.get("traffic") if isinstance(tree.value, dict) else None
    for index, item in enumerate(traffic.value if traffic and isinstance(traffic.value, list) else []):
        for key in ("file", "mix"):
            node = item.value.get(key) if isinstance(item.value, dict) else None
            if node is None or not isinstance(node.value, str):
                continue
            path = (node.folder or Path()) / node.value
            plain["traffic"][index][key] = FileReference(name=node.value, path=path)
            if not path.is_file():
                errors.append(_no_file(node, f"{node.origin}: traffic[{index}].{key}", path))
    return plain, errors


def _with_host_file(tree: Node, plain: Any) -> list[InputError]:
    """Put a reference in place of the name of a host file; the file's faults are the scenario's."""
    host = tree.value.get("host") if isinstance(tree.value, dict) else None
    node = host.value.get("model") if host and isinstance(host.value, dict) else None
    if node is None or not isinstance(node.value, str) or not names.is_host_file(node.value):
        return []
    path = (node.folder or Path()) / node.value
    del plain["host"]["model"]  # what the file says otherwise is not to be a second fault
    if not path.is_file():
        return [_no_file(node, f"{node.origin}: host.model", path)]
    try:
        names.host_name(str(path))
    except ScenarioErrors as error:
        return list(error.errors)
    except InputError as error:
        return [error]
    plain["host"]["model"] = FileReference(name=node.value, path=path)
    return []


def _no_file(node: Node, place: str, path: Path) -> InputError:
    try:
        beside = (
            sorted(entry.name for entry in path.parent.iterdir() if entry.is_file()) if path.parent.is_dir() else []
        )
    except OSError:
        beside = []
    close = nearest(path.name, beside)
    return BadValue(place, "is no file", node.value, (), close and str(Path(str(node.value)).with_name(close)))


def _place(tree: Node, location: Location) -> str:
    node, walked = find(tree, location)
    return f"{node.origin}: {dotted(walked)}" if walked else node.origin


def _fault(tree: Node, item: Any) -> InputError:
    """Return one fault of the validator in the project's words."""
    kind, location, context = item["type"], item["loc"], item.get("ctx", {})
    node, walked = find(tree, location)
    place = f"{node.origin}: {dotted(walked)}"
    if kind == "refused":
        return _refused(node, place, context["error"])
    if kind == "extra_forbidden":
        known = _keys_at(location[:-1])
        return BadValue(
            f"{node.key_origin}: {dotted(walked)}", "is not a known key", walked[-1], known, nearest(walked[-1], known)
        )
    if kind in ("missing", "union_tag_not_found"):
        absent = str(location[-1]) if kind == "missing" else "kind"
        path = dotted((*walked, absent))
        hint = "; write 'schema: 1'" if path == "schema" else ""
        return InputError(f"{node.key_origin}: {path}", f"is missing{hint}", None, KINDS if kind != "missing" else ())
    if kind == "union_tag_invalid":
        tag = find(tree, (*walked, "kind"))[0]
        known = _tags(context)
        return BadValue(
            f"{tag.origin}: {dotted((*walked, 'kind'))}",
            "is not a known kind",
            tag.value,
            known,
            nearest(tag.value, known),
        )
    if kind == "literal_error":
        known = tuple(part.strip(" '") for part in context["expected"].replace(" or ", ", ").split(","))
        known = tuple(choice for choice in known if choice != "None")
        return BadValue(place, "is not one of the choices", node.plain(), known, nearest(node.value, known))
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
        "string_pattern_mismatch": "is not a name (letters, digits, space, '-' and '_', at most 64)",
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
