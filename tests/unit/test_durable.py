"""Whatever happens to processes, disks and files: workers end, results heal, one line instead of a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.cli.progress import Progress, duration
from simulator.errors import InputError
from simulator.formats.files import remove_leftovers, write_whole
from simulator.metrics import rates
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.study import compare, execute, provenance
from simulator.study.folder import Folder
from simulator.study.point import PointResult
from simulator.study.tables import swept

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = """
schema: 1
host: textbook
nic: textbook-nic
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 100 kpps}]
measurement: {warmup: 0 s, duration: 200 us}
sweep: {matrix: {traffic.load.rate: [100 kpps, 200 kpps]}}
replications: 1
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


# Processes


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(process: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        found += [int(entry.name)] if parent == process else []
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for children")
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "from simulator.study.fanout import fan_out\n"
        "from tests.unit.test_durable import sleep_until_stopped\n"
        "if __name__ == '__main__':\n"
        "    for _ in fan_out(sleep_until_stopped, range(4), 2, processes=True): pass\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    parent = subprocess.Popen(
        [sys.executable, str(script)], env=os.environ | {"PYTHONPATH": str(ROOT), "MARK": str(tmp_path)}
    )
    while len(list(tmp_path.glob("ready*"))) < 2:
        assert parent.poll() is None
        time.sleep(0.05)
    workers = children(parent.pid)
    parent.kill()
    parent.wait()
    while any(alive(worker) for worker in workers):  # a worker that stays for ever is ended by the suite's own limit
        time.sleep(0.05)
    assert len(workers) >= 2


def sleep_until_stopped(number: int, stopped: Any) -> int:
    (Path(os.environ["MARK"]) / f"ready{os.getpid()}").touch()
    while not stopped():
        time.sleep(0.05)
    return number


# Stored points


def test_a_damaged_point_is_simulated_again(small: Path, tmp_path: Path) -> None:
    whole = compare(small, out=tmp_path / "results", plot=False)
    assert whole.folder is not None
    summary = (whole.folder / "summary.csv").read_bytes()
    first, second = sorted((whole.folder / "points").iterdir())
    content = json.loads(first.read_text())
    first.write_text(json.dumps(content | {"point": {}}))
    content = json.loads(second.read_text())
    content["point"]["loss_ratio"] = 0.5
    second.write_text(json.dumps(content))
    again = compare(small, out=tmp_path / "results", plot=False)
    assert (again.taken_over, (whole.folder / "summary.csv").read_bytes()) == (0, summary)
    assert compare(small, out=tmp_path / "results", plot=False).taken_over == 2


def test_a_result_of_another_program_is_not_taken(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load(small)
    key = provenance.point_key(scenario, "plan", "compiled")
    assert key == provenance.point_key(scenario, "plan", "compiled")
    monkeypatch.setattr(provenance, "program_hash", lambda: "another program")
    assert provenance.point_key(scenario, "plan", "compiled") != key


# Files


def test_leftovers_of_the_dead_are_removed_and_nobody_elses(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = {
        f".summary.csv.{ended.pid}": False,
        f".summary.csv.{os.getpid()}": True,
        ".hidden": True,
        "summary.csv": True,
    }
    for name in names:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")
    assert {name: (tmp_path / name).exists() for name in names} == names


def test_a_study_removes_what_a_killed_one_left(small: Path, tmp_path: Path) -> None:
    folder = compare(small, out=tmp_path / "results", plot=False).folder
    assert folder is not None
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = folder / "points" / f".x.json.{ended.pid}"
    left.touch()
    compare(small, out=tmp_path / "results", plot=False)
    assert not left.exists()


def test_files_are_flushed_before_they_take_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    genuine = Path.replace
    monkeypatch.setattr(os, "fsync", lambda _: done.append("fsync"))
    monkeypatch.setattr(Path, "replace", lambda self, to: (done.append("replace"), genuine(self, to))[1])
    write_whole(tmp_path / "x", b"content")
    assert done == ["fsync", "replace", "fsync"]
    assert (tmp_path / "x").read_bytes() == b"content"


def test_a_dangling_link_as_folder_is_named(small: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"link is a link to .*nowhere, which does not exist"):
        compare(small, out=tmp_path / "link", plot=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "simulator", "list", "datapaths"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert (result.returncode, result.stderr) == (1, "standard output: cannot be written (No space left on device)\n")


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["points"][0].pop("latency_us"),
        lambda d: d["points"].__setitem__(0, 7),
        lambda d: d["points"][0].__setitem__("parameters", []),
        lambda d: d["points"][0].__setitem__("offered_pps", "many"),
    ],
)
def test_a_damaged_result_is_one_line(damage: Any, small: Path, tmp_path: Path) -> None:
    folder = compare(small, out=tmp_path / "results", plot=False).folder
    assert folder is not None
    document = json.loads((folder / "result.json").read_text())
    damage(document)
    (folder / "result.json").write_text(json.dumps(document))
    result = CliRunner().invoke(cli, ["chart", str(folder), "--kind", "load", "--out", str(tmp_path / "x.svg")])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "x.svg").exists()


# Results and progress


def test_swept_values_are_numbers_with_a_unit(small: Path) -> None:
    frame = compare(small).frame
    assert list(frame["traffic.load.rate"]) == ["100 kpps", "200 kpps"]
    assert list(frame["traffic.load.rate_pps"]) == [100_000, 200_000]
    assert swept({"a": "1.5 us", "b": "9 Gbit/s", "c": "64 B", "d": "20 %", "e": "4", "f": "native", "g": "5 m"}) == {
        "a_us": 1.5, "b_bps": 9e9, "c_bytes": 64, "d_ratio": 0.2, "e_number": 4, "g_m": 5,
    }  # fmt: skip


def test_as_many_replications_as_it_takes_unless_it_is_said_otherwise(small: Path) -> None:
    small.write_text(SMALL.replace("replications: 1\n", ""))
    assert (load(small).replications, load(small).runs_in_words) == (None, "10 to 100 replications")


def test_time_allowed_ends_a_study_and_keeps_what_is_finished(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[None] = []

    def over(deadline_s: float | None) -> bool:
        calls.append(None)
        return deadline_s is not None and len(calls) > 1

    monkeypatch.setattr(execute, "over", over)
    stopped = compare(small, out=tmp_path / "results", plot=False, workers=1, max_time_s=3600)
    assert [entry["error"] for entry in stopped.failed] == [
        "not finished in the time allowed; the same command goes on from here"
    ]
    assert (len(stopped.entries), stopped.exit_code) == (1, 1)
    rest = compare(small, out=tmp_path / "results", plot=False)
    assert (rest.taken_over, rest.exit_code) == (1, 0)


def test_a_run_gives_up_after_its_deadline(small: Path) -> None:
    (failed, _) = compare(small, max_time_s=0.0).failed
    assert failed["error"].startswith("not finished in the time allowed")


def test_the_forecast_comes_before_the_first_run(small: Path) -> None:
    order: list[Any] = []
    compare(
        small,
        forecast=lambda seconds: order.append(seconds > 0),
        progress=lambda done, total: order.append((done, total)),
    )
    assert order == [True, (1, 2), (2, 2)]


def test_progress_counts_the_time_left() -> None:
    now = [0.0]
    progress = Progress(max_time_s=30, clock=lambda: now[0])
    assert progress.line() == "no run has ended yet, time left unknown"
    progress.forecast(100.0)
    now[0] = 40.0
    assert progress.line() == "no run has ended yet, about 60 s left"
    progress(2, 10)
    assert progress.line() == "2 of 10 runs, about 3 min left"
    assert [duration(s) for s in (0.2, 89, 600, 36_000)] == ["1 s", "89 s", "10 min", "10.0 h"]


@pytest.mark.parametrize(("offered", "dropped", "ratio"), [(100, 25, 0.25), (10, 31, 1.0), (0, 3, None)])
def test_a_share_stays_a_share(
    offered: int, dropped: int, ratio: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, trace = (
        Plan("none"),
        Trace(
            counters={}, histograms={}, stages={}, handled=0, in_flight_start=50, in_flight_end=0, start_ps=0, end_ps=1
        ),
    )
    monkeypatch.setattr(rates, "offered", lambda *_: offered)
    monkeypatch.setattr(rates, "drops", lambda *_: {"ring": dropped})
    assert rates.loss_ratio(plan, trace) == ratio


def test_a_point_file_without_its_content_is_absent(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.keep("k", PointResult({"series": "a"}, {3: 4}))
    assert folder.stored("k") == PointResult({"series": "a"}, {3: 4})
    for content in ("", "{}", "[]", "null", "[" * 100_000):
        (tmp_path / "points" / "k.json").write_text(content)
        assert folder.stored("k") is None
