"""Any set of paths on one host, on shared cores and two adapters: one trace on both engines, and no packet unaccounted for."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from simulator.datapaths import DATAPATHS
from simulator.metrics import rates
from simulator.scenario import load, names
from simulator.scenario.build import build
from tests.engines.available import ENGINES

RUN_PS = 400_000_000
TOGETHER = [path.name for path in DATAPATHS.values() if not path.exclusive and path.name not in names.HYPERVISORS]


def document(seed: int) -> dict[str, Any]:
    """Five paths, drawn; half of the guests share two cores, each sends and receives, and neighbours talk where they can."""
    dice = random.Random(seed)
    chosen = dice.sample(TOGETHER, 5)
    guests: list[dict[str, Any]] = [
        {"name": f"g{number}", "datapath": path, "nic": ("left", "right")[number % 2]}
        for number, path in enumerate(chosen)
    ]
    for guest in guests[:2]:
        guest["placement"] = {"cores": "40-41"}
    # a poller never gives its core back
    polls = {guest["name"] for guest in guests if guest["datapath"] == "memif"}
    for guest in guests:
        if guest["name"] in polls:
            guest.pop("placement", None)
    talking = [guest["name"] for guest in guests if guest["datapath"] not in names.NO_NEIGHBOURS]
    plain = {"kind": "poisson", "rate": "20 kpps", "flows": 8}
    traffic: list[dict[str, Any]] = [{"name": "in"} | plain, {"name": "out", "direction": "tx"} | plain]
    traffic.append(
        {"name": "calls", "kind": "request-response", "guests": [name for name in talking if name not in polls]}
    )
    traffic.append({"name": "talk", "from": talking[0], "to": talking[1]} | plain)
    nics = [{"model": "x710", "name": "left"}, {"model": "e810", "name": "right"}]
    return {
        "schema": 1,
        "host": {"model": "modern", "idle": "poll"},
        "nics": nics,
        "guests": guests,
        "traffic": traffic,
    }


@pytest.mark.parametrize("seed", range(12))
def test_mixed_hosts(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(document(seed)))
    plan, traces = build(load(file)), []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(RUN_PS)
        traces.append(made.trace())
    assert traces[0].log == traces[1].log
    assert traces[0].counters == traces[1].counters
    assert rates.unaccounted(plan, traces[0]) == 0
    assert rates.delivered(plan, traces[0]) > 10
