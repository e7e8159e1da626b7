"""Register accesses and interrupts per packet at low rate, as counted on QEMU 10.0 with Linux guests, for every device that was counted.

The counts are of 200 packets of 64 B, 10 ms apart, one way; what a driver does once a second besides is left out. Two ways together are in
tests/phenomena/test_round_trip_accesses.py. virtio with INTx, which reads its ISR, has no path here: guests have MSI-X.
"""

from __future__ import annotations

import pytest

from simulator.plan.trace import Trace
from tests.golden.conftest import Runner

PACKETS = 16
SPARSE_PS = [10**9 * number for number in range(1, PACKETS + 1)]
COSTS = (
    "k_exit",
    "q_exit",
    "q_mmio",
    "k_ioeventfd",
    "k_hlt",
    "k_block",
    "k_wake_run",
    "g_irq",
    "g_drv_rx_pk",
    "g_app_tx_pk",
    "h_copy_fs",
)

COUNTED = [
    # device counted, path, driver's setting, sending, reads, writes, interrupts per packet
    ("e1000", "emulated-e1000", {}, True, 3.015, 3.015, 1.005),
    ("e1000", "emulated-e1000", {}, False, 3.015, 3.015, 1.005),
    ("e1000e_msi", "emulated-e1000e", {}, True, 2.02, 2.03, 1.005),
    ("e1000e_msi", "emulated-e1000e", {}, False, 2.04, 1.12, 1.01),
    ("rtl8139", "emulated-rtl8139", {}, True, 2, 2, 1),
    ("rtl8139", "emulated-rtl8139", {}, False, 3.96, 3.96, 0.99),
    ("vmxnet3", "vmxnet3", {}, True, 0, 2, 1),
    ("vmxnet3", "vmxnet3", {}, False, 0, 1, 1),
    ("igbvf_eitr0", "sriov-vf", {}, True, 0.005, 2.01, 1.025),
    ("igbvf_eitr0", "sriov-vf", {}, False, 0.005, 2.01, 1.025),
    ("virtio_split", "vhost-net", {}, True, 0, 1, 1),
    ("virtio_split", "vhost-net", {}, False, 0, 0, 1),
    ("virtio_legacy", "vhost-net", {}, True, 0, 1, 1),
    ("virtio_packed", "virtio-qemu", {}, True, 0, 1, 1),
    ("virtio_packed", "virtio-qemu", {}, False, 0, 0, 1),
    ("virtio_split_noevidx", "virtio-qemu", {}, True, 0, 1, 1),
    ("virtio_split_napitx0", "vhost-net", {"napi_tx": False}, True, 0, 1, 0),
    ("virtio_split_napitx0", "vhost-net", {"napi_tx": False}, False, 0, 0, 1),
]


def accesses(trace: Trace, path: str) -> tuple[float, float]:
    """Reads and writes of the device per packet."""
    counters = trace.counters
    if path == "sriov-vf":
        # stores to a mapped page do not trap: two doorbells, and the unmasking at the end of each poll
        rings = counters["vm.q0.rx.avail_fired"] + counters["vm.q0.tx.avail_fired"]
        return 0, (rings + counters["vm.q0.napi.invocations"]) / PACKETS
    exits = {kind: counters[f"vm.vcpu0.{kind}"] / PACKETS for kind in ("MMIO_READ", "MMIO_WRITE", "IOEVENTFD")}
    return exits["MMIO_READ"], exits["MMIO_WRITE"] + exits["IOEVENTFD"]


@pytest.mark.parametrize(("device", "path", "keys", "sending", "reads", "writes", "interrupts"), COUNTED)
def test_accesses_and_interrupts_are_those_counted(
    run: Runner,
    device: str,
    path: str,
    keys: dict[str, bool],
    sending: bool,
    reads: float,
    writes: float,
    interrupts: float,
) -> None:
    mode = "posted" if path == "sriov-vf" else "apicv"
    until_ps = 20 * 10**9
    trace = run(path, mode, COSTS, SPARSE_PS, sending=sending, until_ps=until_ps, halt_poll_max_ps=0, **keys)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == PACKETS
    # a count of 200 packets catches up to eight accesses of housekeeping, and some writes go once for sixteen packets
    assert accesses(trace, path) == pytest.approx((reads, writes), abs=0.07), device
    delivered = sum(
        count for name, count in trace.counters.items() if name.startswith("vm.") and name.endswith(".delivered")
    )
    assert delivered / PACKETS == pytest.approx(interrupts, abs=0.03), device
