"""One validation before anything runs: all stages in one pass, the same for every command, right values for its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.cli import cli
from simulator.errors import ScenarioErrors
from simulator.formats.yaml12 import parse
from simulator.scenario import load
from simulator.scenario.audit import audited, study
from simulator.scenario.build import build, cost_notes_of, host_settings, notes
from simulator.scenario.remains import Remains

BAD = Path(__file__).resolve().parent.parent / "bad"
HEAD = "schema: 1\nguests: [{name: vm}]\ntraffic: [{name: load, kind: poisson, rate: 1 kpps}]\n"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def lines(tmp_path: Path, text: str, *overrides: str) -> tuple[str, ...]:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        study(file, overrides)
    return caught.value.lines
