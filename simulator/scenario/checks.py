"""Faults between values of a scenario that is right value by value.

*Scope*: names that must be unique or known, totals that are bounded, costs and capabilities against the catalogue. What
needs the wiring (offered load above the line rate, a queue without a core) is found when the plan is built.
*Validation*: ``tests/unit/test_bad_input.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from simulator import units
from simulator.costs.names import UNSPENT
from simulator.errors import BadValue, InputError, unknown
from simulator.scenario import names
from simulator.scenario.events import event_faults
from simulator.scenario.guest import MOST_GUESTS
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Location, leans
from simulator.scenario.traffic import Bulk, RequestResponse, Traffic

MOST_SOURCES = 8192

Fault = tuple[Location, InputError]


def checks(scenario: Scenario, cut: Iterable[Location] = ()) -> Iterator[Fault]:
    """Yield every fault with the location of the value it is about, without those that may follow from values that
    were ``cut`` out because the grammar refused them."""
    for rule, reads in RULES.items():
        if not leans(reads, cut):
            yield from rule(scenario)


def guest_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of all guests, groups expanded, in order."""
    return tuple(name for group in scenario.guests for name in group.members())


def selected(scenario: Scenario, item: Traffic) -> tuple[str, ...]:
    """Return the names of the guests that an item of traffic is for, in the order of the guests."""
    patterns = _patterns(item)
    known = guest_names(scenario)
    return known if patterns == ("all",) else tuple(n for n in known if any(fnmatchcase(n, p) for p in patterns))


def _patterns(item: Traffic) -> tuple[str, ...]:
    return (item.guests,) if isinstance(item.guests, str) else item.guests


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
        crowd += _own_sources(item) * len(selected(scenario, item))
        if crowd > MOST_SOURCES:
            key = "flows" if isinstance(item, Bulk) else "outstanding"
            message = (
                f"brings connections and clients to {crowd:,}; at most {MOST_SOURCES:,} are practical, guests together"
            )
            yield ("traffic", index, key), InputError("", message)
            crowd = 0
        if not _patterns(item):
            yield (
                ("traffic", index, "guests"),
                InputError("", "names no guest, so nothing is sent; 'all' is every guest"),
            )
        for pattern in _patterns(item):
            if pattern != "all" and not any(fnmatchcase(name, pattern) for name in known):
                yield ("traffic", index, "guests"), unknown("", "guest", pattern, ("all", *known))


def _own_sources(item: Traffic) -> int:
    """Clients and connections are simulated one by one, flows of an open loop are not."""
    if isinstance(item, RequestResponse):
        return item.outstanding
    return item.flows if isinstance(item, Bulk) else 0


def _costs(scenario: Scenario) -> Iterator[Fault]:
    known = names.cost_units(scenario.host.source) if scenario.host.costs else {}
    for name, text in scenario.host.costs.items():
        place = ("host", "costs", name)
        if name not in known:
            yield place, unknown("", f"cost of host {names.host_name(scenario.host.source)}", name, known)
        elif name in UNSPENT:
            yield place, BadValue("", "is in the catalogue, and no datapath spends it yet: nothing would change", text)
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
    host = scenario.host
    if host.core_count is None:
        return
    if any(core >= host.core_count for core in host.irq_cores or ()):
        message = f"is beyond the host's last core, {host.core_count - 1}"
        yield ("host", "irq_cores"), BadValue("", message, max(host.irq_cores or ()))
    for index, group in enumerate(scenario.guests):
        if any(core >= host.core_count for core in group.placement.cores or ()):
            last = max(group.placement.cores or ())
            yield (
                ("guests", index, "placement", "cores"),
                BadValue("", f"is beyond the host's last core, {host.core_count - 1}", last),
            )


def _interrupts(scenario: Scenario) -> Iterator[Fault]:
    known = names.available_interrupts(
        scenario.host.source, scenario.host.capabilities.apicv, scenario.host.capabilities.posted_interrupts
    )
    for index, group in enumerate(scenario.guests):
        if group.datapath != "native" and group.interrupts not in known:
            message = (
                f"is an interrupt mode that host {names.host_name(scenario.host.source)} does not have"
                " (host.capabilities can grant it)"
            )
            yield ("guests", index, "interrupts"), BadValue("", message, group.interrupts, known)


def _loopback(scenario: Scenario) -> Iterator[Fault]:
    """A cap on traffic that no source can make is refused, as long as no packet can be addressed to another guest."""
    if scenario.nic.loopback_bps is not None:
        message = "caps traffic between two functions, and none can be sent from guest to guest yet: leave it out"
        yield ("nic", "loopback"), InputError("", message)


RULES: dict[Callable[[Scenario], Iterator[Fault]], tuple[str, ...]] = {
    _guests: ("guests.*.name", "guests.*.count"),
    _traffic: ("traffic.*.name", "traffic.*.guests", "guests.*", "guests.*.name", "guests.*.count"),
    _costs: ("host.model",),
    _cores: ("host.cores",),
    _interrupts: ("host.model", "host.capabilities", "guests.*.datapath"),
    _loopback: (),
    event_faults: ("guests.*.name", "guests.*.count", "guests.*.datapath", "measurement"),
}
"""Each rule with the values on which its verdict leans."""
