"""One direction of a queue: publishing it, checking its gate, and the consumer's asking to be told.

*Scope*: notification suppression as virtio, NAPI and VMBus do it. *Validation*: conformance vectors of each gate mode.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined, later
from simulator.engines.compiled.kernel.queues.effects import effect
from simulator.engines.compiled.kernel.queues.fifo import (
    F_GATE, F_POLLER, F_POLLER_INPUT, F_POPPED, F_PUBLISHED, F_PUSHED,
)
from simulator.engines.compiled.kernel.queues.gates import (
    ALWAYS, EDGE, EVENT, FLAG, G_CHECKS, G_DEN, G_ENABLED, G_EVENT, G_FIRED, G_MODE, G_NUM, G_OWNER, G_SUPPRESSED, MODERATED,
)
from simulator.engines.compiled.kernel.queues.rings import (
    RX, R_AVAIL, R_AVAIL_GATE, R_DONE, R_DONE_DESC, R_KIND, R_MODERATOR, R_POLLER, R_POLLER_INPUT, R_POSTED, R_REAPED, R_REMOTE, R_SENT, R_TAKEN, R_USED,
    R_USED_DESC, R_USED_GATE, TX,
)


@later
def moderator_signal(m, x, n):
    """See ``interrupts.moderators``."""


@later
def tell(m, w, i):
    """See ``workers.workers``."""


@inlined
def gate_check(m, g, old, new, consumer):
    m[g + G_CHECKS] += 1
    mode = m[g + G_MODE]
    fire = False
    if mode == ALWAYS:
        fire = True
    elif mode == FLAG:
        fire = m[g + G_ENABLED] != 0
    elif mode == EVENT:
        fire = old <= m[g + G_EVENT] and m[g + G_EVENT] < new
    elif mode == EDGE:
        fire = m[g + G_ENABLED] != 0 and consumer == old
    elif mode == MODERATED:
        fire = moderator_signal(m, m[m[g + G_OWNER] + R_MODERATOR], new - old)
    if fire:
        m[g + G_FIRED] += 1
    else:
        m[g + G_SUPPRESSED] += 1
    return fire


@inlined
def fifo_publish(m, f):
    """Make what was pushed visible; returns True if the gate fires."""
    old = m[f + F_PUBLISHED]
    new = m[f + F_PUSHED]
    if new == old:
        return False
    m[f + F_PUBLISHED] = new
    if m[f + F_POLLER] != 0:
        tell(m, m[f + F_POLLER], m[f + F_POLLER_INPUT])
    return gate_check(m, f + F_GATE, old, new, m[f + F_POPPED])


@helper
def used_publish(m, r):
    """Publish the used side; returns True if its gate fires (a NIC ring's moderator stands in for the gate)."""
    old = m[r + R_USED]
    new = m[r + R_DONE]
    if new == old:
        return False
    m[r + R_USED] = new
    m[r + R_USED_DESC] = m[r + R_DONE_DESC]
    if m[r + R_KIND] == RX and m[r + R_POLLER] != 0:
        tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
    if m[r + R_MODERATOR] != 0 and m[r + R_USED_GATE + G_MODE] != MODERATED:
        return False
    return gate_check(m, r + R_USED_GATE, old, new, m[r + R_REAPED])


@inlined
def used_publish_at_once(m, r):
    """Publish the used side for a device that is no software: a notification costs it nothing."""
    if used_publish(m, r):
        effect(m, r + R_USED_GATE)


@helper
def avail_publish(m, r):
    """Publish the avail side; on a remote ring the device learns it from the doorbell."""
    old = m[r + R_SENT]
    new = m[r + R_POSTED]
    if new == old:
        return False
    m[r + R_SENT] = new
    if m[r + R_REMOTE] == 0:
        m[r + R_AVAIL] = new
        if m[r + R_KIND] == TX and m[r + R_POLLER] != 0:
            tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
    return gate_check(m, r + R_AVAIL_GATE, old, new, m[r + R_TAKEN])


@helper
def gate_disable(m, g, backend):
    m[g + G_ENABLED] = 0
    if m[g + G_MODE] == EVENT and backend == 0:
        m[g + G_EVENT] = -1


@helper
def gate_enable(m, g):
    """Ask for the next notification; True if there is work already."""
    owner = m[g + G_OWNER]
    outstanding = 0
    if g == owner + F_GATE:
        consumer = m[owner + F_POPPED]
        published = m[owner + F_PUBLISHED]
    elif g == owner + R_AVAIL_GATE:
        consumer = m[owner + R_TAKEN]
        published = m[owner + R_SENT]
    else:
        consumer = m[owner + R_REAPED]
        published = m[owner + R_USED]
        outstanding = m[owner + R_POSTED] - consumer
    event = consumer
    if m[g + G_NUM] > 0:
        event += outstanding * m[g + G_NUM] // m[g + G_DEN]
    m[g + G_ENABLED] = 1
    m[g + G_EVENT] = event
    return published > event
