"""Which input is next if rates, deficits, shares or guarantees have a say.

*Scope*: shapers, deficit round robin, shares of several inputs, guaranteed rates; plain orders are ``workers.next_input``.
*Validation*: conformance vectors of arbitration.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.clock.packets import P_LEN
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.queues.inputs import INPUT, I_DEFICIT, I_FLOOR, I_POSITION, I_SHARE, I_WEIGHT, conforms, head_of, visible
from simulator.engines.compiled.kernel.queues.shapers import opens
from simulator.engines.compiled.kernel.workers.workers import (
    DRR, ROUND_ROBIN, W_FRESH, W_INPUTS, W_INPUT_COUNT, W_LAST, W_POLICY, W_QUANTUM, W_SHARES, W_SHARE_COUNT,
)


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


# share: the inputs that take turns as one
SH_MEMBERS, SH_COUNT, SH_LAST, SH_DEFICIT = range(4)
SHARE = 4


@inlined
def eligible(m, i, owed):
    """Whether input i may go now; with ``owed`` only if it is below its guaranteed rate."""
    if visible(m, i) == 0 or not conforms(m, i):
        return False
    return not owed or is_owed(m, i)


@inlined
def is_owed(m, i):
    return m[i + I_FLOOR] != 0 and m[H_NOW] >= opens(m, m[i + I_FLOOR])


@helper
def somebody_is_owed(m, w):
    for k in range(m[w + W_INPUT_COUNT]):
        if eligible(m, m[w + W_INPUTS] + INPUT * k, True):
            return True
    return False


@helper
def offer(m, w, share, owed):
    """The input of a share whose turn it is, if one may go, else -1."""
    position = m[share + SH_LAST]
    for _ in range(m[share + SH_COUNT]):
        position += 1
        if position == m[share + SH_COUNT]:
            position = 0
        k = m[m[share + SH_MEMBERS] + position]
        if eligible(m, m[w + W_INPUTS] + INPUT * k, owed):
            return k
    return -1


@helper
def share_has_packets(m, w, share):
    for position in range(m[share + SH_COUNT]):
        if visible(m, m[w + W_INPUTS] + INPUT * m[m[share + SH_MEMBERS] + position]) > 0:
            return True
    return False


@helper
def choose_grouped(m, w):
    """The input that goes next where inputs are grouped in shares or have guaranteed rates, or -1."""
    owed = somebody_is_owed(m, w)
    if m[w + W_POLICY] == DRR:
        return choose_share_by_deficit(m, w, owed)
    if m[w + W_POLICY] == ROUND_ROBIN:
        at = m[w + W_LAST]
        for _ in range(m[w + W_SHARE_COUNT]):
            at += 1
            if at == m[w + W_SHARE_COUNT]:
                at = 0
            k = offer(m, w, m[w + W_SHARES] + SHARE * at, owed)
            if k >= 0:
                return k
        return -1
    for k in range(m[w + W_INPUT_COUNT]):
        if eligible(m, m[w + W_INPUTS] + INPUT * k, owed):
            return k
    return -1


@helper
def choose_share_by_deficit(m, w, owed):
    count = m[w + W_SHARE_COUNT]
    if m[w + W_LAST] < 0:
        m[w + W_LAST] = 0
    idle = 0
    while idle < count:
        share = m[w + W_SHARES] + SHARE * m[w + W_LAST]
        k = offer(m, w, share, owed)
        if k >= 0:
            idle = 0
            if m[w + W_FRESH] == 0:
                first = m[w + W_INPUTS] + INPUT * m[m[share + SH_MEMBERS]]
                m[share + SH_DEFICIT] += m[w + W_QUANTUM] * m[first + I_WEIGHT]
                m[w + W_FRESH] = 1
            if m[head_of(m, m[w + W_INPUTS] + INPUT * k) + P_LEN] <= m[share + SH_DEFICIT]:
                return k
        else:
            idle += 1
            if not share_has_packets(m, w, share):
                m[share + SH_DEFICIT] = 0
        m[w + W_FRESH] = 0
        m[w + W_LAST] += 1
        if m[w + W_LAST] == count:
            m[w + W_LAST] = 0
    return -1


@helper
def served_grouped(m, w, i, size):
    """The head of input i, so long, goes."""
    share = m[i + I_SHARE]
    m[share + SH_LAST] = m[i + I_POSITION]
    m[w + W_LAST] = (share - m[w + W_SHARES]) // SHARE
    if m[w + W_POLICY] == DRR:
        m[share + SH_DEFICIT] -= size
