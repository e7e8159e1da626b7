"""The files of measured points: read whole, checked whole, every fault with its line.

1. A file holds ``group``, ``title``, ``sources``, ``testbeds``, ``points``, and where points have scenarios ``mapping``,
   ``differs`` and ``scenarios``; ``findings`` says of points (a pattern of ids) why they are off; ``unexpressed`` gives the reasons that points name.
2. A point has exactly one of ``scenario`` with ``predict``, ``unexpressed`` (a reason's name) and ``same_as`` (a point's id).
3. Settings (``set``) are laid on the scenario as ``--set`` does; the scenarios are read by the grammar when they run.

*Scope*: one folder; ids are unique in it. *Validation*: ``tests/validation/test_read.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from simulator.errors import BadValue, InputError, ScenarioErrors, nearest, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.validation.model import MODEL_UNITS, ROLES, Point, Source

FILE_KEYS = (
    "group",
    "title",
    "sources",
    "testbeds",
    "mapping",
    "differs",
    "findings",
    "scenarios",
    "unexpressed",
    "points",
)
NEEDED_KEYS = ("group", "title", "sources", "testbeds", "points")
_TEXT: tuple[tuple[type, ...], str] = ((str,), "a text")
POINT_KEYS: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("id", "role", "source", "testbed", "path", "metric"), _TEXT),
    "value": ((int, float), "a number"),
    **dict.fromkeys(("unit", "workload", "where", "confidence"), _TEXT),
}
MORE_KEYS = ("from", "tolerance", "frame", "curve", "scenario", "set", "predict", "compare", "unexpressed", "same_as")
RULE_KEYS = ("metric", "of", "plus", "minus", "over", "scale", "instrument", "search", "loss", "most")


def folder() -> Path:
    """Where the files that come with the program lie."""
    return Path(__file__).parent / "data"


def read(at: Path | None = None) -> tuple[Source, ...]:
    """Every file of a folder, in the order of their names. Raises InputError for a folder without files, ScenarioErrors with
    all faults of its files."""
    place = at or folder()
    files = sorted(path for path in place.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    if not files:
        raise InputError(str(place), "holds no files of measured points (*.yaml)")
    faults: list[InputError] = []
    found = [source for path in files if (source := _source(path, faults)) is not None]
    _across(found, faults)
    if faults:
        raise ScenarioErrors(faults)
    return tuple(found)


def chosen(sources: Sequence[Source], patterns: Sequence[str]) -> list[Point]:
    """The points whose id, group or path fits a pattern; all without patterns. Raises InputError for a pattern that nothing fits."""
    points = [point for source in sources for point in source.points]
    fits = {pattern: [point for point in points if _fits(point, pattern)] for pattern in patterns}
    for pattern, found in fits.items():
        if not found:
            raise unknown("--only", "test-bed", pattern, tuple(source.group for source in sources))
    return [point for point in points if not patterns or any(_fits(point, pattern) for pattern in patterns)]


def _fits(point: Point, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (point.id, point.group, point.path))


def _source(path: Path, faults: list[InputError]) -> Source | None:
    top = yaml12.load(path, path.name)
    assert isinstance(top.value, dict)
    keys = top.value
    known = len(faults)
    faults += [unknown(node.key_origin, "key", key, FILE_KEYS) for key, node in keys.items() if key not in FILE_KEYS]
    faults += [InputError(path.name, f"has no {key}") for key in NEEDED_KEYS if key not in keys]
    for key in ("sources", "testbeds", "findings", "scenarios", "unexpressed"):
        if key in keys and not isinstance(keys[key].value, dict):
            faults.append(BadValue(keys[key].origin, f"as {key} is not a mapping", str(keys[key].plain())))
    if "points" in keys and not isinstance(keys["points"].value, list):
        faults.append(BadValue(keys["points"].origin, "as points is not a list", str(keys["points"].plain())))
    faults += _difference_faults(keys.get("differs"))
    if len(faults) > known:
        return None
    plain: dict[str, Any] = {key: node.plain() for key, node in keys.items() if key != "points"}
    nodes = keys["points"].value
    assert isinstance(nodes, list)
    points = [point for node in nodes if (point := _point(node, plain, faults)) is not None]
    return Source(
        group=str(plain["group"]),
        title=str(plain["title"]),
        citations=plain["sources"],
        testbeds=plain["testbeds"],
        mapping=str(plain.get("mapping", "")),
        differs=tuple(plain.get("differs", ())),
        findings=plain.get("findings", {}),
        scenarios=plain.get("scenarios", {}),
        reasons=plain.get("unexpressed", {}),
        points=tuple(points),
    )


def _difference_faults(node: Node | None) -> Iterable[InputError]:
    if node is None:
        return
    if not isinstance(node.value, list):
        yield BadValue(node.origin, "as differs is not a list of texts", str(node.plain()))
        return
    yield from (
        BadValue(item.origin, "as a difference is not a text (one with ': ' needs quotes)", str(item.plain()))
        for item in node.value
        if not isinstance(item.value, str)
    )


def _point(node: Node, file: Mapping[str, Any], faults: list[InputError]) -> Point | None:
    found = list(_point_faults(node, file))
    faults += found
    if found:
        return None
    data = node.plain()
    rule = data.get("predict", {})
    rests_on = [file.get("scenarios", {}).get(data.get("scenario")), data.get("set"), rule, data.get("compare")]
    return Point(
        **{key: data[key] for key in POINT_KEYS},
        group=str(file["group"]),
        place=node.origin,
        frame_bytes=data.get("frame"),
        curve=data.get("curve", ""),
        scenario=data.get("scenario", ""),
        settings=tuple(f"{key}={_text(value)}" for key, value in data.get("set", {}).items()),
        rule={"metric": rule} if isinstance(rule, str) else rule,
        kept=data.get("compare") == "kept",
        reason=file.get("unexpressed", {}).get(data.get("unexpressed", ""), ""),
        same_as=data.get("same_as", ""),
        rests_on=json.dumps(rests_on, sort_keys=True) if rule else "",
    )


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _point_faults(node: Node, file: Mapping[str, Any]) -> Iterable[InputError]:
    if not isinstance(node.value, dict):
        yield BadValue(node.origin, "as a point is not a mapping", str(node.plain()))
        return
    data, where = node.value, node.origin
    known = (*POINT_KEYS, *MORE_KEYS)
    yield from (unknown(item.key_origin, "key", key, known) for key, item in data.items() if key not in known)
    yield from (InputError(where, f"a point without {key}") for key in POINT_KEYS if key not in data)
    for key, (kind, words) in POINT_KEYS.items():
        if key in data and (not isinstance(data[key].value, kind) or isinstance(data[key].value, bool)):
            yield BadValue(data[key].origin, f"as {key} is not {words}", str(data[key].plain()))
    ways = [key for key in ("scenario", "unexpressed", "same_as") if key in data]
    if len(ways) != 1:
        yield InputError(where, f"a point needs exactly one of scenario, unexpressed and same_as; it has {len(ways)}")
    if ("predict" in data) != ("scenario" in data):
        yield InputError(where, "scenario and predict go together")
    for key, choices in _choices(data, file).items():
        if key in data and str(data[key].plain()) not in choices:
            yield unknown(data[key].origin, key, str(data[key].plain()), tuple(choices))
    if "predict" in data:
        yield from _rule_faults(data["predict"])


def _choices(data: Mapping[str, Node], file: Mapping[str, Any]) -> dict[str, Iterable[str]]:
    units = {"unit": tuple(MODEL_UNITS)} if "scenario" in data else {}
    return {
        "role": ROLES,
        "source": file["sources"],
        "testbed": file["testbeds"],
        "scenario": file.get("scenarios", {}),
        "unexpressed": file.get("unexpressed", {}),
        "compare": ("kept",),
        **units,
    }


def _rule_faults(node: Node) -> Iterable[InputError]:
    if isinstance(node.value, str):
        return
    if not isinstance(node.value, dict):
        yield BadValue(node.origin, "as predict is neither a metric nor a mapping", str(node.plain()))
        return
    for key, item in node.value.items():
        if key not in RULE_KEYS:
            yield unknown(item.key_origin, "key", key, RULE_KEYS)
    if ("metric" in node.value) == ("search" in node.value):
        yield InputError(node.origin, "predict needs exactly one of metric and search")
    instrument = node.value.get("instrument")
    if instrument is not None and (isinstance(instrument.value, bool) or not isinstance(instrument.value, int | float)):
        yield BadValue(instrument.origin, "as what the instrument adds is not a number", str(instrument.plain()))
    if ("search" in node.value) != ("loss" in node.value):
        yield InputError(node.origin, "search needs loss, such as '1 %'")


def _across(sources: list[Source], faults: list[InputError]) -> None:
    points = [point for source in sources for point in source.points]
    ids = {point.id: point for point in points}
    for point in points:
        if ids[point.id] is not point:
            faults.append(BadValue(point.place, "is the id of two points", point.id))
        if point.same_as and point.same_as not in ids:
            faults.append(
                InputError(point.place, "same_as names no point", point.same_as, (), nearest(point.same_as, ids))
            )
