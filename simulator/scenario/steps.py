"""The values of one swept path: a list as written, or ``{from, to, steps, scale: linear | log}``.

1. Both ends are exact; what lies between is rounded to four significant digits (whole numbers: to the nearest).
2. The logarithmic scale is computed in decimal arithmetic, so every machine gets the same steps.
3. Whole numbers that fall together are given once.

*Scope*: whole numbers and quantities with a unit.
*Validation*: ``tests/unit/test_scenario_points.py``.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction

from simulator import units
from simulator.errors import BadValue, InputError, unknown
from simulator.formats.yaml12 import Node

MOST_STEPS = 10_000
_KEYS = ("from", "to", "steps", "scale")
_SCALES = ("linear", "log")
_DECIMAL = Context(prec=40)
_SHOWN = Context(prec=4)


def steps(node: Node) -> list[Node]:
    """Return the values that ``node`` stands for; ``InputError`` if it is neither a list nor a range."""
    if isinstance(node.value, list):
        if not node.value or len(node.value) > MOST_STEPS:
            raise InputError(node.key_origin, f"a swept path needs 1 to {MOST_STEPS:,} values", str(len(node.value)))
        return node.value
    if not isinstance(node.value, dict):
        raise BadValue(node.origin, "is no list of values and no {from, to, steps, scale}", node.plain())
    held = node.value
    for key in held:
        if key not in _KEYS:
            raise unknown(held[key].key_origin, "key of a range", key, _KEYS)
    absent = [key for key in _KEYS[:3] if key not in held]
    if absent:
        raise InputError(node.key_origin, "a range needs from, to and steps; missing", ", ".join(absent))
    return [replace(node, value=value) for value in _range(held)]


def _range(held: dict[str, Node]) -> list[str | int | float | bool | None]:
    count, scale = held["steps"], held.get("scale")
    if not isinstance(count.value, int) or isinstance(count.value, bool) or not 2 <= count.value <= MOST_STEPS:
        raise BadValue(count.origin, f"is not a number of steps from 2 to {MOST_STEPS:,}", count.plain())
    if scale is not None and scale.value not in _SCALES:
        raise unknown(scale.origin, "scale", scale.plain(), _SCALES)
    logarithmic = scale is not None and scale.value == "log"
    first, last = held["from"], held["to"]
    if isinstance(first.value, int) and isinstance(last.value, int):
        exact = _between(Fraction(first.value), Fraction(last.value), count.value, logarithmic, last.origin)
        return list(dict.fromkeys([first.value, *(round(value) for value in exact), last.value]))
    return _quantities(first, last, count.value, logarithmic)


def _quantities(first: Node, last: Node, count: int, logarithmic: bool) -> list[str | int | float | bool | None]:
    dimension = units.dimension_of(first.value)
    if dimension is None:
        raise BadValue(first.origin, "is neither a whole number nor a quantity with a known unit", first.plain())
    try:
        low, high = units.parse(first.value, dimension), units.parse(last.value, dimension)
    except InputError as error:
        raise error.at(last.origin) from None
    unit = units.split(first.value, dimension)[1]
    factor = dimension.factors[unit]
    inner = _between(Fraction(low) / factor, Fraction(high) / factor, count, logarithmic, last.origin)
    between = [f"{format(_SHOWN.create_decimal(_decimal(value)).normalize(), 'f')} {unit}" for value in inner]
    return [str(first.value), *between, str(last.value)]


def _between(low: Fraction, high: Fraction, count: int, logarithmic: bool, place: str) -> list[Fraction]:
    """Return the steps strictly between the two ends."""
    if not logarithmic:
        return [low + (high - low) * index / (count - 1) for index in range(1, count - 1)]
    if low <= 0 or high <= 0:
        raise InputError(place, "a logarithmic scale needs both ends above zero")
    growth = _DECIMAL.ln(_decimal(high / low))
    powers = [_DECIMAL.exp(_DECIMAL.multiply(growth, _decimal(Fraction(k, count - 1)))) for k in range(1, count - 1)]
    return [low * Fraction(power) for power in powers]


def _decimal(value: Fraction) -> Decimal:
    return _DECIMAL.divide(Decimal(value.numerator), Decimal(value.denominator))
