"""The loops that are timed: compiled, calling the C library directly, so that what is measured is the kernel and not Python.

1. A function of the C library is an external symbol for the compiler: its address is looked up when the loop is loaded, and
   the compiled loop can be kept. Pointers travel as integers.
2. A loop that times itself returns nanoseconds; what failed is counted in ``bad[0]``, because a call that fails is a fast one.
3. No loop waits for ever: those that wait look at the clock, and a reader is let go by whoever has started it.

*Scope*: what runs between two looks at the clock; which descriptors and how often is the caller's business.
*Validation*: ``tests/measure/test_loops.py`` counts what arrives at the other end, and what fails.
"""

import numba
from numba import types

_INT, _LONG = types.int32, types.int64
_clock_gettime = types.ExternalFunction("clock_gettime", _INT(_INT, _LONG))
_getppid = types.ExternalFunction("getppid", _INT())
_getpagesize = types.ExternalFunction("getpagesize", _INT())
_sched_yield = types.ExternalFunction("sched_yield", _INT())
_read = types.ExternalFunction("read", _LONG(_INT, _LONG, _LONG))
_write = types.ExternalFunction("write", _LONG(_INT, _LONG, _LONG))
_send = types.ExternalFunction("send", _LONG(_INT, _LONG, _LONG, _INT))
_recv = types.ExternalFunction("recv", _LONG(_INT, _LONG, _LONG, _INT))
_poll = types.ExternalFunction("poll", _INT(_LONG, _LONG, _INT))
_memcpy = types.ExternalFunction("memcpy", _LONG(_LONG, _LONG, _LONG))
_nanosleep = types.ExternalFunction("clock_nanosleep", _INT(_INT, _INT, _LONG, _LONG))

MONOTONIC, THREAD_CPU = 1, 3
MSG_DONTWAIT = 0x40
_NS = 1_000_000_000
_PATIENCE_NS = 50_000_000
_PATIENT_LOOKS = 2_000_000
_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


def loop(function):
    """Compile a loop that lets other threads run; kept for the next run where a folder can be written."""
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        return numba.njit(**_OPTIONS)(function)


@loop
def now(clock, out):
    """Nanoseconds of a clock; ``out`` holds two words."""
    _clock_gettime(clock, out.ctypes.data)
    return out[0] * _NS + out[1]


@loop
def alu(turns, seed, out):
    """A chain of multiplications: what the core does when nobody disturbs it."""
    start, x = now(MONOTONIC, out), seed
    for _ in range(turns):
        x = x * 6364136223846793005 + 1442695040888963407
    out[2] = x
    return now(MONOTONIC, out) - start


@loop
def clock_calls(turns, out):
    """Look at the clock."""
    start, last = now(MONOTONIC, out), 0
    for _ in range(turns):
        last = now(MONOTONIC, out)
    return last - start


@loop
def system_calls(turns, out):
    """Enter the kernel and leave it."""
    start = now(MONOTONIC, out)
    for _ in range(turns):
        _getppid()
    return now(MONOTONIC, out) - start


@loop
def yields(flags, turns, out, bad):
    """Give the core to the other thread that does the same; ``flags`` says when it has come and when it may go.

    ``turns`` gets the time of each, for a third thread that comes between makes one of them long.
    """
    start = now(MONOTONIC, out)
    while flags[8] == 0:
        _sched_yield()
        if now(MONOTONIC, out) - start > _PATIENCE_NS:
            bad[0] += 1
            break
    last = now(MONOTONIC, out)
    for turn in range(turns.size):
        _sched_yield()
        this = now(MONOTONIC, out)
        turns[turn], last = this - last, this
    flags[0] = 1


@loop
def yields_back(flags):
    """Give the core back until the other thread has enough."""
    flags[8] = 1
    while flags[0] == 0:
        _sched_yield()


@loop
def ping(mine, theirs, turns, out, bad):
    """Wake another thread and sleep until it answers; ``turns`` gets the time of each."""
    out[3] = 1
    word, last = out.ctypes.data + 24, now(MONOTONIC, out)
    for turn in range(turns.size):
        bad[0] += _write(theirs, word, 8) != 8
        bad[0] += _read(mine, word, 8) != 8
        this = now(MONOTONIC, out)
        turns[turn], last = this - last, this


@loop
def pong(mine, theirs, turns, out, bad):
    """Sleep until woken, and answer."""
    out[3] = 1
    word = out.ctypes.data + 24
    for _ in range(turns):
        bad[0] += _read(mine, word, 8) != 8
        bad[0] += _write(theirs, word, 8) != 8


@loop
def pong_polling(mine, theirs, entries, turns, out, bad):
    """Sleep in a poll of two descriptors as an event loop does, take the signal, look again, find nothing, and answer."""
    out[3] = 1
    word, entry = out.ctypes.data + 24, entries.ctypes.data
    for _ in range(turns):
        bad[0] += _poll(entry, 2, -1) != 1
        bad[0] += _read(mine, word, 8) != 8
        bad[0] += _read(mine, word, 8) != -1
        bad[0] += _write(theirs, word, 8) != 8


@loop
def empty_reads(fd, buffer, turns, out, bad):
    """Read a descriptor in which nothing waits and that does not block."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _read(fd, address, 65_536) != -1
    return now(MONOTONIC, out) - start


@loop
def empty_receives(fd, buffer, turns, out, bad):
    """Ask a socket in which nothing waits."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _recv(fd, address, 65_536, MSG_DONTWAIT) != -1
    return now(MONOTONIC, out) - start


@loop
def event_writes(fd, turns, out, bad):
    """Signal an eventfd for which nobody waits."""
    out[3] = 1
    word, start = out.ctypes.data + 24, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _write(fd, word, 8) != 8
    spent = now(MONOTONIC, out) - start
    _read(fd, word, 8)
    return spent


@loop
def event_rounds(fd, turns, out, bad):
    """Signal an eventfd and take the signal."""
    out[3] = 1
    word, start = out.ctypes.data + 24, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _write(fd, word, 8) != 8
        bad[0] += _read(fd, word, 8) != 8
    return now(MONOTONIC, out) - start


@loop
def polls(entry, turns, out, bad):
    """Ask for a descriptor that is ready; ``entry`` is one pollfd as a word."""
    address, start = entry.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _poll(address, 1, 0) != 1
    return now(MONOTONIC, out) - start


@loop
def copies(target, source, offsets, size, first, turns, out):
    """Copy ``size`` bytes from one place of ``source`` after the other."""
    to, base, mask = target.ctypes.data, source.ctypes.data, offsets.size - 1
    start = now(MONOTONIC, out)
    for turn in range(first, first + turns):
        _memcpy(to, base + offsets[turn & mask], size)
    return now(MONOTONIC, out) - start


@loop
def writes(fd, buffer, size, turns, out, bad):
    """Write the same bytes again and again."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _write(fd, address, size) != size
    return now(MONOTONIC, out) - start


@loop
def sends(fd, buffer, size, flags, turns, out, bad):
    """Send the same bytes again and again on a socket."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _send(fd, address, size, flags) != size
    return now(MONOTONIC, out) - start


@loop
def reads(fd, buffer, least, turns, out, bad):
    """Read what waits in a descriptor that does not block, ``turns`` pieces of at least ``least`` bytes."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _read(fd, address, 65_536) < least
    return now(MONOTONIC, out) - start


@loop
def receives(fd, buffer, least, turns, out, bad):
    """Receive what waits in a socket."""
    address, start = buffer.ctypes.data, now(MONOTONIC, out)
    for _ in range(turns):
        bad[0] += _recv(fd, address, 65_536, MSG_DONTWAIT) < least
    return now(MONOTONIC, out) - start


@loop
def bounce(cell, me, other, turns, out):
    """Throw a cache line to another core and wait until it is back; 0 if it does not come."""
    start = now(MONOTONIC, out)
    for turn in range(1, turns + 1):
        if me == 0:
            cell[0] = turn
        looks = 0
        while cell[other] != turn:
            _getpagesize()  # opaque to the compiler, which would otherwise read the cell once
            looks += 1
            if looks > _PATIENT_LOOKS:
                return 0
        if me != 0:
            cell[8] = turn
    return now(MONOTONIC, out) - start


@loop
def wake_by(fd, before, after, woken, gap_ns, out, bad):
    """Wake the reader of an eventfd, each time a gap after it has come back; instants in ``before`` and ``after``."""
    out[3] = 1
    word = out.ctypes.data + 24
    for turn in range(before.size):
        start = now(MONOTONIC, out)
        while turn > 0 and woken[turn - 1] == 0:
            if now(MONOTONIC, out) - start > _PATIENCE_NS:
                bad[0] += 1
                return turn
        start = now(MONOTONIC, out)
        while now(MONOTONIC, out) - start < gap_ns:
            pass
        before[turn] = now(MONOTONIC, out)
        bad[0] += _write(fd, word, 8) != 8
        after[turn] = now(MONOTONIC, out)
    return before.size


@loop
def woken_by(fd, woken, stop, out, bad):
    """Sleep in a read of an eventfd, note the instant of its return, sleep again, until ``stop`` is set."""
    word = out.ctypes.data + 24
    for turn in range(woken.size):
        bad[0] += _read(fd, word, 8) != 8
        woken[turn] = now(MONOTONIC, out)
        if stop[0] != 0:
            return turn
    return woken.size


@loop
def spin(gaps, least_ns, until_ns, stop, out):
    """Look at the clock without end and note when it jumped: ``gaps`` gets (last look, next look); returns how many."""
    found, last = 0, now(MONOTONIC, out)
    while stop[0] == 0 and last < until_ns and found < gaps.shape[0]:
        this = now(MONOTONIC, out)
        if this - last >= least_ns:
            gaps[found, 0], gaps[found, 1] = last, this
            found += 1
        last = this
    return found


@loop
def sleeps(late, length_ns, request, out, bad):
    """Sleep to an instant, and note how late the return is."""
    for turn in range(late.size):
        due = now(MONOTONIC, out) + length_ns
        request[0], request[1] = due // _NS, due % _NS
        bad[0] += _nanosleep(MONOTONIC, 1, request.ctypes.data, 0) != 0
        late[turn] = now(MONOTONIC, out) - due


@loop
def stream_out(fd, buffer, total, out, bad):
    """Write ``total`` bytes into a stream; returns the time that this thread computed."""
    address, start, left = buffer.ctypes.data, now(THREAD_CPU, out), total
    while left > 0:
        sent = _send(fd, address, min(left, buffer.size), 0)
        if sent <= 0:
            bad[0] += 1
            break
        left -= sent
    return now(THREAD_CPU, out) - start


@loop
def stream_in(fd, buffer, total, out, bad):
    """Read ``total`` bytes out of a stream; returns the time that this thread computed."""
    address, start, left = buffer.ctypes.data, now(THREAD_CPU, out), total
    while left > 0:
        got = _recv(fd, address, buffer.size, 0)
        if got <= 0:
            bad[0] += 1
            break
        left -= got
    return now(THREAD_CPU, out) - start
