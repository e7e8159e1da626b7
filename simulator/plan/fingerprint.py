"""A plan's name for the record: SHA-256 over all field names and values and the numbering of timer slots.

Two plans with the same fingerprint run alike for equal seeds; any change of a field, of the order of entities or of the slot
classes changes it. *Scope*: data only, no engine version. *Validation*: `tests/unit/test_plan_fingerprint.py` (a golden value,
and every field changed once).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from simulator.plan import slots
from simulator.plan.model import NONE, Plan
from simulator.plan.references import reader

ADDED: dict[str, dict[str, object]] = {
    "Dma": {"iotlb_entries": NONE, "page_bytes": 4096, "walkers": 1, "walk_ps": 0},
    "DescRing": {"base_bytes": NONE, "stride_bytes": 2048, "order": NONE, "buffers": 0},
    "Worker": {"spin": NONE, "spin_packet_ps": 0, "spin_reap_ps": 0},
    "Plan": {"events": ()},
}
"""Fields that came later: a plan in which they say nothing is the plan that it was before."""


def fingerprint(plan: Plan) -> str:
    """64 hexadecimal digits, the same on every machine and Python version."""
    # Keys in order and ASCII make one text of one plan; integers have no second spelling in JSON.
    text = f'{{"plan":{_text(plan)},"slots":{json.dumps(slots.names(plan), separators=(",", ":"))}}}'
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _text(value: object) -> str:
    """A value as JSON."""
    kind: Any = type(value)
    if kind is int:
        return repr(value)
    if kind is str:
        return _quoted(value)  # type: ignore[arg-type]
    if kind is bool:
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{','.join(map(_text, value))}]"
    if not is_dataclass(value):
        return _quoted(value.hex()) if isinstance(value, bytes) else json.dumps(value)
    head, read, names, later = _form(kind)
    named = zip(names, read(value), strict=True)
    return (
        f"{head}{','.join([name + _text(item) for name, item in named if name not in later or item != later[name]])}}}"
    )


@cache
def _form(kind: Any) -> tuple[str, Callable[[Any], tuple[Any, ...]], list[str], dict[str, object]]:
    """How the text of a class begins, how its fields are read, their keys in alphabetical order, that of JSON with sorted keys, and the values
    at which a later one is left out."""
    names = sorted(field.name for field in fields(kind))
    later: dict[str, object] = {_key(name): value for name, value in ADDED.get(kind.__name__, {}).items()}
    return f'{{"":{_quoted(kind.__name__)},', reader(names), [_key(name) for name in names], later


def _key(name: str) -> str:
    return f"{_quoted(name)}:"
