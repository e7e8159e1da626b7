"""From rows as people write them to :class:`~simulator.citation.Cited` values in the model's integer units.

1. A row states a number in its source's unit, a status, and a formula over readings.
2. The number is converted once: cycles at the host's clock, ns half to even, GB/s to fs per byte.
3. A range that no source gives is half to double the value and says that it is assumed.

*Scope*: conversion only. The formula is text: the test-suite evaluates it, a run never does.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from simulator.citation import Cited, Status
from simulator.costs.readings import readings

_PS_PER_S = 10**12
_PS = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9}
NO_HARDWARE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a catalogue file. ``value``, ``low``, ``high`` are decimal texts in ``unit``; an empty range follows
    the status."""

    name: str
    value: str
    unit: str
    status: Status
    readings: tuple[str, ...] = ()
    formula: str = ""
    low: str = ""
    high: str = ""
    source_name: str = ""
    note: str = ""


def cycles_to_ps(cycles: Decimal | int, clock_hz: int) -> int:
    """Picoseconds of ``cycles`` at ``clock_hz``, rounded half up."""
    return int((Fraction(cycles) * _PS_PER_S + clock_hz // 2) // clock_hz)


def cycles_to_ns(cycles: Decimal | int, clock_hz: int) -> Decimal:
    """Nanoseconds of ``cycles`` at ``clock_hz``, for rows that mix both."""
    return Decimal(cycles) * 10**9 / clock_hz


def assumed(name: str, value: str, unit: str = "ns", note: str = "", low: str = "", high: str = "") -> Row:
    """A row that no source read gives."""
    return Row(name, value, unit, "assumed", note=note, low=low, high=high)


def compose(
    rows: Sequence[Row], units: dict[str, tuple[str, str]], clock_hz: int, exact: bool = False
) -> dict[str, Cited]:
    """Convert rows by name. ``exact`` gives assumed values no range (a textbook host has none)."""
    return {row.name: _convert(row, units[row.name][0], clock_hz, exact) for row in rows}


def twins(costs: dict[str, Cited], pairs: Iterable[tuple[str, str]], note: str) -> dict[str, Cited]:
    """Copies under a second name: ``(new name, name copied)``."""
    return {
        new: replace(costs[old], name=new, note=f"{note}; {costs[old].note}".rstrip("; "), formula=old)
        for new, old in pairs
    }


def _convert(row: Row, unit: str, clock_hz: int, exact: bool) -> Cited:
    found = [readings()[key] for key in row.readings]
    ends, range_assumed = _range(row, exact)
    low, high = sorted(_to_unit(end, row.unit, unit, clock_hz) for end in ends)
    return Cited(
        name=row.name,
        value=_to_unit(Decimal(row.value), row.unit, unit, clock_hz),
        unit=unit,
        status=row.status,
        hardware="; ".join(dict.fromkeys(item.citation.hardware for item in found)) or NO_HARDWARE,
        sources=tuple(dict.fromkeys(item.citation for item in found)),
        low=low,
        high=high,
        note=row.note,
        formula=row.formula,
        source_name=row.source_name,
        given=Decimal(row.value),
        given_unit=row.unit,
        readings=row.readings,
        range_assumed=range_assumed,
    )


def _range(row: Row, exact: bool) -> tuple[tuple[Decimal, Decimal], bool]:
    value = Decimal(row.value)
    if exact or row.unit == "bool":
        return (value, value), False
    if row.low or row.high:
        return (Decimal(row.low or row.value), Decimal(row.high or row.value)), False
    if row.status != "assumed":
        return (value, value), False
    return (value / 2, value * 2), True


def _to_unit(value: Decimal, given: str, unit: str, clock_hz: int) -> int:
    if given == "cycles" and unit == "ps":
        return cycles_to_ps(value, clock_hz)
    if given == "GB/s" and unit == "fs/B":
        return int((Decimal(10**6) / value).to_integral_value(ROUND_HALF_EVEN))
    if given in _PS and unit == "ps":
        return int((value * _PS[given]).to_integral_value(ROUND_HALF_EVEN))
    if given != unit:
        raise ValueError(f"no conversion from {given} to {unit}")
    return int(value.to_integral_value(ROUND_HALF_EVEN))
