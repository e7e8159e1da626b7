"""One direction of a ring: what was produced, what of it is published, and the gate that decides who is told.

1. Publishing and checking are one action: the consumer sees the new index, a poller of the ring is told, then the
   gate is checked.
2. The gate fires or suppresses; what a fired gate causes is the publisher's business: software pays for it, hardware
   does not.
3. A gate may leave the question to the interrupt moderation of an emulated device.
4. A consumer that goes to sleep enables its gate and learns in the same instant whether something has slipped in.

*Scope*: notification suppression as virtio, NAPI and VMBus do it. *Validation*: conformance vectors of each gate mode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.engines.reference.queues.effects import run_effect
from simulator.engines.reference.queues.world import Entity
from simulator.errors import EngineError
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.queues.later import SoftwareModerator, Worker

BEHIND = -1
"""An event index that no published index ever passes."""


class Side:
    """The producer's and the consumer's view of one direction of ``owner``."""

    def __init__(
        self,
        owner: Entity,
        gate: model.Gate,
        *,
        counted_as: str,
        produced: Callable[[], int],
        consumed: Callable[[], int],
        outstanding: Callable[[], int] | None = None,
        checked: bool = True,
    ) -> None:
        self.published = 0
        self.enabled = True
        self.event = 0
        self.poller: Worker | None = None
        self.moderator: SoftwareModerator | None = None
        """Who decides for a gate of mode ``moderated``."""
        self._gate = gate
        self._owner = owner
        self._prefix = counted_as
        self._produced = produced
        self._consumed = consumed
        self._outstanding = outstanding
        self._checked = checked

    @property
    def signal(self) -> model.Notify | SoftwareModerator:
        """What follows when the gate fires: what the plan says, or an emulated device raises its interrupt."""
        return self._gate.notify if self.moderator is None else self.moderator

    @property
    def unpublished(self) -> int:
        """How many entries the consumer does not see yet."""
        return self._produced() - self.published

    def publish(self) -> bool:
        """Show the consumer everything; return whether the gate fired."""
        old, new = self.published, self._produced()
        if new <= old:
            return False
        self.published = new
        if self.poller is not None:
            self.poller.tell(self._owner)
        return self._checked and self._check(old, new)

    def publish_at_once(self) -> None:
        """Publish for a producer that is no software: a notification costs it nothing."""
        if self.publish():
            run_effect(self._gate.notify, self._owner.world)

    def _check(self, old: int, new: int) -> bool:
        fires = self._fires(old, new)
        self._count("checks")
        self._count("fired" if fires else "suppressed")
        return fires

    def _count(self, metric: str) -> None:
        self._owner.counts[self._prefix + metric] += 1

    def _fires(self, old: int, new: int) -> bool:
        match self._gate.mode:
            case "always":
                return True
            case "never":
                return False
            case "flag":
                return self.enabled
            case "event":
                return old <= self.event < new
            case "edge":
                return self.enabled and self._consumed() == old
            case "moderated" if self.moderator is not None:
                return self.moderator.signal(new - old)
        raise EngineError(f"{self._owner.name}: unknown gate mode {self._gate.mode!r}")

    def disable(self, *, backend: bool) -> None:
        """The consumer is awake. A backend leaves its event index, which is behind as soon as something is consumed."""
        self.enabled = False
        if self._gate.mode == "event" and not backend:
            self.event = BEHIND

    def enable(self) -> bool:
        """The consumer wants to be told again; return whether there is work already."""
        self.enabled = True
        self.event = self._consumed()
        if self._gate.delay_num > 0 and self._outstanding is not None:
            self.event += self._outstanding() * self._gate.delay_num // self._gate.delay_den
        return self.published > self.event

    def await_next(self) -> None:
        """The consumer knows that what is published does not suffice: it wants to be told of the next entry."""
        self.enabled = True
        self.event = self.published
