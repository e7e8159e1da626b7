"""A burst into an idle receiver: what the ring cannot hold is lost, at the NIC and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]

BURST = 900
FRAME_S = 67.2e-9
RECEIVE_S = 590e-9


def burst(run: Runner, ring: int, datapath: str = "native", drop_enable: str = "on") -> Any:
    """One burst at line rate; the socket is too large to matter."""
    guest = {"name": "vm", "datapath": datapath, "socket_buffer": 100_000, "rx_ring": ring, "halt_poll": "off"}
    nic = {"model": "textbook-nic", "drop_enable": drop_enable, "moderation": {"kind": "none"}}
    traffic = [{"name": "load", "kind": "bursts", "burst": BURST, "rate": "9 kpps"}]
    return run(guests=[guest], nic=nic, traffic=traffic, measurement={"warmup": "0 s", "duration": "100 ms"})


@pytest.mark.parametrize("ring", [256, 512])
@pytest.mark.parametrize("datapath", ["native", "sriov-vf"])
def test_e21_loses_what_the_ring_cannot_hold(run: Runner, ring: int, datapath: str) -> None:
    outcome = burst(run, ring, datapath)
    served = BURST * FRAME_S / RECEIVE_S
    lost = outcome.trace.counters["vm.q0.rx.dropped"]
    # Served while the burst lasts: at most its length over the time of one packet; buffers come back in chunks of 32.
    assert BURST - ring - served <= lost <= BURST - ring
    assert outcome.count(".dropped") == lost, "nothing is lost elsewhere"


def test_e21_a_larger_ring_turns_loss_into_latency(run: Runner) -> None:
    small, large = burst(run, 512), burst(run, 1024)
    assert small.count(".dropped") > 0 == large.count(".dropped")
    added_us = large.latency_us(1) - small.latency_us(1)
    assert 0 < added_us <= (1024 - 512) * (RECEIVE_S + 10e-9 + 450e-9 + 8e-9) * 1e6


def test_e21_without_drop_enable_the_packet_buffer_holds_the_burst(run: Runner) -> None:
    outcome = burst(run, 256, drop_enable="off")
    assert outcome.count(".dropped") == 0
    assert outcome.trace.counters["port.buffer.maximum"] > 500
