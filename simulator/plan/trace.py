"""What an engine returns: counters by name, latency histograms, stage sums, and on request the event log.

Counter names are ``"<entity>.<metric>"``; the metrics of each kind of entity are listed in ``METRICS``. They are plain integers,
so two engines are compared by comparing two dictionaries.

*Scope*: raw counts; rates, percentiles and shares are computed in ``simulator.metrics``.
*Validation*: ``doctor`` and the engine tests compare these objects field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from simulator.plan.model import Plan

EXIT_KINDS = (
    "HLT",
    "EXTINT",
    "KICK",
    "EOI",
    "IRQWIN",
    "TIMER",
    "MSIX_MASK",
    "IOEVENTFD",
    "MMIO_READ",
    "MMIO_WRITE",
    "TSC_DEADLINE",
    "ICR",
    "EOI_INDUCED",
    "HYPERCALL",
)
MAIL = ".mailbox"
"""Names of sources, queues and sinks that end so are of messages between functions, which are no packets to any metric."""
LABELS = (
    "guest_irq", "guest_soft", "guest_task", "guest_idle", "hyp", "exit_user", "qemu", "vhost", "host_irq", "host_soft",
    "host_task", "ctxsw", "halt_poll", "pmd_work", "pmd_idle", "idle", "noise",
)  # fmt: skip
EVENTS = ("push", "pop", "post", "take", "complete", "reap", "drop", "deliver", "exit")

METRICS = {
    "source": ("offered", "offered_bytes", "dropped", "timeouts", "received"),
    "sink": ("count", "bytes", "acks", "minimum_ps", "maximum_ps", "sum_ps"),
    "fifo": ("pushed", "popped", "dropped", "maximum", "integral", "checks", "fired", "suppressed"),
    "ring": (
        "posted", "taken", "completed", "reaped", "dropped", "maximum", "integral",
        "avail_checks", "avail_fired", "avail_suppressed", "used_checks", "used_fired", "used_suppressed",
    ),
    "link": ("items", "bytes", "busy_ps", "dropped"),
    "dma": ("reads", "waited", "walks"),
    "switch": ("dropped",),
    "moderator": ("events", "fired"),
    "route": ("delivered",),
    "core": LABELS,
    "vcpu": EXIT_KINDS,
    "lock": ("acquired", "contended", "held_ps"),
    "quota": ("used_ps", "throttled"),
    "shaper": ("packets", "bytes"),
    "worker": ("invocations", "served", "empty", "requeued", "parked"),
}  # fmt: skip
"""Meaning where a name does not say it. ``fifo.integral``: packets * ps held (pushed and not popped); ``fifo.maximum``: most held at once.
``ring.posted``: packets (tx) or buffers posted by refills (rx); ``taken``: packets (tx) or buffers (rx); ``completed``, ``reaped``: packets;
``maximum`` and ``integral``: tx: packets posted and not taken, rx: packets completed and not reaped. ``dma.reads``: read requests issued
or waiting, ``waited``: those that waited for a tag; ``walks``: pages that the
IOTLB did not hold. ``worker.requeued``: after the budget, after a re-check, after a wake while it ran.
``quota.used_ps``: time its threads ran; ``throttled``: times one of them was stopped. ``shaper.bytes``: with overhead.
``lock.acquired``: times somebody became its owner; ``contended``: times somebody had to wait for it.
``sink.minimum_ps`` is -1 if nothing was recorded. ``worker.served``: packets. Core metrics are picoseconds by accounting label."""


SUMS = {
    "sources": ("offered", "offered_bytes", "dropped"), "sinks": ("count", "bytes", "sum_ps"), "links": ("dropped",),
    "fifos": ("dropped",), "rings": ("dropped",), "switches": ("dropped",),
}  # fmt: skip
"""What is summed up interval by interval: what rates, means and losses over time are made of, by collection of the plan."""


def sum_names(plan: Plan) -> tuple[str, ...]:
    """``"<entity>.<metric>"`` of every sum, in the order in which an engine's ``sums`` gives them."""
    return tuple(
        f"{entity.name}.{metric}"
        for collection, metrics in SUMS.items()
        for entity in getattr(plan, collection)
        for metric in metrics
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """The outcome of one run of one plan.

    ``histograms``: sink name -> {bucket index: count}; ``stages``: sink name -> ((wait_ps, service_ps) per stage of the plan);
    ``log``: (time_ps, event, place, packet id) as in ``docs/reference/plan.md`` section 11.
    """

    start_ps: int
    end_ps: int
    handled: int
    """Handler runs since the beginning of the run."""
    in_flight_start: int
    in_flight_end: int
    """Packets alive at the beginning of the window and at its end."""
    counters: dict[str, int]
    histograms: dict[str, dict[int, int]]
    stages: dict[str, tuple[tuple[int, int], ...]]
    log: list[tuple[int, str, str, int]] = field(default_factory=list)
    interval_ps: int = 0
    """Length of the intervals of ``sums`` (the last may be shorter); 0: the window was not divided."""
    sums: tuple[tuple[int, ...], ...] = ()
    """One row per interval of the window: what was added in it to the sums of ``sum_names``."""


class Engine(Protocol):
    """What both engines offer. ``run`` may be called repeatedly with growing times."""

    def __init__(self, plan: Plan, seed: int, replication: int = 0, *, log: bool = False) -> None: ...

    def run(self, until_ps: int) -> None:
        """Handle everything up to and including ``until_ps``."""

    def begin_window(self) -> None:
        """Start counting at zero; what is under way stays."""

    def sums(self) -> tuple[int, ...]:
        """The sums of ``sum_names`` from the beginning of the window to now; it may be asked at any time."""
        ...

    def trace(self) -> Trace:
        """What was counted since the beginning of the window."""
        ...

    def delivered(self) -> tuple[int, int]:
        """Packets that all sinks recorded since the beginning of the window, and the sum of their latencies in ps."""
        ...

    def latencies(self) -> dict[int, int]:
        """Bucket index -> packets that all sinks recorded since the beginning of the window."""
        ...


def histogram_index(value: int) -> int:
    """Bucket of a latency in ps: exact below 128, then 128 buckets per octave."""
    shift = max(0, value.bit_length() - 8)
    return 128 * shift + (value >> shift)


def histogram_upper(index: int) -> int:
    """Largest value (ps) that falls into bucket ``index``."""
    if index < 256:
        return index
    shift = index // 128 - 1
    return ((index - 128 * shift + 1) << shift) - 1
