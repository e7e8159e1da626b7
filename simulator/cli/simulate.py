"""What ``run`` and ``compare`` share: call the study, show progress, print, and only then draw and save; exit.

*Scope*: the order of things; progress is in ``progress.py``.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import options
from simulator.cli.progress import Progress

if TYPE_CHECKING:
    from simulator.study import Comparison


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

    def show(found: Comparison) -> None:
        progress.end()
        if as_json:
            options.print_json(found.to_json())
        else:
            click.echo(found.table())

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
            shown=show,
        )
    if result.taken_over:
        click.echo(f"{result.taken_over} of {len(points)} points were finished already and are taken over", err=True)
    if result.folder is not None:
        click.echo(f"saved in {result.folder}", err=True)
    sys.exit(result.exit_code)
