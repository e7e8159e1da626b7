"""What is outside of a host: a switch whose queues overflow, and two adapters bonded to one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.plan.model import Plan
from simulator.scenario import load
from simulator.scenario.host import Bond
from simulator.sriov import uplinks
from simulator.sriov.schedule import plan_of

MS = 10**9
GUESTS = [{"name": "vm", "count": 4, "datapath": "vhost-net"}]
IN = {"name": "in", "kind": "constant", "rate": "10 kpps", "size": "256 B"}
OUT = IN | {"name": "out", "direction": "tx"}
NICS = [{"model": "textbook-nic", "rate": "10 Gbit/s"}] * 2


def plan(tmp_path: Path, guests: list[Any], *traffic: Any, **rest: Any) -> Plan:
    content = {"schema": 1, "host": "textbook", "guests": guests, "traffic": traffic} | rest
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content))
    return plan_of(load(file))


def counters(found: Plan, *until_ms: int) -> list[dict[str, int]]:
    """What was counted up to each of these times since the one before."""
    engine, held = CompiledEngine(found, 1), []
    before: dict[str, int] = {}
    for ms in until_ms:
        engine.run(ms * MS)
        now = dict(engine.trace().counters)
        held.append({name: value - before.get(name, 0) for name, value in now.items()})
        before = now
    return held


def bonded(tmp_path: Path, mode: str, *events: dict[str, Any], flows: int = 1, count: int = 4) -> Plan:
    guests = [GUESTS[0] | {"count": count}]
    items = [item | {"flows": flows} for item in (IN, OUT)]
    switch = {"bond": {"mode": mode, "miimon": "2 ms"}}
    window = {"warmup": "1 ms", "duration": "19 ms"}
    return plan(tmp_path, guests, *items, nics=NICS, switch=switch, events=events, measurement=window)


def shares(held: dict[str, int]) -> tuple[int, int, int, int]:
    """Frames into the host by both adapters, and out by both."""
    return tuple(held[f"nic{n}.wire.{way}.items"] for way in ("in", "out") for n in (0, 1))  # type: ignore[return-value]


@pytest.mark.parametrize(("room", "loses"), [("16 KiB", True), ("1 MiB", False)])
def test_bursts_of_quick_hosts_overflow_the_switch_in_front_of_a_slow_one(
    tmp_path: Path, room: str, loses: bool
) -> None:
    guests = [{"name": "to"}, {"name": "one", "on_host": "left"}, {"name": "two", "on_host": "right"}]
    burst = {"kind": "bursts", "rate": "10 kpps", "burst": 100, "size": "1518 B", "to": "to"}
    items = [burst | {"name": f"from-{name}", "from": name} for name in ("one", "two")]
    quick = {"model": "textbook-nic", "rate": "10 Gbit/s"}
    hosts = [{"name": name, "nic": quick} for name in ("left", "right")]
    slow = quick | {"rate": "1 Gbit/s"}
    found = plan(tmp_path, guests, *items, hosts=hosts, nic=slow, network={"buffer": room})
    (held,) = counters(found, 50)
    assert (held["network.out.dropped"] > 100) == loses
    assert held["to.sink.count"] + held["network.out.dropped"] == pytest.approx(1000, abs=200)
    assert not any(value for name, value in held.items() if name.endswith(".dropped") and name != "network.out.dropped")
    alone = plan(tmp_path, guests[:2], items[0], hosts=hosts[:1], nic=quick, network={"buffer": room})
    assert counters(alone, 50)[0]["network.out.dropped"] == 0, "one host sends no faster than an equal port"


def test_active_backup_uses_one_adapter(tmp_path: Path) -> None:
    (held,) = counters(bonded(tmp_path, "active-backup"), 10)
    first_in, second_in, first_out, second_out = shares(held)
    assert (second_in, second_out) == (0, 0)
    assert first_in > 390
    assert first_out > 390


@pytest.mark.parametrize(
    ("mode", "flows", "count", "by_one"),
    [("layer2", 16, 1, True), ("layer3+4", 1, 1, True), ("layer3+4", 16, 1, False), ("layer2", 1, 4, False), ("layer3+4", 1, 4, False)],
)  # fmt: skip
def test_a_hash_shares_what_it_can_tell_apart(tmp_path: Path, mode: str, flows: int, count: int, by_one: bool) -> None:
    (held,) = counters(bonded(tmp_path, mode, flows=flows, count=count), 10)
    for one, other in (shares(held)[:2], shares(held)[2:]):
        assert (min(one, other) == 0) == by_one, "one flow, or one pair of addresses, has one cable"
        assert min(one, other) >= (0 if by_one else 0.3 * (one + other))
        assert one + other > 95 * count


def test_active_backup_loses_until_the_monitor_looks(tmp_path: Path) -> None:
    found = bonded(tmp_path, "active-backup", {"at": "5 ms", "link": "down", "nic": "nic0"})
    before, gap, after = counters(found, 6, 7, 20)  # the window begins at 1 ms: the cable at 6 ms, the look at 7 ms
    assert before["vm0.sink.count"] > 50
    assert gap["nic0.wire.in.dropped"] == pytest.approx(40, abs=2)
    assert gap["nic0.wire.out.dropped"] == pytest.approx(40, abs=2)
    assert shares(after)[0] == 0
    assert after["vm0.sink.count"] == pytest.approx(130, abs=2)
    assert after["nic1.wire.out.items"] == pytest.approx(520, abs=4)
    assert not after["nic1.wire.out.dropped"]
    # without the mechanism nothing comes any more
    still = counters(replace(found, events=tuple(e for e in found.events if e.kind != "entry")), 7, 20)[1]
    assert still["vm0.sink.count"] == 0
    assert still["nic0.wire.in.dropped"] == pytest.approx(520, abs=4)


def test_a_hash_loses_the_half_and_shares_again(tmp_path: Path) -> None:
    events = [{"at": "5 ms", "link": "down", "nic": "nic0"}, {"at": "9 ms", "link": "up", "nic": "nic0"}]
    found = bonded(tmp_path, "layer2", *events)
    _, gap, one, looked, both = counters(found, 6, 7, 10, 11, 20)
    assert gap["nic0.wire.in.dropped"] == pytest.approx(20, abs=2)
    assert gap["nic1.wire.in.items"] == pytest.approx(20, abs=2)
    assert shares(one)[0] == shares(one)[2] == 0
    assert shares(looked)[1] == pytest.approx(40, abs=2)
    assert shares(both)[0] == pytest.approx(shares(both)[1], abs=4)


@pytest.mark.parametrize(
    ("mode", "links", "expected"),
    [
        ("active-backup", [(5, 0, False)], [(6, 1)]),
        ("active-backup", [(6, 0, False)], [(6, 1)]),
        ("active-backup", [(5, 0, False), (7, 0, True)], [(6, 1)]),
        ("active-backup", [(5, 0, False), (7, 0, True), (9, 1, False)], [(6, 1), (10, 0)]),
        ("active-backup", [(3, 0, False), (3, 0, True)], []),
        ("active-backup", [(1, 1, False), (3, 0, False)], []),
        ("active-backup", [(1, 1, False), (3, 0, False), (9, 1, True)], [(10, 1)]),
        ("layer2", [(1, 1, False), (3, 0, False), (5, 0, True), (9, 1, True)], [(2, 0), (10, 2)]),
        ("layer3+4", [(5, 0, False), (7, 0, True)], [(6, 1), (8, 2)]),
    ],
)
def test_what_the_monitor_chooses(mode: str, links: list[tuple[int, int, bool]], expected: list[Any]) -> None:
    bond = Bond.model_validate({"mode": mode, "miimon": "2 ps"})
    assert list(uplinks.choices(bond, links)) == expected
