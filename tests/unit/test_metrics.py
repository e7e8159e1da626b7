"""Metrics of hand-made windows, every expected number worked out here by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import metrics
from simulator.errors import EngineError
from simulator.metrics import cpu, events, latency, rates, resources, stages, window
from simulator.plan import model
from simulator.plan.draws import constant
from simulator.plan.trace import EXIT_KINDS, LABELS, Trace, histogram_index, histogram_upper
from simulator.plan.trace import METRICS as COUNTERS

MS = 10**9
US = 10**6

PLAN = model.Plan(
    name="hand-made",
    stages=("wire", "interrupt", "application"),
    streams=(constant("gap", 1), constant("size", 60), constant("zero", 0), constant("service", 3 * US)),
    sources=(model.Source("load", "open", "link", 0, size=1, flow=2, dst=2, gap=0),),
    sinks=(model.Sink("app0"), model.Sink("app1")),
    links=(model.Link("wire", rate_bps=10**10, target_kind="fifo", target=0), model.Link("pipe")),
    fifos=(model.Fifo("buffer", 64), model.Fifo("socket", 256)),
    rings=(model.DescRing("rxring", "rx", 512),),
    routes=(model.IrqRoute("msi", "legacy", 1, core=1, vcpu=2),),
    executors=(model.Executor("c0", "core"), model.Executor("c1", "core"), model.Executor("v0", "vcpu", thread=0)),
    threads=(model.Thread("vm0", 0, "vcpu", vcpu=2), model.Thread("app", 2, "workers")),
    locks=(model.Lock("bql"),),
    workers=(
        model.Worker(
            "rx", "hw", -1, (model.Input("fifo", 0),), (model.Output("dma_write", 0),), packet_ps=US, service=3
        ),
        model.Worker("napi", "soft", 2, (model.Input("rx", 0),), (model.Output("fifo", 1),), label="guest_soft"),
        model.Worker("app", "task", 1, (model.Input("fifo", 1),), (model.Output("sink", 0),), label="guest_task"),
    ),
)


def blank(plan: model.Plan, length_ps: int = 10 * MS) -> Trace:
    """A window in which nothing happened."""
    entities = {
        "source": plan.sources, "sink": plan.sinks, "fifo": plan.fifos, "ring": plan.rings, "link": plan.links,
        "dma": plan.dmas, "switch": plan.switches, "moderator": plan.moderators, "route": plan.routes,
        "worker": plan.workers, "core": [e for e in plan.executors if e.kind == "core"],
        "vcpu": [e for e in plan.executors if e.kind == "vcpu"],
        "lock": plan.locks,
    }  # fmt: skip
    counters = {f"{owner.name}.{m}": 0 for kind, owned in entities.items() for owner in owned for m in COUNTERS[kind]}
    counters |= {f"{sink.name}.minimum_ps": -1 for sink in plan.sinks}
    return Trace(
        5 * MS, 5 * MS + length_ps, 0, 0, 0, counters,
        {sink.name: {} for sink in plan.sinks}, {sink.name: ((0, 0),) * len(plan.stages) for sink in plan.sinks},
    )  # fmt: skip


def with_counters(trace: Trace, **values: int) -> Trace:
    changed = {name.replace("__", "."): value for name, value in values.items()}
    assert changed.keys() <= trace.counters.keys()
    return replace(trace, counters=trace.counters | changed)


def recorded(trace: Trace, sink: str, latencies_ps: list[int]) -> Trace:
    histogram: dict[int, int] = {}
    for value in latencies_ps:
        histogram[histogram_index(value)] = histogram.get(histogram_index(value), 0) + 1
    counters = {"count": len(latencies_ps), "sum_ps": sum(latencies_ps)}
    counters |= {"minimum_ps": min(latencies_ps), "maximum_ps": max(latencies_ps)}
    return replace(
        trace,
        counters=trace.counters | {f"{sink}.{name}": value for name, value in counters.items()},
        histograms=trace.histograms | {sink: histogram},
    )


def test_rates_are_per_second_of_the_window() -> None:
    trace = with_counters(
        blank(PLAN),
        load__offered=10_000,
        app0__count=5_000,
        app1__count=2_500,
        app0__bytes=300_000,
        app1__bytes=150_000,
    )
    assert rates.offered_pps(PLAN, trace) == 1e6
    assert rates.delivered_pps(PLAN, trace) == 7.5e5
    assert rates.throughput_bps(PLAN, trace) == 450_000 * 8 * 100


def test_drops_name_every_place_and_make_the_loss_ratio() -> None:
    trace = with_counters(blank(PLAN), load__offered=1000, load__dropped=1, socket__dropped=20, rxring__dropped=4)
    assert rates.drops(PLAN, trace) == {"load": 1, "socket": 20, "rxring": 4}
    assert rates.loss_ratio(PLAN, trace) == 0.025
    assert rates.loss_ratio(PLAN, blank(PLAN)) is None


def test_conservation_counts_packets_in_flight_at_both_ends() -> None:
    trace = with_counters(blank(PLAN), load__offered=1000, app0__count=970, socket__dropped=20, app1__acks=3)
    assert rates.unaccounted(PLAN, replace(trace, in_flight_start=5, in_flight_end=12)) == 0
    assert rates.unaccounted(PLAN, replace(trace, in_flight_start=5, in_flight_end=11)) == 1


def test_percentiles_are_null_where_the_tail_is_thin() -> None:
    values = latency.latency_us(PLAN, recorded(blank(PLAN), "app0", list(range(1, 101))))
    assert [values[name] for name in ("p50", "p90", "p99", "p99.9", "p99.99")] == [50e-6, 90e-6, None, None, None]
    assert (values["mean"], values["max"]) == (50.5e-6, 100e-6)
    assert latency.latency_us(PLAN, recorded(blank(PLAN), "app0", list(range(1, 100))))["p90"] is None


def test_latency_of_nothing_is_null() -> None:
    assert set(latency.latency_us(PLAN, blank(PLAN)).values()) == {None}


@given(st.lists(st.integers(0, 10**12), min_size=20, max_size=300), st.lists(st.integers(0, 10**6), max_size=100))
def test_quantiles_bracket_the_sorted_samples(first: list[int], second: list[int]) -> None:
    trace = recorded(blank(PLAN), "app0", first)
    trace = recorded(trace, "app1", second) if second else trace
    samples = sorted(first + second)
    for p in (Fraction(1, 2), Fraction(9, 10)):
        found = latency.quantile_ps(latency.histogram(PLAN, trace), samples[-1], p)
        if len(samples) * (1 - p) < 10:
            assert found is None
        else:
            exact = samples[-(-len(samples) * p.numerator // p.denominator) - 1]
            assert found is not None
            assert exact <= found <= min(samples[-1], histogram_upper(histogram_index(exact)))
            assert found <= exact + exact // 128 + 1


def test_guest_and_host_cores_follow_the_labels() -> None:
    trace = with_counters(
        blank(PLAN), c0__guest_irq=MS, c0__guest_soft=2 * MS, c0__guest_task=MS, c0__hyp=MS, c0__guest_idle=3 * MS,
        c0__idle=2 * MS, c1__host_irq=3 * MS, c1__halt_poll=MS, c1__pmd_idle=MS, c1__idle=5 * MS,
    )  # fmt: skip
    assert cpu.guest_cores_busy(PLAN, trace) == 0.4
    assert cpu.host_cores_busy(PLAN, trace) == 0.6
    assert cpu.work_split(PLAN, trace) == {
        "host_work": {"hyp": 0.1, "host_irq": 0.3},
        "guest_work": {"guest_irq": 0.1, "guest_soft": 0.2, "guest_task": 0.1},
        "polling": {"guest_idle": 0.3, "halt_poll": 0.1, "pmd_idle": 0.1},
    }
    found = [of(PLAN, trace) for of in (cpu.host_work_cores, cpu.guest_work_cores, cpu.polling_cores)]
    assert found == [0.4, 0.4, 0.5]
    assert cpu.core_seconds(PLAN, trace)["idle"] == 0.007
    assert cpu.host_cores_per_mpps(PLAN, with_counters(trace, app0__count=20_000)) == pytest.approx(0.3)
    assert cpu.host_cores_per_gbps(PLAN, with_counters(trace, app0__bytes=1_250_000)) == pytest.approx(0.6)


@pytest.mark.parametrize(("thread", "core", "guest"), [(1, "c0", 1.0), (2, "c0", 0.0), (3, "c1", 0.0)])
def test_a_poller_is_charged_to_the_side_it_runs_on(thread: int, core: str, guest: float) -> None:
    threads = (*PLAN.threads, model.Thread("host on c0", 0, "workers"), model.Thread("host on c1", 1, "workers"))
    poller = replace(PLAN.workers[2], poll_mode=True, on=thread)
    plan = replace(PLAN, threads=threads, workers=(*PLAN.workers[:2], poller))
    times = {f"{core}__pmd_work": 4 * MS, f"{core}__pmd_idle": 6 * MS}
    trace = with_counters(blank(plan), **times)
    assert (cpu.guest_cores_busy(plan, trace), cpu.host_cores_busy(plan, trace)) == (guest, 1.0 - guest)
    assert (cpu.guest_work_cores(plan, trace), cpu.host_work_cores(plan, trace)) == (guest * 0.4, (1 - guest) * 0.4)
    assert cpu.polling_cores(plan, trace) == 0.6


def test_every_label_is_work_polling_or_idle() -> None:
    trace = with_counters(blank(PLAN), **{f"c0__{label}": MS for label in LABELS})
    split = cpu.work_split(PLAN, trace)
    assert sorted(label for labels in split.values() for label in labels) == sorted(set(LABELS) - {"idle"})


def test_exits_carry_the_names_of_perf_kvm_stat() -> None:
    trace = with_counters(
        blank(PLAN), v0__HLT=10, v0__EXTINT=3, v0__KICK=4, v0__EOI=13, app0__count=60, msi__delivered=15
    )
    assert events.exits(PLAN, trace) == {"HLT": 10, "EXTERNAL_INTERRUPT": 7, "MSR_WRITE": 13}
    assert events.exits_by_cause(PLAN, trace) == {"HLT": 10, "EXTINT": 3, "KICK": 4, "EOI": 13}
    assert events.exits_per_packet(PLAN, trace) == 0.5
    assert events.interrupts_per_packet(PLAN, trace) == 0.25


def test_every_exit_kind_of_the_model_has_a_perf_name() -> None:
    assert events.PERF_KVM_NAMES.keys() == set(EXIT_KINDS)


def test_notifications_are_listed_by_gate() -> None:
    trace = with_counters(
        blank(PLAN),
        socket__checks=10,
        socket__fired=4,
        socket__suppressed=6,
        rxring__used_checks=1,
        rxring__used_suppressed=1,
    )
    assert events.notifications(PLAN, trace) == {
        "socket": {"checks": 10, "fired": 4, "suppressed": 6},
        "rxring.used": {"checks": 1, "fired": 0, "suppressed": 1},
    }


def test_stages_add_up_to_the_mean_latency_exactly() -> None:
    trace = recorded(recorded(blank(PLAN), "app0", [7 * US, 8 * US]), "app1", [6 * US])
    trace = replace(
        trace, stages={"app0": ((US, 2 * US), (0, 0), (5 * US, 7 * US)), "app1": ((0, US), (0, 0), (US, 4 * US))}
    )
    assert stages.residual_ps(PLAN, trace) == 0
    rows = stages.stages(PLAN, trace)
    assert [row["name"] for row in rows] == ["wire", "application"]
    assert rows[0] == {"name": "wire", "wait_us": 1 / 3, "service_us": 1.0}
    assert sum(float(row["wait_us"]) + float(row["service_us"]) for row in rows) == pytest.approx(7.0, rel=1e-12)
    assert stages.residual_ps(PLAN, with_counters(trace, app0__sum_ps=15 * US + 1)) == 1


def test_links_queues_and_batches() -> None:
    trace = with_counters(
        blank(PLAN), wire__busy_ps=5 * MS, pipe__busy_ps=MS, socket__integral=25 * MS, socket__maximum=9,
        napi__invocations=4, napi__served=10, rx__invocations=3,
    )  # fmt: skip
    assert resources.link_utilisation(PLAN, trace) == {"wire": 0.5}
    assert resources.occupancy(PLAN, trace) == {"socket": {"mean": 2.5, "max": 9}}
    assert resources.batch_size(PLAN, trace) == {"napi": 2.5}
    # one that polls never ends its turn
    poller = replace(PLAN, workers=(PLAN.workers[0], replace(PLAN.workers[1], poll_mode=True), PLAN.workers[2]))
    assert resources.batch_size(poller, trace) == {}


def test_an_engine_is_busy_for_its_batches_packets_and_services() -> None:
    # 100 served in 10 ms, each 2 us in a batch of its own, 1 us and 3 us in the mean
    engine = replace(PLAN, workers=(replace(PLAN.workers[0], batch_ps=2 * US), *PLAN.workers[1:]))
    trace = with_counters(blank(PLAN), rx__served=100)
    assert resources.busy_shares(engine, trace)["engine rx"] == pytest.approx(100 * 6 / 10_000)
    assert resources.busy_shares(PLAN, trace)["engine rx"] == pytest.approx(100 * 4 / 10_000)


@pytest.mark.parametrize(
    ("counters", "sentence"),
    [
        ({}, "nothing: core c0 is 0.0 % busy at most"),
        ({"wire__busy_ps": 4 * MS}, "nothing: link wire is 40.0 % busy at most"),
        ({"rx__served": 2400}, "engine rx is 96.0 % busy"),
        (
            {"c0__guest_soft": 6 * MS, "c0__guest_task": 4 * MS, "load__offered": 1000, "socket__dropped": 250},
            "core c0 is 100.0 % busy (guest_soft 60 %, guest_task 40 %); socket drops 25.00 % of the offered packets",
        ),
        ({"c0__pmd_idle": 9 * MS, "c0__pmd_work": MS}, "nothing: core c0 is 10.0 % busy at most"),
        (
            {"c0__hyp": 5 * MS, "load__offered": 1000, "socket__dropped": 10, "buffer__dropped": 1},
            (
                "nothing saturated on average (core c0 is 50.0 % busy): bursts, larger than what queues hold"
                "; socket drops 1.00 % of the offered packets and fewer at 1 other places"
            ),
        ),
        (
            {"bql__held_ps": 9 * MS, "bql__acquired": 10, "bql__contended": 6},
            "nothing: lock bql is 90.0 % held at most",
        ),
        (
            {
                "bql__held_ps": 9 * MS,
                "bql__acquired": 10,
                "bql__contended": 6,
                "load__offered": 1000,
                "socket__dropped": 10,
            },
            (
                "lock bql is 90 % held, and 60 % of its owners had to wait for it"
                "; socket drops 1.00 % of the offered packets"
            ),
        ),
        (
            {
                "bql__held_ps": 8 * MS,
                "bql__acquired": 10,
                "bql__contended": 5,
                "load__offered": 1000,
                "socket__dropped": 10,
            },
            "lock bql is 80 % held, and 50 % of its owners had to wait for it; socket drops 1.00 % of the offered packets",
        ),
        (
            {
                "bql__held_ps": 9 * MS,
                "bql__acquired": 10,
                "bql__contended": 4,
                "load__offered": 1000,
                "socket__dropped": 10,
            },
            "nothing saturated on average (lock bql is 90.0 % held): bursts, larger than what queues hold; socket drops 1.00 % of the offered packets",
        ),
    ],
)
def test_the_bottleneck_is_said_in_a_sentence(counters: dict[str, int], sentence: str) -> None:
    # All that is offered and not dropped arrives.
    lost = sum(count for name, count in counters.items() if name.endswith("__dropped"))
    arrived = [US] * (counters.get("load__offered", 0) - lost)
    trace = recorded(blank(PLAN), "app0", arrived) if arrived else blank(PLAN)
    assert resources.bottleneck(PLAN, with_counters(trace, **counters)) == sentence


def test_pooling_replications_adds_counts_and_keeps_extremes() -> None:
    first = with_counters(recorded(blank(PLAN), "app0", [100, 5000]), load__offered=3, socket__maximum=7, c0__hyp=MS)
    second = with_counters(recorded(blank(PLAN), "app0", [100, 300]), load__offered=4, socket__maximum=5)
    pooled = metrics.pool([first, second])
    assert window.length_ps(pooled) == 20 * MS
    assert pooled.counters["load.offered"] == 7
    assert (pooled.counters["app0.minimum_ps"], pooled.counters["app0.maximum_ps"]) == (100, 5000)
    assert pooled.counters["app1.minimum_ps"] == -1
    assert pooled.counters["socket.maximum"] == 7
    assert pooled.histograms["app0"] == {100: 2, histogram_index(300): 1, histogram_index(5000): 1}
    assert rates.offered_pps(PLAN, pooled) == 350.0
    assert pooled == metrics.pool([second, first])


def test_windows_of_different_plans_do_not_pool() -> None:
    other = replace(PLAN, sinks=PLAN.sinks[:1])
    with pytest.raises(EngineError, match="different plans"):
        metrics.pool([blank(PLAN), blank(other)])


def test_measure_and_headline_cover_the_registry() -> None:
    trace = recorded(blank(PLAN), "app0", [5 * US] * 40)
    measured, scalars = metrics.measure(PLAN, trace), metrics.headline(PLAN, trace)
    assert measured["latency_us"] == {n: 5.0 if n in ("mean", "p50", "max") else None for n in metrics.LATENCY}
    assert scalars["latency.p50"] == 5.0
    plain = {name for name in metrics.METRICS if "." not in name}
    assert measured.keys() == plain | {"latency_us"}
    assert scalars.keys() == {name for name, metric in metrics.METRICS.items() if metric.scalar}
    assert all(metric.unit and metric.sentence.endswith(".") for metric in metrics.METRICS.values())


def test_scalars_are_numbers_and_the_rest_are_tables() -> None:
    trace = blank(PLAN)
    for name, metric in metrics.METRICS.items():
        value = metric.of(PLAN, trace)
        if name != "bottleneck":
            assert metric.scalar == (value is None or isinstance(value, int | float)), name


def test_labels_of_guest_and_idle_time_exist() -> None:
    assert set(cpu.GUEST_LABELS) | set(cpu.IDLE_LABELS) | set(cpu.POLL_LABELS) | set(resources.WITHOUT_WORK) <= set(
        LABELS
    )


def test_the_reference_page_lists_every_metric_and_exit_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    listed = [f"| `{m.name}` | {m.unit} | {m.sentence} |" for m in metrics.METRICS.values()]
    assert rows == listed + [f"| `{kind}` | `{name}` |" for kind, name in events.PERF_KVM_NAMES.items()]


def test_latency_is_also_given_sink_by_sink() -> None:
    trace = recorded(recorded(blank(PLAN), "app0", [US] * 20), "app1", [3 * US] * 60)
    rows = latency.latency_by_sink(PLAN, trace)
    assert [(name, row["count"], row["mean"], row["p50"]) for name, row in rows.items()] == [
        ("app0", 20, 1.0, 1.0),
        ("app1", 60, 3.0, 3.0),
    ]
    together = latency.latency_us(PLAN, trace)
    # the largest of all, whichever sink has it, is what the highest percentile and the maximum are bounded by
    assert (together["mean"], together["p50"], together["max"]) == (2.5, 3.0, 3.0)
    assert list(latency.latency_by_sink(PLAN, recorded(blank(PLAN), "app1", [US]))) == ["app1"]


def test_a_window_without_a_steady_state_is_said() -> None:
    arrived = recorded(blank(PLAN), "app0", [US] * 979)
    trace = with_counters(arrived, load__offered=1000, wire__busy_ps=25 * MS, socket__pushed=1000)
    # 2 % of what is offered is the most that may stay in one queue.
    some = with_counters(trace, socket__popped=980)
    assert (resources.bottleneck(PLAN, some), resources.steady(PLAN, some)) == ("link wire is 100.0 % busy", 1.0)
    filling = with_counters(trace, socket__popped=979)
    said = "socket holds 2.1 % of the offered packets more at the end than at the start"
    assert resources.bottleneck(PLAN, filling) == f"link wire is 100.0 % busy; not steady: {said}"
    assert resources.steady(PLAN, filling) == 0.0
    assert resources.unsteady(PLAN, with_counters(trace, rxring__completed=50, rxring__reaped=10)).startswith(
        "socket holds"
    )
    nothing = with_counters(blank(PLAN), load__offered=1000)
    assert resources.bottleneck(PLAN, nothing).endswith("; not steady: nothing of what is offered is delivered")
    # The window has 10 ms.
    assert resources.steady(PLAN, recorded(blank(PLAN), "app0", [2 * MS] * 40)) == 1.0
    late = recorded(blank(PLAN), "app0", [3 * MS] * 40)
    assert resources.unsteady(PLAN, late) == "half of the packets take over a quarter of the window"
    assert resources.steady(PLAN, blank(PLAN, 0)) is None
