"""What the README shows is true: its scenario, its error, its commands, its Python."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import COMMANDS, cli
from simulator.scenario import load, parse_threshold, points

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_scenario_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "question.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    scenario = load(path)
    assert len(points(scenario)) == 15
    assert parse_threshold(scenario.thresholds[0]).where == (("interrupts", "posted"),)


def test_the_error_is_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "question.yaml"
    path.write_text(block("yaml").replace("datapath: sriov-vf", "datapath: sriov-fv"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["check", "question.yaml"]).stderr.splitlines()[0] in README


def test_the_commands_exist() -> None:
    shown = set(re.findall(r"^sriovsim (\w+)", README, re.MULTILINE))
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("target", ["run", "test"])
def test_the_makefile_has_both_commands(target: str) -> None:
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert result.returncode == 0
    assert {"run": "compare scenarios/sfr.yaml", "test": "pytest"}[target] in result.stdout


def test_the_python_runs() -> None:
    lines = [line for line in block("python").splitlines() if line.startswith(("from", "points"))]
    exec("\n".join(lines), {})
