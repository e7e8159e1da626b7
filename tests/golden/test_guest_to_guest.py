"""One packet from guest to guest, through a software switch and through the adapter, exact to the picosecond in both engines."""

from __future__ import annotations

from tests.golden.conftest import Runner
from tests.golden.test_vhost import LENGTH_BYTES, MODES, SEND, VHOST

BOTH = (*VHOST, *SEND, *MODES["apicv"], "v_tx_pk", "v_flush")


def test_vhost_to_vhost(run: Runner) -> None:
    # Sender: awake 2,500, call 400, kick 700 + 300, wake-up call of its thread 1,000: 4,900; IPI 500, scheduled 1,500: 6,900;
    # copy 400 + 7.68, hand on 200, bridge 250, tap of the neighbour 100, no driver and no doorbell: 7,857.68. The same thread
    # calls the neighbour's, 1,000: 8,857.68; IPI 500, scheduled 1,500: 10,857.68; second copy 450 + 7.68, irqfd 500, wake-up
    # call 1,000: 12,815.36; IPI 500, awake 2,500, handler 500, poll 200, 550, 120, read 450: 17,635.36.
    trace = run(
        "vhost-net", "apicv", BOTH, [0], sending=True, neighbour="vhost-net", length_bytes=LENGTH_BYTES,
        halt_poll_max_ps=0,
    )  # fmt: skip
    assert trace.counters["other.sink.sum_ps"] == 17_635_360
    assert (trace.counters["wire.out.items"], trace.counters["port.pcie.up.items"]) == (0, 0)


def test_function_to_function(run: Runner) -> None:
    # Sender: awake 2,500, call 400, doorbell 115; the adapter takes no time here. Receiver, posted: wake-up vector 900, awake
    # 2,500, handler 500, poll 200, 550, buffers' doorbell 115, 120, read 450: 8,350. Up the bus and down again: a packet and an interrupt each way.
    costs = (
        "k_wake_run", "k_pi_wakeup", "g_app_tx_pk", "g_mmio_wr", "g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk",
        "g_rearm", "g_app_rx_pk",
    )  # fmt: skip
    trace = run("sriov-vf", "posted", costs, [0], sending=True, neighbour="sriov-vf", halt_poll_max_ps=0)
    assert trace.counters["other.sink.sum_ps"] == 8_350_000
    assert (trace.counters["wire.out.items"], trace.counters["port.loopback.items"]) == (0, 1)
