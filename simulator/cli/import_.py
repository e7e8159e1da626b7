"""``sriovsim import``: a scenario of the machine that files of libvirt, lspci, ethtool and others describe.

*Scope*: arguments, and writing the text whole or not at all.
*Validation*: ``tests/imports``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the scenario into this file.")
@click.option("--force", is_flag=True, help="Write over the file of -o.")
@click.option(
    "--nearest", is_flag=True, help="Let the nearest datapath or switch stand in for one that is not modelled."
)
@click.option("--adapter", metavar="ADDRESS", help="PCI address of the adapter that the scenario shall have.")
def command(files: tuple[Path, ...], output: Path | None, force: bool, nearest: bool, adapter: str | None) -> None:
    """Make one scenario of FILES: libvirt domain XML, lspci -vvv, a sysfs folder, ethtool -c/-g/-l/-i, objects of the
    SR-IOV network operator and Multus, OpenStack ports. Each value says where it comes from or that it is guessed.
    """
    from simulator.errors import BadValue
    from simulator.imports import Wishes, scenario_text

    if output is not None and output.exists() and not force:
        raise BadValue("--output", "exists already; --force writes over it", str(output))
    text = scenario_text(files, Wishes(nearest, adapter))
    if output is None:
        click.echo(text, nl=False)
        return
    _write_whole(output, text)
    guessed = sum("guessed" in line for line in text.splitlines())
    click.echo(f"{output}: written; {guessed} comments say 'guessed': read them before you run it", err=True)


def _write_whole(path: Path, text: str) -> None:
    from simulator.errors import InputError

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
    finally:
        with suppress(OSError):
            beside.unlink()
