"""What was read, where, and for which CPU: the raw numbers that the hosts and NICs are composed of.

*Scope*: only readings that some host or NIC uses; kept as JSON because the addresses are long.
*Validation*: a test requires every reading to be used, and every formula to give the value stated beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from simulator.citation import Citation


@dataclass(frozen=True, slots=True)
class Reading:
    """One number, or a few read together, in the source's own unit. ``cpu`` is the family: ``any`` = does not depend on
    it."""

    id: str
    quantity: str
    values: tuple[Decimal, ...]
    unit: str
    cpu: str
    citation: Citation


@cache
def readings() -> dict[str, Reading]:
    """All readings by id."""
    text = Path(__file__).with_name("readings.json").read_text(encoding="utf-8")
    return {row["id"]: _reading(row) for row in json.loads(text)}


def _reading(row: dict[str, object]) -> Reading:
    fields = {key: str(value) for key, value in row.items() if key != "values"}
    citation = Citation(
        title=fields["title"],
        url_or_doc=fields["url"],
        hardware=fields["hardware"],
        conditions=fields["conditions"],
        confidence=fields["confidence"],  # type: ignore[arg-type]  # checked by a test over the whole file
    )
    values = row["values"]
    assert isinstance(values, list)
    return Reading(
        id=fields["id"],
        quantity=fields["quantity"],
        values=tuple(Decimal(value) for value in values),
        unit=fields["unit"],
        cpu=fields["cpu"],
        citation=citation,
    )
