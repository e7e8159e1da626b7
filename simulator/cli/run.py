"""``sriovsim run``: simulate a scenario by itself, without its comparison and sweep.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

from typing import Any

import click

from simulator.cli import options
from simulator.cli.simulate import simulate

ALONE = ("compare=null", "sweep=null")


@click.command("run")
@options.study
def command(scenario: str, settings: tuple[str, ...], seed: int | None, replications: int | None, **how: Any) -> None:
    """Simulate SCENARIO as it stands, leaving out its comparison and sweep."""
    simulate(scenario, (*ALONE, *options.overrides(settings, seed, replications)), **how)
