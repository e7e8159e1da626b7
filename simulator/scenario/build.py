"""Scenario to Plan: catalogue and overrides become settings, guests are attached, traffic becomes sources.

1. `settings_of_machines` and `settings_of_guests` turn the words of the scenario into what the parts need, the catalogue's values where nothing is written.
2. `assemble` builds host, port and guests; `sources.add_traffic` adds who sends.
3. Every random stream is named by guest and purpose, never by datapath: the series of a comparison see the same
   packets.

*Scope*: what is on several hosts is built host by host (``sites``). The replication matters only for traffic that is drawn when the plan is built
(captures).
*Validation*: tests/unit/test_build.py, and every shipped scenario is built by a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator import costs, units, vswitches
from simulator.datapaths import datapath
from simulator.errors import InputError
from simulator.parts.machine import Machine, Slot
from simulator.parts.settings import (
    GuestSettings,
    HostSettings,
    NetworkSettings,
    PortSettings,
    SwitchSettings,
)
from simulator.plan.check import require
from simulator.plan.model import Plan
from simulator.scenario import recorded
from simulator.scenario.assemble import assemble
from simulator.scenario.host import FurtherHost
from simulator.scenario.model import Scenario
from simulator.scenario.routes import (
    adapters,
    crosses_the_wire,
    routes,
)
from simulator.scenario.settings_of_guests import guest_settings
from simulator.scenario.settings_of_machines import (
    host_settings,
    nic_overrides,
    nic_settings,
    switch_settings,
)
from simulator.scenario.sites import Site, sites
from simulator.scenario.sources import add_traffic
from simulator.scenario.traffic import Bursts, Capture, Constant, Poisson


def build(scenario: Scenario, replication: int = 0) -> Plan:
    """The checked plan of one point.

    `InputError` for what only the wiring shows, such as an offered load above the line rate.
    """
    plan = machine_of(scenario, replication).builder.finish(scenario.name)
    require(plan)
    return plan


def machine_of(scenario: Scenario, replication: int = 0) -> Machine:
    """The machine before it is frozen, with its core map."""
    ports, guests = port_settings_of(scenario), tuple(guest_settings(scenario))
    for fault in misfits(scenario, ports, guests):
        raise fault
    (host, switch), *further = site_settings(scenario)
    network = network_settings(scenario)
    machine = assemble(
        host, with_functions(ports, guests), guests, switch=switch, further=further, network=network,
        spoofed=spoofed(scenario),
    )  # fmt: skip
    add_traffic(machine, scenario, guests, replication)
    return machine


def site_settings(scenario: Scenario) -> list[tuple[HostSettings, SwitchSettings]]:
    """Each host and what carries packets on it."""
    return [
        (replace(host_settings(site.host), name=site.name), switch_settings(scenario, site)) for site in sites(scenario)
    ]


def network_settings(scenario: Scenario) -> NetworkSettings | None:
    """What joins the adapters outside, if anything does."""
    written, bonded = scenario.network, any(site.switch.bond for site in sites(scenario))
    if written is None:
        return NetworkSettings(far=bonded) if bonded or crosses_the_wire(scenario) else None
    switched = written.kind == "switch"
    return NetworkSettings(
        not switched, written.latency_ps, written.buffer_bytes or 0, far=switched, far_bps=written.far_rate_bps or 0
    )


def spoofed(scenario: Scenario) -> bool:
    """Whether somebody sends under another's address."""
    return any(isinstance(item, (Poisson, Constant, Bursts)) and item.spoofed for item in scenario.traffic)


def port_settings_of(scenario: Scenario) -> tuple[PortSettings, ...]:
    """The port of each adapter."""
    offered_pps = _offered_pps(scenario)
    return tuple(
        replace(nic_settings(nic), name=name, offered_pps=offered_pps, host=site.number)
        for site in sites(scenario)
        for name, nic in site.adapters
    )


def _offered_pps(scenario: Scenario) -> int:
    """Packets per second through the adapters, hops counted, if every source is open and states a rate in packets; else 0."""
    total_millipps = 0
    for item in scenario.traffic:
        if not isinstance(item, (Poisson, Constant)) or item.rate_millipps is None:
            return 0
        total_millipps += item.rate_millipps * sum(1 + len(route.through) for route in routes(scenario, item))
    return -(-total_millipps // 1000)


def with_functions(ports: tuple[PortSettings, ...], guests: tuple[GuestSettings, ...]) -> tuple[PortSettings, ...]:
    """The same, each told whether virtual functions are on, and what IOMMUs of guests ask of it."""
    used = {guest.adapter for guest in guests if datapath(guest.datapath).switch == "embedded"}
    maps = {guest.adapter for guest in guests if guest.maps}
    nested = {guest.adapter for guest in guests if guest.nested}
    return tuple(
        replace(port, virtual_functions=number in used, maps=number in maps, nested=number in nested)
        for number, port in enumerate(ports)
    )


def core_map(scenario: Scenario) -> str:
    """Who runs where: one line per core."""
    return "\n".join(
        f"{slot.host.prefix}cpu{number}: {', '.join(slot.cpus.map[number])}"
        for slot in each_host(machine_of(scenario))
        for number in sorted(slot.cpus.map)
    )


def each_host(machine: Machine) -> Iterator[Slot]:
    """The first adapter of each host."""
    number = -1
    for slot in machine.adapters:
        if slot.port.settings.host != number:
            number = slot.port.settings.host
            yield slot


def notes(scenario: Scenario) -> tuple[str, ...]:
    """What a reader of the results must know: capabilities and costs that are not the catalogue's, captures as changed."""
    found = [note for site in sites(scenario) if not site.number or "host" in site.own for note in _overridden(site)]
    for name, nic in adapters(scenario):
        of = f"{name}: " if name else ""
        found += [f"override: {of}{text}" for text in nic_overrides(nic).values()]
    recordings = (item for item in scenario.traffic if isinstance(item, Capture))
    line_bps = max(nic_settings(nic).rate_bps for _, nic in adapters(scenario))
    return (*found, *(note for item in recordings for note in recorded.notes(scenario, item, line_bps)))


def _overridden(site: Site) -> Iterator[str]:
    """What a host has that its model has not."""
    model, host, of = costs.host(site.host.source), site.host, f"{site.name}: " if site.name else ""
    pairs = (
        ("APICv", host.capabilities.apicv, model.capabilities.has_apicv),
        ("posted interrupts", host.capabilities.posted_interrupts, model.capabilities.has_posted_interrupts),
    )
    for name, wanted, has in pairs:
        if wanted not in (None, has):
            yield f"override: {of}{name} {'on' if wanted else 'off'} on host {model.name}"
    if host.clock_hz not in (None, model.cpu_hz):
        yield f"override: {of}clock {units.exact(host.clock_hz, units.FREQUENCY)} on host {model.name}"
    yield from (f"override: {of}{name} = {text}" for name, text in sorted(host.costs.items()))


def warnings(scenarios: Iterable[Scenario]) -> tuple[str, ...]:
    """Of what the results will note, that which can be mended before they are simulated; each once."""
    found = (note for scenario in scenarios for note in notes(scenario))
    return tuple(dict.fromkeys(note for note in found if note.startswith(recorded.WARNING)))


def drawn(scenario: Scenario, factors: Mapping[str, float]) -> Scenario:
    """The scenario on a machine whose costs are those of the catalogue times `factors` (``costs.ranges``); what the scenario sets
    itself stays."""
    found = scenario.model_copy(update=_copied(scenario))
    further = tuple(item.model_copy(update=_copied(item)) for item in found.hosts)
    parts: tuple[Scenario | FurtherHost, ...] = (found, *further)
    for item in parts:
        for priced in (item.host, item.nic, *item.nics):
            if priced is not None:
                priced._factors = dict(factors)
    return found.model_copy(update={"hosts": further})


def _copied(item: Scenario | FurtherHost) -> dict[str, Any]:
    """Host and adapters of their own, for what `drawn` writes on them."""
    host, nic = (part and part.model_copy() for part in (item.host, item.nic))
    return {"host": host, "nic": nic, "nics": tuple(nic.model_copy() for nic in item.nics)}


def misfits(
    scenario: Scenario, ports: tuple[PortSettings, ...], guests: tuple[GuestSettings, ...]
) -> Iterator[InputError]:
    """What the guests need of switch and adapter, and do not get."""
    for site in sites(scenario):
        given = site.switch.kind
        needed = {
            datapath(guest.datapath).switch: guest for guest in guests if ports[guest.adapter].host == site.number
        }
        needed.pop("none", None)
        if (
            needed
            and given != "automatic"
            and (given == "none" or not any(vswitches.suits(given, name) for name in needed))
        ):
            name, guest = next(iter(needed.items()))
            message = f"{guest.datapath} of guest {guest.name} needs the switch '{name}'"
            known = [kind for kind in vswitches.SWITCHES if vswitches.suits(kind, name)]
            place = ".".join(str(part) for part in site.at("switch", "kind"))
            yield InputError(place, message, given, ("automatic", *known))
    for number, port in enumerate(ports):
        own = [guest for guest in guests if guest.adapter == number]
        virtual = [guest for guest in own if datapath(guest.datapath).function]
        limit, queues = port.model.value("max_vfs"), port.model.value("vf_queues")
        if len(virtual) > limit:
            which = f"{port.name}, " if port.name else ""
            yield InputError("guests", f"{len(virtual)} virtual functions; NIC {which}{port.model.name} has {limit}")
        for guest in virtual:
            if guest.queues > queues:
                message = f"a virtual function of NIC {port.model.name} has {queues} queue pairs"
                yield InputError(f"guests.{guest.name}.queues", message, guest.queues)
