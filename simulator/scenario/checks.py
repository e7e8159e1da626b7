"""Faults between values of a scenario that is right value by value.

*Scope*: names that must be unique or known, totals that are bounded, costs and capabilities against the catalogue. What
needs the wiring (offered load above the line rate, a queue without a core) is found when the plan is built.
*Validation*: ``tests/unit/test_bad_input.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from simulator import units
from simulator.costs.names import UNSPENT
from simulator.errors import BadValue, InputError, unknown
from simulator.scenario import names
from simulator.scenario.checks_functions import attack_faults, iommu_faults
from simulator.scenario.checks_hosts import bond_faults, host_faults, network_faults
from simulator.scenario.events import event_faults
from simulator.scenario.guest import MOST_GUESTS
from simulator.scenario.host import Nic
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Location, leans
from simulator.scenario.routes import (
    FAR_END,
    Route,
    guest_names,
    interfaces,
    local_hops,
    neighbours,
    patterns_of,
    routes,
)
from simulator.scenario.sites import sites
from simulator.scenario.traffic import Bulk, Capture, Poisson, RequestResponse, Selection, Traffic

MOST_SOURCES = 8192

Fault = tuple[Location, InputError]


def checks(scenario: Scenario, cut: Iterable[Location] = ()) -> Iterator[Fault]:
    """Yield every fault with the location of the value it is about, without those that may follow from values that
    were ``cut`` out because the grammar refused them."""
    for rule, reads in RULES.items():
        if not leans(reads, cut):
            yield from rule(scenario)


def _guests(scenario: Scenario) -> Iterator[Fault]:
    total = sum(group.count or 1 for group in scenario.guests)
    if total > MOST_GUESTS:
        yield ("guests",), InputError("", f"gives {total:,} guests; at most {MOST_GUESTS:,} are possible")
    seen: set[str] = set()
    for index, group in enumerate(scenario.guests):
        repeated = next((name for name in group.members() if name in seen), None)
        if repeated is not None:
            yield ("guests", index, "name"), BadValue("", "is the name of another guest too", repeated)
        seen.update(group.members())


def _traffic(scenario: Scenario) -> Iterator[Fault]:
    seen: set[str] = set()
    crowd = 0
    known = guest_names(scenario)
    for index, item in enumerate(scenario.traffic):
        if item.name in seen:
            yield (
                ("traffic", index, "name"),
                BadValue("", "is the name of another source too; give each its own", item.name),
            )
        seen.add(item.name)
        ways = routes(scenario, item)
        crowd += _own_sources(item) * len(ways)
        if crowd > MOST_SOURCES:
            key = "flows" if isinstance(item, Bulk) else "outstanding"
            message = (
                f"brings connections and clients to {crowd:,}; at most {MOST_SOURCES:,} are practical, guests together"
            )
            yield ("traffic", index, key), InputError("", message)
            crowd = 0
        for key, selection in _selections(item):
            if not patterns_of(selection):
                message = "names no guest, so nothing is sent; 'all' is every guest"
                yield ("traffic", index, key), InputError("", message)
            for pattern in patterns_of(selection):
                if pattern not in ("all", FAR_END) and not any(fnmatchcase(name, pattern) for name in known):
                    yield ("traffic", index, key), unknown("", "guest", pattern, ("all", *known))
        if any(route.sender is not None and route.sender == route.receiver for route in ways):
            yield ("traffic", index, "to"), InputError("", "leaves a guest nobody but itself to send to")


def _selections(item: Traffic) -> Iterator[tuple[str, Selection]]:
    if isinstance(item, Capture) or item.sender is None or item.to is None:
        yield "guests", item.guests
        return
    yield from (("from", item.sender), ("to", item.to))
    if (between := item.chain()) is not None:
        yield "through", between


def _programs(scenario: Scenario) -> Iterator[Fault]:
    """What only a program that polls does is said of guests in poll mode."""
    for number, group in enumerate(scenario.guests):
        program = group.application
        for key, value in (("touch", program.touch_fs), ("drain", program.drain_ps)):
            if value is not None and group.interrupts != "poll":
                yield ("guests", number, "application", key), InputError("", "is for a guest with 'interrupts: poll'")


def _forwarding(scenario: Scenario) -> Iterator[Fault]:
    """Guests that forward stand between the ends of traffic, each with one next hop, and others do not."""
    kinds = {name: group.application.kind for group in scenario.guests for name in group.members()}
    for number, group in enumerate(scenario.guests):
        polls, given = group.interrupts == "poll", group.application.by
        offered = ("automatic", *(names.POLL_FORWARDERS if polls else names.KERNEL_FORWARDERS))
        if group.application.kind == "forward" and given not in offered:
            what = "forwarder in poll mode" if polls else "forwarder with interrupts"
            yield ("guests", number, "application", "by"), unknown("", what, given, offered)
    after: dict[str, str | None] = {}
    known = interfaces(scenario)
    for index, item in enumerate(scenario.traffic):
        directed = not isinstance(item, Capture) and item.to is not None
        for route in routes(scenario, item):
            for key, message in _misplaced(route, kinds, directed):
                yield ("traffic", index, key), InputError("", message)
            for hop, to in route.hops():
                by = hop and known.entry(route, hop)
                if by is not None and hop in route.through and after.setdefault(by, to) != to:
                    message = f"leads from {hop} to {to or FAR_END}, other traffic to {after[by] or FAR_END}: a forwarder has one way on"
                    yield ("traffic", index, "through"), InputError("", message)


def _misplaced(route: Route, kinds: Mapping[str, str], directed: bool) -> Iterator[tuple[str, str]]:
    """Key and reason for each guest that stands where it cannot."""
    wrong = next((name for name in route.through if kinds[name] != "forward"), None)
    if wrong is not None:
        yield "through", f"leads through {wrong}, which does not forward; give it application: {{kind: forward}}"
    ends = (("from" if directed else "guests", route.sender), ("to" if directed else "guests", route.receiver))
    for key, end in ends:
        if end is not None and kinds[end] == "forward":
            yield key, f"names {end}, which forwards what comes and neither sends nor receives; name it in through"
        if end is not None and end in route.through:
            yield "through", f"leads through {end}, an end of the way"


def _neighbours(scenario: Scenario) -> Iterator[Fault]:
    """From guest to guest there must be a way: one VLAN, and no path whose frames all go to the adapter."""
    groups = {name: group for group in scenario.guests for name in group.members()}
    for index, item in enumerate(scenario.traffic):
        local = set(local_hops(scenario, item))
        legs = (leg for route in routes(scenario, item) for leg in route.hops())
        for hop, to in ((one, other) for one, other in legs if one is not None and other is not None):
            if groups[hop].vlan != groups[to].vlan:
                message = f"goes from {hop} (VLAN {groups[hop].vlan}) to {to} (VLAN {groups[to].vlan}): no switch carries it there"
                yield ("traffic", index), InputError("", message)
            if (hop, to) not in local:
                continue
            for path in {groups[name].datapath for name in (hop, to)} & set(names.NO_NEIGHBOURS):
                message = f"goes from {hop} to {to}: what guests on the path {path} and others of their host send each other is not modelled"
                yield ("traffic", index), InputError("", message)
            modes = {groups[name].macvtap for name in (hop, to)}
            if modes & {"private", "passthru"} or len(modes) > 1:
                message = f"goes from {hop} ({groups[hop].macvtap}) to {to} ({groups[to].macvtap}): macvtap leads there in mode bridge or vepa of both"
                yield ("traffic", index), InputError("", message)


def _first_packets(scenario: Scenario) -> Iterator[Fault]:
    """The first packet of a flow matters where a flow table has to be filled."""
    groups = {name: group for group in scenario.guests for name in group.members()}
    kinds = {name: site.switch.kind for site in sites(scenario) for _, group in site.groups for name in group.members()}
    shares: dict[int, str] = {}
    for index, item in enumerate(scenario.traffic):
        if not isinstance(item, Poisson) or not item.new_flows_ppm:
            continue
        shares.setdefault(item.new_flows_ppm, item.name)
        for route in routes(scenario, item):
            met = route.receiver or route.sender or ""
            path, kind = groups[met].datapath, kinds[met]
            carried = names.FLOW_TABLES.get(kind, {}).get(path)
            if carried is None or (route.receiver is None and carried != "any"):
                towards = "" if route.receiver else ", from guests to the far end"
                known = ", ".join(kind for kind in names.FLOW_TABLES if kind != "automatic")
                where = f"on the path {path} behind switch '{kind}'{towards}"
                message = f"changes nothing {where}: no flow table is filled there (switches that have one: {known})"
                yield ("traffic", index, "new_flows"), InputError("", message)
                break
        if len(shares) > 1 and set(kinds.values()) & {"automatic", "ovs-dpdk"}:
            message = (
                f"is not the share of {next(iter(shares.values()))}: a polling switch draws one for all its packets"
            )
            yield ("traffic", index, "new_flows"), InputError("", message)


def _hypervisors(scenario: Scenario) -> Iterator[Fault]:
    """A host has one hypervisor."""
    for site in sites(scenario):
        found: dict[str, str] = {}
        paths = [
            (index, key, given)
            for index, group in site.groups
            for key, given in (("datapath", group.datapath), ("standby", group.standby))
            if given is not None
        ]
        for index, key, given in paths:
            if given not in names.OF_ANY:
                found.setdefault(names.HYPERVISORS.get(given, "KVM"), given)
            if len(found) > 1:
                (one, path), (other, _) = found.items()
                message = f"is a path of {other}, and {path} one of {one}: a host has one hypervisor"
                yield ("guests", index, key), BadValue("", message, given)
                break


def _own_sources(item: Traffic) -> int:
    """Clients and connections are simulated one by one, flows of an open loop are not."""
    if isinstance(item, RequestResponse):
        return item.outstanding
    return item.flows if isinstance(item, Bulk) else 0


def _costs(scenario: Scenario) -> Iterator[Fault]:
    for site in sites(scenario):
        source = site.host.source
        known = names.cost_units(source) if site.host.costs else {}
        for name, text in site.host.costs.items() if not site.number or "host" in site.own else ():
            place = site.at("host", "costs", name)
            if name not in known:
                yield place, unknown("", f"cost of host {names.host_name(source)}", name, known)
            elif name in UNSPENT:
                message = "is in the catalogue, and no datapath spends it yet: nothing would change"
                yield place, BadValue("", message, text)
            elif not _suits(text, known[name]):
                yield place, BadValue("", f"will not do for {name}, which is {_COST_UNITS[known[name]]}", text)


_COST_UNITS = {
    "ps": "a time such as '600 ns'",
    "fs/B": "a time per byte such as '80 ps/B'",
    "ns": "a time in whole ns such as '200 us'",
    "ratio": "a whole number such as 2",
}


def _suits(text: str, unit: str) -> bool:
    dimension = units.dimension_of(text)
    if unit == "ratio" or dimension is None:
        return unit == "ratio" and dimension is None
    if unit == "fs/B":
        return dimension is units.TIME_PER_BYTE
    return dimension is units.TIME and (unit == "ps" or units.parse(text, dimension) % 1000 == 0)


def _cores(scenario: Scenario) -> Iterator[Fault]:
    for site in sites(scenario):
        host = site.host
        if host.core_count is None:
            continue
        message = f"is beyond the host's last core, {host.core_count - 1}"
        if any(core >= host.core_count for core in host.irq_cores or ()):
            yield site.at("host", "irq_cores"), BadValue("", message, max(host.irq_cores or ()))
        for index, group in site.groups:
            if any(core >= host.core_count for core in group.placement.cores or ()):
                last = max(group.placement.cores or ())
                yield ("guests", index, "placement", "cores"), BadValue("", message, last)


def _interrupts(scenario: Scenario) -> Iterator[Fault]:
    for site in sites(scenario):
        source, capable = site.host.source, site.host.capabilities
        known = names.available_interrupts(source, capable.apicv, capable.posted_interrupts)
        for index, group in site.groups:
            if group.datapath not in names.ON_HOST and group.interrupts not in known:
                message = (
                    f"is an interrupt mode that host {names.host_name(source)} does not have"
                    " (host.capabilities can grant it)"
                )
                yield ("guests", index, "interrupts"), BadValue("", message, group.interrupts, known)


def _adapters(scenario: Scenario) -> Iterator[Fault]:
    """A host has one adapter or a list of them, whose names differ and are those that guests use."""
    guests = set(guest_names(scenario))
    for site in sites(scenario):
        listed = not site.number or "nics" in site.own
        if listed and site.nics and site.nic != Nic():
            yield site.at("nic"), InputError("", "is not used: the adapters are those of nics", None, ("nic", "nics"))
        known = site.nic_names
        for index, name in enumerate(known if listed else ()):
            if name in known[:index] or name in guests:
                what = "another adapter" if name in known[:index] else "a guest"
                yield site.at("nics", index, "name"), BadValue("", f"is the name of {what} too", name)
        for index, group in site.groups:
            for key, given in (("nic", group.nic), ("second_nic", group.second_nic)):
                if given is not None and given not in known:
                    yield ("guests", index, key), unknown("", "adapter", given, known or ("(the host has one, nic)",))


def _idle_adapters(scenario: Scenario) -> Iterator[Fault]:
    """Each of several adapters has somebody behind it."""
    known = interfaces(scenario)
    used = {*known.first.values(), *known.second.values()}
    for site in sites(scenario):
        for number, name in enumerate(site.nic_names if site.switch.bond is None and site.groups else ()):
            if site.first + number not in used:
                message = f"has nobody behind it: name {name} as a guest's nic, or leave it out"
                yield site.at("nics", number), InputError("", message)


def _loopback(scenario: Scenario) -> Iterator[Fault]:
    """A cap on traffic that no source makes is refused: it would change nothing."""
    if neighbours(scenario):
        return
    message = (
        "caps traffic between two functions, and nobody sends from guest to guest (traffic's from and to): leave it out"
    )
    for place in {
        site.adapter_at(index, "loopback")
        for site in sites(scenario)
        for index, (_, nic) in enumerate(site.adapters)
        if nic.loopback_bps is not None
    }:
        yield place, InputError("", message)


_WAYS = ("traffic.*.from", "traffic.*.to", "traffic.*.through", "guests.*", "guests.*.name", "guests.*.count")

RULES: dict[Callable[[Scenario], Iterator[Fault]], tuple[str, ...]] = {
    _guests: ("guests.*.name", "guests.*.count"),
    _traffic: ("traffic.*.name", "traffic.*.guests", *_WAYS),
    _programs: ("guests.*.application", "guests.*.interrupts"),
    _forwarding: (
        "traffic.*.guests",
        "guests.*.application",
        "guests.*.interrupts",
        "guests.*.second_nic",
        "traffic.*.reverse",
        *_WAYS,
    ),
    _neighbours: ("guests.*.datapath", "guests.*.vlan", "traffic.*.guests", *_WAYS),
    _hypervisors: ("guests.*.datapath", "guests.*.standby", "guests.*.on_host"),
    host_faults: ("hosts", "guests.*", "guests.*.name", "guests.*.count", "guests.*.on_host", "nics"),
    bond_faults: ("nics", "hosts", "guests.*.datapath", "guests.*.nic"),
    network_faults: ("hosts", "nics", "traffic.*", "guests.*.on_host", *_WAYS),
    _first_packets: ("guests.*.datapath", "switch.kind", "traffic.*.guests", "traffic.*.direction", *_WAYS),
    _adapters: ("nics", "nic", "guests.*.nic", "guests.*.second_nic", "guests.*.name", "guests.*.count"),
    _idle_adapters: ("nics", "guests.*", "guests.*.on_host", "switch.bond"),
    _costs: ("host.model", "hosts"),
    _cores: ("host.cores", "hosts", "guests.*.on_host"),
    _interrupts: ("host.model", "host.capabilities", "guests.*.datapath", "hosts", "guests.*.on_host"),
    attack_faults: (
        "guests.*.datapath",
        "guests.*.spoof_check",
        "guests.*.mail",
        "traffic.*.spoofed",
        "traffic.*.direction",
        *_WAYS,
    ),
    iommu_faults: (
        "host.iommu",
        "hosts",
        "guests.*.on_host",
        "host.iommu_pages",
        "guests.*.datapath",
        "guests.*.standby",
        "guests.*.viommu",
        "guests.*.interrupts",
    ),
    _loopback: ("traffic.*", *_WAYS),
    event_faults: ("guests.*.name", "guests.*.count", "guests.*.datapath", "measurement"),
}
"""Each rule with the values on which its verdict leans."""
