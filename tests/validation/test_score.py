"""The numbers of the score, worked by hand on a handful of points."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.validation import Point, Prediction, Source, score
from simulator.validation.rival import guesses
from simulator.validation.score import numbers, order, trends

BASE: dict[str, Any] = {
    "role": "validation", "source": "s", "testbed": "t", "path": "native", "metric": "latency p50", "unit": "us", "workload": "w",
    "where": "table", "confidence": "high", "place": "here",
}  # fmt: skip


def point(name: str, group: str, value: float, **more: Any) -> Point:
    return Point(
        **{**BASE, "id": name, "group": group, "value": value, "rests_on": name, "rule": {"metric": "m"}, **more}
    )


def predicted(name: str, group: str, measured: float, value: float, **more: Any) -> Prediction:
    return Prediction(point(name, group, measured, **more), value)


def source(*points: Point) -> Source:
    return Source(points[0].group, "", {}, {}, "", (), {}, {}, {}, points)


def test_every_group_counts_once() -> None:
    # group a: factors 2 and 2 (one high, one low), group b: 8 high; the mean of ln 2 and ln 8 is ln 4
    found = [predicted("1", "a", 1, 2), predicted("2", "a", 2, 1), predicted("3", "b", 1, 8)]
    own = numbers(found)
    assert own["factor"] == pytest.approx(4)
    assert own["bias"] == pytest.approx(math.sqrt(8))
    assert own["spread"] == pytest.approx(math.sqrt(2))
    assert own["within_2"] == pytest.approx(0.5)
    # errors 0.5 and 1 share a's half of the weight, 7 has the other
    assert own["median_abs_rel_error"] == pytest.approx(1)


def test_points_that_rest_on_one_number_count_once() -> None:
    same = [predicted(name, "a", 1, 4, rests_on="x") for name in "123"]
    assert numbers([*same, predicted("4", "a", 1, 1)])["factor"] == pytest.approx(2)


def test_a_loss_is_compared_as_what_is_kept() -> None:
    assert predicted("1", "a", 20, 40, kept=True).ratio == pytest.approx(0.5)


def test_nothing_predicted_is_far_but_finite() -> None:
    assert predicted("1", "a", 5, 0).factor == pytest.approx(1000)


def test_order_counts_pairs_that_differ() -> None:
    found = [
        predicted("1", "a", 10, 1),
        predicted("2", "a", 10.5, 0.5),  # within 10 % of the first: no pair
        predicted("3", "a", 20, 3),  # right with both
        predicted("4", "a", 40, 2),  # right with 1 and 2, wrong with 3
        predicted("5", "a", 90, 0, workload="another"),
        predicted("6", "b", 1, 2),
        predicted("7", "b", 2, 2),  # equal is not right
    ]
    assert order(found) == (pytest.approx((4 / 5 + 0) / 2), 6)


def test_a_curve_loses_one_factor() -> None:
    curve = [predicted(str(n), "a", n, 3 * n, role="trend", curve="c") for n in (1, 2, 4)]
    (own,) = trends(curve)["curves"]
    assert own["factor"] == pytest.approx(3)
    assert own["shape"] == pytest.approx(1)
    bent = [predicted("1", "a", 1, 1, role="trend", curve="c"), predicted("2", "a", 1, 4, role="trend", curve="c")]
    assert trends(bent)["shape"] == pytest.approx(2)


def test_only_validation_points_are_scored() -> None:
    points = [point("1", "a", 1), point("2", "a", 1, role="trend"), point("3", "a", 1, role="qualitative")]
    found = score([source(*points)], [Prediction(each, 2.0 if each.is_scored else 50.0) for each in points])
    assert (found["points"], found["scored_points"]) == (3, 1)
    assert found["factor"] == pytest.approx(2)


def test_what_has_no_prediction_is_listed() -> None:
    points = [
        point("1", "a", 1),
        point("2", "a", 1, rule={}, reason="not modelled"),
        point("3", "a", 1, rule={}, same_as="1"),
        point("4", "a", 1),
    ]
    found = score([source(*points)], [Prediction(points[0], 1.0), Prediction(points[3], None, "broken")])
    assert [entry["reason"] for entry in found["unexpressed"]] == ["not modelled", "same measurement as 1"]
    assert found["unpredicted"] == [{"id": "4", "error": "broken"}]


def test_the_rival_knows_the_other_groups_only() -> None:
    sources = [
        source(point("1", "a", 100, frame_bytes=64)),
        source(
            point("2", "b", 1, frame_bytes=64), point("3", "b", 3, frame_bytes=64), point("4", "b", 9, frame_bytes=128)
        ),
        source(point("5", "c", 7, frame_bytes=1518, path="native_kernel"), point("6", "c", 5, path="vhost_net")),
        source(point("7", "d", 1000, frame_bytes=64, role="calibration")),
    ]
    asked = [sources[0].points[0], sources[1].points[2], *sources[2].points]
    found = guesses(sources, asked)
    # 1: median of b's two of 64 B; 4: no other of 128 B, so all of others: 100 and 7; 5: 100, 1, 3 and 9; 6: nobody else
    assert found == {"1": 2, "4": 53.5, "5": 6}


def test_intervals_count_groups_once() -> None:
    found = [
        Prediction(point("1", "a", 5), 4, low=3, high=6, least=1, most=9),
        Prediction(point("2", "a", 9), 4, low=3, high=6, least=1, most=9),
        Prediction(point("3", "b", 1), 2, low=0.5, high=4, least=1.5, most=4.5),
        Prediction(point("4", "b", 1), 2),
    ]
    own = score([source(found[0].point)], found)
    assert own["costs_coverage"] == pytest.approx((0.5 + 1) / 2)
    assert own["median_costs_ratio"] == pytest.approx(2)
    assert own["interval_coverage"] == pytest.approx((1 + 0) / 2)
    assert own["median_interval_ratio"] == pytest.approx(3)
