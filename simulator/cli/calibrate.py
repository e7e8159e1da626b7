"""``sriovsim calibrate``: costs of a machine of one's own from what was measured on it.

*Scope*: arguments, one file written whole or not at all. *Validation*: ``tests/calibrate/test_command.py``.
"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli import options
from simulator.cli.measure_host import write_whole


@click.command("calibrate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("calibrated.yaml"),
    show_default=True,
    help="Host file to write.",
)
@options.as_json
def command(file: Path, out: Path, as_json: bool) -> None:
    """Fit the costs that your measurements can tell, and write them as a host file with intervals.

    FILE names scenarios of your test-bed and what iperf3, netperf, sockperf, TRex, NFVbench, vmexit or perf said about it. Costs that
    the measurements cannot tell are named with the reason, and stay the base's.
    """
    from simulator import calibrate
    from simulator.calibrate import report
    from simulator.calibrate import task as tasks
    from simulator.errors import BadValue

    if out.suffix not in (".yaml", ".yml"):
        raise BadValue("--out", "is not the name of a host file: it ends in .yaml or .yml", str(out))
    if not out.absolute().parent.is_dir():
        raise BadValue("--out", "is in no folder that exists", str(out))
    task = tasks.read(file)
    found = calibrate.calibrate(task)
    write_whole(out, report.host_file(found, task.base, file.stem))
    if as_json:
        options.print_json({"file": str(out)} | report.as_json(found))
    else:
        click.echo(report.table(found))
    click.echo(f"saved in {out}; in a scenario beside it: host: ./{out.name}", err=True)
