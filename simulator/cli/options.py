"""Options that several subcommands share, so that they read the same everywhere.

*Scope*: declarations, and the one translation of ``--seed`` and ``--replications`` into overrides.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
SCHEMA = 1

scenario = click.argument("scenario", type=click.Path(path_type=str))
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a value by dotted path: host.cores=16, 'guests.*.vcpus=2'.",
)
seed = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of all random numbers, instead of the scenario's."
)


def time_ps(option: str, text: str) -> int:
    """What an option's text says, in ps. InputError at the option for what is no time."""
    from simulator import units
    from simulator.errors import InputError

    try:
        return units.parse_time(text)
    except InputError as error:
        raise error.at(option) from None


def _seconds(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else time_ps("--max-time", text) / 10**12


replications = click.option(
    "--replications", type=click.IntRange(1, 10_000), help="Runs of each point, instead of the scenario's."
)
engine = click.option("--engine", type=click.Choice(["compiled", "reference"]), default="compiled", show_default=True)
workers = click.option(
    "--workers", type=click.IntRange(1, 1024), help="Points simulated at once (default: one per core)."
)
out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder under which the results are saved.",
)
no_plot = click.option("--no-plot", is_flag=True, help="Leave out the chart.")
max_time = click.option(
    "--max-time",
    metavar="TIME",
    callback=_seconds,
    help="Stop after so long, such as '10 min'; what is finished is kept, and the same command goes on.",
)


def uncertainty(function: Function) -> Function:
    """Add the options of the commands that can draw the costs from their ranges."""
    function = click.option(
        "--draws",
        type=click.IntRange(8, 4096),
        default=16,
        show_default=True,
        help="Draws of the costs with --uncertainty.",
    )(function)
    return click.option(
        "--uncertainty",
        is_flag=True,
        help="Draw the costs from their ranges, too, and say the 90 % interval of every answer.",
    )(function)


def study(function: Function) -> Function:
    """Add the options of the commands that simulate."""
    for option in reversed(
        (
            scenario,
            settings,
            seed,
            replications,
            engine,
            workers,
            out,
            no_plot,
            max_time,
            click.option(
                "--measure-first",
                metavar="METRIC",
                callback=_metric,
                help="Say which costs to measure first for this metric, such as latency.p99: Sobol' indices over their ranges.",
            ),
            uncertainty,
            as_json,
        )
    ):
        function = option(function)
    return function


def _metric(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is None:
        return None
    from simulator.errors import unknown
    from simulator.metrics import METRICS

    known = [metric for metric, entry in METRICS.items() if entry.scalar]
    if name not in known:
        raise unknown("--measure-first", "metric", name, known)
    return name


def overrides(settings: tuple[str, ...], seed: int | None, replications: int | None = None) -> tuple[str, ...]:
    """Return all overrides in the form of ``--set``; the options of their own come last and win."""
    given = {"seed": seed, "replications": replications}
    return (*settings, *(f"{key}={value}" for key, value in given.items() if value is not None))


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object that names its schema."""
    click.echo(json.dumps({"schema": SCHEMA} | content, indent=2, ensure_ascii=False))
