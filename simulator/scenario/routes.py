"""Who sends to whom: the ways of a scenario's traffic, and the adapter of each guest.

1. ``direction`` and ``guests`` give a way between the far end and each guest; ``from`` and ``to`` name both ends.
2. The k-th of ``from`` sends to the k-th of ``to``; the shorter list begins again, and nobody sends to itself but to the next.
3. ``through`` puts guests in between, one after the other: each forwards to the next.
4. A guest has the adapter that it names; the others are dealt out in turn.

*Scope*: names; what a way costs belongs to the datapaths.
*Validation*: tests/unit/test_guest_to_guest.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import cycle, islice, pairwise

from simulator.scenario.host import Nic
from simulator.scenario.model import Scenario
from simulator.scenario.traffic import Capture, Selection, Traffic

FAR_END = "peer"


@dataclass(frozen=True, slots=True)
class Route:
    """One way; None is the far end."""

    sender: str | None
    receiver: str | None
    through: tuple[str, ...] = ()

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
    senders, receivers = (_ends(scenario, end) for end in (item.sender, item.to))
    if not senders or not receivers:
        return ()
    count = max(len(senders), len(receivers))
    found = []
    for number, sender in enumerate(islice(cycle(senders), count)):
        receiver = receivers[number % len(receivers)]
        if receiver is not None and receiver == sender:
            receiver = receivers[(number + 1) % len(receivers)]
        found.append(Route(sender, receiver, through))
    return tuple(found)


def _ends(scenario: Scenario, selection: Selection) -> tuple[str | None, ...]:
    return (None,) if selection == FAR_END else chosen(scenario, selection)


def selected(scenario: Scenario, item: Traffic) -> tuple[str, ...]:
    """Return the names of the guests that an item of traffic concerns, in the order of the guests."""
    met = {node for route in routes(scenario, item) for node in route.nodes}
    return tuple(name for name in guest_names(scenario) if name in met)


def adapters(scenario: Scenario) -> tuple[tuple[str, Nic], ...]:
    """Return the host's adapters by name; the only one of ``nic`` has none."""
    if not scenario.nics:
        return (("", scenario.nic),)
    return tuple((nic.name or f"nic{number}", nic) for number, nic in enumerate(scenario.nics))


def adapter_of(scenario: Scenario) -> dict[str, int]:
    """Return the number of each guest's adapter: the one that its group names, or the next in turn."""
    numbers = {name: number for number, (name, _) in enumerate(adapters(scenario))}
    turn = cycle(range(len(numbers)))
    return {
        name: numbers.get(group.nic, 0) if group.nic is not None else next(turn)
        for group in scenario.guests
        for name in group.members()
    }


def next_hops(scenario: Scenario) -> dict[str, str | None]:
    """Return where each forwarding guest sends what comes to it; None is the far end, also if nothing comes."""
    found: dict[str, str | None] = {}
    for item in scenario.traffic:
        for route in routes(scenario, item):
            found |= {hop: after for hop, after in route.hops() if hop in route.through and hop is not None}
    return found


def crosses_the_wire(scenario: Scenario) -> bool:
    """Return whether some guest sends to a guest by way of the wire: of another adapter, or of one that reflects outside."""
    where = adapter_of(scenario)
    reflected = scenario.switch.mode == "vepa"
    return any(
        one is not None and other is not None and (reflected or where.get(one) != where.get(other))
        for item in scenario.traffic
        for route in routes(scenario, item)
        for one, other in route.hops()
    )
