"""Every engine gives what was computed by hand for every vector, and nothing is left open in the vectors themselves."""

from __future__ import annotations

import pytest

from simulator.plan.check import check
from simulator.plan.trace import Engine
from tests.conformance.vectors import EXPECTED, Vector, differences, run, vectors

ALL = list(vectors())
LEAST_VECTORS = 60


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector.name)
def test_vector_is_a_sound_plan(vector: Vector) -> None:
    assert check(vector.plan) == []
    assert EXPECTED & set(vector.data)
    assert vector.data["why"].strip()


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector.name)
def test_engine_gives_what_was_computed_by_hand(vector: Vector, engine: type[Engine]) -> None:
    assert differences(vector, run(engine, vector)) == []


def test_vectors_are_many_and_named_once() -> None:
    names = [vector.name for vector in ALL]
    assert len(names) == len(set(names)) >= LEAST_VECTORS
