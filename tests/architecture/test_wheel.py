"""The built wheel holds the package and the shipped scenarios, and runs from there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from simulator.scenario import shipped

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build; hatchling.build.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_scenarios_are_inside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"simulator/_scenarios/{path.name}" for path in shipped().values()} <= set(names)
    assert "simulator/sriov/data/prices.yaml" in names
    assert not [name for name in names if name.startswith(("tests/", "scenarios/")) or "__pycache__" in name]


def test_runs_without_the_clone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    command = [sys.executable, "-m", "simulator", "list", "scenarios"]
    result = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": "site"}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert {line.split()[0] for line in result.stdout.splitlines()} == set(shipped())
