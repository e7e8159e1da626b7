"""What one and the same load costs with an adapter for each guest, with a bridge, and with virtual functions.

1. A design says how many adapters, cables and switch ports the guests need; the cores it keeps busy come from a run.
2. Watts and money follow from the price file: things once, cores by what is busy, energy for some years.
3. Every sum keeps its range, and how much of it rests on assumed values.

A core that polls is a busy core. An adapter that a guest has for itself is driven by the guest like a virtual function,
so its cores are those of the virtual functions.

*Scope*: arithmetic on numbers that somebody else has simulated; servers themselves, rack space and labour are left out,
since the designs share them. *Validation*: ``tests/sriov/test_bill.py`` (by hand for one case; sums and shares for all).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator.citation import Status
from simulator.sriov.prices import Price, Prices

HOURS_PER_YEAR = 365 * 24
DESIGNS = {
    "adapter per guest": "VFs",
    "port per guest": "VFs",
    "one adapter, bridge": "bridge",
    "one adapter, VFs": "VFs",
}
"""Design -> the series whose cores it takes."""
SERIES: Mapping[str, Mapping[str, str]] = {
    "VFs": {"datapath": "sriov-vf"},
    "bridge": {"datapath": "vhost-net", "interrupts": "automatic"},
}
"""What is simulated."""
Kind = Literal["money", "watts"]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run says of one series at one point."""

    guests: int
    throughput_bps: float
    loss_ratio: float
    host_cores: float
    guest_cores: float
    line_rate_bps: int


@dataclass(frozen=True, slots=True)
class Line:
    """So much of something, at so much each."""

    name: str
    kind: Kind
    quantity: float
    each: Price

    @property
    def total(self) -> float:
        """The line's sum."""
        return self.quantity * self.each.value

    @property
    def range(self) -> tuple[float, float]:
        """The line's sum at both ends of the price's range."""
        return self.quantity * self.each.low, self.quantity * self.each.high


@dataclass(frozen=True, slots=True)
class Bill:
    """One design."""

    design: str
    load: Load
    adapters: int
    cables: int
    switch_ports: int
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = ()

    def total(self, kind: Kind) -> float:
        """The sum of all lines of a kind."""
        return sum(line.total for line in self.lines if line.kind == kind)

    def range(self, kind: Kind) -> tuple[float, float]:
        """The sum with every price at the low end, and at the high end."""
        ends = [line.range for line in self.lines if line.kind == kind]
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    def assumed(self, kind: Kind) -> float | None:
        """The share of the sum that rests on assumed values; None for an empty sum."""
        total = self.total(kind)
        found = sum(line.total for line in self.lines if line.kind == kind and line.each.status == "assumed")
        return found / total if total else None


def bills(prices: Prices, nic: str, host: str, max_vfs: int, loads: Mapping[str, Load]) -> list[Bill]:
    """Return the bill of every design whose series was simulated, for one point."""
    return [
        _bill(prices, nic, host, max_vfs, design, loads[series])
        for design, series in DESIGNS.items()
        if series in loads
    ]


def _bill(prices: Prices, nic: str, host: str, max_vfs: int, design: str, load: Load) -> Bill:
    adapter, core = prices.adapter(nic), prices.core(host)
    adapters = {
        "adapter per guest": load.guests,
        "port per guest": -(-load.guests // adapter.ports),
        "one adapter, bridge": 1,
        "one adapter, VFs": -(-load.guests // max_vfs),
    }[design]
    links = load.guests if design.endswith("per guest") else adapters
    cable = prices.of_rate("cables", load.line_rate_bps)
    port = prices.of_rate("switch_ports", load.line_rate_bps)
    cores = load.host_cores + load.guest_cores
    things = (
        ("adapters", adapters, adapter),
        ("cables", links, cable),
        ("switch ports", links, port),
        ("cores", cores, core),
    )
    watts = tuple(Line(name, "watts", number, item.watts) for name, number, item in things)
    money = tuple(Line(name, "money", number, item.price) for name, number, item in things)
    energy = _energy(prices, watts)
    return Bill(design, load, adapters, links, links, (*watts, *money, energy), _remarks(prices, adapters, load))


def _energy(prices: Prices, watts: Sequence[Line]) -> Line:
    """The energy of all watts over the years; assumed if any factor of it is."""
    parts = (prices.pue, prices.price_per_kwh, prices.years)
    hours = HOURS_PER_YEAR / 1000
    drawn = sum(line.total for line in watts)
    low, high = (sum(line.range[end] for line in watts) for end in (0, 1))
    factors = [
        parts[0].value * parts[1].value * parts[2].value,
        parts[0].low * parts[1].low * parts[2].low,
        parts[0].high * parts[1].high * parts[2].high,
    ]
    status: Status = "assumed" if any(part.status == "assumed" for part in parts) else "derived"
    each = Price(
        drawn * factors[0] * hours,
        low * factors[1] * hours,
        high * factors[2] * hours,
        status,
        "watts x hours x tariff",
    )
    return Line("energy", "money", 1, each)


def _remarks(prices: Prices, adapters: int, load: Load) -> tuple[str, ...]:
    said = []
    if adapters > prices.slots_per_server.value:
        said.append(
            f"{adapters} adapters need {adapters} slots; a server has about {prices.slots_per_server.value:g} "
            f"({prices.slots_per_server.status})"
        )
    if load.loss_ratio > 0.001:
        said.append(f"loses {load.loss_ratio:.1%} of its packets in the run: the bill buys less than was offered")
    return tuple(said)


def table(found: Sequence[Bill], prices: Prices) -> str:
    """Return the bills side by side as text."""
    money, rows = f"{prices.currency} {prices.year}", []
    rows.append(("", *(bill.design for bill in found)))
    for name in ("adapters", "cables", "switch_ports"):
        rows.append((name.replace("_", " "), *(f"{getattr(bill, name):,}" for bill in found)))
    rows.append(("cores busy, host", *(f"{bill.load.host_cores:.2f}" for bill in found)))
    rows.append(("cores busy, guests", *(f"{bill.load.guest_cores:.2f}" for bill in found)))
    rows.append(("Gbit/s delivered", *(f"{bill.load.throughput_bps / 1e9:.2f}" for bill in found)))
    kinds: tuple[tuple[Kind, str], ...] = (("watts", "W"), ("money", money))
    for kind, unit in kinds:
        names = dict.fromkeys(line.name for bill in found for line in bill.lines if line.kind == kind)
        for name in names:
            label = f"energy, {prices.years.value:g} years" if name == "energy" else name
            rows.append((f"{label}, {unit}", *(f"{_of(bill, kind, name):,.0f}" for bill in found)))
        rows.append((f"sum, {unit}", *(f"{bill.total(kind):,.0f}" for bill in found)))
        rows.append(("  from low to high", *("{:,.0f} to {:,.0f}".format(*bill.range(kind)) for bill in found)))
        rows.append((f"  per guest, {unit}", *(f"{bill.total(kind) / bill.load.guests:,.1f}" for bill in found)))
        rows.append((f"  per Gbit/s, {unit}", *(_per_gbit(bill, kind) for bill in found)))
        rows.append(
            ("  assumed", *("-" if (share := bill.assumed(kind)) is None else f"{share:.0%}" for bill in found))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    lines += [f"{bill.design}: {remark}" for bill in found for remark in bill.remarks]
    return "\n".join(line.rstrip() for line in lines)


def _of(bill: Bill, kind: Kind, name: str) -> float:
    return sum(line.total for line in bill.lines if (line.kind, line.name) == (kind, name))


def _per_gbit(bill: Bill, kind: Kind) -> str:
    gbit_s = bill.load.throughput_bps / 1e9
    return f"{bill.total(kind) / gbit_s:,.0f}" if gbit_s else "-"


def to_json(found: Sequence[Bill], prices: Prices) -> list[dict[str, Any]]:
    """Return the bills as plain data, every line with the origin of its price."""
    kinds: tuple[Kind, ...] = ("watts", "money")
    return [
        {
            "design": bill.design,
            "guests": bill.load.guests,
            "adapters": bill.adapters,
            "cables": bill.cables,
            "switch_ports": bill.switch_ports,
            "host_cores_busy": bill.load.host_cores,
            "guest_cores_busy": bill.load.guest_cores,
            "throughput_bps": bill.load.throughput_bps,
            "currency": prices.currency,
            "year": prices.year,
            **{
                kind: {"sum": bill.total(kind), "range": list(bill.range(kind)), "assumed_share": bill.assumed(kind)}
                for kind in kinds
            },
            "lines": [
                {
                    "name": line.name,
                    "kind": line.kind,
                    "quantity": line.quantity,
                    "each": line.each.value,
                    "total": line.total,
                    "status": line.each.status,
                    "source": line.each.source,
                }
                for line in bill.lines
            ],
            "remarks": list(bill.remarks),
        }
        for bill in found
    ]
