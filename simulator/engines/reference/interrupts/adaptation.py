"""What drivers do to the intervals of a vector at the end of a poll, judged by what the poll has seen.

1. ``size``: two words (delay and mode) by average packet size, written one at a time with a countdown (i40e, iavf).
2. ``size_vector``: the same idea with one delay for the vector (ixgbe).
3. ``classes``: three classes by bytes per microsecond, approached smoothly (ixgbevf, older ixgbe).
4. ``dim``: five profiles, climbed up and down as throughput gets better or worse (net_dim: ice, mlx5).

*Scope*: the rules of ``docs/reference/plan.md`` 6.1, word for word; times in rules are whole microseconds.
*Validation*: conformance vectors of each rule; the worked values of the drivers' own arithmetic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.engines.reference.clock.arithmetic import ceil_div

if TYPE_CHECKING:
    from simulator.engines.reference.interrupts.moderators import Moderator

US_PS = 10**6
RECEIVED, SENT = 0, 1


@dataclass(slots=True)
class Seen:
    """Packets and bytes of one direction."""

    packets: int = 0
    size_bytes: int = 0


class Rule(ABC):
    """One vector's rule with its memory."""

    def __init__(self, moderator: Moderator) -> None:
        self._moderator = moderator
        self._arguments = moderator.data.adapt_args
        self._seen = (Seen(), Seen())

    def observe(self, packets: int, size_bytes: int, *, sent: bool) -> None:
        """The driver has seen so many packets."""
        seen = self._seen[SENT if sent else RECEIVED]
        seen.packets += packets
        seen.size_bytes += size_bytes

    @abstractmethod
    def adapt(self, *, reaps: bool) -> None:
        """A poll has ended; the driver ``reaps`` sent packets too, or does not."""

    def _forget(self, which: int) -> None:
        self._seen[which].packets = self._seen[which].size_bytes = 0

    def _set_us(self, which: int, delay_us: int) -> None:
        self._moderator.directions[which].interval_ps = delay_us * US_PS

    @property
    def _now_ps(self) -> int:
        return self._moderator.world.now_ps


@dataclass(frozen=True, slots=True)
class Word:
    """A delay and a mode, which compare as one number."""

    delay_us: int
    latency: bool

    @property
    def number(self) -> int:
        """Latency mode outweighs every delay."""
        return self.delay_us + (32768 if self.latency else 0)


class SizeRule(Rule):
    """Words per direction; at most one is written at the end of a poll."""

    def __init__(self, moderator: Moderator) -> None:
        super().__init__(moderator)
        self._least, self._most, self._divisor, self._jiffy_ps = self._arguments
        start = [Word(direction.interval_ps // US_PS, False) for direction in moderator.directions]
        self._target = list(start)
        self._current = list(start)
        self._countdown = 0
        self._next_jiffy = [-1, -1]  # the driver was loaded long ago

    def adapt(self, *, reaps: bool) -> None:
        """Judge both directions, write one."""
        jiffy = self._now_ps // self._jiffy_ps
        for which in (SENT, RECEIVED) if reaps else (RECEIVED,):
            self._target[which] = self._judged(which, jiffy)
            self._next_jiffy[which] = jiffy + 1
            self._forget(which)
        self._latch()

    def _judged(self, which: int, jiffy: int) -> Word:
        if jiffy > self._next_jiffy[which]:
            return Word(self._least if which == RECEIVED else self._most, True)
        if self._countdown > 0:
            return self._target[which]
        special = self._few_received() if which == RECEIVED else self._few_sent()
        return special or self._by_count(which)

    def _few_received(self) -> Word | None:
        seen = self._seen[RECEIVED]
        few = 1 <= seen.packets <= 3 and seen.size_bytes < 9000
        return self._by_size(Word(0, True), seen) if few and self._target[SENT].latency else None

    def _few_sent(self) -> Word | None:
        packets = self._seen[SENT].packets
        if packets < 4:
            bulk = self._target[SENT] == Word(self._most, False)
            return Word(self._most, True) if bulk and self._target[RECEIVED].delay_us == self._most else None
        if packets > 32:
            self._target[SENT] = Word(self._target[SENT].delay_us, False)
        return None

    def _by_count(self, which: int) -> Word:
        seen, target = self._seen[which], self._target[which]
        least_us = min(word.delay_us for word in self._current)
        if seen.packets < 56:
            return Word(min(target.delay_us + 2, self._most), target.latency)
        if seen.packets <= 112:
            return Word(least_us, False)
        if seen.packets <= 256:
            return Word(max(self._least, least_us // 2 // 2 * 2), False)
        return self._by_size(Word(0, False), seen)

    def _by_size(self, word: Word, seen: Seen) -> Word:
        weight = _weight(seen.size_bytes // seen.packets, 4096, (380, 1696), 1980)
        steps = ceil_div(weight // 2 if word.latency else weight, self._divisor)
        return Word(min(word.delay_us + 2 * steps, self._most), word.latency)

    def _latch(self) -> None:
        received, sent = (t.number - c.number for t, c in zip(self._target, self._current, strict=True))
        if received < 0:
            self._write(RECEIVED)
        elif sent < 0 or received < sent:
            self._write(SENT)
        elif received != 0:
            self._write(RECEIVED)
        else:
            self._countdown = max(0, self._countdown - 1)

    def _write(self, which: int) -> None:
        self._current[which] = self._target[which]
        self._set_us(which, self._target[which].delay_us)
        self._countdown = 3


def _weight(size_bytes: int, smallest: int, small: tuple[int, int], largest: int) -> int:
    """How much an interrupt may cost at this average size: a line through four ranges of sizes."""
    to, offset = small
    if size_bytes <= 60:
        return smallest
    if size_bytes <= to:
        return 40 * size_bytes + offset
    if size_bytes <= 1084:
        return 15 * size_bytes + 11452
    if size_bytes <= largest:
        return 5 * size_bytes + 22420
    return 32256


class SizeVectorRule(Rule):
    """One delay for the vector: the smaller word of both containers."""

    def __init__(self, moderator: Moderator) -> None:
        super().__init__(moderator)
        self._least, self._most, self._divisor, self._jiffy_ps = self._arguments
        self._words = [Word(self._most, True)] * 2
        self._vector_us = moderator.data.interval_ps // US_PS
        self._next_jiffy = [-1, -1]  # the driver was loaded long ago

    def adapt(self, *, reaps: bool) -> None:
        """Judge the containers; the more impatient one decides."""
        jiffy = self._now_ps // self._jiffy_ps
        containers = (SENT, RECEIVED) if reaps else (RECEIVED,)
        for which in containers:
            self._words[which] = self._judged(which, jiffy)
            self._next_jiffy[which] = jiffy + 1
            self._forget(which)
        self._vector_us = min((self._words[which] for which in containers), key=lambda word: word.number).delay_us
        self._set_us(RECEIVED, self._vector_us)

    def _judged(self, which: int, jiffy: int) -> Word:
        seen = self._seen[which]
        if jiffy > self._next_jiffy[which]:
            return Word(self._least, True)
        longer_us = min(self._vector_us + 2, self._most)
        if seen.packets == 0:
            return Word(longer_us, self._words[which].latency)
        if seen.packets < 4 and seen.size_bytes < 9000:
            return self._by_size(Word(0, True), seen)
        if seen.packets < 48:
            return Word(longer_us, False)
        if seen.packets < 96:
            return Word(self._vector_us, False)
        if seen.packets < 256:
            return Word(max(self._vector_us // 2, self._least), False)
        return self._by_size(Word(0, False), seen)

    def _by_size(self, word: Word, seen: Seen) -> Word:
        weight = _weight(seen.size_bytes // seen.packets, 5120, (316, 2720), 1967)
        steps = ceil_div(weight // 2 if word.latency else weight, self._divisor)
        return Word(min(word.delay_us + 2 * steps, self._most), word.latency)


class ClassesRule(Rule):
    """Three classes by bytes per microsecond; the register moves a tenth of the way towards the class's delay."""

    def __init__(self, moderator: Moderator) -> None:
        super().__init__(moderator)
        self._class = [0, 0]
        self._register = 4 * (moderator.data.interval_ps // US_PS)

    def adapt(self, *, reaps: bool) -> None:
        """Judge the containers; the one with more traffic decides."""
        containers = (SENT, RECEIVED) if reaps else (RECEIVED,)
        for which in containers:
            self._judge(which)
        wanted = 4 * self._arguments[max(self._class[which] for which in containers)]
        if wanted != self._register:
            self._register = 10 * wanted * self._register // (9 * wanted + self._register)
            self._moderator.directions[RECEIVED].interval_ps = (self._register & 0xFF8) * 250_000

    def _judge(self, which: int) -> None:
        seen, delay_us = self._seen[which], self._register // 4
        if seen.packets == 0 or delay_us == 0:
            return
        rate, now = seen.size_bytes // delay_us, self._class[which]
        if now == 0:
            self._class[which] = 1 if rate > 10 else 0
        elif now == 1:
            self._class[which] = 2 if rate > 20 else 0 if rate <= 10 else 1
        else:
            self._class[which] = 1 if rate <= 20 else 2
        self._forget(which)


PROFILES = 5
TOP, TIRED, LEFT, RIGHT = "top", "tired", "left", "right"
BETTER, SAME, WORSE = "better", "same", "worse"


@dataclass(frozen=True, slots=True)
class Sample:
    """Totals at one instant."""

    fired: int
    packets: int
    size_bytes: int
    time_us: int


class Climber:
    """One direction's search among its profiles."""

    def __init__(self, first: int) -> None:
        self.profile = first
        self._start: Sample | None = None
        self._tune = TOP
        self._left = self._right = self._tired = 0
        self._before = (0, 0, 0)

    def sample(self, sample: Sample) -> bool:
        """Judge what has happened since the start of the window; return whether the profile has changed."""
        start = self._start
        if start is None or sample.time_us - start.time_us >= 10**6:
            self._start = sample
            return False
        elapsed_us = sample.time_us - start.time_us
        if sample.fired - start.fired < 64 or elapsed_us == 0:
            return False
        rates = (
            ceil_div((sample.size_bytes - start.size_bytes) * 1000, elapsed_us),
            ceil_div((sample.packets - start.packets) * 1000, elapsed_us),
            ceil_div(64 * 1000, elapsed_us),
        )
        before, was_top = self.profile, self._tune == TOP
        self._decide(self._compare(rates))
        if not (was_top and self._tune == TOP):
            self._before = rates
        changed = self.profile != before
        self._start = None if changed else sample
        return changed

    def _compare(self, rates: tuple[int, int, int]) -> str:
        (size, packets, events), (size_0, packets_0, events_0) = rates, self._before
        if size_0 == 0:
            return BETTER if size > 0 else SAME
        if _differ(size, size_0):
            return BETTER if size > size_0 else WORSE
        if packets_0 == 0:
            return BETTER if packets > 0 else SAME
        if _differ(packets, packets_0):
            return BETTER if packets > packets_0 else WORSE
        if events_0 == 0 or not _differ(events, events_0):
            return SAME
        return BETTER if events < events_0 else WORSE

    def _decide(self, compared: str) -> None:
        if self._tune == TOP:
            if compared != SAME:
                self._leave()
        elif self._tune == TIRED:
            self._tired -= 1
            if self._tired == 0:
                self._leave()
        else:
            if compared != BETTER:
                self._turn()
            if self._on_top:
                self._park()
            else:
                self._step()

    def _leave(self) -> None:
        self._tune = LEFT if self.profile > 0 else RIGHT
        self._step()

    def _turn(self) -> None:
        if self._tune == RIGHT:
            self._tune, self._left = LEFT, 0
        else:
            self._tune, self._right = RIGHT, 0

    @property
    def _on_top(self) -> bool:
        if self._tune == RIGHT:
            return self._left > 1 and self._right == 1
        return self._right > 1 and self._left == 1

    def _step(self) -> None:
        if self._tired == 10:
            self._tune = TIRED
            self._left = self._right = 0
        elif self.profile == (PROFILES - 1 if self._tune == RIGHT else 0):
            self._park()
        else:
            self.profile += 1 if self._tune == RIGHT else -1
            self._right += self._tune == RIGHT
            self._left += self._tune == LEFT
            self._tired += 1

    def _park(self) -> None:
        self._tune = TOP
        self._left = self._right = self._tired = 0


def _differ(new: int, old: int) -> bool:
    return 100 * abs(new - old) // old > 10


class DimRule(Rule):
    """A climber per direction; interrupts of the vector are the events of both."""

    def __init__(self, moderator: Moderator) -> None:
        super().__init__(moderator)
        self._climbers = (Climber(self._arguments[0]), Climber(self._arguments[0]))

    def adapt(self, *, reaps: bool) -> None:
        """Sample each direction."""
        for which in (SENT, RECEIVED) if reaps else (RECEIVED,):
            seen, climber = self._seen[which], self._climbers[which]
            sample = Sample(self._moderator.fires, seen.packets, seen.size_bytes, self._now_ps // US_PS)
            if climber.sample(sample):
                delays = 1 + 2 * PROFILES * which
                self._set_us(which, self._arguments[delays + climber.profile])
                self._moderator.directions[which].frames = self._arguments[delays + PROFILES + climber.profile]


def rule_of(moderator: Moderator) -> Rule | None:
    """The rule that the plan names, if any."""
    rules: dict[str, type[Rule]] = {
        "size": SizeRule, "size_vector": SizeVectorRule, "classes": ClassesRule, "dim": DimRule,
    }  # fmt: skip
    return rules[moderator.data.adapt](moderator) if moderator.data.adapt else None
