"""What the threads of an experiment do, compiled; those of ``measure.loops`` are timed one by one, these work together.

1. Every loop notes in ``out[4:]`` when it began and ended and what it computed: begin, end, CPU time.
2. One that waits for packets ends with the first of one byte; one that waits in a poll ends by an event.

*Scope*: eventfd, sockets, taps. *Validation*: ``tests/prove/test_runs.py``.
"""

from simulator.measure.loops import (
    MONOTONIC,
    MSG_DONTWAIT,
    THREAD_CPU,
    _memcpy,
    _poll,
    _read,
    _recv,
    _send,
    _write,
    loop,
    now,
)

BEGIN, END, CPU, WORDS = 4, 5, 6, 8


@loop
def _start(out):
    out[6] = now(THREAD_CPU, out)
    out[4] = now(MONOTONIC, out)


@loop
def _stop(out):
    out[5] = now(MONOTONIC, out)
    out[6] = now(THREAD_CPU, out) - out[6]


@loop
def ask(fd, buffer, size, packets, turns, out, bad):
    """Send so many packets (one: a request) and sleep until an answer has come, again and again."""
    address = buffer.ctypes.data
    _start(out)
    for _ in range(turns):
        for _ in range(packets):
            bad[0] += _send(fd, address, size, 0) != size
        if _recv(fd, address, 65_536, 0) != size:
            bad[0] += 1
            break
    _stop(out)
    return turns * packets


@loop
def answer(fd, buffer, packets, out, bad):
    """Sleep until packets come and answer the last of so many (one: each)."""
    address, found, got = buffer.ctypes.data, 0, 0
    _start(out)
    while True:
        got = _recv(fd, address, 65_536, 0)
        if got <= 1:
            break
        found += 1
        if found % packets == 0:
            bad[0] += _send(fd, address, got, 0) != got
    _stop(out)
    return found


@loop
def flood(fd, buffer, size, length_ns, out, bad):
    """Send without a pause, for so long."""
    address, found = buffer.ctypes.data, 0
    _start(out)
    until = out[4] + length_ns
    while now(MONOTONIC, out) < until:
        for _ in range(16):
            bad[0] += _send(fd, address, size, 0) != size
        found += 16
    _stop(out)
    return found


@loop
def drain(fd, buffer, out, bad):
    """Sleep until a packet comes and take it."""
    address, found, got = buffer.ctypes.data, 0, 0
    _start(out)
    while True:
        got = _recv(fd, address, 65_536, 0)
        if got <= 1:
            break
        found += 1
    bad[0] += got < 0
    _stop(out)
    return found


@loop
def drain_spinning(fd, buffer, out, bad):
    """Ask for packets without ever sleeping."""
    address, found = buffer.ctypes.data, 0
    _start(out)
    while True:
        got = _recv(fd, address, 65_536, MSG_DONTWAIT)
        if got == 1:
            break
        if got == 0:
            bad[0] += 1
            break
        found += got > 1
    _stop(out)
    return found


@loop
def forward(entries, taps, buffers, burst, out, bad):
    """An event loop as a user-space backend's: sleep in a poll of all descriptors, read up to ``burst`` frames of each tap that has
    some, copy each, and write it to the tap that ``taps`` pairs with it (-1: to none); the last descriptor ends it when nothing
    is left."""
    found, address, last = 0, entries.ctypes.data, entries.size - 1
    room, other = buffers.ctypes.data, buffers.ctypes.data + 32_768
    _start(out)
    while True:
        bad[0] += _poll(address, entries.size, -1) < 1
        carried = found
        for turn in range(last):
            if (entries[turn] >> 48) == 0:
                continue
            for _ in range(burst):
                got = _read(taps[turn, 0], room, 32_768)
                if got <= 0:
                    break
                found += 1
                if taps[turn, 1] >= 0:
                    _memcpy(other, room, got)
                    bad[0] += _write(taps[turn, 1], other, got) != got
        if (entries[last] >> 48) != 0 and found == carried:
            break
    _stop(out)
    return found


@loop
def stream_out(fd, buffer, total, out, bad):
    """Write so many bytes into a stream."""
    address, left = buffer.ctypes.data, total
    _start(out)
    while left > 0:
        sent = _send(fd, address, min(left, buffer.size), 0)
        if sent <= 0:
            bad[0] += 1
            break
        left -= sent
    _stop(out)
    return total - left


@loop
def stream_in(fd, buffer, total, out, bad):
    """Read so many bytes out of a stream."""
    address, left = buffer.ctypes.data, total
    _start(out)
    while left > 0:
        got = _recv(fd, address, buffer.size, 0)
        if got <= 0:
            bad[0] += 1
            break
        left -= got
    _stop(out)
    return total - left
