"""``sriovsim sweep``: thousands of points, on this machine, on a Dask cluster, or as one shard of several.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_sweeps.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options
from simulator.cli.progress import Progress

if TYPE_CHECKING:
    from simulator.study.sweeps import Merged, Outcome

INCOMPLETE = 1


@click.command("sweep")
@options.scenario
@options.settings
@options.seed
@options.replications
@options.engine
@options.workers
@options.out
@click.option("--shard", default="1/1", metavar="I/N", help="Only every N-th point, from the I-th on.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask scheduler to run on (tcp://...), or 'local' for one of this machine."
)
@click.option("--job-script", metavar="SYSTEM", help="Print a job script (slurm) for --shards jobs instead of running.")
@click.option("--shards", type=click.IntRange(1, 100_000), default=16, show_default=True, help="Jobs of a job script.")
@click.option("--knee", metavar="KEY", help="Add points where latency bends over this swept key.")
@click.option(
    "--resolution",
    default="2 %",
    show_default=True,
    metavar="SHARE",
    help="Of its value, that a --knee is searched to.",
)
@click.option(
    "--most", type=click.IntRange(3, 1000), default=24, show_default=True, help="Points of each line with --knee."
)
@options.max_time
@options.as_json
def command(
    scenario: str,
    settings: tuple[str, ...],
    seed: int | None,
    replications: int | None,
    engine: str,
    workers: int | None,
    out: Path,
    shard: str,
    scheduler: str | None,
    job_script: str | None,
    shards: int,
    knee: str | None,
    resolution: str,
    most: int,
    max_time: float | None,
    as_json: bool,
) -> None:
    """Simulate all points of SCENARIO, however many; finished ones are kept, and the same command goes on."""
    from simulator.study.sweeps.outline import outline, shard_of

    chosen, overrides = shard_of(shard), options.overrides(settings, seed, replications)
    if job_script is not None:
        from simulator.study.sweeps.drive import prepare
        from simulator.study.sweeps.scripts import job_script as printed

        given = [scenario, *(f"--set={text}" for text in overrides), f"--engine={engine}", f"--out={out}"]
        folder = prepare(outline(scenario, overrides, engine), out)
        click.echo(printed(job_script, shards, given, str(folder)), nl=False)
        return
    from simulator.study.sweeps import sweep
    from simulator.study.sweeps.knee import knee_of

    with Progress(max_time, of="points") as progress:
        found = sweep(
            scenario,
            overrides=overrides,
            engine=engine,
            workers=workers,
            out=out,
            shard=chosen,
            scheduler=scheduler,
            progress=progress,
            max_time_s=max_time,
            knee=None if knee is None else knee_of(knee, resolution, most),
        )
    _tell(found, as_json)


def _tell(found: Outcome, as_json: bool) -> None:
    left = found.points - found.finished
    if as_json:
        content = {"folder": str(found.folder), "points": found.points, "finished": found.finished}
        options.print_json(content | {"taken_over": found.taken_over, "merged": of_merged(found.merged)})
    else:
        more = f"; {left:,} are left, the same command goes on" if left else ""
        click.echo(
            f"{found.finished:,} of {found.points:,} points are finished, {found.taken_over:,} of them before{more}"
        )
        if found.merged is not None:
            tell_merged(found.merged)
        elif not left:
            click.echo(f"when all shards have ended: sriovsim merge {found.folder}")
    sys.exit(INCOMPLETE if left else exit_code(found.merged))


def exit_code(merged: Merged | None) -> int:
    """0, or 1 if a point failed or is missing, or 3 if a threshold does not hold."""
    if merged is None:
        return 0
    return INCOMPLETE if merged.failed or merged.missing else 3 if merged.breached else 0


def of_merged(merged: Merged | None) -> dict[str, Any] | None:
    """What was merged, as plain data."""
    if merged is None:
        return None
    numbers = {name: getattr(merged, name) for name in ("rows", "failed", "missing", "breached")}
    return numbers | {"files": [str(path) for path in merged.files], "shown": list(merged.shown)}


def tell_merged(merged: Merged) -> None:
    """What was merged, in words."""
    for text in merged.shown:
        click.echo(text)
    told = [f"{merged.rows:,} rows"]
    told += [f"{merged.failed:,} points failed"] if merged.failed else []
    told += [f"{merged.missing:,} points are not finished"] if merged.missing else []
    told += [f"{merged.breached:,} thresholds not kept"] if merged.breached else []
    click.echo(", ".join(told))
    for path in merged.files:
        click.echo(str(path), err=True)
