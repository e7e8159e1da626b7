"""Sweeps: the same bytes whoever ran which point, nothing finished lost, one line for what goes wrong."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from simulator.cli import cli
from simulator.cli.progress import Progress
from simulator.errors import InputError, ScenarioErrors
from simulator.study import compare
from simulator.study.sweeps import merge, sweep
from simulator.study.sweeps import outline as outlines
from simulator.study.sweeps.journal import Journal, content_of, contents, key_of, line_of, scan
from simulator.study.sweeps.outline import outline, shard_of
from tests.campaign.kill import Campaign

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIO = """
schema: 1
name: small sweep
host: textbook
nic: textbook-nic
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 100 kpps}]
measurement: {warmup: 0 s, duration: 200 us}
compare: {one queue: {}, small ring: {nic.rx_ring: 64}}
sweep: {matrix: {traffic.load.rate: [100 kpps, 200 kpps, 300 kpps], traffic.load.size: [64 B, 512 B]}}
replications: 2
"""
TABLES = ("summary.csv", "summary.parquet", "failed.csv", "provenance.json")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO)
    return path


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


# The same bytes


def test_workers_shards_and_order_change_no_byte(small: Path, tmp_path: Path) -> None:
    alone = sweep(small, out=tmp_path / "alone", workers=1)
    assert (alone.points, alone.finished, alone.taken_over, alone.complete) == (12, 12, 0, True)
    many = sweep(small, out=tmp_path / "many", workers=2)
    for number in (3, 1, 2):
        shard = sweep(small, out=tmp_path / "shards", workers=1, shard=(number, 3))
        assert (shard.points, shard.merged) == (4, None)
    merged = merge(shard.folder)
    assert (merged.rows, merged.failed, merged.missing) == (12, 0, 0)
    assert tables(alone.folder) == tables(many.folder) == tables(shard.folder)
    assert len(list((shard.folder / "points").iterdir())) == 3


def test_numbers_are_those_of_compare(small: Path, tmp_path: Path) -> None:
    expected = compare(small)
    folder = sweep(small, out=tmp_path, workers=1).folder
    manifest = json.loads((folder / "sweep.json").read_text())
    found = scan(folder, set(manifest["keys"]))
    read = [content["point"] for content in contents(found[key] for key in manifest["keys"])]
    assert read == json.loads(json.dumps(expected.entries))
    frame = pd.read_csv(folder / "summary.csv")
    assert list(frame) == list(expected.frame)
    for name in ("latency_p50_us", "traffic.load.rate_pps", "series", "drops"):
        assert list(frame[name]) == list(expected.frame[name])
    columns = pd.read_parquet(folder / "summary.parquet").replace("", None)  # in CSV an empty word is no value
    assert (
        columns.astype(object).where(columns.notna(), None).to_dict()
        == frame.astype(object).where(frame.notna(), None).to_dict()
    )


def test_a_longer_sweep_takes_over_what_is_finished(small: Path, tmp_path: Path) -> None:
    first = sweep(small, out=tmp_path / "results", workers=1)
    small.write_text(SCENARIO.replace("300 kpps]", "300 kpps, 400 kpps]"))
    second = sweep(small, out=tmp_path / "results", workers=1)
    assert (first.folder, second.points, second.taken_over) == (second.folder, 16, 12)
    assert sweep(small, out=tmp_path / "results", workers=1).taken_over == 16
    assert tables(second.folder) == tables(sweep(small, out=tmp_path / "fresh", workers=1).folder)


def test_results_of_another_program_or_seed_are_not_taken_over(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set(outline(small).keys)
    assert keys == set(outline(small).keys)
    assert not keys & set(outline(small, ["seed=2"]).keys)
    assert not keys & set(outline(small, engine="reference").keys)
    monkeypatch.setattr(outlines, "program_hash", lambda: "another program")
    assert not keys & set(outline(small).keys)


def test_a_file_that_a_point_names_is_part_of_its_key(tmp_path: Path) -> None:
    path, captured = tmp_path / "a.yaml", tmp_path / "load.pcap"
    source = (ROOT / "scenarios/captures/dns.pcap").read_bytes()
    path.write_text(
        SCENARIO.replace(
            "kind: poisson, rate: 100 kpps", "kind: capture, file: load.pcap, guest_side: 21.0.0.2, rate: 50 kpps"
        ).replace(
            "{traffic.load.rate: [100 kpps, 200 kpps, 300 kpps], traffic.load.size: [64 B, 512 B]}",
            "{traffic.load.file: [load.pcap]}",
        )
    )
    captured.write_bytes(source)
    before = outline(path).keys
    outlines._file_hash.cache_clear()
    captured.write_bytes(source[:-100])
    assert not set(before) & set(outline(path).keys)


# The journal


@given(st.binary(min_size=1, max_size=3), st.integers(0, 10**6))
def test_a_line_is_whole_or_absent(noise: bytes, position: int) -> None:
    line = line_of("k" * 24, {"point": {"series": "ü"}, "histogram": [[1, 2]]})
    assert key_of(line) == "k" * 24
    assert content_of(line) == {"point": {"series": "ü"}, "histogram": [[1, 2]]}
    at = 25 + position % (len(line) - 25)
    assert key_of(line[:at]) is None
    damaged = line[:at] + noise + line[at + len(noise) :]
    assert damaged == line or key_of(damaged) is None


def test_a_torn_line_is_run_again(small: Path, tmp_path: Path) -> None:
    whole = sweep(small, out=tmp_path / "results", workers=1)
    before = tables(whole.folder)
    (part,) = (whole.folder / "points").iterdir()
    part.write_bytes(part.read_bytes()[:-40])
    again = sweep(small, out=tmp_path / "results", workers=1)
    assert (again.taken_over, again.complete, tables(again.folder)) == (11, True, before)


def test_nobody_writes_to_the_part_of_another(tmp_path: Path) -> None:
    with Journal(tmp_path) as one, Journal(tmp_path) as two:
        for number, journal in enumerate((one, two, one)):
            journal.write([line_of(f"{number:024}", {})])
    assert sorted(path.name for path in (tmp_path / "points").iterdir()) == ["000001.jsonl", "000002.jsonl"]
    assert set(scan(tmp_path, {f"{number:024}" for number in range(3)})) == {f"{number:024}" for number in range(3)}


# What goes wrong


def test_a_full_disk_loses_nothing_finished(small: Path, tmp_path: Path) -> None:
    expected = tables(sweep(small, out=tmp_path / "whole", workers=1).folder)

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    command = [
        sys.executable,
        "-m",
        "simulator",
        "sweep",
        str(small),
        "--out",
        str(tmp_path / "full"),
        "--workers",
        "1",
    ]
    full = subprocess.run(command, cwd=ROOT, preexec_fn=small_disk, capture_output=True, text=True, check=False)
    assert (full.returncode, full.stdout, len(full.stderr.splitlines())) == (2, "", 1)
    assert "cannot be written (File too large); what is finished is kept" in full.stderr
    rest = sweep(small, out=tmp_path / "full", workers=1)
    assert 0 < rest.taken_over < 12
    assert tables(rest.folder) == expected


def test_a_folder_that_cannot_be_written_is_one_line(small: Path, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way")
    result = call("sweep", small, "--out", tmp_path / "results", "--workers", 1)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "cannot be written" in result.stderr


def test_faults_are_said_before_anything_is_written(small: Path, tmp_path: Path) -> None:
    small.write_text(SCENARIO.replace("300 kpps]", "300 Gpps]"))
    with pytest.raises(ScenarioErrors):
        sweep(small, out=tmp_path / "results", workers=1)
    assert not (tmp_path / "results").exists()


def test_a_point_that_cannot_run_is_kept_with_its_reason(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlines, "SAMPLE", 2)  # the first and the last value are right
    small.write_text(SCENARIO.replace("200 kpps,", "200 Gpps,"))
    result = call("sweep", small, "--out", tmp_path / "results", "--workers", 1)
    assert result.exit_code == 1
    assert "8 rows, 4 points failed" in result.stdout
    assert "failed: one queue traffic.load.rate=200 Gpps; traffic.load.size=64 B: " in result.stdout
    (folder,) = (tmp_path / "results").iterdir()
    assert pd.read_csv(folder / "failed.csv")["point"].tolist() == [2, 3, 8, 9]
    assert sweep(small, out=tmp_path / "results", workers=1).taken_over == 12


def test_thresholds_are_judged_when_all_is_merged(small: Path, tmp_path: Path) -> None:
    small.write_text(SCENARIO + "thresholds: ['latency.mean < 1 ps']\nthresholds_allow: unsteady\n")
    result = call("sweep", small, "--out", tmp_path / "results", "--workers", 1, "--json")
    assert (result.exit_code, json.loads(result.stdout)["merged"]["breached"]) == (3, 12)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "1/1000000"])
def test_a_shard_is_one_of_several(text: str) -> None:
    with pytest.raises(InputError, match="is not of the form I/N"):
        shard_of(text)
    assert shard_of("2/7") == (2, 7)


def test_merge_says_what_is_missing(small: Path, tmp_path: Path) -> None:
    folder = sweep(small, out=tmp_path / "results", workers=1, shard=(1, 2)).folder
    result = call("merge", folder)
    assert (result.exit_code, result.stdout) == (1, "6 rows, 6 points are not finished\n")
    for content in ("", "{}", "[" * 10_000):
        (folder / "sweep.json").write_text(content)
        assert call("merge", folder).exit_code == 2
    nowhere = call("merge", tmp_path)
    assert (nowhere.exit_code, len(nowhere.stderr.splitlines())) == (2, 1)


def test_time_allowed_ends_a_sweep_between_points(small: Path, tmp_path: Path) -> None:
    stopped = sweep(small, out=tmp_path, workers=1, max_time_s=0.0)
    assert (stopped.finished, stopped.complete, stopped.merged) == (0, False, None)


# Many machines


def test_the_job_script_runs_as_it_is_printed(small: Path, tmp_path: Path) -> None:
    expected = tables(sweep(small, out=tmp_path / "alone", workers=1).folder)
    program = tmp_path / "bin" / "sriovsim"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m simulator "$@"\n')
    program.chmod(0o755)
    out = tmp_path / "on a cluster"
    printed = call("sweep", small, "--out", out, "--job-script", "slurm", "--shards", 2)
    assert "#SBATCH --array=1-2\n" in printed.stdout
    (merging,) = [line for line in printed.stdout.splitlines() if "--wrap=" in line]
    for number in (2, 1):
        variables = {"PATH": f"{program.parent}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": str(number)}
        subprocess.run(["bash"], input=printed.stdout, text=True, env=os.environ | variables, check=True)
    subprocess.run(["bash", "-c", f"bash -c {merging.partition('--wrap=')[2]}"], env=os.environ | variables, check=True)
    (folder,) = out.iterdir()
    assert tables(folder) == expected
    unknown = call("sweep", small, "--out", out, "--job-script", "slrum")
    assert (unknown.exit_code, len(unknown.stderr.splitlines())) == (2, 1)


def test_progress_has_speed_and_time_left() -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0], of="points")
    progress(50, 1000)
    now[0] = 10.0
    progress(150, 1000)
    assert progress.line() == "150 of 1000 points, 10 points/s, about 85 s left"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to look for what is left over")
def test_a_killed_driver_goes_on_and_leaves_nobody_behind(tmp_path: Path) -> None:
    Campaign(tmp_path, seed=2).driver(2)
