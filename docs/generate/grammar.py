"""The page of the scenario grammar, from the JSON Schema that editors use.

1. Walk the schema from the top; each map becomes a section, headed by its place in a file.
2. Each key becomes a row: type, unit, default, meaning. The meaning is the text under the field in the code.

*Scope*: what the schema says. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generate.markdown import code, page, prose, table
from simulator import units
from simulator.scenario import json_schema
from simulator.scenario.fields import CORES, SWITCH, quantity

TOP = "Top level"
HEAD = ("key", "type", "unit", "default", "meaning")
INTRODUCTION = """# Scenario files

Every key of a scenario file. The page is generated from the grammar that checks the files. `sriovsim check --schema`
prints the same for editors.

*needed* under *default* means that the key must be written. `null` means that nothing is written. A list of maps is
shown as `guests[]`; each of its maps holds the keys of that section."""

Schema = Mapping[str, Any]
NULL = {"type": "null"}
_DIMENSIONS = {quantity(d).schema()["pattern"]: d for d in units.DIMENSIONS}
_DIMENSIONS |= {quantity(d, off=True).schema()["anyOf"][0]["pattern"]: d for d in units.DIMENSIONS}


def pages() -> dict[str, str]:
    """The one page."""
    schema = json_schema()
    places = dict(_places(schema, schema["$defs"]))
    maps = [(TOP, schema), *((place, schema["$defs"][name]) for name, place in places.items())]
    sections = [_section(place, part, schema["$defs"], places) for place, part in maps]
    return {"scenario.md": page(INTRODUCTION, *sections, _quantities())}


def _places(schema: Schema, definitions: Schema) -> Iterator[tuple[str, str]]:
    """Each map's name and its place in a file, in the order in which a reader meets them."""
    found: dict[str, str] = {}
    queue = [(schema, "")]
    for current, prefix in queue:
        for key, value in _keys(current).items():
            for name, suffix in _references(value):
                kind = _keys(definitions[name]).get("kind", {}).get("const")
                place = f"{prefix}{key}{suffix}" + (f" with kind: {kind}" if kind else "")
                if name not in found:
                    found[name] = place
                    queue.append((definitions[name], f"{prefix}{key}{suffix}."))
    yield from found.items()


def _references(value: Any, suffix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2], suffix
        for key, part in value.items():
            if key in ("anyOf", "oneOf", "allOf"):
                yield from (pair for item in part for pair in _references(item, suffix))
            elif key in ("items", "additionalProperties"):
                yield from _references(part, suffix + "[]")


def _map(schema: Schema) -> Schema:
    """The map among the forms that a value may take."""
    return next((form for form in schema.get("anyOf", ()) if "properties" in form), schema)


def _keys(schema: Schema) -> Schema:
    keys = _map(schema).get("properties", {})
    assert isinstance(keys, Mapping)
    return keys


def _section(place: str, schema: Schema, definitions: Schema, places: Mapping[str, str]) -> str:
    whole = _map(schema)
    needed = whole.get("required", ())
    rows = [
        (code(key), _type(value, places), _unit(value), _default(key, value, needed), _meaning(value, definitions))
        for key, value in whole["properties"].items()
    ]
    title = place if place == TOP else code(place)
    short = "" if whole is schema else f"Short form: {_type(schema['anyOf'][0], places)}."
    return page(f"({_label(place)})=\n## {title}", prose(whole.get("description")), short, table(HEAD, rows))


def _meaning(value: Schema, definitions: Schema) -> str:
    # a key whose meaning is that of its map carries none of its own
    target = next((definitions[name] for name, _ in _references(value)), {})
    return prose(value.get("description") or _map(target).get("description"))


def _label(place: str) -> str:
    return "scenario-" + "".join(c if c.isalnum() else "-" for c in place.lower())


def _type(value: Schema, places: Mapping[str, str]) -> str:
    forms = dict.fromkeys(_forms(value, places))
    forms.pop("null", None)
    return " or ".join(forms)


def _forms(value: Schema, places: Mapping[str, str]) -> Iterator[str]:
    dimension = _DIMENSIONS.get(value.get("pattern", ""))
    if _same(value, SWITCH.schema()):
        yield "`on` or `off`"
    elif [form for form in value.get("anyOf", ()) if form != NULL] == CORES.schema()["anyOf"]:
        yield "cores such as `0-3,8` or `[0, 1]`"
    elif "$ref" in value:
        place = places[value["$ref"].rpartition("/")[2]]
        yield f"[{place.rpartition(' with ')[2]}](#{_label(place)})"
    elif forms := value.get("anyOf") or value.get("oneOf"):
        for form in forms:
            yield from _forms(form, places)
    elif "const" in value:
        yield "`off`" if value["const"] is False else code(json.dumps(value["const"]).strip('"'))
    elif "enum" in value:
        yield ", ".join(code(str(choice)) for choice in value["enum"] if choice is not None)
    elif dimension is not None:
        yield dimension.name
    else:
        yield _plain(value, places)


def _plain(value: Schema, places: Mapping[str, str]) -> str:
    kind = value.get("type")
    if kind == "array":
        ends = value.get("prefixItems")
        return "two ends, `[from, to]`" if ends else f"list of {_type(value.get('items', {}), places) or 'values'}"
    if kind == "object":
        below = value.get("additionalProperties")
        if not isinstance(below, dict):
            return "map"
        return "map of maps" if below.get("type") == "object" else f"map of {_type(below, places)} by name"
    if kind == "integer":
        return f"whole number{_limits(value)}"
    return {"string": "text", "boolean": "`on` or `off`", "null": "null"}.get(str(kind), "any value")


def _limits(value: Schema) -> str:
    least, most = value.get("minimum"), value.get("maximum")
    if most is None and "exclusiveMaximum" in value:
        most = value["exclusiveMaximum"] - 1
    return f", {least:,} to {most:,}" if least is not None and most is not None else ""


def _same(value: Schema, kind: Schema) -> bool:
    return all(value.get(key) == part for key, part in kind.items())


def _unit(value: Schema) -> str:
    patterns = [form.get("pattern", "") for form in (value, *value.get("anyOf", ()))]
    found = {d.name: d for pattern in patterns if (d := _DIMENSIONS.get(pattern))}
    return ", ".join(unit for dimension in found.values() for unit in dimension.shown)


def _default(key: str, value: Schema, needed: Any) -> str:
    if "const" in value or key in needed:
        return "*needed*"
    default = value.get("default")
    if isinstance(default, dict):
        return code(", ".join(f"{k}: {_word(v)}" for k, v in default.items() if v is not None))
    return code(_word(default)) if "default" in value and default not in ("", [], {}) else ""


def _word(value: Any) -> str:
    words = {True: "on", False: "off"}
    return words[value] if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)


def _quantities() -> str:
    rows = [
        (d.name, d.base, ", ".join(code(unit) for unit in d.factors), code(d.example), f"{d.largest:,} {d.base}")
        for d in units.DIMENSIONS
    ]
    text = "A quantity is a number and a unit. What is not a whole number of base units is an error, never rounded."
    return page("## Units", text, table(("quantity", "base unit", "units", "example", "largest"), rows))
