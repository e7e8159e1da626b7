"""Bounds of plans by hand: what streams can give, descriptors, bytes on the bus, borders of times, free circles, switches, events."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import pytest

from simulator.plan import check_bounds, draws
from simulator.plan.check import check
from simulator.plan.check_bounds import Largest, bounds, descriptors
from simulator.plan.model import DescRing, Dma, Event, Fifo, Link, Plan
from simulator.plan.trace import histogram_index, histogram_upper
from simulator.plan.wiring import flows, wire
from tests.unit.test_plan_check import VECTORS, a_circle, both, change


def test_what_streams_can_give() -> None:
    assert bounds(draws.constant("a", 7)) == (7, 7)
    assert bounds(draws.uniform("a", 3, 9)) == (3, 9)
    assert bounds(draws.exponential("a", 10)) == (0, 370)
    assert bounds(draws.cycle("a", [5, 2, 8])) == (2, 8)
    # what has no weight is never drawn
    assert bounds(draws.table("a", [1, 4, 6, 90], [0, 1, 2, 0])) == (4, 6)
    # low, high, and the tail's factor, whose chance is no factor
    assert bounds(draws.spread("a", 900, 1500)) == (900, 1500)
    assert bounds(draws.spread("a", 900, 1500, (1, 3000))) == (900, 3000)


@pytest.mark.parametrize(
    ("kind", "buffer_bytes", "packet", "needed"),
    [
        ("tx", 1500, Largest(1500, 1), 1), ("tx", 1500, Largest(1501, 1), 2), ("tx", 1500, Largest(3001, 2), 3), ("tx", 0, Largest(9000, 6), 1),
        ("tx", 1500, Largest(0, 1), 1),
        # each merged segment has buffers of its own
        ("rx", 1500, Largest(3000, 2), 2), ("rx", 1000, Largest(3000, 2), 4), ("rx", 1000, Largest(2001, 2), 4), ("rx", 0, Largest(3000, 2), 2),
        ("rx", 1500, Largest(0, 3), 3),
    ],
)  # fmt: skip
def test_descriptors_of_a_packet(kind: str, buffer_bytes: int, packet: Largest, needed: int) -> None:
    assert descriptors(DescRing("r", kind, 8, buffer_bytes=buffer_bytes), packet) == needed


def test_bytes_on_the_bus() -> None:
    dma = Dma("d", up=0, down=1, mps_bytes=256, completion_bytes=128, segment_header_bytes=54)
    ring = DescRing("r", "tx", 8, dma=0, fetch_max=4, descriptor_bytes=16, writeback_bytes=32)
    plan = Plan("bus", dmas=(dma,), rings=(ring, dataclasses.replace(ring, name="other", dma=-1, writeback_bytes=999)))
    # 3,000 B in two segments are 3,054 B, 1,527 B each: six packets of 256 B, with 24 B around each, a message and a write-back
    up = 2 * (24 * 6 + 24 + 32) + 3054
    assert list(check_bounds._pcie_bytes(plan, 0, Largest(3000, 2))) == [0, up, 2 * 24 * 8 + 8 * 32]
    # completions of 128 B with 20 B around each; four descriptors of 16 B fit one
    assert list(check_bounds._pcie_bytes(plan, 1, Largest(3000, 2))) == [0, 24 * 20 + 3000, 20 + 64]
    assert list(check_bounds._pcie_bytes(plan, 2, Largest(3000, 2))) == [0]
    doorbell = dataclasses.replace(plan, rings=(dataclasses.replace(ring, fetch_max=0),))
    assert list(check_bounds._pcie_bytes(doorbell, 1, Largest(1, 1)))[-1] == 20 + 16


def test_times_of_links_end_at_their_border() -> None:
    def said(size: int, rate_bps: int, propagation_ps: int = 0) -> int:
        return len(
            list(check_bounds._link_time(Link("l", rate_bps=rate_bps, propagation_ps=propagation_ps), size, "l"))
        )

    # one byte at 8 Tbit/s takes a picosecond
    assert [said(1, 8 * 10**12, 2**62 - 1), said(1, 8 * 10**12, 2**62), said(1, 0, 2**62)] == [0, 1, 0]
    # 2**63 / (8 * 10**12) is 1,152,921.5
    assert [said(1_152_921, 10**9), said(1_152_922, 10**9)] == [0, 1]
    assert [said(1, 2**63 - 8 * 10**12 - 1), said(1, 2**63 - 8 * 10**12)] == [0, 1]


def test_how_long_a_plan_may_run() -> None:
    def longest(*kept: Any) -> tuple[int, str]:
        fifos, rings = ([one for one in kept if isinstance(one, kind)] for kind in (Fifo, DescRing))
        found = check_bounds.longest_ps(Plan("long", fifos=tuple(fifos), rings=tuple(rings)))
        return found.time_ps, found.reason

    threads = (2**63 // 1024, "running times of threads are exact")
    assert longest() == longest(DescRing("r", "rx", 512)) == threads
    assert longest(DescRing("r", "rx", 513)) == (2**62 // 513, "the occupancy of r, 513 packets, is exact")
    assert longest(DescRing("r", "rx", 600), Fifo("f", 601))[1] == "the occupancy of f, 601 packets, is exact"
    # a fifo that blocks keeps nothing waiting in it, and a buffer counted in bytes empties at a link's rate
    assert longest(Fifo("f", 601, full="block")) == threads
    assert longest(Fifo("f", check_bounds.BUFFER_PACKETS)) == threads
    assert longest(Fifo("f", check_bounds.BUFFER_PACKETS - 1))[1].startswith("the occupancy of f")


CIRCLE = ("packet_ps", "batch_ps", "byte_fs", "segment_ps", "wake_ps", "rearm_ps")


def test_any_cost_takes_time_and_none_makes_up_for_another() -> None:
    circle = a_circle()
    spot = ("workers", 0)
    assert check_bounds._is_free(circle, spot)
    for names in [*combinations(CIRCLE, 1), *combinations(CIRCLE, 2)]:
        assert not check_bounds._is_free(change("h", **dict.fromkeys(names, 5))(circle), spot), names
    for field in ("rate_bps", "propagation_ps"):
        assert not check_bounds._is_free(change("back", **{field: 10**9})(circle), ("links", 0))
    assert check_bounds._is_free(circle, ("fifos", 0))


def test_sources_at_one_instant() -> None:
    plan = VECTORS["source_before_core"]
    window = change("s", kind="window", window=check_bounds.AT_ONE_INSTANT)
    assert not [text for text in check(window(plan)) if "start at one instant" in text]
    more = change("s", kind="window", window=check_bounds.AT_ONE_INSTANT + 1)
    assert [text for text in check(more(plan)) if "131073 packets start at one instant; at most 131072 may" in text]
    assert check(change("s", window=check_bounds.AT_ONE_INSTANT + 1)(plan)) == []


def test_packets_reach_the_ports_that_the_table_names() -> None:
    plan = VECTORS["switch_default_port_and_vlan"]
    assert {place for place in flows(plan, wire(plan)) if place[0] == "sinks"} == {("sinks", 0), ("sinks", 1)}
    # vlan 0, dst 1 is entry 1; the other packet still takes the default port
    elsewhere = change("sw", table=(-1, 1, -1, -1))(plan)
    assert {place for place in flows(elsewhere, wire(elsewhere)) if place[0] == "sinks"} == {("sinks", 1)}
    nowhere = change("sw", default_port=-1)(plan)
    assert {place for place in flows(nowhere, wire(nowhere)) if place[0] == "sinks"} == {("sinks", 0)}
    later = dataclasses.replace(nowhere, events=(Event(5, "entry", 0, index=3, value=1),))
    assert {place for place in flows(later, wire(later)) if place[0] == "sinks"} == {("sinks", 0), ("sinks", 1)}


@pytest.mark.parametrize(
    ("one", "other", "right"), [(600, 600, True), (1024, 1024, True), (600, 601, False), (1025, 1025, False)]
)
def test_hardware_threads_slow_each_other_down_alike(one: int, other: int, right: bool) -> None:
    plan = VECTORS["source_before_core"]
    core = dataclasses.replace(plan.executors[0], name="twin", sibling=0, sibling_speed=other)
    twins = change(plan.executors[0].name, sibling=len(plan.executors), sibling_speed=one)(plan)
    found = check(dataclasses.replace(twins, executors=(*twins.executors, core)))
    assert (found == []) is right
    assert right or all("must be the same on both and at most 1024" in text for text in found)


@pytest.mark.parametrize(
    ("vector", "event", "complaint"),
    [
        ("drr_quanta", Event(5, "weight", 0, index=0, value=1), ""),
        ("drr_quanta", Event(5, "weight", 0, index=1, value=1), ""),
        ("drr_quanta", Event(5, "weight", 0, index=2, value=1), "index = 2: h has 2 inputs"),
        ("drr_quanta", Event(5, "weight", 0, index=-1, value=1), "index = -1: h has 2 inputs"),
        ("drr_quanta", Event(5, "weight", 0, value=0), "value = 0: a weight is at least 1"),
        ("no_fetch_engine", Event(5, "reset", 0), ""),
        ("no_fetch_engine", Event(5, "reset", 0, value=1), "value = 1: a reset event has none"),
        ("no_fetch_engine", Event(5, "ring", 0, value=1), ""),
        ("no_fetch_engine", Event(5, "ring", 0, value=2), "value = 2: must be 0 (off) or 1 (on)"),
        ("no_fetch_engine", Event(5, "ring", 0, index=1), "index = 1: a ring event has none"),
        ("no_fetch_engine", Event(5, "ring", 1), "target = 1: there are 1 rings"),
        ("no_fetch_engine", Event(-1, "ring", 0), "at_ps = -1: must be from 0 to 2**62"),
        ("switch_default_port_and_vlan", Event(5, "entry", 0, index=3, value=1), ""),
        ("switch_default_port_and_vlan", Event(5, "entry", 0, index=4), "index = 4: the table of sw has 4 entries"),
        ("switch_default_port_and_vlan", Event(5, "entry", 0, value=2), "value = 2: sw has 2 ports; -1 is none"),
    ],
)
def test_what_an_event_may_do(vector: str, event: Event, complaint: str) -> None:
    found = check(dataclasses.replace(VECTORS[vector], events=(event,)))
    assert [text for text in found if "events[0]" in text] == found
    assert (complaint in found[0]) if complaint else found == []


def test_buckets_of_a_histogram_hold_what_they_are_named_after() -> None:
    for value in (0, 1, 63, 64, 65, 127, 128, 129, 1000, 12_345, 10**9, 10**15):
        index = histogram_index(value)
        below = histogram_upper(index - 1) if index else -1
        assert below < value <= histogram_upper(index)
        assert (histogram_index(histogram_upper(index)), histogram_index(histogram_upper(index) + 1)) == (
            index,
            index + 1,
        )
        assert histogram_upper(index) - below <= max(1, value // 64)


@pytest.mark.parametrize(
    ("entity", "fields", "complaint"),
    [
        ("c", {"nohz": "yes"}, "nohz = 'yes': must be true or false"),
        ("c", {"nohz": 1}, "nohz = 1: must be true or false"),
        ("c", {"idle_states": [(1, 1)]}, "idle_states: must be a tuple"),
        ("c", {"scheduler": "lottery"}, "scheduler = 'lottery': must be one of "),
    ],
)
def test_fields_of_every_type_are_looked_at(entity: str, fields: dict[str, Any], complaint: str) -> None:
    assert any(complaint in text for text in check(change(entity, **fields)(VECTORS["source_before_core"])))


def test_two_faults_of_one_plan_are_both_named() -> None:
    plan = both(change("w", chunk=0), change("q", capacity=0))(VECTORS["source_before_core"])
    assert len(check(plan)) == 2
