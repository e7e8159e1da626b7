"""Several vCPUs on one core: the tail of the latency belongs to the host's scheduler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]


def tail_ms(
    run: Runner, guests: int, busy: int, scheduler: str = "{kind: fair}", mode: str = "posted", *, shared: bool = True
) -> float:
    """99th percentile of the first guest, in ms; each receives 500 packets per second."""
    group: dict[str, Any] = {"name": "vm", "count": guests, "interrupts": mode, "halt_poll": "off", "busy": busy}
    group |= {"placement": {"share": 1}} if shared else {}
    traffic = [{"name": "load", "kind": "poisson", "rate": "500 pps"}]
    outcome = run(
        f"host.scheduler={scheduler}",
        guests=[group],
        traffic=traffic,
        measurement={"warmup": "200 ms", "duration": "2 s"},
    )
    latency = outcome.latency_us(0.99, "vm0.sink") / 1000
    assert isinstance(latency, float)
    return latency


@pytest.mark.parametrize(
    ("guests", "scheduler", "slice_ms"),
    [
        (2, "{kind: rr, quantum: 30 ms}", 30),
        (4, "{kind: rr, quantum: 30 ms}", 30),
        (4, "{kind: rr, quantum: 3 ms}", 3),
        # fair: 24 ms over four threads.
        (4, "{kind: fair}", 6),
    ],
)
def test_e25_busy_vcpus_wait_for_the_slices_of_all_others(
    run: Runner, guests: int, scheduler: str, slice_ms: float
) -> None:
    assert tail_ms(run, guests, 1, scheduler) == pytest.approx((guests - 1) * slice_ms, rel=0.05)


def test_e25_a_vcpu_that_only_does_io_is_woken_at_once(run: Runner) -> None:
    assert tail_ms(run, 4, 0) < 0.05


def test_e25_a_core_each_has_no_tail(run: Runner) -> None:
    assert tail_ms(run, 4, 1, shared=False) < 0.05


def test_e25_posted_interrupts_do_not_help(run: Runner) -> None:
    # Nobody is told that a pre-empted vCPU has an interrupt.
    assert tail_ms(run, 4, 1, mode="posted") == pytest.approx(tail_ms(run, 4, 1, mode="legacy"), rel=0.05)
