"""By what factor two series differ on the same traffic: who is set against whom, and the interval from pairs."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.study import screen
from simulator.study.ratios import COMPARED, ratios


def entry(series: str, factor: float, rate: str = "1 kpps", runs: int = 3) -> dict[str, Any]:
    chance = [1.0, 1.5, 0.7][:runs]
    return {
        "series": series, "parameters": {"traffic.*.rate": rate}, "delivered_pps": 0.0, "host_work_cores": 0.5,
        "latency_us": {"mean": factor * sum(chance) / runs, "p50": factor, "p99": None},
        "by_replication": {name: [factor * one for one in chance] for name in COMPARED},
    }  # fmt: skip


def test_each_series_is_set_against_the_first_at_the_same_values() -> None:
    found = ratios([entry("a", 1.0), entry("a", 3.0, "2 kpps"), entry("b", 2.0), entry("b", 12.0, "2 kpps")])
    means = [
        (f["series"], f["against"], f["parameters"]["traffic.*.rate"], f["ratio"])
        for f in found
        if f["metric"] == "latency.mean"
    ]
    assert means == [("b", "a", "1 kpps", pytest.approx(2.0)), ("b", "a", "2 kpps", pytest.approx(4.0))]
    assert {f["metric"] for f in found} == {
        "latency.mean",
        "latency.p50",
        "host_work_cores",
    }  # p99 is unknown, nothing delivered


def test_what_both_share_leaves_no_doubt() -> None:
    # each replication of b is twice that of a, though they differ among one another by a factor of two
    (mean, *_) = ratios([entry("a", 1.0), entry("b", 2.0)])
    assert (mean["low"], mean["high"]) == (pytest.approx(2.0), pytest.approx(2.0))


def test_one_replication_has_a_ratio_without_interval() -> None:
    assert {(f["low"], f["high"]) for f in ratios([entry("a", 1.0, runs=1), entry("b", 2.0, runs=1)])} == {(None, None)}


def test_one_series_has_none_and_the_screen_shows_a_screenful() -> None:
    assert ratios([entry("a", 1.0), entry("a", 1.0, "2 kpps")]) == []
    assert screen.ratios([]) == ""
    head, row = screen.ratios(ratios([entry("a", 1.0), entry("b", 2.0)])).splitlines()
    assert head.startswith("on the same traffic")
    assert row.split()[:6] == ["b,", "rate", "1", "kpps", "/", "a"]
    many = [entry(s, 1.0, f"{n} kpps") for s in "ab" for n in range(30)]
    assert len(screen.ratios(ratios(many)).splitlines()) == 1
