"""Adaptive sweeps: points go where the curve bends, and nowhere else; the same ones for any number of workers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.errors import InputError
from simulator.study.sweeps import sweep
from simulator.study.sweeps.knee import Knee, knee_of, number_of, refine, text_of

SCENARIO = """
schema: 1
name: bends
host: textbook
nic: {model: textbook-nic, rx_ring: 64}
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 100 kpps}]
measurement: {warmup: 0 s, duration: 2 ms}
sweep: {matrix: {traffic.load.rate: [100 kpps, 1 Mpps, 2 Mpps], traffic.load.size: [64 B, 512 B]}}
replications: 1
"""


def curve(rate: int) -> float | None:
    """An M/M/1 queue that is full at 1,000,000."""
    return 1 / (1 - rate / 1_000_000) if rate < 1_000_000 else None


def searched(knee: Knee, ends: tuple[int, ...] = (100_000, 600_000, 1_500_000)) -> dict[int, float | None]:
    line = {rate: curve(rate) for rate in ends}
    while more := refine(line, knee):
        assert not set(more) & set(line)
        line |= {rate: curve(rate) for rate in more}
    return line


def test_points_are_near_the_knee() -> None:
    line = searched(Knee("rate", most=100))
    below = max(rate for rate, latency in line.items() if latency is not None)
    above = min(rate for rate, latency in line.items() if latency is None)
    assert below < 1_000_000 <= above
    assert (above - below) / above <= 0.02
    assert len(line) < 40  # the same resolution everywhere is 70 points
    assert sum(500_000 < rate < 1_100_000 for rate in line) > len(line) / 2


def test_there_are_never_more_points_than_allowed() -> None:
    assert len(searched(Knee("rate", most=10))) == 10
    assert len(searched(Knee("rate", resolution_ppm=500_000, most=100))) < 8
    assert refine({1: 1.0, 2: 2.0}, Knee("rate")) == []
    assert refine({1: 1.0, 100: 2.0}, Knee("rate")) == []  # two values show no bend
    assert refine({1: 1.0, 50: 1.5, 100: 2.0}, Knee("rate", most=2)) == []
    assert refine({1: 1.0, 2: 1.0, 3: 1.0}, Knee("rate", resolution_ppm=1)) == []  # nothing is between 1 and 2


def test_a_line_without_any_latency_ends() -> None:
    line: dict[int, float | None] = dict.fromkeys((1000, 2000, 3000))
    while more := refine(line, Knee("rate", most=20)):
        line |= dict.fromkeys(more)
    assert len(line) <= 20


@pytest.mark.parametrize(
    ("text", "value"), [("1.5 Mpps", 1_500_000_000), ("64 B", 64), ("7", 7), ("30 us", 30_000_000)]
)
def test_values_are_read_and_written(text: str, value: int) -> None:
    number, dimension = number_of(text, "key")
    assert (number, text_of(number, dimension)) == (value, text)


def test_what_cannot_be_searched_is_said() -> None:
    with pytest.raises(InputError, match="another value"):
        number_of("sriov-vf", "guests.*.datapath")
    for resolution in ("0 %", "60 %", "2 us"):
        with pytest.raises(InputError):
            knee_of("rate", resolution, 10)
    assert knee_of("rate", "1 %", 10) == Knee("rate", 10_000, 10)


def test_a_sweep_finds_its_knees_whoever_runs_it(tmp_path: Path) -> None:
    path = tmp_path / "bends.yaml"
    path.write_text(SCENARIO)
    knee = Knee("traffic.load.rate", resolution_ppm=100_000, most=10)
    one = sweep(path, out=tmp_path / "one", workers=1, knee=knee)
    two = sweep(path, out=tmp_path / "two", workers=2, knee=knee)
    assert one.points == two.points > 6
    assert (one.folder / "summary.csv").read_bytes() == (two.folder / "summary.csv").read_bytes()
    again = sweep(path, out=tmp_path / "one", workers=1, knee=knee)
    assert again.points == one.points
    frame = pd.read_csv(one.folder / "summary.csv")
    assert frame["point"].tolist() == list(range(one.points))
    for _, line in frame.groupby("traffic.load.size_bytes"):
        assert line["traffic.load.rate_pps"].is_monotonic_increasing
        rates = line["traffic.load.rate_pps"]
        added = rates[~rates.isin([100_000, 1_000_000, 2_000_000])]
        steepest = line["latency_mean_us"].diff().abs().idxmax()
        assert added.between(rates[steepest] - 5e5, rates[steepest] + 5e5).any()


def test_a_key_that_is_not_swept_and_a_shard_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bends.yaml"
    path.write_text(SCENARIO)
    for options, said in (
        (["--knee", "traffic.load.sise"], "did you mean 'traffic.load.size'?"),
        (["--knee", "traffic.load.rate", "--shard", "1/2"], "cannot be one of several shards"),
    ):
        result = CliRunner().invoke(cli, ["sweep", str(path), "--out", str(tmp_path / "out"), *options])
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert said in result.stderr
        assert not (tmp_path / "out").exists()
