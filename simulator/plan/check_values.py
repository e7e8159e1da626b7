"""Whether each field of a plan, taken alone, has a value that it may have: type, range, word, reference, name.

*Scope*: what one entity says; what entities say about each other is in `check_wiring` and `check_bounds`.
*Validation*: `tests/unit/test_plan_check.py` plants every fault once and finds it named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from simulator.plan.model import INFINITE_PS, NONE, Gate, Input, Notify, Output, Plan
from simulator.plan.references import BY_KIND, ENTITIES, FIXED, REQUIRED, collection, entities, parts, reader, required
from simulator.plan.trace import EXIT_KINDS, LABELS

WORDS = {
    ("Notify", "kind"): ("none", "wake", "doorbell", "irq", "resume", "ack", "unmask"),
    ("Notify", "exit"): ("", *EXIT_KINDS),
    ("Gate", "mode"): ("always", "never", "flag", "event", "edge", "moderated"),
    ("Source", "kind"): ("open", "rr", "window"),
    ("Source", "target_kind"): ("link", "fifo"),
    ("Link", "target_kind"): ("none", "fifo", "link", "sink"),
    ("Fifo", "full"): ("drop", "block"),
    ("DescRing", "kind"): ("rx", "tx"),
    ("Moderator", "kind"): ("none", "gap", "coal", "coal_eqe", "coal_cqe"),
    ("Moderator", "adapt"): ("", "size", "size_vector", "classes", "dim"),
    ("IrqRoute", "mode"): ("native", "legacy", "apicv", "posted"),
    ("IrqRoute", "origin"): ("device", "irqfd"),
    ("Executor", "kind"): ("core", "vcpu"),
    ("Executor", "scheduler"): ("fair", "rr"),
    ("Executor", "idle"): ("hlt", "poll", "ghp"),
    ("Thread", "kind"): ("workers", "vcpu", "ksoftirqd", "busy"),
    ("Thread", "label"): LABELS,
    ("Tick", "label"): ("", *LABELS),
    ("Input", "kind"): ("fifo", "rx", "tx"),
    ("Output", "kind"): ("fifo", "post", "fill", "link", "dma_write", "dma_read", "sink"),
    ("Output", "full"): ("drop", "block"),
    ("Worker", "kind"): ("hw", "soft", "task", "exit"),
    ("Worker", "label"): LABELS,
    ("Worker", "policy"): ("order", "rr", "drr"),
    ("Worker", "select"): ("first", "switch", "endpoint", "ack"),
    ("Worker", "recheck"): ("requeue", "inplace"),
}

LEAST = {
    ("Gate", "delay_den"): 1,
    ("Source", "response_bytes"): 1,
    ("Source", "window"): 1,
    ("Source", "ack_every"): 1,
    ("Source", "reorder"): 1,
    ("Source", "timeout_ps"): 1,
    ("Dma", "mps_bytes"): 1,
    ("Dma", "mrrs_bytes"): 1,
    ("Dma", "completion_bytes"): 1,
    ("Dma", "max_reads"): 1,
    ("Dma", "page_bytes"): 1,
    ("Dma", "walkers"): 1,
    ("Fifo", "capacity"): 1,
    ("Fifo", "wake_free"): 1,
    ("DescRing", "size"): 1,
    ("DescRing", "writeback_group"): 1,
    ("DescRing", "wake_free"): 1,
    ("DescRing", "hold_group"): 1,
    ("Switch", "macs"): 1,
    ("Executor", "min_granularity_ps"): 1,
    ("Executor", "quantum_ps"): 1,
    ("Executor", "soft_budget"): 1,
    ("Executor", "soft_restarts"): 1,
    ("Executor", "halt_poll_grow"): 1,
    ("Executor", "sibling_speed"): 1,
    ("Thread", "weight"): 1,
    ("Quota", "quota_ps"): 1,
    ("Quota", "period_ps"): 1,
    ("Quota", "slice_ps"): 1,
    ("Tick", "period_ps"): 1,
    ("Input", "weight"): 1,
    ("Input", "publish_every"): 1,
    ("Output", "publish_every"): 1,
    ("Worker", "budget_packets"): 1,
    ("Worker", "budget_bytes"): 1,
    ("Worker", "chunk"): 1,
    ("Worker", "refill_chunk"): 1,
}
"""Smallest values other than 0. Where 0 would stop time (slices, timeouts, budgets, periods), 1 is the least."""

MAXIMUM_ENDS = 1 << 20
"""Inputs and outputs of a worker: far more than there is memory for guests."""
_COUNTER_OWNERS = frozenset(
    (
        "sources",
        "sinks",
        "links",
        "dmas",
        "fifos",
        "rings",
        "switches",
        "moderators",
        "routes",
        "executors",
        "locks",
        "quotas",
        "shapers",
        "workers",
    )
)


def place(entity: Any, path: str = "") -> str:
    """`Worker vm0.napi outputs[1]`: where a complaint belongs."""
    return f"{type(entity).__name__} {entity.name}{' ' if path else ''}{path}"


def names(plan: Plan) -> Iterator[str]:
    """Names are not empty and, where a counter or a log line carries them, unique over the whole plan."""
    for what, listed in (("stage", plan.stages), ("stream", tuple(stream.name for stream in plan.streams))):
        yield from _repeated(what, listed)
    kept: dict[str, list[str]] = {"entity": [], "thread": [], "tick": []}
    for name, _, entity in entities(plan):
        kept["entity" if name in _COUNTER_OWNERS else name[:-1]].append(entity.name)
    for what, found in kept.items():
        yield from _repeated(what, found)


def _repeated(what: str, listed: tuple[str, ...] | list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in listed:
        if not isinstance(name, str) or not name:
            yield f"{what} {name!r}: a name may not be empty"
        elif name in seen:
            yield f"{what} {name}: the name is used twice"
        seen.add(name)


def values(plan: Plan) -> Iterator[str]:
    """Every field has its type, its range and, if it is a word, one of the known words."""
    most = {to: len(getattr(plan, to)) - 1 for to in ("stages", "streams", *ENTITIES)} | {"": INFINITE_PS}
    for _, _, entity in entities(plan):
        for path, part in parts(entity):
            # nearly all values are right, and that is quickly seen; the rest is left to the rules in words
            for name, written in _suspects(part, most):
                yield from _value(place(entity, path), part, name, written, plan)


def _suspects(part: Any, most: dict[str, int]) -> list[tuple[str, str]]:
    kind: Any = type(part)
    own = _fields(kind)
    found = [
        (name, "int")
        for names, of, least, to in own.numbers
        if not (set(map(type, given := of(part))) == {int} and least <= min(given) and max(given) <= most[to])
        for name in names
    ]
    found += [(name, "str") for name, known in own.words if getattr(part, name) not in known]
    for name, decider, choices, free in own.chosen:
        to, value = choices.get(getattr(part, decider)), getattr(part, name)
        if not (type(value) is int and (0 <= value <= most[to] if to else free and value == NONE)):
            found.append((name, "int"))
    found += [(name, written) for name, written, right in own.others if not isinstance(getattr(part, name), right)]
    return found


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a class."""

    numbers: list[tuple[list[str], Callable[[Any], tuple[Any, ...]], int, str]]
    """Integers: names, how all are read, their least value, and what they are indices of, or nothing."""
    words: list[tuple[str, tuple[str, ...]]]
    """With those that are known."""
    chosen: list[tuple[str, str, dict[str, str], bool]]
    """Indices: name, the field that says of what, what it may say, and whether -1 is right where it says something else."""
    others: list[tuple[str, str, type]]
    """Flags and lists, with their types."""


@cache
def _fields(kind: Any) -> _Fields:
    own = _Fields([], [], [], [])
    groups: dict[tuple[int, str], list[str]] = {}
    for field in fields(kind):
        key, written = (kind.__name__, field.name), str(field.type)
        to = FIXED.get(kind.__name__, {}).get(field.name, "")
        if key in BY_KIND:
            own.chosen.append((field.name, *BY_KIND[key], key in _FREE))
        elif written == "int":
            least = LEAST.get(key, 0)
            free = key not in REQUIRED if to else key in _FREE and not least
            groups.setdefault((NONE if free else least, to), []).append(field.name)
        elif written == "str":
            own.words.extend([(field.name, WORDS[key])] if key in WORDS else [])
        elif written == "bool" or written.startswith("tuple"):
            own.others.append((field.name, written, bool if written == "bool" else tuple))
    own.numbers.extend((names, reader(names), *key) for key, names in groups.items())
    return own


def _value(where: str, part: Any, field: str, kind: str, plan: Plan) -> Iterator[str]:
    value = getattr(part, field)
    if kind == "int":
        yield from _integer(where, part, field, value, plan)
    elif kind == "bool" and not isinstance(value, bool):
        yield f"{where}: {field} = {value!r}: must be true or false"
    elif kind == "str" and value not in (known := WORDS.get((type(part).__name__, field), (value,))):
        yield f"{where}: {field} = {value!r}: must be one of {', '.join(repr(word) for word in known)}"
    elif kind.startswith("tuple") and not isinstance(value, tuple):
        yield f"{where}: {field}: must be a tuple"


def _integer(where: str, part: Any, field: str, value: object, plan: Plan) -> Iterator[str]:
    key = (type(part).__name__, field)
    if type(value) is not int:
        yield f"{where}: {field} = {value!r}: must be an integer"
    elif (target := collection(part, field)) is not None:
        count = len(getattr(plan, target))
        if value == NONE and required(part, field):
            yield f"{where}: {field} = -1: must name one of the {target}"
        elif not NONE <= value < count:
            yield f"{where}: {field} = {value}: there are {count} {target}"
    elif key == ("Switch", "default_port") or (value == NONE and key in _FREE):
        return
    elif value < (least := LEAST.get(key, 0)):
        yield f"{where}: {field} = {value}: must be at least {least}"
    elif value > INFINITE_PS:
        yield f"{where}: {field} = {value}: must be at most 2**62"


_FREE = {
    ("Worker", "on"), ("Link", "target"), ("Notify", "target"),
    ("Source", "response_bytes"), ("DescRing", "hold_ps"), ("DescRing", "base_bytes"), ("Dma", "iotlb_entries"), ("Moderator", "tx_interval_ps"),
    ("Input", "share"), ("Worker", "merge_ps"), ("Worker", "stream_ps"), ("Worker", "ack_ps"), ("Output", "dst"),
}  # fmt: skip
"""May be -1: indices whose kind points nowhere (a hardware worker's executor, a pipe's end, no effect), and numbers that -1 switches off."""


def shapes(plan: Plan) -> Iterator[str]:
    """Nested parts are of the right class."""
    for worker in plan.workers:
        if not all(isinstance(item, Input) for item in worker.inputs):
            yield f"{place(worker)}: inputs: every one must be an Input"
        if not all(isinstance(item, Output) for item in worker.outputs):
            yield f"{place(worker)}: outputs: every one must be an Output"
    for owner, field in [*((w, "unmask") for w in plan.workers), *((r, "accesses") for r in plan.routes)]:
        if not all(isinstance(item, Notify) for item in getattr(owner, field)):
            yield f"{place(owner)}: {field}: every one must be a Notify"
    gates = [(f, f.gate) for f in plan.fifos] + [(r, g) for r in plan.rings for g in (r.avail_gate, r.used_gate)]
    for entity, gate in gates:
        if not (isinstance(gate, Gate) and isinstance(gate.notify, Notify)):
            yield f"{place(entity)}: gate: must be a Gate with a Notify"


def numbers(plan: Plan) -> Iterator[str]:
    """Lists of numbers are lists of numbers."""
    for executor in plan.executors:
        if not all(
            isinstance(pair, tuple) and len(pair) == 2 and all(map(_is_time, pair)) for pair in executor.idle_states
        ):
            yield f"{place(executor)}: idle_states: every one must be (residency, time to leave) in ps"
    for moderator in plan.moderators:
        if not all(map(_is_time, moderator.adapt_args)):
            yield f"{place(moderator)}: adapt_args: every one must be an integer from 0 to 2**62"


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value <= INFINITE_PS


def sizes(plan: Plan) -> Iterator[str]:
    """Workers have outputs within reason; the table of a switch has whole rows and names ports that exist."""
    for worker in plan.workers:
        if len(worker.inputs) + len(worker.outputs) > MAXIMUM_ENDS:
            yield f"{place(worker)}: outputs: with inputs, a worker has at most {MAXIMUM_ENDS:,}"
    for switch in plan.switches:
        yield from _table(switch, len(switch.ports))


def _table(switch: Any, ports: int) -> Iterator[str]:
    where = place(switch)
    if switch.macs >= 1 and len(switch.table) % switch.macs:
        yield f"{where}: table: {len(switch.table)} entries are not whole rows of {switch.macs}"
    for entry in (*switch.table, switch.default_port):
        if type(entry) is not int or not NONE <= entry < ports:
            yield f"{where}: port {entry!r}: there are {ports} ports"
    for first, queues in switch.ports:
        if first < 0 or queues < 1:
            yield f"{where}: port ({first}, {queues}): needs a first output >= 0 and at least one queue"
