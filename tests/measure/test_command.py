"""The command: one small real run, and what it refuses before it measures anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator import costs
from simulator.cli import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["measure-host", *arguments])


def test_a_host_file_is_written_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.measure.NOISE_NS", 1_000_000)
    monkeypatch.chdir(tmp_path)
    result = run("--rounds", "3", "--seconds", "0", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["file"] == "my-host.yaml"
    # on a busy machine three rounds may be too few for any of them, and then it is named
    assert {"h_ctxsw", "h_app_rx_pk", "h_copy_fs"} <= set(found["costs"]) | set(found["left_out"])
    assert found["costs"]
    host = costs.host("my-host.yaml")
    for name, cost in found["costs"].items():
        entry = host.cost(name)
        assert entry.status == cost["status"]
        assert entry.value == pytest.approx(cost["value"] * (10**6 if cost["unit"] == "ns/B" else 1000), abs=100)
        assert entry.low <= entry.value <= entry.high
    assert not set(found["costs"]) & set(found["left_out"])
    assert [path.name for path in tmp_path.iterdir()] == ["my-host.yaml"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--base", "moderm"], "--base: 'moderm' is not a known host"),
        (["--out", "mine.txt"], "--out: 'mine.txt' is not the name of a host file"),
        (["--out", "no/such/mine.yaml"], "--out: 'no/such/mine.yaml' is in no folder that exists"),
        (["--rounds", "2"], "Invalid value for '--rounds'"),
    ],
)
def test_refused_before_anything_is_measured(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.measure.measure", lambda *_, **__: pytest.fail("measured"))
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.platform", "darwin")
    result = run()
    assert result.exit_code == 2
    assert "'darwin' is not Linux" in result.stderr
    assert list(tmp_path.iterdir()) == []
