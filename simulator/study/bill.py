"""Run a scenario with virtual functions and with a bridge, and hand what its cores did to the bill.

*Scope*: the scenario's own comparison is replaced by the two series of the bill, its sweep stays: one bill for each
point. *Validation*: ``tests/sriov/test_bill.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import costs
from simulator.errors import EngineError
from simulator.scenario import Point, Scenario, load, points
from simulator.sriov.bill import SERIES, Bill, Load, bills
from simulator.sriov.prices import Prices, load_prices
from simulator.study.execute import compare


@dataclass(frozen=True, slots=True)
class PointBill:
    """The bills of all designs at one point of the sweep."""

    point: str
    bills: tuple[Bill, ...]


def bill(scenario: str | Path, prices: Prices | None = None, overrides: Sequence[str] = ()) -> list[PointBill]:
    """Return the bills of a scenario file; prices are those of the shipped file unless others are given.

    Raises InputError or ScenarioErrors before anything is simulated, EngineError if a point fails.
    """
    prices = load_prices() if prices is None else prices
    loaded = _two_series(scenario, tuple(overrides))
    nic, host = loaded.nic.model, loaded.host.model
    prices.adapter(nic)
    prices.core(host)
    max_vfs = costs.nic(nic).facts["max_vfs"].value
    return [PointBill(name, tuple(bills(prices, nic, host, max_vfs, loads))) for name, loads in _loads(loaded).items()]


def _two_series(scenario: str | Path, overrides: tuple[str, ...]) -> Scenario:
    gone = tuple(f"compare.{label}=null" for label in load(scenario, overrides).compare)
    series = tuple(f"compare.{label}={dict(changes)!r}" for label, changes in SERIES.items())
    return load(scenario, (*overrides, "thresholds=[]", *gone, *series))


def _loads(scenario: Scenario) -> dict[str, dict[str, Load]]:
    """Simulate, and return for each point of the sweep a load for each series."""
    result = compare(scenario, plot=False)
    if result.failed:
        first = result.failed[0]
        raise EngineError(f"{scenario.name}: {first['series']}: {first['error']}")
    found: dict[str, dict[str, Load]] = {}
    for point, entry in zip(points(scenario), result.entries, strict=True):
        name = ", ".join(f"{key}={value}" for key, value in point.parameters.items())
        found.setdefault(name, {})[point.series] = _load(point, entry)
    return found


def _load(point: Point, entry: dict[str, Any]) -> Load:
    return Load(
        guests=sum(guest.count or 1 for guest in point.scenario.guests),
        throughput_bps=entry["throughput_bps"] or 0.0,
        loss_ratio=entry["loss_ratio"] or 0.0,
        host_cores=entry["host_cores_busy"] or 0.0,
        guest_cores=entry["guest_cores_busy"] or 0.0,
        line_rate_bps=entry["line_rate_bps"],
    )
