"""The fingerprint stays what it was, and every single field of a plan is in it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

from simulator.plan import draws, model, slots
from simulator.plan.fingerprint import fingerprint
from simulator.plan.references import entities, parts
from tests.conformance.vectors import vectors
from tests.engines.mutation import with_entity, with_field

PLAN = model.Plan(
    "golden",
    ("wire",),
    (draws.constant("size", 100), draws.constant("flow", 0), draws.constant("gap", 5)),
    (model.Source("source", "open", "link", 0, 0, 1, 1, 2),),
    (model.Sink("sink"),),
    (model.Link("link", 1000, stage=0, target_kind="sink", target=0),),
)
GOLDEN = "5a7750fa7c33245f66f3cf4a0035f1f9208e0c8dbc0dea64241ddbbe1ac06ff3"


def test_golden_value() -> None:
    assert fingerprint(PLAN) == GOLDEN


def test_another_process_gives_the_same() -> None:
    # A new interpreter has another hash seed.
    code = "from tests.unit.test_plan_fingerprint import PLAN, fingerprint; print(fingerprint(PLAN))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == fingerprint(PLAN)


def test_every_field_changes_it() -> None:
    seen: set[tuple[str, str]] = set()
    for plan in (vector.plan for vector in vectors()):
        before = fingerprint(plan)
        for where, index, entity in entities(plan):
            for path, part in parts(entity):
                for field in dataclasses.fields(part):
                    key, value = (type(part).__name__, field.name), getattr(part, field.name)
                    if key in seen or not isinstance(value, int | str):
                        continue
                    other = (
                        not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else value + "x"
                    )
                    if key[1] == "kind" or key[1] == "poll_mode":
                        other = {"hw": "task", "core": "vcpu"}.get(str(value), other)
                    assert (
                        fingerprint(with_entity(plan, where, index, with_field(entity, path, field.name, other)))
                        != before
                    )
                    seen.add(key)
    assert len(seen) > 150


def test_streams_stages_and_order_change_it() -> None:
    before = fingerprint(PLAN)
    assert fingerprint(dataclasses.replace(PLAN, streams=(*PLAN.streams[:2], draws.constant("gap", 6)))) != before
    assert fingerprint(dataclasses.replace(PLAN, stages=("other",))) != before
    twice = dataclasses.replace(PLAN, sinks=(model.Sink("a"), model.Sink("b")))
    assert fingerprint(twice) != fingerprint(dataclasses.replace(PLAN, sinks=twice.sinks[::-1]))


def test_slot_numbers_are_in_it(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    before = fingerprint(PLAN)
    monkeypatch.setattr(slots, "CLASSES", tuple((name, 9 - number) for name, number in slots.CLASSES))
    assert fingerprint(PLAN) != before
