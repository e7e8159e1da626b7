"""Small records from a pool, and lists of any records.

A node is an item on a link, a request to memory, or a job. A list is two words, head and tail; what is listed points on by a field of its own.

*Scope*: taking, giving back, listing. *Validation*: agreement of the engines; the twin with pools of eight.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined
from simulator.engines.compiled.kernel.clock.world import H_NODES, H_NODES_FREE

# node: an item on a link, a DMA request, or a job
N_NEXT, N_TIME, N_KIND, N_A, N_B, N_C, N_P, N_READ = range(8)
NODE = 8


@inlined
def new_node(m, kind, time):
    n = m[H_NODES]
    m[H_NODES] = m[n + N_NEXT]
    m[H_NODES_FREE] -= 1
    m[n + N_NEXT] = 0
    m[n + N_TIME] = time
    m[n + N_KIND] = kind
    m[n + N_P] = 0
    return n


@inlined
def free_node(m, n):
    m[n + N_NEXT] = m[H_NODES]
    m[H_NODES] = n
    m[H_NODES_FREE] += 1


@inlined
def append(m, head, link, x):
    """Append x to the list whose head is at ``head`` and tail at ``head + 1``; ``link`` is the field of x that points on."""
    m[x + link] = 0
    if m[head] == 0:
        m[head] = x
    else:
        m[m[head + 1] + link] = x
    m[head + 1] = x


@inlined
def take_head(m, head, link):
    x = m[head]
    m[head] = m[x + link]
    m[x + link] = 0
    return x
