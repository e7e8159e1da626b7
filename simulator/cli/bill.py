"""``sriovsim bill``: simulate a scenario with virtual functions and with a bridge, and print what each design costs.

*Scope*: arguments, two series of runs, printing; the arithmetic is in ``simulator/sriov/bill.py``.
*Validation*: ``tests/sriov/test_bill.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.sriov.bill import Load


@click.command("bill")
@click.argument("scenario", required=False)
@click.option(
    "--prices",
    "file",
    type=click.Path(path_type=Path),
    help="Price and power file instead of the shipped one.",
)
@click.option("--show-prices", is_flag=True, help="Print the shipped price file, to be edited, and stop.")
@options.settings
@options.seed
@options.as_json
def command(
    scenario: str | None,
    file: Path | None,
    show_prices: bool,
    settings: tuple[str, ...],
    seed: int | None,
    as_json: bool,
) -> None:
    """Print adapters, cables, switch ports, cores, watts and money for the guests of SCENARIO.

    Compared are one adapter for each guest, one port for each guest, one adapter with a bridge (vhost-net) and one with
    virtual functions. The scenario's own comparison is left out, its sweep is kept: one bill for each point.
    """
    from simulator.sriov.prices import SHIPPED, load_prices

    if show_prices:
        click.echo(SHIPPED.read_text(encoding="utf-8"), nl=False)
        return
    if scenario is None:
        raise click.UsageError("Missing argument 'SCENARIO'.")
    prices = load_prices(file)
    loaded = _loaded(scenario, options.overrides(settings, seed))
    nic, host = loaded.nic.model, loaded.host.model
    prices.adapter(nic)
    prices.core(host)
    from simulator import costs
    from simulator.sriov import bill

    max_vfs = costs.nic(nic).facts["max_vfs"].value
    found = [(name, bill.bills(prices, nic, host, max_vfs, loads)) for name, loads in _run(loaded)]
    if as_json:
        options.print_json(
            {"bills": [{"point": name, "designs": bill.to_json(bills, prices)} for name, bills in found]}
        )
        return
    for name, bills in found:
        click.echo((f"{name}\n" if name else "") + bill.table(bills, prices) + "\n")
    click.echo(f"prices: {prices.label}; every value, its range and its source: sriovsim bill --show-prices")


def _loaded(scenario: str, overrides: tuple[str, ...]) -> Scenario:
    """Load the scenario with the two series in the place of its own comparison."""
    from simulator.scenario import load
    from simulator.sriov.bill import SERIES

    own = load(scenario, overrides).compare
    gone = tuple(f"compare.{label}=null" for label in own)
    series = tuple(f"compare.{label}={dict(changes)!r}" for label, changes in SERIES.items())
    return load(scenario, (*overrides, "thresholds=[]", *gone, *series))


def _run(scenario: Scenario) -> list[tuple[str, dict[str, Load]]]:
    """Simulate, and return what each point says: swept parameters, then a load for each series."""
    from simulator.errors import EngineError
    from simulator.study import compare

    result = compare(scenario, plot=False)
    if result.failed:
        first = result.failed[0]
        raise EngineError(f"{scenario.name}: {first['series']}: {first['error']}")
    found: dict[str, dict[str, Load]] = {}
    guests = _guests(scenario)
    for entry in result.entries:
        name = ", ".join(f"{key}={value}" for key, value in entry["parameters"].items())
        found.setdefault(name, {})[entry["series"]] = _load(entry, guests[entry["series"], name])
    return list(found.items())


def _guests(scenario: Scenario) -> dict[tuple[str, str], int]:
    from simulator.scenario import points

    return {
        (
            point.series,
            ", ".join(f"{key}={value}" for key, value in point.parameters.items()),
        ): sum(guest.count or 1 for guest in point.scenario.guests)
        for point in points(scenario)
    }


def _load(entry: dict[str, Any], guests: int) -> Load:
    from simulator.sriov.bill import Load

    return Load(
        guests=guests,
        throughput_bps=entry["throughput_bps"] or 0.0,
        loss_ratio=entry["loss_ratio"] or 0.0,
        host_cores=entry["host_cores_busy"] or 0.0,
        guest_cores=entry["guest_cores_busy"] or 0.0,
        line_rate_bps=entry["line_rate_bps"],
    )
