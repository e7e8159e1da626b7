"""A plan's name for the record: SHA-256 over all field names and values and the numbering of timer slots.

Two plans with the same fingerprint run alike for equal seeds; any change of a field, of the order of entities or of the slot
classes changes it. *Scope*: data only, no engine version. *Validation*: `tests/unit/test_plan_fingerprint.py` (a golden value,
and every field changed once).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass

from simulator.plan import slots
from simulator.plan.model import Plan


def fingerprint(plan: Plan) -> str:
    """64 hexadecimal digits, the same on every machine and Python version."""
    content = _plain(plan)
    assert isinstance(content, dict), plan.name
    if not plan.events:
        del content["events"]  # a plan in which nothing changes is the plan that it was before there were events
    whole = {"plan": content, "slots": slots.names(plan)}
    # Sorted keys and ASCII make one text of one plan; integers have no second spelling in JSON.
    text = json.dumps(whole, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {"": type(value).__name__, **{field.name: _plain(getattr(value, field.name)) for field in fields(value)}}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value
