"""The emulated e1000: exits by the handful, a window of 128 us, one lock for all, and a slow backend that protects its guest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.plan.model import NONE, Executor, Notify, Plan

Runner = Callable[..., Any]

ORDER = ("native", "sriov-vf", "vhost-net", "virtio-qemu", "emulated-e1000")
MODERATED = "nic.moderation={kind: gap, interval: 10 us}"
WINDOW_EDGES_PER_S = 1 / 128e-6


def loaded(run: Runner, path: str, rate_kpps: float, *overrides: str, **parts: Any) -> Any:
    settings = ("guests.vm.interrupts=automatic", f"guests.vm.datapath={path}", MODERATED)
    return run(*settings, f"traffic.load.rate={rate_kpps} kpps", "traffic.load.overload=on", *overrides, **parts)


def e1000(run: Runner, rate_kpps: float, *overrides: str, **parts: Any) -> Any:
    return loaded(run, "emulated-e1000", rate_kpps, *overrides, **parts)


def per_packet(outcome: Any, count: int) -> float:
    delivered = outcome.count(".sink.count") + outcome.count("peer.count")
    return float(count / delivered)


def edges_per_s(outcome: Any) -> float:
    return float(outcome.rate("vm.q0.route.delivered"))


def register_exits(outcome: Any) -> int:
    return int(outcome.exits("MMIO_READ") + outcome.exits("MMIO_WRITE"))


# Mechanisms taken away


def without_window(plan: Plan) -> Plan:
    found = (m if m.worker == NONE else replace(m, interval_ps=0) for m in plan.moderators)
    return replace(plan, moderators=tuple(found))


def without_traps(plan: Plan) -> Plan:
    """Registers whose accesses cost nothing and are no exits: only what they do is left, as in a mapped BAR."""
    moderator = next(index for index, m in enumerate(plan.moderators) if m.worker != NONE)
    free = (Notify("unmask", moderator, 0, "MMIO_WRITE"),)
    workers = (replace(w, unmask=free) if w.unmask else w for w in plan.workers)
    return replace(plan, workers=tuple(workers), routes=tuple(replace(r, accesses=()) for r in plan.routes))


def without_lock(plan: Plan) -> Plan:
    """Nobody takes the global lock, and every device has a main loop and a core of its own."""
    devices = [i for i, w in enumerate(plan.workers) if w.name.endswith((".qemu.rx", ".qemu.timer"))]
    loop = plan.workers[devices[0]].on
    cores, threads, workers = list(plan.executors), list(plan.threads), list(plan.workers)
    threads[loop] = replace(threads[loop], lock=NONE)
    for index in devices:
        if ".q1." in workers[index].name:
            if workers[index].name.endswith(".rx"):
                cores.append(Executor("spare", "core"))
                threads.append(replace(threads[loop], name="spare.loop", executor=len(cores) - 1))
            workers[index] = replace(workers[index], on=len(threads) - 1)
    free = replace(plan, executors=tuple(cores), threads=tuple(threads), workers=tuple(workers))

    def unlocked(notify: Notify) -> Notify:
        return replace(notify, lock=NONE, cost_ps=notify.cost_ps + notify.locked_ps, locked_ps=0)

    def gate(ring: Any) -> Any:
        return replace(ring, avail_gate=replace(ring.avail_gate, notify=unlocked(ring.avail_gate.notify)))

    return replace(
        free,
        rings=tuple(gate(ring) for ring in free.rings),
        routes=tuple(replace(r, accesses=tuple(map(unlocked, r.accesses))) for r in free.routes),
        workers=tuple(replace(w, unmask=tuple(map(unlocked, w.unmask))) for w in free.workers),
    )


def test_e03_what_sets_it_apart_are_its_accesses(run: Runner) -> None:
    slow, free = (e1000(run, 1, change=change).latency_us(0.5) for change in (None, without_traps))
    # Three accesses in the handler, two to unmask, 4 us each; RDT is left.
    assert slow - free == pytest.approx(5 * 4.0, abs=0.5)


def test_e04_eight_exits_per_interrupt_at_low_rate(run: Runner) -> None:
    # Six accesses, the end of a level-triggered interrupt, and the halt. Two packets of 1 kpps seldom share a window.
    outcome = e1000(run, 0.2, "measurement.duration=2 s")
    assert per_packet(outcome, register_exits(outcome)) == pytest.approx(6, abs=0.3)
    assert per_packet(outcome, outcome.exits("EOI_INDUCED")) == pytest.approx(1, abs=0.05)
    assert per_packet(outcome, outcome.all_exits) == pytest.approx(8, abs=0.4)
    # The same end of interrupt has another name where no virtual APIC takes it.
    legacy = e1000(run, 0.2, "measurement.duration=2 s", "guests.vm.interrupts=legacy")
    assert legacy.exits("EOI_INDUCED") == outcome.exits("EOI") == 0
    assert per_packet(legacy, legacy.exits("EOI")) == pytest.approx(1, abs=0.05)
    free = e1000(run, 0.2, "measurement.duration=2 s", change=without_traps)
    assert per_packet(free, register_exits(free)) < 2.1


def test_e04_exits_per_packet_fall_with_load(run: Runner) -> None:
    found = [per_packet(o, o.all_exits) for o in (e1000(run, rate) for rate in (1, 5, 20, 100, 200))]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.1 * found[0]


def test_e04_receive_buffers_go_back_in_sixteens(run: Runner) -> None:
    # A full poll of 64 packets writes RDT four times, and beyond saturation all polls are full.
    outcome = e1000(run, 1000)
    assert outcome.count("vm.q0.rx.avail_checks") / outcome.count("vm.q0.rx.reaped") == pytest.approx(1 / 16, rel=0.02)


@pytest.mark.parametrize("rate_kpps", [5, 20, 100, 300, 1000])
def test_e06_edges_are_128_us_apart_at_any_load(run: Runner, rate_kpps: float) -> None:
    assert edges_per_s(e1000(run, rate_kpps)) <= WINDOW_EDGES_PER_S
    if rate_kpps in (20, 100):
        assert edges_per_s(e1000(run, rate_kpps, change=without_window)) > 1.5 * WINDOW_EDGES_PER_S


def test_e06_the_window_dominates_latency(run: Runner) -> None:
    alone = e1000(run, 0.2, "measurement.duration=1 s").latency_us(0.5)
    shut, open_ = (e1000(run, 20, change=change).latency_us(0.5) for change in (None, without_window))
    assert shut - alone > 128 / 4
    assert shut > open_ + 128 / 4


def test_e06_the_adapters_own_moderation_does_not_matter(run: Runner) -> None:
    fast = e1000(run, 20, "nic.moderation={kind: none}")
    assert edges_per_s(fast) == pytest.approx(edges_per_s(e1000(run, 20)), rel=0.02)


def test_e08_a_softirq_that_its_own_unmask_raises_again_is_demoted(run: Runner) -> None:
    # The window is over when the poll ends, so its unmask raises the line at once: the softirq goes on, and only demotion
    # lets the application in.
    parts = {"host": {"model": "modern"}, "nic": {"model": "e810"}}
    # Below, at 160 kpps, the softirq still ends now and then.
    alive, flooded = (e1000(run, rate, **parts).goodput_pps for rate in (160, 220))
    assert flooded > alive > 0.75 * 160_000
    alive, flooded = (e1000(run, rate, "host.softirq.demote=off", **parts).goodput_pps for rate in (160, 220))
    assert flooded < 0.01 * alive


def test_e09_a_slow_backend_protects_its_guest(run: Runner) -> None:
    # Beyond what one core can receive, the tap queue drops before the guest has spent anything.
    # The host's driver is quick: its softirq has to bring all frames as far as the tap.
    quick = "host.costs={h_drv_rx_pk: 50 ns}"
    function, slow = (loaded(run, path, 1500, quick) for path in ("sriov-vf", "virtio-qemu"))
    assert slow.goodput_pps > 2 * function.goodput_pps
    assert slow.count("vm.q0.socket.dropped") == 0 < slow.count("tap.dropped")

    def fast_backend(plan: Plan) -> Plan:
        quick = (replace(w, packet_ps=0, byte_fs=0, wake_ps=0) if w.label == "qemu" else w for w in plan.workers)
        return replace(plan, workers=tuple(quick))

    fast = loaded(run, "virtio-qemu", 1500, quick, change=fast_backend)
    assert fast.goodput_pps < 0.5 * slow.goodput_pps
    assert fast.count("tap.dropped") == 0 < fast.count("vm.q0.socket.dropped")


def test_e09_even_an_e1000_overtakes_a_function_in_livelock(run: Runner) -> None:
    function, emulated = (loaded(run, path, 1500) for path in ("sriov-vf", "emulated-e1000"))
    assert emulated.count("tap.dropped") > 10 * emulated.count("vm.q0.socket.dropped")
    assert emulated.goodput_pps > 1.3 * function.goodput_pps
    # Where the function's softirq is demoted it is the other way round: what is slow stays slow.
    function, emulated = (loaded(run, path, 2000) for path in ("sriov-vf", "emulated-e1000"))
    assert emulated.goodput_pps < 0.6 * function.goodput_pps


def test_e09_the_host_livelocks_when_softirq_and_main_loop_share_a_core(run: Runner) -> None:
    def alone(plan: Plan) -> Plan:
        """Of the host only: the guest keeps its ksoftirqd."""
        return replace(plan, executors=tuple(replace(e, demote=e.kind == "vcpu") for e in plan.executors))

    def together(plan: Plan) -> Plan:
        plan = alone(plan)
        lane = next(r.core for r in plan.routes if r.name == "uplink0.route")
        loop = next(w.on for w in plan.workers if w.name.endswith("qemu.rx"))
        threads = tuple(replace(t, executor=lane) if i == loop else t for i, t in enumerate(plan.threads))
        return replace(plan, threads=threads)

    apart, shared = (e1000(run, 2000, change=change) for change in (alone, together))
    assert shared.goodput_pps == 0 < apart.goodput_pps


def test_e15_emulation_saturates_first(run: Runner) -> None:
    best = {path: max(loaded(run, path, rate).goodput_pps for rate in (200, 450, 900)) for path in ORDER[2:]}
    assert best["vhost-net"] > 1.3 * best["virtio-qemu"]
    # A frame through the full main loop: read, fill, copy, a 50th of a turn; and 7 of 30 signal a running vCPU (500 + 900).
    frame_s = 1.3e-6 + 60 * 0.12e-9 + 1.5e-6 / 50 + 7 / 30 * 1.4e-6
    assert best["virtio-qemu"] == pytest.approx(1 / frame_s, rel=0.005)
    assert best["virtio-qemu"] > 1.9 * best["emulated-e1000"]


def test_e15_two_devices_are_not_twice_one(run: Runner) -> None:
    # On a host whose main loop is what limits one device.
    flows = [{"name": "load", "kind": "poisson", "rate": "1 kpps", "size": "64 B", "flows": 64}]
    parts = {"host": {"model": "modern"}, "nic": {"model": "e810"}, "traffic": flows}
    two = ("guests.vm.nics=2", "guests.vm.vcpus=2")

    def best(*settings: str, change: Callable[[Plan], Plan] | None = None) -> float:
        return max(e1000(run, rate, *settings, change=change, **parts).goodput_pps for rate in (100, 150, 400))

    one = best()
    assert best(*two) < 1.5 * one
    assert best(*two, change=without_lock) > 2 * one


def test_e15_accesses_wait_for_the_lock(run: Runner) -> None:
    outcome = e1000(run, 200)
    assert outcome.count("vm.bql.contended") > 0.2 * outcome.count("vm.bql.acquired")
    assert 0.5 < outcome.count("vm.bql.held_ps") / 1e12 / outcome.seconds <= 1


def test_e21_a_burst_is_lost_at_the_tap(run: Runner) -> None:
    # The host takes 1,425 frames at once; tap and ring have room for 1,000 and 256, and some are served meanwhile. With 1,400
    # the tap is just full.
    burst = [{"name": "load", "kind": "bursts", "burst": 1425, "gap": "100 ns", "rate": "20 kpps", "size": "64 B"}]
    for ring, lost in ((256, True), (2048, False)):
        outcome = e1000(run, 20, "nic.rx_ring=4096", f"guests.vm.rx_ring={ring}", traffic=burst)
        drops = {name for name, value in outcome.trace.counters.items() if name.endswith("dropped") and value}
        assert ("vm.q0.tap.dropped" in drops) is lost, drops
        assert not any("rx" in name for name in drops)


def test_e24_emulation_copies_most_and_traps_most(run: Runner) -> None:
    def core_seconds_per_gbit(path: str) -> float:
        outcome = loaded(run, path, 50, "traffic.load.size=1500 B")
        cores = [e.name for e in outcome.plan.executors if e.kind == "core"]
        return float(sum(outcome.busy(core) for core in cores) / outcome.goodput_pps)

    found = [core_seconds_per_gbit(path) for path in ORDER[1:]]
    assert found == sorted(found)


def test_e33_a_round_trip_pays_for_both_ways(run: Runner) -> None:
    traffic = [{"name": "rr", "kind": "request-response"}]
    settings = ("guests.vm.interrupts=automatic", MODERATED)
    found = [run(*settings, f"guests.vm.datapath={path}", traffic=traffic).rate("peer.count") for path in ORDER]
    assert found == sorted(found, reverse=True)
