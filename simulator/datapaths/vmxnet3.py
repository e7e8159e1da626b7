"""vmxnet3 as QEMU has it: a paravirtual device that was made for few accesses, behind tap and bridge.

1. Rings and completions are in shared memory; the message masks by itself, and the poll unmasks by one write of IMR.
2. Sent packets are announced by TXPROD; the vCPU's own thread then copies them. The device does not ask to be told of buffers.
3. Nothing holds interrupts back.

*Scope*: `simulator.datapaths.emulated`; QEMU's device, not ESXi's threads and coalescing. Its time per packet was never published:
that of virtio in QEMU stands for it. TXPROD is written for each batch, as under a device that sets no threshold.
*Validation*: tests/golden/test_emulated.py: register accesses and interrupts per packet as counted on QEMU 10.0.
"""

from __future__ import annotations

from simulator.datapaths.emulated import datapath_of
from simulator.parts.driver import Refill
from simulator.parts.emulated import WRITE, Device

DEVICE = Device(
    name="vmxnet3",
    source="Linux drivers/net/vmxnet3/vmxnet3_drv.c",
    handler=(),
    registers="",
    unmask=((WRITE, "unmask"),),
    unmask_registers="write IMR",
    tx_register="TXPROD",
    refill=Refill(chunk=16),
    level=False,
    drops=True,
    rx_ring=1_024,
    tx_ring=512,
    tx_buffer=16_384,
    tx_wake_free=6,
    receive_costs=("q_vq_rx",),
    send_costs=("q_vq_pop",),
)

DATAPATH = datapath_of(DEVICE, "paravirtual, QEMU's vmxnet3")
