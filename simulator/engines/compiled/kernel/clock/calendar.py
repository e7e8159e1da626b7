"""Who is handled next: a tournament over the slots, each with its time; ties go to the lower slot.

1. A leaf is a slot; every node above holds the earlier of its two children, so that the root is the next slot.
2. A slot that is due at this instant stays out of the tree: it would climb to the top and be taken out at once.

*Scope*: arming and finding; ``loop`` handles. *Validation*: agreement of the engines; vectors of slots that are due together.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.clock.world import (
    H_LEAVES, H_NOW, H_SOON, H_SOON_COUNT, H_TIMES, H_TREE, INF, SOON,
)


@helper
def rise(m, slot):
    """Play the tournament above a slot's leaf again; stop where nothing changes. A node of the tree is (slot, its time)."""
    tree = m[H_TREE]
    at = m[H_LEAVES] + slot
    winner = slot
    best = m[tree + 2 * at + 1]
    while at > 1:
        rival = tree + 2 * (at ^ 1)
        time = m[rival + 1]
        if time < best + (at & 1):  # a tie goes to the left, where the lower slots are
            winner = m[rival]
            best = time
        at >>= 1
        node = tree + 2 * at
        if m[node] == winner and m[node + 1] == best:
            return
        m[node] = winner
        m[node + 1] = best


@helper
def soon(m, slot):
    """Keep a slot that is due at this instant out of the tree: it would climb to the top and be taken out at once.

    The tree knows the slot's old time still, or what a neighbour's climb has read from the leaf; the climb after its handler mends both.
    """
    count = m[H_SOON_COUNT]
    for i in range(count):
        if m[m[H_SOON] + i] == slot:
            return
    if count < SOON:
        m[m[H_SOON] + count] = slot
        m[H_SOON_COUNT] = count + 1
    else:
        rise(m, slot)


@helper
def take_soon(m, slot, t):
    """The slot to handle at this instant, given the tree's first (slot, t), or -1 if none; it leaves the list, as do slots armed anew since."""
    now = m[H_NOW]
    if t > now:
        slot = INF
    best = slot
    kept = m[H_SOON]
    for at in range(kept, kept + m[H_SOON_COUNT]):
        other = m[at]
        if m[m[H_TIMES] + 2 * other] == now:
            if other > best:
                m[kept] = other
                kept += 1
            elif other < best:
                if best != slot:
                    m[kept] = best
                    kept += 1
                best = other
    m[H_SOON_COUNT] = kept - m[H_SOON]
    if best == INF:
        return -1
    return best


@inlined
def arm(m, slot, t):
    m[m[H_TIMES] + 2 * slot] = t
    if t == m[H_NOW]:
        soon(m, slot)
    else:
        rise(m, slot)


@inlined
def arm_min(m, slot, t):
    if t < m[m[H_TIMES] + 2 * slot]:
        arm(m, slot, t)


@inlined
def disarm(m, slot):
    if m[m[H_TIMES] + 2 * slot] != INF:
        arm(m, slot, INF)
