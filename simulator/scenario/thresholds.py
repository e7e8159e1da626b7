"""What a result must keep: ``latency.p99{datapath=sriov-vf} < 30 us``, ``loss_ratio < 0.01 %``, or, for a metric that is true
or false, the metric alone.

*Scope*: syntax; whether the metric exists is known where metrics are, and the study says so before it runs anything.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from simulator import units
from simulator.errors import BadValue
from simulator.scenario.fields import Kind

_TEXT = re.compile(
    r"(?P<metric>[a-z][a-z0-9_.]*)\s*(?:\{(?P<where>[^{}]*)\})?\s*(?P<operator><=|>=|<|>)\s*(?P<value>\S.*?)\s*"
)
_STATEMENT = re.compile(r"(?P<metric>[a-z][a-z0-9_.]*)\s*(?:\{(?P<where>[^{}]*)\})?")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_EXAMPLE = "write it as 'latency.p99{datapath=sriov-vf} < 30 us'"


HOLDS = "holds"
"""Operator of a threshold that is a metric by itself, such as ``steady{series=VF}``: what it says must be true."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit on one metric of the points whose parameters match ``where``."""

    text: str
    metric: str
    where: tuple[tuple[str, str], ...]
    operator: str
    value: Fraction
    """In base units of ``dimension`` (ps, bit/s, millipps, ppm, ...), or the bare number."""
    dimension: units.Dimension | None

    def holds(self, measured: Fraction | int | float) -> bool:
        """Return whether ``measured``, in the threshold's base units, keeps it."""
        left, right = Fraction(measured), self.value
        return {HOLDS: left >= right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[
            self.operator
        ]


def parse_threshold(text: str) -> Threshold:
    """Return the threshold that ``text`` states; ``InputError`` without a place if it states none."""
    match = _TEXT.fullmatch(text.strip()) if len(text) <= 300 else None
    stated = _STATEMENT.fullmatch(text.strip()) if match is None and len(text) <= 300 else None
    if stated is not None:
        return Threshold(text, stated["metric"], _where(text, stated["where"]), HOLDS, Fraction(1), None)
    if match is None:
        raise BadValue("", f"is not a threshold; {_EXAMPLE}", text)
    dimension = units.dimension_of(match["value"])
    if dimension is not None:
        value = Fraction(units.parse(match["value"], dimension))
    elif _NUMBER.fullmatch(match["value"]):
        value = Fraction(Decimal(match["value"]))
    else:
        raise BadValue("", f"ends in no number with a known unit; {_EXAMPLE}", text)
    return Threshold(text, match["metric"], _where(text, match["where"]), match["operator"], value, dimension)


def _where(text: str, written: str | None) -> tuple[tuple[str, str], ...]:
    pairs = [piece.partition("=") for piece in (written or "").split(",") if piece.strip()]
    if any(not (key.strip() and equals and value.strip()) for key, equals, value in pairs):
        raise BadValue("", f"has a condition that is not key=value; {_EXAMPLE}", text)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def _read(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("", f"is not a threshold; {_EXAMPLE}", value)
    return parse_threshold(value).text


THRESHOLD = Kind(_read, str, lambda: {"type": "string", "examples": ["latency.p99{datapath=sriov-vf} < 30 us"]})
