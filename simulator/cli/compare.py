"""``sriovsim compare``: simulate every point of a scenario's comparison and sweep.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

from typing import Any

import click

from simulator.cli import options
from simulator.cli.simulate import simulate


@click.command("compare")
@options.study
def command(scenario: str, settings: tuple[str, ...], seed: int | None, replications: int | None, **how: Any) -> None:
    """Simulate all series and sweep points of SCENARIO; print a table, save data and chart."""
    simulate(scenario, options.overrides(settings, seed, replications), **how)
