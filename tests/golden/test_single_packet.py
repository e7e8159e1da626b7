"""Single-packet sums of an idle receiver on the textbook host, exact to the picosecond, in both engines, through the
real datapaths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import EXIT_KINDS, Trace

NATIVE = ("h_hardirq_native", "h_napi_poll", "h_drv_rx_pk", "h_stack_rx_pk", "h_rearm", "h_app_rx_pk")
GUEST = ("g_irq", "g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_rearm", "g_app_rx_pk", "k_wake_run")
HOST_SHARE = ("h_hardirq", "k_irqfd", "k_ipi", "k_wake_work", "h_ipi_flight")
COSTS = {
    "native": NATIVE,
    "posted": (*GUEST, "k_pi_wakeup", "k_pi_notify"),
    "apicv": (*GUEST, *HOST_SHARE, "k_pi_notify"),
    "legacy": (*GUEST, *HOST_SHARE, "k_inject", "k_eoi"),
    "poll": ("d_poll", "d_rx_pk"),
}
REGISTER_EXITS = ("MSIX_MASK", "IOEVENTFD", "MMIO_READ", "MMIO_WRITE")
Runner = Callable[..., Trace]

# 500 + 200 + 550 + 120 + 450; the VF adds (wake-up vector 900, its core's part 2,500), (handler and irqfd 1,400, wake-up call
# 1,000, IPI under way 500, 2,500), (the same, inject 400, end of interrupt 700). The vCPU is halted: it takes no
# notification, and nobody kicks it.
SUMS_NS = [
    ("native", "native", 1_820),
    ("sriov-vf", "posted", 5_220),
    ("sriov-vf", "apicv", 7_220),
    ("sriov-vf", "legacy", 8_320),
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
    # handler 3,400 to 3,900, p1 and p2 polled at 4,650 and 5,200, unmasked at 5,320 with the vector pending. Now the vCPU is
    # in its guest: notify 250 and handler 500, then 200 + 120 to 6,390, p1 6,840, p2 7,290.
    ("sriov-vf", "posted", [0, 300], [6_840, 6_990]),
    # The same with p2 in the middle of the guest's handler.
    ("sriov-vf", "posted", [0, 3_600], [6_840, 3_690]),
    # handler from 5,400 (1,400 + 1,000 + 500 + 2,500) to 5,900; polled at 6,650 and 7,200, unmasked at 7,320: the host takes
    # 2,300 of its own core for the pending vector, so the application is not disturbed: p1 7,770, p2 8,220.
    ("sriov-vf", "apicv", [0, 300], [7_770, 7_920]),
    # handler 5,800 to 6,300, EOI to 7,000, polled at 7,750 and 8,300, unmasked at 8,420; p1 8,870, p2 9,320.
    ("sriov-vf", "legacy", [0, 300], [8_870, 9_020]),
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
    assert latencies_ns(trace) == [8_320 + 2 * 4_000]
    assert exits(trace)["MSIX_MASK"] == 2
