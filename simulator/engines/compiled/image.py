"""Plan -> memory image: the array of int64 that the kernel works on.

1. give every entity a record (``builder``); 2. fill the records (``records``); 3. append calendar, lists, histograms, draw blocks;
4. append the pools of packets and nodes, which grow at the end of the array.

*Scope*: layout; no rule of the simulation is decided here. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from simulator.engines.compiled import bus_records, records
from simulator.engines.compiled import kernel as k
from simulator.engines.compiled.builder import Builder
from simulator.engines.compiled.draws import FIRST_BLOCK
from simulator.errors import EngineError
from simulator.plan import slots as slot_numbers
from simulator.plan.draws import IntArray, parameters
from simulator.plan.model import NONE, Plan

DRAW_MARGIN = 2048
"""Values kept behind a block's end, so that one handler run never outruns its stream."""


class Blocks(Protocol):
    """Where values of streams come from: ``plan.draws.Draws``, or the same in compiled code."""

    block_length: int

    def fill(self, stream_index: int, block: IntArray) -> None:
        """Write the stream's next values into ``block``."""


@dataclass(slots=True)
class Image:
    """The memory, and where the entities of each kind stand in it."""

    memory: Any
    at: dict[str, list[int]]
    places: list[str]
    """Names behind place numbers of the log."""
    packet_words: int


def build(plan: Plan, draws: Blocks, *, log_capacity: int) -> Image:
    """Lay out ``plan``; the pools are empty, the first ``run`` asks for memory."""
    b = Builder(plan)
    numbers = slot_numbers.assign(plan)
    records.endpoints(b, numbers)
    bus_records.bus(b, numbers)
    records.rings(b, numbers)
    records.interrupts(b, numbers)
    records.executors(b, numbers)
    records.workers(b, numbers)
    _calendar(b, numbers)
    _streams(b, draws)
    margin = 256 + max((ring.size for ring in plan.rings), default=0)
    cores = [at for at, e in zip(b.at["executors"], plan.executors, strict=True) if e.kind == "core"]
    meters = [at + k.F_METER for at in b.at["fifos"]] + [at + k.R_METER for at in b.at["rings"]]
    b.fill(0, {k.H_STAGES: len(plan.stages), k.H_MARGIN: margin, k.H_CORE_COUNT: len(cores), k.H_METER_COUNT: len(meters)})
    b.fill(0, {k.H_CORES: b.array(cores), k.H_METERS: b.array(meters)})
    if log_capacity:
        capacity = log_capacity + 8 * margin
        b.fill(0, {k.H_LOG_CAPACITY: capacity, k.H_LOG: b.reserve(4 * capacity)})
    _initial_arms(b, numbers)
    return Image(b.memory[: b.used], b.at, b.places, k.P_STAGES + 2 * len(plan.stages))


_HANDLERS = {
    "source": (k.ON_SOURCE, "sources"), "link": (k.ON_LINK, "links"), "memory": (k.ON_MEMORY, "dmas"), "hardware": (k.ON_HARDWARE, "workers"),
    "moderator": (k.ON_MODERATOR, "moderators"), "route": (k.ON_ROUTE, "routes"), "halt_poll": (k.ON_HALT_POLL, "executors"),
    "tick": (k.ON_TICK, "ticks"), "timeout": (k.ON_TIMEOUT, "sources"), "examination": (k.ON_EXAMINATION, "workers"), "core": (k.ON_CORE, "executors"),
    "kick": (k.ON_KICK, "routes"), "flight": (k.ON_FLIGHT, "threads"), "quota": (k.ON_QUOTA, "quotas"), "hold": (k.ON_HOLD, "rings"),
}  # fmt: skip


def _calendar(b: Builder, numbers: slot_numbers.Slots) -> None:
    if numbers.count > 1 << k.SLOT_BITS:
        raise EngineError(f"{numbers.count:,} timers in one plan, and the compiled engine takes {1 << k.SLOT_BITS:,}: simulate fewer guests")
    leaves = 1
    while leaves < max(2, numbers.count):
        leaves *= 2
    tree = b.reserve(2 * leaves)
    slots = b.reserve(k.SLOT * leaves)
    b.memory[slots + k.SL_TIME : slots + k.SLOT * leaves : k.SLOT] = k.INF
    for name, (handler, table) in _HANDLERS.items():
        for owner, slot in enumerate(getattr(numbers, name)):
            if slot != NONE:
                b.fill(slots + k.SLOT * slot, {k.SL_HANDLER: handler, k.SL_REF: b.at[table][owner]})
    b.fill(0, {k.H_LEAVES: leaves, k.H_TREE: tree, k.H_SLOTS: slots, k.H_SOON: b.reserve(k.SOON)})
    b.fill(0, {k.H_BASE: -1})  # the first run builds the tree


def _streams(b: Builder, draws: Blocks) -> None:
    for i, stream in enumerate(b.plan.streams):
        base = b.at["streams"][i]
        if stream.kind == "constant":
            b.fill(base, {k.Z_CONSTANT: 1, k.Z_VALUE: int(parameters(stream)[0])})
            continue
        start = b.reserve(draws.block_length + DRAW_MARGIN)
        end = start + min(draws.block_length + DRAW_MARGIN, FIRST_BLOCK)
        draws.fill(i, b.memory[start:end])
        b.fill(base, {k.Z_START: start, k.Z_CURSOR: start, k.Z_END: end, k.Z_LIMIT: max(start + 1, end - DRAW_MARGIN)})


def _draw_once(b: Builder, index: int) -> int:
    base = b.at["streams"][index]
    if b.memory[base + k.Z_CONSTANT]:
        return int(b.memory[base + k.Z_VALUE])
    cursor = int(b.memory[base + k.Z_CURSOR])
    b.memory[base + k.Z_CURSOR] = cursor + 1
    return int(b.memory[cursor])


def _initial_arms(b: Builder, numbers: slot_numbers.Slots) -> None:
    def arm(slot: int, time: int) -> None:
        b.memory[b.memory[k.H_SLOTS] + k.SLOT * slot + k.SL_TIME] = time

    for i, source in enumerate(b.plan.sources):
        start = source.start_ps
        if source.kind == "open":
            start += _draw_once(b, source.gap)
        if start < source.stop_ps and source.max_packets > 0:
            arm(numbers.source[i], start)
    for i, tick in enumerate(b.plan.ticks):
        arm(numbers.tick[i], tick.offset_ps)
    for i, quota in enumerate(b.plan.quotas):
        arm(numbers.quota[i], quota.period_ps)
    for i, executor in enumerate(b.plan.executors):
        if executor.kind == "core" and b.memory[b.at["executors"][i] + k.E_RUNNABLE]:
            arm(numbers.core[i], 0)
