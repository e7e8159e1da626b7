"""Registers as tables: the SR-IOV capability bit by bit, and a PF's configuration space beside a VF's.

In a notebook ``Bits(pf)`` and ``Beside(pf, vf)`` show themselves as tables; in a terminal as aligned text. A PF by itself
is shown as its ``Bits``.

*Scope*: reading; nothing is changed by looking. *Validation*: ``tests/sriov/test_show.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov.state import Physical, Virtual

HEADINGS = ("offset", "register", "bits", "field", "value", "access", "rule")


@dataclass(frozen=True, slots=True)
class Row:
    """One field with its value."""

    offset: int
    register: str
    high: int
    low: int
    field: str
    value: int
    access: str
    rule: str

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, one cell for each heading."""
        bits = f"{self.high}:{self.low}" if self.high != self.low else str(self.low)
        width = -(-(self.high - self.low + 1) // 4)
        value = f"{self.value:#0{width + 2}x}" if self.high != self.low else str(self.value)
        return (f"{self.offset:#05x}", self.register, bits, self.field, value, self.access, self.rule)


@dataclass(frozen=True)
class Bits:
    """The registers of a PF at the moment of looking."""

    pf: Physical

    def rows(self) -> list[Row]:
        """Return one row for each field."""
        get, at = self.pf.hardware.get, self.pf.hardware.model.sriov_offset
        return [
            Row(at + register.offset, register.name, field.high, field.low, field.name,
                (get(register.offset, register.size) & field.mask) >> field.low, field.access, field.rule)
            for register in r.REGISTERS
            for field in register.fields
        ]  # fmt: skip

    def __repr__(self) -> str:
        return _text(HEADINGS, [row.cells() for row in self.rows()])

    def _repr_html_(self) -> str:
        caption = f"SR-IOV capability of {self.pf.name} ({self.pf.hardware.model.title})"
        strong = [bool(row.value) and row.access in ("RW", "RW1C") for row in self.rows()]
        return _html(caption, HEADINGS, [row.cells() for row in self.rows()], strong)


@dataclass(frozen=True)
class Beside:
    """What a PF and a VF answer to the same reads."""

    pf: Physical
    vf: Virtual

    def cells(self) -> list[tuple[str, ...]]:
        """Return one row for each field: name, PF, VF, and the rule behind the VF's value."""
        model = self.pf.hardware.model
        rows = [
            (name, *(f"{item.hardware.read(offset, size):#0{2 * size + 2}x}" for item in (self.pf, self.vf)), rule)
            for name, offset, size, rule in _FIELDS
        ]
        bar = next(iter(model.vf_bars))
        start, end = self.vf.hardware.window(bar)
        own = "-" if bar not in model.pf_bars else f"{self.pf.hardware.base(bar):#x}"
        rows.append(("memory of BAR", own, f"{start:#x} to {end:#x}", "a slice of what the PF's VF BAR decodes"))
        rows.append(("MSI-X vectors", str(model.pf_msix), str(self.vf.hardware.vectors), "a table of its own"))
        rows.append(
            ("routing id", f"{self.pf.rid:#06x}", f"{self.vf.rid:#06x}", "PF + First VF Offset + k x VF Stride")
        )
        return rows

    def __repr__(self) -> str:
        return _text(BESIDE, self.cells())

    def _repr_html_(self) -> str:
        rows = self.cells()
        caption = f"{self.pf.name} beside {self.vf.name}"
        return _html(caption, BESIDE, rows, [row[1] != row[2] for row in rows])


BESIDE = ("field", "PF", "VF", "why")
_FIELDS = (
    ("vendor id", 0x00, 2, "software takes it from the PF"),
    ("device id", 0x02, 2, "VF Device ID in the PF's capability"),
    ("command", c.COMMAND, 2, "bus master is its own; memory decode is the PF's VF MSE, whatever bit 1 says"),
    ("class", 0x08, 4, "as the PF"),
    *((f"BAR{bar}", c.BAR0 + 4 * bar, 4, "reads 0: the address is in the PF's VF BAR") for bar in range(6)),
    ("interrupt pin", 0x3D, 1, "no pin: interrupts are messages"),
)


def _text(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _html(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], strong: Sequence[bool]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = [
        f"<tr{' style=font-weight:bold' * bold}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row, bold in zip(rows, strong, strict=True)
    ]
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{''.join(body)}</table>"
