"""Single-packet sums of macvtap, a small VMM, vDPA and sub-functions, each against the path that it is nearest to."""

from __future__ import annotations

import pytest

from tests.golden.conftest import Runner
from tests.golden.test_vhost import LENGTH_BYTES, MODES, QEMU, SEND, VHOST, latencies_ns

VF = ("k_wake_run", "k_pi_wakeup", "g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_rearm", "g_app_rx_pk")
THROUGH_HOST = ("h_hardirq", "k_irqfd", "k_wake_work", "h_ipi_flight", *VF)


def test_macvtap_is_vhost_with_a_shorter_look_up(run: Runner) -> None:
    # vhost-net takes 11,577.68 with a bridge of 250; the hash takes 120.
    costs = (*VHOST, *MODES["apicv"], "s_macvlan")
    trace = run("macvtap", "apicv", costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [11_447.68]
    sent = run(
        "macvtap",
        "apicv",
        (*SEND, "v_tx_pk", "v_flush", "s_macvlan"),
        [0],
        sending=True,
        length_bytes=LENGTH_BYTES,
        halt_poll_max_ps=0,
    )
    assert sent.counters["peer.sum_ps"] == 7_992_680, "8,122.68 with a bridge"


def test_a_small_vmm_copies_once(run: Runner) -> None:
    # virtio-qemu takes 13,935.36 with two copies of 7.68.
    costs = (*VHOST, *QEMU, *MODES["apicv"])
    trace = run("virtio-vmm", "apicv", costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [13_927.68]


@pytest.mark.parametrize(
    ("datapath", "mode", "total_ns"), [("vdpa", "posted", 5_220), ("sub-function", "apicv", 7_220)]
)
def test_functions_receive_as_a_virtual_function(run: Runner, datapath: str, mode: str, total_ns: float) -> None:
    trace = run(datapath, mode, THROUGH_HOST, [0], halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]


def test_vdpa_pays_for_its_virtqueue_and_kicks_by_a_store(run: Runner) -> None:
    # Awake 2,500, call 400, virtqueue 50, doorbell 115.
    costs = ("k_wake_run", "g_app_tx_pk", "g_vq_add", "g_mmio_wr", "k_exit", "k_ioeventfd")
    trace = run("vdpa", "posted", costs, [0], sending=True, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == 3_065_000
    assert trace.counters["vm.vcpu0.IOEVENTFD"] == 0
