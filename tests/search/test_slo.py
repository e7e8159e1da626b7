"""Service levels in words, and what a finished point says to them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.errors import InputError, ScenarioErrors
from simulator.search.slo import parse, verdict


def entry(p99: float | None = 50.0, loss: float = 0.0, steady: float = 1.0, **ranges: Any) -> dict[str, Any]:
    return {
        "series": "VF", "parameters": {}, "datapath": "sriov-vf", "interrupts": "posted", "steady": steady, "bottleneck": "x; not steady: y",
        "latency_us": {"p99": p99, "mean": 10.0}, "loss_ratio": loss, "ranges": ranges,
    }  # fmt: skip


def test_short_words_are_metrics() -> None:
    found = parse("p99 < 100 us and loss < 1e-4 and steady")
    assert [one.metric for one in found] == ["latency.p99", "loss_ratio", "steady"]


@pytest.mark.parametrize(
    "text", ["", "p98 < 1 us", "p99 < 100", "p99 < 1 kpps", "loss < 1 us", "p99 < 1 us and", "steady < 1"]
)
def test_what_is_no_service_level(text: str) -> None:
    with pytest.raises((InputError, ScenarioErrors)):
        parse(text)


def test_a_point_keeps_it_or_says_why_not() -> None:
    level = parse("p99 < 100 us and loss < 1e-4 and steady")
    assert verdict(level, entry()).kept
    assert verdict(level, entry(p99=100.0)).reasons == ("latency.p99 < 100 us: VF: is 100.0 us",)
    assert not verdict(level, entry(p99=None)).kept
    assert not verdict(level, entry(loss=2e-4)).kept
    assert not verdict(level, entry(steady=0.0)).kept


def test_a_limit_inside_an_interval_is_not_sure() -> None:
    level = parse("p99 < 100 us")
    assert verdict(level, entry(**{"latency.p99": {"low": 40.0, "high": 60.0}})).sure
    assert not verdict(level, entry(p99=98.0, **{"latency.p99": {"low": 90.0, "high": 106.0}})).sure
