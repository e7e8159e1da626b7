"""Single-packet sums and register accesses of the emulated devices beside the e1000, exact to the picosecond, in both engines.

The accesses are those counted on QEMU 10.0 with a Linux 6.12 guest, one packet at a time (200 packets, 64 B).
"""

from __future__ import annotations

import pytest

from simulator.plan.trace import EXIT_KINDS
from tests.golden.conftest import Runner
from tests.golden.test_e1000 import APICV, LEGACY, LENGTH_BYTES, SEND, SPARSE_PS, latencies_ns

# As of the e1000 until the vCPU is awake, 13,815.36 (vmxnet3: 600 for 1,600 in the device model, 12,815.36). Handler 500, its
# accesses of 4,000 each, end of a level interrupt 700, poll 200 + 550, 120, the accesses that unmask, read 450.
# rtl8139: 5 and 3, level: 48,335.36. e1000e: 1 and 2: 27,635.36, with software injection 400 + 700 more. vmxnet3: 0 and 1: 18,635.36.
SUMS_NS = [
    ("emulated-rtl8139", "apicv", 48_335.36),
    ("emulated-rtl8139", "legacy", 48_735.36),
    ("emulated-e1000e", "apicv", 27_635.36),
    ("emulated-e1000e", "legacy", 28_735.36),
    ("vmxnet3", "apicv", 18_635.36),
    ("vmxnet3", "legacy", 19_735.36),
]


@pytest.mark.parametrize(("datapath", "mode", "total_ns"), SUMS_NS)
def test_idle_receiver(run: Runner, datapath: str, mode: str, total_ns: float) -> None:
    costs = (*(LEGACY if mode == "legacy" else APICV), "q_vq_rx")
    trace = run(datapath, mode, costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]


COUNTED = [
    ("emulated-rtl8139", True, 2, 2),
    ("emulated-rtl8139", False, 4, 4),
    ("emulated-e1000e", True, 2, 2),
    ("emulated-e1000e", False, 2, 1.0625),
    ("vmxnet3", True, 0, 2),
    ("vmxnet3", False, 0, 1),
]
"""Device, sending, reads and writes per packet; the e1000e writes RDT once for 16 packets."""


@pytest.mark.parametrize(("datapath", "sending", "reads", "writes"), COUNTED)
def test_register_accesses_at_low_rate(run: Runner, datapath: str, sending: bool, reads: float, writes: float) -> None:
    instants_ps = [SPARSE_PS[0] * number for number in range(1, 17)]
    costs = (*SEND, "q_vq_rx", "q_vq_pop", "k_hlt", "k_block")
    trace = run(datapath, "apicv", costs, instants_ps, sending=sending, until_ps=18 * 10**9, halt_poll_max_ps=0)
    packets = len(instants_ps)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == packets
    exits = {kind: trace.counters[f"vm.vcpu0.{kind}"] / packets for kind in EXIT_KINDS}
    assert (exits["MMIO_READ"], exits["MMIO_WRITE"]) == (reads, writes)
    interrupts = sum(
        trace.counters[name] for name in trace.counters if name.endswith(".delivered") and name.startswith("vm.")
    )
    assert interrupts == packets
