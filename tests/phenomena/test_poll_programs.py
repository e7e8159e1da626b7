"""What a program in poll mode adds: it holds what it sends, and it touches what it carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]

WINDOW = {"warmup": "1 ms", "duration": "4 ms"}


def played(run: Runner, rate: str, application: dict[str, str], **traffic: Any) -> Any:
    return run(
        host={"model": "haswell-2015", "idle": "poll", "variability": "off"},
        nic={"model": "82599"},
        guests=[{"name": "vm", "datapath": "sriov-vf", "interrupts": "poll", "application": application}],
        traffic=[{"name": "in", "kind": "constant", "rate": rate, "overload": True, **traffic}],
        measurement=WINDOW,
    )


@pytest.mark.parametrize(
    ("rate", "held_us"),
    [
        # 32 packets come within the time: the first waits for 31 more, the last for nobody
        ("1 Mpps", 31 / 2),
        # they do not: each waits for the clock, half of the time on average
        ("100 kpps", 100 / 2),
    ],
)
def test_a_program_that_drains_waits_for_32_or_for_its_clock(run: Runner, rate: str, held_us: float) -> None:
    at_once, drained = (
        played(run, rate, application, echo=True).latency_us(0.5, "peer") for application in ({}, {"drain": "100 us"})
    )
    assert drained - at_once == pytest.approx(held_us, rel=0.2)


def test_what_is_full_at_once_never_waits(run: Runner) -> None:
    at_once, drained = (
        played(run, "7 Mpps", application, echo=True).rate("peer.count") for application in ({}, {"drain": "100 us"})
    )
    assert drained == pytest.approx(at_once, rel=0.01)


@pytest.mark.parametrize("size", [256, 1024])
def test_a_program_that_touches_every_byte_is_bound_by_them(run: Runner, size: int) -> None:
    slow = played(run, "1 Mpps", {"touch": "2 ns/B"}, size=f"{size} B").rate("vm.sink.count")
    assert slow == pytest.approx(min(1e6, 1e9 / (14.75 + 2 * (size - 4))), rel=0.02)


@pytest.mark.parametrize("batch", [4, 32])
def test_a_small_batch_sends_its_first_packets_before_its_last_are_done(run: Runner, batch: int) -> None:
    outcome = run(
        host={"model": "haswell-2015", "idle": "poll", "variability": "off"},
        nic={"model": "82599"},
        guests=[
            {
                "name": "vm",
                "datapath": "sriov-vf",
                "interrupts": "poll",
                "application": {"receive": "10 us", "batch": batch},
            }
        ],
        traffic=[{"name": "in", "kind": "bursts", "burst": 32, "rate": "32 kpps", "echo": True}],
        measurement=WINDOW,
    )
    # the first packet, taken alone or with 31 at most behind it, waits for its batch
    least_us, most_us = (outcome.latency_us(share, "peer") for share in (0.05, 1.0))
    assert most_us == pytest.approx(32 * 10, rel=0.1)
    assert least_us < 60 if batch == 4 else least_us > 100
