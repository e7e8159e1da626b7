"""Where a device's accesses lie in memory, and what it takes to find out: the IOTLB, the walkers behind it, buffers that follow one another.

1. An item that touches packet buffers is sent on ``up`` as any other; then its pages are looked up, in the order of addresses.
2. A page that is not held is walked for by the first walker that is free; until one is, the link is held up.
3. The item arrives when its last walk has ended; what is behind it never arrives before it.

*Scope*: buffers of packets; descriptors, completions and messages lie in few pages, which are held. *Validation*: conformance vectors of translation.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper
from simulator.engines.compiled.kernel.bus.links import L_BUSY, L_HEAD, L_PROPAGATION, L_SLOT
from simulator.engines.compiled.kernel.clock.calendar import arm
from simulator.engines.compiled.kernel.clock.chance import draw
from simulator.engines.compiled.kernel.clock.nodes import N_TIME

# iommu: pages it may hold, pages held, where they are noted (the latest first), walkers and when each is free
TB_ENTRIES, TB_HELD, TB_PAGES, TB_PAGE_BYTES, TB_WALKERS, TB_FREE, TB_WALK, TB_C_WALKS = range(8)
IOMMU = 8
# buffers of a ring: bytes before the first, from one to the next, how many, stream of their numbers, how many were touched
BU_BASE, BU_STRIDE, BU_COUNT, BU_ORDER, BU_TOUCHED = range(5)
BUFFERS = 5


@helper
def is_held(m, t, page):
    """Look a page up; it is the latest from now on, and the oldest is forgotten if there are too many."""
    pages = m[t + TB_PAGES]
    held = m[t + TB_HELD]
    at = 0
    while at < held and m[pages + at] != page:
        at += 1
    found = at < held
    if not found and held < m[t + TB_ENTRIES]:
        m[t + TB_HELD] = held + 1
    elif not found:
        at = held - 1
    while at > 0:
        m[pages + at] = m[pages + at - 1]
        at -= 1
    if m[t + TB_ENTRIES] > 0:
        m[pages] = page
    return found


@helper
def translate(m, t, k, n, u, size, taken):
    """Node n, just sent on link k, touches size bytes of the next of buffers u, which it takes so many of."""
    number = m[u + BU_TOUCHED]
    m[u + BU_TOUCHED] += taken
    if m[u + BU_ORDER] != 0:
        number = draw(m, m[u + BU_ORDER])
    start = m[u + BU_BASE] + number % m[u + BU_COUNT] * m[u + BU_STRIDE]
    page = start // m[t + TB_PAGE_BYTES]
    last = (start + size - 1) // m[t + TB_PAGE_BYTES]
    arrival = m[n + N_TIME]
    while page <= last:
        if not is_held(m, t, page):
            m[t + TB_C_WALKS] += 1
            first = m[t + TB_FREE]
            for walker in range(m[t + TB_FREE] + 1, m[t + TB_FREE] + m[t + TB_WALKERS]):
                if m[walker] < m[first]:
                    first = walker
            m[k + L_BUSY] = max(m[k + L_BUSY], m[first])
            m[first] = m[k + L_BUSY] + m[t + TB_WALK]
            arrival = max(arrival, m[first] + m[k + L_PROPAGATION])
        page += 1
    if arrival > m[n + N_TIME]:
        m[n + N_TIME] = arrival
        if m[k + L_HEAD] == n:
            arm(m, m[k + L_SLOT], arrival)
