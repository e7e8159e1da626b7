"""Several hosts, what joins their adapters, and bonds: what is built, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulator.costs import host, nic
from simulator.costs.ranges import unknowns
from simulator.engines.compiled import CompiledEngine
from simulator.errors import ScenarioErrors
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Scenario, load, points, resolved, scenario_hash
from simulator.scenario.audit import study
from simulator.scenario.build import build, core_map, drawn, notes, warnings
from simulator.scenario.routes import adapter_of, adapters, neighbours
from simulator.sriov.schedule import plan_of
from simulator.study import compare
from simulator.study.point import cost_status
from simulator.study.uncertainty import of_scenario
from tests.engines import random_hosts

RUN_PS = 2_000_000_000
LOAD = {"name": "load", "kind": "constant", "rate": "50 kpps"}
ASK = {"name": "ask", "kind": "request-response", "from": "a", "to": "b"}
BOND = {"nics": ["textbook-nic", "textbook-nic"], "switch": {"bond": "layer3+4"}}
PAIR = [{"name": "a"}, {"name": "b", "on_host": "other"}]


def file_of(tmp_path: Path, guests: list[Any], traffic: list[Any], **rest: Any) -> Path:
    content = {"schema": 1, "host": "textbook", "nic": "textbook-nic", "guests": guests, "traffic": traffic} | rest
    if "nics" in content:
        del content["nic"]
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    return file


def scenario(tmp_path: Path, guests: list[Any], *traffic: Any, **rest: Any) -> Scenario:
    return load(file_of(tmp_path, guests, list(traffic), **rest))


def played(plan: Plan, until_ps: int = RUN_PS) -> Trace:
    engine = CompiledEngine(plan, 1)
    engine.run(until_ps)
    return engine.trace()


def round_trip_ps(found: Scenario) -> int:
    counters = played(build(found)).counters
    assert counters["a.sink.minimum_ps"] == counters["a.sink.maximum_ps"]
    return counters["a.sink.minimum_ps"]


@pytest.mark.parametrize("path", ["sriov-vf", "vhost-net", "native"])
def test_a_round_trip_is_the_sum_of_its_parts(tmp_path: Path, path: str) -> None:
    guests = [guest | {"datapath": path, "halt_poll": "off"} for guest in PAIR]
    # the clients ask so seldom that both ends have come to rest
    ask = ASK | {"think": "100 us"}
    cable = scenario(tmp_path, guests, ask, hosts=["other"], network="cable")
    switch = scenario(tmp_path, guests, ask, hosts=["other"], network={"latency": "700 ns"})
    bare = scenario(tmp_path, guests, ask, hosts=["other"])
    wire = next(link for link in build(bare).links if link.name == "wire.out")
    frame_ps = -(-(60 + 24) * 8 * 10**12 // wire.rate_bps)
    assert round_trip_ps(bare) - round_trip_ps(cable) == 2 * frame_ps, "a switch sends the frame once more, each way"
    assert round_trip_ps(switch) - round_trip_ps(bare) == 2 * 700_000


def test_hosts_share_nothing_but_the_wire(tmp_path: Path) -> None:
    guests = [{"name": "a", "datapath": "vhost-net"}, {"name": "b", "datapath": "vhost-net", "on_host": "other"}]
    found = scenario(tmp_path, guests, ASK, hosts=[{"name": "other", "host": "modern", "nic": "x710"}], host="textbook")
    assert core_map(found).splitlines() == [
        "cpu0: uplink0",
        "cpu1: a.vcpu0",
        "cpu2: vhost of a.q0",
        "other.cpu0: other.uplink0",
        "other.cpu1: b.vcpu0",
        "other.cpu2: vhost of b.q0",
    ]
    assert adapters(found)[1][1].model == "x710"
    assert neighbours(found) == set()
    trace = played(build(found))
    assert trace.counters["a.sink.count"] > 3
    assert trace.counters["wire.out.items"] == pytest.approx(trace.counters["other.wire.in.items"], abs=1)
    status, one = cost_status(found), cost_status(scenario(tmp_path, guests[:1], LOAD))
    assert status["borrowed"] > one["borrowed"], "the other host's values count too"


def test_what_the_cores_of_each_host_did_is_told_apart(tmp_path: Path) -> None:
    guests = [{"name": "a", "datapath": "vhost-net"}, {"name": "b", "on_host": "other"}]
    window = {"warmup": "1 ms", "duration": "4 ms"}
    found = scenario(tmp_path, guests, ASK, hosts=["other"], measurement=window, replications=1)
    result = compare(found, workers=1)
    (entry,) = result.entries
    assert list(entry["hosts"]) == ["(first)", "other"]
    for kind in ("host_work_cores", "guest_work_cores", "polling_cores"):
        assert sum(host[kind] for host in entry["hosts"].values()) == pytest.approx(entry[kind])
    assert entry["hosts"]["(first)"]["host_work_cores"] > entry["hosts"]["other"]["host_work_cores"] > 0
    assert "s: other" in result.table()
    assert "hosts" not in compare(scenario(tmp_path, guests[:1], LOAD, measurement=window, replications=1)).entries[0]


def test_an_equal_host_has_what_the_first_has(tmp_path: Path) -> None:
    guests = [*PAIR, {"name": "c", "on_host": "other", "nic": "two"}]
    nics = ["textbook-nic", {"model": "textbook-nic", "name": "two"}]
    beside = [{"name": "d", "nic": "two"}]
    found = scenario(tmp_path, [*guests, *beside], ASK, hosts=["other"], nics=nics)
    assert [name for name, _ in adapters(found)] == ["nic0", "two", "other.nic0", "other.two"]
    assert adapter_of(found) == {"a": 0, "d": 1, "b": 2, "c": 3}
    own = scenario(tmp_path, PAIR, ASK, hosts=[{"name": "other", "nic": "e810"}], nics=["textbook-nic"])
    assert [name for name, _ in adapters(own)] == ["nic0", "other"]


def test_a_guest_is_pinned_to_cores_of_its_own_host(tmp_path: Path) -> None:
    guests = [guest | {"placement": {"cores": "0"}} for guest in PAIR]
    found = scenario(tmp_path, guests, ASK, hosts=["other"])
    assert core_map(found).splitlines()[0::2][:1] == ["cpu0: a.vcpu0"]
    assert "other.cpu0: b.vcpu0" in core_map(found)


def test_what_a_further_host_changes_is_noted(tmp_path: Path) -> None:
    host = {
        "name": "other",
        "host": {"model": "textbook", "costs": {"h_ctxsw": "9 us"}},
        "nic": {"model": "x710", "rate": "1 Gbit/s"},
    }
    found = scenario(tmp_path, PAIR, ASK, hosts=[host])
    assert notes(found) == (
        "override: other: h_ctxsw = 9 us",
        "override: other: nic.rate = 1 Gbit/s; x710 has 10 Gbit/s",
    )
    assert not warnings([found])
    factors = drawn(found, {"h_ctxsw": 2.0})
    assert factors.hosts[0].host is not None
    assert factors.hosts[0].host._factors == {"h_ctxsw": 2.0}
    assert found.hosts[0].host is not None
    assert not found.hosts[0].host._factors


def test_a_comparison_may_change_a_further_host(tmp_path: Path) -> None:
    hosts = [{"name": "other", "nic": "e810"}]
    changes = {"a": {"hosts.other.nic": "x710"}, "b": {"hosts.other.host.model": "modern", "network.kind": "cable"}}
    found = {
        point.series: point.scenario for point in points(scenario(tmp_path, PAIR, ASK, hosts=hosts, compare=changes))
    }
    assert [adapters(found[series])[1][1].model for series in "ab"] == ["x710", "e810"]
    assert [found[series].network is None for series in "ab"] == [True, False]


def test_what_is_unknown_of_all_machines_may_be_off(tmp_path: Path) -> None:
    first = unknowns(host("textbook"), nic("textbook-nic"))
    assert of_scenario(scenario(tmp_path, [{"name": "a"}], LOAD)) == first
    both = of_scenario(scenario(tmp_path, PAIR, ASK, hosts=[{"name": "other", "host": "modern", "nic": "x710"}]))
    assert both[: len(first)] == first
    names = [unknown.name for unknown in both]
    assert len(set(names)) == len(names)
    assert {u.name for u in unknowns(host("modern"), nic("x710"))} <= set(names)


def test_what_is_not_said_leaves_the_hash(tmp_path: Path) -> None:
    plain = scenario(tmp_path, [{"name": "a"}], LOAD)
    said = scenario(tmp_path, [{"name": "a"}], LOAD, hosts=[], network=None)
    assert scenario_hash(plain) == scenario_hash(said)
    switched = scenario(tmp_path, [{"name": "a"}], LOAD, network={"kind": "switch"})
    assert scenario_hash(plain) != scenario_hash(switched)
    cable = scenario(tmp_path, PAIR, ASK, hosts=["other"], network="cable")
    for found in (switched, cable):
        assert resolved(Scenario.model_validate(resolved(found))) == resolved(found)


def test_the_far_end_is_behind_the_switch(tmp_path: Path) -> None:
    guests = [{"name": "a"}]
    items = (LOAD, LOAD | {"name": "out", "direction": "tx"}, ASK | {"from": "peer", "to": "a"})
    network = {"latency": "5 us", "far_rate": "1 Gbit/s"}
    behind = played(build(scenario(tmp_path, guests, *items, network=network)))
    sent, received = behind.counters["network.far.wire.in.items"], behind.counters["wire.in.items"]
    assert sent > 100
    assert received == pytest.approx(sent, abs=1)
    assert behind.counters["network.far.out.pushed"] == pytest.approx(behind.counters["wire.out.items"], abs=1)
    seldom = LOAD | {"rate": "5 kpps"}
    quick, slow = (
        played(build(scenario(tmp_path, guests, seldom, **rest))).counters["a.sink.minimum_ps"]
        for rest in ({}, {"network": network})
    )
    assert slow - quick == 672_000 + 5_000_000, "84 bytes on 1 Gbit/s, and the switch"


CELLS = {
    "two hosts, one path each": (
        [{"name": "a", "datapath": "vhost-net"}, {"name": "b", "on_host": "other"}],
        [ASK, {"name": "bulk", "kind": "bulk", "from": "b", "to": "a", "window": 8}],
        {"hosts": ["other"], "network": {"latency": "1 us", "buffer": "64 KiB", "far_rate": "10 Gbit/s"}},
    ),
    "eight guests on each, every second with a polling switch": (
        [{"name": "a", "count": 8, "datapath": "vhost-user"}, {"name": "b", "count": 8, "on_host": "other"}],
        [LOAD | {"from": "a*", "to": "b*", "rate": "20 kpps"}, LOAD | {"name": "in", "kind": "poisson", "guests": "b*"}],
        {"hosts": [{"name": "other", "host": "textbook"}]},
    ),
    "a chain that leads over both hosts by a cable": (
        [{"name": "a"}, {"name": "f", "on_host": "other", "application": {"kind": "forward"}}, {"name": "b"}],
        [LOAD | {"from": "a", "through": "f", "to": "b"}],
        {"hosts": ["other"], "network": "cable"},
    ),
    "a bond and its neighbours": (
        [{"name": "a", "count": 3, "datapath": "vhost-net"}, {"name": "e", "datapath": "emulated-e1000"}],
        [LOAD | {"guests": "a*", "flows": 16}, LOAD | {"name": "n", "from": "a0", "to": "e"}, ASK | {"from": "e", "to": "peer"}],
        BOND,
    ),
    "an active-backup bond that is pulled": (
        [{"name": "a", "count": 2, "datapath": "container"}],
        [LOAD, LOAD | {"name": "out", "direction": "tx"}],
        BOND
        | {
            "switch": {"bond": {"mode": "active-backup", "miimon": "50 us"}},
            "events": [{"at": "110 us", "link": "down", "nic": "nic0"}],
            "measurement": {"warmup": "50 us", "duration": "1 ms"},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_both_engines_agree_and_nothing_is_lost_unseen(tmp_path: Path, name: str) -> None:
    guests, traffic, rest = CELLS[name]
    plan = plan_of(scenario(tmp_path, guests, *traffic, **rest))
    counters = random_hosts.played(plan).counters
    assert sum(counters[f"{sink.name}.count"] for sink in plan.sinks) > 5


def test_so_do_they_on_random_ones(tmp_path: Path) -> None:
    chance = Random(1)
    assert sum(len(random_hosts.played(random_hosts.drawn(chance, tmp_path)).log) for _ in range(6)) > 500


def test_a_pulled_cable_between_hosts_cuts_both_ways(tmp_path: Path) -> None:
    items = [
        LOAD | {"name": name, "from": one, "to": to} for name, one, to in (("there", "a", "b"), ("back", "b", "a"))
    ]
    events = [{"at": "1 ms", "link": "down", "nic": "other"}]
    window = {"warmup": "0 ms", "duration": "2 ms"}
    found = scenario(tmp_path, PAIR, *items, hosts=["other"], network="cable", events=events, measurement=window)
    counters = played(plan_of(found)).counters
    for name in ("wire.out", "other.wire.out"):
        assert counters[f"{name}.dropped"] == pytest.approx(50, abs=2)
    assert counters["a.sink.count"] == pytest.approx(50, abs=3)


def test_first_packets_of_flows_come_by_both_adapters_of_a_bond(tmp_path: Path) -> None:
    flow = LOAD | {"kind": "poisson", "new_flows": "20 %", "flows": 16, "rate": "100 kpps"}
    rest = BOND | {"switch": {"kind": "ovs-kernel", "bond": "layer3+4"}}
    counters = played(build(scenario(tmp_path, [{"name": "a", "datapath": "vhost-net"}], flow, **rest))).counters
    assert counters["a.upcall.handler.served"] > 10
    assert not any(value for key, value in counters.items() if key.endswith("receive.dropped") or "ingress" in key)
    assert min(counters[f"nic{n}.wire.in.items"] for n in (0, 1)) > 60


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ({"hosts": ["other", "other"]}, "hosts[1].name: 'other' is the name of another host too"),
        ({"hosts": ["other", "a"]}, "hosts[1].name: 'a' is the name of a guest or an adapter too"),
        ({"hosts": ["othre"]}, "guests[1].on_host: 'other' is not a known host"),
        ({}, "guests[1].on_host: 'other' is not a known host"),
        ({"hosts": ["other", "third"]}, "hosts[1]: third has no guest"),
        ({"hosts": [{"name": "other", "host": "modrn"}]}, "hosts[0].host.model"),
        ({"hosts": [{"name": "other", "host": {"cores": 0}}]}, "hosts[0].host.cores"),
        ({"hosts": [{"name": "other", "host": {"model": "modern", "cores": 1}, "switch": "linux-bridge"}]}, "hosts[0].switch.kind"),
        ({"hosts": [{"name": "other", "host": {"costs": {"nothing": "1 ns"}}}]}, "hosts[0].host.costs.nothing"),
        ({"hosts": [{"name": "other", "nics": ["e810", "e810"]}]}, "hosts[0].nics[1]: has nobody behind it"),
        ({"hosts": [{"name": "other", "nic": {"model": "e810", "loopback": "1 Gbit/s"}}]}, "hosts[0].nic.loopback"),
        ({"hosts": [{"name": "other", "host": "./none.yaml"}]}, "hosts[0].host.model: './none.yaml' is no file"),
        ({"hosts": ["other"], "network": {"kind": "cable", "latency": "1 us"}}, "network: 'latency' is of a switch"),
        ({"hosts": ["other"], "network": "cabel"}, "network.kind: 'cabel'"),
        ({"hosts": ["other"], "nics": ["e810"], "switch": {"bond": "layer2"}}, "switch.bond: 'layer2' is of two adapters"),
        ({"hosts": ["other"], **BOND}, "is not behind the switch of the host's kernel"),
        ({"hosts": ["other"], "nics": ["e810", "e810"], "switch": {"bond": "layer4"}}, "switch.bond: 'layer4' is not one of the choices"),
    ],
)  # fmt: skip
def test_hosts_that_cannot_be(tmp_path: Path, rest: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        study(file_of(tmp_path, PAIR, [ASK], **rest))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("guests", "traffic", "rest", "complaint"),
    [
        ([{"name": "a"}], [LOAD], {"network": "cable"}, "is between two hosts with one adapter each; there are the first host with 1"),
        (PAIR, [LOAD], {"hosts": ["other"], "network": "cable"}, "traffic[0]: is from or to the far end"),
        (PAIR, [ASK], {"hosts": ["other"], "network": "cable", "switch": {"mode": "vepa"}}, "sends nothing back"),
        ([{"name": "a", "datapath": "vhost-net", "nic": "nic1"}], [LOAD], BOND, "guests[0].nic: 'nic1' is one of a bond"),
        ([{"name": "a"}, {"name": "b", "on_host": "other", "vlan": 3}], [ASK], {"hosts": ["other"]}, "no switch carries it there"),
        ([{"name": "a", "datapath": "xen-netfront"}, {"name": "b", "datapath": "vhost-net"}], [ASK], {}, "one hypervisor"),
    ],
)  # fmt: skip
def test_networks_that_cannot_be(
    tmp_path: Path, guests: list[Any], traffic: list[Any], rest: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        study(file_of(tmp_path, guests, traffic, **rest))
    assert complaint in str(caught.value)


def test_each_host_has_a_hypervisor_of_its_own(tmp_path: Path) -> None:
    guests = [{"name": "a", "datapath": "xen-netfront"}, {"name": "b", "datapath": "vhost-net", "on_host": "other"}]
    found = study(file_of(tmp_path, guests, [ASK], hosts=["other"], host="modern"))
    assert found
    # and what neighbours cannot be across one host they may be across two
    routed = [{"name": "a", "datapath": "macvlan"}, {"name": "b", "datapath": "macvlan", "on_host": "other"}]
    trace = played(build(scenario(tmp_path, routed, ASK, hosts=["other"])))
    assert trace.counters["a.sink.count"] > 3


def test_too_few_cores_are_told_of_the_host_that_has_them(tmp_path: Path) -> None:
    guests = [{"name": "a"}, {"name": "b", "on_host": "other", "datapath": "vhost-net"}]
    hosts = [{"name": "other", "host": {"model": "textbook", "cores": 2}}]
    with pytest.raises(ScenarioErrors, match=r"hosts\[0\].host.cores: needs 3 cores"):
        study(file_of(tmp_path, guests, [ASK], hosts=hosts))
