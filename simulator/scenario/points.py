"""From one scenario to the points of its comparison and sweep, in a stable order.

1. Each label under ``compare`` is a series; without ``compare`` there is one, named after the scenario.
2. ``sweep.matrix`` gives every combination of its values, the first key slowest; the lists under ``zip`` go in step and
   count as one more key; ``exclude`` drops combinations that hold all its values; each map under ``include`` is a point
   of its own.
3. A point is the scenario with the series' and the combination's values laid on it, validated as a whole.

*Scope*: expansion; 100,000 points at most.
*Validation*: ``tests/unit/test_scenario_points.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from simulator.errors import BadValue, InputError, ScenarioErrors
from simulator.formats.yaml12 import Node
from simulator.scenario.load import GUEST_KEYS, TOP_KEYS, expand_at, from_tree
from simulator.scenario.model import MOST_POINTS, Scenario
from simulator.scenario.steps import steps
from simulator.scenario.tree import absolute, put

NOT_SWEPT = ("schema", "name", "compare", "sweep", "thresholds", "thresholds_allow", "replications", "precision")
MOST_FAILED = 200
"""Points refused in each series before the rest is left unread: mostly they share one fault."""
_SWEEP_KEYS = ("matrix", "zip", "exclude", "include")


@dataclass(frozen=True, slots=True)
class Point:
    """One run of a study: the series it belongs to, the swept values as text, and the scenario to simulate."""

    series: str
    parameters: dict[str, str]
    scenario: Scenario


Setting = tuple[str, Node]
Combination = tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A point before it is validated: what is laid on the scenario's tree."""

    series: str
    settings: Combination
    combination: Combination

    @property
    def parameters(self) -> dict[str, str]:
        """The swept values as text."""
        return {path: _text(node.plain()) for path, node in self.combination}

    def tree(self, base: Node) -> Node:
        """``base`` with the values of series and combination laid on it; ``InputError`` for one that has no place."""
        for path, node in (*self.settings, *self.combination):
            base = _set(base, path, node)
        return base


def points(scenario: Scenario) -> tuple[Point, ...]:
    """Return all points, series by series; ``ScenarioErrors`` with every fault of any of them."""
    tree = scenario._tree
    if tree is None or not isinstance(tree.value, dict):
        return (Point(scenario.name, {}, scenario),)
    base, found, errors = common(tree), [], []
    for series in drafts(tree, scenario.name):
        failed = 0
        for draft in series:
            try:
                found.append(Point(draft.series, draft.parameters, placeless(from_tree(draft.tree(base)))))
            except (ScenarioErrors, InputError) as error:
                errors.append(error)
                failed += 1
            if failed >= MOST_FAILED:
                break
    if errors:
        raise ScenarioErrors([fault for error in errors for fault in _faults(error)])
    return tuple(found)


def common(tree: Node) -> Node:
    """Return what all points share: the tree without its comparison and sweep."""
    assert isinstance(tree.value, dict)
    return replace(tree, value={key: node for key, node in tree.value.items() if key not in ("compare", "sweep")})


def drafts(tree: Node, name: str) -> list[list[Draft]]:
    """Return the points of each series; ``InputError`` for a sweep that means none."""
    assert isinstance(tree.value, dict)
    series = _series(tree.value.get("compare"), name)
    combinations = _combinations(tree.value.get("sweep"), MOST_POINTS // len(series))
    return [[Draft(label, settings, combination) for combination in combinations] for label, settings in series]


def placeless(scenario: Scenario) -> Scenario:
    """Return the scenario without its tree: a point carries no places, since it travels to worker processes."""
    scenario._tree = None
    return scenario


def name_of_point(series: str, parameters: Mapping[str, str]) -> str:
    """Series and swept values in words, each value after the last word of its path."""
    return ", ".join([series, *(f"{name.rpartition('.')[2]} {value}" for name, value in parameters.items())])


def _set(tree: Node, path: str, node: Node) -> Node:
    parts = absolute(path, node.key_origin, TOP_KEYS, GUEST_KEYS)
    if parts[0] in NOT_SWEPT:
        raise BadValue(node.key_origin, "is the same for all points and cannot be set here", path)
    try:
        return put(tree, parts, expand_at(parts, node))
    except InputError as error:
        raise error.at(f"{node.key_origin}: {path}") from None


def _series(compare: Node | None, name: str) -> list[tuple[str, Combination]]:
    if compare is None or not compare.value:
        return [(name, ())]
    assert isinstance(compare.value, dict)
    return [(label, _settings(node)) for label, node in compare.value.items()]


def _settings(node: Node) -> Combination:
    assert isinstance(node.value, dict)
    return tuple(node.value.items())


def _combinations(sweep: Node | None, most: int) -> list[Combination]:
    if sweep is None or not isinstance(sweep.value, dict) or not any(part.value for part in sweep.value.values()):
        return [()]
    matrix, zipped, exclude, include = (_part(sweep.value.get(key)) for key in _SWEEP_KEYS)
    axes: list[list[Combination]] = []
    for path, node in matrix[0].items() if matrix else ():
        axes.append([((path, value),) for value in _values("matrix", path, node)])
    if zipped and zipped[0]:
        axes.append(_in_step(zipped[0]))
        _distinct(matrix[0] if matrix else {}, zipped[0])
    count = prod(len(axis) for axis in axes) + len(include)
    if count > most:
        raise InputError(sweep.key_origin, f"sweep: gives {count:,} points per series; at most {most:,} are possible")
    grid = [tuple(setting for part in parts for setting in part) for parts in product(*axes)] if axes else []
    kept = _without(grid, exclude) if exclude else grid
    combinations = kept + [tuple(extra.items()) for extra in include]
    if not combinations:
        raise InputError(sweep.key_origin, "sweep: leaves no point")
    return combinations


def _part(node: Node | None) -> list[dict[str, Node]]:
    """Return the maps in one part of a sweep; the grammar has made sure that there are only maps."""
    held = node.value if node is not None else None
    if isinstance(held, dict):
        return [held]
    return [item.value for item in held if isinstance(item.value, dict)] if isinstance(held, list) else []


def _values(part: str, path: str, node: Node) -> list[Node]:
    try:
        return steps(node)
    except InputError as error:
        raise error.at(f"{error.place}: sweep.{part}.{path}") from None


def _in_step(zipped: dict[str, Node]) -> list[Combination]:
    lists = {path: _values("zip", path, node) for path, node in zipped.items()}
    lengths = {path: len(values) for path, values in lists.items()}
    if len(set(lengths.values())) > 1:
        place = next(iter(zipped.values())).key_origin
        raise InputError(
            place, "sweep.zip: lists of different lengths do not go in step", ", ".join(map(str, lengths.values()))
        )
    columns: Iterator[tuple[Node, ...]] = zip(*lists.values(), strict=True)
    return [tuple(zip(lists, column, strict=True)) for column in columns]


def _distinct(matrix: dict[str, Node], zipped: dict[str, Node]) -> None:
    for path in matrix.keys() & zipped.keys():
        raise BadValue(zipped[path].key_origin, "is swept by matrix and by zip", path)


def _without(grid: list[Combination], exclude: list[dict[str, Node]]) -> list[Combination]:
    swept = dict(grid[0]) if grid else {}
    for path, node in (setting for dropped in exclude for setting in dropped.items()):
        if path not in swept:
            raise BadValue(node.key_origin, "is not swept, so it can exclude nothing", path, tuple(swept))
    wanted = [{path: node.plain() for path, node in dropped.items()}.items() for dropped in exclude]
    kept = []
    for combination in grid:
        values = {path: node.plain() for path, node in combination}
        if not any(all(values[path] == value for path, value in dropped) for dropped in wanted):
            kept.append(combination)
    return kept


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _faults(error: ScenarioErrors | InputError) -> tuple[InputError, ...]:
    return error.errors if isinstance(error, ScenarioErrors) else (error,)
