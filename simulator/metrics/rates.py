"""What was offered, what arrived, what was lost and where, each over the measurement window.

A packet is *offered* at the instant its source makes it and *delivered* when a sink records it (data and responses, not
acknowledgements); in between it is in flight. Packets in flight at both ends of the window are part of the balance.

*Scope*: packets; a super-packet counts once. *Validation*: tests/unit/test_metrics.py; conservation holds in every
engine test.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.plan.model import Plan
from simulator.plan.trace import Trace

BITS_PER_BYTE = 8


def _per_second(count: int, trace: Trace) -> float | None:
    return window.ratio(count * window.PS_PER_SECOND, window.length_ps(trace))


def offered(plan: Plan, trace: Trace) -> int:
    """Packets that the sources made in the window."""
    return window.total(trace, window.source_names(plan), "offered")


def delivered(plan: Plan, trace: Trace) -> int:
    """Packets that the sinks recorded in the window."""
    return window.total(trace, window.sink_names(plan), "count")


def offered_pps(plan: Plan, trace: Trace) -> float | None:
    """Packets offered per second."""
    return _per_second(offered(plan, trace), trace)


def delivered_pps(plan: Plan, trace: Trace) -> float | None:
    """Packets delivered per second."""
    return _per_second(delivered(plan, trace), trace)


def throughput_bps(plan: Plan, trace: Trace) -> float | None:
    """Goodput: bits of delivered frames per second, without FCS, preamble and inter-frame gap."""
    return _per_second(window.total(trace, window.sink_names(plan), "bytes") * BITS_PER_BYTE, trace)


def drops(plan: Plan, trace: Trace) -> dict[str, int]:
    """Packets dropped, by the source, queue, ring, switch or link that dropped them; places without drops are left out."""
    return window.by_place(trace, window.drop_places(plan), "dropped")


def loss_ratio(plan: Plan, trace: Trace) -> float | None:
    """Packets dropped anywhere in the window per packet offered in it, 1 at most; None if nothing was offered.

    In a short window more may be dropped than offered: packets made before it.
    """
    made, lost = offered(plan, trace), sum(drops(plan, trace).values())
    return window.ratio(min(made, lost), made)


def unaccounted(plan: Plan, trace: Trace) -> int:
    """Packets that the balance of the window misses: 0, or minus the number of data packets turned into
    acknowledgements.

    offered + in flight at the start - delivered - acknowledgements taken in - dropped - in flight at the end.
    """
    sent, ended, lost = window.messages(plan, trace)
    came = offered(plan, trace) + sent + trace.in_flight_start
    went = (
        delivered(plan, trace)
        + ended
        + window.total(trace, window.sink_names(plan), "acks")
        + sum(drops(plan, trace).values())
        + lost
    )
    return came - went - trace.in_flight_end
