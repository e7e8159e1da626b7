"""The page of the commands, from the command line's own declarations.

*Scope*: usage, arguments, options; exit codes come from the command line's module. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

import click

from generate.markdown import code, page, prose, table
from simulator.cli import cli


def pages() -> dict[str, str]:
    """The one page."""
    with click.Context(cli, info_name="sriovsim") as context:
        names = cli.list_commands(context)
        sections = [_section(name, cli.get_command(context, name), context) for name in names]
        return {"commands.md": page("# Commands", prose(cli.help), _exit_codes(), *sections)}


def _exit_codes() -> str:
    from simulator import cli as module

    steps = prose(module.__doc__).split("\n\n")[1]
    return "Common to all commands:\n\n" + steps


def _section(name: str, command: click.Command | None, parent: click.Context) -> str:
    assert command is not None
    with click.Context(command, info_name=name, parent=parent) as context:
        usage = " ".join(["sriovsim", name, *command.collect_usage_pieces(context)])
        records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
        rows = [(code(record[0]), record[1]) for record in records if record and record[1]]
        return page(f"## {name}", f"```text\n{usage}\n```", prose(command.help), table(("option", "meaning"), rows))
