"""A fleet: who goes where, each different host once, sums that are exact."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from simulator.cli import cli
from simulator.errors import InputError
from simulator.scenario.fleet import distinct, load_fleet, place
from simulator.study import compare
from simulator.study.fleet import run_fleet

LOAD = """
schema: 1
host: textbook
nic: textbook-nic
guests:
  - {name: web, datapath: sriov-vf}
  - {name: batch, vcpus: 2, datapath: sriov-vf}
traffic:
  - {name: requests, kind: poisson, rate: 20 kpps, guests: "web*"}
  - {name: bulk, kind: poisson, rate: 5 kpps, guests: ["batch*"]}
measurement: {warmup: 0 s, duration: 2 ms}
replications: 1
"""
FLEET = """
schema: 1
name: two kinds
load: load.yaml
hosts:
  - {name: new, count: 3}
  - {name: old, count: 2, most: 2, set: {nic.rate: 10 Gbps}}
guests: {web: 9, batch: 4}
placement: {policy: spread, most: 4}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    (tmp_path / "load.yaml").write_text(LOAD)
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET)
    return path


def placed(path: Path, policy: str, **more: object) -> list[Counter[str]]:
    words = ", ".join(f"{key}: {value}" for key, value in {"policy": policy, "most": 4, **more}.items())
    path.write_text(FLEET.replace("policy: spread, most: 4", words))
    return place(load_fleet(path))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_policies(fleet: Path) -> None:
    assert placed(fleet, "pack") == [{"web": 4}, {"web": 4}, {"web": 1, "batch": 3}, {"batch": 1}, {}]
    both = {"web": 2, "batch": 1}
    assert placed(fleet, "spread") == [both, both, both, {"web": 2}, {"web": 1, "batch": 1}]
    drawn = placed(fleet, "random", seed=5)
    assert drawn == placed(fleet, "random", seed=5) != placed(fleet, "random", seed=6)
    for held in (drawn, placed(fleet, "spread"), placed(fleet, "pack")):
        assert sum(held, Counter()) == {"web": 9, "batch": 4}
        assert all(sum(host.values()) <= most for host, most in zip(held, (4, 4, 4, 2, 2), strict=True))


def test_vcpus_are_a_limit_too(fleet: Path) -> None:
    for policy in ("pack", "spread", "random"):
        held = placed(fleet, policy, vcpus=6)
        assert all(host["web"] + 2 * host["batch"] <= 6 for host in held)
        assert sum(held, Counter()) == {"web": 9, "batch": 4}


@pytest.mark.parametrize("policy", ["pack", "spread", "random"])
def test_guests_without_room_are_counted(policy: str, fleet: Path) -> None:
    fleet.write_text(FLEET.replace("web: 9", "web: 15").replace("spread", policy))
    with pytest.raises(InputError, match="19 guests, and the hosts have room for 16 of them: 3 batch are left over"):
        place(load_fleet(fleet))


def test_equal_hosts_are_one(fleet: Path) -> None:
    loaded = load_fleet(fleet)
    found = distinct(loaded, place(loaded))
    assert [(host.name, host.hosts) for host in found] == [
        ("new: 2 web, 1 batch", 3), ("old: 2 web", 1), ("old: 1 web, 1 batch", 1),
    ]  # fmt: skip


def test_ends_of_intervals_add_up(fleet: Path, tmp_path: Path) -> None:
    found = run_fleet(fleet, overrides=("replications=2",), out=tmp_path / "results", workers=1)
    for name in ("host_work_cores_low", "host_work_cores_high"):
        assert found.total[name] == pytest.approx(sum(row["hosts"] * row[name] for row in found.rows))
    assert found.total["host_work_cores_low"] < found.total["host_work_cores"] < found.total["host_work_cores_high"]
    one = run_fleet(fleet, out=tmp_path / "results", workers=1)
    assert one.total["host_work_cores_low"] is None


def test_sums_are_those_of_every_host_by_itself(fleet: Path, tmp_path: Path) -> None:
    found = run_fleet(fleet, out=tmp_path / "results", workers=1)
    assert [row["hosts"] for row in found.rows] == [3, 1, 1]
    (tmp_path / "one.yaml").write_text(
        LOAD.replace("{name: web,", "{name: web, count: 2,").replace("{name: batch,", "{name: batch, count: 1,")
    )
    (entry,) = compare(tmp_path / "one.yaml").entries
    row = found.rows[0]
    for name in ("delivered_pps", "host_work_cores", "loss_ratio", "bottleneck"):
        assert row[name] == entry[name]
    assert row["latency_p99_us"] == entry["latency_us"]["p99"]
    assert [row["latency_p99_us_low"], row["latency_p99_us_high"]] == [
        entry["ranges"]["latency.p99"][end] for end in ("low", "high")
    ]
    for name in ("delivered_pps", "host_work_cores"):
        assert found.total[name] == pytest.approx(sum(row["hosts"] * row[name] for row in found.rows))
    assert (found.total["guests"], found.total["hosts"], found.total["different_hosts"]) == (13, 5, 3)
    means = [(row["hosts"] * row["delivered_pps"], row["latency_mean_us"]) for row in found.rows]
    assert found.total["latency_mean_us"] == pytest.approx(
        sum(n * mean for n, mean in means) / sum(n for n, _ in means)
    )
    assert (
        min(r["latency_p50_us"] for r in found.rows)
        <= found.total["latency_p50_us"]
        <= max(r["latency_p50_us"] for r in found.rows)
    )
    assert pd.read_csv(found.folder / "fleet.csv")["on_each"].tolist() == [row["on_each"] for row in found.rows]


def test_the_command_prints_and_goes_on(fleet: Path, tmp_path: Path) -> None:
    with (tmp_path / "load.yaml").open("a") as load:
        load.write("thresholds: ['latency.mean < 1 ps']\nthresholds_allow: unsteady\n")
    result = call("fleet", fleet, "--out", tmp_path / "results", "--workers", 1)
    assert result.exit_code == 3
    assert "3 different hosts were simulated" in result.stdout
    assert "threshold not kept: 3 hosts: latency.mean < 1 ps: new: 2 web, 1 batch: is" in result.stdout
    again = call("fleet", fleet, "--out", tmp_path / "results", "--workers", 1, "--json")
    assert json.loads(again.stdout)["total"]["hosts"] == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("load: load.yaml", "load: laod.yaml", "laod.yaml"),
        ("load: load.yaml", "loads: load.yaml", "did you mean 'load'?"),
        ("policy: spread", "policy: spred", "fleet.yaml:9: 'spred' is not a known policy; choices: spread, pack, random; did you mean 'spread'?"),
        ("{web: 9,", "{wep: 9,", "did you mean 'web'?"),
        ("count: 3", "count: 0", "fleet.yaml:6: '0' is no whole number from 1 to 4,000,000, which count is"),
        ("count: 3", "count: 3000000", "at most 100,000 are possible"),
        ("name: old", "name: new", "is the name of other hosts, too"),
        ("name: old", "name: ''", "fleet.yaml:7: '' is not a name (letters, digits, space, '-' and '_', at most 64)"),
        ("name: two kinds", "name: ../two", "fleet.yaml:3: '../two' is not a name"),
        ("name: two kinds", "name: true", "fleet.yaml:3: 'true' is not a name"),
        ("set: {nic.rate: 10 Gbps}", "set: {nic.rat: 10 Gbps}", "nic.rat"),
        ("set: {nic.rate: 10 Gbps}", "set: 7", "is no map of changes"),
        ("guests: {web: 9, batch: 4}", "guests: 13", "is no map of numbers"),
        ("schema: 1", "schema: 2", "is no schema of a fleet"),
        ("  - {name: new, count: 3}\n  - {name: old, count: 2, most: 2, set: {nic.rate: 10 Gbps}}", "  new: 3", "is no list of hosts"),
    ],
)  # fmt: skip
def test_faults_are_one_line(old: str, new: str, said: str, fleet: Path, tmp_path: Path) -> None:
    assert old in FLEET
    fleet.write_text(FLEET.replace(old, new))
    result = call("fleet", fleet, "--out", tmp_path / "results", "--workers", 1)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (
        2,
        "",
        1,
    )
    assert said in result.stderr
