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


def test_vmdq_is_vhost_without_a_look_up(run: Runner) -> None:
    # vhost-net takes 11,577.68 and 8,122.68 with a bridge of 250.
    costs = (*VHOST, *MODES["apicv"])
    trace = run("vmdq", "apicv", costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [11_327.68]
    sending = (*SEND, "v_tx_pk", "v_flush")
    sent = run("vmdq", "apicv", sending, [0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert sent.counters["peer.sum_ps"] == 7_872_680


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


HOST_DRIVER = (
    "h_hardirq",
    "h_napi_poll",
    "h_drv_rx_pk",
    "h_rearm",
    "h_stack_rx_pk",
    "h_wake_app",
    "h_app_rx_pk",
    "h_copy_fs",
)
HOST_SEND = ("h_app_tx_pk", "h_stack_tx_pk", "h_drv_tx_pk", "h_doorbell", "h_mmio_wr", "h_copy_fs")


# Interrupt 900, poll 200, driver 350, bridge 250 or hash 120, unmask 120, stack 200, wake the application 1,250, read 450 + 7.68. It sends
# with call 400, stack 450, bridge or hash, driver 250, doorbell 20 + 115, copy 7.68.
@pytest.mark.parametrize(
    ("datapath", "carry", "received_ns", "sent_ns"),
    [("host", "s_bridge", 3_727.68, 1_492.68), ("macvlan", "s_macvlan", 3_597.68, 1_362.68)],
)
def test_processes_of_the_host(run: Runner, datapath: str, carry: str, received_ns: float, sent_ns: float) -> None:
    trace = run(datapath, "native", (*HOST_DRIVER, carry), [0], length_bytes=LENGTH_BYTES)
    assert latencies_ns(trace) == [received_ns]
    sent = run(datapath, "native", (*HOST_SEND, carry), [0], length_bytes=LENGTH_BYTES, sending=True)
    assert [time / 1000 for time, event, *_ in sent.log if event == "post"] == [sent_ns]


def test_a_container_drives_its_function_as_bare_metal(run: Runner) -> None:
    costs = ("h_hardirq_native", "h_napi_poll", "h_drv_rx_pk", "h_stack_rx_pk", "h_rearm", "h_app_rx_pk")
    assert latencies_ns(run("container-vf", "native", costs, [0])) == [1_820]


# Handler 500, poll 200, driver and redirect 30; asleep: wake 1,250, unmask 120; from the ring 8. Copied: 60 + 7.68 on top.
@pytest.mark.parametrize(
    ("datapath", "mode", "total_ns"),
    [("af-xdp", "native", 2_108), ("af-xdp-copy", "native", 2_175.68), ("af-xdp", "poll", 738)],
)
def test_af_xdp_receives_past_the_stack(run: Runner, datapath: str, mode: str, total_ns: float) -> None:
    costs = (
        "h_hardirq_native", "h_napi_poll", "h_xsk_rx_pk", "h_xsk_copy_pk", "h_copy_fs", "h_wake_app", "h_rearm", "d_xsk_rx_pk",
    )  # fmt: skip
    assert latencies_ns(run(datapath, mode, costs, [0], length_bytes=LENGTH_BYTES)) == [total_ns]


def test_af_xdp_sends_by_a_call(run: Runner) -> None:
    # Into the ring 5, call 400, driver 20. Three at once share the call: the second and third are there before the softirq ends.
    costs = ("d_xsk_tx_pk", "h_xsk_call", "h_xsk_tx_pk")
    trace = run("af-xdp", "native", costs, [0], sending=True)
    assert trace.counters["peer.sum_ps"] == 425_000
    several = run("af-xdp", "poll", costs, [0, 0, 0], sending=True)
    assert (several.counters["peer.count"], several.counters["vm.q0.xsk_tx.fired"]) == (3, 1)


def test_memif_costs_half_a_virtqueue(run: Runner) -> None:
    # Driver receive 45, into the ring 30 + 7.68; the process 45. It sends with 45; 30 + 7.68, driver 20, doorbell 115.
    costs = ("d_rx_pk", "d_tx_pk", "d_memif_pk", "h_copy_fs", "h_mmio_wr")
    assert latencies_ns(run("memif", "poll", costs, [0], length_bytes=LENGTH_BYTES)) == [127.68]
    sent = run("memif", "poll", costs, [0], sending=True, length_bytes=LENGTH_BYTES)
    assert sent.counters["peer.sum_ps"] == 217_680


# As vhost-net up to the thread's core, 4,800. Xen: grant copy 800 + 7.68, event channel 700; Hyper-V: 700 + 150 + 7.68, signal 1,500.
# Call 1,000, IPI 500, awake 2,500, handler 500, poll 200, 550 and the grant 100 or two messages 300, 120, read 450.
@pytest.mark.parametrize(
    ("datapath", "costs", "total_ns"),
    [
        ("xen-netfront", ("x_rx_pk", "x_evtchn", "x_grant"), 12_227.68),
        ("hyperv-netvsc", ("y_vsp_pk", "y_message", "y_signal"), 13_277.68),
    ],
)
def test_other_hypervisors_receive(run: Runner, datapath: str, costs: tuple[str, ...], total_ns: float) -> None:
    paid = tuple(name for name in VHOST if name not in ("k_irqfd", "v_rx_pk"))
    trace = run(datapath, "apicv", (*paid, *MODES["apicv"], *costs), [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]


def test_xen_sends_by_a_hypercall_and_a_softirq(run: Runner) -> None:
    # Awake 2,500, call 400, grant 100, hypercall 700; copy and map 800, bridge 250, driver 250.
    costs = ("k_wake_run", "g_app_tx_pk", "x_grant", "x_evtchn", "x_tx_pk", "s_bridge", "h_drv_tx_pk")
    trace = run("xen-netfront", "apicv", costs, [0], sending=True, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == 5_000_000
    assert (trace.counters["vm.vcpu0.HYPERCALL"], trace.counters["vm.vcpu0.IOEVENTFD"]) == (1, 0)
    spent = {
        label: sum(trace.counters[f"{core}.{label}"] for core in ("cpu0", "cpu1", "cpu2"))
        for label in ("host_soft", "host_task")
    }
    assert spent == {"host_soft": 2_000_000, "host_task": 0}, "with the guest's notification; no thread"


def test_hyper_v_signals_a_ring_that_was_empty(run: Runner) -> None:
    # Awake 2,500, call 400, RNDIS 150, ring 150, signal 1,500; message, provider, completion 1,000, bridge 250, driver 250.
    costs = ("k_wake_run", "g_app_tx_pk", "y_rndis_pk", "y_message", "y_signal", "y_vsp_pk", "s_bridge", "h_drv_tx_pk")
    trace = run("hyperv-netvsc", "apicv", costs, [0], sending=True, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == 6_200_000
    # five at once: the ring is empty only for the first, and for one posted after the worker has taken all
    burst = run("hyperv-netvsc", "apicv", costs, [0] * 5, sending=True, halt_poll_max_ps=0)
    assert burst.counters["vm.vcpu0.HYPERCALL"] < burst.counters["peer.count"] == 5
    received = run("hyperv-netvsc", "apicv", ("y_vsp_pk", "y_signal", "k_wake_run"), [0] * 5, halt_poll_max_ps=0)
    assert received.counters["vm.sink.count"] == 5 > received.counters["vm.q0.rx.route.delivered"]
