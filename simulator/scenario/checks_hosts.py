"""Faults of several hosts, of bonds, and of what joins adapters outside.

*Scope*: names and what goes together. *Validation*: ``tests/unit/test_hosts.py``, ``tests/bad``.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import BadValue, InputError, unknown
from simulator.scenario import names
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Location
from simulator.scenario.routes import adapters, guest_names, routes
from simulator.scenario.sites import Site, sites

Fault = tuple[Location, InputError]


def host_faults(scenario: Scenario) -> Iterator[Fault]:
    """Hosts have names of their own, which guests name, and guests."""
    known = tuple(item.name for item in scenario.hosts)
    others = {*guest_names(scenario), *(name for name, _ in adapters(scenario) if name not in known)}
    for index, name in enumerate(known):
        if name in known[:index] or name in others:
            what = "another host" if name in known[:index] else "a guest or an adapter"
            yield ("hosts", index, "name"), BadValue("", f"is the name of {what} too", name)
    for index, group in enumerate(scenario.guests):
        if group.on_host is not None and group.on_host not in known:
            yield ("guests", index, "on_host"), unknown("", "host", group.on_host, known or ("(there is one, host)",))
    for site in sites(scenario):
        if not site.groups:
            place, who = (("hosts", site.number - 1), site.name) if site.number else (("guests",), "the first host")
            yield place, InputError("", f"{who} has no guest: name it as a guest's on_host, or leave it out")


def bond_faults(scenario: Scenario) -> Iterator[Fault]:
    """A bond is of two adapters under the switch of the host's kernel, and all of its guests are behind it."""
    for site in sites(scenario):
        bond = site.switch.bond
        if bond is None:
            continue
        if len(site.adapters) != 2:
            message = f"is of two adapters (nics); the host has {len(site.adapters)}"
            yield site.at("switch", "bond"), BadValue("", message, bond.mode)
        for index, group in site.groups:
            if group.datapath not in names.BRIDGED:
                message = "is not behind the switch of the host's kernel, which has the bond"
                yield ("guests", index, "datapath"), BadValue("", message, group.datapath, names.BRIDGED)
            if group.nic is not None:
                message = "is one of a bond: guests are behind both"
                yield ("guests", index, "nic"), BadValue("", message, group.nic)


def network_faults(scenario: Scenario) -> Iterator[Fault]:
    """A cable has two ends, and nothing else is on it."""
    if scenario.network is None or scenario.network.kind != "cable":
        return
    hosts, place = sites(scenario), ("network", "kind")
    found = [len(site.adapters) for site in hosts]
    if found != [1, 1]:
        message = f"is between two hosts with one adapter each; there are {_listed(hosts)}"
        yield place, BadValue("", message, "cable")
    if any(site.switch.mode == "vepa" for site in hosts):
        yield place, BadValue("", "sends nothing back, as switch.mode vepa needs it", "cable")
    for index, item in enumerate(scenario.traffic):
        if any(None in route.nodes for route in routes(scenario, item)):
            message = (
                "is from or to the far end of the wire, and a cable (network) leads to the other host: say from and to"
            )
            yield ("traffic", index), InputError("", message)


def _listed(hosts: tuple[Site, ...]) -> str:
    return ", ".join(f"{site.name or 'the first host'} with {len(site.adapters)}" for site in hosts)
