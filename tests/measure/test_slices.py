"""The protocol: what counts as a value, which tries are kept, when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from simulator.measure.slices import (
    OFTEN,
    TRIES,
    Estimate,
    Probe,
    Record,
    Values,
    estimate,
    estimates,
    in_order,
    record,
)


def answers(values: Iterable[float | None]) -> Callable[[], Values | None]:
    given = iter(values)

    def attempt() -> Values | None:
        value = next(given)
        return None if value is None else {"x": value}

    return attempt


def quiet() -> float:
    return 1.0


def test_the_value_is_the_second_best_and_the_range_goes_to_the_middle() -> None:
    found = estimate([float(value) for value in (7, 3, 12, 5, 9, 1, 11, 2, 8, 10, 6, 4)])
    assert (found.value, found.low, found.high, found.slices) == (2, 1, 6.5, 12)


def test_one_slice_is_all_there_is() -> None:
    assert estimate([5.0]) == Estimate(5.0, 5.0, 5.0, 1)


def wholes(values: Iterable[float]) -> Probe:
    """A probe whose part is 100 less its whole."""
    given = iter(values)

    def attempt() -> Values:
        whole = next(given)
        return {"whole": whole, "part": 100 - whole}

    return Probe("p", attempt, kept=1, whole="whole")


def test_parts_are_those_of_the_second_best_whole() -> None:
    rounds = [30.0] * OFTEN + [10.0] * OFTEN + [20.0] * OFTEN + [40.0] * OFTEN
    found = record([wholes(rounds)], quiet, 4, 0, 10)
    assert estimates(found) == {"whole": Estimate(20, 10, 25, 4), "part": Estimate(80, 60, 80, 4)}


def test_of_the_wholes_of_a_round_the_best_is_kept_with_its_parts() -> None:
    found = record([wholes([30.0, 10.0, 20.0, 40.0])], quiet, 1, 0, 10)
    assert found.rounds == [{"whole": 10.0, "part": 90.0}]


def test_what_has_a_whole_comes_often() -> None:
    others = [Probe(str(number), dict) for number in range(6)]
    often = Probe("w", dict, whole="x")
    assert "".join(probe.name for probe in in_order([often, *others])) == "0w12w3w45w"
    assert [probe.name for probe in in_order(others)] == [probe.name for probe in others]


def test_a_slice_is_the_middle_of_the_tries_that_were_good() -> None:
    probe = Probe("p", answers([None, 30.0, 10.0, None, 20.0]))
    found = record([probe], quiet, 1, 0, 10)
    assert found.rounds == [{"x": 20.0}]
    assert (found.lost, found.tried) == ({"p": 2}, {"p": 5})


def test_what_never_succeeds_is_named_and_has_no_value() -> None:
    good, bad = Probe("good", lambda: {"x": 1.0}), Probe("bad", lambda: None, why_lost="was busy")
    found = record([good, bad], quiet, 3, 0, 10)
    assert found.tried["bad"] == 3 * TRIES
    assert found.never([good, bad]) == {"bad": "was busy"}
    assert list(estimates(found)) == ["x"]


def test_too_few_slices_are_no_estimate() -> None:
    found = Record(rounds=[{"x": 1.0, "y": 1.0}, {"x": 1.0, "y": 1.0}, {"x": 1.0}])
    assert list(estimates(found)) == ["x"]


def test_it_ends_when_the_time_is_over_but_not_without_a_range() -> None:
    found = record([Probe("p", lambda: {"x": 1.0})], quiet, 100, 0, limit_s=-1)
    assert len(found.rounds) == 3


def test_rounds_are_interleaved_and_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept, order = [0.0], [], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", sleep)

    def attempt(name: str) -> Values:
        order.append(name)
        clock[0] += 1.0
        return {name: 1.0}

    record([Probe(name, lambda name=name: attempt(name), kept=1) for name in "ab"], quiet, 2, 10, 100)  # type: ignore[misc]
    assert order == ["a", "b", "a", "b"]
    assert slept == [3.0, 3.0]


def test_the_clean_share_counts_what_is_within_a_tenth_of_the_best() -> None:
    assert Record(canaries=[1.0, 1.09, 1.2, 2.0]).clean_share() == 0.5
