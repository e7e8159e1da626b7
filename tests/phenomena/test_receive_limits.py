"""What stands in front of an overloaded adapter: its ring, and not its packet buffer; and who gets a full bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]

WINDOW = {"warmup": "2 ms", "duration": "3 ms"}


def forwarder(run: Runner, ring: int, rate: str = "29 Mpps", **costs: str) -> Any:
    """Everything that comes is sent back by one polling core: both ports of an 82599 as one of twice the rate."""
    return run(
        host={"model": "haswell-2015", "idle": "poll", "variability": "off", **({"costs": costs} if costs else {})},
        nic={"model": "82599", "rate": "20 Gbit/s", "drop_enable": True},
        guests=[{"name": "vm", "datapath": "native", "interrupts": "poll", "rx_ring": ring}],
        traffic=[{"name": "in", "kind": "constant", "rate": rate, "echo": True, "overload": True}],
        measurement=WINDOW,
    )


@pytest.mark.parametrize("ring", [128, 1024])
def test_overload_waits_in_the_ring_and_nowhere_else(run: Runner, ring: int) -> None:
    """A packet of 46.5 ns; 29 Mpps are offered, the device looks at 24.06, the core takes 21.5."""
    outcome = forwarder(run, ring, d_rx_pk="29.5 ns", d_tx_pk="17 ns")
    waited_us = outcome.latency_us(0.5, "peer")
    assert ring * 0.0465 < waited_us < ring * 0.0465 + 10
    assert outcome.trace.counters["port.buffer.maximum"] < 100
    lost = outcome.rate("port.parser.dropped")
    assert lost == pytest.approx(29e6 - 24.06e6, rel=0.02), "what the device cannot look at is lost before the buffer"
    assert outcome.rate("vm.q0.rx.dropped") == pytest.approx(24.06e6 - outcome.rate("peer.count"), rel=0.02)


def test_a_full_bus_is_shared_with_the_sender(run: Runner) -> None:
    """A core fast enough for everything: the bus carries 23 Mpps each way, and no less because more is offered."""
    whole, less = (
        forwarder(run, 512, rate, d_rx_pk="10 ns", d_tx_pk="10 ns").rate("peer.count")
        for rate in ("29 Mpps", "22 Mpps")
    )
    assert less == pytest.approx(22e6, rel=0.01)
    assert whole > 22.5e6


def test_a_limit_below_the_line_loses_at_once(run: Runner) -> None:
    """XL710: 18.75 of 59.5 Mpps; a fast core never sees a queue, so what arrives is hardly later than at low load."""

    def at(rate: str) -> Any:
        return run(
            host={"model": "haswell-2015", "variability": "off", "costs": {"d_rx_pk": "5 ns"}},
            nic={"model": "xl710"},
            guests=[{"name": "vm", "datapath": "native", "interrupts": "poll"}],
            traffic=[{"name": "in", "kind": "constant", "rate": rate, "overload": True}],
            measurement=WINDOW,
        )

    high, low = at("40 Mpps"), at("10 Mpps")
    assert high.goodput_pps == pytest.approx(18.75e6, rel=0.01)
    assert high.latency_us(0.99) - low.latency_us(0.99) < 64 / 18.75 + 1


@pytest.mark.parametrize(
    ("model", "datapath", "waits"), [("82599", "native", 1), ("82599", "sriov-vf", 0), ("x710", "native", 0)]
)
def test_who_holds_up_frames_without_a_descriptor(run: Runner, model: str, datapath: str, waits: int) -> None:
    """Full rings drop with SR-IOV on. Without it those of an 82599 wait, and 512 KiB of 60 B stand behind them: 8,738 frames of 2.03 us."""
    outcome = run(
        host={"model": "haswell-2015", "idle": "poll", "variability": "off"},
        nic={"model": model},
        guests=[
            {
                "name": "vm",
                "datapath": datapath,
                "interrupts": "poll",
                "application": {"receive": "2 us"},
                "rx_ring": 512,
            }
        ],
        traffic=[{"name": "in", "kind": "constant", "rate": "1 Mpps", "overload": True}],
        measurement={"warmup": "40 ms", "duration": "5 ms"},
    )
    frames = 512 + waits * 524_288 / 60
    assert outcome.latency_us(0.5) == pytest.approx(frames * 2.0295, rel=0.02)


@pytest.mark.parametrize(("model", "carried"), [("connectx-6", 100e6), ("connectx-5", 68.5e6)])
def test_an_adapter_sends_what_it_is_made_for(run: Runner, model: str, carried: float) -> None:
    """Eight cores forward 100 Mpps of 64 B. On a Gen3 slot the bus ends it, with an entry of 64 B for each frame; 70 were measured."""
    guest = {"name": "vm", "datapath": "native", "interrupts": "poll", "vcpus": 8, "queues": 8}
    way = {"from": "peer", "through": "vm", "to": "peer"}
    outcome = run(
        host={"model": "modern", "idle": "poll", "variability": "off"},
        nic={"model": model},
        guests=[guest | {"application": {"kind": "forward"}}],
        traffic=[{"name": "in", "kind": "constant", "rate": "100 Mpps", "flows": 1000, "overload": True} | way],
        measurement={"warmup": "200 us", "duration": "300 us"},
    )
    assert outcome.rate("vm.sent.count") == pytest.approx(carried, rel=0.02)


def test_a_parser_is_there_only_where_it_may_queue(run: Runner) -> None:
    """An E810 looks at 58.5 Mpps: sources of less than an eighth of that go without its queue, and take as long."""

    def at(**rate: Any) -> Any:
        return run(
            host={"model": "modern", "idle": "poll", "variability": "off"},
            nic={"model": "e810"},
            guests=[{"name": "vm", "interrupts": "poll"}],
            traffic=[{"name": "in", "kind": "constant", "size": "64 B"} | rate],
            measurement=WINDOW,
        )

    seldom, unstated = at(rate="100 kpps"), at(throughput="51.2 Mbit/s")
    assert "port.parse" not in {worker.name for worker in seldom.plan.workers}
    assert "port.parse" in {worker.name for worker in unstated.plan.workers}
    assert seldom.latency_us(0.5) == unstated.latency_us(0.5)


def test_two_ports_in_one_have_the_limits_of_two(run: Runner) -> None:
    """Twice 18.75 Mpps are more than the 37 of an XL710 as a whole; a rate that is no multiple is one port."""

    def at(rate: str) -> Any:
        return run(
            host={"model": "haswell-2015", "variability": "off", "costs": {"d_rx_pk": "5 ns"}},
            nic={"model": "xl710", "rate": rate},
            guests=[{"name": "vm", "datapath": "native", "interrupts": "poll", "rx_ring": 4096}],
            traffic=[{"name": "in", "kind": "constant", "rate": "50 Mpps", "overload": True}],
            measurement=WINDOW,
        )

    assert at("80 Gbit/s").goodput_pps == pytest.approx(37e6, rel=0.01)
    assert at("50 Gbit/s").goodput_pps == pytest.approx(18.75e6, rel=0.01)


def test_a_stated_time_of_an_application_does_not_spread(run: Runner) -> None:
    """10 us of an application behind a poll-mode driver whose costs spread by half: hardly any of it is to be seen."""
    outcome = run(
        host={"model": "haswell-2015", "variability": "on"},
        nic={"model": "82599"},
        guests=[
            {"name": "vm", "datapath": "native", "interrupts": "poll", "application": {"receive": "10 us"}},
        ],
        traffic=[{"name": "in", "kind": "constant", "rate": "20 kpps"}],
        measurement={"warmup": "1 ms", "duration": "50 ms"},
    )
    assert outcome.latency_us(0.99) / outcome.latency_us(0.01) < 1.1
