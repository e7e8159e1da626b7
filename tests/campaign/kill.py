"""``python -m tests.campaign.kill [--driver 50] [--workers 20] [--scheduler 5]``: kill -9 at random moments, then compare bytes.

1. A sweep runs undisturbed.
2. The same command is started again and again and killed: the driver with its worker processes, a worker of a Dask cluster (another one is
   started), or the scheduler (the command must end with one line). Moments are drawn from a seed, between the first finished point and the end.
3. When a sweep gets through, its tables must be those of 1. byte by byte, and no process may be left over.

*Scope*: a command for minutes; samples of it are in tests/unit/test_sweeps.py and test_cluster.py. *Validation*: tests/unit/test_sweeps.py.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.campaign.cluster import ROOT, Cluster

SCENARIO = """
schema: 1
name: to be killed
host: textbook
nic: textbook-nic
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 100 kpps}]
measurement: {warmup: 0 s, duration: 3 ms}
sweep: {matrix: {traffic.load.rate: {from: 100 kpps, to: 400 kpps, steps: 60}}}
replications: 1
"""
TABLES = ("summary.csv", "summary.parquet", "failed.csv", "provenance.json")
MARK = "SRIOVSIM_KILL_CAMPAIGN"


class Campaign:
    """One kind of kill on a sweep of its own; `kills` counts those that hit a running command."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.dice, self.kills = folder, random.Random(seed), 0
        folder.mkdir(parents=True, exist_ok=True)
        self.scenario = folder / "scenario.yaml"
        self.scenario.write_text(SCENARIO)
        self.mark = f"{os.getpid()}-{seed}-{folder.name}"
        self._sweeps = 0

    def start(self, out: str, *options: str) -> subprocess.Popen[str]:
        """The command, in the background."""
        command = [
            sys.executable,
            "-m",
            "simulator",
            "sweep",
            str(self.scenario),
            "--out",
            str(self.folder / out),
            *options,
        ]
        own = os.environ | {MARK: self.mark, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command, cwd=self.folder, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def tables(self, out: str) -> dict[str, bytes]:
        """The tables that a sweep wrote."""
        (folder,) = (self.folder / out).iterdir()
        return {name: (folder / name).read_bytes() for name in TABLES}

    def undisturbed(self) -> dict[str, bytes]:
        """What the tables should be."""
        ended = self.start("undisturbed", "--workers", "1")
        ended.communicate()
        assert ended.returncode == 0
        return self.tables("undisturbed")

    def disturb(self, out: str, kill: Callable[[], None], *options: str, again: bool) -> int | None:
        """Start the command, wait for a random moment, kill; the exit code of a command that got through."""
        running = self.start(out, *options)
        begun = self.journal(out)
        while running.poll() is None and self.journal(out) == begun:
            time.sleep(0.01)
        try:
            running.wait(self.dice.uniform(0.0, 0.6))
        except subprocess.TimeoutExpired:
            self.kills += 1
            kill() if again else running.kill()
        said = running.communicate()[1]
        assert "Traceback" not in said, said
        return running.returncode if running.returncode >= 0 else None

    def journal(self, out: str) -> int:
        """Bytes of finished points."""
        return sum(part.stat().st_size for part in (self.folder / out).glob("*/points/*.jsonl"))

    def left_over(self) -> list[int]:
        """Processes of this campaign that are alive."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                own = f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
                alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            except OSError:
                continue
            found += [int(entry.name)] if own and alive else []
        return found

    def driver(self, kills: int) -> None:
        """Kill the driver until `kills` hit it, resume, compare; a sweep that got through is begun anew."""
        expected, number = self.undisturbed(), 0
        while self.kills < kills:
            if self.disturb(f"driver{number}", lambda: None, "--workers", "2", again=False) == 0:
                assert self.tables(f"driver{number}") == expected
                number += 1
        self.finish(f"driver{number}", expected)
        while self.left_over():
            time.sleep(0.05)

    def finish(self, out: str, expected: dict[str, bytes]) -> None:
        """The same command, undisturbed, and what it wrote."""
        ended = self.start(out, "--workers", "1")
        ended.communicate()
        assert ended.returncode == 0
        assert self.tables(out) == expected

    def workers(self, kills: int) -> None:
        """Kill workers of a cluster; each is replaced."""
        expected, number = self.undisturbed(), 0
        cluster = Cluster(self.folder)
        try:
            alive = [cluster.worker(), cluster.worker()]

            def kill() -> None:
                alive.pop(self.dice.randrange(2)).send_signal(signal.SIGKILL)
                alive.append(cluster.worker())

            while self.kills < kills:
                code = self.disturb(f"workers{number}", kill, "--scheduler", cluster.address, again=True)
                assert code == 0, code
                assert self.tables(f"workers{number}") == expected
                number += 1
        finally:
            cluster.stop()

    def scheduler(self, kills: int) -> None:
        """Kill the scheduler; the command ends with exit code 1, and goes on with another one."""
        expected, number = self.undisturbed(), 0
        while self.kills < kills:
            before = self.kills
            (self.folder / f"cluster{self._sweeps}").mkdir()
            cluster = Cluster(self.folder / f"cluster{self._sweeps}")
            self._sweeps += 1
            try:
                cluster.worker()
                cluster.worker()
                kill = cluster.scheduler.kill
                code = self.disturb(f"scheduler{number}", kill, "--scheduler", cluster.address, again=True)
            finally:
                cluster.stop()
            assert code == (1 if self.kills > before else 0) or code == 0
            if code == 0:
                assert self.tables(f"scheduler{number}") == expected
                number += 1
        self.finish(f"scheduler{number}", expected)


def main() -> None:
    """Run the campaign and print what was killed."""
    parser = argparse.ArgumentParser()
    for kind, count in (("driver", 50), ("workers", 20), ("scheduler", 5)):
        parser.add_argument(f"--{kind}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for kind in ("driver", "workers", "scheduler"):
            if count := getattr(asked, kind):
                started, campaign = time.monotonic(), Campaign(Path(name) / kind, asked.seed)
                getattr(campaign, kind)(count)
                print(
                    f"{kind}: {campaign.kills} kills, all tables as undisturbed, {time.monotonic() - started:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
