"""PCIe as the limit: the bytes around small frames, and doorbells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.costs import host, nic
from simulator.costs.pcie import usable_rate_bps
from simulator.engines.compiled import CompiledEngine
from simulator.parts.settings import GuestSettings, HostSettings, Moderation, port_settings
from simulator.plan import draws
from simulator.plan.model import Source
from simulator.scenario.assemble import assemble

Runner = Callable[..., Any]

LINE_BPS = 100_000_000_000
FAST_HOST = {"model": "textbook", "costs": {"d_rx_pk": "1 ns", "d_poll": "10 ns", "g_mmio_wr": "1 ns"}}


def share_of_line(run: Runner, generation: int, lanes: int, frame_bytes: int) -> float:
    outcome = run(
        host=FAST_HOST,
        nic={
            "model": "textbook-nic",
            "rate": "100 Gbit/s",
            "pcie": {"generation": generation, "lanes": lanes},
            "rx_ring": 4096,
        },
        guests=[{"name": "vm", "interrupts": "poll"}],
        traffic=[{"name": "load", "kind": "constant", "load": "100 %", "size": f"{frame_bytes} B"}],
        measurement={"warmup": "20 us", "duration": "100 us"},
    )
    share = outcome.goodput_pps / outcome.rate(".offered")
    assert isinstance(share, float)
    return share


# Written per frame: 24 bytes around every 256 of payload, and 24 + 16 for the write-back; 57.9 and 113.7 Gbit/s are
# usable.
@pytest.mark.parametrize(
    ("generation", "lanes", "frame_bytes", "expected"),
    [(3, 8, 64, 0.39), (3, 8, 1518, 0.52), (3, 16, 64, 0.77), (3, 16, 512, 1.0), (4, 16, 64, 1.0), (4, 16, 1518, 1.0)],
)
def test_e17_share_of_the_line_that_arrives(
    run: Runner, generation: int, lanes: int, frame_bytes: int, expected: float
) -> None:
    assert share_of_line(run, generation, lanes, frame_bytes) == pytest.approx(expected, abs=0.02)


def send_rate_pps(frame_bytes: int, batch: int, generation: int = 3) -> float:
    """What one sender without software costs brings onto a line of 100 Gbit/s with `batch` packets per doorbell."""
    textbook = host("textbook")
    free = textbook.with_overrides(
        {name: (0, "no software") for name, cost in textbook.costs.items() if cost.unit in ("ps", "fs/B")}
    )
    free = free.with_overrides({"h_app_tx_pk": (1_000, "one packet per ns")})
    rate_bps = usable_rate_bps(generation, 8 if generation == 3 else 16)
    port = replace(
        port_settings(nic("textbook-nic"), moderation=Moderation("gap", 20_000_000)),
        rate_bps=LINE_BPS,
        up_bps=rate_bps,
        down_bps=rate_bps,
    )
    guest = GuestSettings("app", "native", "native", sends=True, tx_ring=4096, send_queue=4096, doorbell_batch=batch)
    machine = assemble(HostSettings(free), [port], [guest])
    builder = machine.builder
    values = {"size": frame_bytes - 4, "flow": 0, "dst": 0, "gap": 2_000}
    streams = {name: builder.stream(draws.constant(name, value)) for name, value in values.items()}
    builder.add(Source("load", "open", "fifo", machine.attached["app"].send, **streams))
    engine = CompiledEngine(builder.finish("doorbells"), 1)
    engine.run(20_000_000)
    engine.begin_window()
    engine.run(120_000_000)
    return engine.trace().counters["peer.count"] / 100e-6


def test_e18_doorbells_cost_small_frames_a_fifth() -> None:
    # Down per frame of 64 B: 80 for data, 16.5 for its descriptor, 28 for a doorbell of its own.
    alone, batched = send_rate_pps(64, 1), send_rate_pps(64, 32)
    assert alone / batched == pytest.approx((80 + 16.5 + 28 / 32) / (80 + 16.5 + 28), abs=0.03)


def test_e18_large_frames_do_not_care() -> None:
    assert send_rate_pps(1518, 1) / send_rate_pps(1518, 32) == pytest.approx(1, abs=0.03)


def test_e18_a_wide_bus_does_not_care() -> None:
    assert send_rate_pps(256, 1, generation=4) / send_rate_pps(256, 32, generation=4) == pytest.approx(1, abs=0.01)
