"""Events of a scenario on the running data plane: gaps and losses are those that the waits of hardware and drivers bring about.

Each gap has its test, and the same run without the event (or with the mechanism taken out of it) has no gap, so that a mechanism
that does nothing is noticed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import ScenarioErrors
from simulator.plan.model import Plan
from simulator.scenario import Scenario, load
from simulator.scenario.build import build
from simulator.sriov import timing
from simulator.sriov.schedule import timeline, with_events
from simulator.study.point import PointResult, assess
from simulator.study.ranges import Warmup
from simulator.study.runs import Job, run

MS = 10**9
HEAD = """schema: 1
host: modern
nic: {model: e810, rate: 10 Gbit/s}
guests: [{name: vm, count: 2, datapath: sriov-vf}]
"""
TRAFFIC = "traffic: [{name: in, kind: constant, direction: rx, rate: RATE, size: 256 B}]\n"
SLOW, FAST = "2 kpps", "100 kpps"


def scenario(tmp_path: Path, *events: str, length: str = "10 ms", rate: str = FAST, traffic: str = "") -> Scenario:
    happening = "".join(f"  - {event}\n" for event in events)
    text = HEAD + (traffic or TRAFFIC.replace("RATE", rate))
    text += f"measurement: {{warmup: 1 ms, duration: {length}}}\nreplications: 1\n"
    text += f"events:\n{happening}" if events else "  \n"
    path = tmp_path / "events.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def result(wanted: Scenario, plan: Plan | None = None, pieces: int = 100) -> dict[str, Any]:
    from simulator.scenario import Point

    plan = plan or with_events(wanted, build(wanted))
    window = wanted.measurement
    job = Job(0, plan, window.before_ps, window.duration_ps, "compiled", 1, 0, interval_ps=window.duration_ps // pieces)
    entry: PointResult = assess(Point("", {}, wanted), plan, [run(job)], Warmup(window.before_ps))
    return entry.entry


def outage_ms(entry: dict[str, Any], guest: str) -> float:
    """The longest time without a delivered packet, in ms; in whole intervals."""
    return max(outages_ms(entry, guest), default=0.0)


def outages_ms(entry: dict[str, Any], guest: str) -> list[float]:
    """Lengths of the times without a delivered packet, in ms, in order."""
    found, here = [], 0
    for row in [*entry["over_time"]["guests"][guest], {"delivered_pps": 1}]:
        if row["delivered_pps"]:
            found += [here] if here else []
            here = 0
        else:
            here += 1
    return [length * float(entry["over_time"]["interval_s"]) * 1000 for length in found]


def without_rings(plan: Plan) -> Plan:
    """The mechanism taken out: functions never go off."""
    return replace(plan, events=tuple(event for event in plan.events if event.kind not in ("ring", "reset")))


# Gaps of the specification's timeline, at their real length


def test_pf_reset_takes_all_vfs_for_the_waits_and_their_drivers_start(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 100 ms, reset: pf}", length="500 ms", rate=SLOW)
    down_ms = (timing.FLR.ps + timing.SETTLE.ps + timing.VF_START["iavf"].ps) / MS
    entry = result(wanted)
    for guest in ("vm#0", "vm#1"):
        assert outage_ms(entry, guest) == pytest.approx(down_ms, abs=10)
    sound = result(wanted, without_rings(with_events(wanted, build(wanted))))
    assert outage_ms(sound, "vm#0") <= 5


def test_unplug_waits_for_the_guest_and_plug_for_reset_and_driver(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 50 ms, unplug: vm0}", "{at: 250 ms, plug: vm0}", length="500 ms", rate=SLOW)
    entry = result(wanted)
    begins_ms = (50 * MS + timing.UNPLUG_ACPI.ps) / MS
    ends_ms = (250 * MS + timing.FLR.ps + timing.VF_START["iavf"].ps) / MS
    assert outage_ms(entry, "vm#0") == pytest.approx(ends_ms - begins_ms, abs=10)
    assert outage_ms(entry, "vm#1") <= 5
    assert set(entry["drops"]) == {"vm0.q0.rx"}
    assert entry["drops"]["vm0.q0.rx"] == pytest.approx((ends_ms - begins_ms) * 2, abs=3)
    sound = result(wanted, without_rings(with_events(wanted, build(wanted))))
    assert (outage_ms(sound, "vm#0"), sum(sound["drops"].values())) == (pytest.approx(0, abs=5), 0)


def test_from_n_to_m_vfs_interrupts_all_of_them(tmp_path: Path) -> None:
    events = ("{at: 50 ms, numvfs: 0}", "{at: 150 ms, numvfs: 2}")
    wanted = scenario(tmp_path, *events, length="500 ms", rate=SLOW)
    back_ms = 150 + (timing.SETTLE.ps + timing.FLR.ps + timing.VF_START["iavf"].ps) / MS
    for guest in ("vm#0", "vm#1"):
        assert outage_ms(result(wanted), guest) == pytest.approx(back_ms - 50, abs=10)
    sound = result(wanted, without_rings(with_events(wanted, build(wanted))))
    assert (outage_ms(sound, "vm#0"), sum(sound["drops"].values())) == (pytest.approx(0, abs=5), 0)


def test_vfs_that_are_enabled_later_are_not_there_before(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 4 ms, numvfs: 2, takes: 1 ms}")
    rows = result(wanted)["over_time"]["guests"]["vm"]
    came = [bool(row["delivered_pps"]) for row in rows]
    assert came[:50] == [False] * 50
    assert came[51:] == [True] * 49


# What one VF does does not touch another


@pytest.mark.parametrize("event", ["{at: 2 ms, reset: vm0, takes: 3 ms}", "{at: 2 ms, unplug: vm0, takes: 1 ms}"])
def test_flr_or_unplug_of_one_vf_loses_no_packet_of_another(tmp_path: Path, event: str) -> None:
    entry = result(scenario(tmp_path, event))
    assert set(entry["drops"]) == {"vm0.q0.rx"}
    assert outage_ms(entry, "vm#0") >= 2.9
    calm = result(scenario(tmp_path, "{at: 2 ms, rate: vm0, to: off}"))
    assert entry["guests"]["vm#1"]["all"]["delivered_pps"] == calm["guests"]["vm#1"]["all"]["delivered_pps"]


def test_a_malicious_driver_loses_its_own_function_until_it_is_reset(tmp_path: Path) -> None:
    """The other guest receives what it receives on a calm host, packet for packet and at the same times."""
    attack = scenario(tmp_path, "{at: 2 ms, malicious: vm0}", "{at: 6 ms, reset: vm0, takes: 1 ms}")
    entry, calm = result(attack), result(scenario(tmp_path, "{at: 2 ms, rate: vm0, to: off}"))
    assert outages_ms(entry, "vm#0") == pytest.approx([5.0], abs=0.2)
    assert set(entry["drops"]) == {"vm0.q0.rx"}
    assert entry["guests"]["vm#1"]["all"] == calm["guests"]["vm#1"]["all"]
    for_ever = result(scenario(tmp_path, "{at: 2 ms, malicious: vm0}"))
    assert outages_ms(for_ever, "vm#0") == pytest.approx([8.0], abs=0.2)


def test_a_malicious_driver_needs_a_function(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 1 ms, unplug: vm0, takes: 100 us}", "{at: 3 ms, malicious: vm0}")
    with pytest.raises(ScenarioErrors, match="ENODEV"):
        with_events(wanted, build(wanted))


FLOOD = """traffic:
  - {name: flood, guests: vm0, kind: constant, direction: WAY, throughput: RATE, size: 64 B, overload: on}
  - {name: calm, guests: vm1, kind: constant, direction: WAY, rate: 100 kpps, size: 256 B}
"""


def flooded(tmp_path: Path, way: str, rate: str) -> dict[str, Any]:
    return result(scenario(tmp_path, traffic=FLOOD.replace("WAY", way).replace("RATE", rate)))


def test_a_flood_to_one_function_does_not_touch_another(tmp_path: Path) -> None:
    """59,000 of 62,000 frames are lost at the ring and the socket of the one; the other's wait for a write on the bus at most."""
    entry, calm = (flooded(tmp_path, "rx", rate) for rate in ("3 Gbit/s", "1 Mbit/s"))
    assert entry["drops"]["vm0.q0.rx"] > 10_000
    assert set(entry["drops"]) == {"vm0.q0.rx", "vm0.q0.socket"}
    mine, other = (found["guests"]["vm#1"]["all"] for found in (entry, calm))
    assert mine["delivered_pps"] == other["delivered_pps"]
    for metric in ("p50", "p99"):
        assert mine["latency_us"][metric] == pytest.approx(other["latency_us"][metric], rel=0.001)
    # a frame that waited comes on the other side of an interrupt now and then
    assert mine["latency_us"]["mean"] == pytest.approx(other["latency_us"]["mean"], rel=0.005)


def test_a_flood_from_one_function_costs_another_a_turn_at_most(tmp_path: Path) -> None:
    entry, calm = (flooded(tmp_path, "tx", rate)["guests"]["vm#1"]["all"] for rate in ("3 Gbit/s", "1 Mbit/s"))
    assert entry["delivered_pps"] == calm["delivered_pps"]
    assert entry["latency_us"]["mean"] == pytest.approx(calm["latency_us"]["mean"], rel=0.002)
    assert entry["latency_us"]["max"] == pytest.approx(calm["latency_us"]["max"], rel=0.01)


def test_a_storm_of_resets_of_one_vf_leaves_the_other_alone(tmp_path: Path) -> None:
    storm = [f"{{at: {number} ms, reset: vm0, takes: 500 us}}" for number in range(1, 9)]
    entry = result(scenario(tmp_path, *storm))
    assert set(entry["drops"]) == {"vm0.q0.rx"}
    assert entry["guests"]["vm#1"]["all"]["delivered_pps"] == pytest.approx(100_000, rel=0.002)
    assert entry["drops"]["vm0.q0.rx"] == pytest.approx(8 * 0.5 * 100, rel=0.1)


# Several adapters, each with its PF


def several(tmp_path: Path, *events: str) -> Scenario:
    """Two adapters, two guests behind each in turn: vm0 and vm2, vm1 and vm3."""
    text = HEAD.replace("nic: {model: e810, rate: 10 Gbit/s}", "nics: [{name: a, model: e810}, {name: b, model: x710}]")
    text = text.replace("count: 2", "count: 4") + TRAFFIC.replace("RATE", FAST)
    text += "measurement: {warmup: 1 ms, duration: 10 ms}\nreplications: 1\nevents:\n"
    path = tmp_path / "several.yaml"
    path.write_text(text + "".join(f"  - {event}\n" for event in events), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("event", "lost"),
    [
        ("{at: 2 ms, nic: b, reset: pf, takes: 3 ms}", {"vm1.q0.rx", "vm3.q0.rx"}),
        ("{at: 2 ms, reset: vm2, takes: 3 ms}", {"vm2.q0.rx"}),
        ("{at: 2 ms, nic: a, numvfs: 0}", {"vm0.q0.rx", "vm2.q0.rx"}),
        ("{at: 2 ms, nic: a, link: down}", {"a.wire.in"}),
    ],
)
def test_an_event_of_one_adapter_leaves_the_other_alone(tmp_path: Path, event: str, lost: set[str]) -> None:
    assert set(result(several(tmp_path, event))["drops"]) == lost


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{at: 2 ms, reset: pf}", "is needed where there are several adapters: a, b"),
        ("{at: 2 ms, nic: c, link: down}", "is not a known adapter; choices: a, b"),
        ("{at: 2 ms, nic: a, reset: vm1}", "is for numvfs, link and reset: pf"),
    ],
)
def test_which_adapter_has_to_be_said_where_no_guest_is_named(tmp_path: Path, event: str, message: str) -> None:
    with pytest.raises(ScenarioErrors, match=message):
        several(tmp_path, event)


def test_a_name_of_an_adapter_needs_several(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors, match="is for a host with several adapters"):
        scenario(tmp_path, "{at: 1 ms, nic: a, reset: pf}")


# Rates, links, and what is called off


def test_a_rate_holds_from_its_event_on(tmp_path: Path) -> None:
    flood = "traffic: [{name: out, kind: constant, direction: tx, throughput: 2 Gbit/s, size: 1024 B, overload: on}]\n"
    wanted = scenario(
        tmp_path, "{at: 3 ms, rate: vm0, to: 500 Mbit/s}", "{at: 7 ms, rate: vm0, to: off}", traffic=flood
    )
    rows = result(wanted)["over_time"]["guests"]["vm#0"]

    def mean_bps(first: int, last: int) -> float:
        return sum(row["throughput_bps"] for row in rows[first:last]) / (last - first)

    assert mean_bps(10, 30) == pytest.approx(2e9, rel=0.03)
    assert mean_bps(40, 70) == pytest.approx(500e6 * 1020 / 1024, rel=0.03)


def test_a_cable_that_is_pulled_loses_what_is_on_it(tmp_path: Path) -> None:
    entry = result(scenario(tmp_path, "{at: 4 ms, link: down}", "{at: 6 ms, link: up}"))
    assert set(entry["drops"]) == {"wire.in"}
    assert entry["drops"]["wire.in"] == pytest.approx(400, abs=2)
    assert outage_ms(entry, "vm#0") == pytest.approx(2, abs=0.2)


def test_a_later_event_calls_off_what_was_to_come(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 2 ms, reset: vm0, takes: 4 ms}", "{at: 4 ms, unplug: vm0, takes: 100 us}")
    changes = [(at_ps // MS, value) for at_ps, kind, name, value in timeline(wanted).events if name == "vm0"]
    assert changes == [(2, 0), (4, 0)]
    assert outage_ms(result(wanted), "vm#0") == pytest.approx(8, abs=0.2)


def test_every_packet_is_delivered_dropped_at_a_named_place_or_in_flight(tmp_path: Path) -> None:
    events = (
        "{at: 2 ms, unplug: vm*, takes: 1 ms}",
        "{at: 5 ms, plug: vm1, takes: 1 ms}",
        "{at: 7 ms, reset: pf, takes: 1 ms}",
    )
    entry = result(scenario(tmp_path, *events))
    balance = entry["conservation"]
    went = entry["latency_exact"]["count"] + sum(entry["drops"].values()) + balance["in_flight_end"]
    assert balance["offered"] + balance["in_flight_start"] == went


# What the control plane refuses


@pytest.mark.parametrize(
    ("events", "errno"),
    [
        (("{at: 1 ms, numvfs: 0}", "{at: 2 ms, numvfs: 2}", "{at: 3 ms, numvfs: 1}"), "EBUSY"),
        (("{at: 1 ms, rate: vm0, to: 400 Gbit/s}",), "EINVAL"),
        (("{at: 1 ms, plug: vm0}",), "EBUSY"),
        (("{at: 1 ms, numvfs: 0}", "{at: 2 ms, reset: vm1}"), "ENODEV"),
        (("{at: 1 ms, numvfs: 0}", "{at: 2 ms, numvfs: 4000}"), "ERANGE"),
    ],
)
def test_refusals_are_errors_of_the_scenario(tmp_path: Path, events: tuple[str, ...], errno: str) -> None:
    wanted = scenario(tmp_path, *events)
    with pytest.raises(ScenarioErrors, match=errno):
        with_events(wanted, build(wanted))


def test_no_events_no_change(tmp_path: Path) -> None:
    wanted = scenario(tmp_path)
    plan = build(wanted)
    assert with_events(wanted, plan) is plan
