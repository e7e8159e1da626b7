"""``python -m tests.campaign.sweeps [NAME ...] [--points N] [--write]``: what large sweeps cost, on small points.

1. *point*: CPU and wall time of a small point in this process: building, one run of a few hundred packets, statistics, its line.
2. *dask*: a sweep on a scheduler and one worker beside the same in one process: what a point costs more, in CPU time of command, scheduler
   and worker together, and by the clock.
3. *pair*: a sweep with two workers beside two commands with half of the points each, at the same time: the share of what two independent
   processes gain. Only a quiet machine tells.
4. *resume*: the same command over 10,000 and 100,000 finished points, up to its first new one: CPU time, peak memory. Lines of one point
   under the keys of all stand for finished points.
5. *merge*: 100,000 points into tables: CPU time, peak memory.

*Scope*: figures, no verdict; results/answers/sweeps.json. *Validation*: tests/unit/test_sweeps.py: the same bytes in all ways.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.study.sweeps.drive import prepare
from simulator.study.sweeps.journal import Journal, line_of
from simulator.study.sweeps.outline import outline
from simulator.study.sweeps.worker import run_draft
from tests.campaign import record
from tests.campaign.cluster import ROOT, Cluster

SCENARIO = """
schema: 1
name: {name}
host: textbook
nic: textbook-nic
guests: [{{name: vm, datapath: native}}]
traffic: [{{name: load, kind: poisson, rate: 100 kpps}}]
measurement: {{warmup: 0 s, duration: 1 ms}}
sweep: {{matrix: {{traffic.load.rate: {{from: 100 kpps, to: 400 kpps, steps: {steps}}}{more}}}}}
replications: 1
"""
TICK = os.sysconf("SC_CLK_TCK")
STEPS = 1000
"""Values of one axis, whose texts have four digits; more points take another one."""
LEFT = 8
"""Points that a resumed sweep still has to run."""


def scenario(folder: Path, name: str, points: int) -> Path:
    path = folder / f"{name}.yaml"
    axes = max(1, points // STEPS)
    sizes = ", ".join(f"{64 + number} B" for number in range(axes))
    more = f", traffic.load.size: [{sizes}]" if axes > 1 else ""
    path.write_text(SCENARIO.format(name=name, steps=points // axes, more=more), encoding="utf-8")
    return path


def started(path: Path, out: str, *options: str) -> subprocess.Popen[bytes]:
    """The command, in the background."""
    command = [sys.executable, "-m", "simulator", "sweep", str(path), "--out", str(path.parent / out), *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet)


def used(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """(CPU seconds, peak memory in MB) of a command and the children that it waited for, when it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.args
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """CPU seconds of a process that runs."""
    words = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def alone(path: Path, out: str) -> tuple[float, float]:
    """(CPU, wall) seconds of a sweep in one process."""
    began = time.monotonic()
    return used(started(path, out, "--workers", "1"))[0], time.monotonic() - began


def point(folder: Path, points: int) -> Iterator[tuple[str, str]]:
    alone(scenario(folder, "first", 2), "first")  # what is compiled once is no part of a point
    few = alone(scenario(folder, "few", 10), "few")
    many = alone(scenario(folder, "many", points + 10), "many")
    cpu, wall = ((many[n] - few[n]) / points * 1000 for n in range(2))
    yield "a small point in one process", f"{cpu:.1f} CPU ms, {wall:.1f} ms by the clock"


def dask(folder: Path, points: int) -> Iterator[tuple[str, str]]:
    cluster = Cluster(folder)
    try:
        cluster.worker()
        cluster.wait_for(1)
        spent = {}
        for name, count in (("warm", 10), ("few dask", 10), ("many dask", points + 10)):
            path, before = scenario(folder, name, count), sum(map(cpu_s, cluster.processes))
            began = time.monotonic()
            own = used(started(path, name, "--scheduler", cluster.address))[0]
            spent[name] = own + sum(map(cpu_s, cluster.processes)) - before, time.monotonic() - began
    finally:
        cluster.stop()
    few, many = (
        alone(scenario(folder, "few", 10), "few again"),
        alone(scenario(folder, "many", points + 10), "many again"),
    )
    here = [(many[n] - few[n]) / points * 1000 for n in range(2)]
    there = [(spent["many dask"][n] - spent["few dask"][n]) / points * 1000 for n in range(2)]
    yield (
        "a small point under Dask, one worker",
        f"{there[0] - here[0]:+.1f} CPU ms, {there[1] - here[1]:+.1f} ms by the clock",
    )


def pair(folder: Path, points: int) -> Iterator[tuple[str, str]]:
    path = scenario(folder, "pair", 2 * points)
    began = time.monotonic()
    used(started(path, "two workers", "--workers", "2"))
    together = time.monotonic() - began
    began = time.monotonic()
    halves = [started(path, "two commands", "--workers", "1", "--shard", f"{n}/2") for n in (1, 2)]
    for half in halves:
        used(half)
    apart = time.monotonic() - began
    yield "two workers beside two independent commands, points per second", f"{apart / together:.0%}"


def finished(folder: Path, name: str, points: int, left: int) -> Path:
    """A scenario whose points are finished but for some."""
    path = scenario(folder, name, points)
    laid_out = outline(path)
    content = run_draft(laid_out.base, laid_out.drafts[0], laid_out.engine)
    with Journal(prepare(laid_out, folder / "out")) as journal:
        for first in range(0, points - left, 1000):
            journal.write(line_of(key, content) for key in laid_out.keys[first : min(points - left, first + 1000)])
    return path


def resume(folder: Path, _points: int) -> Iterator[tuple[str, str]]:
    for count in (10_000, 100_000):
        path = finished(folder, f"resume {count}", count, LEFT)
        # the time allowed is over before the first new point begins
        process = started(path, "out", "--workers", "1", "--max-time", "1 us")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 1  # points are left
        spent, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        yield (
            f"the same command over {count:,} finished points, up to the first new one",
            f"{spent:.1f} CPU s, {peak:.0f} MB",
        )


def merge(folder: Path, _points: int) -> Iterator[tuple[str, str]]:
    path = finished(folder, "merge", 100_000, 0)
    spent, peak = used(started(path, "out", "--workers", "1"))
    size = sum(table.stat().st_size for table in (folder / "out").glob("merge-sweep-*/summary.csv")) / 1e6
    yield f"tables of 100,000 points ({size:.0f} MB of CSV, and Parquet)", f"{spent:.0f} CPU s, {peak:.0f} MB"


PARTS = {part.__name__: part for part in (point, dask, pair, resume, merge)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.sweeps")
    parser.add_argument("names", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in given.names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            for what, value in PARTS[name](Path(folder), given.points):
                rows.append({"what": what, "value": value})
                print(f"{what}: {value}", flush=True)
    if given.write:
        record.keep("sweeps", {"points": given.points, "rows": rows})


if __name__ == "__main__":
    main()
