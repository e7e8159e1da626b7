"""A number that says where it comes from.

Every cost and every device fact is a :class:`Cited`: value, unit, range, hardware, sources and a status. The status
says the *weakest* thing that is true of the value, so a formula over one borrowed reading is borrowed.

*Scope*: plain frozen data; how values are composed is told in ``docs/explanation/costs.md``.
*Validation*: ``tests/unit/test_costs.py`` recomputes each value from its formula and refuses a status its sources do
not bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

Status = Literal["measured", "cited", "derived", "borrowed", "assumed"]
"""``measured`` here; ``cited``: read in a source for this hardware; ``derived``: computed from such readings;
``borrowed``: from another CPU or device, or an operation close to the one meant; ``assumed``: no source read gives it.
"""

STATUSES: tuple[Status, ...] = get_args(Status)

Confidence = Literal["high", "medium", "low"]
"""``high``: number in a primary source; ``medium``: CPU not named, vendor claim, old mail; ``low``: forum, tracing
overhead."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One place where a number was read, and what it was read for."""

    title: str
    url_or_doc: str
    hardware: str
    conditions: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Cited:
    """A value in the model's integer unit, with its origin.

    ``value``, ``low`` and ``high`` are in ``unit`` (``ps``, ``fs/B``, ``Hz``, ``bit/s``, ...). ``given`` and
    ``given_unit`` keep the number as its source states it, before the one conversion at load. The range spans the
    sources read; where ``range_assumed`` is true nobody measured it.
    """

    name: str
    value: int
    unit: str
    status: Status
    hardware: str
    sources: tuple[Citation, ...]
    low: int
    high: int
    note: str
    formula: str
    source_name: str
    given: Decimal
    given_unit: str
    readings: tuple[str, ...] = ()
    range_assumed: bool = False
