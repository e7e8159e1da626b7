"""The result of one point: all metrics over its pooled replications, their ranges, and where the numbers come from.

1. The windows of the replications are added up; every metric is computed once on the sum.
2. The scalar metrics are computed on each replication too; their spread gives the ranges (`ranges.py`).
3. The entry is plain data in the form of the result document, so that a stored point and a fresh one are the same
   thing.

*Scope*: one point. *Validation*: tests/unit/test_study.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from simulator import costs, metrics
from simulator.citation import STATUSES
from simulator.costs import idle, noise
from simulator.datapaths import datapath
from simulator.metrics import latency, rates
from simulator.metrics.cpu import work_of_host
from simulator.metrics.guests import ends_of, of_guests
from simulator.metrics.intervals import over_time
from simulator.metrics.window import PS_PER_SECOND
from simulator.parts.mapping import mapped, of_guest, of_host
from simulator.parts.settings import GuestSettings, HostSettings, PolledSwitch, SwitchSettings
from simulator.parts.stack_steps import with_forwarding, with_xdp
from simulator.parts.steps import Step
from simulator.parts.uplink import FIREWALL
from simulator.plan.fingerprint import fingerprint
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Point, Scenario, scenario_hash
from simulator.scenario.assemble import FAR_COSTS
from simulator.scenario.build import notes, port_settings_of, site_settings
from simulator.scenario.identity import guest_labels, identity
from simulator.scenario.routes import adapters
from simulator.scenario.settings_of_guests import guest_settings
from simulator.scenario.settings_of_machines import nic_overrides, nic_settings
from simulator.scenario.sites import Site, sites
from simulator.sriov.schedule import plan_of, timeline
from simulator.study.ranges import Warmup, judged, of_latency, of_scalars, warnings
from simulator.study.ratios import COMPARED
from simulator.study.replications import job_of, pilot_of, plans, stated_warmup, wanted, warmup_of
from simulator.study.runs import Window, run
from simulator.study.tables import swept

FIRST_HOST = "(first)"
"""What the host without a name is called in results, which no other can be."""


@dataclass(frozen=True, slots=True)
class PointResult:
    """A point's entry in the result document and its latency histogram; for a point that failed, `error` and no
    metrics."""

    entry: dict[str, Any]
    histogram: dict[int, int] = field(default_factory=dict)
    error: str = ""


def run_point(
    point: Point, engine: str = "compiled", replications: int | None = None, *, built: Plan | None = None
) -> PointResult:
    """Run all replications of one point here and now; `built`: its plan, if there is one already. Raises SimulatorError if a run
    fails."""
    if replications is not None:
        point = replace(point, scenario=point.scenario.model_copy(update={"replications": replications}))
    plan, warmup, windows = built or plan_of(point.scenario), stated_warmup(point), list[Window]()
    times = 1
    while warmup is None:
        warmup = warmup_of(point, run(pilot_of(0, point, plan, engine, times)), times)
        times *= 2
    while more := wanted(point, windows, warmup):
        first = len(windows)
        windows += [
            run(job_of(0, point, own, engine, number, warmup))
            for number, own in plans(point, plan, first, first + more)
        ]
    return assess(point, plan, windows, warmup)


def assess(point: Point, plan: Plan, windows: Sequence[Window], warmup: Warmup) -> PointResult:
    """The result of a point from the windows of its replications, in their order."""
    traces = [window.trace for window in windows]
    pooled = traces[0] if len(traces) == 1 else metrics.pool(traces)
    headlines = [metrics.headline(plan, trace) for trace in traces]
    whole = headlines[0] if len(headlines) == 1 else metrics.headline(plan, pooled)
    latencies = of_latency(windows)
    ranges = of_scalars(whole, headlines, latencies)
    if warmup.refused:
        ranges = {name: found | {"low": None, "high": None} for name, found in ranges.items()}
    entry = identity(point) | {
        "swept": swept(point.parameters),
        **metrics.measure(plan, pooled),
        "guests": {label: of_guests(plan, pooled, members) for label, members in guest_labels(point.scenario).items()},
        "latency_exact": _exact(plan, pooled),
        "conservation": _balance(plan, pooled),
        "ranges": ranges,
        "replications": len(traces),
        "by_replication": {name: [headline[name] for headline in headlines] for name in COMPARED},
        "precision": judged(latencies, point.scenario.goals, stated=point.scenario.replications is not None),
        "warmup": {"length_s": warmup.length_ps / PS_PER_SECOND, "stated": warmup.stated},
        "warnings": warnings(windows, warmup, point.scenario.measurement.duration_ps),
        "window_s": (pooled.end_ps - pooled.start_ps) / PS_PER_SECOND,
        "line_rate_bps": max(line_rate_bps(site) for site in sites(point.scenario)),
        "cost_status": cost_status(point.scenario),
        "notes": list(notes(point.scenario)),
        "scenario_hash": scenario_hash(point.scenario),
        "plan_hash": fingerprint(plan),
    }
    if point.scenario.hosts:
        own = {site.name or FIRST_HOST: site.prefix for site in sites(point.scenario)}
        entry["hosts"] = {name: work_of_host(plan, pooled, prefix) for name, prefix in own.items()}
    if pooled.interval_ps:
        entry["over_time"] = _over_time(point.scenario, plan, pooled, len(traces))
    return PointResult(entry, latency.histogram(plan, pooled))


def line_rate_bps(site: Site) -> int:
    """What all adapters of a host carry together; of a bond that uses one, one."""
    rates = [nic_settings(nic).rate_bps for _, nic in site.adapters]
    return rates[0] if site.switch.bond is not None and site.switch.bond.mode == "active-backup" else sum(rates)


def _over_time(scenario: Scenario, plan: Plan, trace: Trace, runs: int) -> dict[str, Any]:
    """Rows per interval of all traffic and of each guest, and what happened when."""
    labels = guest_labels(scenario)
    marks = timeline(scenario).marks if scenario.events else []
    return {
        "interval_s": trace.interval_ps / PS_PER_SECOND,
        "events": [{"at_s": mark.at_ps / PS_PER_SECOND, "what": mark.what} for mark in marks],
        "all": over_time(plan, trace, runs),
        "guests": {label: over_time(plan, trace, runs, *ends_of(plan, members)) for label, members in labels.items()},
    }


def cost_status(scenario: Scenario) -> dict[str, int]:
    """How many values that the point rests on have each status; overrides are assumed.

    Counted are the costs that its paths spend, the firewall's if a bridge carries frames, its idle states, the events of
    its noise, and the facts of its NIC.
    """
    guests, ports = tuple(guest_settings(scenario)), port_settings_of(scenario)
    found: Counter[str] = Counter()
    counted: set[tuple[str, ...]] = set()
    for site, (settings, carried) in zip(sites(scenario), site_settings(scenario), strict=True):
        own = [guest for guest in guests if ports[guest.adapter].host == site.number]
        # equal hosts rest on the same values
        values = {(settings.model.name, *value) for value in _of_host(site, settings, carried, own)} - counted
        found.update(status for *_, status in values)
        counted |= values
    facts: Counter[str] = Counter()
    for _, written in adapters(scenario):
        nic = costs.nic(written.model)
        facts.update(costs.summary(nic))
        for name in nic_overrides(written):
            facts.subtract([nic.facts[name].status])
            facts["assumed"] += 1
    return {status: found[status] + facts[status] for status in STATUSES}


def _of_host(
    site: Site, settings: HostSettings, carried: SwitchSettings, guests: Sequence[GuestSettings]
) -> list[tuple[str, str]]:
    """Name and status of each value that the guests of a host rest on."""
    host = settings.model
    used = {(guest.datapath, guest.mode, _kind(guest), guest.forwarder) for guest in guests}
    used |= {(guest.standby, "apicv", "socket", None) for guest in guests if guest.standby}
    spent = {
        cost for application in used for step in mapped(_steps(*application), of_host(settings)) for cost in step.costs
    }
    for guest in guests:
        table = mapped(_steps(guest.datapath, guest.mode, _kind(guest), guest.forwarder), of_guest(guest), guest=True)
        spent |= {cost for step in table for cost in step.costs}
    spent |= {"h_mail"} if any(guest.millimails for guest in guests) else set()
    needed = {datapath(path).switch for path, *_ in used}
    if "s_bridge" in spent:
        spent = (spent - {"s_bridge"}) | set(carried.kernel_costs)
    spent |= {cost for guest in guests if guest.forwarder for cost in _costs(guest.forwarder)}
    spent |= {FAR_COSTS[nic.far] for _, nic in site.adapters if nic.far}
    spent |= {"p_far_mem" for _, nic in site.adapters if nic.far == "cores and memory"}
    if "ovs-dpdk" in needed:
        spent |= _costs(carried.polled)
    if "linux-bridge" in needed:
        spent |= set(FIREWALL[settings.firewall])
    found: list[tuple[str, str]] = [(name, host.cost(name).status) for name in sorted(spent)]
    for number, state in enumerate(idle.allowed(host, settings.idle)):
        entries = (state.latency, state.residency, state.leave)
        found += [(f"idle {number}.{n}", entry.status) for n, entry in enumerate(entries)]
    return found + [(f"noise {n}", event.status) for n, event in enumerate(noise.word(settings.noise).events)]


def _costs(switch: PolledSwitch) -> set[str]:
    return {*switch.frame_costs, *switch.packet_costs, *(cost for costs_of, _ in switch.lookups for cost in costs_of)}


def _kind(guest: GuestSettings) -> str:
    return "forward" if guest.next_hop is not None else "xdp" if guest.xdp else "socket"


def _steps(path: str, mode: str, kind: str, forwarder: PolledSwitch | None) -> tuple[Step, ...]:
    steps, side = datapath(path).steps(mode), "h" if datapath(path).on_host else "g"
    if kind == "socket" or mode == "poll":
        return steps
    return with_xdp(steps, side, path) if kind == "xdp" else with_forwarding(steps, side, forwarder)


def _exact(plan: Plan, trace: Trace) -> dict[str, int | None]:
    return {
        "count": rates.delivered(plan, trace),
        "sum_ps": latency.sum_ps(plan, trace),
        "minimum_ps": latency.minimum_ps(plan, trace),
        "maximum_ps": latency.maximum_ps(plan, trace),
    }


def _balance(plan: Plan, trace: Trace) -> dict[str, int]:
    return {
        "offered": rates.offered(plan, trace),
        "in_flight_start": trace.in_flight_start,
        "in_flight_end": trace.in_flight_end,
        "turned_into_acknowledgements": -rates.unaccounted(plan, trace),
    }
