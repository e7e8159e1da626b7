"""Many hosts: placed, each different one simulated once, results added up over all of them.

1. `scenario.fleet` places the guests; hosts of one kind with the same guests are one point of a sweep, kept and resumed as such.
2. Rates and cores are sums over hosts; latency percentiles are those of all delivered packets, from the histograms of the points times
   their hosts, exactly. Hosts that are the same had the same random numbers: a fleet's percentile is that of its kinds of hosts.

*Scope*: hosts do not talk to one another; the network between them is no part. *Validation*: tests/unit/test_fleet.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import ScenarioErrors, SimulatorError
from simulator.metrics.latency import PERCENTILES, PS_PER_US, quantile_ps
from simulator.scenario import parse_threshold
from simulator.scenario.fleet import Distinct, Fleet, distinct, draft, load_fleet, place
from simulator.scenario.load import from_tree
from simulator.scenario.points import Draft, placeless
from simulator.scenario.wiring import wiring_faults
from simulator.study import tables
from simulator.study.folder import Folder, json_bytes
from simulator.study.limits import breaches
from simulator.study.sweeps.drive import Progress, run_outline
from simulator.study.sweeps.journal import contents, scan
from simulator.study.sweeps.outline import of_drafts

SUMMED = ("offered_pps", "delivered_pps", "throughput_bps", "host_work_cores", "guest_work_cores", "polling_cores")
ENDS, SURE = ("low", "high"), ("mean", *PERCENTILES)
"""Of 95 % intervals, and the latency figures that have one."""


@dataclass(frozen=True, slots=True)
class FleetResult:
    """A fleet's numbers. `rows`: one for each different host; `total`: over all hosts; `failed`: hosts that could not be simulated;
    `breached`: thresholds of the load that do not hold, with the number of hosts."""

    name: str
    folder: Path
    rows: tuple[dict[str, Any], ...]
    total: dict[str, Any]
    failed: tuple[str, ...]
    breached: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The result document."""
        return {
            "schema": 1,
            "fleet": self.name,
            "total": self.total,
            "hosts": list(self.rows),
            "failed": list(self.failed),
            "breached": list(self.breached),
        }


def run_fleet(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    engine: str = "compiled",
    workers: int | None = None,
    out: str | Path = "results",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> FleetResult:
    """Place and simulate the fleet in a file; tables in its folder under `out`. Raises as `sweep` does."""
    fleet = load_fleet(path, tuple(overrides))
    hosts = distinct(fleet, place(fleet))
    scenario = fleet.scenario.model_copy(update={"name": fleet.name})
    drafts = [draft(fleet, host) for host in hosts]
    _examine(fleet, hosts, drafts)
    laid_out = of_drafts(scenario, fleet.base, engine, drafts)
    ended = run_outline(laid_out, out, workers=workers, scheduler=scheduler, progress=progress)
    found = scan(ended.folder, set(laid_out.keys))
    read = list(contents(found[key] for key in laid_out.keys))
    result = _result(fleet.name, ended.folder, list(zip(hosts, read, strict=True)), scenario)
    empty = sum(kind.count for kind in fleet.hosts) - sum(host.hosts for host in hosts)
    result.total["hosts_without_guests"] = empty
    files = {"fleet.csv": tables.csv_bytes(result.rows), "fleet.json": json_bytes(result.to_json())}
    Folder(ended.folder).write(files)
    return result


def _examine(fleet: Fleet, hosts: Sequence[Distinct], drafts: Sequence[Draft]) -> None:
    """Say what is wrong with the fullest host of each kind before anything runs."""
    fullest = {
        host.kind: (host, own) for host, own in sorted(zip(hosts, drafts, strict=True), key=lambda pair: _size(pair[0]))
    }
    for host, own in fullest.values():
        scenario = placeless(from_tree(own.tree(fleet.base)))
        faults = [
            fault.at(f"host {host.name}: {'.'.join(map(str, where))}") for where, fault in wiring_faults(scenario)
        ]
        if faults:
            raise ScenarioErrors(faults)


def _size(host: Distinct) -> int:
    return sum(host.guests.values())


def _result(name: str, folder: Path, read: list[tuple[Distinct, dict[str, Any]]], scenario: Any) -> FleetResult:
    good = [(host, content) for host, content in read if "error" not in content]
    failed = tuple(
        f"{host.hosts} hosts ({host.name}): {content['error']}" for host, content in read if "error" in content
    )
    if not good:
        raise SimulatorError(f"no host could be simulated: {failed[0] if failed else 'there is none'}")
    thresholds = [parse_threshold(text) for text in scenario.thresholds]
    unsteady = scenario.thresholds_allow == "unsteady"
    breached = tuple(
        f"{host.hosts} hosts: {text}"
        for host, content in good
        for text in breaches(thresholds, [content["point"]], allow_unsteady=unsteady)
    )
    return FleetResult(name, folder, tuple(_rows(good)), _total(good), failed, breached)


def _rows(good: list[tuple[Distinct, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for host, content in good:
        entry = content["point"]
        yield {
            "kind": host.kind.name,
            "hosts": host.hosts,
            "guests": sum(host.guests.values()),
            "on_each": ", ".join(f"{count} {kind}" for kind, count in host.guests.items()),
            **{name: entry[name] for name in SUMMED},
            "loss_ratio": entry["loss_ratio"],
            **{f"latency_{name}_us": value for name, value in entry["latency_us"].items()},
            **{f"{name}_{end}": entry["ranges"][name][end] for name in SUMMED for end in ENDS},
            **{f"latency_{name}_us_{end}": entry["ranges"][f"latency.{name}"][end] for name in SURE for end in ENDS},
            "steady": entry["steady"],
            "bottleneck": entry["bottleneck"],
        }


def _total(good: list[tuple[Distinct, dict[str, Any]]]) -> dict[str, Any]:
    histogram: Counter[int] = Counter()
    sum_ps = packets = offered = dropped = 0
    for host, content in good:
        for bucket, count in content["histogram"]:
            histogram[bucket] += host.hosts * count
        exact, entry = content["point"]["latency_exact"], content["point"]
        sum_ps, packets = sum_ps + host.hosts * exact["sum_ps"], packets + host.hosts * exact["count"]
        offered += host.hosts * entry["conservation"]["offered"]
        dropped += host.hosts * sum(entry["drops"].values())
    largest = max((content["point"]["latency_exact"]["maximum_ps"] or 0 for _, content in good), default=0)
    buckets = dict(sorted(histogram.items()))
    return {
        "hosts": sum(host.hosts for host, _ in good),
        "different_hosts": len(good),
        "guests": sum(host.hosts * sum(host.guests.values()) for host, _ in good),
        **{name: sum(host.hosts * (content["point"][name] or 0.0) for host, content in good) for name in SUMMED},
        "loss_ratio": min(dropped / offered, 1.0) if offered else None,
        "latency_mean_us": sum_ps / (packets * PS_PER_US) if packets else None,
        **{f"latency_{name}_us": _us(quantile_ps(buckets, largest, share)) for name, share in PERCENTILES.items()},
        "latency_max_us": largest / PS_PER_US if packets else None,
        **{
            f"{name}_{end}": _summed([(host.hosts, content["point"]["ranges"][name][end]) for host, content in good])
            for name in SUMMED
            for end in ENDS
        },
        "hosts_not_steady": sum(host.hosts for host, content in good if content["point"]["steady"] == 0),
    }


def _summed(parts: Sequence[tuple[int, float | None]]) -> float | None:
    """Ends of intervals over all hosts: they add up, since all hosts had the same random numbers. None where a host has none."""
    return None if any(end is None for _, end in parts) else sum(hosts * (end or 0.0) for hosts, end in parts)


def _us(value_ps: int | None) -> float | None:
    return None if value_ps is None else value_ps / PS_PER_US
