"""The search for a loss point against a server whose capacity is known."""

from __future__ import annotations

import pytest

from simulator.validation.runs import Values
from simulator.validation.search import APART, loss_point

CAPACITY, LINE = 1.23e6, 14.88e6


def server(capacity: float = CAPACITY, after: float = 1.0) -> object:
    """Carries up to its capacity; beyond it delivers ``after`` of it."""

    def at(load: float) -> Values:
        out = load if load <= capacity else capacity * after
        return {"offered_pps": load, "delivered_pps": out, "loss_ratio": max(0.0, 1 - out / load)}

    return at


@pytest.mark.parametrize("start", [1e4, 1e6, 1.3e6, 9e6])
@pytest.mark.parametrize(("loss", "expected"), [(0.0, CAPACITY), (0.01, CAPACITY / 0.99)])
def test_finds_the_capacity(start: float, loss: float, expected: float) -> None:
    found = loss_point(server(), start, LINE, loss)  # type: ignore[arg-type]
    assert expected / APART <= found.load_pps <= expected


def test_a_server_faster_than_the_line() -> None:
    assert loss_point(server(2 * LINE), 1e6, LINE, 0.0).load_pps == LINE  # type: ignore[arg-type]


def test_livelock_gives_the_most_at_the_edge() -> None:
    found = loss_point(server(after=0.5), 1e4, LINE, 0.01, most=True)  # type: ignore[arg-type]
    assert found.most_pps == pytest.approx(found.load_pps)


def test_more_may_come_out_beyond_the_loss_point() -> None:
    def at(load: float) -> Values:
        out = min(load * 0.98, 2 * CAPACITY) if load > CAPACITY else load
        return {"offered_pps": load, "delivered_pps": out, "loss_ratio": 1 - out / load}

    found = loss_point(at, 1e4, LINE, 0.01, most=True)
    assert found.load_pps <= CAPACITY
    assert found.most_pps > 1.9 * CAPACITY * 0.98


def test_what_queues_is_not_carried() -> None:
    def at(load: float) -> Values:
        return {"offered_pps": load, "delivered_pps": min(load, CAPACITY), "loss_ratio": 0.0}

    assert loss_point(at, 1e4, LINE, 0.01).load_pps <= CAPACITY / 0.99


def test_a_server_that_carries_nothing() -> None:
    assert loss_point(server(0.0), 1e4, LINE, 0.01).load_pps == 0  # type: ignore[arg-type]
