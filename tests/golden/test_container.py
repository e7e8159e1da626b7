"""Single-packet sums of the containers, exact to the picosecond, in both engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.plan.trace import Trace

Runner = Callable[..., Trace]

DRIVER = ("h_hardirq", "h_napi_poll", "h_drv_rx_pk", "h_rearm")
BEHIND = ("h_veth_pk", "h_stack_rx_pk", "h_wake_app", "h_app_rx_pk", "h_copy_fs")
SEND = ("h_app_tx_pk", "h_stack_tx_pk", "h_veth_pk", "h_drv_tx_pk", "h_doorbell", "h_mmio_wr", "h_copy_fs")
LENGTH_BYTES = 64


def latencies_ns(trace: Trace) -> list[float]:
    """From the packet buffer to the application, packet by packet."""
    born = {packet: time for time, event, place, packet in trace.log if (event, place) == ("push", "port.buffer")}
    return [(time - born[packet]) / 1000 for time, event, _, packet in trace.log if event == "deliver"]


# Interrupt 900, poll 200, driver 350, bridge 250 (routing 350), unmask 120, veth pair 500, stack 200, wake the application 1,250,
# receive 450 + 64 B at 0.12 ns.
@pytest.mark.parametrize(
    ("datapath", "carry", "total_ns"), [("container", "s_bridge", 4_227.68), ("container-routed", "s_route", 4_327.68)]
)
def test_idle_receiver(run: Runner, datapath: str, carry: str, total_ns: float) -> None:
    trace = run(datapath, "native", (*DRIVER, carry, *BEHIND), [0], length_bytes=LENGTH_BYTES)
    assert latencies_ns(trace) == [total_ns]
    assert sum(wait + service for wait, service in trace.stages["vm.sink"]) == round(total_ns * 1000)


# On a core of its own the application is called (1,000), hears of it 500 later and needs 1,500 to run, in place of 1,250.
def test_application_on_another_core(run: Runner) -> None:
    costs = (*DRIVER, "s_bridge", *BEHIND, "h_wake_work", "h_ipi_flight", "h_wake_run")
    trace = run("container", "native", costs, [0], length_bytes=LENGTH_BYTES, application_cores=(5,))
    assert latencies_ns(trace) == [4_227.68 - 1_250 + 3_000]


# p1 and p2 come together: the driver brings p1 to the backlog after 1,700 and p2 after 2,300, and unmasks until 2,420. The vector
# still owes an interrupt for p2, whose handler takes until 3,320. The backlog's turn: the stack has p1 at 4,020 and wakes the
# application until 5,270, has p2 at 5,970. The driver's second poll finds nothing, 6,290. Read at 6,747.68 and 7,205.36.
def test_second_packet_keeps_the_softirq(run: Runner) -> None:
    trace = run("container", "native", (*DRIVER, "s_bridge", *BEHIND), [0, 0], length_bytes=LENGTH_BYTES)
    assert latencies_ns(trace) == [6_747.68, 7_205.36]


# Send call 400, stack 450, pair 500, bridge 250, driver 250, doorbell 20 + 115, copy 7.68: 1,992.68, all in the sender's thread.
def test_sender(run: Runner) -> None:
    trace = run("container", "native", (*SEND, "s_bridge"), [0], length_bytes=LENGTH_BYTES, sending=True)
    posted = [time / 1000 for time, event, place, _ in trace.log if event == "post"]
    assert posted == [1_992.68]
