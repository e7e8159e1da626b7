"""Who is handled next: a tournament over the slots, each with its time; ties go to the lower slot.

1. A key is a time, counted from the base of the tree, and below it the number of the slot: keys compare in one step and without a branch.
2. Times beyond the horizon share the last key of their slot; when such a key has come to the top, ``rebase`` moves the base.
3. A slot that is due at this instant stays out of the tree: it would climb to the top and be taken out at once.

*Scope*: arming and finding; ``loop`` handles. *Validation*: agreement of the engines; vectors of slots that are due together.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.clock.world import (
    H_BASE, H_LEAVES, H_NOW, H_SLOTS, H_SOON, H_SOON_COUNT, H_TREE, INF, SOON,
)

# slot: the time for which it is armed, the kind of its handler, the record that it belongs to
SL_TIME, SL_HANDLER, SL_REF = range(3)
SLOT = 4
SLOT_BITS = 24
HORIZON = 1 << 38
"""How far the tree sees (ps): times from the base on and slots together fill 62 bits of a key."""


@helper
def rise(m, slot, t):
    """Give a slot's leaf its time and play the tournament above it again; stop where nothing changes."""
    tree = m[H_TREE]
    at = m[H_LEAVES] + slot
    key = (min(t - m[H_BASE], HORIZON) << SLOT_BITS) + slot
    m[tree + at] = key
    while at > 1:
        key = min(key, m[tree + (at ^ 1)])
        at >>= 1
        if m[tree + at] == key:
            return
        m[tree + at] = key


@helper
def rebase(m, until):
    """Count times from the earliest armed one on, or from ``until`` if that is before it; returns the new base."""
    leaves = m[H_LEAVES]
    slots = m[H_SLOTS]
    base = until
    for slot in range(leaves):
        base = min(base, m[slots + SLOT * slot + SL_TIME])
    m[H_BASE] = base
    tree = m[H_TREE]
    for slot in range(leaves):
        m[tree + leaves + slot] = (min(m[slots + SLOT * slot + SL_TIME] - base, HORIZON) << SLOT_BITS) + slot
    for at in range(leaves - 1, 0, -1):
        m[tree + at] = min(m[tree + 2 * at], m[tree + 2 * at + 1])
    return base


@inlined
def armed(m, slot):
    """The time for which a slot is armed; INF if it is not."""
    return m[m[H_SLOTS] + SLOT * slot + SL_TIME]


@helper
def soon(m, slot):
    """Keep a slot that is due at this instant out of the tree: it would climb to the top and be taken out at once.

    The tree knows the slot's old time still; the climb after its handler mends that.
    """
    count = m[H_SOON_COUNT]
    for i in range(count):
        if m[m[H_SOON] + i] == slot:
            return
    if count < SOON:
        m[m[H_SOON] + count] = slot
        m[H_SOON_COUNT] = count + 1
    else:
        rise(m, slot, m[H_NOW])


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
        if armed(m, other) == now:
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
    m[m[H_SLOTS] + SLOT * slot + SL_TIME] = t
    if t == m[H_NOW]:
        soon(m, slot)
    else:
        rise(m, slot, t)


@inlined
def arm_min(m, slot, t):
    if t < armed(m, slot):
        arm(m, slot, t)


@inlined
def disarm(m, slot):
    if armed(m, slot) != INF:
        arm(m, slot, INF)
