"""Whether two engines run a plan alike: log line by line, then counters, histograms, stage sums and packets in flight.

1. `compare` runs the plan once whole, and once in slices with the measurement beginning in the middle, on both engines.
2. The whole run of an engine and its sliced run must have the same log.
3. `Coverage` adds up what a set of plans has exercised, so that "they agree" can be told from "nothing happened".

*Scope*: any plan that passes `check()`. *Validation*: a planted fault in one engine is found by `tests/engines`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

from simulator.engines.compiled import engine as compiled
from simulator.errors import SimulatorError
from simulator.plan import draws
from simulator.plan.model import Plan
from simulator.plan.trace import EXIT_KINDS, Engine, Trace
from tests.engines.twin import GROWTH, LOG_ROWS

SLICES = 7
BLOCK = 16
CONTEXT = 6

Engines = tuple[type[Engine], type[Engine]]


@dataclass(slots=True)
class Coverage:
    """Counts over plans: how many had what, and how many log lines shared their instant with the line before."""

    plans: int = 0
    lines: int = 0
    tied: int = 0
    handled: int = 0
    having: dict[str, int] = field(default_factory=dict)

    def add(self, trace: Trace) -> None:
        """Count one run with its log."""
        self.plans += 1
        self.handled += trace.handled
        self.lines += len(trace.log)
        self.tied += sum(one[0] == other[0] for one, other in zip(trace.log, trace.log[1:], strict=False))
        for what, metrics in FEATURES.items():
            if any(value for name, value in trace.counters.items() if name.rpartition(".")[2] in metrics):
                self.having[what] = self.having.get(what, 0) + 1

    def merge(self, other: Coverage) -> None:
        """Add what another part has counted."""
        self.plans += other.plans
        self.handled += other.handled
        self.lines += other.lines
        self.tied += other.tied
        for what, count in other.having.items():
            self.having[what] = self.having.get(what, 0) + count

    def share(self, what: str) -> float:
        """Share of plans that had it."""
        return self.having.get(what, 0) / max(1, self.plans)

    def __str__(self) -> str:
        shares = ", ".join(f"{what} {100 * count // self.plans} %" for what, count in sorted(self.having.items()))
        ties = 100 * self.tied // max(1, self.lines)
        return f"{self.plans} plans, {self.handled // max(1, self.plans)} handler runs each, ties {ties} %; {shares}"


FEATURES = {
    "drops": ("dropped",), "parking": ("parked",), "switches": ("ctxsw",), "requeues": ("requeued",), "timeouts": ("timeouts",),
    "acks": ("acks",), "halt exits": ("HLT",), "kicks": ("KICK", "EXTINT"), "eoi": ("EOI",), "other exits": ("IOEVENTFD", "MMIO_READ", "MMIO_WRITE"),
    "window exits": ("IRQWIN",), "halt polling": ("halt_poll",), "moderated": ("events",), "tags": ("waited",), "empty": ("empty",),
    "poll mode": ("pmd_work",), "suppressed": ("used_suppressed",), "delivered": ("count",), "exits": EXIT_KINDS,
}  # fmt: skip


def execute(engine: type[Engine], plan: Plan, until_ps: int, seed: int, slices: int = 1) -> Trace:
    """One run with its log; with several slices the measurement begins after the middle one."""
    # Short blocks make a short run cheap, and refilling, growing and handing over in its middle is tested too.
    short = patch.multiple(compiled, _LOG_BLOCK=LOG_ROWS, _GROWTH=GROWTH)
    with short, patch.object(draws, "BLOCK_LIMIT", BLOCK):
        instance = engine(plan, seed, 0, log=True)
        for number in range(1, slices + 1):
            instance.run(until_ps * number // slices)
            if slices > 1 and number == (slices + 1) // 2:
                instance.begin_window()
        return instance.trace()


def compare(engines: Engines, plan: Plan, until_ps: int, seed: int, coverage: Coverage | None = None) -> str | None:
    """The first difference between the engines on this plan as text; None if they agree in everything."""
    for slices in (1, SLICES):
        found = [_attempt(engine, plan, until_ps, seed, slices) for engine in engines]
        texts = [one if isinstance(one, str) else None for one in found]
        if texts[0] is not None or texts[1] is not None:
            # Both engines may refuse a run (an endless loop at one instant), if they refuse it in the same way.
            return None if texts[0] == texts[1] else f"slices {slices}: {texts[0] or 'ran'} / {texts[1] or 'ran'}"
        traces = [one for one in found if isinstance(one, Trace)]
        difference = first_difference(traces[0], traces[1])
        if difference is not None:
            return f"slices {slices}: {difference}"
        if slices == 1:
            whole = traces
            if coverage is not None:
                coverage.add(traces[0])
        for one, other in zip(whole, traces, strict=True):
            if one.log != other.log or one.handled != other.handled:
                return f"slices {slices}: {_log_difference(one, other) or 'handled'} (whole run / run in slices)"
    return None


def _attempt(engine: type[Engine], plan: Plan, until_ps: int, seed: int, slices: int) -> Trace | str:
    try:
        return execute(engine, plan, until_ps, seed, slices)
    except SimulatorError as error:
        return type(error).__name__


def first_difference(one: Trace, other: Trace) -> str | None:
    """The first field in which two traces differ, the log first; None if they are equal."""
    return next(_differences(one, other), None)


def _differences(one: Trace, other: Trace) -> Iterator[str]:
    log = _log_difference(one, other)
    if log is not None:
        yield log
    for name in one.counters.keys() | other.counters.keys():
        if one.counters.get(name) != other.counters.get(name):
            yield f"counter {name}: {one.counters.get(name)} / {other.counters.get(name)}"
    for name in ("histograms", "stages"):
        for sink in getattr(one, name):
            if getattr(one, name)[sink] != getattr(other, name)[sink]:
                yield f"{name} of {sink}: {getattr(one, name)[sink]} / {getattr(other, name)[sink]}"
    for name in ("start_ps", "end_ps", "in_flight_start", "in_flight_end", "handled"):
        if getattr(one, name) != getattr(other, name):
            yield f"{name}: {getattr(one, name)} / {getattr(other, name)}"


def _log_difference(one: Trace, other: Trace) -> str | None:
    pairs = enumerate(zip(one.log, other.log, strict=False))
    place = next((number for number, (a, b) in pairs if a != b), min(len(one.log), len(other.log)))
    if place == len(one.log) == len(other.log):
        return None
    before = "".join(f"\n    {line}" for line in one.log[max(0, place - CONTEXT) : place])
    found = [trace.log[place] if place < len(trace.log) else "end" for trace in (one, other)]
    return f"log line {place}: {found[0]} / {found[1]}; before:{before}"
