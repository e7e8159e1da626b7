"""Single-packet sums of an idle receiver on the textbook host, exact to the picosecond, in both engines, through the
real datapaths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import EXIT_KINDS, Trace

NATIVE = ("h_hardirq_native", "h_napi_poll", "h_drv_rx_pk", "h_stack_rx_pk", "h_rearm", "h_app_rx_pk")
GUEST = ("g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_rearm", "g_app_rx_pk", "k_wake")
HOST_SHARE = ("h_hardirq", "k_irqfd", "k_ipi")
COSTS = {
    "native": NATIVE,
    "posted": (*GUEST, "k_pi_wakeup", "k_pi_notify"),
    "apicv": (*GUEST, *HOST_SHARE, "k_pi_notify"),
    "legacy": (*GUEST, *HOST_SHARE, "k_inject", "k_eoi"),
    "poll": ("d_poll", "d_rx_pk"),
}
REGISTER_EXITS = ("MSIX_MASK", "IOEVENTFD", "MMIO_READ", "MMIO_WRITE")
Runner = Callable[..., Trace]

# 500 + 200 + 550 + 120 + 450; the VF adds (wake-up vector 900 + 4,000 + notify 250), (2,300 + 4,000 + 250), (2,300 +
# 400 + 4,000 + 700).
SUMS_NS = [
    ("native", "native", 1_820),
    ("sriov-vf", "posted", 6_970),
    ("sriov-vf", "apicv", 8_370),
    ("sriov-vf", "legacy", 9_220),
]


def latencies_ns(trace: Trace) -> list[float]:
    """Latency of each packet, from the log: born when it reaches the packet buffer, since the wire takes no time."""
    born = {packet: time for time, event, place, packet in trace.log if (event, place) == ("push", "port.buffer")}
    return [(time - born[packet]) / 1000 for time, event, _, packet in trace.log if event == "deliver"]


def exits(trace: Trace) -> dict[str, int]:
    """Exits of the only vCPU, by kind."""
    return {kind: trace.counters[f"vm.vcpu0.{kind}"] for kind in EXIT_KINDS if trace.counters.get(f"vm.vcpu0.{kind}")}


@pytest.mark.parametrize(("datapath", "mode", "total_ns"), SUMS_NS)
def test_idle_receiver(run: Runner, datapath: str, mode: str, total_ns: int) -> None:
    trace = run(datapath, mode, COSTS[mode], [0], halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]
    assert trace.counters["vm.sink.sum_ps"] == total_ns * 1000
    assert sum(wait + service for wait, service in trace.stages["vm.sink"]) == total_ns * 1000


# Each line: arrivals and latencies in ns, and how the second packet changes the first.
SECOND_PACKETS = [
    # p2 lands in the ring during the first handler (0 to 500); the vector stays pending although the poll takes p2
    # (550 more, to 1,800). Unmasking at 1,920 therefore fires again: handler 500, empty poll 200, 120, to 2,740; only
    # then the application reads p1 (3,190) and p2 (3,640).
    ("native", "native", [0, 300], [3_190, 3_340]),
    # p2 interrupts the application at 1,500 with 320 of p1 to do: 500 + 200 + 550 + 120 to 2,870, p1 to 3,190, p2 to
    # 3,640.
    ("native", "native", [0, 1_500], [3_190, 2_140]),
    # handler 4,900 to 5,650, p1 and p2 polled at 6,400 and 6,950, unmasked at 7,070 with the vector pending: 750 + 200
    # + 120 to 8,140, p1 8,590, p2 9,040.
    ("sriov-vf", "posted", [0, 300], [8_590, 8_740]),
    # The same with p2 in the middle of the guest's handler.
    ("sriov-vf", "posted", [0, 5_300], [8_590, 3_740]),
    # handler from 6,300 (2,300 + 4,000) to 7,050; polled at 7,800 and 8,350, unmasked at 8,470: the host takes 2,300
    # of its own core for the pending vector, so the application is not disturbed: p1 8,920, p2 9,370.
    ("sriov-vf", "apicv", [0, 300], [8_920, 9_070]),
    # handler 6,700 to 7,200, EOI to 7,900, polled at 8,650 and 9,200, unmasked at 9,320; p1 9,770, p2 10,220.
    ("sriov-vf", "legacy", [0, 300], [9_770, 9_920]),
    # p1 is seen at once and done at 45; the next passes end at 105, 165, ... 345, where p2 is seen: done at 390.
    ("sriov-vf", "poll", [0, 300], [45, 90]),
]


@pytest.mark.parametrize(("datapath", "mode", "instants_ns", "expected_ns"), SECOND_PACKETS)
def test_second_packet(run: Runner, datapath: str, mode: str, instants_ns: list[int], expected_ns: list[int]) -> None:
    trace = run(datapath, mode, COSTS[mode], [instant * 1000 for instant in instants_ns], halt_poll_max_ps=0)
    assert latencies_ns(trace) == expected_ns


@pytest.mark.parametrize(
    ("mode", "kinds"), [("posted", {"HLT"}), ("apicv", {"HLT"}), ("legacy", {"HLT", "EOI"}), ("poll", set())]
)
def test_exits_of_a_virtual_function(run: Runner, mode: str, kinds: set[str]) -> None:
    # 20 us apart: the guest is asleep again before the next packet; one exit of each kind per packet.
    trace = run("sriov-vf", mode, COSTS[mode], [20_000_000 * number for number in range(1, 11)], halt_poll_max_ps=0)
    found = exits(trace)
    assert not set(found) & set(REGISTER_EXITS), "a virtual function's registers are mapped: no access exits"
    assert set(found) == kinds
    # 10 idle periods end with a packet; the first period began with a vCPU that was blocked without an exit, the last
    # one has not ended.
    assert all(count == 10 for count in found.values())


def test_masking_costs_two_exits(run: Runner) -> None:
    costs = (*COSTS["legacy"], "k_exit", "q_exit", "q_mmio")
    trace = run("sriov-vf", "legacy", costs, [0], halt_poll_max_ps=0, mask_interrupts=True)
    # mask and unmask: (700 + 3,300) each, on top of the sum.
    assert latencies_ns(trace) == [9_220 + 2 * 4_000]
    assert exits(trace)["MSIX_MASK"] == 2
