"""What ``run`` and ``compare`` share: call the study, show progress, print, save, exit.

*Scope*: progress is one line on standard error, rewritten on a terminal and silent elsewhere.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from simulator.cli import options


def simulate(
    scenario: str,
    overrides: Sequence[str],
    *,
    engine: str,
    workers: int | None,
    out: Path,
    no_plot: bool,
    as_json: bool,
) -> None:
    """Run a study and leave with its exit code."""
    from simulator.scenario.audit import study

    # faults in the scenario are said before the packages that simulate are imported
    loaded, _ = study(scenario, overrides)
    from simulator.study import compare

    result = compare(
        loaded,
        engine=engine,
        workers=workers,
        out=out,
        plot=not no_plot,
        progress=_progress,
    )
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        options.print_json(result.to_json())
    else:
        click.echo(result.table())
    if result.folder is not None:
        click.echo(f"saved in {result.folder}", err=True)
    sys.exit(result.exit_code)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total} runs", nl=False, err=True)
