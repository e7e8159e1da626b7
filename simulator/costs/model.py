"""A host and a NIC as the rest of the simulator sees them: named integers, each with its origin.

*Scope*: lookup, override, count. Values are composed in ``compose`` and stated in ``generations`` and ``adapters``.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from simulator.citation import STATUSES, Citation, Cited, Status
from simulator.errors import InputError, unknown

OVERRIDE = Citation("scenario override", "the scenario", "as stated by the scenario", "value set by the user", "low")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the host's CPUs and chipset do for interrupts."""

    has_apicv: bool
    has_posted_interrupts: bool


Vendor = Literal["intel", "amd"]
"""Whose virtualization: the names of exits differ (``exits``)."""

Rule = Literal["size", "size_vector", "classes", "dim", "fixed"]
"""How a driver moderates: ``size`` i40e and iavf, ``size_vector`` ixgbe, ``classes`` ixgbevf, ``dim`` ice and mlx5."""


@dataclass(frozen=True, slots=True)
class IdleState:
    """One idle state of a core. The governor chooses by ``latency`` and ``residency``; ``leave`` is what leaving takes."""

    name: str
    latency: Cited
    residency: Cited
    leave: Cited


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver of a function: its rule of moderation and the numbers that the rule reads."""

    name: str
    rule: Rule
    parameters: Mapping[str, Cited]

    def value(self, name: str) -> int:
        """A parameter in the unit it states. Unknown names are an ``InputError`` with the choices."""
        if name not in self.parameters:
            raise unknown(f"driver {self.name}", "parameter", name, tuple(self.parameters))
        return self.parameters[name].value


@dataclass(frozen=True, slots=True)
class Host:
    """One machine generation. ``families`` are the CPU families whose readings count as its own."""

    name: str
    title: str
    default_nic: str
    families: frozenset[str]
    costs: Mapping[str, Cited]
    facts: Mapping[str, Cited]
    idle_states: tuple[IdleState, ...] = ()
    vendor: Vendor = "intel"

    @property
    def cpu_hz(self) -> int:
        """Clock in Hz at which cycles were turned into time."""
        return self.facts["cpu_hz"].value

    @property
    def capabilities(self) -> Capabilities:
        """Interrupt hardware of the host."""
        return Capabilities(
            has_apicv=bool(self.facts["has_apicv"].value),
            has_posted_interrupts=bool(self.facts["has_posted_interrupts"].value),
        )

    def ps(self, name: str) -> int:
        """A cost that is a time, in ps. Unknown names and costs of another unit are an ``InputError``."""
        cost = self.cost(name)
        if cost.unit != "ps":
            raise InputError(f"host {self.name}", f"cost is in {cost.unit}, not a time", value=name)
        return cost.value

    def value(self, name: str) -> int:
        """A cost or fact in the unit that it states (``ps``, ``fs/B``, ``ns``, ``Hz``, ...)."""
        return (self.facts.get(name) or self.cost(name)).value

    def cost(self, name: str) -> Cited:
        """A cost with its origin. Unknown names are an ``InputError`` with the choices."""
        if name not in self.costs:
            raise unknown(f"host {self.name}", "cost", name, tuple(self.costs))
        return self.costs[name]

    def at_clock(self, hertz: int) -> Host:
        """A copy whose cores run at ``hertz`` (Hz): what sources give in cycles scales with it, what they give in time does not."""
        if hertz == self.cpu_hz:
            return self
        costs = {
            name: _scaled(cost, self.cpu_hz, hertz) if cost.given_unit == "cycles" else cost
            for name, cost in self.costs.items()
        }
        clock = _overridden(self.facts["cpu_hz"], hertz, "as stated by the scenario")
        return replace(self, costs=MappingProxyType(costs), facts=MappingProxyType({**self.facts, "cpu_hz": clock}))

    def with_overrides(self, changes: Mapping[str, tuple[int, str]]) -> Host:
        """A copy in which each named cost or fact has the given ``(value, note)``, value in the unit of the entry it
        replaces.

        Changed entries are ``assumed`` with the source "scenario override". Unknown names are an ``InputError``.
        """
        costs, facts = dict(self.costs), dict(self.facts)
        for name, (value, note) in changes.items():
            table = facts if name in facts else costs
            if name not in table:
                raise unknown(f"host {self.name}", "cost", name, (*costs, *facts))
            table[name] = _overridden(table[name], value, note)
        return replace(self, costs=MappingProxyType(costs), facts=MappingProxyType(facts))


@dataclass(frozen=True, slots=True)
class Nic:
    """One network adapter. A rate or limit of 0 means that it takes no time: only the textbook NIC has such."""

    name: str
    title: str
    moderation: str
    families: frozenset[str]
    facts: Mapping[str, Cited]
    pf_driver: Driver
    vf_driver: Driver

    def value(self, name: str) -> int:
        """A fact in the unit it states. Unknown names are an ``InputError`` with the choices."""
        if name not in self.facts:
            raise unknown(f"NIC {self.name}", "fact", name, tuple(self.facts))
        return self.facts[name].value


def summary(part: Host | Nic) -> dict[Status, int]:
    """How many values have each status."""
    count = Counter(entry.status for entry in every_entry(part).values())
    return {status: count[status] for status in STATUSES}


def every_entry(part: Host | Nic) -> dict[str, Cited]:
    """All cited values by a name of their own: facts, costs, idle states (``C6.leave``), drivers (``pf.start_us``)."""
    if isinstance(part, Host):
        states = {
            f"{state.name}.{field}": entry
            for state in part.idle_states
            for field, entry in (("latency", state.latency), ("residency", state.residency), ("leave", state.leave))
        }
        return {**part.facts, **part.costs, **states}
    drivers = {
        f"{function}.{name}": entry
        for function, used in (("pf", part.pf_driver), ("vf", part.vf_driver))
        for name, entry in used.parameters.items()
    }
    return {**part.facts, **drivers}


def _scaled(entry: Cited, old: int, new: int) -> Cited:
    value, low, high = ((2 * ps * old + new) // (2 * new) for ps in (entry.value, entry.low, entry.high))
    return replace(entry, value=value, low=low, high=high)


def _overridden(entry: Cited, value: int, note: str) -> Cited:
    return replace(
        entry,
        value=value,
        low=value,
        high=value,
        status="assumed",
        hardware=OVERRIDE.hardware,
        sources=(OVERRIDE,),
        note=note,
        formula="",
        source_name="",
        given=Decimal(value),
        given_unit=entry.unit,
        readings=(),
        range_assumed=False,
    )
