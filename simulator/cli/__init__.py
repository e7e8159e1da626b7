"""The ``sriovsim`` command: one module for each subcommand, imported only when it is asked for.

1. Results go to standard output, progress and errors to standard error, one line for each error.
2. Exit codes: 0 done, 1 some points failed, 2 wrong usage or invalid input, 3 a threshold was not kept, 130
   interrupted.

*Scope*: arguments in, text out; everything else is in the packages below.
*Validation*: ``tests/unit/test_cli.py``, ``tests/unit/test_bad_input.py``, ``tests/architecture/test_imports.py``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from simulator import __version__
from simulator.errors import Interrupted, SimulatorError

COMMANDS = {
    "bill": "bill",
    "chart": "chart",
    "check": "check",
    "compare": "compare",
    "device": "device",
    "doctor": "doctor",
    "explain": "explain",
    "list": "listing",
    "run": "run",
}


class Commands(click.Group):
    """Subcommands by name, and the one place where an error becomes a line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order of the help text."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"simulator.cli.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the subcommand; an unknown one is answered with the nearest."""
        from simulator.errors import nearest

        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = nearest(args[0], COMMANDS)
            hint = f"; did you mean '{close}'?" if close else ""
            raise click.UsageError(f"No such command '{args[0]}'; choices: {', '.join(sorted(COMMANDS))}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an error of the simulator ends in its exit code, never in a traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(Interrupted.exit_code)
        except SimulatorError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sriovsim")
def cli() -> None:
    """Simulate what a packet costs on each way into a guest: latency, throughput, host CPU.

    SCENARIO is a YAML file or the name of a shipped scenario (sriovsim list scenarios).
    """


def main() -> None:
    """Run the command line and exit with its code."""
    cli(prog_name="sriovsim")
