"""A fleet: kinds of hosts, kinds of guests, and a policy that says which guest goes where.

1. ``load`` names a scenario: its entries of ``guests`` are the kinds, with their traffic; its host and adapter are those of every host
   unless ``hosts[].set`` says otherwise.
2. The policy deals the guests out, kind by kind in the order of the file: ``spread`` to the host with the fewest vCPUs in use, ``pack`` to
   the first host with room, ``random`` to any host with room, drawn from the seed.
3. Hosts of one kind with the same guests are the same host: `distinct` gives each once, with how many there are.

*Scope*: placement by counting guests and vCPUs; no memory, no affinity, nothing moves later. *Validation*: tests/unit/test_fleet.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Any

from simulator.errors import BadValue, InputError, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.scenario.audit import sampled
from simulator.scenario.fields import NAME, NO_NAME
from simulator.scenario.model import Scenario
from simulator.scenario.points import Draft, common
from simulator.scenario.shipped import locate
from simulator.words import shortened

POLICIES = ("spread", "pack", "random")
MOST_HOSTS, MOST_GUESTS = 100_000, 4_000_000
_TOP = ("schema", "name", "load", "hosts", "guests", "placement")
_HOST = ("name", "count", "most", "vcpus", "set")
_PLACEMENT = ("policy", "most", "vcpus", "seed")


@dataclass(frozen=True, slots=True)
class HostKind:
    """So many equal hosts; `most` guests and `vcpus` in use of each at most, `changes` to the scenario of the load."""

    name: str
    count: int
    most: int
    vcpus: int
    changes: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a fleet's file says, with the scenario that it loads."""

    name: str
    scenario: Scenario
    base: Node
    hosts: tuple[HostKind, ...]
    guests: Mapping[str, int]
    policy: str
    seed: int
    place: str


@dataclass(frozen=True, slots=True)
class Distinct:
    """Hosts that are the same: what they are, the guests on each by kind, how many there are."""

    kind: HostKind
    guests: Mapping[str, int]
    hosts: int

    @property
    def name(self) -> str:
        """``new: 30 web, 10 batch``."""
        return f"{self.kind.name}: {', '.join(f'{count} {kind}' for kind, count in self.guests.items())}"


def load_fleet(path: str | Path, overrides: tuple[str, ...] = ()) -> Fleet:
    """The fleet in a file. Raises InputError with file, line and choices; ScenarioErrors for faults of the load."""
    file = Path(path)
    tree = yaml12.load(file)
    top = _map(tree, _TOP, "fleet")
    for key in ("load", "hosts", "guests"):
        if key not in top:
            raise InputError(tree.origin, f"a fleet needs '{key}'; it has {', '.join(_TOP)}")
    if (schema := top.get("schema")) is None or schema.value != 1:
        raise BadValue(
            schema.origin if schema else tree.origin,
            "is no schema of a fleet; write 'schema: 1'",
            schema.value if schema else None,
        )
    scenario, base = sampled(_beside(top["load"], file), overrides, 1)
    if isinstance(base.value, dict) and base.value.keys() & {"compare", "sweep"}:
        raise BadValue(top["load"].origin, "compares or sweeps; a fleet's load is one scenario", top["load"].value)
    if scenario.hosts:
        raise BadValue(
            top["load"].origin, "has hosts of its own; a fleet's load is what is on one host", top["load"].value
        )
    placement = _map(top["placement"], _PLACEMENT, "placement") if "placement" in top else {}
    policy = placement.get("policy")
    if policy is not None and policy.value not in POLICIES:
        raise unknown(policy.origin, "policy", policy.value, POLICIES)
    most, vcpus = _whole(placement, "most", MOST_GUESTS), _whole(placement, "vcpus", MOST_GUESTS)
    guests = _guests(top["guests"], [group.name for group in scenario.guests])
    return Fleet(
        _name(top["name"]) if "name" in top else file.stem,
        scenario,
        common(base),
        tuple(_hosts(top["hosts"], most, vcpus)),
        guests,
        str(policy.value) if policy else POLICIES[0],
        _whole(placement, "seed", 1, least=0),
        top["guests"].origin,
    )


def _beside(node: Node, file: Path) -> str | Path:
    beside = file.parent / str(node.value)
    return beside if beside.is_file() else locate(str(node.value))


def _map(node: Node, known: tuple[str, ...], what: str) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise BadValue(node.origin, f"is no {what}; write 'key: value' lines", shortened(str(node.plain()), 40))
    for key, item in node.value.items():
        if key not in known:
            raise unknown(item.key_origin, f"key of a {what}", key, known)
    return node.value


def _name(node: Node) -> str:
    text = str(node.value)
    if isinstance(node.value, bool) or not isinstance(node.value, (str, int)) or not re.fullmatch(NAME, text):
        raise BadValue(node.origin, NO_NAME, node.plain())
    return text


def _whole(held: Mapping[str, Node], key: str, default: int, least: int = 1) -> int:
    node = held.get(key)
    if node is None:
        return default
    if type(node.value) is not int or not least <= node.value <= MOST_GUESTS:
        raise BadValue(node.origin, f"is no whole number from {least} to {MOST_GUESTS:,}, which {key} is", node.plain())
    return node.value


def _hosts(node: Node, most: int, vcpus: int) -> Iterator[HostKind]:
    if not isinstance(node.value, list) or not node.value:
        raise BadValue(
            node.origin, "is no list of hosts, such as '- {name: new, count: 100}'", shortened(str(node.plain()), 40)
        )
    seen: set[str] = set()
    total = 0
    for item in node.value:
        own = _map(item, _HOST, "host")
        name = _name(own["name"]) if "name" in own else f"host{len(seen)}"
        if name in seen:
            raise BadValue(item.origin, "is the name of other hosts, too", name)
        seen.add(name)
        count = _whole(own, "count", 1)
        total += count
        if total > MOST_HOSTS:
            raise BadValue(item.origin, f"brings the hosts to {total:,}; at most {MOST_HOSTS:,} are possible", count)
        changes = own["set"].value if "set" in own else {}
        if not isinstance(changes, dict):
            raise BadValue(own["set"].origin, "is no map of changes, such as {nic.model: x710}", own["set"].plain())
        yield HostKind(name, count, _whole(own, "most", most), _whole(own, "vcpus", vcpus), tuple(changes.items()))


def _guests(node: Node, kinds: list[str]) -> dict[str, int]:
    if not isinstance(node.value, dict) or not node.value:
        raise BadValue(node.origin, "is no map of numbers, such as {web: 400}", shortened(str(node.plain()), 40))
    for key, item in node.value.items():
        if key not in kinds:
            raise unknown(item.key_origin, "guest of the load", key, kinds)
    found = {key: _whole(node.value, key, 0) for key in node.value}
    if sum(found.values()) > MOST_GUESTS:
        raise BadValue(node.origin, f"guests are too many; at most {MOST_GUESTS:,} are possible", sum(found.values()))
    return found


def place(fleet: Fleet) -> list[Counter[str]]:
    """The guests of each host, by kind. Raises InputError if some find no room."""
    room = [kind for kind in fleet.hosts for _ in range(kind.count)]
    held: list[Counter[str]] = [Counter() for _ in room]
    used = [[0, 0] for _ in room]
    weights = {group.name: group.vcpus for group in fleet.scenario.guests}
    choose = {"spread": _spread, "pack": _pack, "random": _random}[fleet.policy](room, used, fleet.seed)
    next(choose)
    for guest, count in fleet.guests.items():
        for number in range(count):
            host = choose.send(weights[guest])
            if host is None:
                total, placed = sum(fleet.guests.values()), sum(map(sum, (c.values() for c in held)))
                message = f"{total:,} guests, and the hosts have room for {placed:,} of them: {count - number:,} {guest} are left over"
                raise InputError(fleet.place, message)
            held[host][guest] += 1
            used[host][0] += 1
            used[host][1] += weights[guest]
    return held


Chooser = Any
"""A generator that is sent the vCPUs of a guest and gives the number of its host, None if there is none with room."""


def _fits(kind: HostKind, used: list[int], vcpus: int) -> bool:
    return used[0] < kind.most and used[1] + vcpus <= kind.vcpus


def _spread(room: list[HostKind], used: list[list[int]], _seed: int) -> Chooser:
    heap = [(0, number) for number in range(len(room))]
    vcpus = yield
    while True:
        aside, chosen = [], None
        while heap and chosen is None:
            in_use, number = heappop(heap)
            if _fits(room[number], used[number], vcpus):
                chosen = number
                heappush(heap, (in_use + vcpus, number))
            elif used[number][0] < room[number].most:
                aside.append((in_use, number))  # a smaller guest may still fit
        for item in aside:
            heappush(heap, item)
        vcpus = yield chosen


def _pack(room: list[HostKind], used: list[list[int]], _seed: int) -> Chooser:
    first: dict[int, int] = {}
    vcpus = yield
    while True:
        # a host that is too full for a guest of this size stays so
        number = first.get(vcpus, 0)
        while number < len(room) and not _fits(room[number], used[number], vcpus):
            number += 1
        first[vcpus] = number
        vcpus = yield number if number < len(room) else None


def _random(room: list[HostKind], used: list[list[int]], seed: int) -> Chooser:
    dice = Random(seed)
    open_: dict[int, list[int]] = {}
    vcpus = yield
    while True:
        left = open_.setdefault(vcpus, list(range(len(room))))
        chosen = None
        while left and chosen is None:
            at = dice.randrange(len(left))
            if _fits(room[left[at]], used[left[at]], vcpus):
                chosen = left[at]
            else:
                left[at] = left[-1]
                left.pop()
        vcpus = yield chosen


def distinct(fleet: Fleet, held: list[Counter[str]]) -> list[Distinct]:
    """Each different host that has guests once, in the order of the hosts."""
    kinds = [kind for kind in fleet.hosts for _ in range(kind.count)]
    order = list(fleet.guests)
    found = Counter(
        (kind, tuple((name, guests[name]) for name in order if guests[name]))
        for kind, guests in zip(kinds, held, strict=True)
    )
    return [Distinct(kind, dict(guests), hosts) for (kind, guests), hosts in found.items() if guests]


def draft(fleet: Fleet, host: Distinct) -> Draft:
    """The scenario of one host as changes to the load: its kind's, its guests, and the traffic of those that it has."""
    assert isinstance(fleet.base.value, dict)
    guests, traffic = fleet.base.value["guests"], fleet.base.value["traffic"]
    assert isinstance(guests.value, list)
    assert isinstance(traffic.value, list)
    here = [
        _counted(item, host.guests[group.name])
        for item, group in zip(guests.value, fleet.scenario.guests, strict=True)
        if host.guests.get(group.name)
    ]
    names = [f"{kind}{number}" for kind, count in host.guests.items() for number in range(count)]
    sent = [
        item for item, own in zip(traffic.value, fleet.scenario.traffic, strict=True) if _selects(own.guests, names)
    ]
    settings = (*host.kind.changes, ("guests", replace(guests, value=here)), ("traffic", replace(traffic, value=sent)))
    return Draft(host.name, settings, ())


def _counted(item: Node, count: int) -> Node:
    assert isinstance(item.value, dict)
    return replace(item, value=item.value | {"count": Node(count, item.origin, item.key_origin, item.folder)})


def _selects(patterns: str | tuple[str, ...], names: list[str]) -> bool:
    listed = (patterns,) if isinstance(patterns, str) else patterns
    return any(pattern == "all" or fnmatchcase(name, pattern) for name in names for pattern in listed)
