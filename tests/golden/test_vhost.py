"""Single-packet sums and low-rate counts of the virtio paths, exact to the picosecond, in both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import EXIT_KINDS, Trace

Runner = Callable[..., Trace]

HOST = ("h_hardirq", "h_napi_poll", "h_drv_rx_pk", "s_bridge", "h_tap_enq", "h_wake")
GUEST = ("k_wake", "g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_rearm", "g_app_rx_pk")
MODES = {"apicv": ("k_pi_notify",), "legacy": ("k_inject", "k_eoi")}
VHOST = (*HOST, "v_rx_pk", "h_copy_fs", "k_irqfd", *GUEST)
QEMU = (*HOST, "q_loop", "q_tap_rd", "q_vq_rx", "h_copy_fs", "k_irqfd", *GUEST)
LENGTH_BYTES = 64
"""The literature's 64 B are the bytes that are copied."""


def latencies_ns(trace: Trace) -> list[float]:
    """From the packet buffer to the application, packet by packet."""
    born = {packet: time for time, event, place, packet in trace.log if (event, place) == ("push", "port.buffer")}
    return [(time - born[packet]) / 1000 for time, event, _, packet in trace.log if event == "deliver"]


# Host: 900 + 200 + 350 + 350. vhost: wake 3,000, frame 450 + 7.68 (64 B at 0.12 ns), irqfd 500. Guest: wake-up 4,000,
# handler 500 + 250, poll 200, driver and stack 550, unmask 120, application 450. Legacy: inject 400 and end of interrupt
# 700 for the 250. QEMU: loop 1,500, read 700 + 600 + two copies of 7.68 for vhost's frame.
SUMS_NS = [
    ("vhost-net", "apicv", VHOST, 11_827.68),
    ("vhost-net", "legacy", VHOST, 12_677.68),
    ("virtio-qemu", "apicv", QEMU, 14_185.36),
]


@pytest.mark.parametrize(("datapath", "mode", "costs", "total_ns"), SUMS_NS)
def test_idle_receiver(run: Runner, datapath: str, mode: str, costs: tuple[str, ...], total_ns: float) -> None:
    trace = run(datapath, mode, (*costs, *MODES[mode]), [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]
    assert sum(wait + service for wait, service in trace.stages["vm.sink"]) == round(total_ns * 1000)


# Each line: arrivals and latencies in ns, and how the second packet changes the first.
SECOND_PACKETS = [
    # p1 in the tap at 1,800 (900 + 200 + 700), p2, which came during the handler, at 2,500. The thread works from 4,800:
    # p1 copied at 5,257.68, p2 at 5,715.36, published together; irqfd 6,215.36, guest awake 10,215.36, handler 10,965.36,
    # p1 and p2 polled at 11,715.36 and 12,265.36, unmasked 12,385.36; read at 12,835.36 and 13,285.36. One interrupt.
    ([0, 300], [12_835.36, 12_985.36], 1),
    # p2's interrupt at 5,000: tap at 6,800. p1 is published at 5,257.68 and signalled at 5,757.68, then the thread sleeps;
    # woken for 3,000, p2 copied at 10,257.68 while the guest (awake 9,757.68) is in its handler until 10,507.68; the
    # event index is still the one before p1, so no second interrupt: p1 and p2 polled at 11,257.68 and 11,807.68,
    # unmasked 11,927.68; read at 12,377.68 and 12,827.68.
    ([0, 5_000], [12_377.68, 7_827.68], 1),
    # p2 at 6,050: copied at 11,307.68, while the poll, which has found nothing more at 11,257.68, is unmasking until
    # 11,377.68; asking for interrupts again it sees p2 and polls once more: 200 + 550 + 120 to 12,247.68; read at
    # 12,697.68 and 13,147.68.
    ([0, 6_050], [12_697.68, 7_097.68], 1),
    # p2 at 6,700: copied at 11,957.68, after the poll ended at 11,377.68 (11,257.68 + 120); the guest asks for an
    # interrupt: irqfd 12,457.68. p1 is read at 11,827.68 and the vCPU halts. Its exit and its sleep cost nothing here, so
    # it is woken: 16,457.68, handler 17,207.68, poll 200, 550, 120, read 450: 18,527.68.
    ([0, 6_700], [11_827.68, 11_827.68], 2),
]


@pytest.mark.parametrize(("instants_ns", "expected_ns", "interrupts"), SECOND_PACKETS)
def test_second_packet(run: Runner, instants_ns: list[int], expected_ns: list[float], interrupts: int) -> None:
    instants_ps = [instant * 1000 for instant in instants_ns]
    costs = (*VHOST, *MODES["apicv"])
    trace = run("vhost-net", "apicv", costs, instants_ps, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == expected_ns
    assert trace.counters["vm.q0.rx.route.delivered"] == interrupts


SPARSE_PS = [50_000_000 * number for number in range(1, 11)]
"""10 packets, 50 us apart: everybody is asleep again before the next one."""


@pytest.mark.parametrize("datapath", ["vhost-net", "virtio-qemu"])
@pytest.mark.parametrize("sending", [False, True], ids=["rx", "tx"])
def test_register_accesses_at_low_rate(run: Runner, datapath: str, sending: bool) -> None:
    # A real virtio-net guest at low rate, MSI-X: nothing is read; each sent packet is one kick and one interrupt, each
    # received one an interrupt and nothing else.
    costs = (*VHOST, *QEMU, *MODES["apicv"], "k_exit", "k_ioeventfd", "k_hlt", "k_block", "g_app_tx_pk")
    trace = run(datapath, "apicv", costs, SPARSE_PS, sending=sending, halt_poll_max_ps=0)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == len(SPARSE_PS)
    exits = {kind: trace.counters[f"vm.vcpu0.{kind}"] for kind in EXIT_KINDS if trace.counters[f"vm.vcpu0.{kind}"]}
    kicks = len(SPARSE_PS) if sending else 0
    assert exits.pop("IOEVENTFD", 0) == kicks
    assert set(exits) == {"HLT"}
    assert trace.counters["vm.q0.tx.route.delivered"] == kicks
    assert trace.counters["vm.q0.rx.route.delivered"] == len(SPARSE_PS) - kicks


@pytest.mark.parametrize("sending", [False, True], ids=["rx", "tx"])
def test_register_accesses_without_napi_for_transmit(run: Runner, sending: bool) -> None:
    # Counted with the Linux driver's napi_tx=0: a sent packet is one kick and no interrupt; receiving is as before.
    costs = (*VHOST, *MODES["apicv"], "k_exit", "k_ioeventfd", "k_hlt", "k_block", "g_app_tx_pk", "g_tx_reap_pk")
    trace = run("vhost-net", "apicv", costs, SPARSE_PS, sending=sending, halt_poll_max_ps=0, napi_tx=False)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == len(SPARSE_PS)
    kicks = len(SPARSE_PS) if sending else 0
    assert trace.counters["vm.vcpu0.IOEVENTFD"] == kicks
    assert trace.counters["vm.q0.tx.route.delivered"] == 0
    assert trace.counters["vm.q0.rx.route.delivered"] == len(SPARSE_PS) - kicks
    # The last one is still to be freed.
    assert trace.counters["vm.q0.tx.reaped"] == max(0, kicks - 1)


def refills(trace: Trace) -> int:
    """How often the driver published new buffers."""
    return trace.counters["vm.q0.rx.avail_checks"]


def test_buffers_go_back_when_more_than_32_are_missing(run: Runner) -> None:
    costs = (*VHOST, *MODES["apicv"])
    instants_ps = [10_000_000 * number for number in range(1, 71)]
    assert refills(run("vhost-net", "apicv", costs, instants_ps[:32])) == 0
    assert refills(run("vhost-net", "apicv", costs, instants_ps[:33])) == 1
    assert refills(run("vhost-net", "apicv", costs, instants_ps)) == 2


def test_buffers_go_back_at_the_end_of_a_poll(run: Runner) -> None:
    # All 100 are there before the first poll ends: it takes 64 and gives 64 back, the next one 36.
    trace = run("vhost-net", "apicv", ("k_wake", "g_stack_rx_pk"), [0] * 100)
    assert trace.counters["vm.sink.count"] == 100
    assert refills(trace) == 2


# Sent into the socket at 0: the vCPU wakes (4,000), the call takes 400, the kick 700 + 300: 5,400. The thread wakes (3,000),
# takes the frame (400 + 7.68), hands it on (200), bridge 250, driver 250: 9,507.68, doorbell 115. vhost batches, QEMU writes
# each frame: loop 1,500, bottom half 300, pop 500, write 1,000 for vhost's 600.
SEND = ("k_wake", "g_app_tx_pk", "k_exit", "k_ioeventfd", "h_wake", "h_copy_fs", "s_bridge", "h_drv_tx_pk", "h_mmio_wr")
SENT_NS = [
    ("vhost-net", ("v_tx_pk", "v_flush"), 9_622.68),
    ("virtio-qemu", ("q_loop", "q_bh", "q_vq_pop", "q_tap_wr"), 12_322.68),
]


@pytest.mark.parametrize(("datapath", "backend", "total_ns"), SENT_NS)
def test_idle_sender(run: Runner, datapath: str, backend: tuple[str, ...], total_ns: float) -> None:
    costs = (*SEND, *backend)
    trace = run(datapath, "apicv", costs, [0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == round(total_ns * 1000)


# p2 is posted at 5,800, while the thread wakes until 8,400: no kick. vhost takes both: 2 * (407.68 + 500) + 200 to 10,415.36,
# and one doorbell, 115, for both. QEMU: loop and bottom half to 10,200, p1 to 12,207.68, doorbell to 12,322.68, p2 to
# 14,330.36, doorbell to 14,445.36.
TWO_SENT_NS = [
    ("vhost-net", SENT_NS[0][1], 10_530.36, 10_530.36),
    ("virtio-qemu", SENT_NS[1][1], 12_322.68, 14_445.36),
]


@pytest.mark.parametrize(("datapath", "backend", "first_ns", "second_ns"), TWO_SENT_NS)
def test_two_sent(run: Runner, datapath: str, backend: tuple[str, ...], first_ns: float, second_ns: float) -> None:
    costs = (*SEND, *backend)
    trace = run(datapath, "apicv", costs, [0, 0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert trace.counters["vm.vcpu0.IOEVENTFD"] == 1
    assert [time / 1000 for time, event, _, _ in trace.log if event == "deliver"] == [first_ns, second_ns]
