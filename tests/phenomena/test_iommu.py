"""The IOMMU: up to 64 pages of 4 KiB cost nothing, more of them cost walks, large pages cost nothing (pcie-bench, SIGCOMM 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.costs import host, nic
from simulator.costs.pcie import usable_rate_bps
from simulator.engines.compiled import CompiledEngine
from simulator.metrics.resources import bottleneck
from simulator.parts.settings import GuestSettings, HostSettings, Moderation, port_settings
from simulator.plan import draws
from simulator.plan.model import Plan, Source
from simulator.plan.trace import Trace
from simulator.scenario.assemble import assemble
from tests.phenomena.test_pcie import FAST_HOST

Runner = Callable[..., Any]

KIB = 1024
RING = 4096
READS_PER_S = 32.43e9 / (64 * 8)
"""What the measuring device reads by itself: 32.43 Gbit/s of 64 B in a window of 256 KiB."""


def read_window(window_bytes: int, page_bytes: int) -> tuple[Plan, Trace]:
    """100 us of reads of 64 B at random places of a window, as the tool does them; the bus is wide, so that descriptors cost no reads."""
    modern = host("modern")
    free = modern.with_overrides(
        {name: (0, "no software") for name, cost in modern.costs.items() if cost.unit in ("ps", "fs/B")}
    )
    free = free.with_overrides({"h_app_tx_pk": (1_000, "one packet per ns")})
    rate_bps = usable_rate_bps(3, 16)
    port = replace(
        port_settings(nic("textbook-nic"), moderation=Moderation("gap", 20_000_000)),
        rate_bps=100_000_000_000, up_bps=rate_bps, down_bps=rate_bps,
    )  # fmt: skip
    guest = GuestSettings("app", "native", "native", sends=True, tx_ring=RING, send_queue=RING, doorbell_batch=32)
    machine = assemble(HostSettings(free, iommu_page_bytes=page_bytes), [port], [guest])
    builder = machine.builder
    values = {"size": 64, "flow": 0, "dst": 0, "gap": round(1e12 / READS_PER_S)}
    streams = {name: builder.stream(draws.constant(name, value)) for name, value in values.items()}
    order = builder.stream(draws.uniform("order", 0, RING - 1))
    builder.add(Source("load", "open", "fifo", machine.attached["app"].send, **streams))
    plan = builder.finish("window")
    rings = (
        replace(ring, stride_bytes=window_bytes // RING, order=order) if ring.kind == "tx" else ring
        for ring in plan.rings
    )
    plan = replace(plan, rings=tuple(rings))
    engine = CompiledEngine(plan, 1)
    engine.run(50_000_000)
    engine.begin_window()
    engine.run(150_000_000)
    return plan, engine.trace()


def read_gbps(window_bytes: int, page_bytes: int) -> float:
    """Payload that was read, in Gbit/s."""
    return read_window(window_bytes, page_bytes)[1].counters["peer.count"] / 100e-6 * 64 * 8 / 1e9


# Published points of role `calibration` (Broadwell, IOMMU with pages of 4 KiB); nothing is fitted to them but the number of walkers, to a window of 64 MB. Just
# beyond the knee the model loses more than the machine did, 30 % at 512 KiB: here reads that find their page wait behind those that walk.
@pytest.mark.parametrize(
    ("window_kib", "measured_gbps"),
    [(16, 32.08), (256, 32.43), (512, 22.34), (1024, 15.19), (4096, 10.92), (16_384, 10.15)],
)
def test_e23_knee_at_64_pages_of_4_kib(window_kib: int, measured_gbps: float) -> None:
    assert read_gbps(window_kib * KIB, 4 * KIB) == pytest.approx(measured_gbps, rel=0.32)


@pytest.mark.parametrize("window_kib", [512, 16_384])
def test_e23_no_knee_with_large_pages_or_without(window_kib: int) -> None:
    assert read_gbps(window_kib * KIB, 2048 * KIB) == pytest.approx(32.43, rel=0.01)
    assert read_gbps(window_kib * KIB, 0) == pytest.approx(32.43, rel=0.01)


def test_e23_page_walks_are_named_as_the_limit() -> None:
    assert bottleneck(*read_window(16_384 * KIB, 4 * KIB)).startswith("page walks of port.dma is 9")
    assert "page walks" not in bottleneck(*read_window(256 * KIB, 4 * KIB))


def received(run: Runner, ring: int, pages: str) -> float:
    outcome = run(
        host=FAST_HOST | {"iommu_pages": pages},
        nic={"model": "textbook-nic", "rate": "100 Gbit/s", "pcie": {"generation": 3, "lanes": 16}, "rx_ring": ring},
        guests=[{"name": "vm", "interrupts": "poll"}],
        traffic=[{"name": "load", "kind": "constant", "load": "60 %", "size": "64 B"}],
        measurement={"warmup": "20 us", "duration": "60 us"},
    )
    share = outcome.goodput_pps / outcome.rate(".offered")
    assert isinstance(share, float)
    return share


def test_e23_a_ring_of_more_than_64_pages_loses_a_ring_of_fewer_does_not(run: Runner) -> None:
    """Buffers of 2 KiB, two to a page: 128 are 64 pages, 256 are 128 and go round, so that each page has been forgotten. 4 walkers of 300 ns, two frames
    to a walk: 26.7 of 89 million frames per second."""
    assert received(run, 128, "4 KiB") == pytest.approx(1.0, abs=0.01)
    assert received(run, 256, "4 KiB") == pytest.approx(26.7 / 89.3, abs=0.03)
    assert received(run, 256, "2 MiB") == pytest.approx(1.0, abs=0.01)
    assert received(run, 256, "off") == pytest.approx(1.0, abs=0.01)


def mean_us(run: Runner, pages: str) -> float:
    """Latency of a calm guest's packets beside one that a flood goes to, each with a function of one adapter."""
    outcome = run(
        host=FAST_HOST | {"iommu_pages": pages},
        nic={"model": "textbook-nic", "rate": "100 Gbit/s", "pcie": {"generation": 3, "lanes": 16}, "rx_ring": 256},
        guests=[{"name": "loud", "interrupts": "poll"}, {"name": "calm", "interrupts": "poll"}],
        traffic=[
            {"name": "flood", "guests": "loud", "kind": "constant", "rate": "40 Mpps", "size": "64 B"},
            {"name": "load", "guests": "calm", "kind": "constant", "rate": "1 Mpps", "size": "64 B"},
        ],
        measurement={"warmup": "20 us", "duration": "60 us"},
    )
    found = outcome.trace.counters
    return float(found["calm.sink.sum_ps"] / found["calm.sink.count"] / 1e6)


def test_the_iotlb_is_a_channel_between_functions(run: Runner) -> None:
    """The bus is half empty; what the loud guest's pages cost is waited for by all."""
    assert mean_us(run, "4 KiB") > 5 * mean_us(run, "2 MiB")
