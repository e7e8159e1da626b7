"""The page on ties tells the order that the plan numbers its slots in."""

from __future__ import annotations

import re

from simulator.plan.slots import CLASSES
from tests.docs.markdown import ROOT

WORDS = {
    "source": "sources", "link": "links", "memory": "memory", "hardware": "engines finish", "hold": "held descriptors",
    "moderator": "moderators", "route": "routes", "kick": "kicks land", "halt_poll": "halt polling", "tick": "ticks",
    "timeout": "time-outs", "flight": "wake-up calls land", "quota": "quotas",
    "examination": "look at their queues", "core": "cores",
}  # fmt: skip
"""Class of slots -> what the page calls it."""


def test_the_classes_of_slots_stand_in_their_order() -> None:
    page = (ROOT / "docs" / "explanation" / "ties.md").read_text(encoding="utf-8")
    items = dict(re.findall(r"^(\d)\. (.*)$", page, re.MULTILINE))
    assert [(name, WORDS[name] in items[str(number)]) for name, number in CLASSES] == [(name, True) for name in WORDS]
    assert len(items) == max(number for _, number in CLASSES)
