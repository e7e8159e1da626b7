"""A fully emulated e1000: QEMU's device model behind tap and Linux bridge, every register access an exit to user space.

1. The handler reads ICR, masks by IMC and flushes with a read of STATUS; the poll unmasks by IMS and flushes again.
2. Buffers go back by RDT, 16 at a time and at the end of a poll; sent packets are announced by TDT.
3. Received and sent packets share one level-triggered line. Its first edge is immediate, the next one not before 128 us.

*Scope*: `simulator.datapaths.emulated` has what all emulated devices share. The driver's own adaptation of ITR is left out: up to
its "low latency" class QEMU's floor of 128 us hides it, its bulk class would double the window.
*Validation*: tests/golden/test_e1000.py, tests/phenomena/test_emulation.py.
"""

from __future__ import annotations

from simulator.datapaths.emulated import datapath_of
from simulator.parts.driver import Refill
from simulator.parts.emulated import READ, WINDOW_PS, WRITE, Device

DEVICE = Device(
    name="emulated-e1000",
    source="Linux drivers/net/ethernet/intel/e1000/e1000_main.c",
    handler=((READ, "ack"), (WRITE, ""), (READ, "")),
    registers="read ICR, write IMC, read STATUS",
    unmask=((WRITE, "unmask"), (READ, "")),
    unmask_registers="write IMS, read STATUS",
    tx_register="TDT",
    rx_register="RDT",
    refill=Refill(chunk=16),
    refill_when="per 16 packets and poll",
    window_ps=WINDOW_PS,
    edge_when="per edge, 128 us apart",
)

DATAPATH = datapath_of(DEVICE, "full emulation, QEMU's e1000")
