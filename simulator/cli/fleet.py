"""``sriovsim fleet``: many hosts with many guests, placed by a policy, each different host simulated once.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_fleet.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
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
    head = (("hosts", 7), ("delivered", 16), ("loss", 8), ("p50", 15), ("p99", 15), ("host work", 15))
    click.echo("  ".join([*(f"{name:>{width}}" for name, width in head), "on each host"]))
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
    from simulator.study.screen import CLOSE

    def sure(name: str, form: Callable[[float], str]) -> str:
        value, low, high = row[name], row.get(f"{name}_low"), row.get(f"{name}_high")
        if value is None:
            return "-"
        width = (high - low) / 2 / value if value and low is not None and high is not None else 0.0
        return form(value) + (f" ±{100 * width:.2g}%" if width > CLOSE else "")

    loss = "-" if row["loss_ratio"] is None else units.format_ratio(row["loss_ratio"] * 10**6)
    rate = sure("delivered_pps", lambda pps: units.format_packet_rate(pps * 1000))
    p50, p99 = (sure(f"latency_{name}_us", lambda us: units.format_time(us * 10**6)) for name in ("p50", "p99"))
    work = sure("host_work_cores", lambda cores: f"{cores:.3g}")
    return f"{hosts:>7,}  {rate:>16}  {loss:>8}  {p50:>15}  {p99:>15}  {work:>15}  {what}"
