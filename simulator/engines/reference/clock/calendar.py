"""Timers that fire in the order (time, slot number), and nothing else decides.

1. A slot holds at most one pending time, so the order of any two handlers is a property of the model.
2. Each arm puts one pre-triggered SimPy event into SimPy's queue, with the slot number as its priority; a later arm or
   disarm does not search for it but makes it stale, which the event finds out when its turn comes.
3. A process is a generator that waits on its slot: ``while True: yield slot.wait()``. It is resumed inside the
   event's own callback: SimPy's processes and timeouts would bring priorities of their own into the queue.

*Scope*: the clock of one run. *Validation*: tests/unit/test_reference_calendar.py, conformance vectors of the tie rule.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy
from simpy.events import EventPriority

from simulator.errors import EngineError

FIRST_PRIORITY = 16
"""SimPy's own priorities 0 and 1 stay below: a control process resumes before any slot of its instant."""
HANDLERS_PER_INSTANT = 1_000_000

Process = Generator["Slot", None, None]


class _Alarm(simpy.Event):
    """One arm of a slot; born triggered, so that SimPy only has to keep it in order."""

    def __init__(self, env: simpy.Environment, arm: int = 0) -> None:
        super().__init__(env)
        self._ok = True
        self._value = arm


class Slot:
    """One timer: idle (``time_ps`` is None) or armed with one time."""

    def __init__(self, calendar: Calendar, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.time_ps: int | None = None
        self._calendar = calendar
        self._arms = 0
        self._handler: Callable[[], object] | None = None

    def attach(self, process: Process) -> None:
        """Let ``process`` run to its first wait; from then on the slot resumes it."""
        next(process)
        self._handler = process.__next__

    def call(self, handler: Callable[[], object]) -> None:
        """Run ``handler`` each time the slot fires: for entities that own several slots."""
        self._handler = handler

    def wait(self) -> Slot:
        """What a process yields to sleep until this slot fires."""
        return self

    def arm(self, time_ps: int) -> None:
        """Fire at ``time_ps`` (not before now), in place of any earlier arm."""
        if time_ps == self.time_ps:
            return
        self._arms += 1
        self.time_ps = time_ps
        alarm = _Alarm(self._calendar.env, self._arms)
        alarm.callbacks.append(self._fire)
        self._calendar.schedule(alarm, self.number, time_ps)

    def arm_min(self, time_ps: int) -> None:
        """Fire at ``time_ps`` unless the slot is armed for an earlier time."""
        if self.time_ps is None or time_ps < self.time_ps:
            self.arm(time_ps)

    def disarm(self) -> None:
        """Forget the pending time, if any."""
        self._arms += 1
        self.time_ps = None

    def _fire(self, alarm: Any) -> None:
        if alarm.value != self._arms:
            return
        self.time_ps = None
        self._calendar.count(self)
        if self._handler is None:
            raise EngineError(f"slot {self.name} fired but nobody owns it")
        self._handler()


class Calendar:
    """All slots of one run and the SimPy environment that keeps them in order."""

    def __init__(self, names: list[str]) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.slots = [Slot(self, number, name) for number, name in enumerate(names)]
        self.handled = 0
        self._instant_ps = -1
        self._at_instant = 0

    @property
    def now_ps(self) -> int:
        """The present instant."""
        return int(self.env.now)

    def schedule(self, alarm: simpy.Event, number: int, time_ps: int) -> None:
        """Queue ``alarm`` for slot ``number``; a time in the past is a broken engine, not a late timer."""
        if time_ps < self.env.now:
            raise EngineError(f"slot {number} armed for {time_ps} ps at {self.env.now} ps")
        self.env.schedule(alarm, EventPriority(FIRST_PRIORITY + number), time_ps - self.now_ps)

    def count(self, slot: Slot) -> None:
        """Count one handler run; too many at one instant is a loop that would never end."""
        self.handled += 1
        if self.env.now != self._instant_ps:
            self._instant_ps, self._at_instant = self.now_ps, 0
        self._at_instant += 1
        if self._at_instant > HANDLERS_PER_INSTANT:
            raise EngineError(
                f"more than {HANDLERS_PER_INSTANT} handler runs at {self.env.now} ps, the last in {slot.name}"
            )

    def run_before(self, time_ps: int) -> None:
        """Run every handler with time < ``time_ps``; afterwards that is the present instant."""
        stop = _Alarm(self.env)
        # In front of every slot of its instant.
        self.schedule(stop, -1, time_ps)
        self.env.run(until=stop)

    def run(self, until_ps: int) -> None:
        """Run every handler with time <= ``until_ps``; afterwards that is the present instant."""
        stop = _Alarm(self.env)
        # Behind every slot of its instant, also those that handlers arm at that very instant.
        self.schedule(stop, len(self.slots), until_ps)
        self.env.run(until=stop)
