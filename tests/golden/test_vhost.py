"""Single-packet sums and low-rate counts of the virtio paths, exact to the picosecond, in both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import EXIT_KINDS, Trace

Runner = Callable[..., Trace]

THREAD_WAKE = ("h_wake_work", "h_ipi_flight", "h_wake_run")
HOST = ("h_hardirq", "h_napi_poll", "h_drv_rx_pk", "s_bridge", "h_tap_enq", *THREAD_WAKE)
GUEST = ("k_wake_work", "k_wake_run", "g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_rearm", "g_app_rx_pk")
MODES = {"apicv": ("k_pi_notify",), "legacy": ("k_inject", "k_eoi")}
VHOST = (*HOST, "v_rx_pk", "h_copy_fs", "k_irqfd", *GUEST)
QEMU = (*HOST, "q_loop", "q_tap_rd", "q_vq_rx", "h_copy_fs", "k_irqfd", *GUEST)
LENGTH_BYTES = 64
"""The literature's 64 B are the bytes that are copied."""


def latencies_ns(trace: Trace) -> list[float]:
    """From the packet buffer to the application, packet by packet."""
    born = {packet: time for time, event, place, packet in trace.log if (event, place) == ("push", "port.buffer")}
    return [(time - born[packet]) / 1000 for time, event, _, packet in trace.log if event == "deliver"]


# Host: 900 + 200 + 350 + 350, then the wake-up call 1,000. vhost: IPI 500, scheduled 1,500, frame 450 + 7.68 (64 B at 0.12 ns),
# irqfd 500, wake-up call 1,000. Guest: IPI 500, awake in 2,500, handler 500, poll 200, driver and stack 550, unmask 120,
# application 450; no notification, since the vCPU was halted. Legacy: inject 400 and end of
# interrupt 700 besides. QEMU: loop 1,500, read 700 + 600 + two copies of 7.68 for vhost's frame.
SUMS_NS = [
    ("vhost-net", "apicv", VHOST, 11_577.68),
    ("vhost-net", "legacy", VHOST, 12_677.68),
    ("virtio-qemu", "apicv", QEMU, 13_935.36),
]


@pytest.mark.parametrize(("datapath", "mode", "costs", "total_ns"), SUMS_NS)
def test_idle_receiver(run: Runner, datapath: str, mode: str, costs: tuple[str, ...], total_ns: float) -> None:
    trace = run(datapath, mode, (*costs, *MODES[mode]), [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]
    assert sum(wait + service for wait, service in trace.stages["vm.sink"]) == round(total_ns * 1000)


# In poll mode the guest is awake and asks for no interrupt: without signal, call and all that follows (6,320 of the sums above) the
# frame is in its ring at 5,257.68, QEMU's at 7,615.36, and the thread takes 45 for it. Two frames as in the first line below are
# published together at 5,715.36 and read in one go of 90.
POLLED_NS = [
    ("vhost-net", VHOST[:10], [0], [5_302.68]),
    ("vhost-net", VHOST[:10], [0, 300], [5_805.36, 5_505.36]),
    ("virtio-qemu", QEMU[:12], [0], [7_660.36]),
]


@pytest.mark.parametrize(("datapath", "costs", "instants_ns", "expected_ns"), POLLED_NS)
def test_a_guest_in_poll_mode(
    run: Runner, datapath: str, costs: tuple[str, ...], instants_ns: list[int], expected_ns: list[float]
) -> None:
    instants_ps = [1000 * instant for instant in instants_ns]
    trace = run(datapath, "poll", (*costs, "d_rx_pk"), instants_ps, length_bytes=LENGTH_BYTES)
    assert latencies_ns(trace) == expected_ns
    assert not [name for name in trace.counters if name.startswith("vm.") and ".route." in name]


# Each line: arrivals and latencies in ns, and how the second packet changes the first.
SECOND_PACKETS = [
    # p1 in the tap at 1,800 (900 + 200 + 700); the core wakes the thread until 2,800, then p2, which came during the handler, is
    # in the tap at 3,500. The thread works from 4,800: p1 copied at 5,257.68, p2 at 5,715.36, published together; irqfd and
    # wake-up call 7,215.36, IPI 7,715.36, guest awake 10,215.36, handler 10,715.36, p1 and p2 polled at 11,465.36 and 12,015.36,
    # unmasked 12,135.36; read at 12,585.36 and 13,035.36. One interrupt.
    ([0, 300], [12_585.36, 12_735.36], 1),
    # p2's interrupt at 4,990: tap at 6,790. p1 is published at 5,257.68 and signalled, the vCPU called, at 6,757.68, then the
    # thread sleeps; woken for 3,000, p2 copied at 10,247.68 while the guest (awake 9,757.68) is in its handler until 10,257.68;
    # the event index is still the one before p1, so no second interrupt: p1 and p2 polled at 11,007.68 and 11,557.68,
    # unmasked 11,677.68; read at 12,127.68 and 12,577.68.
    ([0, 4_990], [12_127.68, 7_587.68], 1),
    # p2 at 5,800: copied at 11,057.68, while the poll, which has found nothing more at 11,007.68, is unmasking until
    # 11,127.68; asking for interrupts again it sees p2 and polls once more: 200 + 550 + 120 to 11,997.68; read at
    # 12,447.68 and 12,897.68.
    ([0, 5_800], [12_447.68, 7_097.68], 1),
    # p2 at 6,700: copied at 11,957.68, after the poll ended at 11,127.68 (11,007.68 + 120); the guest asks for an interrupt.
    # p1 was read at 11,577.68 and the vCPU halted. Its exit and its sleep cost nothing here, so irqfd and wake-up call take
    # until 13,457.68, the IPI until 13,957.68: awake 16,457.68, handler 16,957.68, poll 200, 550, 120, read 450: 18,277.68.
    ([0, 6_700], [11_577.68, 11_577.68], 2),
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
    trace = run("vhost-net", "apicv", ("k_wake_run", "g_stack_rx_pk"), [0] * 100)
    assert trace.counters["vm.sink.count"] == 100
    assert refills(trace) == 2


# Sent into the socket at 0, by what wakes the vCPU on its own core (2,500: no call, no IPI). The call takes 400, the kick 700 +
# 300 and, since the thread sleeps, the wake-up call 1,000: 4,900. IPI 500, the thread is scheduled (1,500) at 6,900, takes the
# frame (400 + 7.68), hands it on (200), bridge 250, driver 250, doorbell 115: 8,122.68. vhost batches, QEMU writes each frame:
# loop 1,500, bottom half 300, pop 500, write 1,000 for vhost's 600.
SEND_WAKES = ("k_wake_work", "k_wake_run", *THREAD_WAKE)
SEND = (*SEND_WAKES, "g_app_tx_pk", "k_exit", "k_ioeventfd", "h_copy_fs", "s_bridge", "h_drv_tx_pk", "h_mmio_wr")
SENT_NS = [
    ("vhost-net", ("v_tx_pk", "v_flush"), 8_122.68),
    ("virtio-qemu", ("q_loop", "q_bh", "q_vq_pop", "q_tap_wr"), 10_822.68),
]


@pytest.mark.parametrize(("datapath", "backend", "total_ns"), SENT_NS)
def test_idle_sender(run: Runner, datapath: str, backend: tuple[str, ...], total_ns: float) -> None:
    costs = (*SEND, *backend)
    trace = run(datapath, "apicv", costs, [0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == round(total_ns * 1000)


# p2 is posted at 5,300, while the IPI is under way to the thread: no kick. The thread works from 6,900. vhost takes both:
# 2 * (407.68 + 500 + doorbell 115) + 200 to 9,145.36; a frame from a tap rings by itself. QEMU: loop and bottom half to 8,700, p1
# with its doorbell to 10,822.68; then it reports p1 as used, and the vCPU, halted meanwhile, is called (1,000); p2 to 13,945.36.
TWO_SENT_NS = [
    ("vhost-net", SENT_NS[0][1], 9_145.36, 9_145.36),
    ("virtio-qemu", SENT_NS[1][1], 10_822.68, 13_945.36),
]


@pytest.mark.parametrize(("datapath", "backend", "first_ns", "second_ns"), TWO_SENT_NS)
def test_two_sent(run: Runner, datapath: str, backend: tuple[str, ...], first_ns: float, second_ns: float) -> None:
    costs = (*SEND, *backend)
    trace = run(datapath, "apicv", costs, [0, 0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert trace.counters["vm.vcpu0.IOEVENTFD"] == 1
    assert [time / 1000 for time, event, _, _ in trace.log if event == "deliver"] == [first_ns, second_ns]
