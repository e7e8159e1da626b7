"""Interrupt moderation of one vector: completions come in, few interrupts go out.

1. An event is latched; the latch is cleared by firing, never by polling.
2. Firing masks the vector; the driver's unmask write makes it look at the latch again.
3. When it may fire is a matter of kind: at once, after a gap since the last interrupt, or after so much time or so
   many events.
4. A device's vector sends a message itself. That of an emulated device is software: whoever makes it fire pays for the
   signal, and when its time comes by itself it wakes the worker that does so.

*Scope*: Intel ITR (``gap``), rx-usecs/rx-frames (``coal``), mlx5's two timer modes.
*Validation*: conformance vectors of each kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.bus.transactions import Msi, Unmask
from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.interrupts.world import Entity, World
from simulator.errors import EngineError
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.interrupts.routes import IrqRoute
    from simulator.engines.reference.queues.later import Worker

LONG_AGO_PS = -(2**62)


class Moderator(Entity):
    """One interrupt vector of a device."""

    kind = "moderator"
    route: IrqRoute

    def __init__(self, data: model.Moderator, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.last_ps = LONG_AGO_PS
        """When it last fired."""
        self._enabled = True
        self._pending = False
        self._count = 0
        self._first_ps = 0
        self._slot = slot
        slot.call(self._time_has_come)

    def connect(self) -> None:
        """Find the route."""
        self.route = self.world.routes[self.data.route]

    def event(self, count: int) -> None:
        """``count`` completions have been handed to the bus."""
        self._latch(count)
        self._evaluate()

    def _latch(self, count: int) -> None:
        self.counts["events"] += count
        self._count += count
        if not self._pending or self.data.kind == "coal_cqe":
            self._first_ps = self.world.now_ps
        self._pending = True

    def _time_has_come(self) -> None:
        self._evaluate()

    def _evaluate(self) -> None:
        if self._settle():
            self._send()

    def _settle(self) -> bool:
        """Fire if it is time and return True; otherwise set the timer if there is something to wait for."""
        if self._is_due:
            self._fire()
            return True
        self._wait()
        return False

    @property
    def _is_due(self) -> bool:
        return self._enabled and self._pending and self.world.now_ps >= self._due_ps()

    def _wait(self) -> None:
        if self._enabled and self._pending:
            self._slot.arm(self._due_ps())

    def _due_ps(self) -> int:
        now_ps, enough = self.world.now_ps, self._count >= self.data.frames
        match self.data.kind:
            case "none":
                return now_ps
            case "gap":
                return self.last_ps + self.data.interval_ps
            case "coal" | "coal_cqe":
                return now_ps if enough else self._first_ps + self.data.interval_ps
            case "coal_eqe":
                return now_ps if enough else self.last_ps + self.data.interval_ps
        raise EngineError(f"{self.name}: unknown kind of moderation {self.data.kind!r}")

    def _fire(self) -> None:
        self._pending = False
        self._count = 0
        self.last_ps = self.world.now_ps
        self._enabled = False
        self._slot.disarm()
        self.counts["fired"] += 1

    def _send(self) -> None:
        if self.data.dma == NONE:
            self.route.signal()
        else:
            self.world.dmas[self.data.dma].up.send(Msi(self), self.data.msi_bytes)

    def unmask(self) -> None:
        """The driver writes to the device that the vector may fire again."""
        if self.data.dma == NONE:
            self.rearm()
        else:
            self.world.dmas[self.data.dma].down.send(Unmask(self), self.data.unmask_bytes)

    def rearm(self) -> bool:
        """The vector may fire again; return whether somebody has to signal the interrupt now. A device does so itself."""
        self._enabled = True
        self._evaluate()
        return False

    def acknowledge(self) -> None:
        """The driver has read why it was interrupted: nothing is latched any more. The timer may expire in vain."""
        self._pending = False
        self._count = 0


class SoftwareModerator(Moderator):
    """The vector of an emulated device."""

    worker: Worker

    def __init__(self, data: model.Moderator, world: World, slot: Slot) -> None:
        super().__init__(data, world, slot)

    def connect(self) -> None:
        """Find the route and the worker."""
        super().connect()
        self.worker = self.world.workers[self.data.worker]

    def signal(self, count: int) -> bool:
        """``count`` completions have been shown to the driver; return whether that fires."""
        self._latch(count)
        return self.settle()

    def settle(self) -> bool:
        """Fire if it is time; return whether it fired."""
        return self._settle()

    def rearm(self) -> bool:
        """The vector may fire again; return whether it has fired."""
        self._enabled = True
        return self._settle()

    def _time_has_come(self) -> None:
        if self._is_due:
            self.worker.wake()
        else:
            self._wait()


def moderator_of(data: model.Moderator, world: World, slot: Slot) -> Moderator:
    """The moderator that the plan describes."""
    return Moderator(data, world, slot) if data.worker == NONE else SoftwareModerator(data, world, slot)
