"""The record of a gate: when it fires, and what a notification costs and does. An access of a guest is such a record too.

*Scope*: fields and their codes; ``sides`` checks, ``effects`` does. *Validation*: conformance vectors of each gate mode.
"""

from __future__ import annotations


# gate
(
    G_MODE, G_CHECKS, G_FIRED, G_SUPPRESSED, G_OWNER, G_NOTIFY, G_TARGET, G_COST, G_EXIT, G_ENABLED, G_EVENT, G_NUM, G_DEN, G_LOCK,
    G_LOCKED,
) = range(15)  # fmt: skip
GATE = 15
ALWAYS, NEVER_FIRES, FLAG, EVENT, EDGE, MODERATED = range(6)
NF_NONE, NF_WAKE, NF_DOORBELL, NF_IRQ, NF_RESUME, NF_ACK, NF_UNMASK, NF_RAISE = range(8)
