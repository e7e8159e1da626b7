"""Quantities with units, read once at the edge and kept as exact integers of one base unit.

1. A text is a decimal number, optional space, a unit: ``"10 us"``, ``"1.5 KiB"``, ``"9.5 Gbit/s"``, ``"1.2 Mpps"``.
2. The number is read as a decimal fraction and multiplied by the unit's exact factor; what is not a whole number of
   base units is an error, never rounded.
3. ``exact_*`` writes the shortest text that reads back as the same integer; ``format_*`` rounds for tables.

Base units: time ps, size B, bit rate bit/s, packet rate millipps (thousandths of a packet per second: slow sources such
as 0.5 pps stay exact), frequency Hz, length mm, ratio ppm, time per byte fs/B. KB = 1000 B, KiB = 1024 B; rates are in
bits unless ``B/s`` is written.

*Scope*: non-negative quantities; no compound expressions.
*Validation*: ``tests/unit/test_units.py`` (round trips on random integers, every unit once by hand).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from simulator.errors import BadValue, nearest

_TEXT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?)\s*(?P<unit>[A-Za-zµμ%]\S*)?", re.ASCII)
_LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Dimension:
    """One kind of quantity: its base unit, the factor of every unit that users may write, and the largest value."""

    name: str
    base: str
    factors: Mapping[str, Fraction]
    shown: tuple[str, ...]
    """Units used when writing, largest first."""
    example: str
    largest: int


def _prefixed(unit: str, prefixes: str, base: Fraction | int = 1) -> dict[str, Fraction]:
    powers = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
    return {prefix + unit: Fraction(base) * 1000 ** powers[prefix] for prefix in [*prefixes, ""]}


_SECONDS = {"ps": 0, "ns": 3, "us": 6, "µs": 6, "μs": 6, "ms": 9, "s": 12}
_TIME = {name: Fraction(10**power) for name, power in _SECONDS.items()} | {"min": Fraction(60 * 10**12)}
_BINARY = {f"{prefix}iB": Fraction(1024 ** (1 + power)) for power, prefix in enumerate("KMGT")}
_BITS = _prefixed("bit/s", "kKMGT") | _prefixed("bps", "kKMGT") | _prefixed("b/s", "kKMGT")
_BITS |= _prefixed("B/s", "kKMGT", 8) | {f"{name}/s": 8 * factor for name, factor in _BINARY.items()}
_PER_BYTE = {f"{name}/B": Fraction(10**power) for name, power in {"fs": 0, "ps": 3, "ns": 6}.items()}


def _dimension(name: str, base: str, factors: dict[str, Fraction], shown: str, example: str, largest: int) -> Dimension:
    return Dimension(name, base, MappingProxyType(factors), tuple(shown.split()), example, largest)


TIME = _dimension("time", "ps", _TIME, "s ms us ns ps", "10 us", 10**18)
SIZE = _dimension("size", "B", _prefixed("B", "kKMGT") | _BINARY, "GiB MiB KiB B", "64 B", 2**50)
BIT_RATE = _dimension("bit rate", "bit/s", _BITS, "Gbit/s Mbit/s kbit/s bit/s", "9.5 Gbit/s", 10**14)
PACKET_RATE = _dimension("packet rate", "millipps", _prefixed("pps", "kKMG", 1000), "Mpps kpps pps", "1.2 Mpps", 10**15)
FREQUENCY = _dimension("frequency", "Hz", _prefixed("Hz", "kKMG"), "GHz MHz kHz Hz", "2.4 GHz", 10**12)
LENGTH = _dimension("length", "mm", {"mm": Fraction(1), "cm": Fraction(10), "m": Fraction(1000), "km": Fraction(10**6)},
                    "km m mm", "5 m", 10**9)  # fmt: skip
RATIO = _dimension("ratio", "ppm", {"%": Fraction(10**4), "ppm": Fraction(1)}, "%", "80 %", 10**9)
TIME_PER_BYTE = _dimension("time per byte", "fs/B", _PER_BYTE, "ns/B ps/B fs/B", "80 ps/B", 10**12)
DIMENSIONS = (TIME, SIZE, BIT_RATE, PACKET_RATE, FREQUENCY, LENGTH, RATIO, TIME_PER_BYTE)


def parse(value: object, dimension: Dimension) -> int:
    """Return ``value`` in base units of ``dimension``.

    Raises ``InputError`` without a place (the caller adds it) for a bare number, an unknown unit, a negative or too
    large quantity and for one that is not a whole number of base units.
    """
    amount, unit = split(value, dimension)
    if unit not in dimension.factors:
        known = tuple(dimension.factors)
        other = dimension_of(value)
        if other is not None:
            raise BadValue("", f"is a {other.name}, not a {dimension.name}; {_hint(dimension)}", value)
        raise BadValue("", f"has no known {dimension.name} unit", value, known, nearest(unit, known))
    amount_in_base = amount * dimension.factors[unit]
    if amount_in_base > dimension.largest:
        raise BadValue("", f"is more than the largest {dimension.name}, {exact(dimension.largest, dimension)}", value)
    if amount_in_base.denominator != 1:
        raise BadValue("", f"is not a whole multiple of {exact(1, dimension)}", value)
    return amount_in_base.numerator


def split(value: object, dimension: Dimension) -> tuple[Fraction, str]:
    """Return the number and the unit of a quantity, the unit not yet looked up."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadValue("", f"is not a {dimension.name}; {_hint(dimension)}", value)
    text = str(value).strip()
    match = _TEXT.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if match is None:
        why = "is negative" if text.startswith("-") else f"is not a {dimension.name}"
        raise BadValue("", f"{why}; {_hint(dimension)}", value)
    if match["unit"] is None:
        raise BadValue("", f"has no unit; write it out, such as '{dimension.example}'", value)
    return Fraction(Decimal(match["number"])), match["unit"]


def _hint(dimension: Dimension) -> str:
    return f"write a number with its unit, such as '{dimension.example}'"


def parse_time(value: object) -> int:
    """Return a time in ps."""
    return parse(value, TIME)


def parse_size(value: object) -> int:
    """Return a size in bytes."""
    return parse(value, SIZE)


def parse_bit_rate(value: object) -> int:
    """Return a bit rate in bit/s."""
    return parse(value, BIT_RATE)


def parse_packet_rate(value: object) -> int:
    """Return a packet rate in thousandths of a packet per second (millipps)."""
    return parse(value, PACKET_RATE)


def parse_ratio(value: object) -> int:
    """Return a ratio in ppm; 80 % is 800,000."""
    return parse(value, RATIO)


def dimension_of(value: object) -> Dimension | None:
    """Return the dimension whose unit ``value`` carries, or None for a text without a known unit."""
    match = _TEXT.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST_TEXT else None
    found = [d for d in DIMENSIONS if match is not None and match["unit"] in d.factors]
    return found[0] if found else None


def exact(value: int, dimension: Dimension) -> str:
    """Return the text that reads back as exactly ``value`` base units, in the largest unit below it."""
    if dimension is SIZE:
        unit = next(u for u in dimension.shown if value % dimension.factors[u] == 0) if value else "B"
    else:
        unit = next((u for u in dimension.shown if value >= dimension.factors[u]), dimension.shown[-1])
    return f"{_number(value / dimension.factors[unit])} {unit}"


def _number(value: Fraction | int) -> str:
    """Return a fraction whose denominator has only the factors 2 and 5 as a plain decimal."""
    digits = 0
    fraction = Fraction(value)
    while fraction.denominator != 1:
        fraction, digits = fraction * 10, digits + 1
    if digits == 0:
        return str(fraction.numerator)
    whole = str(fraction.numerator).rjust(digits + 1, "0")
    return f"{whole[:-digits]}.{whole[-digits:]}"


def exact_time(value_ps: int) -> str:
    """Return a time as text that reads back exactly."""
    return exact(value_ps, TIME)


def format_quantity(value: float | Fraction, dimension: Dimension, digits: int = 3) -> str:
    """Return ``value`` base units rounded to ``digits`` significant digits, for tables; None of it is read back."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    factors = dimension.factors
    # 999.96 ns must become 1.00 us, so the unit is chosen after rounding
    rounded = Fraction(Decimal(f"{float(size):.{digits - 1}e}"))
    unit = next((u for u in dimension.shown if rounded >= factors[u]), dimension.shown[-1])
    scaled = rounded / factors[unit]
    places = max(0, digits - len(str(int(scaled)))) if scaled else 0
    return f"{sign}{float(scaled):.{places}f} {unit}"


def format_time(value_ps: float | Fraction, digits: int = 3) -> str:
    """Return a time for a table, such as ``12.3 us``."""
    return format_quantity(value_ps, TIME, digits)


def format_bit_rate(value_bps: float | Fraction, digits: int = 3) -> str:
    """Return a bit rate for a table, such as ``9.41 Gbit/s``."""
    return format_quantity(value_bps, BIT_RATE, digits)


def format_packet_rate(value_millipps: float | Fraction, digits: int = 3) -> str:
    """Return a packet rate for a table, such as ``1.20 Mpps``."""
    return format_quantity(value_millipps, PACKET_RATE, digits)


def format_size(value_bytes: float | Fraction, digits: int = 3) -> str:
    """Return a size for a table, such as ``1.50 KiB``."""
    return format_quantity(value_bytes, SIZE, digits)


def format_ratio(value_ppm: float | Fraction, digits: int = 3) -> str:
    """Return a ratio for a table, such as ``12.5 %``."""
    return format_quantity(value_ppm, RATIO, digits)
