"""``sriovsim bill``: simulate a scenario with virtual functions and with a bridge, and print what each design costs.

*Scope*: arguments and printing; the runs are in ``simulator/study/bill.py``, the arithmetic in ``simulator/sriov/bill.py``.
*Validation*: ``tests/sriov/test_bill.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simulator.cli import options


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
    from simulator.scenario import load

    # faults in the scenario are said before the packages that simulate are imported, which takes seconds
    overrides = options.overrides(settings, seed)
    load(scenario, overrides)
    from simulator.sriov import bill
    from simulator.study.bill import bill as bill_of

    found = bill_of(scenario, prices, overrides)
    if as_json:
        content = [
            {"point": item.point, "designs": bill.to_json(item.bills, prices), "failed": list(item.failed)}
            for item in found
        ]
        options.print_json({"bills": content})
    else:
        for item in found:
            lines = [item.point, bill.table(item.bills, prices) if item.bills else "", *item.failed]
            click.echo("\n".join(line for line in lines if line) + "\n")
        click.echo(f"prices: {prices.label}; every value, its range and its source: sriovsim bill --show-prices")
    sys.exit(1 if any(item.failed for item in found) else 0)
