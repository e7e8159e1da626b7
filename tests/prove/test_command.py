"""What the command refuses, before it measures anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import cli


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "modrn"], "did you mean 'modern'?"),
        (["--out", "proof.yaml"], "it ends in .json"),
        (["--out", "nowhere/proof.json"], "is in no folder that exists"),
        (["--rounds", "2"], "--rounds"),
    ],
)
def test_bad_arguments(arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["prove", *arguments])
    assert result.exit_code == 2
    assert said in result.stderr
    assert not list(tmp_path.iterdir())
