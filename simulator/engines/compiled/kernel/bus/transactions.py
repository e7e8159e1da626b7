"""What travels on links, and what each kind of item does when it arrives.

*Scope*: frames on wires; on PCIe: posted writes, reads, MSI, doorbells, unmask writes.
*Validation*: conformance vectors of the bus; the order of items on one link is the order of their effects.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, later
from simulator.engines.compiled.kernel.bus.dma import memory_request, read_completed
from simulator.engines.compiled.kernel.bus.links import (
    IT_MSI, IT_PACKET, IT_READ_CPL, IT_READ_REQ, IT_UNMASK, IT_WRITE_RX, IT_WRITE_TX, L_STAGE, hand_over,
)
from simulator.engines.compiled.kernel.clock.nodes import N_A, N_B, N_C, N_KIND, N_P, free_node
from simulator.engines.compiled.kernel.clock.packets import mark
from simulator.engines.compiled.kernel.clock.world import H_NOW


@later
def doorbell(m, r, index):
    """See ``queues.rings``."""


@later
def used_publish_at_once(m, r):
    """See ``queues.sides``."""


@later
def complete_rx(m, r, p):
    """See ``queues.rx_ring``."""


@later
def tx_completed(m, r, k, count):
    """See ``queues.tx_ring``."""


@later
def moderator_rearm(m, x):
    """See ``interrupts.moderators``."""


@later
def msi_arrived(m, x):
    """See ``interrupts.moderators``."""


@helper
def arrive(m, k, n):
    """What item n does at the far end of link k."""
    kind = m[n + N_KIND]
    a = m[n + N_A]
    p = m[n + N_P]
    if kind == IT_READ_REQ:
        memory_request(m, a, n)
        return
    if kind == IT_READ_CPL:
        read_completed(m, a, n)
        return
    b = m[n + N_B]
    c = m[n + N_C]
    free_node(m, n)
    if kind == IT_PACKET:
        mark(m, p, m[k + L_STAGE], m[H_NOW])
        hand_over(m, k, p)
    elif kind == IT_WRITE_RX:
        mark(m, p, m[k + L_STAGE], m[H_NOW])
        complete_rx(m, a, p)
        used_publish_at_once(m, a)
    elif kind == IT_WRITE_TX:
        tx_completed(m, a, b, c)
        used_publish_at_once(m, a)
    elif kind == IT_MSI:
        msi_arrived(m, a)
    elif kind == IT_UNMASK:
        moderator_rearm(m, a)
    else:
        doorbell(m, a, b)
