"""Run a scenario with virtual functions and with a bridge, and hand what its cores did to the bill.

*Scope*: the scenario's own comparison is replaced by the two series of the bill, its sweep stays: one bill for each
point. *Validation*: ``tests/sriov/test_bill.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import costs
from simulator.errors import InputError, ScenarioErrors
from simulator.scenario import Point, Scenario, load, points
from simulator.sriov.bill import SERIES, Bill, Load, bills
from simulator.sriov.prices import Prices, load_prices
from simulator.study.execute import compare


@dataclass(frozen=True, slots=True)
class PointBill:
    """The bills of one point of the sweep, and why a series has none."""

    point: str
    bills: tuple[Bill, ...]
    failed: tuple[str, ...] = ()


def bill(scenario: str | Path, prices: Prices | None = None, overrides: Sequence[str] = ()) -> list[PointBill]:
    """Return the bills of a scenario file; prices are those of the shipped file unless others are given.

    Raises InputError or ScenarioErrors before anything is simulated; a series that cannot run is named in ``failed``.
    """
    prices = load_prices() if prices is None else prices
    loaded = _two_series(scenario, tuple(overrides))
    if loaded.nics:
        raise InputError("nics", "a bill is of a host with one adapter, nic", str(len(loaded.nics)))
    if loaded.hosts:
        raise InputError("hosts", "a bill is of one host", str(len(loaded.hosts) + 1))
    nic, host = loaded.nic.model, costs.host(loaded.host.source).name
    prices.adapter(nic)
    prices.core(host)
    max_vfs = costs.nic(nic).facts["max_vfs"].value
    loads: dict[str, dict[str, Load]] = {}
    failed: dict[str, list[str]] = {}
    for point in points(loaded):
        name = ", ".join(f"{key}={value}" for key, value in point.parameters.items())
        loads.setdefault(name, {})
        try:
            result = compare(point.scenario, plot=False).results[0]
        except ScenarioErrors as error:
            failed.setdefault(name, []).append(f"{point.series}: {error}")
            continue
        if result.error:
            failed.setdefault(name, []).append(f"{point.series}: {result.error}")
        else:
            loads[name][point.series] = load_of(point, result.entry)
    return [
        PointBill(name, tuple(bills(prices, nic, host, max_vfs, found)), tuple(failed.get(name, ())))
        for name, found in loads.items()
    ]


def _two_series(scenario: str | Path, overrides: tuple[str, ...]) -> Scenario:
    gone = tuple(f"compare.{label}=null" for label in load(scenario, overrides).compare)
    series = tuple(f"compare.{label}={dict(changes)!r}" for label, changes in SERIES.items())
    return load(scenario, (*overrides, "thresholds=[]", *gone, *series))


def load_of(point: Point, entry: Mapping[str, Any]) -> Load:
    """What a bill has to know of a point's result."""
    return Load(
        guests=sum(guest.count or 1 for guest in point.scenario.guests),
        throughput_bps=entry["throughput_bps"] or 0.0,
        loss_ratio=entry["loss_ratio"] or 0.0,
        host_cores=entry["host_cores_busy"] or 0.0,
        guest_cores=entry["guest_cores_busy"] or 0.0,
        line_rate_bps=entry["line_rate_bps"],
    )
