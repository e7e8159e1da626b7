"""What one guest does to its function, and what the other guests of the adapter notice: nothing, or what the page says is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Scenario, load
from simulator.sriov.schedule import plan_of
from tests.engines.agreement import first_difference

MS = 10**9
VICTIM = ("sink.count", "sink.sum_ps", "sink.maximum_ps")


def scenario(tmp_path: Path, attacker: str = "", traffic: str = "", events: str = "", host: str = "") -> Scenario:
    path = tmp_path / "attack.yaml"
    path.write_text(
        f"""schema: 1
host: {{model: modern, variability: off, idle: poll{host}}}
nic: {{model: e810}}
guests:
  - {{name: calm, datapath: sriov-vf, interrupts: apicv}}
  - {{name: bad, datapath: sriov-vf, interrupts: apicv{attacker}}}
traffic:
  - {{name: load, guests: calm, kind: constant, rate: 50 kpps, size: 256 B}}
  - {{name: own, guests: bad, kind: constant, rate: 10 kpps, size: 256 B}}
{traffic}
measurement: {{warmup: 1 ms, duration: 8 ms}}
replications: 1
{events}
""",
        encoding="utf-8",
    )
    return load(path)


def trace_of(wanted: Scenario, plan: Plan | None = None) -> Trace:
    engine = CompiledEngine(plan or plan_of(wanted), 1, 0)
    engine.run(MS)
    engine.begin_window()
    engine.run(9 * MS)
    return engine.trace()


def entry_of(wanted: Scenario) -> dict[str, Any]:
    from simulator.scenario.points import Point
    from simulator.study.point import run_point

    return run_point(Point("", {}, wanted)).entry


def calm(trace: Trace) -> tuple[Any, ...]:
    """What the victim sees, to the picosecond."""
    own = {name: value for name, value in trace.counters.items() if name.startswith("calm.") and "spread" not in name}
    return own, trace.histograms["calm.sink"]


SPOOFED = "  - {name: lies, guests: bad, kind: constant, direction: tx, rate: 100 kpps, size: 64 B, spoofed: on}"
HONEST = SPOOFED.replace(", spoofed: on", "")


def test_spoofed_frames_are_dropped_at_a_place_of_their_own_and_cost_the_victim_what_honest_ones_do(
    tmp_path: Path,
) -> None:
    found = trace_of(scenario(tmp_path, traffic=SPOOFED))
    sent = found.counters["bad.lies.offered"]
    assert sent == pytest.approx(800, abs=1)
    assert found.counters["spoofed.dropped"] == pytest.approx(sent, abs=3)
    assert found.counters["peer.count"] == 0
    assert found.counters["wire.out.bytes"] == 0  # they crossed the bus, not the wire
    assert found.counters["port.dma.reads"] >= sent
    assert calm(found)[1] == calm(trace_of(scenario(tmp_path, traffic=HONEST)))[1]


def test_without_the_check_they_reach_a_neighbour(tmp_path: Path) -> None:
    towards = SPOOFED.replace("guests: bad, ", "").replace("direction: tx", "from: bad, to: calm")
    caught, passed = (
        trace_of(scenario(tmp_path, attacker=f", spoof_check: {word}", traffic=towards)) for word in ("on", "off")
    )
    assert caught.counters["spoofed.dropped"] == pytest.approx(800, abs=3)
    assert passed.counters["spoofed.dropped"] == 0
    more = passed.counters["calm.sink.count"] - caught.counters["calm.sink.count"]
    assert more == pytest.approx(800, abs=4)


def test_the_loss_of_spoofed_frames_is_named_in_the_result(tmp_path: Path) -> None:
    entry = entry_of(scenario(tmp_path, traffic=SPOOFED))
    assert set(entry["drops"]) == {"spoofed"}
    assert entry["conservation"]["turned_into_acknowledgements"] == 0


def test_a_storm_of_mail_takes_the_host_and_nobody_else(tmp_path: Path) -> None:
    """100,000 messages a second of 5 us: half a core of the host, and not a picosecond of the victim."""
    quiet, storm = (trace_of(scenario(tmp_path, attacker=mail)) for mail in ("", ", mail: 100 kpps"))
    assert storm.counters["bad.mailbox.offered"] == pytest.approx(800, abs=1)
    assert storm.counters["pf.answer.served"] == pytest.approx(800, abs=2)
    added = sum(value for name, value in storm.counters.items() if name.endswith((".host_task", ".host_irq"))) - sum(
        value for name, value in quiet.counters.items() if name.endswith((".host_task", ".host_irq"))
    )
    assert added / (8 * MS) > 0.5
    assert calm(storm)[1] == calm(quiet)[1]


def test_messages_are_no_packets(tmp_path: Path) -> None:
    quiet, storm = (entry_of(scenario(tmp_path, attacker=mail)) for mail in ("", ", mail: 100 kpps"))
    for key in ("offered_pps", "delivered_pps", "throughput_bps", "loss_ratio", "drops", "guests"):
        assert storm[key] == quiet[key], key
    assert storm["conservation"]["turned_into_acknowledgements"] == 0
    full = entry_of(scenario(tmp_path, attacker=", mail: 1 Mpps"))
    assert (full["drops"], full["conservation"]["turned_into_acknowledgements"]) == ({}, 0)


def _beside(tmp_path: Path, mail: str, old: str, new: str) -> Scenario:
    scenario(tmp_path, attacker=mail, host=", irq_cores: '8'")
    path = tmp_path / "attack.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    return load(path)


def test_on_a_shared_core_the_storm_is_felt(tmp_path: Path) -> None:
    """A vhost thread on the core of the PF's driver takes turns with it."""
    calm = ", interrupts: apicv}\n  - {name: bad"
    vhost = ", backend_cores: '8'" + calm
    quiet, storm = (
        trace_of(_beside(tmp_path, mail, "datapath: sriov-vf" + calm, "datapath: vhost-net" + vhost))
        for mail in ("", ", mail: 150 kpps")
    )
    mean = [trace.counters["calm.sink.sum_ps"] / trace.counters["calm.sink.count"] for trace in (quiet, storm)]
    assert mean[1] > 1.1 * mean[0]


def test_a_storm_of_resets_empties_its_own_rings_only(tmp_path: Path) -> None:
    storm = "events:\n  - {at: 1 ms, reset: bad, takes: 200 us, times: 12, every: 500 us}"
    quiet, hit = trace_of(scenario(tmp_path)), trace_of(scenario(tmp_path, events=storm))
    assert hit.counters["bad.q0.rx.dropped"] == pytest.approx(12 * 200e-6 * 10e3, abs=8)
    assert calm(hit)[1] == calm(quiet)[1]


def test_a_storm_is_one_mark(tmp_path: Path) -> None:
    storm = "events:\n  - {at: 1 ms, reset: bad, takes: 200 us, times: 12, every: 500 us}"
    from simulator.sriov.schedule import timeline

    assert [mark.what for mark in timeline(scenario(tmp_path, events=storm)).marks] == ["reset bad, 12 times"]


@pytest.mark.parametrize(
    ("attacker", "traffic"), [(", mail: 100 kpps", ""), ("", SPOOFED), (", mail: 1 Mpps, spoof_check: off", SPOOFED)]
)
def test_engines_agree_under_attack(tmp_path: Path, attacker: str, traffic: str) -> None:
    plan = plan_of(scenario(tmp_path, attacker=attacker, traffic=traffic))
    traces = []
    for engine in (ReferenceEngine, CompiledEngine):
        instance = engine(plan, 1, 0, log=True)
        instance.run(MS)
        traces.append(instance.trace())
    assert first_difference(*traces) is None
