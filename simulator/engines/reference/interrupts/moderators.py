"""Interrupt moderation of one vector: completions come in, few interrupts go out.

1. An event is latched; the latch is cleared by firing, never by polling.
2. Firing masks the vector; the driver's unmask write makes it look at the latch again.
3. When it may fire is a matter of kind: at once, after a gap since the last interrupt, or after so much time or so
   many events.
4. Received and sent packets may have intervals of their own, and the driver may change them (``adaptation``).
5. A device's vector sends a message itself. That of an emulated device is software: whoever makes it fire pays for the
   signal, and when its time comes by itself it wakes the worker that does so.

*Scope*: Intel ITR (``gap``), rx-usecs/rx-frames (``coal``), mlx5's two timer modes.
*Validation*: conformance vectors of each kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.bus.transactions import Msi, Unmask
from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.interrupts.adaptation import rule_of
from simulator.engines.reference.interrupts.world import Entity, World
from simulator.engines.reference.queues.rx_ring import RxRing
from simulator.errors import EngineError
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.interrupts.routes import IrqRoute
    from simulator.engines.reference.queues.later import Worker

LONG_AGO_PS = -(2**62)


class Direction:
    """What a vector knows of received packets, or of sent ones."""

    def __init__(self, interval_ps: int, frames: int) -> None:
        self.interval_ps = interval_ps
        self.frames = frames
        self.pending = False
        self.count = 0
        self.first_ps = 0

    def clear(self) -> None:
        """Nothing is latched any more."""
        self.pending = False
        self.count = 0


class Moderator(Entity):
    """One interrupt vector of a device."""

    kind = "moderator"
    route: IrqRoute

    def __init__(self, data: model.Moderator, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.last_ps = LONG_AGO_PS
        """When it last fired."""
        self.fires = 0
        """How often it has fired since the beginning of the run."""
        self.directions = [Direction(data.interval_ps, data.frames)]
        if data.tx_interval_ps != NONE:
            self.directions.append(Direction(data.tx_interval_ps, data.tx_frames))
        self._enabled = True
        self._rule = rule_of(self)
        self._holding: list[RxRing] = []
        self._slot = slot
        slot.call(self._time_has_come)

    def connect(self) -> None:
        """Find the route and the rings that hold packets until it fires."""
        self.route = self.world.routes[self.data.route]
        rings = [ring for ring in self.world.rings if isinstance(ring, RxRing) and ring.moderator is self]
        self._holding = [ring for ring in rings if ring.data.hold_group > 1]

    def event(self, count: int, *, sent: bool = False) -> None:
        """``count`` completions, of ``sent`` packets or of received ones, have been handed to the bus."""
        self._latch(count, self.directions[-1 if sent else 0])
        self._evaluate()

    def observe(self, packets: int, size_bytes: int, *, sent: bool) -> None:
        """The driver has seen so many packets."""
        if self._rule is not None:
            self._rule.observe(packets, size_bytes, sent=sent)

    def _latch(self, count: int, direction: Direction) -> None:
        self.counts["events"] += count
        direction.count += count
        if not direction.pending or self.data.kind == "coal_cqe":
            direction.first_ps = self.world.now_ps
        direction.pending = True

    @property
    def _pending(self) -> bool:
        return any(direction.pending for direction in self.directions)

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
        due_ps = min(self._direction_due_ps(direction) for direction in self.directions if direction.pending)
        return max(due_ps, self.last_ps + self.data.least_gap_ps) if self.data.least_gap_ps else due_ps

    def _direction_due_ps(self, direction: Direction) -> int:
        now_ps, enough = self.world.now_ps, direction.count >= direction.frames
        match self.data.kind:
            case "none":
                return now_ps
            case "gap":
                return self.last_ps + direction.interval_ps
            case "coal" | "coal_cqe":
                return now_ps if enough else direction.first_ps + direction.interval_ps
            case "coal_eqe":
                return now_ps if enough else self.last_ps + direction.interval_ps
        raise EngineError(f"{self.name}: unknown kind of moderation {self.data.kind!r}")

    def _fire(self) -> None:
        for ring in self._holding:
            ring.hand_over_all()
        for direction in self.directions:
            direction.clear()
        self.last_ps = self.world.now_ps
        self._enabled = False
        self._slot.disarm()
        self.fires += 1
        self.counts["fired"] += 1

    def _send(self) -> None:
        if self.data.dma == NONE:
            self.route.signal()
        else:
            self.world.dmas[self.data.dma].up.send(Msi(self), self.data.msi_bytes)

    def unmask(self, *, reaps: bool) -> None:
        """The driver adapts the intervals and writes to the device that the vector may fire again."""
        if self._rule is not None:
            self._rule.adapt(reaps=reaps)
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
        for direction in self.directions:
            direction.clear()


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
        self._latch(count, self.directions[0])
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
