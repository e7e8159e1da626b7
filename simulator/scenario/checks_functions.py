"""Faults of functions that are given away: IOMMUs, the adapter's check of addresses, its mailbox.

*Scope*: what goes together. *Validation*: ``tests/bad``, ``tests/sriov/test_attacks.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator import units
from simulator.errors import BadValue, InputError
from simulator.scenario import names
from simulator.scenario.iommu import MAPS
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Location
from simulator.scenario.routes import (
    routes,
)
from simulator.scenario.sites import Site, sites
from simulator.scenario.traffic import Bursts, Constant, Poisson

Fault = tuple[Location, InputError]


def iommu_faults(scenario: Scenario) -> Iterator[Fault]:
    """Functions are given away through an IOMMU; packets are mapped in small pages, by drivers of the kernel; by Linux on the host."""
    for site in sites(scenario):
        yield from _iommu_of(site)


def _iommu_of(site: Site) -> Iterator[Fault]:
    host = site.host
    maps = [number for number, group in site.groups if group.viommu.mode in MAPS]
    for number, group in site.groups:
        given = group.datapath in names.GIVEN_AWAY
        if given and host.iommu.mode == "off":
            message = "gives a function to a guest, which needs an IOMMU; host.iommu is off"
            yield ("guests", number, "datapath"), BadValue("", message, group.datapath)
        if group.viommu.mode != "off" and not given:
            message = f"is of a guest with a function of the adapter ({', '.join(names.GIVEN_AWAY)}); the path is {group.datapath}"
            yield ("guests", number, "viommu"), BadValue("", message, group.viommu.mode)
        elif number in maps and group.interrupts == "poll":
            message = "changes nothing in poll mode, where memory is mapped once and for all"
            yield ("guests", number, "viommu"), BadValue("", message, group.viommu.mode)
        for path in (group.datapath, group.standby):
            if host.iommu.mode in MAPS and path in names.HYPERVISORS:
                message = f"is what Linux' drivers do on the host; {path} is of {names.HYPERVISORS[path]}"
                yield site.at("host", "iommu"), BadValue("", message, host.iommu.mode)
    if host.iommu_pages not in ("off", "4 KiB") and (maps or host.iommu.mode in MAPS):
        message = (
            "cannot be where packets are mapped one by one, in pages of 4 KiB: an adapter's pages are of one size here"
        )
        yield site.at("host", "iommu_pages"), BadValue("", message, host.iommu_pages)
    if host.iommu_pages != "off" and host.iommu.mode == "off":
        yield site.at("host", "iommu_pages"), BadValue("", "is of an IOMMU; host.iommu is off", host.iommu_pages)


def attack_faults(scenario: Scenario) -> Iterator[Fault]:
    """Who has no function of the adapter has neither its check of addresses nor its mailbox."""
    groups = {name: group for group in scenario.guests for name in group.members()}
    known = ", ".join(names.FUNCTIONS)
    for index, group in enumerate(scenario.guests):
        given = (("spoof_check", "off" if not group.spoof_check else None), ("mail", group.mail_pps))
        for key, value in given:
            if value is not None and group.datapath not in names.FUNCTIONS:
                message = f"is of a function of the adapter ({known}); the path is {group.datapath}"
                shown = units.exact(value, units.PACKET_RATE) if isinstance(value, int) else value
                yield ("guests", index, key), BadValue("", message, shown)
    for index, item in enumerate(scenario.traffic):
        if isinstance(item, (Poisson, Constant, Bursts)) and item.spoofed:
            for route in routes(scenario, item):
                path = groups[route.sender].datapath if route.sender else ""
                if route.sender and path not in names.FUNCTIONS:
                    message = f"is checked for functions of the adapter ({known}); {route.sender} is on the path {path}"
                    yield ("traffic", index, "spoofed"), InputError("", message)
                    break
