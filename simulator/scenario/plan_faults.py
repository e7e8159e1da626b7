"""A complaint about a plan, told at the key of the scenario that brought it.

1. A complaint names an entity of the plan (``DescRing vm.q0.rx``), a field and the reason.
2. Entities are named after guests and traffic; their fields come from a few keys. Of those the ones that the scenario
   writes are to blame, the first in the table's order.
3. What no key is known for is told at the guest or source, and else at the file.

*Scope*: the plan's own words stay in the message: they say what would be too much. *Validation*:
``tests/unit/test_audit.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from simulator import units
from simulator.errors import InputError
from simulator.scenario.checks import Fault
from simulator.scenario.guest import Guest
from simulator.scenario.host import Nic
from simulator.scenario.model import Scenario
from simulator.scenario.remains import Location
from simulator.scenario.sites import sites
from simulator.scenario.traffic import Bulk

_COMPLAINT = re.compile(r"(?P<kind>[A-Z]\w+) (?P<name>\S+)(?: \w+\[\d+\])?: (?P<reason>.*)", re.DOTALL)
_LARGE_COST_PS = 10**12
"""Only costs from a second on can leave 63 bits."""


def placed(scenario: Scenario, complaints: Iterable[str]) -> Iterator[Fault]:
    """Each complaint with the location of the key that most likely brought it."""
    for complaint in complaints:
        match = _COMPLAINT.fullmatch(complaint)
        if match is None:
            yield (), InputError("", f"cannot be simulated: {complaint}")
            continue
        field = match["reason"].partition(" = ")[0]
        named: list[Location] = [("host", "costs", name) for name in scenario.host.costs if name == field]
        location = next(iter([*named, *_blamed(scenario, match["kind"], match["name"])]), ())
        yield location, InputError("", f"cannot be simulated: {match['reason']} ({match['kind']} {match['name']})")


def _blamed(scenario: Scenario, kind: str, name: str) -> Iterator[Location]:
    index, group = _group(scenario, name)
    if kind == "DescRing":
        yield from _ring(scenario, index, group, "tx_ring" if ".tx" in name else "rx_ring")
    if kind in ("Executor", "Thread", "Tick", "Worker", "Lock", "IrqRoute", "Dma"):
        yield from _costs(scenario, group, index)
    if kind == "Executor":
        yield from _slices(scenario)
    if kind == "Link" and ".pcie." in name:
        yield from _every_ring(scenario)
    if kind in ("Worker", "Link", "Moderator"):
        yield from _port(scenario, kind)
        yield from _share(kind, index, group)
    if kind == "Source":
        items = [(n, item) for n, item in enumerate(scenario.traffic) if item.name in name.split(".")]
        yield from (("traffic", n, "window") if isinstance(item, Bulk) else ("traffic", n) for n, item in items)
    if group is not None:
        yield "guests", index


def _port(scenario: Scenario, kind: str) -> Iterator[Location]:
    for at, nic in _nics(scenario):
        if kind == "Worker" and nic.arbiter.quantum_bytes != 1500:
            yield *at, "arbiter", "quantum"
        if kind == "Link":
            yield from ((*at, key) for key in ("rate", "cable") if getattr(nic, _FIELDS[key]) is not None)
        if kind == "Moderator" and nic.moderation is not None:
            yield *at, "moderation"


def _nics(scenario: Scenario) -> list[tuple[Location, Nic]]:
    return [(site.adapter_at(number), nic) for site in sites(scenario) for number, (_, nic) in enumerate(site.adapters)]


def _share(kind: str, index: int, group: Guest | None) -> Iterator[Location]:
    if group is not None and group.max_rate_bps and kind != "Moderator":
        yield "guests", index, "max_rate"
    if group is not None and group.weight > 1 and kind == "Worker":
        yield "guests", index, "weight"


_FIELDS = {"rate": "rate_bps", "cable": "cable_mm"}


def _group(scenario: Scenario, name: str) -> tuple[int, Guest | None]:
    owner = name.partition(".")[0]
    found = [(index, group) for index, group in enumerate(scenario.guests) if owner in group.members()]
    return found[0] if found else (0, None)


def _every_ring(scenario: Scenario) -> Iterator[Location]:
    """A bus carries the descriptors of all rings: the longest that is written."""
    written: list[tuple[int, Location]] = [
        (size, (*at, key))
        for at, nic in _nics(scenario)
        for key in ("rx_ring", "tx_ring")
        if (size := getattr(nic, key))
    ]
    for index, group in enumerate(scenario.guests):
        written += [(size, ("guests", index, key)) for key in ("rx_ring", "tx_ring") if (size := getattr(group, key))]
    yield from (location for _, location in sorted(written, key=lambda found: -found[0]))


def _ring(scenario: Scenario, index: int, group: Guest | None, key: str) -> Iterator[Location]:
    if group is not None and getattr(group, key) is not None:
        yield "guests", index, key
    yield from ((*at, key) for at, nic in _nics(scenario) if getattr(nic, key) is not None)


def _costs(scenario: Scenario, group: Guest | None, index: int) -> Iterator[Location]:
    times = {name: _size(text) for name, text in scenario.host.costs.items()}
    yield from (
        ("host", "costs", name) for name in sorted(times, key=lambda n: -times[n]) if times[name] >= _LARGE_COST_PS
    )
    if group is not None:
        for key, value in (("receive", group.application.receive_ps), ("send", group.application.send_ps)):
            if (value or 0) >= _LARGE_COST_PS:
                yield "guests", index, "application", key


def _size(text: str) -> int:
    dimension = units.dimension_of(text)
    return units.parse(text, dimension) if dimension else 0


def _slices(scenario: Scenario) -> Iterator[Location]:
    scheduler = scenario.host.scheduler
    written = {
        "latency": scheduler.latency_ps,
        "minimum_granularity": scheduler.minimum_granularity_ps,
        "quantum": scheduler.quantum_ps,
    }
    yield from (("host", "scheduler", key) for key in written if (written[key] or 0) >= _LARGE_COST_PS)
