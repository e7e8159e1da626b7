"""vDPA: the guest's driver is virtio's, and the adapter itself works on the virtqueues in the guest's memory.

1. As a virtual function, with the driver of virtio: one more cost per sent packet for the virtqueue.
2. The doorbell's page is mapped into the guest: a kick is a store, no exit. A queue with a vector of its own is posted where the host
   can; otherwise the host passes its interrupt on.

*Scope*: a queue pair has one vector and the adapter's way with descriptors; event indices of virtio are not looked at. The control
queue, which software emulates, is idle. Relaying threads (DPDK's mlx5 driver) are left out.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths import sriov_vf
from simulator.datapaths.model import Datapath
from simulator.parts import stack_steps, vmm
from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step

RING_ENTRIES = 256
"""Linux drivers/vdpa/mlx5/net/mlx5_vnet.c: MLX5V_DEFAULT_VQ_SIZE, which is also the most."""


def driver_steps() -> tuple[Step, ...]:
    """virtio's driver over the doorbell of a mapped page."""
    received = stack_steps.receive_steps("g", stack_steps.refill_doorbell("g"))
    return (*received, *stack_steps.send_steps("g", ("g_drv_tx_pk", "g_vq_add"), stack_steps.send_doorbell("g")))


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one VM with a vDPA device of `queues` queue pairs."""
    sized = replace(guest, rx_ring=guest.rx_ring or RING_ENTRIES, tx_ring=guest.tx_ring or RING_ENTRIES)
    return sriov_vf.build(machine, sized, driven=driver_steps)


DATAPATH = Datapath(
    "vdpa",
    "virtio, the adapter works on the virtqueues",
    vmm.MODES,
    partial(sriov_vf.steps, driven=driver_steps),
    build,
    switch="embedded",
    function=True,
)
