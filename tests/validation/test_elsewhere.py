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
    """Four test-beds of one kind: each weighs 1 and its share of the 3 that all kinds have, so 1.75 in all; b's two share."""
    known = [*errors("a", 1), *errors("b", 2, 4), *errors("c", 8), *errors("d", 16)]
    low, high = elsewhere.quantiles(known, "latency") or (0, 0)
    # middles of the weights, of 7: 1 at 0.125, 2 at 0.3125, 4 at 0.4375, 8 at 0.625, 16 at 0.875; beyond them the ends
    assert (low, high) == (pytest.approx(1), pytest.approx(16))
    values, weights = [-found.log_ratio for found in known], [1.75, 0.875, 0.875, 1.75, 1.75]
    assert math.exp(elsewhere._quantile(values, weights, 0.53125)) == pytest.approx(math.sqrt(4 * 8))


def test_another_kind_counts_less() -> None:
    rates = [found for group in "abcd" for found in errors(group, 100, rule=RATE)]
    known = [*(found for group in "efgh" for found in errors(group, 1)), *rates]
    # of latencies the four of their own kind weigh 1 + 3/8 each, the rates 3/8: the upper end is a rate's, the lower none
    assert elsewhere.quantiles(known, "latency") == (pytest.approx(1), pytest.approx(100))
    values, weights = [-found.log_ratio for found in known], [1.375] * 4 + [0.375] * 4
    assert math.exp(elsewhere._quantile(values, weights, 0.68)) == pytest.approx(1)


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
