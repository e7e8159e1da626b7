"""The events of a scenario on the running data plane: what PF driver, VF drivers and waits make of them, as events of a plan.

1. A control plane (``Host`` with the adapter's model) is brought up as it is when the window begins: VFs enabled, each given to its VM.
2. Every event is done to it in order of time. What it refuses (``EBUSY``: only 0 -> n -> 0; a rate above the link's) is an error of the
   scenario, with the errno.
3. What it grants becomes changes of the plan. A VF goes off at the instant at which it is lost: its rings are closed and emptied. It
   comes on when its driver has started again: after VF Enable's 100 ms, a reset's 100 ms, hot plug, and the driver's own start.
4. A guest with a standby sends through it from the instant at which its function is gone, and hears through it when the adapter's filter
   has been moved; both come back with the function, on Hyper-V 100 ms later.
5. A VM that is moved: unplug, rounds in which what was written meanwhile is copied again, a stop for the last one, plug.
6. A descriptor that no driver may write stops its VF, and only that, until it is reset.
7. The monitor of a bond looks at its links at fixed times; at the next look after a change the tables of host and switch use what has a
   link.
8. What an earlier event had set in motion for a VF and has not happened yet is called off by a later one.

*Scope*: the ports of all hosts, each with its PF; VFs start side by side, not one after the other.
The data plane's own queues outside the function (the adapter's packet buffer, the guest's sockets) are not touched. A VM that is stopped
neither sends nor receives; its vCPU is not stopped, and the copying takes nothing of the port.
*Validation*: ``tests/sriov/test_schedule.py``, ``tests/sriov/test_failover.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from simulator import units
from simulator.datapaths.standby import FUNCTION_PORT, STANDBY_PORT
from simulator.errors import InputError, ScenarioErrors
from simulator.parts import bonds, network
from simulator.plan.check import require
from simulator.plan.model import Event, Plan
from simulator.scenario.build import build
from simulator.scenario.events import PF, Happening, functions, meant
from simulator.scenario.load import DEFAULT, origins
from simulator.scenario.model import Scenario
from simulator.scenario.routes import adapter_of, adapters
from simulator.scenario.sites import Site, sites
from simulator.sriov import assign, iplink, sysfs, timing, uplinks
from simulator.sriov.catalogue import MODELS
from simulator.sriov.host import Host
from simulator.sriov.outcome import Outcome
from simulator.sriov.state import VFIO, Owner, Physical, Virtual

DEVICES = {"textbook-nic": "textbook", "x550": "82599", "connectx-6": "connectx-5"}
"""Adapters of the cost catalogue whose registers are those of another model; the others have the same name in both."""
WIRE = ("wire.in", "wire.out")
RECEIVE = "port.receive"
PS_PER_MBIT_S = 10**6
PS_PER_S = 10**12


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, for tables and charts: when, from the beginning of the window, and in words."""

    at_ps: int
    what: str


@dataclass(slots=True)
class Timeline:
    """What becomes of an events list."""

    events: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(time from the beginning of the window, kind, name of the thing, value)."""
    marks: list[Mark] = field(default_factory=list)
    faults: list[InputError] = field(default_factory=list)
    bonds: dict[str, int] = field(default_factory=dict)
    """First adapter of each bond -> where its ports begin in the tables of the switch outside."""


def plan_of(scenario: Scenario, replication: int = 0) -> Plan:
    """The plan of one point with its events, which is what is run."""
    return with_events(scenario, build(scenario, replication))


def with_events(scenario: Scenario, plan: Plan) -> Plan:
    """`plan` with the scenario's events; ``ScenarioErrors`` if the PF driver refuses one."""
    if not scenario.events:
        return plan
    found = timeline(scenario)
    require_granted((scenario,))
    happening = replace(plan, events=tuple(_placed(plan, found, scenario.measurement.before_ps)))
    require(happening)
    return happening


def require_granted(scenarios: Iterable[Scenario], written: Scenario | None = None) -> None:
    """Raise ``ScenarioErrors`` with every event that the control plane refuses, each once, and where it stands in the file of the
    scenario as `written`."""
    found = [fault for scenario in scenarios if scenario.events for fault in timeline(scenario).faults]
    if found:
        lines = origins(written) if written is not None else {}
        placed = [fault.at(_place(fault.place, lines.get(fault.place, DEFAULT))) for fault in found]
        raise ScenarioErrors(list({str(fault): fault for fault in placed}.values()))


def _place(path: str, origin: str) -> str:
    return path if origin == DEFAULT else f"{origin}: {path}"


def timeline(scenario: Scenario) -> Timeline:
    """Do all events to a control plane and note what comes of them."""
    return _Course(scenario).run()


def _placed(plan: Plan, found: Timeline, start_ps: int) -> Iterator[Event]:
    rings = {ring.name: index for index, ring in enumerate(plan.rings)}
    links = {link.name: index for index, link in enumerate(plan.links)}
    shapers = {shaper.name: index for index, shaper in enumerate(plan.shapers)}
    for at_ps, kind, name, value in sorted(found.events, key=lambda event: event[0]):
        when = max(0, start_ps + at_ps)
        if kind == "function":
            own = [index for ring, index in rings.items() if ring.startswith(f"{name}.q")]
            yield from (Event(when, "ring", index, 0, value) for index in own)
            if not value:
                yield from (Event(when, "reset", index) for index in own)
        elif kind == "rate":
            yield Event(when, "rate", shapers[f"{name}.cap"], 0, value)
        elif kind in ("bond", "filter"):
            yield from _moved(plan, when, kind, name, value)
        elif kind == "uplink":
            yield from uplinks.changed(plan, when, name, found.bonds[name], value)
        elif kind == "standby":
            own = [index for ring, index in rings.items() if ring.startswith(f"{name}.standby.")]
            yield from (Event(when, "ring", index, 0, value) for index in own)
        else:
            yield Event(when, "link", links[name], 0, value)


def _moved(plan: Plan, when: int, kind: str, guest: str, to_standby: int) -> Iterator[Event]:
    """Entries of the guest's own switch (what it sends), or of the adapter's (what comes to it), towards function or standby."""
    switches = {switch.name: index for index, switch in enumerate(plan.switches)}
    if kind == "bond":
        bond = switches[f"{guest}.bond"]
        for index in range(len(plan.switches[bond].table)):
            yield Event(when, "entry", bond, index, STANDBY_PORT if to_standby else FUNCTION_PORT)
        return
    for receive in (worker for worker in plan.workers if worker.name.endswith(RECEIVE)):
        ingress = plan.switches[receive.switch]
        firsts = [plan.rings[receive.outputs[first].index].name for first, _ in ingress.ports]
        for index, port in enumerate(ingress.table):
            if port >= 0 and firsts[port] == f"{guest}.q0.rx":
                # the standby joins right after the function
                yield Event(when, "entry", receive.switch, index, port + to_standby)


class _Course:
    """One pass through the events."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.guests = functions(scenario)
        self.found = Timeline()
        self.adapters = adapters(scenario)
        behind, count = adapter_of(scenario), len(self.adapters)
        self.owners = [[guest for guest in self.guests if behind[guest] == number] for number in range(count)]
        self.pfs: dict[int, Physical] = {}
        self.hosts: dict[int, Host] = {}
        self._plug_adapters()
        self.bonded = {name: group.standby for group in scenario.guests if group.standby for name in group.members()}
        self.pending: dict[str, list[tuple[int, str, str, int]]] = {guest: [] for guest in self.guests}

    def _plug_adapters(self) -> None:
        """Each host gets those of its adapters that have functions, or that an event takes for such."""
        asked = {self._number(item) for item in self.scenario.events if item.numvfs is not None or item.reset == PF}
        for site in sites(self.scenario):
            host = Host()
            for number in range(site.first, site.first + len(site.adapters)):
                if self.owners[number] or number in asked:
                    model = self.adapters[number][1].model
                    self.pfs[number], self.hosts[number] = host.plug(MODELS[DEVICES.get(model, model)])[0], host

    def run(self) -> Timeline:
        items = sorted(
            (
                (number, item.model_copy(update={"at_ps": item.at_ps + turn * (item.every_ps or 0)}))
                for number, item in enumerate(self.scenario.events)
                for turn in range(item.times)
            ),
            key=lambda pair: pair[1].at_ps,
        )
        for number, pf in self.pfs.items():
            writes = [item.numvfs for _, item in items if item.numvfs is not None and self._number(item) == number]
            if writes and writes[0] > 0:
                for guest in self.owners[number]:
                    without = (("function", 0), *((("bond", 1), ("filter", 1)) if guest in self.bonded else ()))
                    self.found.events += [
                        (-self.scenario.measurement.before_ps, kind, guest, on) for kind, on in without
                    ]
            elif self.owners[number]:
                self._bring_up(pf, len(self.owners[number]))
        for number, item in items:
            refused = getattr(self, f"_{item.verb}")(item)
            if refused is not None:
                message = f"is refused: {refused.errno}" + (f" ({refused.why})" if refused.why else "")
                self.found.faults.append(InputError(f"events[{number}].{item.verb}", message, _value(item)))
        for waiting in self.pending.values():
            self.found.events += waiting
        for site in sites(self.scenario):
            self._look_at_links(site)
        self.found.marks.sort(key=lambda mark: mark.at_ps)
        return self.found

    def _bring_up(self, pf: Physical, count: int) -> None:
        """The state at the beginning: whatever it took was before."""
        for outcome in (sysfs.write(self._host(pf), pf, "sriov_numvfs", str(count)), *map(self._give, pf.vfs)):
            if outcome.errno:
                message = f"cannot be brought up for {count} guests: {outcome.errno}"
                raise InputError("events", message + (f" ({outcome.why})" if outcome.why else ""))

    def _give(self, vf: Virtual) -> Outcome:
        """Take a VF from the host's driver, give it to VFIO and then to its VM."""
        if vf.driver != VFIO:
            for name, text in (("unbind", vf.name), ("driver_override", VFIO), ("bind", VFIO)):
                if name != "unbind" or vf.driver:
                    outcome = sysfs.write(self._host(vf.parent), vf, name, text)
                    if outcome.errno:
                        return outcome
        return assign.assign(self._host(vf.parent), vf, Owner("vm", self._guests_of(vf.parent)[vf.index], 0))

    def _number(self, item: Happening) -> int:
        """Which adapter an event is about that names no guest."""
        return next((number for number, (name, _) in enumerate(self.adapters) if item.nic == name), 0)

    def _guests_of(self, pf: Physical) -> list[str]:
        return next(self.owners[number] for number, found in self.pfs.items() if found is pf)

    def _host(self, pf: Physical) -> Host:
        return next(self.hosts[number] for number, found in self.pfs.items() if found is pf)

    # What happens

    def _numvfs(self, item: Happening) -> Outcome | None:
        pf = self.pfs[self._number(item)]
        guests = self._guests_of(pf)
        had = [guests[vf.index] for vf in pf.vfs[: len(guests)]]
        outcome = sysfs.write(self._host(pf), pf, "sriov_numvfs", str(item.numvfs))
        if outcome.errno:
            return outcome
        self._mark(item, f"sriov_numvfs = {item.numvfs}")
        if not item.numvfs:
            for guest in had:
                self._off(guest, item.at_ps)
            return None
        waits_ps = timing.SETTLE.ps + timing.FLR.ps + _start_ps(pf)
        for vf in pf.vfs[: len(guests)]:
            given = self._give(vf)
            if given.errno:
                return given
            self._on(guests[vf.index], item, waits_ps)
        return None

    def _plug(self, item: Happening) -> Outcome | None:
        return self._each(item, self._plug_one)

    def _plug_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        outcome = self._give(vf)
        if outcome.errno:
            return outcome
        self._on(self._guest(vf), item, timing.FLR.ps + _start_ps(vf.parent))
        return None

    def _unplug(self, item: Happening) -> Outcome | None:
        return self._each(item, self._unplug_one)

    def _unplug_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        outcome = assign.release(self._host(vf.parent), vf)
        if outcome.errno:
            return outcome
        gone_ps = item.takes_ps or timing.UNPLUG_ACPI.ps
        self._off(self._guest(vf), item.at_ps + gone_ps, timing.FILTER.ps * gone_ps // timing.UNPLUG_ACPI.ps)
        return None

    def _migrate(self, item: Happening) -> Outcome | None:
        return self._each(item, self._migrate_one)

    def _migrate_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        outcome = assign.release(self._host(vf.parent), vf)
        if outcome.errno:
            return outcome
        guest, at_ps = self._guest(vf), item.at_ps + timing.UNPLUG_ACPI.ps
        self._off(guest, at_ps)
        rounds = copying(item)
        at_ps += timing.FILTER.ps + sum(rounds[:-1])
        self.found.marks.append(Mark(at_ps, f"{guest} stops after {len(rounds) - 1} rounds"))
        self._keep(guest, at_ps, 0, "standby")
        at_ps += rounds[-1]
        self.found.marks.append(Mark(at_ps, f"{guest} goes on"))
        self._keep(guest, at_ps, 1, "standby")
        given = self._give(vf)
        if given.errno:
            return given
        mapped_ps = timing.MAP_PER_GIB.ps * item.memory_bytes // (1 << 30)
        self._back(guest, at_ps + mapped_ps + timing.FLR.ps + _start_ps(vf.parent))
        return None

    def _reset(self, item: Happening) -> Outcome | None:
        if item.reset != PF:
            return self._each(item, self._reset_one)
        pf = self.pfs[self._number(item)]
        outcome = sysfs.write(self._host(pf), pf, "reset", "1")
        if outcome.errno:
            return outcome
        self._mark(item, "PF reset")
        for vf in pf.vfs:
            self._again(item, vf, timing.FLR.ps + timing.SETTLE.ps + _start_ps(pf))
        return None

    def _reset_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        outcome = sysfs.write(self._host(vf.parent), vf, "reset", "1")
        if outcome.errno:
            return outcome
        self._again(item, vf, timing.FLR.ps + _start_ps(vf.parent))
        return None

    def _again(self, item: Happening, vf: Virtual, waits_ps: int) -> None:
        """A reset: off now, and on when the driver has started, if a guest has the VF at all."""
        if vf.owner is not None and vf.index < len(self._guests_of(vf.parent)):
            gap_ps = timing.FILTER.ps * (item.takes_ps or waits_ps) // waits_ps
            self._off(self._guest(vf), item.at_ps, gap_ps)
            self._on(self._guest(vf), item, waits_ps)

    def _malicious(self, item: Happening) -> Outcome | None:
        return self._each(item, self._stop_one)

    def _stop_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        """The adapter's detection stops the queues, and the PF driver disables the VF until it is reset (i40e and ice since 2019)."""
        if vf.owner is None:
            return Outcome("ENODEV", (), 0, "no guest has the VF")
        vf.running, vf.seen = False, (*vf.seen, "disabled: malicious driver detected")
        self._host(vf.parent).say_driver(vf.parent, f"VF {vf.index}: malicious driver detected, disabled")
        self._off(self._guest(vf), item.at_ps)
        return None

    def _rate(self, item: Happening) -> Outcome | None:
        return self._each(item, self._rate_one)

    def _rate_one(self, item: Happening, vf: Virtual) -> Outcome | None:
        rate_bps = item.to_bps or 0
        outcome = iplink.set_vf(self._host(vf.parent), vf.parent, vf.index, max_tx_rate=-(-rate_bps // PS_PER_MBIT_S))
        if outcome.errno:
            return outcome
        self.found.events.append((item.at_ps, "rate", self._guest(vf), rate_bps))
        return None

    def _link(self, item: Happening) -> Outcome | None:
        self._mark(item, f"link {item.link}")
        number = self._number(item)
        names = [f"{self.adapters[number][0]}.{name}".removeprefix(".") for name in WIRE]
        if self.scenario.network is not None and self.scenario.network.kind == "cable":
            # what one sends on it comes in at the other without a wire of its own
            names = [f"{adapter}.{WIRE[1]}".removeprefix(".") for adapter, _ in self.adapters]
        self.found.events += [(item.at_ps, "link", name, int(item.link == "up")) for name in names]
        return None

    def _look_at_links(self, site: Site) -> None:
        """What the monitor of a host's bond does about its links."""
        if site.switch.bond is None:
            return
        own = range(site.first, site.first + len(site.adapters))
        links = [
            (item.at_ps, self._number(item) - site.first, item.link == "up")
            for item in self.scenario.events
            if item.link is not None and self._number(item) in own
        ]
        first = self.adapters[site.first][0]
        self.found.bonds[first] = network.first_port(len(self.adapters), len(self.found.bonds))
        for at_ps, up in uplinks.choices(site.switch.bond, links):
            self.found.events.append((at_ps, "uplink", first, up))
            used = "both adapters" if up == bonds.BOTH else self.adapters[own[up]][0]
            self.found.marks.append(Mark(at_ps, f"the bond uses {used}"))

    # How it is noted

    def _guest(self, vf: Virtual) -> str:
        return self._guests_of(vf.parent)[vf.index]

    def _each(self, item: Happening, step: object) -> Outcome | None:
        """The step for every VF that the event names."""
        assert callable(step)
        assert item.pattern is not None
        self._mark(item, _words(item))
        for guest in meant(item.pattern, self.guests):
            vf = self._vf(guest)
            if vf is None:
                return Outcome("ENODEV", (), 0, f"{guest} has no VF now")
            outcome: Outcome | None = step(item, vf)
            if outcome is not None:
                return outcome
        return None

    def _vf(self, guest: str) -> Virtual | None:
        number = next(number for number, owners in enumerate(self.owners) if guest in owners)
        index, vfs = self.owners[number].index(guest), self.pfs[number].vfs
        return vfs[index] if index < len(vfs) else None

    def _mark(self, item: Happening, what: str) -> None:
        adapter, _ = self.adapters[self._number(item)]
        of = f"{adapter}: " if adapter and item.pattern is None else ""
        often = f", {item.times} times" if item.times > 1 else ""
        # a storm is marked once, where it begins
        if not often or all(mark.what != of + what + often for mark in self.found.marks):
            self.found.marks.append(Mark(item.at_ps, of + what + often))

    def _off(self, guest: str, at_ps: int, gap_ps: int = timing.FILTER.ps) -> None:
        """The function is gone; a standby sends from then on and hears after `gap_ps`, when the adapter's filter was moved."""
        self._keep(guest, at_ps, 0)
        self._keep(guest, at_ps, 1, "bond")
        self._keep(guest, at_ps + gap_ps, 1, "filter")

    def _on(self, guest: str, item: Happening, waits_ps: int) -> None:
        takes_ps = item.takes_ps or waits_ps
        self._back(guest, item.at_ps + takes_ps, timing.TAKEOVER.ps * takes_ps // waits_ps)

    def _back(self, guest: str, at_ps: int, takeover_ps: int = timing.TAKEOVER.ps) -> None:
        """The function works again, and everything goes through it: at once, or on Hyper-V when its driver tells the host to switch."""
        self._keep(guest, at_ps, 1)
        if self.bonded.get(guest) == "hyperv-netvsc":
            at_ps += takeover_ps
        for kind in ("bond", "filter"):
            self._keep(guest, at_ps, 0, kind)

    def _keep(self, guest: str, at_ps: int, value: int, kind: str = "function") -> None:
        """Note a change, and call off what was to come after it."""
        if kind != "function" and guest not in self.bonded:
            return
        before = [change for change in self.pending[guest] if change[0] <= at_ps]
        self.pending[guest] = [*before, (at_ps, kind, guest, value)]


def _start_ps(pf: Physical) -> int:
    """How long the driver of its VFs needs to start, mail included."""
    return timing.vf_start_ps(pf.hardware.model.vf_driver)


def copying(item: Happening) -> list[int]:
    """Lengths in ps of the rounds of a migration: each copies what was written during the one before; the VM is stopped for the last."""
    left_bits = item.memory_bytes * 8
    rounds = [left_bits * PS_PER_S // item.bandwidth_bps]
    while len(rounds) == 1 or rounds[-1] > item.downtime_ps:
        left_bits = item.dirty_bps * rounds[-1] // PS_PER_S
        rounds.append(left_bits * PS_PER_S // item.bandwidth_bps)
    return rounds


def _words(item: Happening) -> str:
    target = getattr(item, item.verb)
    to = "" if item.to_bps is None else f" to {units.format_bit_rate(item.to_bps) if item.to_bps else 'no limit'}"
    return f"{item.verb} {target}{to}"


def _value(item: Happening) -> str:
    return str(getattr(item, item.verb))
