"""The rules of drivers by themselves: what a poll has seen goes in, the vector's intervals come out.

1. A *driver* is the rule alone, of the reference engine (its class) or of the kernel (its functions on the words of a plan that has nothing else).
2. ``random_polls`` are sequences that a whole plan would need hundreds of packets for.

*Scope*: ``docs/reference/plan.md`` 6.1. *Validation*: ``test_adaptation`` computes sequences by hand; ``branches`` counts what the random ones reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol

from simulator.engines.compiled import image, kernel
from simulator.engines.reference.interrupts import adaptation
from simulator.plan import model
from simulator.plan.draws import Draws
from tests.engines.twin import load

US = 1_000_000
JIFFY_US = 4000
RULES = ("size", "size", "size", "size", "size_vector", "classes", "classes", "dim", "dim", "dim")


@dataclass(frozen=True, slots=True)
class Poll:
    """When a poll ends, and the (packets, bytes) received and sent that it has seen; interrupts fired since the beginning."""

    now_us: int
    rx: tuple[int, int]
    tx: tuple[int, int] = (0, 0)
    fired: int = 0
    reaps: bool = True


class Driver(Protocol):
    """A vector with a rule, as its driver sees it."""

    def poll(self, poll: Poll) -> tuple[int, int]:
        """A poll has ended in which it has seen (packets, bytes); the intervals then, in microseconds."""


class ReferenceDriver:
    """The rule's class."""

    def __init__(self, data: model.Moderator) -> None:
        starts = (data.interval_ps, data.tx_interval_ps)
        directions = [SimpleNamespace(interval_ps=ps, frames=0) for ps in starts]
        world = SimpleNamespace(now_ps=0)
        moderator: Any = SimpleNamespace(data=data, directions=directions, world=world, fires=0)
        self._moderator = moderator
        rule = adaptation.rule_of(moderator)
        assert rule is not None
        self._rule = rule

    def poll(self, poll: Poll) -> tuple[int, int]:
        self._moderator.world.now_ps, self._moderator.fires = poll.now_us * US, poll.fired
        self._rule.observe(*poll.rx, sent=False)
        self._rule.observe(*poll.tx, sent=True)
        self._rule.adapt(reaps=poll.reaps)
        received, sent = self._moderator.directions
        return received.interval_ps // US, sent.interval_ps // US


class KernelDriver:
    """The kernel's function on the words of a plan that has nothing but this vector."""

    def __init__(self, data: model.Moderator, code: ModuleType | None = None) -> None:
        plan = model.Plan("rule", moderators=(data,))
        built = image.build(plan, Draws((), 1, 0), log_capacity=0)
        self._code = code or load(checked=True)
        self._words: list[int] = built.memory.tolist()
        self._at = built.at["moderators"][0]

    def poll(self, poll: Poll) -> tuple[int, int]:
        m, x = self._words, self._at
        m[kernel.H_NOW], m[x + kernel.M_FIRES] = poll.now_us * US, poll.fired
        self._code.observe_received(m, x, *poll.rx)
        self._code.observe_sent(m, x, *poll.tx)
        self._code.moderator_adapt(m, x, poll.reaps)
        return m[x + kernel.M_INTERVAL] // US, m[x + kernel.M_TX_INTERVAL] // US


def vector(rule: str, numbers: tuple[int, ...], start_us: int = 0) -> model.Moderator:
    both = rule in ("size", "dim")
    return model.Moderator(
        "m", -1, "gap", interval_ps=start_us * US, tx_interval_ps=start_us * US if both else -1, adapt=rule,
        adapt_args=numbers,
    )  # fmt: skip


def random_polls(seed: int) -> tuple[model.Moderator, list[Poll]]:
    """A vector with a rule and sixty polls, the same for the same seed."""
    die = Random(f"polls {seed}")
    rule = RULES[seed % len(RULES)]
    polls = _windows(die) if rule == "dim" else _counts(die)
    return vector(rule, _numbers(rule, die), die.choice((0, 10, 10, 50))), polls


def _numbers(rule: str, die: Random) -> tuple[int, ...]:
    if rule == "classes":
        return (10, 50, 125)
    if rule == "dim":
        return (die.randrange(5), *range(1, 21))
    least = die.choice((10, 124, 124))
    return (least, die.choice((126, least + 4)), die.choice((512, 4096)), JIFFY_US * US)


def _seen(die: Random) -> tuple[int, int]:
    packets = die.choice((0, 1, 2, 3, 3, 8, 40, 60, 90, 100, 200, 300))
    return packets, packets * die.choice((50, 60, 100, 250, 350, 1000, 1514, 2500, 9000))


def _counts(die: Random) -> list[Poll]:
    """Traffic changes now and then; most polls come before a jiffy is over."""
    reaps, now_us, made = die.random() < 0.8, 8000, list[Poll]()
    rx, tx = _seen(die), _seen(die)
    for _ in range(60):
        now_us += die.choice((*[20] * 12, 500, 2000, 9000))
        if die.random() < 0.3:
            rx, tx = die.choice((_seen(die), _seen(die), (0, 0))), die.choice((_seen(die), (0, 0)))
        made.append(Poll(now_us, rx, tx, 0, reaps))
    return made


def _windows(die: Random) -> list[Poll]:
    """Each poll is one window, unless interrupts are too few; rates wander about."""
    reaps, now_us, fired, made = die.random() < 0.5, 1000, 0, list[Poll]()
    steady = die.random() < 0.4
    packets = 1000
    for _ in range(60):
        elapsed_us = die.choice((0, 1000, 1000, 1000, 1000, 1000, 2000, 1_000_000 if not steady else 1000))
        now_us += elapsed_us
        fired += die.choice((5, 64, 64, 64, 64, 64))
        if not steady:
            packets = die.choice((packets, 0, 500, 1000, 2000, 4000))
        size = die.choice((1000, 1000, 1_000_000 // max(1, packets))) if not steady else 1000
        seen = packets * elapsed_us // 1000
        made.append(Poll(now_us, (seen, seen * size), (seen // 2, seen // 2 * size), fired, reaps))
    return made
