"""``sriovsim fleet``: many hosts with many guests, placed by a policy, each different host simulated once.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_fleet.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options
from simulator.cli.progress import Progress

if TYPE_CHECKING:
    from simulator.study.fleet import FleetResult

MOST_ROWS = 20


@click.command("fleet")
@click.argument("fleet", type=click.Path(path_type=Path))
@options.settings
@options.seed
@options.replications
@options.engine
@options.workers
@options.out
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler to run on (tcp://...), or 'local'.")
@options.as_json
def command(
    fleet: Path,
    settings: tuple[str, ...],
    seed: int | None,
    replications: int | None,
    engine: str,
    workers: int | None,
    out: Path,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Place the guests of FLEET on its hosts, simulate each different host once, and add up."""
    from simulator.study.fleet import run_fleet

    with Progress(of="hosts") as progress:
        found = run_fleet(
            fleet,
            overrides=options.overrides(settings, seed, replications),
            engine=engine,
            workers=workers,
            out=out,
            scheduler=scheduler,
            progress=progress,
        )
    if as_json:
        options.print_json(found.to_json())
    else:
        _tell(found)
    click.echo(f"saved in {found.folder}", err=True)
    sys.exit(1 if found.failed else 3 if found.breached else 0)


def _tell(found: FleetResult) -> None:
    total = found.total
    click.echo(f"{'hosts':>7}  {'delivered':>10}  {'loss':>8}  {'p50':>9}  {'p99':>9}  {'host work':>9}  on each host")
    for row in found.rows[:MOST_ROWS]:
        click.echo(_line(row, row["hosts"], f"{row['kind']}: {row['on_each']}"))
    if len(found.rows) > MOST_ROWS:
        click.echo(f"... and {len(found.rows) - MOST_ROWS} more different hosts, in fleet.csv")
    click.echo(_line(total, total["hosts"], f"all {total['guests']:,} guests"))
    more = f"; {total['hosts_without_guests']:,} hosts have none" if total["hosts_without_guests"] else ""
    click.echo(
        f"{total['different_hosts']} different hosts were simulated{more}; host work of all: {total['host_work_cores']:.4g} cores"
    )
    for text in (*found.failed[:MOST_ROWS], *(f"threshold not kept: {text}" for text in found.breached[:MOST_ROWS])):
        click.echo(text)


def _line(row: dict[str, Any], hosts: int, what: str) -> str:
    from simulator import units

    def micro(name: str) -> str:
        value = row[f"latency_{name}_us"]
        return "-" if value is None else units.format_time(value * 10**6)

    loss = "-" if row["loss_ratio"] is None else units.format_ratio(row["loss_ratio"] * 10**6)
    rate = units.format_packet_rate(row["delivered_pps"] * 1000)
    cells = f"{hosts:>7,}  {rate:>10}  {loss:>8}  {micro('p50'):>9}  {micro('p99'):>9}"
    return f"{cells}  {row['host_work_cores']:>9.3g}  {what}"
