"""The reference engine on plans small enough to add up by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from simulator.engines.reference import ReferenceEngine
from simulator.engines.reference.clock import calendar
from simulator.errors import EngineError
from simulator.plan.draws import Stream, constant, cycle
from simulator.plan.model import (
    DescRing,
    Dma,
    Executor,
    Fifo,
    Gate,
    Input,
    IrqRoute,
    Link,
    Moderator,
    Notify,
    Output,
    Plan,
    Sink,
    Source,
    Thread,
    Worker,
)
from simulator.plan.trace import LABELS, Trace

NS = 1_000
US = 1_000_000
ALWAYS = 1 << 60


def wake(worker: int) -> Gate:
    return Gate("flag", Notify("wake", worker))


DOORBELL = Gate("always", Notify("doorbell"))


def open_source(target_kind: str, target: int, gap: int = 3, **changes: Any) -> Source:
    return Source("source", "open", target_kind, target, size=0, flow=1, dst=2, gap=gap, **changes)


def streams(gap_ps: int, size_bytes: int = 60) -> tuple[Stream, ...]:
    return (constant("size", size_bytes), constant("flow", 0), constant("dst", 0), constant("gap", gap_ps))


def run(plan: Plan, until_ps: int) -> Trace:
    engine = ReferenceEngine(plan, seed=1, log=True)
    engine.run(until_ps)
    return engine.trace()


def assert_stages_cover_latency(trace: Trace, sink: str = "sink") -> None:
    covered_ps = sum(wait_ps + service_ps for wait_ps, service_ps in trace.stages[sink])
    assert covered_ps == trace.counters[f"{sink}.sum_ps"]


def assert_labels_cover_time(trace: Trace, core: str = "core") -> None:
    assert sum(trace.counters[f"{core}.{label}"] for label in LABELS) == trace.end_ps - trace.start_ps


# One wire


def test_a_frame_arrives_after_serialisation_and_propagation() -> None:
    plan = Plan(
        "wire",
        stages=("wire",),
        streams=streams(gap_ps=1 * US),
        sources=(open_source("link", 0, max_packets=2),),
        sinks=(Sink("sink"),),
        links=(Link("wire", 10_000_000_000, 5 * NS, frame_overhead_bytes=24, stage=0, target_kind="sink", target=0),),
    )
    trace = run(plan, 5 * US)
    # (60 + 24) bytes at 10 Gbit/s are 67.2 ns
    assert trace.log == [(1_072_200, "deliver", "sink", 0), (2_072_200, "deliver", "sink", 1)]
    assert trace.stages["sink"] == ((0, 2 * 72_200),)
    assert trace.counters["wire.busy_ps"] == 2 * 67_200
    assert (trace.in_flight_end, trace.handled) == (0, 4)


def test_a_full_wire_drops_at_the_source() -> None:
    plan = Plan(
        "backlog",
        stages=("wire",),
        streams=streams(gap_ps=10 * NS),
        sources=(open_source("link", 0, max_packets=10, backlog_ps=100 * NS),),
        sinks=(Sink("sink"),),
        links=(Link("wire", 8_000_000_000, 0, stage=0, target_kind="sink", target=0),),
    )
    counters = run(plan, 10 * US).counters
    # Each frame takes 60 ns, one comes every 10 ns: 50, 100, 150 ns of backlog, then one in six fits.
    assert (counters["sink.count"], counters["source.dropped"]) == (4, 6)
    assert counters["source.offered"] == 10


# One engine


def engine_plan(gaps_ps: list[int], **worker: Any) -> Plan:
    return Plan(
        "engine",
        stages=("engine",),
        streams=(*streams(0)[:3], cycle("gap", gaps_ps)),
        sources=(open_source("fifo", 0, max_packets=len(gaps_ps)),),
        sinks=(Sink("sink"),),
        fifos=(Fifo("queue", 100, poller=0),),
        workers=(
            Worker("server", "hw", -1, (Input("fifo", 0),), (Output("sink", 0),), packet_ps=100, stage=0, **worker),
        ),
    )


def test_an_engine_serves_in_order_and_waiting_is_counted() -> None:
    trace = run(engine_plan([10, 20, 30, 400]), ALWAYS)
    # Arrivals at 10, 30, 60, 460; each takes 100.
    assert [line[0] for line in trace.log if line[1] == "deliver"] == [110, 210, 310, 560]
    assert trace.stages["sink"] == (((0 + 80 + 150 + 0), 400),)
    assert trace.counters["queue.integral"] == 80 + 150
    assert trace.counters["queue.maximum"] == 2
    assert trace.counters["server.served"] == 4


def test_a_run_in_slices_equals_one_run_and_reading_changes_nothing() -> None:
    plan = native_plan(gap_ps=900 * NS, packets=40)
    whole = run(plan, 60 * US)
    engine = ReferenceEngine(plan, seed=1, log=True)
    for until_ps in (0, 17, 900 * NS, 900 * NS, 2_000_001, 33 * US, 60 * US):
        engine.run(until_ps)
        assert engine.trace() == engine.trace()
    assert engine.trace() == whole


def test_a_window_counts_only_what_happens_in_it() -> None:
    plan = native_plan(gap_ps=900 * NS, packets=40)
    first, second = run(plan, 20 * US), run(plan, 60 * US)
    engine = ReferenceEngine(plan, seed=1)
    engine.run(20 * US)
    engine.begin_window()
    engine.run(60 * US)
    trace = engine.trace()
    assert (trace.start_ps, trace.end_ps, trace.in_flight_start) == (20 * US, 60 * US, first.in_flight_end)
    additive = [name for name in trace.counters if not name.endswith(("_ps", "maximum")) or name.endswith("sum_ps")]
    assert len(additive) > 50
    for name in additive:
        assert trace.counters[name] == second.counters[name] - first.counters[name], name
    assert_labels_cover_time(trace)


def test_a_loop_without_time_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "HANDLERS_PER_INSTANT", 1_000)
    plan = engine_plan([0])
    endless = dataclasses.replace(plan.sources[0], max_packets=ALWAYS)
    with pytest.raises(EngineError, match=r"more than 1000 handler runs at 0 ps"):
        run(dataclasses.replace(plan, sources=(endless,)), 1)


# A native receive path: 500 + 200 + 550 + 120 + 450 ns


def receive_plan(
    *,
    route: IrqRoute,
    executors: tuple[Executor, ...],
    threads: tuple[Thread, ...],
    guest: int,
    app_thread: int,
    gap_ps: int = 10 * US,
    packets: int = 1,
    label: str = "host",
) -> Plan:
    """Source, wire, NIC engine, rx ring, interrupt, NAPI, socket, application."""
    return Plan(
        "receive",
        stages=("wire", "nic", "dma", "moderation", "notify", "napi", "app"),
        streams=streams(gap_ps),
        sources=(open_source("link", 0, max_packets=packets),),
        sinks=(Sink("sink"),),
        links=(
            Link("wire", stage=0, target_kind="fifo", target=0),
            Link("up", stage=2),
            Link("down"),
        ),
        dmas=(Dma("dma", 1, 2),),
        fifos=(Fifo("buffer", 64, poller=0), Fifo("socket", 64, gate=wake(2))),
        rings=(DescRing("rx", "rx", 16, avail_gate=DOORBELL, moderator=0, remote=True, dma=0),),
        moderators=(Moderator("vector", 0, dma=0, stage=3),),
        routes=(route,),
        executors=executors,
        threads=threads,
        workers=(
            Worker("engine", "hw", -1, (Input("fifo", 0),), (Output("dma_write", 0, full="drop"),), stage=1),
            Worker(
                "napi",
                "soft",
                guest,
                (Input("rx", 0),),
                (Output("fifo", 1),),
                label=f"{label}_soft",
                poll_ps=200 * NS,
                packet_ps=550 * NS,
                rearm_ps=120 * NS,
                refill_ring=0,
                stage=5,
                notify_stage=4,
            ),
            Worker(
                "app",
                "task",
                app_thread,
                (Input("fifo", 1),),
                (Output("sink", 0),),
                label=f"{label}_task",
                packet_ps=450 * NS,
                stage=6,
            ),
        ),
    )


def native_plan(gap_ps: int = 10 * US, packets: int = 1) -> Plan:
    return receive_plan(
        route=IrqRoute("irq", "native", 1, core=0, hardirq_ps=500 * NS),
        executors=(Executor("core", "core"),),
        threads=(Thread("app_thread", 0, "workers"),),
        guest=0,
        app_thread=0,
        gap_ps=gap_ps,
        packets=packets,
    )


def test_native_receive_path_adds_up() -> None:
    trace = run(native_plan(), 30 * US)
    assert trace.counters["sink.sum_ps"] == 1_820 * NS
    assert_stages_cover_latency(trace)
    assert_labels_cover_time(trace)
    assert trace.counters["core.host_irq"] == 500 * NS
    assert trace.counters["core.host_soft"] == 870 * NS
    assert trace.counters["core.host_task"] == 450 * NS
    events = [(time_ps - 10 * US, event, place) for time_ps, event, place, _ in trace.log]
    assert events == [
        (0, "push", "buffer"),
        (0, "pop", "buffer"),
        (0, "complete", "rx"),
        (500 * NS, "reap", "rx"),
        (1_250 * NS, "push", "socket"),
        (1_370 * NS, "pop", "socket"),
        (1_820 * NS, "deliver", "sink"),
    ]


def test_native_receive_path_conserves_packets_under_overload() -> None:
    trace = run(native_plan(gap_ps=400 * NS, packets=500), 150 * US)
    counters = trace.counters
    lost = counters["rx.dropped"] + counters["buffer.dropped"] + counters["socket.dropped"]
    assert lost > 0
    assert counters["source.offered"] == counters["sink.count"] + lost + trace.in_flight_end
    assert counters["rx.completed"] - counters["rx.reaped"] >= 0
    assert_stages_cover_latency(trace)
    assert_labels_cover_time(trace)


# A VF in a guest that sleeps: 6,720, 7,220 and 8,320 ns


def vf_plan(mode: str, idle: str = "hlt", **route: Any) -> Plan:
    return receive_plan(
        route=IrqRoute("irq", mode, 1, core=0, vcpu=2, hardirq_ps=900 * NS, handler_ps=500 * NS, **route),
        executors=(
            Executor("host", "core"),
            Executor("core", "core"),
            Executor("vcpu", "vcpu", thread=0, idle=idle, wake_ps=4_000 * NS, exit_ps=1_000 * NS),
        ),
        threads=(Thread("vcpu_thread", 1, "vcpu", vcpu=2), Thread("app_thread", 2, "workers")),
        guest=2,
        app_thread=1,
        label="guest",
    )


POSTED = {"wakeup_ps": 900 * NS, "notify_ps": 250 * NS}
APICV = {"irqfd_ps": 500 * NS, "ipi_ps": 900 * NS, "notify_ps": 250 * NS}
LEGACY = {"irqfd_ps": 500 * NS, "ipi_ps": 900 * NS, "inject_ps": 400 * NS, "eoi_ps": 700 * NS}


@pytest.mark.parametrize(
    # The vCPU is halted: nobody kicks it (ipi_ps), and it takes no notification (notify_ps).
    ("mode", "costs", "latency_ns", "exits"),
    [
        ("posted", POSTED, 900 + 4_000 + 500 + 200 + 550 + 120 + 450, {"HLT": 1}),
        ("apicv", APICV, 1_400 + 4_000 + 500 + 200 + 550 + 120 + 450, {"HLT": 1}),
        ("legacy", LEGACY, 1_400 + 4_000 + 400 + 500 + 700 + 200 + 550 + 120 + 450, {"HLT": 1, "EOI": 1}),
    ],
)
def test_vf_receive_path_adds_up(mode: str, costs: dict[str, Any], latency_ns: int, exits: dict[str, int]) -> None:
    trace = run(vf_plan(mode, **costs), 50 * US)
    assert trace.counters["sink.sum_ps"] == latency_ns * NS
    assert {kind: trace.counters[f"vcpu.{kind}"] for kind in exits} == exits
    assert_stages_cover_latency(trace)
    assert_labels_cover_time(trace)
    assert_labels_cover_time(trace, "host")


@pytest.mark.parametrize(
    ("mode", "costs", "latency_ns", "exits"),
    [
        # Nobody is woken and no host core is asked; the notification is all that is left.
        ("posted", POSTED, 750 + 200 + 550 + 120 + 450, {"KICK": 0, "EOI": 0}),
        # The idling guest is kicked out for the injection.
        ("legacy", LEGACY, 2_300 + 1_000 + 400 + 500 + 700 + 200 + 550 + 120 + 450, {"KICK": 1, "EOI": 1}),
    ],
)
def test_vf_of_a_guest_that_never_halts(
    mode: str, costs: dict[str, Any], latency_ns: int, exits: dict[str, int]
) -> None:
    trace = run(vf_plan(mode, idle="poll", **costs), 50 * US)
    assert trace.counters["sink.sum_ps"] == latency_ns * NS
    assert {kind: trace.counters[f"vcpu.{kind}"] for kind in exits} == exits
    assert trace.counters["vcpu.HLT"] == 0
    assert_labels_cover_time(trace)


# Sharing a core


def test_two_busy_threads_share_a_core_by_weight() -> None:
    plan = Plan(
        "share",
        executors=(Executor("core", "core", latency_ps=2_000, min_granularity_ps=1_000, ctxsw_ps=10),),
        threads=(
            Thread("light", 0, "busy", weight=512, label="qemu"),
            Thread("heavy", 0, "busy", weight=1536, label="vhost"),
        ),
    )
    trace = run(plan, 1_000_000)
    assert_labels_cover_time(trace)
    light, heavy = trace.counters["core.qemu"], trace.counters["core.vhost"]
    assert abs(heavy - 3 * light) < 10_000
    assert trace.counters["core.ctxsw"] > 0


# Poll mode


def test_a_polling_worker_looks_at_the_next_time_of_its_loop() -> None:
    plan = Plan(
        "poll",
        stages=("poll",),
        streams=streams(gap_ps=1_230),
        sources=(open_source("fifo", 1, max_packets=1),),
        sinks=(Sink("sink"),),
        fifos=(Fifo("first", 8, poller=0), Fifo("second", 8, poller=0)),
        executors=(Executor("core", "core"),),
        threads=(Thread("pmd", 0, "workers"),),
        workers=(
            Worker(
                "pmd",
                "task",
                0,
                (Input("fifo", 0), Input("fifo", 1)),
                (Output("sink", 0),),
                label="pmd_work",
                poll_mode=True,
                loop_ps=100,
                packet_ps=30,
                stage=0,
            ),
        ),
    )
    trace = run(plan, 10_000)
    # The second input is looked at 50 ps after the first: at 1,250, and 30 ps later the packet is out.
    assert [(line[0], line[1]) for line in trace.log] == [(1_230, "push"), (1_250, "pop"), (1_280, "deliver")]
    assert trace.counters["core.pmd_work"] == 30
    assert trace.counters["core.pmd_idle"] == 10_000 - 30
    assert_stages_cover_latency(trace)


# Closed loops


def test_a_request_returns_and_the_next_follows_after_thinking() -> None:
    plan = Plan(
        "rr",
        stages=("there", "back"),
        streams=(*streams(0)[:3], constant("think", 7)),
        sources=(Source("client", "rr", "link", 0, size=0, flow=1, dst=2, think=3, response_bytes=125),),
        sinks=(Sink("server", reply_link=1), Sink("end")),
        links=(
            Link("there", 10**12, 40, stage=0, target_kind="sink", target=0),
            Link("back", 10**12, 40, stage=1, target_kind="sink", target=1),
        ),
    )
    counters = run(plan, 16_070).counters
    # 480 + 40 there, 1,000 + 40 back, 7 of thought: one round every 1,567 ps.
    assert counters["end.count"] == 10
    assert counters["client.offered"] == 11
    assert (counters["end.minimum_ps"], counters["end.maximum_ps"]) == (1_560, 1_560)
    assert counters["end.bytes"] == 1_250


def test_a_window_is_clocked_by_its_acknowledgements() -> None:
    plan = Plan(
        "window",
        stages=("there", "back"),
        streams=streams(0),
        sources=(Source("bulk", "window", "link", 0, size=0, flow=1, dst=2, window=4, ack_every=2),),
        sinks=(Sink("server", reply_link=1), Sink("end")),
        links=(
            Link("there", 0, 500, stage=0, target_kind="sink", target=0),
            Link("back", 0, 500, stage=1, target_kind="sink", target=1),
        ),
    )
    counters = run(plan, 10_000).counters
    # Four packets per round trip of 1,000 ps, two acknowledgements for them.
    assert counters["bulk.offered"] == 4 * 11
    assert counters["server.count"] == 4 * 10
    assert counters["end.acks"] == 2 * 10
    assert counters["bulk.timeouts"] == 0
