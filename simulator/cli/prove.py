"""``sriovsim prove``: measure this machine's primitives, predict experiments from them, run these, and compare.

*Scope*: arguments, progress, one file written whole or not at all; the predictions are written before anything is run.
*Validation*: ``tests/prove/test_command.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options
from simulator.cli.measure_host import rounds_told, write_whole

if TYPE_CHECKING:
    from simulator.prove import Forecast


@click.command("prove")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("proof.json"),
    show_default=True,
    help="File for predictions and raw results.",
)
@click.option(
    "--base", default="modern", show_default=True, help="Machine of the catalogue that lends what is not measured."
)
@click.option(
    "--rounds", type=click.IntRange(3, 1000), default=16, show_default=True, help="Slices of each experiment."
)
@click.option(
    "--seconds", type=click.FloatRange(0, 600), default=30, show_default=True, help="Time over which they are spread."
)
@options.as_json
def command(out: Path, base: str, rounds: int, seconds: float, as_json: bool) -> None:
    """Predict real experiments from primitives of this machine, run them, and show the error (Linux).

    Nothing but the kernel is needed: namespaces, veth pairs, a bridge, taps, sockets. The predictions are in the file before the
    first experiment begins, and every experiment that was predicted is in the result. Takes about two minutes.
    """
    from simulator.costs import hosts
    from simulator.errors import BadValue, unknown
    from simulator.measure import kernel, measure

    if base not in hosts():
        raise unknown("--base", "host", base, hosts())
    if out.suffix != ".json":
        raise BadValue("--out", "is not the name of a file of results: it ends in .json", str(out))
    if not out.absolute().parent.is_dir():
        raise BadValue("--out", "is in no folder that exists", str(out))
    # an ordinary user can have namespaces only as long as the process has one thread: before NumPy is imported
    kernel.become_root_of_own()
    found = measure(progress=rounds_told("round"))
    import time

    from simulator import prove
    from simulator.prove import report

    predicted: dict[str, Any] = {}

    def announce(expected: Forecast) -> None:
        predicted.update(
            {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "values": report.forecast(expected)}
        )
        write_whole(
            out, json.dumps({"predicted_at": predicted["at"], "predictions": predicted["values"]}, indent=1) + "\n"
        )
        if not as_json:
            click.echo(f"{len(expected.predictions)} predictions are in {out}; now the experiments", err=True)

    proof = prove.prove(found, base, announce, rounds, seconds, rounds_told("round of experiments"))
    result = report.as_json(found, proof, predicted["values"], predicted["at"])
    write_whole(out, json.dumps(result, indent=1) + "\n")
    if as_json:
        options.print_json(result)
    else:
        click.echo(report.table(found, proof))
