"""The price and power file: every number with its range, its status and its source, and the line where it stands.

1. The shipped file is the default; a user's own file has the same form and is read whole, so that nothing is mixed.
2. A fault is said with file, line, value and choices; all faults of the file at once.

*Scope*: one currency, one year. *Validation*: ``tests/sriov/test_bill.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.citation import STATUSES, Status
from simulator.errors import BadValue, InputError, ScenarioErrors, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.units import format_bit_rate, parse_bit_rate

SHIPPED = Path(__file__).parent / "data" / "prices.yaml"
TOP_KEYS = ("schema", "currency", "year", "energy", "slots_per_server", "adapters", "cables", "switch_ports", "cores")
PARTS = ("value", "low", "high", "status", "source")


@dataclass(frozen=True, slots=True)
class Price:
    """A number with what is known of it."""

    value: float
    low: float
    high: float
    status: Status
    source: str


@dataclass(frozen=True, slots=True)
class Item:
    """What a thing costs once, and what it draws."""

    watts: Price
    price: Price
    ports: int = 1


@dataclass(frozen=True, slots=True)
class Prices:
    """A whole file."""

    label: str
    currency: str
    year: int
    price_per_kwh: Price
    pue: Price
    years: Price
    slots_per_server: Price
    adapters: Mapping[str, Item]
    cables: Mapping[int, Item]
    switch_ports: Mapping[int, Item]
    cores: Mapping[str, Item]

    def adapter(self, nic: str) -> Item:
        """Return the adapter of a NIC model of the catalogue."""
        return self._named("adapters", self.adapters, nic)

    def core(self, host: str) -> Item:
        """Return a core of a machine of the catalogue."""
        return self._named("cores", self.cores, host)

    def of_rate(self, what: str, rate_bps: int) -> Item:
        """Return the cable or the switch port of the lowest rate that is enough."""
        table = self.cables if what == "cables" else self.switch_ports
        enough = [rate for rate in sorted(table) if rate >= rate_bps]
        if not enough:
            shown = tuple(format_bit_rate(rate) for rate in sorted(table))
            raise BadValue(f"{self.label}: {what}", "is faster than every entry", format_bit_rate(rate_bps), shown)
        return table[enough[0]]

    def _named(self, what: str, table: Mapping[str, Item], name: str) -> Item:
        if name not in table:
            raise unknown(f"{self.label}: {what}", "entry", name, table)
        return table[name]


def load_prices(path: Path | None = None) -> Prices:
    """Read a price file, or the shipped one."""
    label = str(path) if path is not None else "prices.yaml"
    return _Reader(label).prices(yaml12.load(path or SHIPPED, label))


_KINDS = {str: "a text", int: "a whole number"}


class _Reader:
    """Reads a tree and gathers its faults."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.faults: list[InputError] = []

    def prices(self, tree: Node) -> Prices:
        top = self.map(tree, TOP_KEYS, "")
        energy = self.map(top.get("energy"), ("price_per_kwh", "pue", "years"), "energy")
        currency, year = self.plain(top, "currency", str), self.plain(top, "year", int)
        schema = self.plain(top, "schema", int)
        if schema != 1 and not self.faults:
            self.faults.append(BadValue(f"{self.label}: schema", "is not 1", schema))
        found = Prices(
            self.label,
            currency,
            year,
            self.price(energy.get("price_per_kwh"), "energy.price_per_kwh"),
            self.price(energy.get("pue"), "energy.pue"),
            self.price(energy.get("years"), "energy.years"),
            self.price(top.get("slots_per_server"), "slots_per_server"),
            self.items(top.get("adapters"), "adapters"),
            self.rated(top.get("cables"), "cables"),
            self.rated(top.get("switch_ports"), "switch_ports"),
            self.items(top.get("cores"), "cores"),
        )
        if self.faults:
            raise ScenarioErrors(self.faults)
        return found

    def items(self, node: Node | None, path: str) -> dict[str, Item]:
        found = {}
        for name, child in self.map(node, None, path).items():
            keys = ("watts", "price", "ports") if path == "adapters" else ("watts", "price")
            parts = self.map(child, keys, f"{path}.{name}")
            ports = self.plain(parts, "ports", int) if path == "adapters" and "ports" in parts else 1
            watts, price = (self.price(parts.get(key), f"{path}.{name}.{key}") for key in ("watts", "price"))
            found[name] = Item(watts, price, max(1, ports))
        return found

    def rated(self, node: Node | None, path: str) -> dict[int, Item]:
        found = {}
        for name, item in self.items(node, path).items():
            try:
                found[parse_bit_rate(name)] = item
            except InputError as fault:
                self.faults.append(fault.at(f"{self.label}: {path}"))
        return found

    def price(self, node: Node | None, path: str) -> Price:
        parts = self.map(node, PARTS, path)
        before = len(self.faults)
        value, low, high = (self.number(parts.get(key), f"{path}.{key}") for key in PARTS[:3])
        origin = node.origin if node is not None else self.label
        if len(self.faults) == before and not low <= value <= high:
            self.faults.append(BadValue(f"{origin}: {path}", "does not lie between low and high", value))
        status = self.plain(parts, "status", str)
        if parts and status not in STATUSES:
            self.faults.append(unknown(f"{origin}: {path}.status", "status", status, STATUSES))
        chosen: Status = next((known for known in STATUSES if known == status), "assumed")
        return Price(value, low, high, chosen, self.plain(parts, "source", str))

    def number(self, node: Node | None, path: str) -> float:
        value = node.value if node is not None else None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            place = node.origin if node is not None else self.label
            self.faults.append(BadValue(f"{place}: {path}", "is no number from 0 on", value if node else None))
            return 0.0
        return float(value)

    def map(self, node: Node | None, keys: tuple[str, ...] | None, path: str) -> dict[str, Node]:
        if node is None or not isinstance(node.value, dict):
            place = node.origin if node is not None else self.label
            self.faults.append(InputError(f"{place}: {path}" if path else place, "a map is missing"))
            return {}
        for key, child in node.value.items():
            if keys is not None and key not in keys:
                self.faults.append(unknown(f"{child.key_origin}: {path}".rstrip(": "), "key", key, keys))
        return node.value

    def plain(self, parts: dict[str, Node], key: str, kind: type) -> Any:
        node = parts.get(key)
        if node is None or not isinstance(node.value, kind) or isinstance(node.value, bool):
            if parts:
                place = node.origin if node is not None else self.label
                self.faults.append(InputError(f"{place}: {key}", f"{_KINDS[kind]} is missing here"))
            return kind()
        return node.value
