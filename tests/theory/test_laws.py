"""Laws that hold exactly, packet for packet, whatever the plan: Little's law, the rate of a wire, the closed loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from simulator.plan.check import require
from simulator.plan.draws import Stream, constant, exponential
from simulator.plan.model import Fifo, Input, Link, Output, Plan, Sink, Source, Worker
from simulator.plan.trace import Engine, Trace
from simulator.scenario import Point, load, points
from simulator.scenario.build import build

EngineClass = Callable[..., Engine]
PAIRS = {"push": "pop", "post": "take", "complete": "reap"}
MS = 10**9


def held_ps(trace: Trace, place: str) -> int:
    """Packet-picoseconds spent in a place, from the log alone, up to the end of the run."""
    inside: dict[int, int] = {}
    total = 0
    for time, event, where, packet in trace.log:
        if where == place and event in PAIRS:
            inside[packet] = time
        elif where == place and event in PAIRS.values():
            total += time - inside.pop(packet)
    return total + sum(trace.end_ps - time for time in inside.values())


def assert_little(trace: Trace, places: Iterable[str]) -> None:
    """The integral of the number held equals the sum of the times spent: L T = sum of W."""
    for place in places:
        assert trace.counters[f"{place}.integral"] == held_ps(trace, place), place


VF_MODES = list({point.series: point for point in points(load("vf-modes"))}.values())


@pytest.mark.parametrize("point", VF_MODES, ids=[point.series for point in VF_MODES])
def test_little_on_every_ring_of_a_datapath(engine: EngineClass, point: Point) -> None:
    plan = build(point.scenario)
    run = engine(plan, 1, 0, log=True)
    run.run(2 * MS)
    trace = run.trace()
    receive = [ring.name for ring in plan.rings if ring.kind == "rx"]
    assert_little(trace, [*(fifo.name for fifo in plan.fifos), *receive])
    assert sum(trace.counters[f"{name}.integral"] for name in receive) > 0


def test_little_while_a_queue_overflows(engine: EngineClass) -> None:
    streams = (exponential("gap", 900), constant("size", 60), constant("zero", 0), exponential("service", 1000))
    plan = Plan(
        "overflow",
        stages=("station",),
        streams=streams,
        sources=(Source("arrivals", "open", "fifo", 0, size=1, flow=2, dst=2, gap=0),),
        sinks=(Sink("done"),),
        fifos=(Fifo("queue", 5, poller=0),),
        workers=(Worker("server", "hw", -1, (Input("fifo", 0),), (Output("sink", 0),), service=3, stage=0),),
    )
    require(plan)
    run = engine(plan, 1, 0, log=True)
    run.run(10**6)
    trace = run.trace()
    assert trace.counters["queue.dropped"] > 0
    assert_little(trace, ["queue"])


@pytest.mark.parametrize(("rate_bps", "frame_ps"), [(10 * 10**9, 67_200), (100 * 10**9, 6_720)])
def test_a_wire_carries_exactly_its_line_rate(engine: EngineClass, rate_bps: int, frame_ps: int) -> None:
    """64 B frames with FCS: 60 + 24 bytes of wire time each, 14.88 million per second at 10 Gbit/s."""
    plan = Plan(
        "wire",
        stages=("wire",),
        streams=(constant("gap", frame_ps * 9 // 10), constant("size", 60), constant("zero", 0)),
        sources=(Source("load", "open", "link", 0, size=1, flow=2, dst=2, gap=0, backlog_ps=4 * frame_ps),),
        sinks=(Sink("far end"),),
        links=(Link("wire", rate_bps, 5_000, frame_overhead_bytes=24, stage=0, target_kind="sink", target=0),),
    )
    require(plan)
    run = engine(plan, 1)
    run.run(100 * frame_ps)
    run.begin_window()
    run.run(2_100 * frame_ps)
    counters = run.trace().counters
    assert counters["far end.count"] == 2_000
    assert counters["load.dropped"] > 0
    assert abs(10**12 / frame_ps - rate_bps / 672) < 1e-6


def closed_loop(clients: int, service: Stream) -> Plan:
    """Clients without think time before one server that answers over links that take no time."""
    plan = Plan(
        "closed",
        stages=("station", "answer"),
        streams=(constant("size", 60), constant("zero", 0), service),
        sources=tuple(Source(f"client{i}", "rr", "fifo", 0, size=0, flow=1, dst=1) for i in range(clients)),
        sinks=(Sink("server side", reply_link=1), Sink("clients")),
        links=(
            Link("request", stage=1, target_kind="sink", target=0),
            Link("answer", stage=1, target_kind="sink", target=1),
        ),
        fifos=(Fifo("queue", clients, poller=0),),
        workers=(Worker("server", "hw", -1, (Input("fifo", 0),), (Output("link", 0),), service=2, stage=0),),
    )
    require(plan)
    return plan


@pytest.mark.parametrize("clients", [1, 3, 8])
def test_closed_loop_throughput_is_clients_over_response_time(engine: EngineClass, clients: int) -> None:
    """X = N / R: over a whole number of rounds the response times add up to N times the window."""
    service_ps, rounds = 1_000, 50
    run = engine(closed_loop(clients, constant("service", service_ps)), 1)
    run.run(10 * clients * service_ps)
    run.begin_window()
    run.run((10 + rounds) * clients * service_ps)
    trace = run.trace()
    assert trace.counters["clients.count"] == rounds * clients
    assert trace.counters["clients.sum_ps"] == clients * (trace.end_ps - trace.start_ps)


def test_closed_loop_with_random_service(engine: EngineClass) -> None:
    """Each client's requests follow one another without a gap, so response times fill N times the run but for the last
    ones."""
    clients = 4
    run = engine(closed_loop(clients, exponential("service", 1_000)), 1, 0, log=True)
    run.run(10**6)
    trace = run.trace()
    pushed = {packet: time for time, event, _, packet in trace.log if event == "push"}
    out = pushed.keys() - {packet for _, event, place, packet in trace.log if (event, place) == ("deliver", "clients")}
    assert len(out) == clients
    still_out_ps = sum(trace.end_ps - pushed[packet] for packet in out)
    assert trace.counters["clients.sum_ps"] + still_out_ps == clients * trace.end_ps
