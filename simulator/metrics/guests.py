"""Results of one guest, or of several together: what came to it and what it sent, apart.

1. A guest's packets are those of the sources named after it; what it receives ends in its own sink, what it sends at the
   far end: in ``<guest>.sent``, or in the far end's sink where it is the only guest.
2. ``all``, ``rx`` and ``tx``, with rates and latencies each. A request counts where its answer arrives: that of a client at
   the far end as ``tx``, offered and delivered.
3. Packets from guest to guest count for the one that receives them.
4. Latencies of several guests are those of all their packets.

*Scope*: rates and latency. Loss is not told apart: a buffer that all share drops for all. *Validation*: ``tests/unit/test_guest_results.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.metrics import latency, window
from simulator.metrics.rates import BITS_PER_BYTE
from simulator.plan.model import NONE, Plan, Source
from simulator.plan.trace import Trace

FAR_END = 0
"""Its MAC index."""
DIRECTIONS = ("all", "rx", "tx")
METRICS = (
    "offered_pps",
    "delivered_pps",
    "throughput_bps",
    "latency.mean",
    *(f"latency.{p}" for p in latency.PERCENTILES),
    "latency.max",
)
"""What is known of a guest."""


def sent_name(guest: str) -> str:
    """The sink that records what `guest` sent."""
    return f"{guest}.sent"


def ends_of(plan: Plan, members: Iterable[str]) -> tuple[list[str], list[str]]:
    """Sources and sinks of these guests together."""
    received, sent, sources = _ends(plan, set(members))
    return [source.name for source in sources], [*received, *sent]


def _ends(plan: Plan, own: set[str]) -> tuple[list[str], list[str], list[Source]]:
    """Sinks that take what comes to the guests, sinks that take what they send, and their sources."""
    packets = set(window.source_names(plan))
    sources = [source for source in plan.sources if source.name.partition(".")[0] in own and source.name in packets]
    ends = {plan.sinks[source.record].name for source in sources if source.record != NONE}
    if not ends:
        ends = {sink.name for sink in plan.sinks if sink.reply_link != NONE}
    received = [sink.name for sink in plan.sinks if sink.name.partition(".")[0] in own and sink.name not in ends]
    return received, [sink.name for sink in plan.sinks if sink.name in ends], sources


def of_guests(plan: Plan, trace: Trace, members: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``{"all": {offered_pps, delivered_pps, throughput_bps, latency_us}, "rx": ..., "tx": ...}`` of these guests together.

    A direction in which nothing was offered or delivered is left out.
    """
    received, sent, sources = _ends(plan, set(members))
    received_offers = {s.name for s in sources if _comes_to_guest(plan, s)}
    names = {"rx": (received, received_offers), "tx": (sent, {s.name for s in sources} - received_offers)}
    names["all"] = (received + sent, {s.name for s in sources})
    found = {which: _numbers(trace, *names[which]) for which in DIRECTIONS}
    return {which: numbers for which, numbers in found.items() if which == "all" or _moved(numbers)}


def _comes_to_guest(plan: Plan, source: Source) -> bool:
    """Whether what counts of a source ends in the guest's own sink: answers to it, or packets that are sent to it."""
    if source.kind == "rr" or source.request:
        return source.target_kind == "fifo"
    recorded_outside = source.record != NONE
    return not recorded_outside and plan.streams[source.dst].name != f"to:{FAR_END}"


def _moved(numbers: dict[str, Any]) -> bool:
    return bool(numbers["offered_pps"] or numbers["delivered_pps"])


def _numbers(trace: Trace, sinks: list[str], sources: Iterable[str]) -> dict[str, Any]:
    def rate(count: int) -> float | None:
        return window.ratio(count * window.PS_PER_SECOND, window.length_ps(trace))

    return {
        "offered_pps": rate(window.total(trace, sources, "offered")),
        "delivered_pps": rate(window.total(trace, sinks, "count")),
        "throughput_bps": rate(window.total(trace, sinks, "bytes") * BITS_PER_BYTE),
        "latency_us": latency.of_sinks(trace, sinks),
    }
