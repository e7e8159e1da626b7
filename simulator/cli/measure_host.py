"""``sriovsim measure-host``: time this machine's kernel and cores, and write them as a host file.

*Scope*: arguments, progress, one file written whole or not at all.
*Validation*: ``tests/measure/test_command.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from simulator.cli import options


@click.command("measure-host")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("my-host.yaml"),
    show_default=True,
    help="Host file to write.",
)
@click.option(
    "--base", default="modern", show_default=True, help="Machine of the catalogue that lends what is not measured."
)
@click.option("--rounds", type=click.IntRange(3, 1000), default=36, show_default=True, help="Slices of each quantity.")
@click.option(
    "--seconds", type=click.FloatRange(0, 600), default=36, show_default=True, help="Time over which they are spread."
)
@options.as_json
def command(out: Path, base: str, rounds: int, seconds: float, as_json: bool) -> None:
    """Measure this machine in less than a minute and write a host file for scenarios (Linux).

    An ordinary user gets what he may, root more; what could not be measured is named. Nothing on the machine is changed:
    network namespaces, taps and threads are the program's own and end with it.
    """
    from simulator.costs import hosts
    from simulator.errors import BadValue, unknown
    from simulator.measure import kernel, measure

    if base not in hosts():
        raise unknown("--base", "host", base, hosts())
    if out.suffix not in (".yaml", ".yml"):
        raise BadValue("--out", "is not the name of a host file: it ends in .yaml or .yml", str(out))
    if not out.absolute().parent.is_dir():
        raise BadValue("--out", "is in no folder that exists", str(out))
    # an ordinary user can have namespaces only as long as the process has one thread: before NumPy is imported
    kernel.become_root_of_own()
    found = measure(rounds, seconds, progress=rounds_told("round"))
    from simulator.measure import report

    write_whole(out, report.host_file(found, base))
    if as_json:
        options.print_json({"file": str(out)} | report.as_json(found))
    else:
        click.echo(report.table(found))
    click.echo(f"saved in {out}; in a scenario beside it: host: ./{out.name}", err=True)


def rounds_told(what: str) -> Callable[[int, int], None]:
    """Something to tell how far it is, on a terminal only."""

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{what} {done + 1} of {total}", nl=done + 1 == total, err=True)

    return tell


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all; ``InputError`` where it cannot be written."""
    from simulator.errors import InputError

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
    finally:
        beside.unlink(missing_ok=True)
