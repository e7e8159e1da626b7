"""The JSON Schema of scenario files, for editors.

Save what ``sriovsim check --schema`` prints as ``scenario.schema.json`` and begin a scenario with the line
``# yaml-language-server: $schema=./scenario.schema.json``: the editor then completes keys and marks faults.

*Scope*: what a schema can say; faults between values are found by ``sriovsim check``.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from typing import Any

from simulator.scenario.model import Scenario


def json_schema() -> dict[str, Any]:
    """Return the schema of a scenario file, with the keys that the loader adds to the grammar."""
    schema = Scenario.model_json_schema(by_alias=True)
    extends = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    schema["properties"]["extends"] = extends
    for key in ("host", "nic", "switch"):
        whole = schema["properties"][key]
        schema["properties"][key] = {"anyOf": [{"type": "string"}, whole]}
    schema["required"] = ["schema"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
