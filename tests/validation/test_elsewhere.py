"""As wrong as elsewhere: what is learned from which test-beds, by hand; that a prediction is not moved; and that intervals can fail."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from simulator import validation
from simulator.study import elsewhere as stored
from simulator.validation import Prediction, elsewhere, record, score
from tests.validation.test_score import predicted, source

RATE, LATENCY = {"metric": "delivered_pps"}, {"metric": "latency.p50"}


def errors(group: str, *factors: float, rule: dict[str, str] = LATENCY) -> list[Prediction]:
    """Points of one test-bed that measured so many times what was predicted."""
    return [predicted(f"{group}{n}", group, 10 * factor, 10, rule=rule) for n, factor in enumerate(factors)]


def test_metrics_have_kinds() -> None:
    assert stored.kind_of("latency.p99.9") == "tail"
    assert stored.kind_of("guest.vm.delivered_pps") == "rate"
    assert stored.kind_of("loss_ratio") == ""
    assert elsewhere.kind(predicted("1", "a", 1, 1, rule={"search": "traffic.in.rate", "loss": "0 %"}).point) == "rate"


def test_quantiles_count_test_beds_once() -> None:
    """Four test-beds of one kind, of which b's two points share a weight: of 4, middles at 0.125, 0.3125, 0.4375, 0.625, 0.875."""
    known = [*errors("a", 1), *errors("b", 2, 4), *errors("c", 8), *errors("d", 16)]
    low, high = elsewhere.quantiles(known, "latency") or (0, 0)
    assert (low, high) == (pytest.approx(1), pytest.approx(16))
    values, weights = [-found.log_ratio for found in known], [1, 0.5, 0.5, 1, 1]
    assert math.exp(elsewhere._quantile(values, weights, 0.53125)) == pytest.approx(math.sqrt(4 * 8))
    many = [*errors("a", *[1.0] * 50), *errors("b", *[2.0] * 50), *known[1:]]
    assert elsewhere.quantiles(many, "latency") == (pytest.approx(1), pytest.approx(16))


def test_another_kind_counts_only_where_there_are_few_of_its_own() -> None:
    rates = [found for group in "abcd" for found in errors(group, 100, rule=RATE)]
    known = [*(found for group in "efgh" for found in errors(group, 1, 2)), *rates]
    assert elsewhere.quantiles(known, "latency") == (pytest.approx(1), pytest.approx(2))
    assert elsewhere.quantiles(known[2:], "latency") == (pytest.approx(1), pytest.approx(100))
    assert elsewhere.quantiles(known, "tail") == (pytest.approx(1), pytest.approx(100))


def test_nothing_of_its_own_test_bed_is_learned() -> None:
    others = [found for group in "abcd" for found in errors(group, 1)]
    wide = elsewhere.widened([*others, *errors("e", 50)])
    own = wide[-1]
    assert (own.value, own.least, own.most) == (10, pytest.approx(10), pytest.approx(10))
    assert wide[0].most == pytest.approx(500)
    assert score([source(own.point)], wide)["interval_coverage"] == pytest.approx(4 / 5)


def test_the_costs_can_only_widen() -> None:
    others = [found for group in "abcd" for found in errors(group, 0.5, 2)]
    (point,) = errors("e", 1)
    wide = elsewhere.widened([Prediction(point.point, 10, low=1, high=12)], others)[0]
    assert (wide.least, wide.most) == (pytest.approx(1), pytest.approx(20))
    assert elsewhere.widened([Prediction(point.point, 10)], others[:4])[0].least is None  # two test-beds say nothing


def test_trends_and_losses_have_none() -> None:
    others = [found for group in "abcd" for found in errors(group, 1)]
    asked = [
        predicted("1", "e", 1, 1, role="trend", rule=LATENCY),
        predicted("2", "e", 1, 1, rule={"metric": "loss_ratio"}, kept=True),
    ]
    assert [found.least for found in elsewhere.widened(asked, others)] == [None, None]


def test_what_users_get_is_the_record() -> None:
    found = elsewhere.table(record.predictions(record.load(), validation.read()))
    content = json.loads(stored.FILE.read_text(encoding="utf-8"))
    assert content["kinds"] == found["kinds"]
    assert set(content["kinds"]) <= set(stored.KINDS)
    assert all(each["low"] <= 1 <= each["high"] for each in content["kinds"].values())


def test_ends_of_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [found for group in "abcde" for found in errors(group, 0.5, 4)]
    elsewhere.save(known, tmp_path / "table.json")
    monkeypatch.setattr(stored, "FILE", tmp_path / "table.json")
    stored.stored.cache_clear()
    try:
        assert stored.ends("latency.p50", 10, {"low": 8.0, "high": 50.0}) == {"low": 5.0, "high": 50.0}
        assert stored.ends("latency.p50", 10, {}) == {"low": 5.0, "high": 40.0}
        assert stored.ends("latency.p50", None, {}) == stored.ends("loss_ratio", 0.1, {}) == {"low": None, "high": None}
        assert stored.ends("delivered_pps", 10, {}) == {"low": None, "high": None}  # no rate was measured
        assert stored.block()["kinds"] == {"latency": {"points": 10, "groups": 5}}
    finally:
        stored.stored.cache_clear()
