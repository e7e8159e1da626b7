"""What only building a point shows, all of it at once: each fault at the key that would mend it.

1. The machine is built with as many cores as it wants. If it can be built, the plan is checked and the cores counted.
2. If not, it is built again guest by guest and source by source, every refusal kept.
3. What a part calls ``guests.vm3.queues`` becomes the key of the group in the file; a group of forty guests has a fault
   once.

*Scope*: one point. *Validation*: ``tests/unit/test_audit.py``, ``tests/bad``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from simulator import units
from simulator.errors import BadValue, InputError
from simulator.parts.settings import PortSettings
from simulator.plan import check_bounds
from simulator.plan.check import check
from simulator.plan.model import Plan
from simulator.scenario.assemble import assemble
from simulator.scenario.build import each_host, misfits, network_settings, site_settings, spoofed
from simulator.scenario.checks import Fault
from simulator.scenario.host import Pcie
from simulator.scenario.model import Scenario
from simulator.scenario.nonsense import nonsense
from simulator.scenario.plan_faults import placed
from simulator.scenario.remains import Location
from simulator.scenario.settings_of_guests import guest_settings
from simulator.scenario.settings_of_machines import nic_settings
from simulator.scenario.sites import Site, sites
from simulator.scenario.sources import add_traffic

LEANS: Mapping[str, tuple[str, ...]] = {
    "host": ("host.model", "host.cores", "host.irq_cores", "nic.model", "nics",
             "guests.*.datapath", "guests.*.interrupts", "guests.*.placement"),
    "guests": ("host.model", "host.capabilities", "nic.model", "nics", "guests.*.nic", "switch", "guests.*.datapath", "guests.*.interrupts",
               "guests.*.vcpus", "guests.*.queues", "guests.*.count", "guests.*.nics", "traffic.*.direction"),
    "nic": ("nic",),
    "nics": ("nics",),
    "hosts": ("hosts", "host", "nic", "nics", "switch", "guests.*", "guests.*.on_host", "guests.*.datapath"),
    "switch": ("switch", "guests.*.datapath"),
    "traffic": ("nic.model", "nic.rate", "nics", "guests.*.nic", "guests.*.mtu", "guests.*.offloads", "guests.*"),
    "measurement": ("nic.model", "nic.rate", "nics"),
}  # fmt: skip
"""First word of a fault's place -> the values on which it leans besides its own: if the grammar refused one of them, the
fault may be a consequence. Numbers of guests, vCPUs and queues are not among them: without them fewer cores and rates are needed."""


def wiring_faults(scenario: Scenario, *, whole: bool = True) -> list[Fault]:
    """Every reason why the point cannot be built or makes no sense, each with the location of the value to change. ``whole``:
    nothing that guests say was cut out; otherwise they need at least so many cores."""
    found, ports = _ports(scenario)
    guests = tuple(guest_settings(scenario))
    (host, switch), *further = [(replace(host, cores=None), switch) for host, switch in site_settings(scenario)]
    refused: list[InputError] = []
    machine = assemble(
        host, ports, guests, refused, switch=switch, further=further, network=network_settings(scenario),
        spoofed=spoofed(scenario),
    )  # fmt: skip
    found += [*misfits(scenario, ports, guests), *refused]
    add_traffic(machine, scenario, guests, 0, found)
    faults = [(location_of(scenario, fault.place), fault) for fault in found]
    faults += nonsense(scenario, min(port.rate_bps for port in ports))
    for site, slot in zip(sites(scenario), each_host(machine), strict=True):
        faults += _too_few_cores(site, slot.cpus.map, "" if whole and not refused else "at least ")
    # of an adapter that nobody is behind no plan can be made, and it is told where guests are dealt out
    if not faults and all(slot.port.receivers for slot in machine.adapters):
        plan = machine.builder.finish(scenario.name)
        faults += [*placed(scenario, check(plan)), *_too_long(scenario, plan)]
    first: dict[Location, Fault] = {}
    for location, fault in faults:
        first.setdefault(location, (location, fault))
    return list(first.values())


def of_plan(scenario: Scenario, plan: Plan) -> list[Fault]:
    """What makes no sense although the plan was built and can run."""
    slowest_bps = min(port.rate_bps for port in _ports(scenario)[1])
    return [*nonsense(scenario, slowest_bps), *_too_long(scenario, plan)]


def _ports(scenario: Scenario) -> tuple[list[InputError], tuple[PortSettings, ...]]:
    found, ports = [], []
    for site in sites(scenario):
        for number, (name, nic) in enumerate(site.adapters):
            try:
                port = nic_settings(nic)
            except InputError as error:
                place = ".".join(str(part) for part in site.adapter_at(number))
                found.append(error.at(error.place.replace("nic", place, 1)))
                port = nic_settings(nic.model_copy(update={"pcie": Pcie()}))
            ports.append(replace(port, name=name, host=site.number))
    return found, tuple(ports)


def location_of(scenario: Scenario, place: str) -> Location:
    """The location in the file of what the parts call ``guests.vm3.queues`` or ``traffic.load.rate``."""
    first, *rest = place.split(".")
    if first == "guests" and rest:
        groups = [index for index, group in enumerate(scenario.guests) if rest[0] in group.members()]
        return ("guests", *groups[:1], *rest[1:])
    if first in ("nics", "hosts") and rest:
        return (first, int(rest[0]), *(int(part) if part.isdigit() else part for part in rest[1:]))
    if first == "traffic" and rest:
        items = [index for index, item in enumerate(scenario.traffic) if item.name == rest[0]]
        return ("traffic", *items[:1], *rest[1:])
    return (first, *rest)


def _too_long(scenario: Scenario, plan: Plan) -> Iterator[Fault]:
    """What grows with simulated time and must stay exact in 63 bits."""
    window = scenario.measurement
    length_ps, allowed = window.before_ps + window.duration_ps, check_bounds.longest_ps(plan)
    if length_ps > allowed.time_ps:
        shown = units.format_time(allowed.time_ps)
        message = f"with the warm-up is longer than {shown}, up to which {allowed.reason}"
        yield ("measurement", "duration"), BadValue("", message, units.exact_time(window.duration_ps))


def _too_few_cores(site: Site, users: Mapping[int, Iterable[str]], bound: str) -> Iterator[Fault]:
    given = site.host.core_count
    named = [core for _, group in site.groups for core in group.placement.cores or ()]
    named += site.host.irq_cores or ()
    needed = 1 + max(users, default=-1)
    if given is None or needed <= given or any(core >= given for core in named):
        return
    message = f"needs {bound}{needed} cores: {', '.join(_who(site, users))}; the host has {given}"
    yield site.at("host", "cores"), InputError("", f"{message}; give more, or let guests share (placement)")


def _who(site: Site, users: Mapping[int, Iterable[str]]) -> Iterator[str]:
    """``80 for vCPUs of vm``: what the cores are for, in the order of the cores."""
    for what, count in Counter(_use(site, next(iter(names))) for names in users.values()).items():
        yield f"{count} for {what}"


def _use(site: Site, user: str) -> str:
    task, of, guest = user.rpartition(" of ")
    owner, _, unit = guest.partition(".")
    group = next((group.name for _, group in site.groups if owner in group.members()), re.sub(r"[0-9]+$", "", owner))
    if of:
        return f"{task} of {group}"
    return f"vCPUs of {group}" if unit.startswith("vcpu") else f"queues of {group}" if unit else f"the host's {group}"
