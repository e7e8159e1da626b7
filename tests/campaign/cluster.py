"""A Dask cluster of real processes for tests: a scheduler and workers that can be killed one by one.

*Scope*: this machine. *Validation*: tests/unit/test_cluster.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

_NUMBERS = count()
ROOT = Path(__file__).resolve().parent.parent.parent


class Cluster:
    """A scheduler and workers, each a process of its own.

    `host`: address on which the scheduler listens; `ttl_s`: how long it waits for a worker's sign of life; `inside`: command that runs
    the scheduler, such as ``ip netns exec NAME``.
    """

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", ttl_s: int = 300, inside: tuple[str, ...] = ()
    ) -> None:
        self._file, self._folder = folder / f"scheduler-{next(_NUMBERS)}.json", folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self._environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{ttl_s}s",
        }
        options = ("--host", host, "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file))
        self.scheduler = self._start("scheduler", *options, inside=inside)
        while not self._file.exists():
            assert self.scheduler.poll() is None
            time.sleep(0.05)
        self.address = json.loads(self._file.read_text())["address"]

    def _start(self, kind: str, *options: str, inside: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        command = [*inside, sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        started = subprocess.Popen(
            command, cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.processes.append(started)
        return started

    def worker(self, *inside: str) -> subprocess.Popen[bytes]:
        """One more worker: a process without a nanny, so that a kill ends it. `inside`: as for the scheduler."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "300")
        return self._start("worker", self.address, *options, inside=inside)

    def wait_for(self, workers: int) -> None:
        """Return when so many workers have joined."""
        from distributed import Client

        with Client(self.address) as client:
            client.wait_for_workers(workers, timeout=600)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
