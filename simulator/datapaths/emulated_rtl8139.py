"""A fully emulated RTL8139 in C+ mode: a register write for every sent packet, eight accesses for every received one.

1. The handler reads IntrMask and IntrStatus and writes IntrStatus; for received packets it masks (write and read of IntrMask),
   and the poll acknowledges (IntrStatus) and unmasks (write and read of IntrMask).
2. The device finds buffers by their ownership bit: giving them back is no access. Without a buffer it drops.
3. Sent packets are announced by TxPoll, one by one; their interrupt frees them in its handler.
4. Nothing holds interrupts back.

*Scope*: `simulator.datapaths.emulated`. Interrupts for received and for sent packets are two, where the device has one line that may
say both. The acknowledgement at the beginning of the poll is at its end. The old C mode (four transmit buffers) is left out.
*Validation*: tests/golden/test_emulated.py: register accesses and interrupts per packet as counted on QEMU 10.0.
"""

from __future__ import annotations

from simulator.datapaths.emulated import datapath_of
from simulator.parts.driver import Refill
from simulator.parts.emulated import READ, WRITE, Device

DEVICE = Device(
    name="emulated-rtl8139",
    source="Linux drivers/net/ethernet/realtek/8139cp.c",
    handler=((READ, ""), (READ, ""), (WRITE, "ack"), (WRITE, ""), (READ, "")),
    registers="read IntrMask and IntrStatus, write IntrStatus, write and read IntrMask",
    unmask=((WRITE, ""), (WRITE, "unmask"), (READ, "")),
    unmask_registers="write IntrStatus, write and read IntrMask",
    sent_handler=((READ, ""), (READ, ""), (WRITE, "unmask")),
    sent_registers="read IntrMask and IntrStatus, write IntrStatus",
    tx_register="TxPoll",
    refill=Refill(chunk=1),
    drops=True,
    rx_ring=64,
    tx_ring=64,
    rx_buffer=1_536,
    tx_wake_free=18,
)

DATAPATH = datapath_of(DEVICE, "full emulation, QEMU's RTL8139 in C+ mode")
