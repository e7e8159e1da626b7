"""What ``run`` and ``compare`` share: call the study, show progress, print, save, exit.

*Scope*: the order of things; progress is in ``progress.py``.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from simulator.cli import options
from simulator.cli.progress import Progress


def simulate(
    scenario: str,
    overrides: Sequence[str],
    *,
    engine: str,
    workers: int | None,
    out: Path,
    no_plot: bool,
    max_time: float | None,
    as_json: bool,
) -> None:
    """Run a study and leave with its exit code."""
    from simulator.scenario.audit import study

    # faults in the scenario are said before the packages that simulate are imported
    loaded, points = study(scenario, overrides)
    from simulator.study import compare

    with Progress(max_time) as progress:
        result = compare(
            loaded,
            engine=engine,
            workers=workers,
            out=out,
            plot=not no_plot,
            progress=progress,
            max_time_s=max_time,
            forecast=progress.forecast,
        )
    if as_json:
        options.print_json(result.to_json())
    else:
        click.echo(result.table())
    if result.taken_over:
        click.echo(f"{result.taken_over} of {len(points)} points were finished already and are taken over", err=True)
    if result.folder is not None:
        click.echo(f"saved in {result.folder}", err=True)
    sys.exit(result.exit_code)
