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

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

from simulator.scenario.choice import OneOf
from simulator.scenario.model import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_FILLED = ("name", "tick", "idle", "variability")
"""Keys that the grammar needs and the reader fills in: a source is named by its kind, a file by itself."""
_NAMED = {
    "host": "The machine, or the name of a catalogued one, or a host file.",
    "nic": "Its network adapter, or the name of a catalogued one.",
    "switch": "What carries packets between guests and the wire, or its kind.",
}


class _AsWritten(GenerateJsonSchema):
    """Schema whose defaults are in the words of a scenario file."""

    def get_default_value(self, schema: WithDefaultSchema) -> Any:
        default = super().get_default_value(schema)
        write = schema["schema"].get("serialization", {}).get("function")
        return write(default) if write is not None and isinstance(default, int) else default


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
    schema["required"] = ["schema"]
    return {"$schema": DIALECT, **schema}


def _relax(definition: dict[str, Any]) -> None:
    needed = [key for key in definition.pop("required", ()) if key not in _FILLED]
    if needed:
        definition["required"] = needed


def _short_forms(definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what may be written instead of a map: the first key's value, the two ends of a range, the idle word, an IOMMU's mode."""
    found: dict[str, dict[str, Any]] = {"Idle": _TEXT}
    for name in ("Iommu", "VirtualIommu"):
        found[name] = {"enum": definitions[name]["properties"]["mode"]["enum"]}
    for choice in OneOf.__subclasses__():
        found[choice.__name__] = definitions[choice.__name__]["properties"][choice.first]["anyOf"][0]
    for name in ("SizeRange", "TimeRange"):
        ends = [definitions[name]["properties"][key] for key in ("from", "to")]
        found[name] = {"type": "array", "prefixItems": ends, "minItems": 2, "maxItems": 2}
    return found
