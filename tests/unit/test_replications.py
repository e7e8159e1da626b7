"""A point that states no warm-up and no replications: a pilot run, as many runs as its precision takes, the same for any workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.errors import ScenarioErrors
from simulator.scenario import Point, load, points
from simulator.scenario.build import build
from simulator.study import compare
from simulator.study.ranges import Warmup, drift, warnings
from simulator.study.replications import pilot_of, stated_warmup, wanted, warmup_of
from simulator.study.runs import Window, run

SCENARIO = """
schema: 1
host: textbook
nic: {model: textbook-nic, moderation: {kind: none}}
guests: [{name: vm, datapath: native}]
traffic: [{name: load, kind: poisson, rate: 200 kpps, size: 64 B}]
"""
SHORT = "measurement: {duration: 2 ms}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SCENARIO + SHORT)
    return file


def point(path: Path, *overrides: str) -> Point:
    return points(load(path, overrides))[0]


def entry(path: Path, *overrides: str, **options: Any) -> dict[str, Any]:
    (found,) = compare(path, overrides=overrides, plot=False, **options).entries
    return found


def test_nothing_stated_runs_until_the_precision_is_reached(path: Path) -> None:
    found = entry(path)
    assert found["replications"] >= 15
    assert found["precision"]["reached"]
    assert found["precision"]["goals"] == {"p99": 0.05, "mean": 0.02}
    assert not found["warmup"]["stated"]
    widths = found["precision"]["half_widths"]
    assert widths["mean"] <= 0.02
    low, high = (found["ranges"]["latency.mean"][end] for end in ("low", "high"))
    assert (high - low) / 2 / found["latency_us"]["mean"] == pytest.approx(widths["mean"])


def test_a_finer_precision_takes_more_and_an_unreachable_one_says_so(path: Path) -> None:
    finer = entry(path, "precision=mean 0.5 %")
    assert finer["replications"] > entry(path)["replications"]
    missed = compare(path, overrides=["precision=mean 0.001 %"], plot=False)
    assert missed.entries[0]["replications"] == 100
    assert "precision not reached (mean within 0.001 %)" in missed.table()


def test_the_number_of_workers_decides_nothing(path: Path) -> None:
    assert entry(path, workers=1) == entry(path, workers=3)


def test_what_is_stated_is_kept_and_judged(path: Path) -> None:
    found = entry(path, "replications=2", "measurement.warmup=1 ms")
    assert (found["replications"], found["warmup"]) == (2, {"length_s": 1e-3, "stated": True})
    assert found["precision"]["replications_stated"]
    # two replications: latencies have intervals from sections of their windows
    assert (
        found["ranges"]["latency.mean"]["low"] < found["latency_us"]["mean"] < found["ranges"]["latency.mean"]["high"]
    )


def test_a_stored_point_is_found_again_and_another_precision_is_another_point(path: Path, tmp_path: Path) -> None:
    def taken(*overrides: str) -> int:
        return compare(path, overrides=overrides, out=tmp_path / "out", plot=False).taken_over

    assert (taken(), taken(), taken("precision=mean 5 %"), taken("precision=mean 5 %")) == (0, 1, 0, 1)


def slow_start(length: int, high: int = 50, count: int = 500) -> tuple[tuple[int, int], ...]:
    """Slices of ten packets, whose latency is high at first and wavers."""
    return tuple((10, 10 * (1000 * (high if n < length else 1) + 7 * (n % 13))) for n in range(count))


def window(slices: tuple[tuple[int, int], ...], path: Path) -> Window:
    shortest = run(pilot_of(0, point(path), build(point(path).scenario), "compiled"))
    return Window(shortest.trace, slices)


def test_the_pilot_says_how_long_to_warm_up(path: Path) -> None:
    length_ps = window((), path).trace.end_ps
    found = warmup_of(point(path), window(slow_start(400, count=1000), path), 1)
    assert found is not None
    assert not found.stated
    # steady from 400 slices on, what wavers moves the minimum a little; and a quarter longer
    assert 400 * 1.25 <= found.length_ps * 500 / length_ps <= 460 * 1.25


def test_a_short_start_is_given_five_milliseconds(path: Path) -> None:
    assert warmup_of(point(path), window(slow_start(20), path), 1) == Warmup(5 * 10**9, stated=False)


def test_a_pilot_that_still_drifts_is_run_longer_and_at_last_refused(path: Path) -> None:
    rising = window(tuple((10, 10_000 * n) for n in range(500)), path)
    assert [warmup_of(point(path), rising, times) for times in (1, 2, 4)] == [None] * 3
    refused = warmup_of(point(path), rising, 8)
    assert refused is not None
    assert refused.refused
    assert wanted(point(path), [], refused) == 10
    assert "latency still drifts" in warnings([rising], refused, 1)[0]


def test_a_stated_warm_up_that_is_too_short_is_warned_of(path: Path) -> None:
    late, steady = window(slow_start(15, count=100), path), window(slow_start(0, count=100), path)
    assert stated_warmup(point(path, "measurement.warmup=1 ms")) == Warmup(10**9)
    (said,) = warnings([late, late], Warmup(10**9), 2 * 10**9)
    assert said == "warm-up: latency still drifts in the window; MSER-5 would leave out 300 us more than 1.00 ms"
    assert warnings([steady], Warmup(10**9), 2 * 10**9) == []
    rising = window(tuple((10, 10_000 * n) for n in range(500)), path)
    assert warnings([rising], Warmup(10**9), 2 * 10**9) == [
        "warm-up: latency still drifts in the window; MSER-5 would leave out half of the window or more besides the 1.00 ms"
    ]
    assert drift([steady]).values == 0 or not drift([steady]).remarkable


def test_a_faulty_precision_is_told_with_its_line(path: Path) -> None:
    path.write_text(SCENARIO + "precision: p98 1 %\n")
    with pytest.raises(ScenarioErrors, match=r"small.yaml:7: precision: 'p98' is not a known latency figure"):
        load(path)
