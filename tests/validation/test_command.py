"""`sriovsim validate` prints the score and ends with the right exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.cli import cli
from simulator.validation import record
from tests.validation.test_predict import FILE, POINT

KEYS = {
    "points", "groups", "factor", "within_2", "median_abs_rel_error", "order_right", "rival_factor", "interval_coverage",
    "median_interval_ratio", "by_path", "worst", "unexpressed",
}  # fmt: skip


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments])


def test_json_has_what_readers_need(tmp_path: Path) -> None:
    result = call("--only", "emm15", "--json", "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) >= KEYS
    assert found["points"] == len(found["predictions"]) == 5
    assert found["bars"] == []
    assert len(found["unexpressed"]) > 250


def test_text_says_the_score(tmp_path: Path) -> None:
    result = call("--only", "emm15", "--out", str(tmp_path))
    assert "5 points of 1 test-beds predicted" in result.stdout
    assert "InfiniBand is not modelled" in result.stdout


def test_own_measurements_are_scored(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.yaml").write_text(
        f"{FILE}- {{id: mine, {POINT}, scenario: one, predict: delivered_pps}}\n", encoding="utf-8"
    )
    result = call("--data", str(data), "--json", "--out", str(tmp_path / "kept"))
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["factor"] == pytest.approx(10_000)
    assert [entry["id"] for entry in found["worst"]] == ["mine"]


def test_a_point_that_fails_gives_1(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.yaml").write_text(
        f"{FILE}- {{id: mine, {POINT}, scenario: one, predict: delivered}}\n", encoding="utf-8"
    )
    result = call("--data", str(data), "--out", str(tmp_path / "kept"))
    assert result.exit_code == 1
    assert "failed: mine: the simulation gives no delivered" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--only", "ixi"), "did you mean 'ixy'?"), (("--data", "nowhere"), "nowhere: holds no files of measured points")],
)
def test_bad_arguments(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = call(*arguments, "--out", str(tmp_path))
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_missed_bar_gives_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All points from the record, as if just simulated, against a bar that cannot be kept."""
    bars = tmp_path / "bars.yaml"
    bars.write_text("factor: {at_most: 1.0}\n", encoding="utf-8")
    monkeypatch.setattr(record.bars, "__defaults__", (bars,))
    monkeypatch.setattr("simulator.validation.predict", lambda sources, *_: record.predictions(record.load(), sources))
    result = call("--out", str(tmp_path / "kept"))
    assert result.exit_code == 3
    assert "bar not kept: factor is" in result.stdout
