"""The table at which all entities of one run sit: the clock, the dice, the log and one another.

1. The engine creates every entity of the plan, then calls ``connect`` on each: only then do all neighbours exist.
2. Every room has a ``World`` of its own, which adds the entities of that room to those before it, and says by protocols
   (``later``) what it asks of entities that are defined after it. The engine creates the last.
3. ``counts`` of an entity belong to the measurement window; everything that decides anything is kept apart from them.

*Scope*: who knows whom. *Validation*: counters add up (tests/unit/test_reference.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulator.engines.reference.clock.calendar import Calendar, Slot
from simulator.engines.reference.clock.chance import Chance
from simulator.plan.model import Plan
from simulator.plan.slots import assign, names
from simulator.plan.trace import METRICS

if TYPE_CHECKING:
    from simulator.engines.reference.clock.packets import Packet


class World:
    """What every room finds on the table."""

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        self.plan = plan
        self.calendar = Calendar(names(plan))
        self.numbers = assign(plan)
        self.chance = Chance(plan.streams, seed, replication)
        self.log: list[tuple[int, str, str, int]] = []
        self.logging = log
        self.born = 0
        self.alive = 0

    @property
    def now_ps(self) -> int:
        """The present instant."""
        return self.calendar.now_ps

    def slot(self, number: int) -> Slot:
        """The slot with that number."""
        return self.calendar.slots[number]

    def note(self, event: str, place: str, number: int) -> None:
        """Log one line, if the run keeps a log."""
        if self.logging:
            self.log.append((self.now_ps, event, place, number))

    def lose(self, packet: Packet, place: Entity) -> None:
        """Drop ``packet`` at ``place``; a sender that waits for its descriptors gets them back."""
        packet.release_ring(at_once=True)
        place.counts["dropped"] += 1
        self.note("drop", place.name, packet.number)
        self.alive -= 1


class Entity:
    """Something with a name and counters; ``kind`` is a key of ``METRICS``."""

    kind: ClassVar[str]

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self.world = world
        self.counts: dict[str, int] = dict.fromkeys(METRICS[self.kind], 0)

    def connect(self) -> None:
        """Look up neighbours and make the first arms; called once, when all entities exist."""

    def begin_window(self) -> None:
        """Forget what was counted; keep everything that decides what happens next."""
        self.counts = dict.fromkeys(self.counts, 0)

    def counters(self) -> dict[str, int]:
        """The counters of the window, up to now."""
        return dict(self.counts)
