"""The engine that people use: a plan compiled to a memory image and run by the numba kernel.

*Scope*: feeding the kernel (memory, draws, log) and reading its counters; the rules are in ``kernel``.
*Validation*: bit-for-bit agreement with ``engines.reference``.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from simulator.engines.compiled import image as layout
from simulator.engines.compiled import kernel as k
from simulator.engines.compiled.draws import Draws
from simulator.engines.compiled.memory import enlarged
from simulator.engines.compiled.steps import steps
from simulator.errors import EngineError
from simulator.plan import slots as slot_numbers
from simulator.plan.model import Plan
from simulator.plan.trace import EVENTS, EXIT_KINDS, LABELS, SUMS, Trace, histogram_index

_LOG_BLOCK = 1 << 16
_GROWTH = 4096
"""Packets and nodes that the pools get at a time; the first time an eighth of it, since most small plans never need more."""

_FIELDS: dict[str, dict[str, int]] = {
    "sources": {"offered": k.S_C_OFFERED, "offered_bytes": k.S_C_BYTES, "dropped": k.S_C_DROPPED, "timeouts": k.S_C_TIMEOUTS, "received": k.S_C_RECEIVED},
    "sinks": {"count": k.K_COUNT, "bytes": k.K_BYTES, "acks": k.K_ACKS},
    "fifos": {
        "pushed": k.F_C_PUSHED, "popped": k.F_C_POPPED, "dropped": k.F_C_DROPPED, "checks": k.F_GATE + k.G_CHECKS, "fired": k.F_GATE + k.G_FIRED,
        "suppressed": k.F_GATE + k.G_SUPPRESSED,
    },
    "rings": {
        "posted": k.R_C_POSTED, "taken": k.R_C_TAKEN, "completed": k.R_C_COMPLETED, "reaped": k.R_C_REAPED, "dropped": k.R_C_DROPPED,
        "avail_checks": k.R_AVAIL_GATE + k.G_CHECKS, "avail_fired": k.R_AVAIL_GATE + k.G_FIRED, "avail_suppressed": k.R_AVAIL_GATE + k.G_SUPPRESSED,
        "used_checks": k.R_USED_GATE + k.G_CHECKS, "used_fired": k.R_USED_GATE + k.G_FIRED, "used_suppressed": k.R_USED_GATE + k.G_SUPPRESSED,
    },
    "links": {"items": k.L_C_ITEMS, "bytes": k.L_C_BYTES, "busy_ps": k.L_C_BUSY, "dropped": k.L_C_DROPPED},
    "dmas": {"reads": k.D_C_READS, "waited": k.D_C_WAITED, "walks": k.D_IOMMU + 1 + k.TB_C_WALKS},
    "switches": {"dropped": k.Y_C_DROPPED},
    "moderators": {"events": k.M_C_EVENTS, "fired": k.M_C_FIRED},
    "routes": {"delivered": k.Q_C_DELIVERED},
    "shapers": {"packets": k.C_C_PACKETS, "bytes": k.C_C_BYTES},
    "quotas": {"used_ps": k.B_C_USED, "throttled": k.B_C_THROTTLED},
    "locks": {"acquired": k.U_C_ACQUIRED, "contended": k.U_C_CONTENDED, "held_ps": k.U_C_HELD},
    "workers": {
        "invocations": k.W_C_INVOCATIONS, "served": k.W_C_SERVED, "empty": k.W_C_EMPTY, "requeued": k.W_C_REQUEUED, "parked": k.W_C_PARKED,
    },
}  # fmt: skip
_METERS = {"fifos": k.F_METER, "rings": k.R_METER}


class CompiledEngine:
    """Runs a plan with the numba kernel; see ``simulator.plan.trace.Engine``."""

    def __init__(self, plan: Plan, seed: int, replication: int = 0, *, log: bool = False) -> None:
        self._plan = plan
        self._draws = Draws(plan.streams, seed, replication)
        self._image = layout.build(plan, self._draws, log_capacity=_LOG_BLOCK if log else 0)
        self._own(self._image.memory)
        self._image.memory = None  # the engine's own from here on
        self._steps = deque(steps(plan, self._image.at, self._memory))
        self._streams = np.array(self._image.at["streams"], dtype=np.int64)
        self._log: list[tuple[int, str, str, int]] = []
        self._window_start = 0
        self._alive_at_start = 0
        self._grown = False
        summed = [
            (base + (k.K_SUM if metric == "sum_ps" else _FIELDS[kind][metric]), metric == "sum_ps")
            for kind, metrics in SUMS.items()
            for base in self._image.at[kind]
            for metric in metrics
        ]
        self._summed = np.array([position for position, _ in summed], dtype=np.int64)
        self._wide_sums = [n for n, (_, wide) in enumerate(summed) if wide]
        """Sums of two words."""
        sinks = np.array(self._image.at["sinks"], dtype=np.int64)
        self._delivered = np.stack([sinks + field for field in (k.K_COUNT, k.K_SUM, k.K_SUM_HIGH)])

    def run(self, until_ps: int) -> None:
        """Handle everything up to and including ``until_ps``. Raises EngineError on a zero-time loop."""
        while self._steps and self._steps[0][1] <= until_ps:
            step = self._steps.popleft()
            self._advance(step[1] - 1)
            self._memory[k.H_CHANGE : k.H_CHANGE + len(step)] = step  # the next call begins with it
        self._advance(until_ps)

    def _advance(self, until_ps: int) -> None:
        while True:
            status = self._call(until_ps)
            if status == k.DONE:
                return
            if status == k.NEED_MEMORY:
                self._grow()
            elif status == k.NEED_DRAWS:
                self._refill()
            elif status == k.NEED_LOG:
                self._drain_log()
            else:
                raise EngineError(self._failure())

    def _call(self, until_ps: int) -> int:
        return k.run(self._address, until_ps)

    def _own(self, words: Any) -> None:
        self._memory = words
        self._address = int(words.ctypes.data)

    def begin_window(self) -> None:
        """Zero every counter; queues and state stay."""
        m = self._memory
        for kind, fields in _FIELDS.items():
            for base in self._image.at[kind]:
                for field in fields.values():
                    m[base + field] = 0
        for kind, offset in _METERS.items():
            for base in self._image.at[kind]:
                m[base + offset + k.X_LOW] = m[base + offset + k.X_HIGH] = 0
                m[base + offset + k.X_MAXIMUM] = m[base + offset + k.X_HELD]
        for base in self._image.at["sinks"]:
            self._clear_sink(base)
        for base, executor in zip(self._image.at["executors"], self._plan.executors, strict=True):
            words, count = (k.E_LABELS, len(LABELS)) if executor.kind == "core" else (k.V_EXITS, len(EXIT_KINDS))
            m[m[base + words] : m[base + words] + count] = 0
        self._window_start = int(m[k.H_NOW])
        self._alive_at_start = int(m[k.H_ALIVE])

    def sums(self) -> tuple[int, ...]:
        """Those counters that are summed up by intervals, since the beginning of the window, up to now."""
        words = self._memory[self._summed].tolist()
        for n in self._wide_sums:
            words[n] += int(self._memory[self._summed[n] + 1]) * k.CARRY
        return tuple(words)

    def trace(self) -> Trace:
        """Counters since the beginning of the window, up to now."""
        self._drain_log()
        m = self._memory
        sinks = dict(zip((s.name for s in self._plan.sinks), self._image.at["sinks"], strict=True))
        return Trace(
            start_ps=self._window_start,
            end_ps=int(m[k.H_NOW]),
            handled=int(m[k.H_HANDLED]),
            in_flight_start=self._alive_at_start,
            in_flight_end=int(m[k.H_ALIVE]),
            counters=self._counters(),
            histograms={name: self._histogram(base) for name, base in sinks.items()},
            stages={name: self._stages(base) for name, base in sinks.items()},
            log=list(self._log),
        )

    def delivered(self) -> tuple[int, int]:
        """Packets that all sinks recorded since the beginning of the window, and the sum of their latencies in ps."""
        counts, low, high = self._memory[self._delivered].tolist()
        return sum(counts), sum(low) + sum(high) * k.CARRY

    def latencies(self) -> dict[int, int]:
        """Bucket index -> packets that all sinks recorded since the beginning of the window."""
        return self._histogram(*self._image.at["sinks"])

    def _clear_sink(self, base: int) -> None:
        m = self._memory
        m[base + k.K_SUM] = m[base + k.K_SUM_HIGH] = 0
        m[base + k.K_MINIMUM] = m[base + k.K_MAXIMUM] = -1
        m[m[base + k.K_HISTOGRAM] : m[base + k.K_HISTOGRAM] + k.BUCKETS] = 0
        m[m[base + k.K_STAGES] : m[base + k.K_STAGES] + 6 * len(self._plan.stages)] = 0

    def _wide(self, at: int) -> int:
        return int(self._memory[at]) + int(self._memory[at + 1]) * k.CARRY

    def _counters(self) -> dict[str, int]:
        m = self._memory
        result: dict[str, int] = {}
        for kind, fields in _FIELDS.items():
            for entity, base in zip(getattr(self._plan, kind), self._image.at[kind], strict=True):
                for metric, field in fields.items():
                    result[f"{entity.name}.{metric}"] = int(m[base + field])
                if kind in _METERS:
                    result[f"{entity.name}.maximum"] = int(m[base + _METERS[kind] + k.X_MAXIMUM])
                    result[f"{entity.name}.integral"] = self._wide(base + _METERS[kind] + k.X_LOW)
                elif kind == "sinks":
                    result[f"{entity.name}.minimum_ps"] = int(m[base + k.K_MINIMUM])
                    result[f"{entity.name}.maximum_ps"] = int(m[base + k.K_MAXIMUM])
                    result[f"{entity.name}.sum_ps"] = self._wide(base + k.K_SUM)
        for executor, base in zip(self._plan.executors, self._image.at["executors"], strict=True):
            words, names = (k.E_LABELS, LABELS) if executor.kind == "core" else (k.V_EXITS, EXIT_KINDS)
            for n, name in enumerate(names):
                result[f"{executor.name}.{name}"] = int(m[m[base + words] + n])
        return result

    def _histogram(self, *sinks: int) -> dict[int, int]:
        """Of these sinks together; only between the extremes there is anything to look at."""
        m = self._memory
        used = [base for base in sinks if m[base + k.K_COUNT]]
        if not used:
            return {}
        first = histogram_index(min(int(m[base + k.K_MINIMUM]) for base in used))
        end = histogram_index(max(int(m[base + k.K_MAXIMUM]) for base in used)) + 1
        starts = [int(m[base + k.K_HISTOGRAM]) for base in used]
        counts = np.sum([m[start + first : start + end] for start in starts], axis=0)
        found = np.flatnonzero(counts)
        return dict(zip((found + first).tolist(), counts[found].tolist(), strict=True))

    def _stages(self, base: int) -> tuple[tuple[int, int], ...]:
        start, words = int(self._memory[base + k.K_STAGES]), 2 * len(self._plan.stages)
        sums = [int(self._memory[start + n]) + self._wide(start + words + 2 * n) for n in range(words)]
        return tuple(zip(sums[::2], sums[1::2], strict=True))

    def _grow(self) -> None:
        """Append packets and nodes to the pools: the memory is copied, so a plan of many sources takes more at a time."""
        m = self._memory
        old = len(m)
        words = self._image.packet_words
        more = max(_GROWTH if self._grown else _GROWTH // 8, 2 * len(self._plan.sources))
        self._grown = True
        packets = more if m[k.H_PACKETS_FREE] < 4 else 0
        nodes = int(m[k.H_MARGIN]) + more if m[k.H_NODES_FREE] < m[k.H_MARGIN] else 0
        self._own(enlarged(m, packets * words + nodes * k.NODE))
        m = self._memory
        _chain(m, k.H_PACKETS, k.H_PACKETS_FREE, old, packets, words)
        _chain(m, k.H_NODES, k.H_NODES_FREE, old + packets * words, nodes, k.NODE)

    def _refill(self) -> None:
        """Draw a block for every stream that has come half-way to its limit: thousands of like streams are then filled in one look at all."""
        m = self._memory
        m[k.H_REFILL] = 0
        bases = self._streams
        half = (m[bases + k.Z_START] + m[bases + k.Z_LIMIT] + 1) >> 1
        for i in np.nonzero((m[bases + k.Z_CONSTANT] == 0) & (m[bases + k.Z_CURSOR] >= half))[0].tolist():
            base = int(bases[i])
            start, cursor, end = (int(m[base + field]) for field in (k.Z_START, k.Z_CURSOR, k.Z_END))
            kept = start + end - cursor
            m[start:kept] = m[cursor:end]
            room = self._draws.block_length + layout.DRAW_MARGIN
            end = min(start + room, kept + min(self._draws.block_length, 2 * (end - start)))
            self._draws.fill(i, m[kept:end])
            m[base + k.Z_CURSOR], m[base + k.Z_END], m[base + k.Z_LIMIT] = start, end, max(start + 1, end - layout.DRAW_MARGIN)

    def _drain_log(self) -> None:
        m = self._memory
        count = int(m[k.H_LOG_COUNT])
        rows = m[m[k.H_LOG] : m[k.H_LOG] + 4 * count].reshape(-1, 4).tolist()
        places = self._image.places
        self._log.extend((time, EVENTS[event], places[place], number) for time, event, place, number in rows)
        m[k.H_LOG_COUNT] = 0

    def _failure(self) -> str:
        m = self._memory
        where = int(m[k.H_ERROR_AT])
        if m[k.H_ERROR] == k.E_ZERO_TIME:
            slot = slot_numbers.names(self._plan)[where]
            return f"more than 1,000,000 handler runs at {int(m[k.H_NOW])} ps: a zero-time loop, last in slot {where} ({slot})"
        if m[k.H_ERROR] == k.E_REQUEST:
            return f"a request reached {self._image.places[where]}, which cannot answer"
        return "one handler run drew more than 2048 values of one stream"


def _chain(m: Any, head: int, free: int, start: int, count: int, words: int) -> None:
    """Link ``count`` rows from ``start`` into a free list."""
    if count:
        rows = start + words * np.arange(count)
        m[rows[:-1]] = rows[1:]
        m[rows[-1]] = m[head]
        m[head] = start
        m[free] += count


def warm_up() -> None:
    """Compile the kernel (or load it from its cache) before work is spread over threads."""
    CompiledEngine(Plan("warm-up"), 0).run(0)
