"""Single-packet sums of virtio behind a polling switch, exact to the picosecond, in both engines, and what it does not make: exits."""

from __future__ import annotations

import pytest

from simulator.plan.trace import EXIT_KINDS
from tests.golden.conftest import Runner
from tests.golden.test_vhost import LENGTH_BYTES, MODES, latencies_ns

SWITCH = ("d_rx_pk", "d_tx_pk", "d_vq_enq_pk", "d_vq_deq_pk", "h_copy_fs", "h_mmio_wr", "d_call", "k_irqfd")
GUEST = (
    "k_wake_work",
    "h_ipi_flight",
    "k_wake_run",
    "g_irq",
    "g_napi_poll",
    "g_drv_rx_pk",
    "g_stack_rx_pk",
    "g_rearm",
    "g_app_rx_pk",
)


def test_idle_receiver(run: Runner) -> None:
    # Driver receive 45, enqueue 60, copy 7.68: 112.68. Call 700, irqfd 500, wake-up call 1,000: 2,312.68. IPI 500, awake 2,500,
    # handler 500, poll 200, 550, 120, read 450: 7,132.68.
    costs = (*SWITCH, *GUEST, *MODES["apicv"])
    trace = run("vhost-user", "apicv", costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [7_132.68]


def test_poller_to_poller(run: Runner) -> None:
    # The switch as above, 112.68; the guest's driver 45.
    trace = run("vhost-user", "poll", SWITCH, [0], length_bytes=LENGTH_BYTES, idle="poll")
    assert latencies_ns(trace) == [157.68]


def test_sending_poller(run: Runner) -> None:
    # The guest's thread takes the dearer of receive and transmit, 45; dequeue 70, copy 7.68, driver transmit 20, doorbell 115.
    trace = run("vhost-user", "poll", SWITCH, [0], sending=True, length_bytes=LENGTH_BYTES, idle="poll")
    assert trace.counters["peer.sum_ps"] == 257_680


def test_from_guest_to_guest(run: Runner) -> None:
    # 45; one thread takes it out, 70 + 7.68, and puts it in, 60 + 7.68; 45.
    trace = run(
        "vhost-user", "poll", SWITCH, [0], sending=True, neighbour="vhost-user", length_bytes=LENGTH_BYTES, idle="poll"
    )
    assert trace.counters["other.sink.sum_ps"] == 235_360
    assert (trace.counters["wire.out.items"], trace.counters["port.pcie.up.items"]) == (0, 0)


@pytest.mark.parametrize("sending", [False, True], ids=["rx", "tx"])
def test_register_accesses_at_low_rate(run: Runner, sending: bool) -> None:
    # Counted on virtio-net under a backend that masks kicks: nothing is read and nothing written; one interrupt per packet.
    costs = (*SWITCH, *GUEST, *MODES["apicv"], "k_exit", "k_ioeventfd", "k_hlt", "k_block", "g_app_tx_pk")
    sparse_ps = [50_000_000 * number for number in range(1, 11)]
    trace = run("vhost-user", "apicv", costs, sparse_ps, sending=sending, halt_poll_max_ps=0)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == 10
    assert {kind for kind in EXIT_KINDS if trace.counters[f"vm.vcpu0.{kind}"]} == {"HLT"}
    assert trace.counters["vm.q0.tx.route.delivered" if sending else "vm.q0.rx.route.delivered"] == 10
