"""The command against an earlier commit, in turn: ``python -m benchmarks.command BEFORE``, BEFORE the folder of a checkout.

1. Both run ``compare scenarios/paths.yaml`` in fresh processes with caches of their own and a fresh result folder; who goes
   first changes from round to round.
2. CPU seconds of the process and its children are read when the last line of the table is out, and again at the end.
3. ``--first`` empties the caches before every run: compilation is part of it.

*Scope*: medians of ratios; figures belong into ``docs/how-to/benchmarks.md``. *Validation*: the command must end well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks.measure import ROOT, median_ratio

LAST_LINE = b"cost values per point"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def processes(root: int) -> list[int]:
    """A process and those below it that are alive."""
    found, parents = [root], {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    for parent in found:
        found += [child for child, own in parents.items() if own == parent]
    return found


def cpu_s(root: int) -> float:
    """CPU seconds so far of a process, of its children that ended and of those alive."""
    total = 0
    for process in processes(root):
        try:
            total += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:
            continue
    return total * _TICK_S


def measure(checkout: Path, caches: Path, out: Path) -> dict[str, float]:
    """CPU seconds and seconds by the clock, to the table and to the end."""
    command = [sys.executable, "-m", "simulator", "compare", str(ROOT / "scenarios" / "paths.yaml"), "--out", str(out)]
    own = {
        "PYTHONPATH": str(checkout),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "MPLCONFIGDIR": str(caches / "matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "",  # an installed package has its bytecode
        "PYTHONPYCACHEPREFIX": str(caches / "bytecode"),
    }
    started = time.perf_counter()
    running = subprocess.Popen(
        command, cwd=checkout, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert running.stdout is not None
    found: dict[str, float] = {}
    for line in running.stdout:
        if line.startswith(LAST_LINE):
            found = {"table_s": cpu_s(running.pid), "table_wall_s": time.perf_counter() - started}
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode or not found:
        raise click.ClickException(f"{' '.join(command)} ended with {running.returncode}")
    return found | {"whole_s": usage.ru_utime + usage.ru_stime, "whole_wall_s": time.perf_counter() - started}


@click.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--rounds", type=click.IntRange(1, 101), default=7, show_default=True)
@click.option("--first", is_flag=True, help="Empty caches before every run.")
def main(before: Path, rounds: int, first: bool) -> None:
    """Compare the command of this checkout with the one in BEFORE."""
    sides = {"now": ROOT, "before": before.resolve()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    with TemporaryDirectory() as folder:
        work = Path(folder)
        for number in range(rounds if first else rounds + 1):
            for name in list(sides)[:: 1 if number % 2 else -1]:
                caches = work / (f"{name}{number}" if first else name)
                found[name].append(measure(sides[name], caches, work / f"{name}{number}-out"))
                click.echo(f"{number} {name} {found[name][-1]}", err=True)
    if not first:
        found = {name: each[1:] for name, each in found.items()}
    keys = found["now"][0]
    ratios = {key: median_ratio([r[key] for r in found["now"]], [r[key] for r in found["before"]]) for key in keys}
    medians = {name: {key: median(run[key] for run in each) for key in keys} for name, each in found.items()}
    click.echo(json.dumps({"ratios": ratios, "medians": medians}, indent=2))


if __name__ == "__main__":
    main()
