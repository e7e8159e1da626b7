"""The rules of drivers against sequences computed by hand, one poll after another, in both engines.

1. Every sequence was computed from ``docs/reference/plan.md`` 6.1; the worked values of 10 Gbit/s are those of the drivers' arithmetic;
2. random sequences, which go further, must come out alike.

*Scope*: what takes hundreds of packets or dozens of polls; short ones are conformance vectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from tests.engines.drivers import JIFFY_US, US, Driver, KernelDriver, Poll, ReferenceDriver, random_polls, vector

TEN_GBIT = (10, 126, 512, JIFFY_US * US)
DELAYS = (1, 8, 64, 128, 256)
FRAMES = (100,) * 5
RANDOM = 800

each_engine = pytest.mark.parametrize("driver", [ReferenceDriver, KernelDriver])
Make = type[ReferenceDriver] | type[KernelDriver]


@pytest.mark.parametrize("part", range(3))
def test_both_engines_agree_about_random_polls(part: int) -> None:
    for seed in range(part, RANDOM, 3):
        data, polls = random_polls(seed)
        reference, compiled = ReferenceDriver(data), KernelDriver(data)
        assert [reference.poll(poll) for poll in polls] == [compiled.poll(poll) for poll in polls], seed


@dataclass
class Polls:
    """Polls every 100 us from 8,000 us on (with jiffies of 4,000 us: all in jiffy 2)."""

    driver: Driver
    reaps: bool = True
    now_us: int = 7_900
    seen: list[tuple[int, int]] = field(default_factory=list)

    def __call__(
        self, rx: tuple[int, int] = (0, 0), tx: tuple[int, int] = (0, 0), *, times: int = 1
    ) -> tuple[int, int]:
        result = (0, 0)
        for _ in range(times):
            self.now_us += 100
            result = self.driver.poll(Poll(self.now_us, rx, tx, 0, self.reaps))
        return result


@each_engine
def test_size_by_hand(driver: Make) -> None:
    poll = Polls(driver(vector("size", TEN_GBIT)))
    # J = 2 > 0: (10, LATENCY), (126, LATENCY): 32778 < 32894: sent first, then received; the countdown keeps both.
    assert poll() == (0, 126)
    assert poll() == (10, 126)
    assert poll(rx=(300, 300 * 1514), times=3) == (10, 126)
    # 2 packets, 128 bytes: s = 64: 40 * 64 + 1696 = 4256, halved: 2128: 5 steps.
    assert poll(rx=(2, 128)) == (10, 126)
    # 300 of 1514: 5 * 1514 + 22420 = 29990: 59 steps, BULK.
    assert poll(rx=(300, 300 * 1514)) == (118, 126)
    assert poll(times=3) == (118, 126)
    # 40 sent: BULK; 100 received: the smaller current delay, 118: only the sent word has changed.
    assert poll(rx=(100, 100 * 1514), tx=(40, 2400)) == (118, 126)
    assert poll(times=3) == (118, 126)
    # 200 received: 118 // 2 // 2 * 2 = 58.
    assert poll(rx=(200, 200 * 1514)) == (58, 126)
    # two jiffies later: the defaults; 32778 - 58 < 32894 - 126: the sent word is written first, then the received one.
    poll.now_us = 16_000
    assert poll() == (58, 126)
    assert poll() == (10, 126)


@each_engine
@pytest.mark.parametrize(
    ("packets", "size_bytes", "delay_us"),
    # 4096: 8 steps; 380: 40 * 380 + 1696 = 16896: 33; 1084: 15 * 1084 + 11452 = 27712: 55 (54.1); 1980: 5 * 1980 + 22420 = 32320: 64 (63.1); above: 32256: 63
    [(300, 60, 16), (300, 380, 66), (257, 1084, 110), (300, 1980, 126), (300, 1981, 126)],
)
def test_size_by_average(driver: Make, packets: int, size_bytes: int, delay_us: int) -> None:
    poll = Polls(driver(vector("size", TEN_GBIT)))
    poll(times=5)
    assert poll(rx=(packets, packets * size_bytes)) == (delay_us, 126)


@each_engine
def test_size_resets_to_latency_when_both_are_at_their_most(driver: Make) -> None:
    poll = Polls(driver(vector("size", (126, 126, 512, 4000 * US))))
    assert poll() == (126, 0)
    assert poll() == (126, 126)
    poll(times=3)
    # sent becomes BULK and is written; later 2 sent packets find (126, BULK) and 126: LATENCY, so that one received packet of 60 is judged by size: 4 steps.
    poll(tx=(40, 2400))
    poll(times=3)
    assert poll(rx=(1, 60), tx=(2, 120)) == (8, 126)


@each_engine
def test_size_vector_by_hand(driver: Make) -> None:
    poll = Polls(driver(vector("size_vector", TEN_GBIT)), reaps=False)
    got = [
        poll(rx=rx)[0]
        for rx in (
            (0, 0),  # J > next: 10
            (2, 128),  # 40 * 64 + 2720 = 5280, halved 2640: 6 steps
            (20, 1200),  # 12 + 2
            (60, 3600),  # as it is
            (100, 6000),  # max(7, 10)
            (300, 300 * 1514),  # 29990: 59 steps
            (0, 0),  # 118 + 2
            (2, 100),  # 5120 halved: 5 steps
            (3, 9000),  # not few bytes: 10 + 2
            (300, 300 * 316),  # 40 * 316 + 2720 = 15360: 30 steps
            (255, 255 * 60),  # 60 // 2
            (300, 300 * 1968),  # 32256: 63 steps
        )
    ]
    assert got == [10, 12, 14, 14, 10, 118, 120, 10, 12, 60, 30, 126]


@each_engine
def test_size_vector_takes_the_smaller_word(driver: Make) -> None:
    poll = Polls(driver(vector("size_vector", TEN_GBIT)))
    # 10 and 10; (10, BULK) before (12, LATENCY); (118, BULK) before (14, LATENCY), since modes outweigh delays; nothing: 120 BULK
    got = [poll(rx=rx)[0] for rx in ((0, 0), (60, 3600), (300, 300 * 1514), (0, 0))]
    assert got == [10, 10, 118, 120]


@each_engine
def test_classes_by_hand(driver: Make) -> None:
    poll = Polls(driver(vector("classes", (10, 50, 125), 50)), reaps=False)
    # b = 40, 40, 18, 9; classes 1, 2, 1, 0, 0; r = 200, 212, 210, 147, 115
    got = [poll(rx=(n, size))[0] for n, size in ((1, 2000), (1, 2000), (1, 1000), (1, 500), (0, 0))]
    assert got == [50, 52, 52, 36, 28]


@each_engine
def test_classes_take_the_larger_one(driver: Make) -> None:
    poll = Polls(driver(vector("classes", (10, 50, 125), 50)))
    # sent: b = 20: class 1; received: b = 2: class 0
    assert poll(rx=(1, 100), tx=(1, 1000))[0] == 50
    unheard = Polls(driver(vector("classes", (10, 50, 125), 50)), reaps=False)
    assert unheard(rx=(1, 100), tx=(1, 1000))[0] == 34


@dataclass
class Windows:
    """Measurements of ``dim``: what has come between a start and 64 interrupts later."""

    driver: Driver
    now_us: int = 0
    fired: int = 0
    started: bool = False
    last_us: int = -1

    def __call__(self, packets: int, size_bytes: int, elapsed_us: int = 1000) -> int:
        """The interval after such a window; a window begins at the poll after a change of profile, else where the last ended."""
        if not self.started:
            self._poll((0, 0), 100, 6)
        self._poll((0, 0), elapsed_us // 2, 63)
        before = self.last_us
        now_us = self._poll((packets, size_bytes), elapsed_us - elapsed_us // 2, 1)
        self.started = now_us == before
        return now_us

    def _poll(self, rx: tuple[int, int], later_us: int, interrupts: int) -> int:
        self.now_us += later_us
        self.fired += interrupts
        self.last_us = self.driver.poll(Poll(self.now_us, rx, (0, 0), self.fired, reaps=False))[0]
        return self.last_us


def climber(driver: Make, first: int) -> Windows:
    return Windows(driver(vector("dim", (first, *DELAYS, *FRAMES, *DELAYS, *FRAMES), DELAYS[first])))


def intervals(windows: Windows, seen: Iterable[tuple[int, ...]]) -> list[int]:
    return [windows(*window) for window in seen]


@each_engine
def test_dim_parks_on_top(driver: Make) -> None:
    k = 1000
    got = intervals(
        climber(driver, 1),
        [
            (1000, 1000 * k),  # TOP, better than nothing: LEFT, profile 0
            (800, 800 * k),  # worse: turn RIGHT, 1
            (1000, 1000 * k),  # better: 2
            (1200, 1200 * k),  # better: 3 (right = 3)
            (900, 900 * k),  # worse: turn LEFT, 2 (left = 1)
            (1200, 1200 * k),  # better: right > 1 and left = 1: on top
            (1250, 1250 * k),  # within 10 %: the same; the statistics stay those of 1200
            (1310, 1310 * k),  # 9 % above 1200: the same
            (2000, 2000 * k),  # differs: leave to the LEFT, 1
        ],
    )
    assert got == [1, 8, 64, 128, 64, 64, 64, 64, 8]


@each_engine
def test_dim_gets_tired(driver: Make) -> None:
    got = intervals(climber(driver, 1), [(1000, 1_000_000)] * 22)
    # ten steps to and fro; the eleventh is too many: TIRED, and ten windows later it leaves to the LEFT
    assert got == [1, 8] * 5 + [8] * 10 + [1, 8]


@each_engine
def test_dim_stops_at_the_edge(driver: Make) -> None:
    got = intervals(climber(driver, 0), [(1000 << n, 1_000_000 << n) for n in range(6)])
    # RIGHT up to profile 4, there it parks; better again: leaves to the LEFT
    assert got == [8, 64, 128, 256, 256, 128]


@each_engine
def test_dim_stops_at_the_left_edge(driver: Make) -> None:
    got = intervals(climber(driver, 1), [(1000, 1_000_000), (2000, 2_000_000), (4000, 4_000_000)])
    # LEFT to profile 0; better: parks there; better: leaves to the RIGHT
    assert got == [1, 1, 8]


@each_engine
def test_dim_compares_packets_then_interrupts(driver: Make) -> None:
    got = intervals(
        climber(driver, 0),
        [
            (1000, 1_000_000),  # RIGHT, profile 1
            (1500, 1_000_000),  # more packets: 2
            (1000, 1_000_000),  # fewer packets: turn LEFT, 1
            (2000, 2_000_000, 2000),  # the same rates with half the interrupts: better: on top
            (1000, 1_000_000),  # twice the interrupts: not the same: leave to the LEFT
        ],
    )
    assert got == [8, 64, 8, 8, 1]
