"""Guests as settings: each member of each group, on its host, behind its adapter, with what traffic asks of it.

*Scope*: what parts need of a guest; who may be where is checked before (``checks``). *Validation*: tests/unit/test_build_keys.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulator import vswitches
from simulator.datapaths import datapath
from simulator.parts.nic import PEER
from simulator.parts.settings import (
    GuestSettings,
    HostSettings,
    PolledSwitch,
)
from simulator.scenario.events import functions, meant
from simulator.scenario.guest import Guest
from simulator.scenario.host import VirtualSwitch
from simulator.scenario.model import Scenario
from simulator.scenario.routes import (
    interfaces,
    neighbours,
    next_hops,
    routes,
    second_name,
)
from simulator.scenario.settings_of_machines import flows_of, host_settings
from simulator.scenario.sites import Site, sites
from simulator.scenario.traffic import Poisson
from simulator.scenario.uses import Use, uses

_IDLE = {"hlt": "hlt", "poll": "poll", "guest-halt-poll": "ghp"}
BURST_BYTES = 16_384


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
    return vswitches.forwarder(given, masks=switch.masks, flows=flows_of(met, 0, switch))


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
