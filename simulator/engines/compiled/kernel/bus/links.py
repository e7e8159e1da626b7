"""A serial resource: items leave one after the other and arrive, in order, a propagation delay later.

*Scope*: one wire direction, one PCIe direction, a pipe inside a NIC. *Validation*: conformance vectors; wire rates are exact.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.nodes import N_A, N_B, N_NEXT, N_P, N_TIME, append, new_node, take_head
from simulator.engines.compiled.kernel.clock.packets import P_LEN, P_SEGS, P_SERVICE, drop
from simulator.engines.compiled.kernel.clock.world import H_NOW

IT_PACKET, IT_WRITE_RX, IT_WRITE_TX, IT_MSI, IT_READ_REQ, IT_READ_CPL, IT_DOORBELL, IT_UNMASK = range(8)
TO_NONE, TO_FIFO, TO_LINK, TO_SINK = range(4)
# link
(
    L_RATE, L_PROPAGATION, L_OVERHEAD, L_HEADER, L_STAGE, L_TARGET_KIND, L_TARGET, L_SLOT, L_BUSY, L_HEAD, L_TAIL, L_C_ITEMS,
    L_C_BYTES, L_C_BUSY, L_OFF, L_PLACE, L_C_DROPPED,
) = range(17)  # fmt: skip
LINK = 17


@later
def arrive(m, k, n):
    """See ``bus.transactions``."""


@later
def fifo_arrive(m, f, p, reserved):
    """See ``queues.fifo``."""


@later
def deliver(m, k, p):
    """See ``ends.sinks``."""


@inlined
def link_send(m, k, n, size):
    """Put node n on link k behind what is already there; size in bytes."""
    now = m[H_NOW]
    start = m[k + L_BUSY]
    if start < now:
        start = now
    time = 0
    if m[k + L_RATE] > 0:
        time = ceil_div(size * 8_000_000_000_000, m[k + L_RATE])
    m[k + L_BUSY] = start + time
    arrival = start + time + m[k + L_PROPAGATION]
    if m[k + L_HEAD] != 0:  # a walk may hold up the item before it
        arrival = max(arrival, m[m[k + L_TAIL] + N_TIME])
    m[n + N_TIME] = arrival
    m[k + L_C_ITEMS] += 1
    m[k + L_C_BYTES] += size
    m[k + L_C_BUSY] += time
    p = m[n + N_P]
    if p != 0:
        m[p + P_SERVICE] += time + m[k + L_PROPAGATION]
    if m[k + L_HEAD] == 0:
        arm(m, m[k + L_SLOT], arrival)
    append(m, k + L_HEAD, N_NEXT, n)


@helper
def send_packet(m, k, p):
    n = new_node(m, IT_PACKET, 0)
    m[n + N_P] = p
    segs = m[p + P_SEGS]
    link_send(m, k, n, m[p + P_LEN] + (segs - 1) * m[k + L_HEADER] + segs * m[k + L_OVERHEAD])


@helper
def send_item(m, k, kind, a, b, size):
    n = new_node(m, kind, 0)
    m[n + N_A] = a
    m[n + N_B] = b
    link_send(m, k, n, size)


@helper
def hand_over(m, k, p):
    """p has arrived: pass it on to what is at the far end of k; a link that is off loses it."""
    if m[k + L_OFF] != 0:
        m[k + L_C_DROPPED] += 1
        drop(m, p, m[k + L_PLACE])
        return
    if m[k + L_TARGET_KIND] == TO_FIFO:
        fifo_arrive(m, m[k + L_TARGET], p, False)
    elif m[k + L_TARGET_KIND] == TO_LINK:
        send_packet(m, m[k + L_TARGET], p)
    else:
        deliver(m, m[k + L_TARGET], p)


@helper
def on_link(m, k):
    n = take_head(m, k + L_HEAD, N_NEXT)
    if m[k + L_HEAD] != 0:
        arm(m, m[k + L_SLOT], m[m[k + L_HEAD] + N_TIME])
    arrive(m, k, n)
