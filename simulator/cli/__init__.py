"""The ``sriovsim`` command: one module for each subcommand, imported only when it is asked for.

1. Results go to standard output, progress and errors to standard error, one line for each error; with ``--json`` errors
   are one object on standard output, too.
2. Exit codes: 0 done, 1 some points failed, 2 wrong usage or invalid input, 3 a threshold was not kept, 130
   interrupted.

*Scope*: arguments in, text out; everything else is in the packages below.
*Validation*: ``tests/unit/test_cli.py``, ``tests/unit/test_bad_input.py``, ``tests/architecture/test_imports.py``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from simulator import __version__
from simulator.errors import InputError, Interrupted, ScenarioErrors, SimulatorError

COMMANDS = {
    "bill": "bill",
    "bounds": "bounds",
    "calibrate": "calibrate",
    "chart": "chart",
    "check": "check",
    "compare": "compare",
    "decide": "decide",
    "device": "device",
    "doctor": "doctor",
    "explain": "explain",
    "fleet": "fleet",
    "import": "import_",
    "list": "listing",
    "measure-host": "measure_host",
    "merge": "merge",
    "prove": "prove",
    "run": "run",
    "search": "search",
    "sweep": "sweep",
    "validate": "validate",
}


_AS_JSON = "simulator.as_json"


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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether errors are wanted as JSON, before a subcommand can fail to read its arguments."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an error of the simulator ends in its exit code, never in a traceback."""
        as_json = ctx.meta[_AS_JSON]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _tell(Interrupted("interrupted"), as_json)
            ctx.exit(Interrupted.exit_code)
        except SimulatorError as error:
            _tell(error, as_json)
            ctx.exit(error.exit_code)
        except click.UsageError as error:
            if not as_json:
                raise
            _tell(InputError("", error.format_message()), as_json)
            ctx.exit(error.exit_code)


def _tell(error: SimulatorError, as_json: bool) -> None:
    """One line for each fault on standard error; with ``--json`` one object on standard output."""
    if not as_json:
        click.echo(str(error), err=True)
        return
    from simulator.cli.options import print_json

    faults = error.errors if isinstance(error, ScenarioErrors) else (error,)
    print_json({"exit_code": error.exit_code, "errors": [_as_data(fault) for fault in faults]})


def _as_data(error: SimulatorError) -> dict[str, Any]:
    """``text`` is the line that people get; a fault in what somebody wrote has its parts beside it."""
    data: dict[str, Any] = {"text": str(error)}
    if isinstance(error, InputError):
        value = None if error.value is None else str(error.value)
        data |= {"place": error.place, "message": error.message, "value": value}
        data |= {"choices": list(error.choices), "nearest": error.nearest}
    return data


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sriovsim")
def cli() -> None:
    """Simulate what a packet costs on each way into a guest: latency, throughput, host CPU.

    SCENARIO is a YAML file or the name of a shipped scenario (sriovsim list scenarios).
    """


def main() -> None:
    """Run the command line and exit with its code."""
    from simulator.cli.lean import leave, rarely_collect

    rarely_collect()
    try:
        try:
            cli(prog_name="sriovsim")
        except SystemExit as end:
            if not isinstance(end.code, int | None):
                raise
            leave(end.code or 0)
        finally:
            sys.stdout.flush()
    except OSError as error:
        # the interpreter would flush once more when it ends, and fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"standard output: cannot be written ({error.strerror})", file=sys.stderr)  # noqa: T201
        sys.exit(1)
