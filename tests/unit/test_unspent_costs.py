"""A cost that a scenario may set is spent by some part: setting it changes something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import simulator
from simulator.costs.names import COSTS, UNSPENT
from simulator.errors import ScenarioErrors
from simulator.scenario import load

PARTS = [
    path.read_text(encoding="utf-8")
    for path in Path(simulator.__file__).parent.rglob("*.py")
    if path.parent.name in ("parts", "datapaths", "vswitches", "scenario")
]


def named(cost: str) -> bool:
    """Whether a part names it, whole or by what follows its side (``g_``, ``h_``)."""
    wanted = re.compile(rf"""["'_}}]({re.escape(cost)}|{re.escape(cost.partition("_")[2])})["']""")
    return any(f'"{cost}"' in text or wanted.search(text) for text in PARTS)


def test_the_list_of_unspent_costs_is_right() -> None:
    assert sorted(cost for cost in COSTS if not named(cost)) == sorted(UNSPENT)


def test_setting_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "schema: 1\nhost: {costs: {g_buf_pk: 10 ns}}\nguests: [{name: vm}]\ntraffic: [{name: in, kind: poisson, rate: 1 kpps}]\n"
    )
    with pytest.raises(ScenarioErrors, match=r"mine\.yaml:2: host\.costs\.g_buf_pk: .*no datapath spends it yet"):
        load(file)
