"""The hosts of a scenario: the first, which ``host``, ``nic``, ``nics`` and ``switch`` describe, and those of ``hosts`` beside it.

1. A further host has what it writes itself, and else what the first one has.
2. Its only adapter is called by the host's name; of several, each by the host's name and its own: ``b.nic0``. Guests name theirs
   without the host.
3. Guests are on the first host unless they say ``on_host``.

*Scope*: names and places in the file; what a host costs is ``build``'s. *Validation*: tests/unit/test_hosts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.scenario.host import Host, NamedNic, Nic, VirtualSwitch
from simulator.scenario.remains import Location

if TYPE_CHECKING:
    from simulator.scenario.guest import Guest
    from simulator.scenario.model import Scenario


@dataclass(frozen=True, slots=True)
class Site:
    """One host: its name (none of the first), what it is made of, its guests with their numbers in the file, the number of its first
    adapter among all; `own`: which keys it writes itself."""

    number: int
    name: str
    host: Host
    nic: Nic
    nics: tuple[NamedNic, ...]
    switch: VirtualSwitch
    groups: tuple[tuple[int, Guest], ...]
    first: int
    own: frozenset[str]

    @property
    def prefix(self) -> str:
        """What its cores and adapters are called by besides."""
        return f"{self.name}." if self.name else ""

    @property
    def adapters(self) -> tuple[tuple[str, Nic], ...]:
        """Its adapters by their full names; the only one of the first host has none."""
        if not self.nics:
            return ((self.name, self.nic),)
        return tuple((f"{self.prefix}{name}", nic) for name, nic in zip(self.nic_names, self.nics, strict=True))

    @property
    def nic_names(self) -> tuple[str, ...]:
        """What guests call its adapters; nothing where there is one."""
        return tuple(nic.name or f"nic{number}" for number, nic in enumerate(self.nics))

    def at(self, key: str, *rest: int | str) -> Location:
        """Where a value of it stands in the file: what it takes from the first host stands there."""
        return ("hosts", self.number - 1, key, *rest) if key in self.own else (key, *rest)

    def adapter_at(self, number: int, *rest: int | str) -> Location:
        """Where its adapter of this number stands."""
        return self.at("nics", number, *rest) if self.nics else self.at("nic", *rest)

    def adapter_of(self, nic: str | None, turn: int) -> int:
        """Number among all adapters of the one that a guest names, or of the one whose turn it is; a bond's is its first."""
        if nic in self.nic_names:
            return self.first + self.nic_names.index(nic)
        return self.first if self.switch.bond is not None else self.first + turn % len(self.adapters)


def sites(scenario: Scenario) -> tuple[Site, ...]:
    """All hosts, the first one first. A guest on a host that does not exist counts as on the first."""
    return tuple(_sites(scenario))


def site_of(scenario: Scenario) -> dict[str, int]:
    """The number of each guest's host."""
    return {name: site.number for site in sites(scenario) for _, group in site.groups for name in group.members()}


def _sites(scenario: Scenario) -> Iterator[Site]:
    numbers = {item.name: number for number, item in enumerate(scenario.hosts, start=1)}
    groups: list[list[tuple[int, Guest]]] = [[] for _ in range(1 + len(scenario.hosts))]
    for index, group in enumerate(scenario.guests):
        groups[numbers.get(group.on_host or "", 0)].append((index, group))
    given = (scenario.host, scenario.nic, scenario.nics, scenario.switch)
    yield Site(0, "", *given, tuple(groups[0]), 0, frozenset())
    first = len(scenario.nics) or 1
    for number, item in enumerate(scenario.hosts, start=1):
        own = frozenset(key for key in ("host", "nic", "nics", "switch") if getattr(item, key))
        adapters = (item.nic or Nic(), item.nics) if own & {"nic", "nics"} else given[1:3]
        made = Site(
            number, item.name, item.host or given[0], *adapters, item.switch or given[3], tuple(groups[number]), first,
            own,
        )  # fmt: skip
        yield made
        first += len(made.adapters)
