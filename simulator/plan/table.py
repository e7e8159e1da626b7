"""A plan as text: one table per kind of entity, with names for indices and units on every number.

A column appears when at least one entity departs from the default there; gates, inputs and outputs are written in short form,
such as `event -> wake vm0.napi, 1.20 us, exit IOEVENTFD`.
*Scope*: for reading, not for reading back. *Validation*: `tests/unit/test_plan_table.py`.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from simulator.plan.draws import describe
from simulator.plan.model import INFINITE_PS, NONE, Gate, Input, Notify, Output, Plan, Switch
from simulator.plan.references import ENTITIES, collection
from simulator.units import format_bit_rate, format_size, format_time

LISTED_PORTS = 8


def as_table(plan: Plan) -> str:
    """The whole plan as aligned text, one section per kind that has entities."""
    sections = [f"plan {plan.name}", "stages: " + ", ".join(plan.stages)]
    if plan.streams:
        rows = [[stream.name, describe(stream)] for stream in plan.streams]
        sections.append(_section("streams", [["name", "draws"], *rows]))
    for name in ENTITIES:
        entities = getattr(plan, name)
        if entities:
            columns = _columns(entities)
            rows = [[_cell(plan, entity, column) for column in columns] for entity in entities]
            sections.append(_section(name, [list(columns), *rows]))
    return "\n\n".join(sections) + "\n"


def _columns(entities: tuple[Any, ...]) -> tuple[str, ...]:
    hidden = {field.name for field in fields(entities[0]) if field.name.endswith("_kind")}
    return tuple(
        field.name
        for field in fields(entities[0])
        if field.name not in hidden
        and (field.default is MISSING or any(getattr(entity, field.name) != field.default for entity in entities))
    )


def _section(title: str, rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{title} ({len(rows) - 1})", lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _cell(plan: Plan, entity: Any, field: str) -> str:
    value = getattr(entity, field)
    if isinstance(value, Gate):
        return _gate(plan, value)
    if isinstance(entity, Switch) and isinstance(value, tuple):
        return _ports(value)
    if isinstance(value, tuple):
        return "; ".join(
            _part(plan, item) if isinstance(item, Input | Output | Notify) else _numbers(item) for item in value
        )
    return _scalar(plan, entity, field, value)


def _scalar(plan: Plan, part: Any, field: str, value: Any) -> str:
    target = collection(part, field)
    if value == NONE:
        return "-"
    if target is not None:
        return _name(plan, target, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _number(field, value) if isinstance(value, int) else str(value)


def _number(field: str, value: int) -> str:
    if value >= INFINITE_PS:
        return "no limit"
    if field.endswith("_ps"):
        return format_time(value)
    if field.endswith("_bps"):
        return format_bit_rate(value) if value else "unlimited"
    if field.endswith("_bytes"):
        return format_size(value)
    return f"{value} fs/B" if field == "byte_fs" else str(value)


def _name(plan: Plan, target: str, index: int) -> str:
    found = getattr(plan, target)[index]
    return found if isinstance(found, str) else str(found.name)


def _gate(plan: Plan, gate: Gate) -> str:
    if gate.mode == "never":
        return "never"
    delay = f" after {gate.delay_num}/{gate.delay_den}" if gate.delay_num else ""
    return f"{gate.mode}{delay} -> {_notify(plan, gate.notify)}"


def _notify(plan: Plan, notify: Notify) -> str:
    words = (
        [notify.kind] if notify.kind == "none" else [f"{notify.kind} {_scalar(plan, notify, 'target', notify.target)}"]
    )
    words += [format_time(notify.cost_ps)] if notify.cost_ps else []
    words += [f"exit {notify.exit}"] if notify.exit else []
    if notify.lock != NONE:
        words.append(f"{format_time(notify.locked_ps)} under {_name(plan, 'locks', notify.lock)}")
    return ", ".join(words)


def _part(plan: Plan, item: Input | Output | Notify) -> str:
    if isinstance(item, Notify):
        return _notify(plan, item)
    return _short(plan, item, f"{item.kind} {_scalar(plan, item, 'index', item.index)}")


def _numbers(item: int | tuple[int, ...]) -> str:
    """A number of a rule, or the two times of an idle state."""
    return "/".join(format_time(ps) for ps in item) if isinstance(item, tuple) else str(item)


def _short(plan: Plan, item: Input | Output, head: str) -> str:
    """The head and what departs from the defaults, in brackets."""
    odd = [
        f"{field.name.removesuffix('_ps').removesuffix('_bps')} {_scalar(plan, item, field.name, getattr(item, field.name))}"
        for field in fields(item)
        if field.default is not MISSING and getattr(item, field.name) != field.default
    ]
    return f"{head} ({', '.join(odd)})" if odd else head


def _ports(entries: tuple[Any, ...]) -> str:
    shown = " ".join(f"{e[0]}+{e[1]}" if isinstance(e, tuple) else str(e) for e in entries[:LISTED_PORTS])
    return shown if len(entries) <= LISTED_PORTS else f"{shown} ... ({len(entries) - LISTED_PORTS} more)"
