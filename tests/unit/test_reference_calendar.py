"""The calendar of the reference engine: order, replacement and the end of a run."""

from __future__ import annotations

from functools import partial

import pytest

from simulator.engines.reference.clock.calendar import Calendar, Process, Slot
from simulator.errors import EngineError


def recording(count: int) -> tuple[Calendar, list[tuple[int, int]]]:
    """A calendar whose slots note (time, slot number) when they fire."""
    calendar = Calendar([f"slot{number}" for number in range(count)])
    fired: list[tuple[int, int]] = []

    def note(slot: Slot) -> None:
        fired.append((calendar.now_ps, slot.number))

    for slot in calendar.slots:
        slot.call(partial(note, slot))
    return calendar, fired


def test_ties_go_to_the_lower_slot_not_to_the_earlier_arm() -> None:
    calendar, fired = recording(3)
    for number in (2, 0, 1):
        calendar.slots[number].arm(5)
    calendar.run(5)
    assert fired == [(5, 0), (5, 1), (5, 2)]


def test_a_later_arm_replaces_an_earlier_one() -> None:
    calendar, fired = recording(2)
    calendar.slots[0].arm(5)
    calendar.slots[0].arm(9)
    calendar.slots[0].arm_min(12)
    calendar.slots[1].arm(9)
    calendar.slots[1].arm_min(7)
    calendar.run(20)
    assert fired == [(7, 1), (9, 0)]
    assert calendar.handled == 2


def test_a_disarmed_slot_may_be_armed_again_for_the_same_time() -> None:
    calendar, fired = recording(1)
    calendar.slots[0].arm(5)
    calendar.slots[0].disarm()
    calendar.run(4)
    calendar.slots[0].arm(5)
    calendar.run(9)
    assert fired == [(5, 0)]


def test_a_lower_slot_armed_at_this_instant_goes_before_a_higher_one_that_waits() -> None:
    calendar, fired = recording(3)

    def arm_the_others() -> None:
        fired.append((calendar.now_ps, 1))
        calendar.slots[0].arm(calendar.now_ps)

    calendar.slots[1].call(arm_the_others)
    calendar.slots[1].arm(5)
    calendar.slots[2].arm(5)
    calendar.run(5)
    assert fired == [(5, 1), (5, 0), (5, 2)]


def test_a_run_ends_after_its_last_instant() -> None:
    calendar, fired = recording(2)
    calendar.slots[0].arm(5)
    calendar.slots[1].arm(6)
    calendar.run(5)
    assert (fired, calendar.now_ps) == ([(5, 0)], 5)
    calendar.run(5)
    assert fired == [(5, 0)]
    calendar.run(100)
    assert (fired, calendar.now_ps) == ([(5, 0), (6, 1)], 100)


def test_a_process_waits_on_its_slot() -> None:
    calendar = Calendar(["slot"])
    times_ps: list[int] = []

    def process(slot: Slot) -> Process:
        while True:
            yield slot.wait()
            times_ps.append(calendar.now_ps)
            slot.arm(calendar.now_ps + 10)

    calendar.slots[0].attach(process(calendar.slots[0]))
    calendar.slots[0].arm(3)
    calendar.run(30)
    assert times_ps == [3, 13, 23]


def test_the_past_is_closed() -> None:
    calendar, _ = recording(1)
    calendar.run(10)
    with pytest.raises(EngineError, match="armed for 9 ps at 10 ps"):
        calendar.slots[0].arm(9)
    with pytest.raises(EngineError, match="at 10 ps"):
        calendar.run(9)
