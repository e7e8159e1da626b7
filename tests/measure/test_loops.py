"""The compiled loops do what they say: counted at the other end, with failures counted too."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest

from simulator.measure import loops

Words = npt.NDArray[np.int64]


@pytest.fixture
def out() -> Words:
    return np.zeros(4, np.int64)


@pytest.fixture
def bad() -> Words:
    return np.zeros(1, np.int64)


def test_time_does_not_go_back(out: Words) -> None:
    first = loops.now(loops.MONOTONIC, out)
    assert first <= loops.now(loops.MONOTONIC, out)
    assert loops.clock_calls(1000, out) > 0


def test_the_canary_takes_longer_for_more_turns(out: Words) -> None:
    assert loops.alu(1_000_000, 1, out) > loops.alu(1000, 1, out) > 0


def test_what_is_sent_arrives(out: Words, bad: Words) -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        buffer = np.full(100, 7, np.uint8)
        assert loops.sends(near.fileno(), buffer, 18, 0, 5, out, bad) > 0
        assert loops.writes(near.fileno(), buffer, 20, 1, out, bad) > 0
        assert [len(far.recv(100)) for _ in range(5)] == [18] * 5
        assert far.recv(100) == bytes([7]) * 20
        assert bad[0] == 0


def test_what_does_not_arrive_is_counted(out: Words, bad: Words) -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        far.send(b"only one")
        room = np.zeros(65_536, np.uint8)
        loops.receives(near.fileno(), room, 8, 3, out, bad)
        assert bad[0] == 2
        near.setblocking(False)
        far.send(b"short")
        loops.reads(near.fileno(), room, 8, 2, out, bad)
        assert bad[0] == 4


def test_a_call_that_fails_is_counted(out: Words, bad: Words) -> None:
    loops.sends(-1, np.zeros(1, np.uint8), 1, 0, 3, out, bad)
    assert bad[0] == 3


def test_events_leave_nothing_behind(out: Words, bad: Words) -> None:
    event = os.eventfd(0, os.EFD_NONBLOCK)
    try:
        loops.event_writes(event, 5, out, bad)
        loops.event_rounds(event, 5, out, bad)
        with pytest.raises(BlockingIOError):
            os.eventfd_read(event)
    finally:
        os.close(event)
    assert bad[0] == 0


def test_copies_take_their_bytes_from_the_places_named(out: Words) -> None:
    source, target = np.arange(256, dtype=np.uint8), np.zeros(8, np.uint8)
    loops.copies(target, source, np.array([0, 100], np.int64), 4, 0, 2, out)
    assert target.tolist() == [100, 101, 102, 103, 0, 0, 0, 0]
    loops.copies(target, source, np.array([0, 100], np.int64), 4, 2, 1, out)
    assert target.tolist()[:4] == [0, 1, 2, 3]


def test_a_wake_up_has_its_instants_in_order(out: Words, bad: Words) -> None:
    event, stop = os.eventfd(0), np.zeros(1, np.int64)
    before, after, woken = (np.zeros(10, np.int64) for _ in range(3))
    far, failed = np.zeros(4, np.int64), np.zeros(1, np.int64)
    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(loops.woken_by, event, woken, stop, far, failed)
        assert loops.wake_by(event, before, after, woken, 1_000, out, bad) == 10
        assert reader.result() == 10
    os.close(event)
    assert (bad[0], failed[0]) == (0, 0)
    assert (before <= after).all()
    assert (before <= woken).all()
    assert (before[1:] >= woken[:-1] + 1_000).all()


def test_a_reader_that_never_comes_is_not_waited_for(out: Words, bad: Words) -> None:
    event = os.eventfd(0)
    before, after, woken = (np.zeros(3, np.int64) for _ in range(3))
    assert loops.wake_by(event, before, after, woken, 0, out, bad) == 1
    os.close(event)
    assert bad[0] == 1


def test_a_reader_is_let_go(out: Words, bad: Words) -> None:
    event, stop = os.eventfd(0), np.ones(1, np.int64)
    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(loops.woken_by, event, np.zeros(10, np.int64), stop, out, bad)
        os.eventfd_write(event, 1)
        assert reader.result(timeout=300) == 0
    os.close(event)


def test_spinning_ends_at_its_time_and_when_it_is_told(out: Words) -> None:
    gaps, stop = np.zeros((10, 2), np.int64), np.zeros(1, np.int64)
    until = loops.now(loops.MONOTONIC, out) + 1_000_000
    assert loops.spin(gaps, 10**12, until, stop, out) == 0
    assert loops.now(loops.MONOTONIC, out) >= until
    # every look is a gap of at least 0 ns, so the room is full after ten
    assert loops.spin(gaps, 0, until + 10**12, stop, out) == 10
    assert (gaps[:, 1] >= gaps[:, 0]).all()
    stop[0] = 1
    assert loops.spin(gaps, 0, until + 10**12, stop, out) == 0


def test_a_cache_line_that_does_not_come_back_ends_the_game(out: Words) -> None:
    assert loops.bounce(np.zeros(16, np.int64), 0, 8, 1, out) == 0


def test_ping_and_pong(out: Words, bad: Words) -> None:
    mine, theirs = os.eventfd(0), os.eventfd(0)
    far, failed = np.zeros(4, np.int64), np.zeros(1, np.int64)
    with ThreadPoolExecutor(1) as thread:
        back = thread.submit(loops.pong, theirs, mine, 5, far, failed)
        turns = np.zeros(5, np.int64)
        loops.ping(mine, theirs, turns, out, bad)
        assert (turns > 0).all()
        back.result(timeout=300)
    assert (bad[0], failed[0]) == (0, 0)
    for event in (mine, theirs):
        os.close(event)


def test_giving_way_needs_another_thread(out: Words, bad: Words) -> None:
    turns = np.zeros(10, np.int64)
    loops.yields(np.zeros(16, np.int64), turns, out, bad)
    assert bad[0] == 1
    flags = np.zeros(16, np.int64)
    with ThreadPoolExecutor(1) as thread:
        back = thread.submit(loops.yields_back, flags)
        loops.yields(flags, turns, out, bad)
        back.result(timeout=300)
    assert bad[0] == 1
    assert (turns > 0).all()


def test_a_sleep_is_never_too_short(out: Words, bad: Words) -> None:
    late = np.full(5, -1, np.int64)
    loops.sleeps(late, 10_000, np.zeros(2, np.int64), out, bad)
    assert (late >= 0).all()
    assert bad[0] == 0


def test_a_stream_carries_all_its_bytes_and_a_broken_one_is_counted(out: Words, bad: Words) -> None:
    near, far = socket.socketpair()
    room, other, failed = np.zeros(65_536, np.uint8), np.zeros(4, np.int64), np.zeros(1, np.int64)
    with near, far, ThreadPoolExecutor(1) as thread:
        back = thread.submit(partial(loops.stream_in, far.fileno(), room, 300_000, other, failed))
        assert loops.stream_out(near.fileno(), room, 300_000, out, bad) > 0
        assert back.result(timeout=300) > 0
        assert (bad[0], failed[0]) == (0, 0)
        near.close()
        loops.stream_in(far.fileno(), room, 1, out, bad)
        assert bad[0] == 1


def test_polls_see_what_is_ready(out: Words, bad: Words) -> None:
    near, far = os.pipe()
    entry = np.array([near | 1 << 32], np.int64)  # struct pollfd: descriptor, POLLIN, nothing returned yet
    loops.polls(entry, 2, out, bad)
    assert bad[0] == 2
    os.write(far, b"x")
    loops.polls(entry, 2, out, bad)
    assert bad[0] == 2
    for end in (near, far):
        os.close(end)
