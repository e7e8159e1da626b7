"""``sriovsim decide``: paths side by side, with what cannot be measured and what they cost.

*Scope*: arguments and printing; the table is made in ``simulator/decide``. *Validation*: ``tests/decide``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simulator.cli import options


@click.command("decide")
@options.scenario
@click.option(
    "--prices", "file", type=click.Path(path_type=Path), help="Price and power file instead of the shipped one."
)
@options.settings
@options.seed
@options.as_json
def command(scenario: str, file: Path | None, settings: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Set the ways into the guests of SCENARIO side by side.

    Its series, or every described datapath if it has none: drivers, migration, filtering, overlays and who pays, each with its source; the
    scenario's numbers with their intervals; watts and money from the bill. The scenario's sweep is left out.
    """
    overrides = options.overrides(settings, seed)
    from simulator.scenario import load
    from simulator.sriov.prices import load_prices

    prices = load_prices(file)
    load(scenario, overrides)
    from simulator import decide

    found = decide.decide(scenario, overrides, prices)
    if as_json:
        options.print_json({"choices": decide.to_json(found)})
    else:
        click.echo(decide.table(found, prices))
    sys.exit(1 if any(choice.entry is None for choice in found) else 0)
