"""Any class that is an engine can be held against the vectors, and what is none is refused in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simulator.engines.reference import ReferenceEngine
from tests.conformance.plugin import engine_named

ROOT = Path(__file__).resolve().parent.parent.parent
THIRD = """
from simulator.engines.reference import ReferenceEngine

class Late(ReferenceEngine):
    def run(self, until_ps):
        super().run(until_ps - 1)
"""


def test_an_engine_is_found_by_its_name() -> None:
    assert engine_named("simulator.engines.reference:ReferenceEngine") is ReferenceEngine


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "expected MODULE:CLASS"),
        (":Engine", "expected MODULE:CLASS"),
        ("no_such_module:Engine", "No module named 'no_such_module'"),
        ("simulator.engines.reference:Engine", "has no class Engine"),
        ("simulator.engines.compiled:warm_up", "has no class warm_up"),
        ("pathlib:Path", "Path lacks run, begin_window, trace"),
    ],
)
def test_what_is_no_engine_is_refused(text: str, message: str) -> None:
    with pytest.raises(pytest.UsageError, match=message):
        engine_named(text)


def test_a_third_engine_is_held_against_the_vectors(tmp_path: Path) -> None:
    (tmp_path / "third.py").write_text(THIRD, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests" / "conformance")]
    command += ["--engine", "third:Late", "-k", "until_is_included or stop_is_excluded", "--rootdir", str(ROOT)]
    environment = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "test_engine_gives_what_was_computed_by_hand[third:Late-until_is_included]" in result.stdout
    assert "compiled" not in result.stdout
