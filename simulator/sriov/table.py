"""The SR-IOV capability as a table of bits: name, bits, value, who may write it, and what the value means.

In a notebook ``Bits(pf)`` shows itself as a table; in a terminal as aligned text.

*Scope*: reading; nothing is changed by looking. *Validation*: ``tests/sriov/test_show.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from simulator.sriov import registers as r
from simulator.sriov.state import Physical

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

    def __str__(self) -> str:
        rows = [HEADINGS, *(row.cells() for row in self.rows())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in HEADINGS)
        body = []
        for row in self.rows():
            strong = " style='font-weight:bold'" if row.value and row.access in ("RW", "RW1C") else ""
            body.append(f"<tr{strong}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) + "</tr>")
        caption = escape(f"SR-IOV capability of {self.pf.name} ({self.pf.hardware.model.title})")
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{''.join(body)}</table>"
