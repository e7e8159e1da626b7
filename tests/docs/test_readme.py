"""What the README says beside its code blocks is true: the size of its study, its error, its list of commands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import COMMANDS, cli
from simulator.scenario import load, parse_threshold, points
from tests.docs.markdown import ROOT, blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return next(block.text for block in blocks(ROOT / "README.md") if block.language == language)


def test_the_scenario_is_the_study_that_it_claims_to_be(tmp_path: Path) -> None:
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
    shown = set(re.findall(r"^sriovsim ([\w-]+)", README, re.MULTILINE))
    assert shown == set(COMMANDS)


@pytest.mark.parametrize(
    ("target", "does"), [("run", "compare scenarios/paths.yaml"), ("test", "pytest"), ("docs", "sphinx")]
)
def test_the_makefile_does_what_it_says(target: str, does: str) -> None:
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert does in result.stdout
