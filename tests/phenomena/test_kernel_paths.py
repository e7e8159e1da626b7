"""Where a constant stream and a tick meet, and that costs make up the rate that they were read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.costs import host
from simulator.costs.readings import readings
from simulator.plan.trace import histogram_upper

Runner = Callable[..., Any]


def test_a_tick_passes_over_every_phase_of_a_constant_stream(run: Runner) -> None:
    """40 packets of a tick's 4 ms: at a fixed phase a tick would hit each 40th, or none. A packet is late that comes within its length."""
    outcome = run(
        host={"model": "haswell-2015", "idle": "poll", "variability": "off", "costs": {"h_tick": "10 us"}},
        nic={"model": "82599"},
        guests=[{"name": "vm", "datapath": "native", "interrupts": "poll"}],
        traffic=[{"name": "in", "kind": "constant", "rate": "10 kpps"}],
        measurement={"warmup": "5 ms", "duration": "2 s"},
    )
    packets, limit_us = outcome.trace.histograms["vm.sink"], outcome.latency_us(0.5) + 1
    late = sum(count for index, count in packets.items() if histogram_upper(index) / 1e6 > limit_us)
    assert late / sum(packets.values()) == pytest.approx(9 / 4000, rel=0.3)


@pytest.mark.parametrize("variability", ["on", "off"])
def test_forwarding_makes_up_the_rate_that_it_was_read_from(run: Runner, variability: str) -> None:
    """Broadwell at 3.6 GHz, one core, one route: what the model counts beyond the reading is a share of the poll. That costs vary changes no mean."""
    outcome = run(
        host={"model": "haswell-2015", "clock": "3.6 GHz", "variability": variability},
        nic={"model": "82599"},
        guests=[{"name": "router", "datapath": "native", "application": {"kind": "forward", "by": "route"}}],
        traffic=[
            {"name": "in", "kind": "constant", "rate": "3 Mpps", "from": "peer", "through": "router", "to": "peer"}
        ],
        measurement={"warmup": "5 ms", "duration": "5 ms"},
    )
    assert outcome.rate("router.sent.count") == pytest.approx(float(readings()["nf_forward"].values[0]), rel=0.03)


def test_costs_in_cycles_go_with_the_clock_and_those_in_time_stay() -> None:
    slow, fast = host("haswell-2015"), host("haswell-2015").at_clock(4_800_000_000)
    cycles = {name for name, cost in slow.costs.items() if cost.given_unit == "cycles"}
    assert {"g_drv_rx_pk", "h_drv_rx_pk", "k_exit"} <= cycles
    for name, cost in slow.costs.items():
        ratio = 2 if name in cycles else 1
        assert fast.cost(name).value == pytest.approx(cost.value / ratio, abs=1)
        assert fast.cost(name).high == pytest.approx(cost.high / ratio, abs=1)
    assert (fast.cpu_hz, fast.at_clock(fast.cpu_hz)) == (4_800_000_000, fast)
