"""A guest that forwards between two interfaces: what it spends, where packets come in and go out, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.bounds import bound
from simulator.engines.compiled import CompiledEngine
from simulator.errors import ScenarioErrors
from simulator.plan.trace import Trace
from simulator.scenario import Scenario, load, names
from simulator.scenario.audit import study
from simulator.scenario.build import build
from tests.engines.available import ENGINES

RUN_PS = 2_000_000_000
NICS = [{"model": "textbook-nic", "name": name} for name in ("left", "right")]
THERE = {"from": "peer", "to": "peer", "through": "r*"}
BACK = THERE | {"reverse": True}


def router(*, kind: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    application = {"kind": "forward"} | (kind or {})
    return {"name": "r", "nic": "left", "second_nic": "right", "application": application} | keys


def written(tmp_path: Path, guests: list[Any], *items: dict[str, Any], **rest: Any) -> Path:
    content = {"schema": 1, "host": "textbook", "nics": NICS, "guests": guests} | rest
    loads = [{"name": f"t{n}", "kind": "constant", "rate": "50 kpps", **item} for n, item in enumerate(items)]
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content | {"traffic": loads}))
    return file


def scenario(tmp_path: Path, guests: list[Any], *items: dict[str, Any], **rest: Any) -> Scenario:
    return load(written(tmp_path, guests, *items, **rest))


def played(found: Scenario, run_ps: int = RUN_PS) -> Trace:
    engine = CompiledEngine(build(found), 1)
    engine.run(run_ps)
    return engine.trace()


@pytest.mark.parametrize(
    ("by", "between_ps"),
    [("automatic", 300_000), ("route", 300_000), ("linux-bridge", 250_000), ("ovs-kernel", 310_000)],
)
def test_one_packet_through_a_kernel(tmp_path: Path, by: str, between_ps: int) -> None:
    # wire 67.2; handler 500, poll 200, driver 350, buffer 40, in between, driver 120, doorbell 20 + 115; its way 300, descriptor
    # and packet are read in 350 each, wire 67.2
    found = scenario(tmp_path, [router(kind={"by": by}, datapath="native")], THERE | {"rate": "1 kpps"})
    counters = played(found).counters
    assert counters["r.sent.count"] == 2
    assert counters["r.sent.minimum_ps"] == 2_479_400 + between_ps


MODES = [
    *((path, "automatic") for path in names.TWO_INTERFACES),
    *((path, "poll") for path in ("native", "sriov-vf", "vhost-user")),
]


@pytest.mark.parametrize(("path", "mode"), MODES)
def test_what_comes_in_by_one_goes_out_by_the_other(tmp_path: Path, path: str, mode: str) -> None:
    found = scenario(tmp_path, [router(datapath=path, interrupts=mode, vcpus=2)], THERE | {"rate": "10 kpps"}, BACK)
    counters = played(found).counters
    assert counters["left.wire.in.items"] == 20, "there"
    assert counters["right.wire.in.items"] == pytest.approx(100, abs=1), "and back"
    assert counters["right.wire.out.items"] >= 19
    assert counters["left.wire.out.items"] >= 97
    assert counters["left.wire.out.items"] + counters["right.wire.out.items"] >= counters["r.sent.count"] >= 117


def test_a_chain_of_pairs_of_functions_uses_no_wire_inside(tmp_path: Path) -> None:
    guest = router(count=3, nic="left", second_nic="left")
    found = scenario(tmp_path, [guest], THERE, BACK | {"rate": "10 kpps"}, nics=NICS[:1])
    counters = played(found).counters
    assert counters["left.port.loopback.items"] == pytest.approx(2 * 120, abs=3)
    # the way there meets each first interface, the way back each second one, the last guest first
    assert [counters[f"r{n}.q0.napi.served"] for n in range(3)] == pytest.approx([100] * 3, abs=2)
    assert [counters[f"r{n}.second.q0.napi.served"] for n in range(3)] == pytest.approx([20] * 3, abs=2)


def test_one_core_routes_what_its_costs_allow(tmp_path: Path) -> None:
    found = scenario(tmp_path, [router(datapath="native")], THERE | {"rate": "2 Mpps"})
    trace = played(found, 4_000_000_000)
    # 350 + 40 + 300 + 120 + 135 and a sent packet's 60, of both interfaces, by one core
    most = 10**12 / 1_005_000
    rate = trace.counters["r.sent.count"] / 4e-3
    assert 0.95 * most < rate < most
    assert bound(build(found)).saturation_pps == pytest.approx(10**12 / 870_000, rel=0.01), "without doorbells"


def test_a_full_poll_mode_router_frees_what_it_sends(tmp_path: Path) -> None:
    guest = router(interrupts="poll", vcpus=2, tx_ring=64)
    counters = played(scenario(tmp_path, [guest], THERE | {"rate": "5 Mpps"})).counters
    assert counters["r.sent.count"] > 9_900, "150 rings of packets"


@pytest.mark.parametrize(
    ("path", "mode"),
    [(path, "automatic") for path in ("native", "vhost-net", "vhost-user")]
    + [("native", "poll"), ("vhost-user", "poll")],
)
def test_both_engines_agree(tmp_path: Path, path: str, mode: str) -> None:
    plan = build(
        scenario(tmp_path, [router(datapath=path, interrupts=mode, vcpus=2)], THERE | {"kind": "bursts"}, BACK)
    )
    traces = []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(500_000_000)
        traces.append(made.trace())
    assert traces[0].log == traces[1].log
    assert traces[0].counters == traces[1].counters
    assert traces[0].counters["r.sent.count"] > 10


@pytest.mark.parametrize(
    ("keys", "item", "complaint"),
    [
        ({"application": {"kind": "socket"}}, {"guests": "r"}, "second_nic is for guests that forward"),
        ({"second_nic": "middle"}, THERE, "'middle' is not a known adapter"),
        ({"second_nic": "left"}, THERE, "has nobody behind it: name right"),
        ({"datapath": "emulated-e1000"}, THERE, "second_nic is for guests that forward"),
        ({"interrupts": "poll"}, THERE, "needs a vCPU of its own: 2 queues, 1 vCPUs"),
        ({"application": {"kind": "forward", "by": "vpp"}}, THERE, "'vpp' is not a known forwarder with interrupts"),
        ({}, {"reverse": True, "guests": "r"}, "has no chain to pass from its end"),
    ],
)
def test_what_a_router_cannot_be(tmp_path: Path, keys: dict[str, Any], item: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        study(written(tmp_path, [router(**keys)], item))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(("item", "port"), [(THERE, "right"), (BACK, "left")])
def test_the_line_that_is_left_by_must_carry_it(tmp_path: Path, item: dict[str, Any], port: str) -> None:
    slow = [nic | {"rate": "100 Mbit/s"} if nic["name"] == port else nic for nic in NICS]
    file = written(tmp_path, [router()], item | {"rate": "200 kpps"}, nics=slow)
    with pytest.raises(
        ScenarioErrors, match=rf"from the guests offers 134.4 Mbit/s, .* a line of 100.0 Mbit/s \({port}\)"
    ):
        study(file)


def test_two_ways_out_of_one_interface_are_refused(tmp_path: Path) -> None:
    guests = [router(), {"name": "a", "nic": "right"}]
    with pytest.raises(ScenarioErrors, match="a forwarder has one way on"):
        study(written(tmp_path, guests, THERE, THERE | {"to": "a"}))
    study(written(tmp_path, guests, THERE | {"to": "a"}, BACK))
