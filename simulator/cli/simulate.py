"""What ``run`` and ``compare`` share: call the study, show progress, print, and only then draw and save; exit.

*Scope*: the order of things; progress is in ``progress.py``.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options
from simulator.cli.progress import Progress

if TYPE_CHECKING:
    from simulator.scenario import Point
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
    uncertainty: bool,
    draws: int,
    measure_first: str | None,
    as_json: bool,
) -> None:
    """Run a study and leave with its exit code."""
    from simulator.scenario.audit import study

    # faults in the scenario are said before the packages that simulate are imported
    loaded, points = study(scenario, overrides)
    from simulator.study import compare

    def show(found: Comparison) -> None:
        progress.end()
        if not as_json:
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
            draws=draws if uncertainty else None,
            shown=show,
        )
    first = _measure_first(points, measure_first, engine, workers) if measure_first else {}
    if as_json:
        options.print_json(result.to_json() | first)
    for entry in first.get("measure_first", ()) if not as_json else ():
        click.echo(_sentence(entry))
    if result.taken_over:
        click.echo(f"{result.taken_over} of {len(points)} points were finished already and are taken over", err=True)
    if result.folder is not None:
        click.echo(f"saved in {result.folder}", err=True)
    sys.exit(result.exit_code)


def _measure_first(points: Sequence[Point], metric: str, engine: str, workers: int | None) -> dict[str, Any]:
    """For each point the costs in which the variance of the metric lies."""
    from simulator.scenario.identity import identity
    from simulator.study.limits import point_name
    from simulator.study.uncertainty import measure_first

    return {
        "measure_first": [
            {
                "point": point_name(identity(point)),
                "metric": metric,
                "costs": [
                    asdict(share) for share in measure_first(point, metric, engine, workers or os.cpu_count() or 1)
                ],
            }
            for point in points
        ]
    }


def _sentence(entry: dict[str, Any]) -> str:
    named = [
        f"{share['cost']} ({share['status']}, about {100 * share['total']:.0f} % of the variance)"
        for share in entry["costs"][:3]
    ]
    if not named:
        return f"{entry['point']}: no unknown cost moves {entry['metric']}"
    return f"{entry['point']}: for {entry['metric']}, measure these first: {', '.join(named)}"
