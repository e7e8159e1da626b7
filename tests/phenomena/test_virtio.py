"""virtio paths: notifications that fade, one worker per queue pair, and where a slow backend or guest loses packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.costs import host, hosts
from simulator.plan.model import DescRing, Gate, Plan
from tests.phenomena.single import one_packet_us

Runner = Callable[..., Any]

VHOST = "guests.vm.datapath=vhost-net"
AUTOMATIC = "guests.vm.interrupts=automatic"
MODERATED = "nic.moderation={kind: gap, interval: 10 us}"
LOADS_KPPS = (1, 20, 100, 300, 800)


def loaded(run: Runner, rate_kpps: float, direction: str, *overrides: str, **parts: Any) -> Any:
    rate, way = f"traffic.load.rate={rate_kpps} kpps", f"traffic.load.direction={direction}"
    return run(AUTOMATIC, VHOST, MODERATED, rate, way, "traffic.load.overload=on", *overrides, **parts)


def packets(outcome: Any) -> int:
    found = outcome.count(".sink.count") + outcome.count("peer.count")
    assert isinstance(found, int)
    return found


def interrupts(outcome: Any) -> float:
    """Of the guest, per packet."""
    return float((outcome.count("rx.route.delivered") + outcome.count("tx.route.delivered")) / packets(outcome))


def kicks(outcome: Any) -> float:
    return float(outcome.exits("IOEVENTFD") / packets(outcome))


def with_gates(mode: str) -> Callable[[Plan], Plan]:
    """The same plan without the event index of its virtqueues."""

    def gate(old: Gate) -> Gate:
        return replace(old, mode=mode, delay_num=0, delay_den=1)

    def ring(old: DescRing) -> DescRing:
        if old.remote:
            return old
        return replace(old, avail_gate=gate(old.avail_gate), used_gate=gate(old.used_gate))

    return lambda plan: replace(plan, rings=tuple(ring(old) for old in plan.rings))


@pytest.mark.parametrize("name", hosts())
def test_e03_virtio_wakes_a_thread_of_the_host_first(name: str) -> None:
    vhost, function = (one_packet_us(name, path, "legacy") for path in ("vhost-net", "sriov-vf"))
    assert vhost - function > sum(host(name).ps(part) for part in ("h_wake_work", "h_ipi_flight", "h_wake_run")) / 1e6


def test_e33_a_round_trip_pays_every_way_twice(run: Runner) -> None:
    traffic = [{"name": "rr", "kind": "request-response"}]
    paths = ("native", "sriov-vf", "vhost-net", "virtio-qemu")
    found = [run(AUTOMATIC, f"guests.vm.datapath={path}", traffic=traffic).rate("peer.count") for path in paths]
    assert found == sorted(found, reverse=True)
    # A sleeping thread is woken for the request and again for the answer.
    assert 1 / found[2] - 1 / found[1] > 2 * 3.0e-6


def test_e10_interrupts_fade_with_load(run: Runner) -> None:
    found = [interrupts(loaded(run, rate, "rx")) for rate in LOADS_KPPS]
    assert found[0] == pytest.approx(1, abs=0.02)
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.1


def test_e10_kicks_fade_with_load(run: Runner) -> None:
    found = [kicks(loaded(run, rate, "tx")) for rate in LOADS_KPPS]
    assert found[0] == pytest.approx(1, abs=0.02)
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.1


def test_e10_receiving_needs_no_kick(run: Runner) -> None:
    assert [kicks(loaded(run, rate, "rx")) for rate in LOADS_KPPS] == [0] * len(LOADS_KPPS)


@pytest.mark.parametrize("datapath", ["vhost-net", "virtio-qemu"])
@pytest.mark.parametrize("direction", ["rx", "tx"])
def test_e10_without_event_index_there_are_more_interrupts(run: Runner, datapath: str, direction: str) -> None:
    path = (f"guests.vm.datapath={datapath}", "nic.moderation={kind: none}")
    event, flag = (loaded(run, 300, direction, *path, change=change) for change in (None, with_gates("flag")))
    assert interrupts(flag) > 1.1 * interrupts(event)
    assert packets(flag) == pytest.approx(packets(event), rel=0.01)


def test_e10_at_saturation_the_event_index_carries_more(run: Runner) -> None:
    # The sending guest is the limit, and every interrupt takes its time.
    slow_guest = "host.costs={g_stack_tx_pk: 1 us}"
    event, flag = (loaded(run, 900, "tx", slow_guest, change=change) for change in (None, with_gates("flag")))
    assert packets(flag) < 0.9 * packets(event)
    # Where vhost is the limit, which rings the adapter's doorbell for every frame, there is nearly always work left.
    event, flag = (loaded(run, 900, "tx", change=change) for change in (None, with_gates("flag")))
    assert packets(flag) == pytest.approx(packets(event), rel=0.005)
    assert interrupts(flag) < 0.1


def test_e10_completions_wait_for_three_quarters(run: Runner) -> None:
    def at_once(plan: Plan) -> Plan:
        rings = (replace(r, used_gate=replace(r.used_gate, delay_num=0, delay_den=1)) for r in plan.rings)
        return replace(plan, rings=tuple(rings))

    # A slow backend with a full ring: one interrupt for three quarters of 238 packets, instead of one for each flush.
    slow = "host.costs={v_tx_pk: 2 us}"
    delayed, eager = (loaded(run, 900, "tx", slow, change=change) for change in (None, at_once))
    assert interrupts(delayed) < 0.7 * interrupts(eager)


def test_e10_over_qemu_kicks_fade_and_interrupts_do_not(run: Runner) -> None:
    # For QEMU half of the statement is false: its loop publishes frame by frame, 1.3 us apart when it is the limit, and a
    # guest that needs half of that has emptied its ring and asked for the next interrupt. Two things spare some of them: the
    # signal takes the loop's time (irqfd and IPI, 1.4 us), and frames go on coming while the IPI is under way.
    qemu = "guests.vm.datapath=virtio-qemu"
    sent = [kicks(loaded(run, rate, "tx", qemu)) for rate in LOADS_KPPS]
    assert sent[0] == pytest.approx(1, abs=0.02)
    assert sent == sorted(sent, reverse=True)
    received = [interrupts(loaded(run, rate, "rx", qemu)) for rate in LOADS_KPPS]
    assert received == sorted(received, reverse=True)
    assert received[-1] > 2 * interrupts(loaded(run, LOADS_KPPS[-1], "rx"))
    free = "host.costs={k_ipi: 0 ns, k_wake_work: 0 ns, h_ipi_flight: 0 ns}"
    before, last = (interrupts(loaded(run, rate, "rx", qemu, free)) for rate in LOADS_KPPS[-2:])
    assert last > 0.4 > before, "signals for nothing: they come back, one for every other frame"
    slow_guest = "host.costs={g_drv_rx_pk: 1.5 us}"
    assert interrupts(loaded(run, LOADS_KPPS[-1], "rx", qemu, slow_guest)) < 0.1


def test_e10_without_suppression_every_publication_interrupts(run: Runner) -> None:
    outcome = loaded(run, 300, "tx", change=with_gates("always"))
    assert kicks(outcome) == pytest.approx(1, abs=0.001)
    assert outcome.count("q0.tx.used_suppressed") == 0 < loaded(run, 300, "tx").count("q0.tx.used_suppressed")


def test_e10_a_backend_that_never_empties_the_ring_needs_no_kick(run: Runner) -> None:
    # 2 us per frame: the guest is always ahead.
    outcome = loaded(run, 900, "tx", "host.costs={v_tx_pk: 2 us}")
    assert outcome.count("q0.tx.avail_suppressed") > 0.99 * outcome.count("q0.tx.avail_checks") > 0
    assert outcome.busy("cpu2") > 0.99


FRAME_S = 2e-6 + 60 * 0.12e-9
"""Time of the vhost thread per frame, made dear so that nothing else is the limit."""
SIGNAL_S = (0.1 + 0.5 + 1.0) * 1e-6
"""Per publication: event index, irqfd, call that wakes the vCPU, which slept."""
DEAR = "host.costs={v_rx_pk: 2 us}"
MANY_FLOWS = "traffic.load.flows=64"


def goodput(run: Runner, *overrides: str) -> float:
    return float(loaded(run, 900, "rx", DEAR, MANY_FLOWS, *overrides).goodput_pps)


def test_e14_one_worker_is_the_limit(run: Runner) -> None:
    # 256 frames a turn, published after 65, 130, 195 and at the end; a new turn for 150 ns.
    turn_s = 256 * FRAME_S + 4 * SIGNAL_S + 150e-9
    assert goodput(run) == pytest.approx(256 / turn_s, rel=0.002)


def test_e14_vcpus_do_not_help_and_queue_pairs_do(run: Runner) -> None:
    one = goodput(run)
    assert goodput(run, "guests.vm.vcpus=4") == pytest.approx(one, rel=0.01)
    # The two halves of 64 flows are 31 and 33 of them at worst: what the fuller one cannot take is lost.
    assert goodput(run, "guests.vm.vcpus=2", "guests.vm.queues=2") > 1.7 * one


def test_e14_queue_pairs_do_not_help_a_single_loop(run: Runner) -> None:
    qemu = ("guests.vm.datapath=virtio-qemu", "host.costs={q_tap_rd: 2 us}")
    one, two = (
        loaded(run, 900, "rx", MANY_FLOWS, *qemu, f"guests.vm.vcpus={n}", f"guests.vm.queues={n}") for n in (1, 2)
    )
    assert two.goodput_pps < 1.05 * one.goodput_pps


def test_e14_directions_share_the_worker(run: Runner) -> None:
    both = [
        {"name": way, "kind": "poisson", "rate": "900 kpps", "size": "64 B", "direction": way, "overload": True}
        for way in ("rx", "tx")
    ]
    # No work in the guest, so that vhost is the limit in both directions.
    guest = "guests.vm.application={receive: 0 ns, send: 0 ns}"
    costs = "host.costs={v_rx_pk: 2 us, v_tx_pk: 1300 ns, v_flush: 0 ns, k_ioeventfd: 0 ns}"
    outcome = run(AUTOMATIC, VHOST, MODERATED, guest, costs, traffic=both)
    received, sent = outcome.goodput_pps, outcome.rate("peer.count")
    assert min(received, sent) > 50_000, "neither starves"
    # A sent frame takes 1,300 + 500 for bridge and driver + 7.2.
    assert received * FRAME_S + sent * 1.8072e-6 == pytest.approx(1, abs=0.05)


# vhost: 256 packets in each direction; QEMU: 50 reads from the tap, 256 packets from the guest.
@pytest.mark.parametrize(
    ("datapath", "label", "turns"), [("vhost-net", "vhost", (256, 256)), ("virtio-qemu", "qemu", (50, 256))]
)
def test_e14_a_flooded_worker_does_its_budget_at_a_time(
    run: Runner, datapath: str, label: str, turns: tuple[int, int]
) -> None:
    both = [
        {"name": way, "kind": "poisson", "rate": "900 kpps", "size": "64 B", "direction": way, "overload": True}
        for way in ("rx", "tx")
    ]
    guest = (f"guests.vm.datapath={datapath}", "guests.vm.application={receive: 0 ns, send: 0 ns}")
    costs = "host.costs={v_rx_pk: 4 us, v_tx_pk: 4 us, q_tap_rd: 4 us, q_vq_pop: 4 us, k_ioeventfd: 0 ns}"
    outcome = run(AUTOMATIC, MODERATED, *guest, costs, traffic=both)
    for way, budget in zip(("rx", "tx"), turns, strict=True):
        served, rounds = (outcome.count(f"{label}.{way}.{what}") for what in ("served", "invocations"))
        assert served / rounds == pytest.approx(budget, rel=0.05)


BURST = 3_000
TAP = 1_000


def burst(run: Runner, *overrides: str, gap: str = "1 us") -> Any:
    """One burst at a pace that the host's softirq can take (940 ns a frame); the socket is too large to matter."""
    guest = {"name": "vm", "datapath": "vhost-net", "socket_buffer": 100_000, "halt_poll": "off"}
    traffic = [{"name": "load", "kind": "bursts", "burst": BURST, "rate": "30 kpps", "gap": gap}]
    measurement = {"warmup": "0 s", "duration": "100 ms"}
    return run(*overrides, guests=[guest], traffic=traffic, measurement=measurement)


@pytest.mark.parametrize("frame_us", [3, 6])
def test_e21_a_slow_backend_loses_at_the_tap(run: Runner, frame_us: int) -> None:
    outcome = burst(run, f"host.costs={{v_rx_pk: {frame_us} us}}")
    lost = outcome.trace.counters["vm.q0.tap.dropped"]
    served = BURST * 1e-6 / (frame_us * 1e-6 + 7.2e-9)
    assert BURST - TAP - served == pytest.approx(lost, abs=10)
    assert outcome.count(".dropped") == lost, "nothing is lost elsewhere"


def test_e21_a_backend_that_keeps_up_loses_nothing(run: Runner) -> None:
    assert burst(run, "host.costs={v_rx_pk: 900 ns}").count(".dropped") == 0


def test_e21_a_slow_guest_loses_at_the_tap_too(run: Runner) -> None:
    # The full ring of the guest holds its backend up, which leaves the frames in the tap; a kick lets it go on.
    outcome = burst(run, "host.costs={g_drv_rx_pk: 6 us}")
    lost = outcome.trace.counters["vm.q0.tap.dropped"]
    assert outcome.count(".dropped") == lost > 0
    assert lost < burst(run, "host.costs={v_rx_pk: 6 us}").count("tap.dropped") - 200, "the ring held some of them"
    assert outcome.count("vhost.rx.parked") > 0
    assert outcome.exits("IOEVENTFD") == outcome.count("vhost.rx.parked")


def test_e21_at_the_rate_of_the_wire_the_host_ring_loses_first(run: Runner) -> None:
    outcome = burst(run, gap="67.2 ns")
    assert outcome.trace.counters["uplink0.rx.dropped"] == outcome.count(".dropped") > 0
