"""The JSON Schema of scenario files, for editors and for the reference page of the documentation.

Save what ``sriovsim check --schema`` prints as ``scenario.schema.json`` and begin a scenario with the line
``# yaml-language-server: $schema=./scenario.schema.json``: the editor then completes keys and marks faults.

1. The grammar gives keys, types, limits and, from the text under each field, what the key means.
2. Defaults are written as a scenario would write them: ``1500 B``, not 1500.
3. What the reader accepts beside the grammar is added: short forms, ``extends``, keys that it fills in itself.

*Scope*: what a schema can say; faults between values are found by ``sriovsim check``.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

import ast
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import ModelSchema, WithDefaultSchema

from simulator.scenario.choice import OneOf
from simulator.scenario.fields import Strict
from simulator.scenario.model import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_FILLED = ("name", "tick", "idle", "variability")
"""Keys that the grammar needs and the reader fills in: a source is named by its kind, a file by itself."""
_NAMED = {
    "host": "The machine, or the name of a catalogued one, or a host file.",
    "nic": "Its network adapter, or the name of a catalogued one.",
    "switch": "What carries packets between guests and the wire, or its kind.",
    "network": "What joins adapters outside of their hosts, or its kind.",
}


class _AsWritten(GenerateJsonSchema):
    """Schema whose defaults are in the words of a scenario file, and whose keys mean what stands under their fields."""

    def model_schema(self, schema: ModelSchema) -> dict[str, Any]:
        found, model = super().model_schema(schema), schema["cls"]
        meanings = _meanings(model)
        for name, field in model.model_fields.items():
            if name in meanings and (key := field.alias or name) in found["properties"]:
                found["properties"][key].setdefault("description", meanings[name])
        return found

    def get_default_value(self, schema: WithDefaultSchema) -> Any:
        default = super().get_default_value(schema)
        write = schema["schema"].get("serialization", {}).get("function")
        return write(default) if write is not None and isinstance(default, int) else default


def _meanings(model: type) -> dict[str, str]:
    """Field -> the text under it. Pydantic could read it when the class is made, which takes a sixth of all imports."""
    found: dict[str, str] = {}
    for owner in model.__mro__[-1::-1]:
        if issubclass(owner, Strict):
            (stated,) = ast.parse(dedent(getsource(owner))).body
            assert isinstance(stated, ast.ClassDef)
            for field, text in pairwise(stated.body):
                if (
                    isinstance(field, ast.AnnAssign)
                    and isinstance(text, ast.Expr)
                    and isinstance(text.value, ast.Constant)
                ):
                    found[ast.unparse(field.target)] = cleandoc(str(text.value.value))
    return found


def json_schema() -> dict[str, Any]:
    """Return the schema of a scenario file, with the keys and short forms that the reader adds to the grammar."""
    schema = Scenario.model_json_schema(by_alias=True, schema_generator=_AsWritten)
    definitions = schema["$defs"]
    for definition in definitions.values():
        _relax(definition)
    for name, short in _short_forms(definitions).items():
        definitions[name] = {"anyOf": [short, definitions[name]]}
    properties = schema["properties"]
    properties["extends"] = {
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT}],
        "description": "Scenario files that this one is laid on, in order.",
    }
    for key, meaning in _NAMED.items():
        properties[key] = {"anyOf": [_TEXT, properties[key]], "description": meaning}
    further = definitions["FurtherHost"]["properties"]
    for key in ("host", "nic", "switch"):
        further[key] = further[key] | {"anyOf": [_TEXT, *further[key]["anyOf"]]}
    for name in ("FurtherHost", "NamedNic"):
        definitions[name] = {"anyOf": [_TEXT, definitions[name]]}
    schema["required"] = ["schema"]
    return {"$schema": DIALECT, **schema}


def _relax(definition: dict[str, Any]) -> None:
    needed = [key for key in definition.pop("required", ()) if key not in _FILLED]
    if needed:
        definition["required"] = needed


def _short_forms(definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what may be written instead of a map: the first key's value, the two ends of a range, the idle word, a mode."""
    found: dict[str, dict[str, Any]] = {"Idle": _TEXT, "Bond": definitions["Bond"]["properties"]["mode"]}
    for name in ("Iommu", "VirtualIommu"):
        found[name] = {"enum": definitions[name]["properties"]["mode"]["enum"]}
    for choice in OneOf.__subclasses__():
        found[choice.__name__] = definitions[choice.__name__]["properties"][choice.first]["anyOf"][0]
    for name in ("SizeRange", "TimeRange"):
        ends = [definitions[name]["properties"][key] for key in ("from", "to")]
        found[name] = {"type": "array", "prefixItems": ends, "minItems": 2, "maxItems": 2}
    return found
