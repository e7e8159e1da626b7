"""Which input is next if rates or deficits have a say.

*Scope*: shapers and deficit round robin; plain orders are ``workers.next_input``. *Validation*: conformance vectors of arbitration.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined
from simulator.engines.compiled.kernel.clock.packets import P_LEN
from simulator.engines.compiled.kernel.queues.inputs import INPUT, I_DEFICIT, I_WEIGHT, conforms, head_of, visible
from simulator.engines.compiled.kernel.workers.workers import W_FRESH, W_INPUTS, W_INPUT_COUNT, W_LAST, W_QUANTUM


@inlined
def choose_conforming(m, w, start):
    count = m[w + W_INPUT_COUNT]
    k = start
    for _ in range(count):
        if k >= count:
            k -= count
        i = m[w + W_INPUTS] + INPUT * k
        if visible(m, i) > 0 and conforms(m, i):
            return k
        k += 1
    return -1


@inlined
def choose_drr(m, w):
    """Deficit round robin over eligible inputs; W_LAST is the pointer, W_FRESH tells that its quantum was given in this visit."""
    count = m[w + W_INPUT_COUNT]
    if m[w + W_LAST] < 0:
        m[w + W_LAST] = 0
    idle = 0
    while idle < count:
        i = m[w + W_INPUTS] + INPUT * m[w + W_LAST]
        if visible(m, i) == 0:
            m[i + I_DEFICIT] = 0
            idle += 1
        elif not conforms(m, i):
            idle += 1
        else:
            idle = 0
            if m[w + W_FRESH] == 0:
                m[i + I_DEFICIT] += m[w + W_QUANTUM] * m[i + I_WEIGHT]
                m[w + W_FRESH] = 1
            size = m[head_of(m, i) + P_LEN]
            if size <= m[i + I_DEFICIT]:
                return m[w + W_LAST]
        m[w + W_FRESH] = 0
        m[w + W_LAST] += 1
        if m[w + W_LAST] == count:
            m[w + W_LAST] = 0
    return -1
