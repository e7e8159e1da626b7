"""The table on a terminal: at most a screenful, with ranges, for one point and for a thousand."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from simulator.study import screen

ROWS, COLUMNS = 50, 200


def entry(series: str = "VF", rate: str = "50 kpps", p99: float | None = 52.0, **more: Any) -> dict[str, Any]:
    latency = {"mean": 26.4, "p50": 26.5, "p99": p99, "p99.9": None}
    return {
        "series": series, "datapath": "sriov-vf", "parameters": {"traffic.*.rate": rate}, "offered_pps": 5e4, "delivered_pps": 5e4,
        "loss_ratio": 0.0, "latency_us": latency, "host_work_cores": 0.25, "guest_work_cores": 0.5, "polling_cores": 0.125,
        "exits_per_packet": 1.0, "interrupts_per_packet": 1.0, "bottleneck": "nothing: core c0 is 75.0 % busy at most", "ranges": {},
    } | more  # fmt: skip


def test_work_and_polling_stand_apart() -> None:
    head, row, _ = screen.table([entry()]).splitlines()
    assert "host work  guest work  polling" in head
    assert "0.25         0.5    0.125" in row


def ranged(**widths: float | None) -> dict[str, Any]:
    """Half widths of the latencies' intervals as shares of the numbers."""
    numbers = {"mean": 26.4, "p50": 26.5, "p99": 52.0}
    return {
        f"latency.{name}": {"low": numbers[name] * (1 - w), "high": numbers[name] * (1 + w)}
        for name, w in widths.items()
        if w is not None
    }


def test_what_is_unsure_says_by_how_much() -> None:
    head, row, chance = screen.table([entry(ranges=ranged(mean=0.004, p99=0.066))]).splitlines()
    assert "52.0 us ±6.6%" in row
    assert "26.4 us  26.5 us" in row  # mean is known to 1 %, p50 has no interval
    assert chance.startswith(
        "chance: ± is half of the 95 % interval; without it the number is known to 1 %; no interval"
    )
    assert "mean" not in chance.partition("no interval")[2]
    assert chance.endswith("for 8 of 12 columns")
    assert head.split()[:3] == ["point", "offered", "delivered"]


@pytest.mark.parametrize(
    ("width", "shown"), [(0.0642, "±6.4%"), (0.994, "±99%"), (0.996, "±100%"), (4.26, "±426%"), (210.0, "±21000%")]
)
def test_an_interval_is_written_without_powers_of_ten(width: float, shown: str) -> None:
    row = screen.table([entry(ranges=ranged(p99=width))]).splitlines()[1]
    assert f"52.0 us {shown}" in row


def test_a_number_without_any_interval_says_so() -> None:
    assert screen.table([entry()]).splitlines()[2] == "chance: no interval (one replication, or too few packets)"


def precise(reached: bool, p99: float | None) -> dict[str, Any]:
    return {
        "precision": {
            "goals": {"p99": 0.05, "mean": 0.02},
            "half_widths": {"p99": p99, "mean": 0.004},
            "reached": reached,
        }
    }


def test_a_precision_that_is_not_reached_is_said_with_what_was_reached() -> None:
    entries = [
        entry(**precise(True, 0.01)),
        entry("slow", **precise(False, 0.31)),
        entry("few", **precise(False, None)),
    ]
    assert screen.precision(entries) == (
        "precision not reached at 2 of 3 points (p99 within 5 %, mean within 2 %): slow, rate 50 kpps: p99 ±31 %, mean ±0.4 %"
    )
    assert "p99 -, mean" in screen.precision(entries[2:])
    assert screen.precision(entries[:1]) == ""


@pytest.mark.parametrize(
    "names", ["VF {n}", "x" * 140 + "{n}", "虚拟机直通网卡的第{n}组以及它的很长很长很长很长的名字"]
)
@pytest.mark.parametrize(("series", "points"), [(1, 1), (6, 1), (20, 1), (24, 1), (1, 1000), (10, 100), (1000, 1)])
def test_any_study_is_at_most_a_screenful(names: str, series: int, points: int) -> None:
    entries = [
        entry(names.replace("{n}", str(s)), f"{p} kpps", 5.0 + p, bottleneck=f"core cpu{p % 30} is {p % 100} % busy")
        for s in range(series) for p in range(points)
    ]  # fmt: skip
    lines = [*screen.table(entries).splitlines(), *screen.limits(entries).splitlines()]
    assert len(lines) <= ROWS - 12  # what follows: failed points, thresholds, notes, costs
    assert max(map(cell_len, lines)) <= COLUMNS
    assert len({cell_len(line.rstrip()) for line in lines[:1]}) == 1


def test_a_thousand_points_are_put_together_by_series() -> None:
    entries = [entry(s, f"{n} kpps", None if s == "b" and n == 7 else 1.0 + n) for s in "ab" for n in range(500)]
    head, first, second, note = screen.table(entries).splitlines()
    assert head.split()[:3] == ["series", "points", "offered"]
    assert "1.00 us to 500 us" not in first
    assert "1.00 to 500 us" in first
    assert "1.00 to 500 us, -" in second
    assert note.startswith("1,000 points, put together by series")


def test_limits_of_many_points_are_counted_by_resource() -> None:
    busy = "core cpu1 is 99.0 % busy (hyp 60 %)"
    entries = [entry(rate=f"{n} kpps", bottleneck=busy if n > 5 else "nothing: all is quiet") for n in range(20)]
    assert screen.limits(entries).splitlines() == [
        "limit: core cpu1: 14 of 20 points, first VF, rate 6 kpps",
        "limit: nothing saturated: 6 of 20 points, first VF, rate 0 kpps",
    ]
    assert screen.limits(entries[:2]).count("limit: nothing: all is quiet") == 2


def test_long_lists_are_cut_and_say_so() -> None:
    lines = screen.cut((f"line {n}" for n in range(1006)), "failed points").splitlines()
    assert (len(lines), lines[-1]) == (screen.MOST_LISTED + 1, "... and 1,000 more failed points, in result.json")
    assert screen.cut(["one"], "x") == "one"


def test_nothing_is_an_empty_table() -> None:
    assert screen.table([]) == screen.limits([]) == ""
