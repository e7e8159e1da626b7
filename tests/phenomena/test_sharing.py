"""Guests that share a port, a bus, a switch: hairpin, chains, noisy neighbours, fair shares; and that nobody is left waiting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.datapaths import DATAPATHS
from simulator.engines.compiled import CompiledEngine
from simulator.plan.model import Plan
from simulator.scenario import load
from simulator.scenario.build import build

MS = 1_000_000_000
GEN2_X8 = {"pcie": {"generation": 2, "lanes": 8}}
Runner = Callable[..., dict[str, int]]


def planned(tmp_path: Path, guests: list[Any], traffic: list[Any], **nic: Any) -> Plan:
    named = [{"name": f"t{number}", "kind": "constant", **item} for number, item in enumerate(traffic)]
    content = {
        "schema": 1,
        "host": "textbook",
        "nic": {"model": "textbook-nic", **nic},
        "guests": guests,
        "traffic": named,
    }
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    return build(load(file))


def played(plan: Plan, run_ps: int = MS) -> dict[str, int]:
    engine = CompiledEngine(plan, 1)
    engine.begin_window()
    engine.run(run_ps)
    return dict(engine.trace().counters)


def poller(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "interrupts": "poll"} | keys


# --- E-19, E-20: what neighbours send each other crosses the bus ------------------------------------------------------


def test_e19_a_hairpin_is_limited_by_the_bus_and_not_by_the_wire(tmp_path: Path) -> None:
    guests = [poller("a"), poller("b")]
    large = {"from": "a", "to": "b", "rate": "3 Mpps", "size": "1518 B"}
    bus, free = (played(planned(tmp_path, guests, [large], **nic)) for nic in (GEN2_X8, {}))
    gbps = [counters["b.sink.bytes"] * 8 / 1e-3 / 1e9 for counters in (bus, free)]
    assert gbps[0] == pytest.approx(25, rel=0.08), "two and a half times the wire of 10 Gbit/s"
    assert gbps[1] == pytest.approx(36.3, rel=0.05), "mechanism off: an ideal bus carries all that is offered"


def test_e19_a_cap_of_the_loopback_limits_too(tmp_path: Path) -> None:
    large = {"from": "a", "to": "b", "rate": "3 Mpps", "size": "1518 B"}
    counters = played(planned(tmp_path, [poller("a"), poller("b")], [large], loopback="5 Gbit/s"))
    assert counters["b.sink.bytes"] * 8 / 1e-3 / 1e9 == pytest.approx(5, rel=0.05)


@pytest.mark.parametrize(
    ("path", "nic", "size", "rate"),
    [("sriov-vf", GEN2_X8, "1518 B", "800 kpps"), ("vhost-user", {}, "64 B", "14 Mpps")],
)
def test_e20_a_chain_shares_the_bus_or_the_switchs_core(
    tmp_path: Path, path: str, nic: dict[str, Any], size: str, rate: str
) -> None:
    sent = {}
    for count in (2, 4, 8):
        guest = poller("f", count=count, datapath=path, application={"kind": "forward"})
        way = {"from": "peer", "through": "f*", "to": "peer", "rate": rate, "size": size}
        sent[count] = played(planned(tmp_path, [guest], [way], **nic), 2 * MS)[f"f{count - 1}.sent.count"]
    if path == "vhost-user":
        assert [sent[8] / sent[4], sent[4] / sent[2]] == pytest.approx([0.5, 0.55], abs=0.12)
    else:
        # less than half: what is lost late has crossed the bus before
        assert 0.15 < sent[8] / sent[4] < 0.55
        assert sent[2] == pytest.approx(1_600, rel=0.05), "two functions: the wire limits, not the bus"


# --- E-27, E-28: noisy neighbours -------------------------------------------------------------------------------------


def test_e27_a_flooder_takes_what_is_left_and_a_cap_holds_it(tmp_path: Path) -> None:
    def both(**flooder: Any) -> tuple[float, float]:
        guests = [poller("flooder", **flooder), poller("victim")]
        flood = {"guests": "flooder", "direction": "tx", "rate": "14 Mpps", "overload": True}
        little = {"guests": "victim", "direction": "tx", "rate": "4 Mpps", "overload": True}
        counters = played(planned(tmp_path, guests, [flood, little]), 2 * MS)
        return counters["flooder.sent.count"] / 2e3, counters["victim.sent.count"] / 2e3

    flooder, victim = both()
    assert victim == pytest.approx(4, rel=0.03), "less than half of the line: all of it"
    assert flooder == pytest.approx(14.88 - 4, rel=0.05)
    # in 2 ms its rate, and once its burst of 16 KiB
    assert both(max_rate="1 Gbit/s")[0] == pytest.approx(1e9 / (64 * 8) / 1e6 + 16_384 / 64 / 2e3, rel=0.02)


@pytest.mark.parametrize(("arbiter", "shares"), [("drr", (1, 2, 4)), ("rr", (1, 1, 1))])
def test_e27_weights_hold_under_deficit_round_robin_only(
    tmp_path: Path, arbiter: str, shares: tuple[int, int, int]
) -> None:
    guests = [poller(f"g{weight}", weight=weight) for weight in (1, 2, 4)]
    flood = {"direction": "tx", "rate": "2.3 Mpps", "size": "512 B", "overload": True}
    counters = played(planned(tmp_path, guests, [flood], arbiter={"kind": arbiter}), 2 * MS)
    sent = [counters[f"g{weight}.sent.count"] for weight in (1, 2, 4)]
    assert [count / sent[0] for count in sent] == pytest.approx([share / shares[0] for share in shares], rel=0.05)


@pytest.mark.parametrize("drops", [True, False])
def test_e28_an_overloaded_function_loses_alone_only_if_its_full_ring_drops(tmp_path: Path, drops: bool) -> None:
    guests = [{"name": "slow", "application": {"receive": "20 us"}, "rx_ring": 64, "tick": False}, poller("victim")]
    items = [{"guests": "slow", "rate": "3 Mpps"}, {"guests": "victim", "rate": "1 Mpps"}]
    counters = played(planned(tmp_path, guests, items, drop_enable=drops), 4 * MS)
    victim = counters["victim.sink.count"] / counters["victim.t1.offered"]
    assert (victim > 0.99) == drops
    assert counters["slow.q0.rx.dropped" if drops else "port.buffer.maximum"] > 100


# --- E-30: many guests on a port --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "host_grows"), [("sriov-vf", False), ("vhost-net", True)])
def test_e30_equal_guests_share_equally_and_only_software_paths_load_the_host(
    tmp_path: Path, path: str, host_grows: bool
) -> None:
    work = {}
    for count in (2, 8):
        counters = played(
            planned(tmp_path, [{"name": "g", "count": count, "datapath": path}], [{"rate": "60 kpps"}]), 4 * MS
        )
        got = [counters[f"g{number}.sink.count"] for number in range(count)]
        assert max(got) - min(got) <= 0.02 * max(got)
        labels = ("host_soft", "host_irq", "vhost")
        work[count] = sum(ps for name, ps in counters.items() if name.startswith("cpu") and name.endswith(labels)) / 4e9
    assert (work[8] > 2 * work[2] > 0.05) == host_grows
    if not host_grows:
        assert work[8] < 0.05


# --- E-36: nobody is left waiting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DATAPATHS)
def test_e36_rings_are_empty_once_the_sources_stop(tmp_path: Path, path: str) -> None:
    inward = {"kind": "bursts", "rate": "15 kpps", "burst": 3}
    outward = {"kind": "poisson", "rate": "15 kpps", "direction": "tx"}
    for item in (inward, outward):
        plan = planned(tmp_path, [{"name": "g", "datapath": path}], [item])
        stopped = replace(plan, sources=tuple(replace(source, stop_ps=MS) for source in plan.sources))
        engine = CompiledEngine(stopped, 1)
        engine.run(4 * MS)
        trace = engine.trace()
        assert trace.in_flight_end == 0
        assert sum(ps for name, ps in trace.counters.items() if name.endswith((".sink.count", "peer.count"))) > 8


# --- the other socket -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("far", "more_ns"), [("cores", 40), ("cores and memory", 60)])
def test_an_adapter_on_the_other_socket_costs_each_packet(tmp_path: Path, far: str, more_ns: int) -> None:
    guest = {"name": "f", "datapath": "native", "interrupts": "poll", "application": {"kind": "forward"}}
    way = {"from": "peer", "through": "f", "to": "peer", "rate": "14 Mpps"}
    near, away = (planned(tmp_path, [guest], [way], **nic) for nic in ({}, {"far": far}))
    work = [played(plan)["cpu0.pmd_work"] / played(plan)["f.q0.poll.served"] for plan in (near, away)]
    assert work[1] - work[0] == pytest.approx(1000 * more_ns, rel=0.02)
    reads = [plan.dmas[0].memory_ps for plan in (near, away)]
    assert reads[1] - reads[0] == (100_000 if far == "cores and memory" else 0)
