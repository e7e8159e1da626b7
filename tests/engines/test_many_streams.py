"""A plan of thousands of guests has short blocks of draws: they are refilled as seldom as long ones, and give the same run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from simulator.engines.compiled import CompiledEngine, engine
from simulator.engines.compiled.draws import Draws
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.scenario.build import build

UNTIL_PS = 20 * 10**9
GUESTS = 4


def short_blocks(streams: Sequence[Any], seed: int, replication: int) -> Draws:
    """Blocks as short as they may be: 256 values, what 16,384 streams get."""
    return Draws(streams, seed, replication, block_budget=0)


def run(tmp_path: Path) -> tuple[Trace, int]:
    path = tmp_path / "few.yaml"
    path.write_text(
        f"""schema: 1
host: modern
nic: e810
guests: [{{name: vm, count: {GUESTS}, datapath: sriov-vf}}]
traffic: [{{name: load, kind: poisson, rate: 100 kpps, size: 64 B}}]
measurement: {{warmup: 1 ms, duration: 5 ms}}
""",
        encoding="utf-8",
    )
    refill, count = CompiledEngine._refill, 0

    def counted(self: CompiledEngine) -> None:
        nonlocal count
        count += 1
        refill(self)

    with mock.patch.object(CompiledEngine, "_refill", counted):
        instance = CompiledEngine(build(load(path)), 1)
        instance.run(UNTIL_PS)
    return instance.trace(), count


def test_short_blocks_are_refilled_by_the_block(tmp_path: Path) -> None:
    usual, _ = run(tmp_path)
    with mock.patch.object(engine, "Draws", short_blocks):
        short, refills = run(tmp_path)
    assert short == usual
    # 2,000 packets of a guest draw each of its streams a few thousand times; a refill serves all streams that have come half-way
    assert 4 < refills < 120
