"""What is measured: one probe for each primitive, made of a loop, a bench and the number of turns that fill a try.

1. A try takes about 2 ms, short enough to be over before the scheduler gives the core away.
2. Datagrams go in batches: fill, then drain, each timed by itself, below the size of every queue on the way.
3. A wake-up has a gap of 20 us before it, so that the woken core is idle again, and three instants: before the signal, after
   it, and when the woken thread is back from its read. A thread of the idle class that does nothing but look at the clock
   on the woken core adds a fourth and a fifth: when the core was taken from it, and when it got it back.

*Scope*: quantities in ns, ns per byte for streams; costs are made of them in ``derive``.
*Validation*: ``tests/measure/test_probes.py``.
"""

from __future__ import annotations

import mmap
import os
import select
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.measure import kernel, loops
from simulator.measure.cores import Crew, Thread, undisturbed
from simulator.measure.machine import idle_entries
from simulator.measure.network import LARGE_BYTES, SMALL_BYTES, Network, frame
from simulator.measure.slices import Probe, Values

Words = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Loop = Callable[[int], float]
TRY_NS = 2_000_000
_FIRST_TURNS = 64
_BATCH, _BATCHES = 128, 3
_MSG_PROBE = 0x10
_MIB = 1 << 20
_COPIES = (
    ("copy_64B_warm", 64, 0),
    ("copy_1500B_warm", 1500, 0),
    ("copy_4KiB_warm", 4096, 0),
    ("copy_64KiB_warm", 65_536, 0),
    ("copy_1500B_of_4MiB", 1500, 4 * _MIB),
    ("copy_1500B_of_16MiB", 1500, 16 * _MIB),
    ("copy_1500B_of_64MiB", 1500, 64 * _MIB),
)
_LARGEST_COPY = max(size for _, size, _ in _COPIES)
_OFFSETS, _CACHE_LINE = 1 << 16, 64
_APART = mmap.PAGESIZE // 2
"""Source and target at the same place of a page would wait for each other in the core's store buffer."""
WAKES, _FIRST_WAKES, GAP_NS = 50, 5, 20_000
_LEAST_IDLE = 0.7
_LEAST_GAP_NS, _NOISE_LEAST_NS, _MOST_GAPS = 300, 1_000, 200_000
_STREAM_BYTES, _STREAM_PIECE = 4 * _MIB, 65_536
_SLEEPS, SLEEP_NS = 20, 100_000
_BOUNCES = 300
_ALU_TURNS = 300_000


class Unavailable(Exception):
    """Why something cannot be measured here."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the loops of one thread write to: clock and signal, and how many calls failed."""

    out: Words = field(default_factory=lambda: np.zeros(4, np.int64))
    bad: Words = field(default_factory=lambda: np.zeros(1, np.int64))

    def failed(self) -> bool:
        """Whether a call failed since the last question."""
        found = bool(self.bad[0])
        self.bad[0] = 0
        return found


def canary(crew: Crew) -> Callable[[], float]:
    """Time of a chain of multiplications on the first core."""
    memory = Memory()
    return lambda: float(crew.first.call(lambda: loops.alu(_ALU_TURNS, 1, memory.out)))


def single(name: str, thread: Thread, loop: Callable[[int, Memory], float]) -> Probe:
    """A loop that times itself; its quantity is the time of one turn."""
    memory = Memory()
    # the first call compiles
    thread.call(lambda: loop(_FIRST_TURNS, memory))
    spent = thread.call(lambda: loop(_FIRST_TURNS, memory))
    if memory.failed():
        raise Unavailable("the call fails")
    turns = max(_FIRST_TURNS, int(TRY_NS * _FIRST_TURNS / max(spent, 1)))

    def attempt() -> Values | None:
        spent, kept = thread.call(lambda: undisturbed(lambda: loop(turns, memory)))
        return {name: spent / turns} if kept and not memory.failed() else None

    return Probe(name, attempt)


def batches(
    names: tuple[str, str], thread: Thread, fill: Callable[[Memory], float], drain: Callable[[Memory], float]
) -> Probe:
    """Two loops in turn, one fills what the other empties; a quantity without a name is not kept."""
    memory = Memory()

    def rounds() -> tuple[float, float]:
        pairs = [(fill(memory), drain(memory)) for _ in range(_BATCHES)]
        filled, drained = (sum(times) / (_BATCH * _BATCHES) for times in zip(*pairs, strict=True))
        return filled, drained

    thread.call(rounds)
    if memory.failed():
        raise Unavailable("what is sent does not arrive")

    def attempt() -> Values | None:
        times, kept = thread.call(lambda: undisturbed(rounds))
        if memory.failed() or not kept:
            return None
        return {name: spent for name, spent in zip(names, times, strict=True) if name}

    return Probe(names[0], attempt)


def calls(crew: Crew, kept: ExitStack) -> Iterator[Probe]:
    """The kernel's door, its clock, its events."""
    event = os.eventfd(0, os.EFD_NONBLOCK)
    kept.callback(os.close, event)
    pipe = os.pipe()
    for end in pipe:
        kept.callback(os.close, end)
    os.write(pipe[1], b"x")
    ready = np.frombuffer(struct.pack("=ihh", pipe[0], select.POLLIN, 0), np.int64)
    yield single("clock", crew.first, lambda turns, m: loops.clock_calls(turns, m.out))
    yield single("system_call", crew.first, lambda turns, m: loops.system_calls(turns, m.out))
    yield single("event_write", crew.first, lambda turns, m: loops.event_writes(event, turns, m.out, m.bad))
    yield single("event_write_read", crew.first, lambda turns, m: loops.event_rounds(event, turns, m.out, m.bad))
    yield single("poll_ready", crew.first, lambda turns, m: loops.polls(ready, turns, m.out, m.bad))


def copies(crew: Crew) -> Iterator[Probe]:
    """Copies of one place again and again, and of places all over a large buffer.

    The first pass over the places is not timed: it brings them where they can stay, into a cache or not.
    """
    source = _aligned(max(spread for *_, spread in _COPIES), 0)
    target = _aligned(_LARGEST_COPY, _APART)
    for name, size, spread in _COPIES:
        yield single(name, crew.first, _copying(target, source, size, spread))


def _aligned(size: int, offset: int) -> Bytes:
    """Memory that begins ``offset`` behind a page, all of it there."""
    held = np.ones(size + 2 * mmap.PAGESIZE, np.uint8)
    start = -held.ctypes.data % mmap.PAGESIZE + offset
    return held[start : start + size]


def _copying(target: Bytes, source: Bytes, size: int, spread: int) -> Callable[[int, Memory], float]:
    places = np.random.default_rng(size + spread).integers(0, max(1, (spread - size) // _CACHE_LINE), _OFFSETS)
    offsets, position = places * _CACHE_LINE, [0]

    def loop(turns: int, memory: Memory) -> float:
        first = position[0]
        position[0] = (first + 2 * turns) % _OFFSETS
        loops.copies(target, source, offsets, size, first, turns, memory.out)
        return float(loops.copies(target, source, offsets, size, first + turns, turns, memory.out))

    return loop


def switches(crew: Crew, kept: ExitStack) -> Iterator[Probe]:
    """Two threads of one core: giving way, and waking each other. Each turn has two switches."""
    memory, other = Memory(), Memory()
    mine, theirs = os.eventfd(0), os.eventfd(0)
    for event in (mine, theirs):
        kept.callback(os.close, event)
    turns = 500

    def giving_way() -> Values | None:
        flags = np.zeros(16, np.int64)
        back = crew.beside.start(lambda: loops.yields_back(flags))
        spent = crew.first.call(lambda: loops.yields(flags, turns, memory.out, memory.bad))
        back.result()
        return None if memory.failed() else {"switch_by_yield": spent / (2 * turns)}

    def waking() -> Values | None:
        back = crew.beside.start(lambda: loops.pong(theirs, mine, turns, other.out, other.bad))
        spent = crew.first.call(lambda: loops.ping(mine, theirs, turns, memory.out, memory.bad))
        back.result()
        return None if memory.failed() or other.failed() else {"switch_by_event": spent / (2 * turns)}

    for name, attempt in (("switch_by_yield", giving_way), ("switch_by_event", waking)):
        attempt()
        yield Probe(name, attempt)


def datagrams(crew: Crew, bench: Network, way: str, size: int) -> Probe:
    """Send and receive over one bench."""
    sender, receiver = bench.senders[way], bench.receivers[way]
    return batches(
        (f"udp_send_{way}_{size}B", f"udp_receive_{way}_{size}B"),
        crew.first,
        _sending(sender, size),
        _receiving(receiver, size),
    )


def _sending(sender: int, size: int, flags: int = 0) -> Callable[[Memory], float]:
    payload = np.zeros(size, np.uint8)
    return lambda m: float(loops.sends(sender, payload, size, flags, _BATCH, m.out, m.bad))


def _receiving(receiver: int, size: int) -> Callable[[Memory], float]:
    room = np.zeros(65_536, np.uint8)
    return lambda m: float(loops.receives(receiver, room, size, _BATCH, m.out, m.bad))


def _reading(tap: int, size: int) -> Callable[[Memory], float]:
    room = np.zeros(65_536, np.uint8)
    return lambda m: float(loops.reads(tap, room, size, _BATCH, m.out, m.bad))


def _writing(tap: int, content: bytes) -> Callable[[Memory], float]:
    held = np.frombuffer(content, np.uint8)
    return lambda m: float(loops.writes(tap, held, held.size, _BATCH, m.out, m.bad))


def _nothing(_: Memory) -> float:
    return 0.0


def lone_sends(crew: Crew, bench: Network) -> Iterator[Probe]:
    """Sends that end on the way: in the socket layer, at the queueing discipline, behind the pair, at a full socket."""
    ways = (("socket", "noop", _MSG_PROBE), ("noop", "noop", 0), ("other", "other", 0), ("full", "full", 0))
    for name, sender, flags in ways:
        sending = _sending(bench.senders[sender], SMALL_BYTES, flags)
        if name == "full":
            crew.first.call(lambda sending=sending: [sending(Memory()) for _ in range(_BATCHES)])  # type: ignore[misc]
        yield batches((f"udp_send_{name}_{SMALL_BYTES}B", ""), crew.first, sending, _nothing)


def taps(crew: Crew, bench: Network) -> Iterator[Probe]:
    """Frames read from a tap, and written to one: dropped behind it, or received by a socket."""
    tap, sender, receiver = bench.taps["tap"], bench.senders["tap"], bench.receivers["tap"]
    for size in (SMALL_BYTES, LARGE_BYTES):
        names = (f"udp_send_tap_{size}B", f"tap_read_{size}B")
        yield batches(names, crew.first, _sending(sender, size), _reading(tap, size))
    yield batches(("tap_write_drop", ""), crew.first, _writing(tap, frame("other")), _nothing)
    names = ("tap_write_socket", "udp_receive_tap_18B")
    yield batches(names, crew.first, _writing(tap, frame("tap")), _receiving(receiver, SMALL_BYTES))


def tap_bridge(crew: Crew, bench: Network) -> Iterator[Probe]:
    """A frame written to one tap, over a bridge, into the queue of another."""
    fill, drain = _writing(bench.taps["in"], frame("other")), _reading(bench.taps["out"], 60)
    yield batches(("tap_write_bridge", "tap_read_60B"), crew.first, fill, drain)


def streams(crew: Crew, ends: tuple[int, int]) -> Probe:
    """A TCP stream between two threads of one core: what each of them computes for a byte."""
    piece, room, near, far = (np.zeros(_STREAM_PIECE, np.uint8), np.zeros(_STREAM_PIECE, np.uint8), Memory(), Memory())

    def attempt() -> Values | None:
        back = crew.beside.start(lambda: loops.stream_in(ends[1], room, _STREAM_BYTES, far.out, far.bad))
        sent = crew.first.call(lambda: loops.stream_out(ends[0], piece, _STREAM_BYTES, near.out, near.bad))
        received = back.result()
        if near.failed() or far.failed():
            return None
        return {"tcp_out_per_byte": sent / _STREAM_BYTES, "tcp_in_per_byte": received / _STREAM_BYTES}

    attempt()
    return Probe("tcp", attempt)


def timers(crew: Crew) -> Probe:
    """How late a sleep of 100 us ends, without timer slack."""
    memory, late, request = Memory(), np.zeros(_SLEEPS, np.int64), np.zeros(2, np.int64)

    def attempt() -> Values | None:
        crew.first.call(lambda: loops.sleeps(late, SLEEP_NS, request, memory.out, memory.bad))
        return (
            None
            if memory.failed()
            else {"timer_late_p50": float(np.median(late)), "timer_late_p95": float(np.percentile(late, 95))}
        )

    attempt()
    return Probe("timer", attempt)


def wakes(
    mode: str, crew: Crew, kept: ExitStack, state: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Probe:
    """Wake-ups across cores, the woken one in the idle ``state``, or kept from it by a spinning thread (``spin``)."""
    second, spinner = crew.second, crew.spinner
    if second is None or spinner is None:
        raise Unavailable("only one core")
    event = os.eventfd(0)
    kept.callback(os.close, event)
    near, far, aside = Memory(), Memory(), Memory()
    gaps = np.zeros((8 * WAKES, 2), np.int64)

    def attempt() -> Values | None:
        before, after, woken = (np.zeros(WAKES, np.int64) for _ in range(3))
        stop, found = np.zeros(1, np.int64), None
        entered = idle_entries(second.core)
        with state():
            reader = second.start(lambda: loops.woken_by(event, woken, stop, far.out, far.bad))
            if mode == "spin":
                until = time.monotonic_ns() + 20 * WAKES * GAP_NS
                found = spinner.start(lambda: loops.spin(gaps, _LEAST_GAP_NS, until, stop, aside.out))
            done = crew.first.call(lambda: loops.wake_by(event, before, after, woken, GAP_NS, near.out, near.bad))
            stop[0] = 1
            if done < WAKES:
                os.eventfd_write(event, 1)
            reader.result()
        stopped = gaps[: found.result()] if found is not None else None
        if near.failed() or far.failed() or done < WAKES:
            return None
        if found is None and entered is not None and (idle_entries(second.core) or 0) - entered < _LEAST_IDLE * WAKES:
            return None  # somebody else ran there, so it was no idle core that woke
        return _parts(mode, before[_FIRST_WAKES:], after[_FIRST_WAKES:], woken[_FIRST_WAKES:], stopped)

    attempt()
    why_lost = (
        "the woken core was always busy with something else" if mode == "spin" else "the other core was never idle"
    )
    return Probe(f"wake_{mode}", attempt, tries=6, kept=2, why_lost=why_lost)


def _parts(mode: str, before: Words, after: Words, woken: Words, gaps: Words | None) -> Values | None:
    values = {"write": after - before, "after": woken - after, "back": woken - before}
    if gaps is not None:
        if not len(gaps):
            return None
        place = np.minimum(np.searchsorted(gaps[:, 1], woken), len(gaps) - 1)
        start, end = gaps[place, 0], gaps[place, 1]
        inside = (start <= woken) & (woken <= end) & (start >= before)
        if inside.sum() < len(woken) // 2:
            return None
        values |= {"stop": (start - before)[inside], "busy": (end - start)[inside], "return": (woken - start)[inside]}
    return {f"wake_{mode}_{name}": float(np.median(times)) for name, times in values.items()}


def bounces(crew: Crew) -> Probe:
    """How long a cache line takes to another core and back: shows where the hypervisor has put the two."""
    second, near, far = crew.second, Memory(), Memory()
    if second is None:
        raise Unavailable("only one core")

    def attempt() -> Values | None:
        cell = np.zeros(16, np.int64)
        back = second.start(lambda: loops.bounce(cell, 1, 0, _BOUNCES, far.out))
        spent = crew.first.call(lambda: loops.bounce(cell, 0, 8, _BOUNCES, near.out))
        return {"cache_line_round_trip": spent / _BOUNCES} if back.result() and spent else None

    attempt()
    return Probe("bounce", attempt)


def noise(threads: Sequence[Thread], length_ns: int) -> dict[str, dict[str, float]]:
    """What each core loses while a thread on each does nothing but look at the clock."""
    rooms = [np.zeros((_MOST_GAPS, 2), np.int64) for _ in threads]
    until = time.monotonic_ns() + length_ns
    found = [thread.start(_looking(room, until)) for thread, room in zip(threads, rooms, strict=True)]
    return {
        f"core {thread.core}": _lost(room[: count.result()], length_ns)
        for thread, room, count in zip(threads, rooms, found, strict=True)
    }


def _looking(room: Words, until: int) -> Callable[[], int]:
    stop, memory = np.zeros(1, np.int64), Memory()
    return lambda: int(loops.spin(room, _NOISE_LEAST_NS, until, stop, memory.out))


def _lost(gaps: Words, length_ns: int) -> dict[str, float]:
    found = len(gaps)
    lengths = (gaps[:, 1] - gaps[:, 0]).astype(float)
    seconds = length_ns / 1e9
    return {
        "lost_share": float(lengths.sum() / length_ns),
        "gaps_over_10us_per_s": float((lengths > 10_000).sum() / seconds),
        "median_gap_ns": float(np.median(lengths)) if found else 0.0,
        "gaps_per_s": found / seconds,
        "worst_gap_ns": float(lengths.max(initial=0.0)),
    }


def all_probes(crew: Crew, bench: Network, kept: ExitStack) -> tuple[list[Probe], dict[str, str]]:
    """Everything that can be measured here, and why the rest cannot."""
    found: list[Probe] = []
    absent = dict(bench.absent)
    groups: Sequence[tuple[str, Callable[[], Iterator[Probe]]]] = (
        ("calls", lambda: calls(crew, kept)),
        ("copies", lambda: copies(crew)),
        ("switches", lambda: switches(crew, kept)),
        ("loopback", lambda: iter((datagrams(crew, bench, "lo", SMALL_BYTES),))),
        ("veth", lambda: (datagrams(crew, bench, "veth", size) for size in (SMALL_BYTES, LARGE_BYTES))),
        ("sends that end on the way", lambda: lone_sends(crew, bench)),
        ("tap", lambda: taps(crew, bench)),
        ("bridge", lambda: iter((datagrams(crew, bench, "bridge", SMALL_BYTES),))),
        ("bridge of taps", lambda: tap_bridge(crew, bench)),
        ("stream", lambda: iter((streams(crew, bench.streams.get("veth", bench.streams["lo"])),))),
        ("timer", lambda: iter((timers(crew),))),
        ("cache line", lambda: iter((bounces(crew),))),
        ("wake-up, idle cores polling", lambda: iter((wakes("poll", crew, kept, kernel.awake),))),
        ("wake-up, idle cores as they are", lambda: iter((wakes("idle", crew, kept),))),
        ("wake-up, core kept from idling", lambda: iter((wakes("spin", crew, kept),))),
    )
    for name, make in groups:
        try:
            found.extend(make())
        except Unavailable as why:
            absent[name] = str(why)
        except KeyError:
            absent.setdefault(name, "needs what is left out")
        except OSError as error:
            absent[name] = error.strerror or str(error)
    return found, absent
