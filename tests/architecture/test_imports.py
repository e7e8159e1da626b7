"""Imports point down, and what is asked for often brings nothing heavy along."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest

import simulator

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("numba", "llvmlite", "numpy", "pandas", "matplotlib", "scipy", "pydantic", "simpy", "rich")
SCENARIO = "schema: 1\nhost: modern\nguests:\n  - {name: vm}\ntraffic:\n  - {kind: poisson, rate: 1 kpps}\n"


def imported(*arguments: str, cwd: Path) -> set[str]:
    """Return the top-level packages that a run of the command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "simulator", *arguments]
    result = subprocess.run(
        command, cwd=cwd, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return {match[1].partition(".")[0] for match in re.finditer(r"\|\s+(\S+)$", result.stderr, re.MULTILINE)}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compare", "--help"], ["check", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    found = imported(*arguments, cwd=tmp_path)
    assert "click" in found
    assert not found & set(HEAVY)


def test_check_imports_no_engine_and_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SCENARIO, encoding="utf-8")
    found = imported("check", "a.yaml", cwd=tmp_path)
    assert "pydantic" in found
    # NumPy is: the wiring of every point is tried, with captures read.
    assert not found & {"numba", "llvmlite", "pandas", "matplotlib", "scipy", "simpy"}


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]
    assert "4 kept, 0 broken" in result.stdout


MODULES = [module.name for module in walk_packages(simulator.__path__, "simulator.") if not module.ispkg]


def test_public_names_resolve() -> None:
    assert sorted(simulator.__all__) == simulator.__all__
    for name in simulator.__all__:
        assert getattr(simulator, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = simulator.nothing


@pytest.mark.parametrize("name", MODULES)
def test_modules_say_what_they_are_for(name: str) -> None:
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    text = ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or ""
    assert "*Scope*:" in text
    assert "*Validation*:" in text
    assert not [path for path in re.findall(r"tests/[a-z_/0-9]+\.py", text) if not (ROOT / path).is_file()]
