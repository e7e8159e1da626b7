"""Receive livelock.

The softirq outranks the application that should read the packets (Mogul and Ramakrishnan, 1996).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]

RECEIVE_S = (550 + 40 + 135 / 32) * 1e-9
"""Softirq work per packet on the textbook host: driver, stack, refill, and a doorbell every 32 packets."""
READ_S = (450 + 60 * 0.12) * 1e-9
BARE_METAL = ("guests.vm.datapath=native", "nic.moderation={kind: gap, interval: 20 us}")
LONG = {"warmup": "20 ms", "duration": "200 ms"}


def goodput(run: Runner, rate_kpps: int, *overrides: str) -> float:
    pps = run(*BARE_METAL, f"traffic.load.rate={rate_kpps} kpps", *overrides, measurement=LONG).goodput_pps
    assert isinstance(pps, float)
    return pps


@pytest.mark.parametrize("rate_kpps", [1_200, 1_400, 1_500])
def test_e07_goodput_falls_as_load_rises(run: Runner, rate_kpps: int) -> None:
    # What interrupts and polls cost besides is at most one of each per gap of 20 us: 820 ns of 20 us.
    ideal = (1 - rate_kpps * 1e3 * RECEIVE_S) / READ_S
    found = goodput(run, rate_kpps, "host.softirq.demote=off")
    assert ideal * 0.75 - 0.041 / READ_S < found <= ideal * 1.01


def test_e07_ends_at_nothing(run: Runner) -> None:
    below, beyond = goodput(run, 800, "host.softirq.demote=off"), goodput(run, 1_800, "host.softirq.demote=off")
    assert below == pytest.approx(800_000, rel=0.01)
    assert beyond == 0, "the softirq needs more than one core"


def test_e07_drops_are_at_the_socket(run: Runner) -> None:
    outcome = run(*BARE_METAL, "host.softirq.demote=off", "traffic.load.rate=1.2 Mpps", measurement=LONG)
    assert outcome.count("socket.dropped") > 0.99 * outcome.count(".dropped") > 0


def test_e08_demotion_keeps_goodput_above_nothing(run: Runner) -> None:
    # ksoftirqd gives way between passes, and an application that has been kept waiting pre-empts it there: a plateau. With
    # round robin it has to wait for its turn of 3 ms, in which it reads one socket's worth: a tenth. Of 30 ms: a hundredth.
    best, fair = goodput(run, 900), goodput(run, 2_000)
    robin, slow_robin = (goodput(run, 2_000, f"host.scheduler={{kind: rr, quantum: {ms} ms}}") for ms in (3, 30))
    assert fair > 0.9 * best
    assert 0.05 * best < robin < 0.15 * best
    assert 0 < slow_robin < 0.02 * best
    assert goodput(run, 2_000, "host.softirq.demote=off") == 0


def test_e08_before_demotion_there_is_a_valley(run: Runner) -> None:
    # At 1.2 Mpps each poll still ends, so there is nothing to demote, and interrupts and polls leave the application the rest.
    assert goodput(run, 1_200) == goodput(run, 1_200, "host.softirq.demote=off")
    assert goodput(run, 1_200) < 0.7 * goodput(run, 2_000)


def test_e07_a_virtual_function_livelocks_alike(run: Runner) -> None:
    overrides = ("host.softirq.demote=off", "nic.moderation={kind: gap, interval: 20 us}")
    assert run(*overrides, "traffic.load.rate=900 kpps").goodput_pps > 850_000
    assert run(*overrides, "traffic.load.rate=1.8 Mpps").goodput_pps < 20_000
