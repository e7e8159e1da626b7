"""A standby beside the function, and a VM that is moved: gaps where the specification's timeline has them, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.plan.model import Plan
from simulator.scenario import Scenario, load
from simulator.scenario.events import Happening
from simulator.sriov import timing
from simulator.sriov.schedule import copying, plan_of, timeline
from tests.engines.agreement import first_difference
from tests.sriov.test_schedule import MS, outage_ms, outages_ms, result

MOVE = "{at: 50 ms, migrate: vm0, memory: 64 MiB, bandwidth: 10 Gbit/s, dirty: 5 Gbit/s, downtime: 20 ms}"
ROUNDS_MS = (53.687, 26.844, 13.422)
IN, OUT = "direction: rx", "direction: tx"


def scenario(
    tmp_path: Path, *events: str, standby: str | bool = "vhost-net", length: str = "500 ms", way: str = IN
) -> Scenario:
    beside = f", standby: {standby}" if standby else ""
    path = tmp_path / "failover.yaml"
    path.write_text(
        f"""schema: 1
host: modern
nic: {{model: e810, rate: 10 Gbit/s}}
guests: [{{name: vm, count: 2, datapath: sriov-vf{beside}}}]
traffic: [{{name: load, kind: constant, {way}, rate: 5 kpps, size: 256 B}}]
measurement: {{warmup: 5 ms, duration: {length}}}
replications: 1
events:
"""
        + "".join(f"  - {event}\n" for event in events),
        encoding="utf-8",
    )
    return load(path)


def without_failover(plan: Plan) -> Plan:
    """The mechanism taken out: nothing moves to the standby."""
    return replace(plan, events=tuple(event for event in plan.events if event.kind != "entry"))


def without_stop(plan: Plan) -> Plan:
    """The mechanism taken out: the VM is not stopped for the last round."""
    stopped = {index for index, ring in enumerate(plan.rings) if ".standby." in ring.name}
    kept = (event for event in plan.events if event.kind != "ring" or event.target not in stopped)
    return replace(plan, events=tuple(kept))


def test_rounds_copy_what_was_written_in_the_round_before() -> None:
    item = Happening.model_validate(
        {
            "at": "0 s",
            "migrate": "vm",
            "memory": "64 MiB",
            "bandwidth": "10 Gbit/s",
            "dirty": "5 Gbit/s",
            "downtime": "20 ms",
        }
    )
    assert [ps / MS for ps in copying(item)] == pytest.approx(ROUNDS_MS, abs=0.001)


def test_a_standby_takes_over_when_the_pf_is_reset(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 100 ms, reset: pf}")
    plan = plan_of(wanted)
    waits_ms = (timing.FLR.ps + timing.SETTLE.ps + timing.VF_START["iavf"].ps) / MS
    assert outages_ms(result(wanted, plan, 500), "vm#0") == pytest.approx([timing.FILTER.ps / MS], abs=1)
    assert outage_ms(result(wanted, without_failover(plan), 500), "vm#0") == pytest.approx(waits_ms, abs=2)


def test_what_is_sent_goes_through_the_standby_at_once(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, "{at: 100 ms, unplug: vm0}", "{at: 300 ms, plug: vm0}", way=OUT)
    plan = plan_of(wanted)
    entry = result(wanted, plan, 500)
    assert outages_ms(entry, "vm#0") == []
    assert sum(entry["drops"].values()) <= 1
    assert outage_ms(result(wanted, without_failover(plan), 500), "vm#0") > 200


def test_migration_with_a_standby_has_its_two_gaps_only(tmp_path: Path) -> None:
    entry = result(scenario(tmp_path, MOVE), pieces=500)
    assert outages_ms(entry, "vm#0") == pytest.approx([timing.FILTER.ps / MS, ROUNDS_MS[-1]], abs=1.5)
    assert outages_ms(entry, "vm#1") == []
    assert set(entry["drops"]) == {"vm0.q0.rx", "vm0.standby.rx"}
    at_the_standby = entry["drops"]["vm0.standby.rx"]
    assert at_the_standby == pytest.approx(ROUNDS_MS[-1] * 5, abs=2)
    wanted = scenario(tmp_path, MOVE)
    plan = plan_of(wanted)
    assert outage_ms(result(wanted, without_failover(plan), 500), "vm#0") > 230
    assert outages_ms(result(wanted, without_stop(plan), 500), "vm#0") == pytest.approx(
        [timing.FILTER.ps / MS], abs=1.5
    )


def test_migration_goes_by_the_function_then_by_the_standby_and_back(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, MOVE)
    rows = result(wanted, pieces=500)["over_time"]["guests"]["vm#0"]
    back_ms = 50 + (timing.UNPLUG_ACPI.ps + timing.FILTER.ps) / MS + sum(ROUNDS_MS)
    back_ms += (timing.MAP_PER_GIB.ps / 16 + timing.FLR.ps + timing.VF_START["iavf"].ps) / MS

    def latency_us(first: float, last: float) -> float:
        found = [row["latency_mean_us"] for row in rows[int(first) : int(last)] if row["latency_mean_us"]]
        return float(sum(found) / len(found))

    function, standby = latency_us(0, 95), latency_us(110, 180)
    assert standby > function + 3
    assert latency_us(back_ms + 5, 500) < (function + standby) / 2 < latency_us(back_ms - 50, back_ms - 5)


def test_migration_without_a_standby_is_one_outage(tmp_path: Path) -> None:
    wanted = scenario(tmp_path, MOVE, standby=False)
    on_ps, off_ps = (
        [at for at, kind, name, value in timeline(wanted).events if name == "vm0" and value == on] for on in (1, 0)
    )
    assert outages_ms(result(wanted, pieces=500), "vm#0") == pytest.approx([(on_ps[0] - off_ps[0]) / MS], abs=2)
    assert (on_ps[0] - off_ps[0]) / MS > 230


def without_takeover(plan: Plan) -> Plan:
    """The mechanism taken out: the guest goes back to its function as soon as that works again."""
    works_ps = min(event.at_ps for event in plan.events if event.kind == "ring" and event.value == 1)
    back = (
        replace(event, at_ps=works_ps) if event.kind == "entry" and event.at_ps > works_ps else event
        for event in plan.events
    )
    return replace(plan, events=tuple(sorted(back, key=lambda event: event.at_ps)))


def sent_by_standby(plan: Plan) -> int:
    """Packets that vm0 sends through its second device in half a second of 5,000 a second."""
    engine = CompiledEngine(plan, 1, 0)
    engine.run(505 * MS)
    return engine.trace().counters["vm0.standby.tx.posted"]


def test_hyperv_goes_to_the_synthetic_path_and_comes_back_when_the_host_is_told(tmp_path: Path) -> None:
    """The synthetic path is there always; back on the function its driver waits 100 ms before it asks the host to switch."""
    wanted = scenario(
        tmp_path, "{at: 100 ms, unplug: vm0}", "{at: 200 ms, plug: vm0}", standby="hyperv-netvsc", way=OUT
    )
    plan = plan_of(wanted)
    away_ms = 100 - timing.UNPLUG_ACPI.ps / MS + (timing.FLR.ps + timing.VF_START["iavf"].ps) / MS
    assert outages_ms(result(wanted, plan, 500), "vm#0") == []
    assert sent_by_standby(plan) == pytest.approx(5 * (away_ms + timing.TAKEOVER.ps / MS), abs=2)
    assert sent_by_standby(without_takeover(plan)) == pytest.approx(5 * away_ms, abs=2)
    assert outage_ms(result(wanted, without_failover(plan), 500), "vm#0") == pytest.approx(away_ms, abs=2)


def test_hyperv_hears_through_the_synthetic_path_during_a_reset_and_a_migration(tmp_path: Path) -> None:
    reset = scenario(tmp_path, "{at: 100 ms, reset: vm0}", standby="hyperv-netvsc")
    assert outages_ms(result(reset, pieces=500), "vm#0") == pytest.approx([timing.FILTER.ps / MS], abs=1)
    moved = scenario(tmp_path, MOVE, standby="hyperv-netvsc")
    assert outages_ms(result(moved, pieces=500), "vm#0") == pytest.approx(
        [timing.FILTER.ps / MS, ROUNDS_MS[-1]], abs=1.5
    )


@pytest.mark.parametrize("standby", ["vhost-net", "hyperv-netvsc"])
def test_before_there_are_functions_the_second_device_carries_all(tmp_path: Path, standby: str) -> None:
    wanted = scenario(tmp_path, "{at: 100 ms, numvfs: 2}", standby=standby, length="400 ms")
    assert outages_ms(result(wanted, pieces=400), "vm#0") == []


@pytest.mark.parametrize("standby", ["vhost-net", "hyperv-netvsc"])
def test_engines_agree_across_failover_and_migration(tmp_path: Path, standby: str) -> None:
    events = (
        "{at: 1 ms, unplug: vm0, takes: 500 us}",
        "{at: 4 ms, plug: vm0, takes: 500 us}",
        "{at: 6 ms, reset: pf, takes: 1 ms}",
    )
    plan = plan_of(scenario(tmp_path, *events, standby=standby, length="10 ms"))
    traces = []
    for engine in (ReferenceEngine, CompiledEngine):
        instance = engine(plan, 1, 0, log=True)
        instance.run(15 * MS)
        traces.append(instance.trace())
    assert first_difference(*traces) is None
    assert any(name.endswith("standby.rx.completed") and value for name, value in traces[0].counters.items())
