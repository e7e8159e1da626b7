"""A job is time that somebody has to spend, a label it is accounted under, and what happens at its end.

*Scope*: kinds of jobs and of what a core runs (leaves), labels, and as much of a worker as a core has to know.
*Validation*: labels of a core add up to elapsed time in every run.
"""

from __future__ import annotations


J_NOTHING, J_NATIVE, J_STAGE2, J_HANDLER, J_HLT, J_BLOCK, J_INJECT, J_EFFECT, J_ENTER, J_SIGNAL, J_STOPPED = range(11)
(
    LEAF_NONE, LEAF_IDLE_EXIT, LEAF_IRQ, LEAF_WORK, LEAF_CTXSW, LEAF_WAKE, LEAF_BUSY, LEAF_HYP, LEAF_GIRQ, LEAF_HALT_POLL, LEAF_GUEST_IDLE,
    LEAF_PMD, LEAF_TAKE, LEAF_EXIT_WORK,
) = range(14)  # fmt: skip
# accounting labels and exit kinds: positions in plan.trace.LABELS and EXIT_KINDS
(
    LB_GUEST_IRQ, LB_GUEST_SOFT, LB_GUEST_TASK, LB_GUEST_IDLE, LB_HYP, LB_EXIT_USER, LB_QEMU, LB_VHOST, LB_HOST_IRQ, LB_HOST_SOFT,
    LB_HOST_TASK, LB_CTXSW, LB_HALT_POLL, LB_PMD_WORK, LB_PMD_IDLE, LB_IDLE, LB_NOISE,
) = range(17)  # fmt: skip
W_STATE, W_LABEL, W_REST, W_SERVED = range(1, 5)
IDLE, QUEUED, RUNNING, PARKED, POLLING = range(5)
