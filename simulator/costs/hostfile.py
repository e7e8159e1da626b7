"""A machine of one's own: a catalogued host as the base, and on it the costs that were measured, each with its range.

    schema: 1
    title: rack 7
    base: modern
    hardware: EPYC 7313P, Linux 6.12
    costs:
      h_ctxsw: {value: 1.5 us, range: [1.4 us, 2.1 us], status: measured, how: two threads of one core}
    facts:
      tick_hz: {value: 1000 Hz}

1. Names, units and statuses are the catalogue's; without ``status`` a value counts as measured, without ``range`` as exact
   (half to double if it is assumed).
2. Whatever the file does not name is the base's, with the base's sources.
3. ``conditions``, ``machine`` and ``readings`` are for the reader: how it was measured, and what else.

*Scope*: costs and facts that are times, times per byte or frequencies; interrupt hardware is the scenario's
(``capabilities``). ``sriovsim measure-host`` writes such files.
*Validation*: ``tests/unit/test_host_file.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from simulator import units
from simulator.citation import Citation, Cited, Status
from simulator.costs.model import Host
from simulator.costs.names import COSTS, HOST_FACTS
from simulator.errors import BadValue, InputError, ScenarioErrors, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node

SCHEMA = 1
_KEYS = ("schema", "title", "base", "hardware", "conditions", "costs", "facts", "machine", "readings")
_ENTRY_KEYS = ("value", "range", "status", "how")
_DIMENSIONS = {
    "ps": (units.TIME, 1),
    "ns": (units.TIME, 1000),
    "fs/B": (units.TIME_PER_BYTE, 1),
    "Hz": (units.FREQUENCY, 1),
}


def load(path: Path, bases: tuple[str, ...], catalogued: Callable[[str], Host]) -> Host:
    """The host in a file; ``ScenarioErrors`` with every fault of it. ``bases`` are the names that ``catalogued`` knows."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise BadValue(_label(path), f"cannot be read: {error.strerror}") from None
    return _load(path, changed, bases, catalogued)


@lru_cache(maxsize=16)
def _load(path: Path, _changed: int, bases: tuple[str, ...], catalogued: Callable[[str], Host]) -> Host:
    root = yaml12.load(path, _label(path))
    assert isinstance(root.value, dict)
    faults: list[InputError] = list(_unknown_keys(root, _KEYS, "key of a host file"))
    if _plain(root, "schema") != SCHEMA:
        faults.append(
            BadValue(
                _place(root, "schema"),
                f"is not the schema of this version; write 'schema: {SCHEMA}'",
                _plain(root, "schema"),
            )
        )
    base = _plain(root, "base")
    if base not in bases:
        faults.append(unknown(_place(root, "base"), "host to be the base", base, bases))
    title = _text(root, "title", path.stem, faults)
    source = _source(path, title, root, faults)
    host = catalogued(str(base) if base in bases else bases[0])
    costs, facts = (dict(host.costs), dict(host.facts))
    for section, table, known in (("costs", costs, COSTS), ("facts", facts, HOST_FACTS)):
        for name, node in _entries(root, section, faults):
            try:
                _require_name(node, section, name, known)
                table[name] = _cited(name, node, f"{section}.{name}", known[name][0], source)
            except ScenarioErrors as error:
                faults.extend(error.errors)
            except InputError as error:
                faults.append(error)
    if faults:
        raise ScenarioErrors(faults)
    return replace(
        host,
        name=path.stem,
        title=f"{title} (base: {base})",
        costs=MappingProxyType(costs),
        facts=MappingProxyType(facts),
    )


def _label(path: Path) -> str:
    here = Path.cwd()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)


def _place(root: Node, key: str) -> str:
    held = root.value.get(key) if isinstance(root.value, dict) else None
    return f"{held.origin if held else root.origin}: {key}"


def _plain(root: Node, key: str) -> object:
    held = root.value.get(key) if isinstance(root.value, dict) else None
    return held.plain() if held else None


def _text(root: Node, key: str, default: str, faults: list[InputError]) -> str:
    value = _plain(root, key)
    if value is not None and not isinstance(value, str):
        faults.append(BadValue(_place(root, key), "is not a text", value))
    return str(value) if value else default


def _source(path: Path, title: str, root: Node, faults: list[InputError]) -> Citation:
    return Citation(
        title=title,
        url_or_doc=path.name,
        hardware=_text(root, "hardware", "the reader's machine", faults),
        conditions=_text(root, "conditions", "not stated", faults),
        confidence="high",
    )


def _unknown_keys(node: Node, known: tuple[str, ...], what: str) -> Iterator[InputError]:
    assert isinstance(node.value, dict)
    for key, item in node.value.items():
        if key not in known:
            yield unknown(item.key_origin, what, key, known)


def _entries(root: Node, section: str, faults: list[InputError]) -> Iterator[tuple[str, Node]]:
    assert isinstance(root.value, dict)
    node = root.value.get(section)
    if node is None or node.value is None:
        return
    if not isinstance(node.value, dict):
        faults.append(BadValue(f"{node.origin}: {section}", "is not a map of keys", node.plain()))
        return
    yield from node.value.items()


def _require_name(node: Node, section: str, name: str, known: dict[str, tuple[str, str]]) -> None:
    place = f"{node.key_origin}: {section}.{name}"
    possible = {key: unit for key, (unit, _) in known.items() if unit in _DIMENSIONS}
    if name in known and name not in possible:
        raise BadValue(
            place, f"is in {known[name][0]}, which no host file states; it is the base's", name, tuple(possible)
        )
    if name not in possible:
        raise unknown(place, section.removesuffix("s"), name, possible)


def _cited(name: str, node: Node, path: str, unit: str, source: Citation) -> Cited:
    if not isinstance(node.value, dict):
        raise BadValue(
            f"{node.origin}: {path}", "is not a map such as {value: 600 ns, range: [550 ns, 700 ns]}", node.plain()
        )
    faults = list(_unknown_keys(node, _ENTRY_KEYS, "key of a cost"))
    if faults:
        raise ScenarioErrors(faults)
    if "value" not in node.value:
        raise InputError(f"{node.key_origin}: {path}.value", "is missing")
    value, status = _amount(node.value["value"], f"{path}.value", unit), _status(node, path)
    low, high = _range(node, path, unit, value, status)
    amount, written = units.split(node.value["value"].value, _DIMENSIONS[unit][0])
    return Cited(
        name=name,
        value=value,
        unit=unit,
        status=status,
        hardware=source.hardware,
        sources=(source,),
        low=low,
        high=high,
        note=str(_plain(node, "how") or ""),
        formula="",
        source_name="",
        given=Decimal(amount.numerator) / Decimal(amount.denominator),
        given_unit=written,
        range_assumed=status == "assumed" and "range" not in node.value,
    )


def _amount(node: Node, path: str, unit: str) -> int:
    dimension, scale = _DIMENSIONS[unit]
    try:
        return units.parse(node.value, dimension) // scale
    except InputError as error:
        raise error.at(f"{node.origin}: {path}") from None


def _status(node: Node, path: str) -> Status:
    assert isinstance(node.value, dict)
    written = node.value.get("status")
    if written is None or written.value is None:
        return "measured"
    known: tuple[Status, ...] = get_args(Status)
    found = next((status for status in known if status == written.value), None)
    if found is None:
        raise unknown(f"{written.origin}: {path}.status", "status", written.plain(), known)
    return found


def _range(node: Node, path: str, unit: str, value: int, status: Status) -> tuple[int, int]:
    assert isinstance(node.value, dict)
    ends = node.value.get("range")
    if ends is None:
        return (value // 2, value * 2) if status == "assumed" else (value, value)
    place = f"{ends.origin}: {path}.range"
    if not isinstance(ends.value, list) or len(ends.value) != 2:
        raise BadValue(place, "is not a list of two ends such as [550 ns, 700 ns]", ends.plain())
    low, high = (_amount(end, f"{path}.range", unit) for end in ends.value)
    if not low <= value <= high:
        raise BadValue(place, "does not hold the value", ends.plain())
    return low, high
