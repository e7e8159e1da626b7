"""A real Dask scheduler with real workers: the same bytes as one process, whatever dies."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.errors import InputError, SimulatorError
from simulator.study.sweeps import sweep
from simulator.study.sweeps.drive import Progress
from tests.campaign.cluster import Cluster

pytest.importorskip("distributed")
SCENARIO = """
schema: 1
name: on a cluster
host: textbook
nic: textbook-nic
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 100 kpps}]
measurement: {warmup: 0 s, duration: 1 ms}
sweep: {matrix: {traffic.load.rate: {from: 100 kpps, to: 400 kpps, steps: 40}}}
replications: 1
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO)
    return path


def at(done: int, act: Progress) -> Progress:
    """Act once, when so many points are finished."""
    acted: list[None] = []

    def progress(finished: int, total: int) -> None:
        if finished >= done and not acted:
            acted.append(None)
            act(finished, total)

    return progress


def test_a_killed_worker_changes_nothing_and_a_lost_scheduler_is_one_line(
    cluster: Cluster, small: Path, tmp_path: Path
) -> None:
    expected = (sweep(small, out=tmp_path / "alone", workers=1).folder / "summary.csv").read_bytes()
    first = cluster.worker()
    cluster.worker()
    killed = at(1, lambda *_: first.send_signal(signal.SIGKILL))
    found = sweep(small, out=tmp_path / "cluster", scheduler=cluster.address, progress=killed)
    assert found.complete
    assert (found.folder / "summary.csv").read_bytes() == expected
    assert first.wait() == -signal.SIGKILL
    gone = at(1, lambda *_: cluster.scheduler.send_signal(signal.SIGKILL))
    with pytest.raises(SimulatorError, match="the Dask scheduler is gone; what is finished is kept"):
        sweep(small, out=tmp_path / "lost", scheduler=cluster.address, progress=gone)
    rest = sweep(small, out=tmp_path / "lost", workers=1)
    assert rest.taken_over >= 1
    assert (rest.folder / "summary.csv").read_bytes() == expected


def test_a_scheduler_that_is_none_is_one_line(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.study.sweeps import cluster as module

    monkeypatch.setattr(module, "PATIENCE_S", 1)
    result = CliRunner().invoke(cli, ["sweep", str(small), "--out", str(tmp_path), "--scheduler", "tcp://127.0.0.1:9"])
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "does not answer" in result.stderr


def test_without_dask_the_extra_is_named(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install the extra 'dask'"):
        sweep(small, out=tmp_path, scheduler="local")
