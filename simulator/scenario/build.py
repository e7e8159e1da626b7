"""Scenario to Plan: catalogue and overrides become settings, guests are attached, traffic becomes sources.

1. `settings` turns the words of the scenario into what the parts need, the catalogue's values where nothing is written.
2. `assemble` builds host, port and guests; `sources.add_traffic` adds who sends.
3. Every random stream is named by guest and purpose, never by datapath: the series of a comparison see the same
   packets.

*Scope*: what is on several hosts is built host by host (``sites``). The replication matters only for traffic that is drawn when the plan is built
(captures).
*Validation*: tests/unit/test_build.py, and every shipped scenario is built by a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulator import costs, units, vswitches
from simulator.costs.pcie import usable_rate_bps
from simulator.costs.ranges import host_drawn, nic_drawn
from simulator.datapaths import datapath
from simulator.errors import InputError
from simulator.parts.machine import Machine, Slot
from simulator.parts.nic import PEER
from simulator.parts.settings import (
    GuestSettings,
    HostSettings,
    Moderation,
    NetworkSettings,
    PolledSwitch,
    PortSettings,
    Scheduler,
    SwitchSettings,
    port_settings,
)
from simulator.plan.check import require
from simulator.plan.model import INFINITE_PS, Plan
from simulator.scenario import recorded
from simulator.scenario.assemble import assemble
from simulator.scenario.events import functions, meant
from simulator.scenario.guest import Guest
from simulator.scenario.host import FurtherHost, Host, Nic, VirtualSwitch
from simulator.scenario.model import Scenario
from simulator.scenario.routes import (
    adapters,
    crosses_the_wire,
    interfaces,
    neighbours,
    next_hops,
    routes,
    second_name,
)
from simulator.scenario.sites import Site, sites
from simulator.scenario.sources import add_traffic
from simulator.scenario.traffic import Bursts, Capture, Constant, Poisson, Traffic
from simulator.scenario.uses import Use, uses
from simulator.vswitches.model import Flows

OVERRIDE_NOTE = "set by the scenario"
_MODERATION = {"none": "none", "gap": "gap", "coalesce": "coal", "coalesce-eqe": "coal_eqe", "coalesce-cqe": "coal_cqe"}
_IDLE = {"hlt": "hlt", "poll": "poll", "guest-halt-poll": "ghp"}
_CABLE_PS_PER_MM = 5
_PAGES = {"off": 0, "4 KiB": 1 << 12, "2 MiB": 1 << 21, "1 GiB": 1 << 30}
BURST_BYTES = 16_384


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


def switch_settings(scenario: Scenario, site: Site) -> SwitchSettings:
    """What carries packets on a host."""
    written, groups = site.switch, [group for _, group in site.groups]
    here = {name for group in groups for name in group.members()}
    # a path's own switch where nobody names one: of one hypervisor's paths all name the same
    used = [path for group in groups for path in (group.datapath, group.standby) if path]
    own = [kind for path in used if vswitches.suits(kind := datapath(path).switch, "linux-bridge")]
    kind = next(iter(own), written.kind) if written.kind == "automatic" else written.kind
    met = [item for item in scenario.traffic for route in routes(scenario, item) if here & {*route.nodes}]
    new_ppm = max((item.new_flows_ppm for item in met if isinstance(item, Poisson)), default=0)
    flows = _flows(met, new_ppm, written)
    carried = vswitches.settings(
        kind,
        cores=written.cores or (),
        masks=written.masks,
        extensions=written.extensions,
        flows=flows,
        reflected=written.mode == "vepa",
    )
    return replace(carried, bond=written.bond.mode if written.bond else "")


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


def host_settings(host: Host) -> HostSettings:
    """The machine: catalogue, then what the scenario changes."""
    changes = {name: (value, OVERRIDE_NOTE) for name, value in host.cost_overrides().items()}
    model = costs.host(host.source)
    model = host_drawn(model.at_clock(_or(host.clock_hz, model.cpu_hz)), host._factors)
    model = model.with_overrides(changes) if changes else model
    apicv, posted = host.capabilities.apicv, host.capabilities.posted_interrupts
    written = host.scheduler
    default = Scheduler()
    scheduler = Scheduler(
        kind=written.kind,
        latency_ps=_or(written.latency_ps, model.value("fair_latency")),
        min_granularity_ps=_or(written.minimum_granularity_ps, model.value("fair_minimum_granularity")),
        wakeup_granularity_ps=_or(written.wakeup_granularity_ps, model.value("fair_wakeup_granularity")),
        quantum_ps=_or(written.quantum_ps, default.quantum_ps),
    )
    return HostSettings(
        model=model,
        apicv=model.capabilities.has_apicv if apicv is None else apicv,
        posted_interrupts=model.capabilities.has_posted_interrupts if posted is None else posted,
        cores=host.core_count,
        irq_cores=host.irq_cores or (),
        tick=host.tick,
        tick_hz=model.value("tick_hz"),
        idle=host.idle,
        noise=host.noise,
        siblings=host.smt,
        backend_cores=host.backend_cores or (),
        firewall=host.firewall,
        variability=host.variability,
        demote=host.softirq.demote,
        scheduler=scheduler,
        iommu_page_bytes=_PAGES[host.iommu_pages],
        iommu=host.iommu.mode,
        maps_received=host.iommu.receive_pages == "mapped",
    )


def nic_settings(nic: Nic) -> PortSettings:
    """The port: catalogue, then what the scenario changes."""
    model, written = nic_drawn(costs.nic(nic.model), nic._factors), nic.moderation
    port = port_settings(model)
    if written is not None and written.kind != "adaptive":
        port = replace(
            port,
            moderation=Moderation(_MODERATION[written.kind], written.interval_ps or 0, written.frames or INFINITE_PS),
        )
    if nic.pcie.generation is not None or nic.pcie.lanes is not None:
        generation = _or(nic.pcie.generation, model.value("pcie_generation"))
        rate_bps = usable_rate_bps(generation, _or(nic.pcie.lanes, model.value("pcie_lanes")))
        port = replace(port, up_bps=rate_bps, down_bps=rate_bps)
    return replace(
        port,
        rate_bps=_or(nic.rate_bps, port.rate_bps),
        cable_ps=(nic.cable_mm or 0) * _CABLE_PS_PER_MM,
        mps_bytes=_or(nic.pcie.mps_bytes, port.mps_bytes),
        mrrs_bytes=_or(nic.pcie.mrrs_bytes, port.mrrs_bytes),
        drop_enable=nic.drop_enable,
        far=nic.far or "",
        arbiter=nic.arbiter.kind,
        quantum_bytes=nic.arbiter.quantum_bytes,
        loopback_bps=_or(nic.loopback_bps, port.loopback_bps),
        rx_ring=nic.rx_ring or 0,
        tx_ring=nic.tx_ring or 0,
    )


def nic_overrides(nic: Nic) -> dict[str, str]:
    """Facts of the catalogued adapter that the scenario sets to another value, each in words; they count as assumed."""
    model, written = costs.nic(nic.model), nic.pcie
    facts = {
        "port_rate_bps": ("nic.rate", nic.rate_bps, units.BIT_RATE),
        "loopback_bps": ("nic.loopback", nic.loopback_bps, units.BIT_RATE),
        "mps_bytes": ("nic.pcie.mps", written.mps_bytes, units.SIZE),
        "mrrs_bytes": ("nic.pcie.mrrs", written.mrrs_bytes, units.SIZE),
        "pcie_generation": ("nic.pcie.generation", written.generation, None),
        "pcie_lanes": ("nic.pcie.lanes", written.lanes, None),
        "drop_enable" if nic.drop_enable else "drop_enable_sriov": (
            "nic.drop_enable",
            None if nic.drop_enable is None else int(nic.drop_enable),
            None,
        ),
    }
    found = {}
    for fact, (key, value, dimension) in facts.items():
        held = model.value(fact)
        if value is not None and value != held:
            shown, own = (units.exact(n, dimension) if dimension else str(n) for n in (value, held))
            found[fact] = f"{key} = {shown}; {model.name} has {own}"
    return found


def guest_settings(scenario: Scenario) -> Iterator[GuestSettings]:
    """Every guest of every group, in order, each followed by its second interface if it has one."""
    hosts = [(site, host_settings(site.host)) for site in sites(scenario)]
    where = {index: pair for pair in hosts for index, _ in pair[0].groups}
    taken = {site.number: set(_taken(site, host)) for site, host in hosts}
    used, hops, known = uses(scenario), next_hops(scenario), interfaces(scenario)
    numbers, second, local, unknown = known.first, known.second, neighbours(scenario), _meets_first(scenario)
    macs = _addresses(scenario, unknown)
    shaped = {name for item in scenario.events if item.rate for name in meant(item.rate, functions(scenario))}
    for index, group in enumerate(scenario.guests):
        site, host = where[index]
        cores = group.placement.cores or _shared(group, taken[site.number])
        for number, name in enumerate(group.members()):
            first = number * group.vcpus
            own = tuple(cores[(first + vcpu) % len(cores)] for vcpu in range(group.vcpus)) if cores else ()
            settings = replace(
                _guest(group, name, own, used[name], host),
                adapter=numbers[name],
                shaped=name in shaped,
                local=name in local,
                new_flows=name in unknown,
            )
            if group.application.kind == "forward":
                made = _forwarder(scenario, group, site.switch)
                settings = replace(settings, next_hop=macs[hops.get(name)], forwarder=made)
            yield settings
            if name in second:
                other = second_name(name)
                yield replace(
                    settings, name=other, adapter=second[name], next_hop=macs[hops.get(other)], second_of=name
                )


def _taken(site: Site, host: HostSettings) -> Iterator[int]:
    """Cores of a host that somebody names."""
    for _, group in site.groups:
        yield from (*(group.placement.cores or ()), *(group.backend_cores or ()), *(group.application.cores or ()))
    yield from (*host.irq_cores, *host.backend_cores, *(site.switch.cores or ()))


def _meets_first(scenario: Scenario) -> set[str]:
    """Guests to which packets come that begin a flow, by a switch whose handler is another thread."""
    ways = (
        route
        for item in scenario.traffic
        if isinstance(item, Poisson) and item.new_flows_ppm
        for route in routes(scenario, item)
    )
    met = {route.receiver for route in ways}
    return {
        name
        for group in scenario.guests
        for name in group.members()
        if name in met and not vswitches.suits(datapath(group.datapath).switch, "ovs-dpdk")
    }


def _addresses(scenario: Scenario, first: set[str]) -> dict[str | None, int]:
    """MAC index of every interface, in the order in which they join; None is the far end."""
    found: dict[str | None, int] = {None: PEER}
    number = PEER
    for group in scenario.guests:
        for name in group.members():
            number += 1
            found[name] = number
            if group.second_nic is not None:
                number += 1
                found[second_name(name)] = number
            number += (group.standby is not None) + (name in first)
    return found


def _forwarder(scenario: Scenario, group: Guest, switch: VirtualSwitch) -> PolledSwitch | None:
    """What a guest forwards with."""
    given = group.application.by
    if given == "l3fwd":
        return PolledSwitch(given, packet_costs=("d_lpm_pk",))
    met = [
        item for item in scenario.traffic for route in routes(scenario, item) if set(group.members()) & {*route.through}
    ]
    return vswitches.forwarder(given, masks=switch.masks, flows=_flows(met, 0, switch))


def _flows(met: Sequence[Traffic], new_ppm: int, written: VirtualSwitch) -> Flows:
    """What the tables of a switch meet, with what the scenario says of them."""
    count = max(1, sum(getattr(item, "flows", 1) for item in met))
    return Flows(count, new_ppm, written.smc, written.megaflows, written.output_batching)


def _shared(group: Guest, taken: set[int]) -> tuple[int, ...]:
    cores: list[int] = []
    number = 0
    while len(cores) < (group.placement.share or 0):
        if number not in taken:
            cores.append(number)
            taken.add(number)
        number += 1
    return tuple(cores)


def _guest(group: Guest, name: str, cores: tuple[int, ...], use: Use, host: HostSettings) -> GuestSettings:
    return GuestSettings(
        name=name,
        datapath=group.datapath,
        mode=_mode(group, host),
        vcpus=group.vcpus,
        queues=group.queues,
        nics=group.nics,
        idle=_IDLE[group.idle.kind],
        guest_poll_ps=group.idle.poll_ps or 0,
        halt_poll_max_ps=group.halt_poll_ps,
        tick=host.tick if group.tick is None else group.tick,
        checksum=group.offloads.checksum,
        cores=cores,
        busy=group.busy,
        vlan=group.vlan,
        max_rate_bps=group.max_rate_bps or 0,
        standby=group.standby or "",
        millimails=group.mail_pps or 0,
        viommu=group.viommu.mode,
        nested=group.viommu.mode != "off" and group.viommu.translation == "nested",
        maps_received=group.viommu.receive_pages == "mapped",
        macvtap=group.macvtap,
        min_rate_bps=group.min_rate_bps or 0,
        max_millipps=group.max_pps or 0,
        burst_bytes=group.burst_bytes or BURST_BYTES,
        burst_packets=group.burst_packets,
        backend_cores=group.backend_cores or (),
        application_cores=group.application.cores or (),
        application_vcpu=group.application.vcpu == "next",
        quota_ps=group.cpu.quota_ps if group.cpu else 0,
        quota_period_ps=group.cpu.period_ps if group.cpu else 0,
        gro=group.offloads.gro,
        bulk=use.bulk,
        weight=group.weight,
        rx_ring=group.rx_ring or 0,
        tx_ring=group.tx_ring or 0,
        socket_buffer=max(group.socket_buffer, use.window_frames),
        mask_interrupts=group.mask_interrupts and not datapath(group.datapath).on_host,
        napi_tx=(group.napi_tx and group.application.kind == "socket") or not datapath(group.datapath).virtqueues,
        xdp=group.application.kind == "xdp",
        batch=group.application.batch or 0,
        receive_ps=group.application.receive_ps,
        send_ps=group.application.send_ps,
        touch_fs=group.application.touch_fs or 0,
        drain_ps=group.application.drain_ps or 0,
        sends=use.sends,
        answers=use.answers,
        reply_bytes=use.reply_bytes,
    )


def _mode(group: Guest, host: HostSettings) -> str:
    path = datapath(group.datapath)
    if path.on_host:
        return group.interrupts if group.interrupts in path.modes else path.modes[0]
    if len(path.modes) > 1 and group.interrupts != "automatic":
        return group.interrupts
    return path.best_mode(host.apicv, host.posted_interrupts)


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


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
