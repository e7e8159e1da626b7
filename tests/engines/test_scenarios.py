"""Both engines run every point of every shipped scenario alike; `sriovsim doctor scenarios/*.yaml` looks further."""

from __future__ import annotations

import pytest

from simulator.scenario import load, points, shipped
from simulator.study.agreement import IDENTICAL, compare_engines

EVENTS = 2_000


@pytest.mark.parametrize("name", sorted(shipped()))
def test_engines_agree_on_a_shipped_scenario(name: str) -> None:
    found = {f"{point.series} {point.parameters}": compare_engines(point, EVENTS) for point in points(load(name))}
    assert {point: verdict for point, verdict in found.items() if verdict != IDENTICAL} == {}
