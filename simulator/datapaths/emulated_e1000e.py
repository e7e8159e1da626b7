"""A fully emulated e1000e (82574L) with MSI: fewer accesses per interrupt than its predecessor.

1. The message masks by itself (IAM): the handler reads ICR only; the poll unmasks by IMS and flushes with a read of STATUS.
2. Buffers go back by RDT when 16 are missing, not at the end of each poll; sent packets are announced by TDT.
3. Received and sent packets share the message; two of them are at least 128 us apart (QEMU's floor for ITR).

*Scope*: `simulator.datapaths.emulated`. MSI-X and its EITR, delay timers and the driver's adaptation of ITR are left out.
*Validation*: tests/golden/test_emulated.py: register accesses and interrupts per packet as counted on QEMU 10.0.
"""

from __future__ import annotations

from simulator.datapaths.emulated import datapath_of
from simulator.parts.driver import Refill
from simulator.parts.emulated import READ, WINDOW_PS, WRITE, Device

DEVICE = Device(
    name="emulated-e1000e",
    source="Linux drivers/net/ethernet/intel/e1000e/netdev.c",
    handler=((READ, "ack"),),
    registers="read ICR",
    unmask=((WRITE, "unmask"), (READ, "")),
    unmask_registers="write IMS, read STATUS",
    tx_register="TDT",
    rx_register="RDT",
    refill=Refill(chunk=16, above=15),
    refill_when="per 16 packets",
    level=False,
    window_ps=WINDOW_PS,
    edge_when="per message, 128 us apart",
)

DATAPATH = datapath_of(DEVICE, "full emulation, QEMU's e1000e with MSI")
