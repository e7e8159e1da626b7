"""A plan's name for the record: SHA-256 over all field names and values and the numbering of timer slots.

Two plans with the same fingerprint run alike for equal seeds; any change of a field, of the order of entities or of the slot
classes changes it. *Scope*: data only, no engine version. *Validation*: `tests/unit/test_plan_fingerprint.py` (a golden value,
and every field changed once).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from simulator.plan import slots
from simulator.plan.model import NONE, Plan

ADDED: dict[str, dict[str, int]] = {
    "Dma": {"iotlb_entries": NONE, "page_bytes": 4096, "walkers": 1, "walk_ps": 0},
    "DescRing": {"base_bytes": NONE, "stride_bytes": 2048, "order": NONE, "buffers": 0},
    "Worker": {"spin": NONE, "spin_packet_ps": 0, "spin_reap_ps": 0},
}
"""Fields that came later: a plan in which they say nothing is the plan that it was before."""


def fingerprint(plan: Plan) -> str:
    """64 hexadecimal digits, the same on every machine and Python version."""
    content = _plain(plan)
    assert isinstance(content, dict), plan.name
    if not plan.events:
        del content["events"]  # a plan in which nothing changes is the plan that it was before there were events
    whole = {"plan": content, "slots": slots.names(plan)}
    # Keys in order and ASCII make one text of one plan; integers have no second spelling in JSON.
    text = json.dumps(whole, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    kind: Any = type(value)
    if kind is int or kind is str or kind is bool:
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return value.hex() if isinstance(value, bytes) else value
    later = ADDED.get(kind.__name__, {})
    named = ((name, getattr(value, name)) for name in _names(kind))
    return {
        "": kind.__name__,
        **{name: _plain(item) for name, item in named if name not in later or item != later[name]},
    }


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The names of a class's fields in alphabetical order: those of JSON with sorted keys."""
    return tuple(sorted(field.name for field in fields(kind)))
