"""Mapping packets for devices: what strict and lazy invalidation cost whom, on bare metal and behind a guest's own IOMMU.

Costs by hand, on the textbook host: map 200 ns, unmap 300, a turn in the queue of invalidations 350 and the rest of the wait 350; lazy: 70 for the
queue of a core and a 256th of an invalidation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.metrics import resources
from simulator.scenario import Scenario
from simulator.scenario.build import build

Runner = Callable[..., Any]

CALM = {"warmup": "2 ms", "duration": "4 ms"}
MAP, UNMAP, WAIT, TURN, DEFER = 200_000, 300_000, 350_000, 350_000, 70_000
STRICT = MAP + UNMAP + WAIT + TURN
LAZY = MAP + UNMAP + DEFER + (WAIT + TURN) // 256
KEPT, MAPPED = ({"receive_pages": pages} for pages in ("kept", "mapped"))


def load(direction: str, rate: str = "100 kpps") -> list[dict[str, Any]]:
    return [{"name": "load", "kind": "constant", "rate": rate, "size": "64 B", "direction": direction}]


def host(iommu: Any) -> dict[str, Any]:
    return {"model": "textbook", "iommu": iommu}


def busy_ps(outcome: Any) -> float:
    """Time of all cores without idling and without wake-ups, per packet."""
    work = ("host_irq", "host_soft", "host_task", "guest_irq", "guest_soft", "guest_task")
    spent = sum(outcome.count(f".{label}") for label in work)
    return float(spent / (outcome.count("sink.count") or outcome.count("peer.count")))


def more_ps(run: Runner, direction: str, iommu: Any, path: str = "native", **guest: Any) -> float:
    """What a packet costs more with `iommu` than without mapping."""
    guests = [{"name": "vm", "datapath": path, **guest}]
    found = [
        run(host=host(mode), guests=guests, traffic=load(direction), measurement=CALM)
        for mode in ("passthrough", iommu)
    ]
    return busy_ps(found[1]) - busy_ps(found[0])


@pytest.mark.parametrize(("mode", "by_hand_ps"), [("strict", STRICT), ("lazy", LAZY)])
def test_a_sent_packet_is_mapped_and_unmapped(run: Runner, mode: str, by_hand_ps: int) -> None:
    assert more_ps(run, "tx", mode) == pytest.approx(by_hand_ps, rel=0.01)


@pytest.mark.parametrize(("mode", "by_hand_ps"), [("strict", STRICT), ("lazy", LAZY)])
def test_a_received_packet_costs_nothing_more_where_its_page_is_kept(run: Runner, mode: str, by_hand_ps: int) -> None:
    assert more_ps(run, "rx", {"mode": mode, **KEPT}) == pytest.approx(0, abs=1000)
    assert more_ps(run, "rx", {"mode": mode, **MAPPED}) == pytest.approx(by_hand_ps, rel=0.01)


def test_a_bridge_maps_for_its_guests_and_vfio_does_not(run: Runner) -> None:
    assert more_ps(run, "tx", "strict", "vhost-net") > 0.9 * (
        STRICT - MAP
    )  # the vhost thread maps, under its own label
    guests = [{"name": "vm", "datapath": "sriov-vf", "interrupts": "posted"}]
    plain, strict = (
        run(host=host(mode), guests=guests, traffic=load("rx"), measurement=CALM).trace.counters
        for mode in ("passthrough", "strict")
    )
    assert plain == strict


def test_each_mapped_packet_is_walked_for_and_kept_pages_are_not(run: Runner) -> None:
    def walks(direction: str, iommu: Any) -> float:
        found = run(
            host=host(iommu),
            guests=[{"name": "vm", "datapath": "native", "rx_ring": 128}],
            traffic=load(direction),
            measurement=CALM,
        )
        return float(found.count(".walks") / (found.count("sink.count") or found.count("peer.count")))

    assert walks("tx", "strict") == walks("tx", "lazy") == pytest.approx(1, abs=0.01)
    assert walks("rx", {"mode": "strict", **MAPPED}) == pytest.approx(1, abs=0.01)
    assert walks("rx", "strict") == pytest.approx(0, abs=0.01)
    assert walks("tx", "passthrough") == 0


def contention(run: Runner, iommu: Any, queues: int) -> tuple[float, float]:
    """(what a packet costs more than with one queue and without mapping, share of invalidations that had to wait)."""
    guests = [{"name": "vm", "datapath": "native", "vcpus": queues, "queues": queues}]
    traffic = [dict(load("tx", f"{250 * queues} kpps")[0], flows=64)]
    found = run(host=host(iommu), guests=guests, traffic=traffic, measurement={"warmup": "200 us", "duration": "1 ms"})
    waited = found.count("iommu.contended") / max(1, found.count("iommu.acquired"))
    return busy_ps(found), waited


def test_strict_invalidation_does_not_scale_and_lazy_does(run: Runner) -> None:
    """8 cores ask for 2 million invalidations a second of a queue that serves 2.86: they wait for one another."""
    alone, no_wait = contention(run, "strict", 1)
    together, waited = contention(run, "strict", 8)
    assert no_wait == 0
    assert waited > 0.3
    assert together > alone + 0.3 * TURN
    lazy_alone, lazy_together = (contention(run, "lazy", queues)[0] for queues in (1, 8))
    assert lazy_together == pytest.approx(lazy_alone, rel=0.05)


@pytest.mark.parametrize(
    ("viommu", "by_hand_ps"),
    [
        ("passthrough", 0),
        # map 200, its exit 6,000, unmap 300, its exit 8,000
        ("strict", 14_500_000),
        # exits of unmapping once for 256, and 70 ns for the queue
        ("lazy", 200_000 + 6_000_000 + 300_000 + 70_000 + 8_000_000 // 256),
        # map 200 and make it known 1,300; unmap 300, invalidate through QEMU 8,700
        ({"mode": "strict", "translation": "nested"}, 10_500_000),
        ({"mode": "lazy", "translation": "nested"}, 200_000 + 1_300_000 + 300_000 + 70_000 + 8_700_000 // 256),
    ],
    ids=str,
)
def test_a_guest_behind_its_own_iommu_pays_for_each_packet_it_sends(run: Runner, viommu: Any, by_hand_ps: int) -> None:
    def spent(mode: Any) -> float:
        guests = [{"name": "vm", "datapath": "sriov-vf", "interrupts": "posted", "viommu": mode}]
        return busy_ps(run(guests=guests, traffic=load("tx", "20 kpps"), measurement=CALM))

    assert spent(viommu) - spent("off") == pytest.approx(by_hand_ps, rel=0.01, abs=1000)


def test_two_tables_make_a_longer_walk() -> None:
    def walk_ps(viommu: Any) -> int:
        guests = [{"name": "vm", "datapath": "sriov-vf", "viommu": viommu}]
        plan = build(Scenario.model_validate({"schema": 1, "name": "walk", "host": {"model": "textbook", "iommu_pages": "4 KiB"},
                                              "guests": guests, "traffic": load("rx")}))  # fmt: skip
        return plan.dmas[0].walk_ps

    assert walk_ps("strict") == 300_000
    assert walk_ps({"mode": "strict", "translation": "nested"}) == 400_000


def test_without_an_iommu_no_message_is_remapped() -> None:
    def flight_ps(iommu: str) -> int:
        data = {
            "schema": 1,
            "name": "off",
            "host": {"iommu": iommu},
            "guests": [{"name": "app", "datapath": "native"}],
            "traffic": load("rx"),
        }
        return build(Scenario.model_validate(data)).routes[0].flight_ps

    assert flight_ps("passthrough") - flight_ps("off") == 30_000


@pytest.mark.parametrize(
    ("iommu", "path", "viommu"),
    [
        ({"mode": "strict", **MAPPED}, "native", "off"),
        ({"mode": "lazy", **MAPPED}, "vhost-net", "off"),
        ("strict", "sriov-vf", {"mode": "strict", "translation": "nested", **MAPPED}),
        ("passthrough", "vdpa", "lazy"),
    ],
)
def test_engines_agree(iommu: Any, path: str, viommu: Any) -> None:
    guests = [{"name": "vm", "datapath": path, "vcpus": 2, "queues": 2, "viommu": viommu}]
    traffic = [dict(load(way, "300 kpps")[0], name=way, flows=8) for way in ("rx", "tx")]
    plan = build(
        Scenario.model_validate(
            {"schema": 1, "name": "both", "host": {"iommu": iommu}, "guests": guests, "traffic": traffic}
        )
    )
    traces = []
    for kind in (ReferenceEngine, CompiledEngine):
        engine = kind(plan, 1, 0, log=True)
        engine.run(400_000_000)
        traces.append(engine.trace())
    assert traces[0] == traces[1]
    assert any(traces[0].counters[f"{lock.name}.acquired"] for lock in plan.locks)


def test_a_lock_that_all_wait_for_is_held_no_longer_than_the_window_and_is_named(run: Runner) -> None:
    """Four queues of a guest whose every received page is mapped anew ask for more turns of 8.7 us than there are."""
    viommu = {"mode": "strict", "translation": "nested", "receive_pages": "mapped"}
    guests = [{"name": "vm", "datapath": "sriov-vf", "interrupts": "posted", "vcpus": 4, "queues": 4, "viommu": viommu}]
    traffic = [dict(load("rx", "400 kpps")[0], flows=64)]
    found = run(guests=guests, traffic=traffic, measurement={"warmup": "1 ms", "duration": "2 ms"})
    assert found.count("vm.viommu.held_ps") > 2e9
    assert resources.locks(found.plan, found.trace)["vm.viommu"]["held"] == 1
    limit = resources.bottleneck(found.plan, found.trace)
    assert limit.startswith("core cpu")
    assert "spinning: lock vm.viommu is 100 % held, and 100 % of its owners had to wait for it" in limit
