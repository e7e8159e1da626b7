"""Register accesses, kicks and interrupts per round trip, against counts on QEMU's devices with a Linux guest.

Counted over 200 round trips in software emulation, slowly and quickly: e1000 1.735 and 1.415 interrupts, 10.68 and 9.075 accesses; virtio-net
1 kick and 2 interrupts, without NAPI for transmit 1. Where a device tells of received and sent frames by one interrupt,
these merge as the speed of the machine has it: counts are ranges, but each interrupt takes the same accesses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]

LONG = {"warmup": "50 ms", "duration": "1 s"}
COUNTED = ((1.735, 10.68), (1.415, 9.075))
"""Interrupts and accesses per round trip of an e1000, with and without thinking time."""


def exchange(run: Runner, path: str, think: str, *overrides: str) -> Any:
    traffic = [{"name": "rr", "kind": "request-response", "think": think}]
    settings = (f"guests.vm.datapath={path}", "guests.vm.interrupts=automatic", *overrides)
    return run(*settings, traffic=traffic, measurement=LONG)


def e1000_counts(outcome: Any) -> tuple[float, float]:
    trips = outcome.count("peer.count")
    accesses = outcome.exits("MMIO_READ") + outcome.exits("MMIO_WRITE")
    return outcome.count("vm.q0.route.delivered") / trips, accesses / trips


@pytest.mark.parametrize("think", ["10 ms", "500 us", "20 us"])
def test_e04_e33_an_e1000_takes_five_accesses_per_interrupt_and_two_per_round_trip(run: Runner, think: str) -> None:
    interrupts, accesses = e1000_counts(exchange(run, "emulated-e1000", think))
    assert accesses == pytest.approx(5 * interrupts + 2, rel=0.02)
    assert 0.99 <= interrupts <= 2.01
    for counted in COUNTED:
        assert counted[1] == pytest.approx(5 * counted[0] + 2, rel=0.02)


def test_e04_e33_interrupts_merge_when_round_trips_are_shorter_than_the_window(run: Runner) -> None:
    rare, dense = (e1000_counts(exchange(run, "emulated-e1000", think))[0] for think in ("10 ms", "20 us"))
    assert rare == pytest.approx(2, abs=0.02)
    assert dense == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("path", ["vhost-net", "virtio-qemu"])
@pytest.mark.parametrize("think", ["10 ms", "500 us"])
def test_e10_e33_a_round_trip_over_virtio_is_one_kick_and_two_interrupts(run: Runner, path: str, think: str) -> None:
    for napi_tx, interrupts in (("on", 2), ("off", 1)):
        outcome = exchange(run, path, think, f"guests.vm.napi_tx={napi_tx}")
        trips = outcome.count("peer.count")
        assert outcome.exits("IOEVENTFD") / trips == pytest.approx(1, abs=0.02)
        assert outcome.count("x.route.delivered") / trips == pytest.approx(interrupts, abs=0.02)
