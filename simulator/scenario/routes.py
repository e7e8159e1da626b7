"""Who sends to whom: the ways of a scenario's traffic, and the adapter of each guest.

1. ``direction`` and ``guests`` give a way between the far end and each guest; ``from`` and ``to`` name both ends.
2. The k-th of ``from`` sends to the k-th of ``to``; the shorter list begins again, and nobody sends to itself but to the next.
3. ``through`` puts guests in between, one after the other: each forwards to the next.
4. A guest has the adapter that it names; the others are dealt out in turn. A forwarder may have a second one: a chain enters it by the
   first and leaves by the second; with ``reverse`` it is passed the other way round.

*Scope*: names; what a way costs belongs to the datapaths.
*Validation*: tests/unit/test_guest_to_guest.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count, cycle, islice, pairwise
from typing import TYPE_CHECKING

from simulator.scenario.host import Nic
from simulator.scenario.sites import site_of, sites
from simulator.scenario.traffic import Bursts, Capture, Constant, Poisson, Selection, Traffic

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

FAR_END = "peer"


@dataclass(frozen=True, slots=True)
class Route:
    """One way; None is the far end."""

    sender: str | None
    receiver: str | None
    through: tuple[str, ...] = ()
    reverse: bool = False

    @property
    def nodes(self) -> tuple[str | None, ...]:
        """All on the way, both ends included."""
        return (self.sender, *self.through, self.receiver)

    def hops(self) -> Iterator[tuple[str | None, str | None]]:
        """Each leg of the way."""
        return pairwise(self.nodes)


def guest_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of all guests, groups expanded, in order."""
    return tuple(name for group in scenario.guests for name in group.members())


def chosen(scenario: Scenario, selection: Selection) -> tuple[str, ...]:
    """Return the guests that a selection means, in the order of the guests."""
    patterns = patterns_of(selection)
    known = guest_names(scenario)
    return known if patterns == ("all",) else tuple(n for n in known if any(fnmatchcase(n, p) for p in patterns))


def patterns_of(selection: Selection) -> tuple[str, ...]:
    """Return what a selection is written as."""
    return (selection,) if isinstance(selection, str) else selection


def routes(scenario: Scenario, item: Traffic) -> tuple[Route, ...]:
    """Return the ways of an item of traffic; a recording has one in each direction with every guest."""
    if isinstance(item, Capture):
        names = chosen(scenario, item.guests)
        return tuple(route for name in names for route in (Route(None, name), Route(name, None)))
    if item.sender is None or item.to is None:
        inward = item.direction == "rx"
        return tuple(Route(None, name) if inward else Route(name, None) for name in chosen(scenario, item.guests))
    between = item.chain()
    through = chosen(scenario, between) if between is not None else ()
    reverse = isinstance(item, (Poisson, Constant, Bursts)) and item.reverse
    senders, receivers = (_ends(scenario, end) for end in (item.sender, item.to))
    if not senders or not receivers:
        return ()
    found = []
    for number, sender in enumerate(islice(cycle(senders), max(len(senders), len(receivers)))):
        receiver = receivers[number % len(receivers)]
        if receiver is not None and receiver == sender:
            receiver = receivers[(number + 1) % len(receivers)]
        found.append(Route(sender, receiver, through[::-1] if reverse else through, reverse))
    return tuple(found)


def _ends(scenario: Scenario, selection: Selection) -> tuple[str | None, ...]:
    return (None,) if selection == FAR_END else chosen(scenario, selection)


def selected(scenario: Scenario, item: Traffic) -> tuple[str, ...]:
    """Return the names of the guests that an item of traffic concerns, in the order of the guests."""
    met = {node for route in routes(scenario, item) for node in route.nodes}
    return tuple(name for name in guest_names(scenario) if name in met)


def adapters(scenario: Scenario) -> tuple[tuple[str, Nic], ...]:
    """Return the adapters of all hosts by name; the only one of ``nic`` has none."""
    return tuple(pair for site in sites(scenario) for pair in site.adapters)


def adapter_of(scenario: Scenario) -> dict[str, int]:
    """Return the number of each guest's adapter: the one that its group names, or the next in turn."""
    found: dict[str, int] = {}
    for site in sites(scenario):
        turn = count()
        for _, group in site.groups:
            for name in group.members():
                found[name] = site.adapter_of(group.nic, 0 if group.nic is not None else next(turn))
    return found


@dataclass(frozen=True, slots=True)
class Interfaces:
    """Number of the adapter of each guest's ``first`` interface, and of the ``second`` one of those that have two."""

    first: dict[str, int]
    second: dict[str, int]

    def entry(self, route: Route, name: str) -> str:
        """Return the interface by which packets on this way come to a guest."""
        return second_name(name) if route.reverse and name in self.second else name

    def legs(self, route: Route) -> Iterator[tuple[int | None, int | None]]:
        """Return of each leg the number of the adapter that it leaves by and of the one that it comes in by; None is the far end."""
        for one, other in route.hops():
            yield self._of(one, second=not route.reverse), self._of(other, second=route.reverse)

    def _of(self, name: str | None, *, second: bool) -> int | None:
        if name is None:
            return None
        return self.second[name] if second and name in self.second else self.first[name]


def interfaces(scenario: Scenario) -> Interfaces:
    """Return the adapters of all guests."""
    second = {
        name: site.adapter_of(group.second_nic, 0)
        for site in sites(scenario)
        for _, group in site.groups
        if group.second_nic is not None
        for name in group.members()
    }
    return Interfaces(adapter_of(scenario), second)


def second_name(guest: str) -> str:
    """Return what the second interface of a guest is called."""
    return f"{guest}.second"


def next_hops(scenario: Scenario) -> dict[str, str | None]:
    """Return where each forwarding guest sends what comes in by an interface, as an interface; None is the far end."""
    found: dict[str, str | None] = {}
    known = interfaces(scenario)
    for item in scenario.traffic:
        for route in routes(scenario, item):
            for hop, after in route.hops():
                if hop is not None and hop in route.through:
                    found[known.entry(route, hop)] = None if after is None else known.entry(route, after)
    return found


def neighbours(scenario: Scenario) -> set[str]:
    """Return the names of those who send something to another guest of their host, or get something from one."""
    return {name for item in scenario.traffic for hop in local_hops(scenario, item) for name in hop}


def local_hops(scenario: Scenario, item: Traffic) -> Iterator[tuple[str, str]]:
    """Return each leg from guest to guest of one host."""
    hosts = site_of(scenario)
    for route in routes(scenario, item):
        for one, other in route.hops():
            if one is not None and other is not None and hosts[one] == hosts[other]:
                yield one, other


def crosses_the_wire(scenario: Scenario) -> bool:
    """Return whether some guest sends to a guest by way of the wire: of another adapter, or of one that reflects outside."""
    reflected, known = any(site.switch.mode == "vepa" for site in sites(scenario)), interfaces(scenario)
    outside = {name for group in scenario.guests if group.macvtap == "vepa" for name in group.members()}
    return any(
        one is not None and other is not None and (reflected or one != other or outside & {*route.nodes})
        for item in scenario.traffic
        for route in routes(scenario, item)
        for one, other in known.legs(route)
    )
