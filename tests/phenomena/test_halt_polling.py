"""Halt polling: the hypervisor spins for a while before it puts a halted vCPU to sleep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]


def test_e12_frequent_packets_win_the_wake_up_and_pay_a_core(run: Runner) -> None:
    asleep, polling = (run(f"guests.vm.halt_poll={limit}", "traffic.load.rate=20 kpps") for limit in ("off", "200 us"))
    # The wake-up vector's 900 + 2,500 ns of scheduling and entering become 500 ns of leaving the poll. (The waker is the
    # vector's handler on the vCPU's own core: no call and no flight besides.)
    assert asleep.latency_us(0.5) - polling.latency_us(0.5) == pytest.approx(2.9, abs=0.05)
    assert asleep.busy("cpu0") < 0.2
    assert polling.busy("cpu0") > 0.9


def test_e12_rare_packets_win_nothing(run: Runner) -> None:
    asleep, polling = (run(f"guests.vm.halt_poll={limit}", "traffic.load.rate=1 kpps") for limit in ("off", "200 us"))
    assert polling.latency_us(0.5) == asleep.latency_us(0.5)
    assert polling.busy("cpu0") > asleep.busy("cpu0")


@pytest.mark.parametrize(("rate", "polls"), [("6 kpps", True), ("4 kpps", False)])
def test_e12_the_limit_adapts(run: Runner, rate: str, polls: bool) -> None:
    # Gaps of 167 us lie below the ceiling of 200 us, gaps of 250 us above: there the limit shrinks to nothing.
    outcome = run("guests.vm.halt_poll=200 us", traffic=[{"name": "load", "kind": "constant", "rate": rate}])
    assert (outcome.share("cpu0", "halt_poll") > 0.8) == polls


def shared_core(run: Runner, neighbour: bool) -> Any:
    io = {"name": "io", "halt_poll": "200 us", "placement": {"cores": [0]}}
    hog = {"name": "hog", "busy": 1, "placement": {"cores": [0]}}
    traffic = [{"name": "load", "kind": "poisson", "rate": "20 kpps", "guests": "io"}]
    return run(
        guests=[io, hog] if neighbour else [io], traffic=traffic, measurement={"warmup": "20 ms", "duration": "200 ms"}
    )


def test_e26_polling_stops_when_another_thread_can_run(run: Runner) -> None:
    crowded = shared_core(run, neighbour=True)
    assert crowded.share("cpu0", "halt_poll") == 0
    assert crowded.share("cpu0", "guest_task") > 0.5, "the time goes to the neighbour"
    assert shared_core(run, neighbour=False).share("cpu0", "halt_poll") > 0.8


@pytest.mark.parametrize("neighbour", [False, True])
def test_e26_no_time_is_charged_twice(run: Runner, neighbour: bool) -> None:
    outcome = shared_core(run, neighbour)
    charged = sum(value for name, value in outcome.trace.counters.items() if name.startswith("cpu0."))
    assert charged == outcome.trace.end_ps - outcome.trace.start_ps
