"""Single-packet sums, second packets and register accesses of the emulated e1000, exact to the picosecond, in both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import EXIT_KINDS, Trace

Runner = Callable[..., Trace]

THREAD_WAKE = ("h_wake_work", "h_ipi_flight", "h_wake_run")
HOST = ("h_hardirq", "h_napi_poll", "h_drv_rx_pk", "s_bridge", "h_tap_enq", *THREAD_WAKE)
DEVICE = ("q_loop", "q_tap_rd", "q_rx_pk", "h_copy_fs", "q_irq", "k_exit", "q_exit")
GUEST = (
    "k_wake_work",
    "k_wake_run",
    "g_irq",
    "g_napi_poll",
    "g_drv_rx_pk",
    "g_stack_rx_pk",
    "g_rearm",
    "g_app_rx_pk",
    "k_eoi",
)
COSTS = (*HOST, *DEVICE, *GUEST)
LEGACY, APICV = (*COSTS, "k_inject"), (*COSTS, "k_pi_notify")
END_OF_INTERRUPT = {"legacy": "EOI", "apicv": "EOI_INDUCED"}
LENGTH_BYTES = 64
"""The literature's 64 B are the bytes that are copied."""


def latencies_ns(trace: Trace) -> list[float]:
    """From the packet buffer to the application, packet by packet."""
    born = {packet: time for time, event, place, packet in trace.log if (event, place) == ("push", "port.buffer")}
    return [(time - born[packet]) / 1000 for time, event, _, packet in trace.log if event == "deliver"]


# Host: 900 + 200 + 700: in the tap at 1,800. Main loop: wake-up call 1,000, IPI 500, scheduled 1,500, dispatch 1,500, frame
# 700 + 1,600 + two copies of 7.68: filled at 8,615.36. Line 1,200 and wake-up call 1,000 until 10,815.36, IPI 500. Guest: awake
# in 2,500 (13,815.36), inject 400, handler 500, three accesses of 4,000, end of interrupt 700, poll 200 + 550, RDT 4,000, 120,
# two accesses of 4,000, read 450. With a virtual APIC nothing for the 400: a halted vCPU takes no notification.
@pytest.mark.parametrize(("mode", "costs", "total_ns"), [("legacy", LEGACY, 40_735.36), ("apicv", APICV, 40_335.36)])
def test_idle_receiver(run: Runner, mode: str, costs: tuple[str, ...], total_ns: float) -> None:
    trace = run("emulated-e1000", mode, costs, [0], length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == [total_ns]
    assert sum(wait + service for wait, service in trace.stages["vm.sink"]) == round(total_ns * 1000)
    counters = trace.counters
    # The line is level-triggered: its end leaves the guest in both modes.
    assert (counters["vm.bql.contended"], counters[f"vm.vcpu0.{END_OF_INTERRUPT[mode]}"]) == (0, 1)


# Each line: arrivals and latencies in ns, interrupts, and how often somebody waited for the lock.
SECOND_PACKETS = [
    # The host's core wakes the loop until 2,800 and has p2 in the tap at 3,500. The loop raises the line for p1, and wakes the
    # vCPU, until 10,815.36 and fills p2 at 13,130.72: masked, latched. The handler reads ICR
    # at 18,715.36, which clears the latch. Poll from 27,415.36: p1 28,165.36, p2 28,715.36; RDT
    # 32,715.36, 120, IMS and STATUS 40,835.36; read at 41,285.36 and 41,735.36.
    ([0, 300], [41_285.36, 41_435.36], 1, 0),
    # p2 in the tap at 16,800, the loop awake at 19,800, p2 filled at 23,615.36, when the loop sleeps and gives the lock back.
    # The handler has read ICR at 18,715.36 and left the guest for IMC at 22,715.36: it waits until 23,615.36, wakes by
    # 26,115.36 (wake-up call 1,000, scheduled 1,500; an IPI under way to a vCPU's thread is left out), and goes on: STATUS
    # 30,115.36, end of interrupt 30,815.36, p1 31,565.36, p2 32,115.36, RDT 36,115.36, 120, IMS 40,235.36 (latched, but the window
    # lasts until 136,615.36), STATUS 44,235.36; read at 44,685.36 and 45,135.36.
    # The late edge finds nothing.
    ([0, 15_000], [44_685.36, 30_135.36], 2, 1),
    # p2 is filled at 68,615.36, within the window that the edge at 8,615.36 opened: the timer expires at 136,615.36 on
    # the loop's own core: no call, no IPI. It runs at 138,115.36, dispatches until 139,615.36 and raises the line, 1,200, until
    # 140,815.36. From there as p1: 30,920.
    ([0, 60_000], [40_735.36, 111_735.36], 2, 0),
]


@pytest.mark.parametrize(("instants_ns", "expected_ns", "interrupts", "contended"), SECOND_PACKETS)
def test_second_packet(
    run: Runner, instants_ns: list[int], expected_ns: list[float], interrupts: int, contended: int
) -> None:
    instants_ps = [instant * 1000 for instant in instants_ns]
    trace = run("emulated-e1000", "legacy", LEGACY, instants_ps, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert latencies_ns(trace) == expected_ns
    assert trace.counters["vm.q0.route.delivered"] == interrupts
    assert trace.counters["vm.bql.contended"] == contended


# What makes the application send wakes the vCPU on its own core (2,500: no call, no IPI), the call takes 400, TDT 4,000; on its
# own thread the device takes the frame (1,200 + 7.68), writes it (1,000), bridge and driver (500): 9,607.68, doorbell 115.
SEND = (*LEGACY, "g_app_tx_pk", "q_tx_pk", "q_tap_wr", "h_drv_tx_pk", "h_mmio_wr")


def test_idle_sender(run: Runner) -> None:
    trace = run("emulated-e1000", "legacy", SEND, [0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert trace.counters["peer.sum_ps"] == 9_722_680


def test_second_frame_waits_for_the_first_ones_exit(run: Runner) -> None:
    # The guest stands still while the device sends p1 until 9,722.68 and raises the line until 10,922.68. The interrupt comes
    # first (inject 400, handler 500, three accesses, end of interrupt: 24,522.68), then its poll (200, 120) and the unmasking
    # (8,000): 32,842.68. Only then p2: call 400, TDT 4,000, device 2,707.68, doorbell 115.
    trace = run("emulated-e1000", "legacy", SEND, [0, 0], sending=True, length_bytes=LENGTH_BYTES, halt_poll_max_ps=0)
    assert [time / 1000 for time, event, _, _ in trace.log if event == "deliver"] == [9_722.68, 40_065.36]
    # TDT twice, then for each of two interrupts three accesses and two, and the main loop once for the late edge.
    assert trace.counters["vm.bql.acquired"] == 13


SPARSE_PS = [1_000_000_000 * number for number in range(1, 11)]
"""10 packets, 1 ms apart: everybody is asleep again, and the window is over, before the next one."""


@pytest.mark.parametrize("mode", ["legacy", "apicv"])
@pytest.mark.parametrize("sending", [False, True], ids=["rx", "tx"])
def test_register_accesses_at_low_rate(run: Runner, mode: str, sending: bool) -> None:
    # Counted on QEMU's e1000 with a Linux guest, per packet and direction: ICR and twice STATUS read; RDT or TDT, IMC and IMS
    # written; one interrupt.
    costs = (*SEND, "k_hlt", "k_block")
    trace = run("emulated-e1000", mode, costs, SPARSE_PS, sending=sending, until_ps=12 * 10**9, halt_poll_max_ps=0)
    assert trace.counters["peer.count" if sending else "vm.sink.count"] == len(SPARSE_PS)
    exits = {kind: trace.counters[f"vm.vcpu0.{kind}"] for kind in EXIT_KINDS if trace.counters[f"vm.vcpu0.{kind}"]}
    assert {kind: count / len(SPARSE_PS) for kind, count in exits.items() if kind != "HLT"} == {
        "MMIO_READ": 3,
        "MMIO_WRITE": 3,
        END_OF_INTERRUPT[mode]: 1,
    }
    assert trace.counters["vm.q0.route.delivered"] == len(SPARSE_PS)
