"""The experiments as they are run: threads on their cores, loops that work together, and what makes a try worthless.

1. A try is short, 1 to 4 ms, so that it may be over before the scheduler gives the core to somebody else, and ends by itself:
   whoever waits is told by a packet of one byte or an event.
2. On one core the threads together must have had that core nearly all the time, else somebody else took it; of two cores the
   sender must have had its own. A try with a failed call is none.
3. With two cores both are kept from idling by a thread of the idle class, so that a wake-up is of one kind.

*Scope*: what one try gives: time per operation, the share lost, how often a thread gave its core away. *Validation*:
``tests/prove/test_runs.py``.
"""

from __future__ import annotations

import os
import resource
import select
import struct
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from simulator.measure import loops as timed
from simulator.measure.cores import Pair, Thread
from simulator.measure.probes import Bytes, Words
from simulator.measure.slices import Values
from simulator.prove import loops
from simulator.prove.bench import Bench
from simulator.prove.plans import Flood

TURNS, BURSTS, LENGTH_NS = 100, 10, 3_000_000
STREAM_BYTES, PIECE_BYTES = 6 << 20, 65_536
_HELD, _FOREVER_NS, _PATIENCE_S, _AGAIN_S = 0.95, 1 << 62, 5.0, 0.001


@dataclass(slots=True)
class Crew:
    """Threads by role; those of one core are made on demand."""

    pair: Pair
    threads: dict[str, Thread] = field(default_factory=dict)

    def thread(self, role: str, second: bool = False, kind: str = "urgent") -> Thread:
        """The thread of that role, on the first core or the second: ``urgent``, ``batch`` or ``idle``."""
        key = f"{role}, {'second' if second else 'first'} core, {kind}"
        if key not in self.threads:
            core = self.pair.second if second else self.pair.first
            assert core is not None
            self.threads[key] = made = Thread(core, kind == "idle")
            if kind == "batch":
                made.call(lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)))
        return self.threads[key]

    def close(self) -> None:
        """End them."""
        for thread in self.threads.values():
            thread.close()


class Part:
    """One thread's share of a try."""

    def __init__(self, thread: Thread, work: Callable[[Words, Words], int]) -> None:
        self.out, self.bad = np.zeros(loops.WORDS, np.int64), np.zeros(1, np.int64)
        self.switches = 0
        self._future: Future[int] = thread.start(lambda: self._run(work))

    def _run(self, work: Callable[[Words, Words], int]) -> int:
        before = resource.getrusage(resource.RUSAGE_THREAD)
        found = int(work(self.out, self.bad))
        after = resource.getrusage(resource.RUSAGE_THREAD)
        self.switches = after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw
        return found

    def wait(self, tell: Callable[[], object] | None = None) -> int:
        """Its result; ``tell`` is repeated until it ends."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            if tell is not None:
                tell()
            try:
                return self._future.result(_AGAIN_S if tell is not None else _PATIENCE_S)
            except futures.TimeoutError:
                if tell is None or time.monotonic() > until:
                    raise

    @property
    def wall_ns(self) -> int:
        """From begin to end."""
        return int(self.out[loops.END] - self.out[loops.BEGIN])


def _room(size: int = 65_536) -> Bytes:
    return np.zeros(size, np.uint8)


@contextmanager
def _kept_awake(crew: Crew, cores: int) -> Iterator[None]:
    """Both cores kept from idling, where two are used."""
    stop, gaps = np.zeros(1, np.int64), np.zeros((1, 2), np.int64)
    made = []
    if cores == 2:
        for second in (False, True):
            thread, out = crew.thread("awake", second, "idle"), np.zeros(loops.WORDS, np.int64)
            made.append(thread.start(lambda out=out: timed.spin(gaps, _FOREVER_NS, _FOREVER_NS, stop, out)))  # type: ignore[misc]
    try:
        yield
    finally:
        stop[0] = 1
        for future in made:
            future.result()


def _judge(parts: list[Part], begin: int, end: int, operations: float, cores: int) -> Values | None:
    """Time per operation, unless a call failed or somebody else had a core."""
    if operations <= 0 or any(part.bad[0] for part in parts):
        return None
    wall = end - begin
    if cores == 1 and sum(part.out[loops.CPU] for part in parts) < _HELD * wall:
        return None
    return {"ns": wall / operations, "switches": sum(part.switches for part in parts) / operations}


def round_trips(crew: Crew, bench: Bench, path: str, cores: int, payload_bytes: int, pairs: int = 1) -> Values | None:
    """Requests and answers over connected sockets."""
    with _kept_awake(crew, cores):
        servers, clients = [], []
        for number in range(pairs):
            near, far = bench.sockets[path][number]
            thread = crew.thread(f"server{number}", second=cores == 2)
            servers.append(Part(thread, lambda out, bad, far=far: loops.answer(far, _room(), 1, out, bad)))  # type: ignore[misc]
        for number in range(pairs):
            near, far = bench.sockets[path][number]
            ask = lambda out, bad, near=near: loops.ask(near, _room(), payload_bytes, 1, TURNS, out, bad)  # noqa: E731
            clients.append(Part(crew.thread(f"client{number}"), ask))
        done = sum(client.wait() for client in clients)
        _end(servers, bench.sockets[path])
    return _judge([*clients, *servers], *_span(clients), done, cores)


def _span(parts: list[Part]) -> tuple[int, int]:
    """From the first begin to the last end. Who only answers waits longer for its end."""
    return min(int(part.out[loops.BEGIN]) for part in parts), max(int(part.out[loops.END]) for part in parts)


def _end(takers: list[Part], sockets: list[tuple[int, int]]) -> int:
    """Tell those who wait that it is over; what they have found."""
    found = 0
    for part, (near, far) in zip(takers, sockets, strict=False):
        found += part.wait(lambda near=near: os.write(near, b"x"))  # type: ignore[misc]
        _empty(far)
    return found


def bursts(crew: Crew, bench: Bench, path: str, packets: int) -> Values | None:
    """So many packets and one answer, threads of the class batch on one core."""
    near, far = bench.sockets[path][0]
    rooms = _room(), _room()
    server = Part(crew.thread("server", kind="batch"), lambda out, bad: loops.answer(far, rooms[0], packets, out, bad))
    client = Part(
        crew.thread("client", kind="batch"),
        lambda out, bad: loops.ask(near, rooms[1], 18, packets, BURSTS, out, bad),
    )
    done = client.wait()
    _end([server], [(near, far)])
    return _judge([client, server], *_span([client]), done, 1)


def _empty(fd: int) -> None:
    """Take what was told too often."""
    os.set_blocking(fd, False)
    try:
        while True:
            os.read(fd, 65_536)
    except BlockingIOError:
        os.set_blocking(fd, True)


def flood(crew: Crew, bench: Bench, what: Flood) -> Values | None:
    """Senders on one core without a pause, until what arrived has been taken on the other."""
    payload = _room()
    drain = loops.drain_spinning if what.sink == "spins" else loops.drain
    sockets = bench.sockets["taps" if what.path == "tap" else what.path][: what.senders]
    with _kept_awake(crew, 1 if what.sink == "spins" else 2):
        takers, halt = [], None
        if what.path == "tap":
            assert bench.taps is not None
            loop, halt = _loop(crew, [(bench.taps[0], bench.taps[1] if what.forwards else -1)], second=True)
            takers.append(loop)
        else:
            for number, (_, far) in enumerate(sockets):
                thread = crew.thread(f"taker{number}", second=True)
                takers.append(Part(thread, lambda out, bad, far=far: drain(far, _room(), out, bad)))  # type: ignore[misc]
        senders = [
            Part(
                crew.thread(f"sender{number}"),
                lambda out, bad, near=near: loops.flood(near, payload, 18, LENGTH_NS, out, bad),  # type: ignore[misc]
            )
            for number, (near, _) in enumerate(sockets)
        ]
        sent = sum(part.wait() for part in senders)
        arrived = halt() if halt is not None else _end(takers, sockets)
    for _, far in sockets:
        _empty(far)
    begin, end = _span(senders)
    busy = [(sum(int(part.out[loops.CPU]) for part in senders), end - begin)]
    if what.sink == "spins":
        busy += [(int(part.out[loops.CPU]), part.wall_ns) for part in takers]
    if any(held < _HELD * wall for held, wall in busy):
        return None
    values = _judge([*senders, *takers], begin, end, arrived, 2)
    return None if values is None else {**values, "lost": 1 - arrived / sent}


def _loop(crew: Crew, taps: list[tuple[int, int]], second: bool) -> tuple[Part, Callable[[], int]]:
    """An event loop that carries frames from each first tap to the second; and how to end it."""
    event = os.eventfd(0)
    descriptors = (*(tap for tap, _ in taps), event)
    entries = np.frombuffer(
        bytearray(b"".join(struct.pack("=ihh", fd, select.POLLIN, 0) for fd in descriptors)), np.int64
    )
    places, rooms = np.array(taps, np.int64), _room()
    thread = crew.thread("loop", second)
    part = Part(thread, lambda out, bad: loops.forward(entries, places, rooms, 50, out, bad))

    def halt() -> int:
        os.eventfd_write(event, 1)
        found = part.wait()
        os.close(event)
        return found

    return part, halt


def forwarded(crew: Crew, bench: Bench) -> Values | None:
    """Round trips over two taps and the event loop that holds them, all on one core."""
    assert bench.taps is not None
    near, far = bench.sockets["taps"][0]
    first, other = bench.taps
    loop, halt = _loop(crew, [(first, other), (other, first)], second=False)
    rooms = _room(), _room()
    server = Part(crew.thread("server"), lambda out, bad: loops.answer(far, rooms[1], 1, out, bad))
    client = Part(crew.thread("client"), lambda out, bad: loops.ask(near, rooms[0], 18, 1, TURNS, out, bad))
    done = client.wait()
    _end([server], [(near, far)])
    halt()
    return _judge([client, server, loop], *_span([client]), done, 1)


def stream(crew: Crew, bench: Bench, path: str) -> Values | None:
    """A TCP stream between two threads of one core; operations are 1,000 bytes."""
    near, far = bench.streams[path]
    rooms = _room(PIECE_BYTES), _room(PIECE_BYTES)
    taker = Part(crew.thread("server"), lambda out, bad: loops.stream_in(far, rooms[1], STREAM_BYTES, out, bad))
    sender = Part(crew.thread("client"), lambda out, bad: loops.stream_out(near, rooms[0], STREAM_BYTES, out, bad))
    sender.wait()
    done = taker.wait()
    begin, end = int(sender.out[loops.BEGIN]), int(taker.out[loops.END])
    return _judge([sender, taker], begin, end, done / 1000, 1)
