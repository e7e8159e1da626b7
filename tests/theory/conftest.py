"""Every theory test runs on both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import Engine
from simulator.study.runs import ENGINES, engine_named


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Callable[..., Engine]:
    return engine_named(request.param)


@pytest.fixture
def size(engine: Callable[..., Engine]) -> tuple[int, int]:
    """(replications, customers in each): the readable engine is slow, and a t test holds for any size."""
    return (16, 1_000) if engine.__name__ == "ReferenceEngine" else (40, 20_000)
