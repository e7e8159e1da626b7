"""Who sends to whom: from, to and through, and where the packets go on several adapters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.errors import ScenarioErrors
from simulator.metrics.guests import of_guests
from simulator.plan.trace import Trace
from simulator.scenario import Scenario, load
from simulator.scenario.audit import study
from simulator.scenario.build import build
from simulator.scenario.feed import Place
from simulator.scenario.routes import Route, adapter_of, routes
from tests.engines.available import ENGINES

RUN_PS = 2_000_000_000
LOAD = {"name": "load", "kind": "constant", "rate": "50 kpps"}


def scenario(tmp_path: Path, guests: list[Any], *traffic: dict[str, Any], **rest: Any) -> Scenario:
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests} | rest
    if "nics" in content:
        del content["nic"]
    content["traffic"] = [{**LOAD, "name": f"t{n}", **item} for n, item in enumerate(traffic)]
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    return load(file)


def played(found: Scenario) -> Trace:
    engine = CompiledEngine(build(found), 1)
    engine.run(RUN_PS)
    return engine.trace()


def pairs(found: Scenario) -> list[tuple[str | None, str | None]]:
    return [(route.sender, route.receiver) for route in routes(found, found.traffic[0])]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"from": "a*", "to": "b*"}, [("a0", "b0"), ("a1", "b1"), ("a2", "b0")]),
        ({"from": "a*", "to": "a*"}, [("a0", "a1"), ("a1", "a2"), ("a2", "a0")]),
        ({"from": "b0", "to": "a*"}, [("b0", "a0"), ("b0", "a1"), ("b0", "a2")]),
        ({"from": "peer", "to": "b*"}, [(None, "b0"), (None, "b1")]),
        ({"from": "b*", "to": "peer"}, [("b0", None), ("b1", None)]),
        ({"direction": "tx", "guests": "b*"}, [("b0", None), ("b1", None)]),
    ],
)
def test_the_kth_sends_to_the_kth(tmp_path: Path, ends: dict[str, str], expected: list[Any]) -> None:
    guests = [{"name": "a", "count": 3}, {"name": "b", "count": 2}]
    assert pairs(scenario(tmp_path, guests, ends)) == expected


@pytest.mark.parametrize("way", ["sriov-vf", "vhost-net", "virtio-qemu", "emulated-e1000", "native"])
@pytest.mark.parametrize("other", ["sriov-vf", "vhost-net"])
def test_packets_get_from_every_path_to_every_path(tmp_path: Path, way: str, other: str) -> None:
    guests = [{"name": "a", "datapath": way}, {"name": "b", "datapath": other}]
    found = scenario(tmp_path, guests, {"from": "a", "to": "b", "rate": "5 kpps"})
    trace = played(found)
    counters = trace.counters
    assert counters["b.t0.a.offered"] == 10
    assert counters["b.sink.count"] >= 9
    assert counters["wire.out.items"] == 0
    software = {"vhost-net", "virtio-qemu", "emulated-e1000"}
    assert counters["port.loopback.items"] == (0 if {way, other} <= software else 10)
    rows = {name: of_guests(build(found), trace, [name]) for name in ("a", "b")}
    assert rows["b"]["rx"]["offered_pps"] == 5_000
    assert set(rows["a"]) == {"all"}


def test_requests_and_windows_go_between_guests(tmp_path: Path) -> None:
    guests = [{"name": "a", "datapath": "vhost-net"}, {"name": "b"}]
    rr = {"kind": "request-response", "rate": None, "from": "a", "to": "b"}
    bulk = {"kind": "bulk", "rate": None, "window": 4, "from": "b", "to": "a"}
    plain = [{key: value for key, value in item.items() if value is not None} for item in (rr, bulk)]
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content | {"traffic": plain}))
    counters = played(load(file)).counters
    assert counters["a.sink.count"] > 20, "responses and bulk data"
    assert counters["b.sink.acks"] > 5
    assert counters["a.request-response.b.0.timeouts"] == 0


def test_a_chain_forwards_one_after_the_other(tmp_path: Path) -> None:
    guests = [{"name": "f", "count": 3, "application": {"kind": "forward"}}]
    found = scenario(tmp_path, guests, {"from": "peer", "through": "f*", "to": "peer"})
    trace = played(found)
    assert trace.counters["f2.sent.count"] >= 98
    # each hop crosses the bus up and down, the last one leaves
    assert trace.counters["port.loopback.items"] == pytest.approx(200, abs=3)
    assert [trace.counters[f"f{n}.q0.napi.served"] for n in range(3)] == pytest.approx([100, 100, 100], abs=2)


def test_adapters_are_dealt_in_turn_and_joined_outside(tmp_path: Path) -> None:
    guests = [{"name": "a", "count": 3}, {"name": "b", "nic": "two"}]
    nics = ["textbook-nic", {"model": "textbook-nic", "name": "two"}]
    found = scenario(tmp_path, guests, {"from": "a0", "to": "b"}, {"guests": "a*", "kind": "poisson"}, nics=nics)
    assert adapter_of(found) == {"a0": 0, "a1": 1, "a2": 0, "b": 1}
    counters = played(found).counters
    assert counters["nic0.wire.out.items"] == counters["two.network.out.pushed"] >= 98
    assert counters["b.sink.count"] >= 97
    assert counters["two.wire.in.items"] > 100, "what the network sends and a1's far end"


@pytest.mark.parametrize(("mode", "wire"), [("bridge", 0), ("vepa", 100)])
def test_modes_of_macvtap(tmp_path: Path, mode: str, wire: int) -> None:
    guests = [{"name": name, "datapath": "macvtap", "macvtap": mode} for name in "ab"]
    counters = played(scenario(tmp_path, guests, {"from": "a", "to": "b"})).counters
    assert counters["wire.out.items"] == pytest.approx(wire, abs=2)
    assert counters["wire.in.items"] == pytest.approx(wire, abs=2), "the switch outside turns them round"
    assert counters["port.loopback.items"] == 0
    assert counters["b.sink.count"] >= 97


@pytest.mark.parametrize(
    ("mode", "item", "complaint"),
    [
        ("private", {"from": "a", "to": "b"}, "in mode bridge or vepa of both"),
        ("passthru", {"guests": "a"}, "owns the whole adapter, and 2 guests use it"),
    ],
)
def test_modes_of_macvtap_that_reach_nobody(tmp_path: Path, mode: str, item: dict[str, Any], complaint: str) -> None:
    guests = [{"name": name, "datapath": "macvtap", "macvtap": mode} for name in "ab"]
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests, "traffic": [LOAD | item]}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    with pytest.raises(ScenarioErrors, match=complaint):
        study(file)


@pytest.mark.parametrize("count", [1, 8])
def test_both_engines_agree_on_what_guests_send_each_other(tmp_path: Path, count: int) -> None:
    guests = [{"name": "v", "count": count}, {"name": "w", "count": count, "datapath": "vhost-net", "vcpus": 1}]
    items = ({"from": "v*", "to": "w*"}, {"from": "w*", "to": "v*", "kind": "bursts", "burst": 4})
    plan = build(scenario(tmp_path, guests, *items))
    traces = []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(300_000_000)
        traces.append(made.trace())
    assert traces[0].log == traces[1].log
    assert traces[0].counters == traces[1].counters


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ({"from": "a"}, "from alone"),
        ({"from": "a", "to": "a"}, "nobody but itself"),
        ({"from": "a", "to": "c"}, "is not a known guest"),
        ({"from": "peer", "to": "peer"}, "from the far end to the far end"),
        ({"from": "peer", "to": "peer", "through": "a"}, "does not forward"),
        ({"from": "f", "to": "a"}, "forwards what comes"),
        ({"from": "a", "to": "b", "guests": "a"}, "one way to say it"),
        ({"from": "a", "to": "v"}, "VLAN"),
    ],
)
def test_ways_that_lead_nowhere(tmp_path: Path, item: dict[str, Any], complaint: str) -> None:
    guests = [{"name": "a"}, {"name": "b"}, {"name": "v", "vlan": 3}, {"name": "f", "application": {"kind": "forward"}}]
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests, "traffic": [LOAD | item]}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    with pytest.raises(ScenarioErrors) as caught:
        study(file)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ({"nics": ["e810", {"model": "e810", "name": "nic0"}]}, "another adapter"),
        ({"nics": [{"model": "e810", "name": "a"}]}, "name of a guest"),
        ({"nics": ["e810"], "nic": "x710"}, "is not used"),
        ({"nics": ["e810"], "guests": [{"name": "a", "nic": "x"}]}, "is not a known adapter"),
        ({"nics": ["e180"]}, "is not a known NIC"),
    ],
)
def test_adapters_that_cannot_be(tmp_path: Path, rest: dict[str, Any], complaint: str) -> None:
    content = {"schema": 1, "host": "modern", "guests": [{"name": "a"}], "traffic": [LOAD]} | rest
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    with pytest.raises(ScenarioErrors) as caught:
        study(file)
    assert complaint in str(caught.value)


def test_each_use_of_a_wire_is_counted_by_its_direction() -> None:
    """A leg from the far end comes in, one to it leaves, one between two adapters does both, one within an adapter neither."""
    legs = ((None, 0), (0, 1), (1, 1), (1, None))
    place = Place(Route(None, None, ("a", "b", "c")), (None, "a", "b", "c", None), legs)
    assert place.wires() == ((0, True), (0, False), (1, True), (1, False))
