"""What a packet costs the kernel: over loopback, pairs, taps and a bridge, there and back, or up to where it is dropped.

1. Fill, then drain, each timed by itself: what receives never sleeps.
2. A send over a pair contains the receive path up to the socket, which runs in the sender's softirq.

*Scope*: quantities of single calls; ``derive`` takes them apart. A stream of TCP counts the threads' own time.
*Validation*: ``tests/measure/test_probes.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from simulator.measure import loops
from simulator.measure.cores import Crew
from simulator.measure.network import LARGE_BYTES, SMALL_BYTES, Network, frame
from simulator.measure.probes import BATCH, Memory, batches, single
from simulator.measure.slices import Probe, Values

_MSG_PROBE = 0x10
_FILLING = 3
_STREAM_BYTES, _STREAM_PIECE = 4 << 20, 65_536


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
    return lambda m: float(loops.sends(sender, payload, size, flags, BATCH, m.out, m.bad))


def _receiving(receiver: int, size: int) -> Callable[[Memory], float]:
    room = np.zeros(65_536, np.uint8)
    return lambda m: float(loops.receives(receiver, room, size, BATCH, m.out, m.bad))


def _reading(tap: int, size: int) -> Callable[[Memory], float]:
    room = np.zeros(65_536, np.uint8)
    return lambda m: float(loops.reads(tap, room, size, BATCH, m.out, m.bad))


def _writing(tap: int, content: bytes) -> Callable[[Memory], float]:
    held = np.frombuffer(content, np.uint8)
    return lambda m: float(loops.writes(tap, held, held.size, BATCH, m.out, m.bad))


def _nothing(_: Memory) -> float:
    return 0.0


def lone_sends(crew: Crew, bench: Network) -> Iterator[Probe]:
    """Sends that end on the way: in the socket layer, at the queueing discipline, behind the pair, at a full socket."""
    ways = (("socket", "noop", _MSG_PROBE), ("noop", "noop", 0), ("other", "other", 0), ("full", "full", 0))
    for name, sender, flags in ways:
        sending = _sending(bench.senders[sender], SMALL_BYTES, flags)
        if name == "full":
            crew.first.call(lambda sending=sending: [sending(Memory()) for _ in range(_FILLING)])  # type: ignore[misc]
        yield batches((f"udp_send_{name}_{SMALL_BYTES}B", ""), crew.first, sending, _nothing)


def taps(crew: Crew, bench: Network) -> Iterator[Probe]:
    """Frames read from a tap, and written to one: dropped behind it, or received by a socket."""
    tap, sender, receiver = bench.taps["tap"], bench.senders["tap"], bench.receivers["tap"]
    for size in (SMALL_BYTES, LARGE_BYTES):
        names = (f"udp_send_tap_{size}B", f"tap_read_{size}B")
        yield batches(names, crew.first, _sending(sender, size), _reading(tap, size))
    room = np.zeros(65_536, np.uint8)
    yield single("tap_read_empty", crew.first, lambda turns, m: loops.empty_reads(tap, room, turns, m.out, m.bad))
    yield batches(("tap_write_drop", ""), crew.first, _writing(tap, frame("other")), _nothing)
    names = ("tap_write_socket", "udp_receive_tap_18B")
    yield batches(names, crew.first, _writing(tap, frame("tap")), _receiving(receiver, SMALL_BYTES))


def tap_bridge(crew: Crew, bench: Network) -> Iterator[Probe]:
    """A frame written to one tap, over a bridge, into the queue of another."""
    fill, drain = _writing(bench.taps["in"], frame("other")), _reading(bench.taps["out"], 60)
    yield batches(("tap_write_bridge", "tap_read_60B"), crew.first, fill, drain)


def empty_receives(crew: Crew, bench: Network) -> Probe:
    """A socket asked in vain."""
    room = np.zeros(65_536, np.uint8)
    receiver = bench.receivers["lo"]
    return single(
        "udp_receive_empty", crew.first, lambda turns, m: loops.empty_receives(receiver, room, turns, m.out, m.bad)
    )


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
