"""The bus side of a device: reads that go up as requests and come down as completions.

A node of a read: A its dma, B what it is for, C bytes, N_READ its kind and the number of descriptors, or where the buffers of its packet are.

*Scope*: tags, memory in order, bytes of TLPs. *Validation*: conformance vectors of tags, order and bytes.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.bus.links import IT_READ_CPL, IT_READ_REQ, link_send
from simulator.engines.compiled.kernel.bus.translation import IOMMU, translate
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.chance import spread
from simulator.engines.compiled.kernel.clock.nodes import (
    N_A, N_B, N_C, N_KIND, N_NEXT, N_P, N_READ, N_TIME, append, free_node, new_node, take_head,
)
from simulator.engines.compiled.kernel.clock.packets import P_SERVICE, mark
from simulator.engines.compiled.kernel.clock.world import H_NOW

READ_DESC, READ_DATA, READ_RXDESC = range(3)
# dma
(
    D_UP, D_DOWN, D_MPS, D_MRRS, D_COMPLETION, D_MAX, D_MEMORY, D_SPREAD, D_HEADER, D_STAGE, D_SLOT, D_OUTSTANDING, D_WAIT_HEAD,
    D_WAIT_TAIL, D_MEM_HEAD, D_MEM_TAIL, D_READY, D_C_READS, D_C_WAITED,
) = range(19)  # fmt: skip
D_IOMMU = 19
DMA = D_IOMMU + 1 + IOMMU


@later
def fifo_arrive(m, f, p, reserved):
    """See ``queues.fifo``."""


@later
def fetch_arrived(m, r, count):
    """See ``queues.tx_ring``."""


@inlined
def dma_issue(m, d, n):
    m[d + D_OUTSTANDING] += 1
    m[n + N_KIND] = IT_READ_REQ
    link_send(m, m[d + D_UP], n, 24 * ceil_div(m[n + N_C], m[d + D_MRRS]))
    if m[n + N_READ] & 3 == READ_DATA and m[n + N_READ] > READ_DATA and m[d + D_IOMMU] != 0:
        translate(m, d + D_IOMMU + 1, m[d + D_UP], n, m[n + N_READ] >> 2, m[n + N_C], 1)


@helper
def dma_read(m, d, kind, target, size, count, p):
    """Read host memory: node fields A dma, B target, C bytes, N_READ kind and number of descriptors, or for data its buffers (0: not translated)."""
    n = new_node(m, IT_READ_REQ, 0)
    m[n + N_A] = d
    m[n + N_B] = target
    m[n + N_C] = size
    m[n + N_P] = p
    m[n + N_READ] = kind + 4 * count
    m[d + D_C_READS] += 1
    if m[d + D_OUTSTANDING] < m[d + D_MAX]:
        dma_issue(m, d, n)
    else:
        m[d + D_C_WAITED] += 1
        append(m, d + D_WAIT_HEAD, N_NEXT, n)


@helper
def memory_request(m, d, n):
    cost = spread(m, m[d + D_MEMORY], m[d + D_SPREAD])
    ready = max(m[d + D_READY], m[H_NOW] + cost)
    m[d + D_READY] = ready
    if m[n + N_P] != 0:
        m[m[n + N_P] + P_SERVICE] += cost
    m[n + N_TIME] = ready
    if m[d + D_MEM_HEAD] == 0:
        arm(m, m[d + D_SLOT], ready)
    append(m, d + D_MEM_HEAD, N_NEXT, n)


@helper
def on_memory(m, d):
    n = take_head(m, d + D_MEM_HEAD, N_NEXT)
    if m[d + D_MEM_HEAD] != 0:
        arm(m, m[d + D_SLOT], m[m[d + D_MEM_HEAD] + N_TIME])
    m[n + N_KIND] = IT_READ_CPL
    size = m[n + N_C]
    link_send(m, m[d + D_DOWN], n, 20 * ceil_div(size, m[d + D_COMPLETION]) + size)


@helper
def read_completed(m, d, n):
    m[d + D_OUTSTANDING] -= 1
    if m[d + D_WAIT_HEAD] != 0:
        dma_issue(m, d, take_head(m, d + D_WAIT_HEAD, N_NEXT))
    kind = m[n + N_READ] & 3
    count = m[n + N_READ] >> 2
    target = m[n + N_B]
    p = m[n + N_P]
    free_node(m, n)
    if kind == READ_DESC:
        fetch_arrived(m, target, count)
    elif kind == READ_DATA:
        mark(m, p, m[d + D_STAGE], m[H_NOW])
        fifo_arrive(m, target, p, True)
