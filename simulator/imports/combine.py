"""Facts to the lines of a scenario, each with the place it comes from or the word ``guessed``.

1. Ports of OpenStack are laid on the domains they belong to; network attachments get the pool that they name.
2. Of a guest's interfaces the fastest kind is simulated, the others are remarks: a guest has one interface.
3. A guest whose datapath or switch is not modelled is commented out with the nearest that is. It is written in only
   where the caller wishes so, and where nothing else is left the caller is told.
4. Where no file says who uses the adapter, there is one guest for each virtual function.

*Scope*: text of one scenario; traffic is in no file, so it is guessed and says so.
*Validation*: ``tests/imports``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from simulator import units
from simulator.errors import InputError
from simulator.imports.adapter import choose, nic_lines
from simulator.imports.ethtool import by_interface
from simulator.imports.facts import AdapterFacts, Facts, GuestFacts, Interface
from simulator.imports.guests import Frame, Named, guest_lines, simulated
from simulator.imports.lines import Line, quoted, word
from simulator.imports.text import clean
from simulator.imports.ways import LONGEST_NAME, missing, nearest, sentence
from simulator.scenario import names

GUESSED_PPS = 10_000
GUESSED_SHARE = 10
"""One in so many bits of the line at most, all guests together."""
SMALLEST_FRAME_BITS = (64 + 20) * 8
MOST_GUESTS = 4_096
_HOSTS = (
    ("modern", ("Skylake", "Cascadelake", "Cooperlake", "Icelake", "SapphireRapids", "GraniteRapids", "EPYC")),
    ("haswell-2015", ("Haswell", "Broadwell")),
    ("legacy-2010", ("Nehalem", "Westmere", "SandyBridge", "IvyBridge", "Penryn", "core2duo", "Opteron_G")),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller decides, since no file can."""

    nearest: bool = False
    """Whether the nearest datapath or switch stands in for one that is not modelled."""
    adapter: str | None = None
    """PCI address of the adapter that the scenario shall have."""


def combine(found: Facts, labels: Sequence[str], wishes: Wishes) -> list[Line]:
    """Return the lines of the scenario; ``InputError`` where no guest is left that can be simulated."""
    found = replace(found, tunings=by_interface(found.tunings))
    guests = [_resolved(guest, found.adapters) for guest in _joined(found)]
    if len(guests) > MOST_GUESTS:
        raise InputError("FILES", f"hold {len(guests):,} guests; at most {MOST_GUESTS:,} are possible")
    chosen = choose(found, [interface for guest in guests for interface in guest.interfaces], wishes.adapter)
    idle = [guest for guest in guests if not guest.interfaces]
    guests = [guest for guest in guests if guest.interfaces]
    if not guests and idle:
        raise InputError(idle[0].place, f"guest {clean(idle[0].name, LONGEST_NAME)} has no network interface")
    if not guests:
        guests = [_guess_guests(found, chosen.facts.vfs if chosen.facts is not None else None)]
    frame = Frame(chosen, found.tunings, wishes.nearest, {})
    named = Named({})
    blocks = [(guest, *guest_lines(guest, named, frame)) for guest in guests]
    written = sum(guest.count or 1 for guest, _, is_in in blocks if is_in)
    if not written:
        raise _nothing_left(guests)
    return [
        *_head(labels),
        *_host(found, guests),
        *nic_lines(chosen, found.tunings),
        *_switch([simulated(guest) for guest, _, is_in in blocks if is_in]),
        Line("guests:"),
        *(line for _, lines, _ in blocks for line in lines),
        *(Line("", f"{guest.place}: guest {guest.name} has no network interface: left out", 1) for guest in idle),
        *_traffic(written, chosen.rate_bps),
        *(Line("", remark) for remark in found.remarks),
    ]


def _joined(found: Facts) -> list[GuestFacts]:
    """Return the guests, what OpenStack says of a domain laid on it, and the pods of network attachments."""
    by_identity: dict[str, int] = {}
    guests: list[GuestFacts] = []
    for guest in sorted(found.guests, key=lambda guest: guest.from_ports):
        if guest.from_ports and guest.identity in by_identity:
            index = by_identity[guest.identity]
            guests[index] = _laid(guests[index], guest)
            continue
        if guest.identity is not None:
            by_identity.setdefault(guest.identity, len(guests))
        guests.append(guest)
    pools = {resource.name: resource for resource in found.resources}
    for name, pod in found.attachments:
        pool = pools.get(name)
        if pool is None:
            guess = "a virtual function for a VM or a polling pod: no policy of this pool was given"
            guests.append(
                replace(pod, guesses=(*pod.guesses, *((guess,) if pod.interfaces[0].datapath == "sriov-vf" else ())))
            )
            continue
        interface = replace(
            pod.interfaces[0],
            datapath=pool.datapath,
            switch=pod.interfaces[0].switch or pool.switch,
            polled=pool.polled,
            mtu_bytes=pod.interfaces[0].mtu_bytes or pool.mtu_bytes,
            remarks=(*pod.interfaces[0].remarks, *pool.remarks),
        )
        guests.append(replace(pod, interfaces=(interface,)))
    return guests


def _resolved(guest: GuestFacts, adapters: tuple[AdapterFacts, ...]) -> GuestFacts:
    """Return the guest with what the adapters tell of PCI functions that the guest's own file does not explain."""
    functions = {address for adapter in adapters for address in adapter.vf_addresses}
    functions |= {adapter.address for adapter in adapters if adapter.address and adapter.virtual}
    whole = {adapter.address for adapter in adapters if adapter.address and not adapter.virtual}
    interfaces = []
    for interface in guest.interfaces:
        if interface.any_device and interface.address in whole:
            interface = replace(interface, datapath="direct-assignment")
        elif interface.any_device and interface.address not in functions:
            guess = "any device may be passed through: taken as a virtual function of a network adapter"
            interface = replace(interface, guesses=(*interface.guesses, guess))
        interfaces.append(interface)
    return replace(guest, interfaces=tuple(interfaces))


def _laid(domain: GuestFacts, port: GuestFacts) -> GuestFacts:
    """Return a domain whose interfaces have the VLAN and the switch that the port with the same MAC names."""
    known = {interface.mac: interface for interface in port.interfaces if interface.mac}
    interfaces = []
    for interface in domain.interfaces:
        other = known.get(interface.mac or "")
        if other is not None:
            switch = interface.switch if other.switch is None else other.switch
            interface = replace(
                interface,
                vlan=interface.vlan or other.vlan,
                switch=switch if interface.datapath not in ("macvtap",) else interface.switch,
                remarks=(*interface.remarks, f"{other.place} is the same interface", *other.remarks),
            )
        interfaces.append(interface)
    return replace(domain, interfaces=tuple(interfaces))


def _guess_guests(found: Facts, vfs: int | None) -> GuestFacts:
    polled = bool(found.resources) and all(resource.polled for resource in found.resources)
    place = found.adapters[0].place if found.adapters else found.tunings[0].place
    datapath = found.resources[0].datapath if found.resources else "sriov-vf"
    switch = found.resources[0].switch if found.resources else None
    interface = Interface(datapath, place, "a virtual function", switch=switch, polled=polled)
    remarks = tuple(f"{pool.place}: {remark}" for pool in found.resources for remark in pool.remarks)
    guess = (
        f"one guest for each of {vfs} virtual functions: no file says who has them"
        if vfs
        else "one guest: no file names any, and no virtual function exists yet"
    )
    return GuestFacts("vm", place, (interface,), count=vfs or None, guesses=(guess,), remarks=remarks)


_USUAL = ("embedded", "linux-bridge")


def _switch(interfaces: list[Interface]) -> Iterator[Line]:
    """The lines of ``switch:`` where it is not the usual one of its family."""
    named = [item for item in interfaces if item.switch in names.switches() and item.switch not in _USUAL]
    if not named:
        return
    counted = Counter(item.switch for item in named)
    kind = max(counted, key=lambda name: counted[name])
    first = next(item for item in named if item.switch == kind)
    others = "; guessed: the others have it too" if len(counted) > 1 else ""
    yield Line("switch:")
    yield Line(f"kind: {kind}", f"{first.place}{others}", 1)


def _nothing_left(guests: list[GuestFacts]) -> InputError:
    guest = guests[0]
    interface = simulated(guest)
    lacks = missing(interface)
    more = f" (and {len(guests) - 1} more guests like it)" if len(guests) > 1 else ""
    instead = ", ".join(nearest(name).name for name in lacks)
    return InputError(
        interface.place,
        f"guest {clean(guest.name, LONGEST_NAME)}{more}: {'; '.join(map(sentence, lacks))}; no guest is left; with --nearest, {instead} stands in",
    )


def _head(labels: Sequence[str]) -> Iterator[Line]:
    shown = ", ".join(labels[:4]) + (f" and {len(labels) - 4} more" if len(labels) > 4 else "")
    yield Line("", f"Imported from {shown}.")
    yield Line("", "A comment is the place that a value was read from, or says 'guessed': check those first.")
    yield Line("schema: 1")
    yield Line(f"title: {quoted(_title(labels))}")


def _title(labels: Sequence[str]) -> str:
    names = [label.rstrip("/").rpartition("/")[2] for label in labels]
    return f"Imported from {', '.join(names[:2])}"[:120] + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _host(found: Facts, guests: list[GuestFacts]) -> Iterator[Line]:
    yield Line("host:")
    model, why = _generation(guests)
    yield Line(f"model: {word(model)}", why, 1)
    if found.cores is not None:
        highest = max((core for guest in guests for pin in guest.pins for core in pin), default=0)
        cores, place = found.cores
        if highest < cores:
            yield Line(f"cores: {cores}", f"guessed from {place}", 1)
    else:
        yield Line(
            "", "guessed: as many cores as guests, their helpers and interrupts need (cores: N says otherwise)", 1
        )


def _generation(guests: list[GuestFacts]) -> tuple[str, str]:
    # a guest's CPU may be older than the host's, never newer: the newest that a guest has comes nearest
    for model, words in _HOSTS:
        for guest in guests:
            if guest.cpu_model and guest.cpu_model.startswith(words):
                return model, f"guessed: guest {guest.name} has the CPU {guest.cpu_model} ({guest.place})"
    return "modern", "guessed: the files do not say which CPU the host has"


def _traffic(guests: int, rate_bps: int | None) -> Iterator[Line]:
    room = (rate_bps or 10**10) // GUESSED_SHARE // SMALLEST_FRAME_BITS // guests
    rate = units.exact(max(1, min(GUESSED_PPS, room)) * 1_000, units.PACKET_RATE)
    yield Line("traffic:")
    yield Line(
        f"- {{name: load, kind: poisson, rate: {rate}, size: 64 B}}",
        "guessed: no file says what the guests receive; write your own",
        1,
    )
