"""``sriovsim merge``: the tables of a sweep from its journal, whoever ran which point.

*Scope*: arguments and printing; the study package does the work.
*Validation*: ``tests/unit/test_sweeps.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from simulator.cli import options
from simulator.cli.sweep import exit_code, of_merged, tell_merged


@click.command("merge")
@click.argument("folder", type=click.Path(path_type=Path))
@options.as_json
def command(folder: Path, as_json: bool) -> None:
    """Write the tables of FOLDER, a sweep's: summary as CSV and Parquet, failed points, provenance."""
    from simulator.study.sweeps import merge

    merged = merge(folder)
    if as_json:
        options.print_json(of_merged(merged) or {})
    else:
        tell_merged(merged)
    sys.exit(exit_code(merged))
