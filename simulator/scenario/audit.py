"""Every fault of a study in one pass: grammar, comparison and sweep, wiring, plans, thresholds, before anything runs.

1. The tree is read; what the grammar refuses is told and cut out, and the rest goes on (``remains.py``).
2. Each point is laid out, read, built and its plan checked; points that only differ in their seed or window are built once.
3. Points that are the same, overrides that change no point, and thresholds are looked at when all points are known.
4. A fault that several points share is told once, with the points that have it.

``check``, ``run`` and ``compare`` all begin here, so they agree on what is an error.

*Scope*: what can be known without simulating. *Validation*: ``tests/unit/test_audit.py``, ``tests/bad``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from simulator.errors import BadValue, InputError, ScenarioErrors
from simulator.formats.yaml12 import Node
from simulator.scenario.host import FurtherHost, Host
from simulator.scenario.load import GUEST_KEYS, TOP_KEYS, read
from simulator.scenario.model import Scenario
from simulator.scenario.points import MOST_FAILED, NOT_SWEPT, Draft, Point, common, drafts, name_of_point, placeless
from simulator.scenario.remains import Location, Remains, leans
from simulator.scenario.thresholds import parse_threshold
from simulator.scenario.tree import absolute
from simulator.scenario.validate import Examined, examine, in_file_order, place_of

_SAME_PLAN = {
    "name",
    "title",
    "description",
    "thresholds",
    "thresholds_allow",
    "replications",
    "precision",
    "seed",
    "compare",
    "sweep",
}
"""What two points may differ in and still be the same point of a study, seed aside."""


def study(path: str | Path, overrides: Sequence[str] = ()) -> tuple[Scenario, tuple[Point, ...]]:
    """Return the scenario in a file and its points, all of which can be built; ``ScenarioErrors`` with every fault."""
    tree, faults = read(path, overrides)
    scenario, found = _survey(tree, tuple(overrides), faults)
    scenario._tree, scenario._overrides, scenario._points = tree, tuple(overrides), found
    return scenario, found


def sampled(path: str | Path, overrides: Sequence[str], most: int) -> tuple[Scenario, Node]:
    """Return the scenario in a file and its tree, at most ``most`` points of each series looked at: those of a large sweep are
    examined when they run. ``ScenarioErrors`` with every fault of what was looked at."""
    tree, faults = read(path, overrides)
    scenario, _ = _survey(tree, tuple(overrides), faults, most)
    scenario._tree, scenario._overrides = tree, tuple(overrides)
    return scenario, tree


def _spread(series: list[Draft], most: int | None) -> list[Draft]:
    """Points that show each value of each swept key, the first and the last among them, thinned out evenly to at most ``most``."""
    if most is None or len(series) <= most:
        return series
    seen: set[int] = set()
    shown = []
    for draft in series:
        new = {id(node) for _, node in draft.combination} - seen
        if new or draft is series[-1]:
            seen |= new
            shown.append(draft)
    return [shown[index * (len(shown) - 1) // (most - 1)] for index in range(most)] if len(shown) > most else shown


def audited(scenario: Scenario) -> tuple[Point, ...]:
    """Return the points of a scenario that was loaded; ``ScenarioErrors`` with every fault of any of them."""
    if scenario._points is not None:
        known: tuple[Point, ...] = scenario._points
        return known
    if scenario._tree is not None:
        return _survey(scenario._tree, scenario._overrides, [])[1]
    from simulator.scenario.identity import guest_labels, identity
    from simulator.scenario.limits import faults_of
    from simulator.scenario.wiring import wiring_faults

    found = [fault.at(".".join(map(str, location))) for location, fault in wiring_faults(scenario)]
    point = Point(scenario.name, {}, scenario)
    thresholds = [parse_threshold(text) for text in scenario.thresholds]
    named = identity(point) | {"guests": guest_labels(scenario)} if not found else {}
    found += [fault.at(f"thresholds[{n}]") for n, fault in faults_of(thresholds, [] if found else [named])]
    if found:
        raise ScenarioErrors(found)
    return (point,)


def written_seed(scenario: Scenario) -> int:
    """Return the seed that points have unless their series or sweep gives them one of their own."""
    tree = scenario._tree.value if scenario._tree is not None else None
    node = tree.get("seed") if isinstance(tree, dict) else None
    return node.value if node is not None and isinstance(node.value, int) else scenario.seed


@dataclass(slots=True)
class _Told:
    """Faults, each once, with the points that have it; None: the scenario itself."""

    faults: dict[str, InputError] = field(default_factory=dict)
    points: dict[str, list[str] | None] = field(default_factory=dict)
    examined: int = 0

    def add(self, fault: InputError, point: str | None) -> None:
        """Note a fault of a point or of the scenario."""
        key = str(fault)
        self.faults.setdefault(key, fault)
        if point is None:
            self.points[key] = None
        elif (known := self.points.setdefault(key, [])) is not None:
            known.append(point)

    def all(self) -> list[InputError]:
        """Every fault, those of some points only with their points, in the order of the files."""
        return in_file_order([self._with_points(key, fault) for key, fault in self.faults.items()])

    def _with_points(self, key: str, fault: InputError) -> InputError:
        where = self.points[key]
        if where is None or self.examined < 2 or len(where) == self.examined:
            return fault
        more = f" and {len(where) - 1} more points" if len(where) > 1 else ""
        # after the value that the message ends with
        return _Located(fault, f"{where[0]}{more}")


class _Located(InputError):
    """A fault of some points only: the same line, ending in which."""

    def __init__(self, fault: InputError, where: str) -> None:
        super().__init__(fault.place, fault.message, fault.value, fault.choices, fault.nearest)
        self.fault, self.where = fault, where

    def __str__(self) -> str:
        return f"{self.fault} [{self.where}]"


def _survey(
    tree: Node, overrides: tuple[str, ...], known: Iterable[InputError], most: int | None = None
) -> tuple[Scenario, tuple[Point, ...]]:
    told = _Told()
    for fault in known:
        told.add(fault, None)
    base = examine(Remains(tree))
    for fault in base.faults:
        told.add(fault, None)
    work = _Points(told, base.remains, most)
    if base.scenario is None:
        work.whole = False
    else:
        work.collect(overrides)
    _thresholds(told, base.remains, work)
    if told.faults:
        raise ScenarioErrors(told.all())
    assert base.scenario is not None
    return base.scenario, tuple(work.found)


@dataclass(slots=True)
class _Points:
    """The points as far as they are examined."""

    told: _Told
    remains: Remains
    most: int | None = None
    """Points of each series that are examined; None: all."""
    found: list[Point] = field(default_factory=list)
    """Those without a fault."""
    whole: bool = True
    """Whether all of them are there."""
    built: dict[str, list[InputError]] = field(default_factory=dict)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    """(series, content) -> name of the first point of that content."""
    effective: set[str] = field(default_factory=set)
    """Places of overrides that stand in some point."""

    def collect(self, overrides: tuple[str, ...]) -> None:
        """Examine all points."""
        name = self.remains.tree.value["name"].value if isinstance(self.remains.tree.value, dict) else ""
        try:
            series = drafts(self.remains.tree, str(name))
        except InputError as error:
            self.told.add(error, None)
            self.whole, series = False, [[Draft(str(name), (), ())]]
        base = common(self.remains.tree)
        wanted = _point_overrides(overrides)
        for group in series:
            failed = 0
            for draft in _spread(group, self.most):
                failed += not self._examine(draft, base, wanted)
                if failed >= MOST_FAILED:
                    break
        self._ineffective(wanted, series)
        if self.whole and len(self.found) == sum(map(len, series)):
            self._same_series(series)

    def _examine(self, draft: Draft, base: Node, wanted: dict[str, tuple[str, ...]]) -> bool:
        self.told.examined += 1
        name, before = self._name(draft), len(self.told.faults)
        try:
            tree = draft.tree(base)
        except InputError as error:
            self.told.add(error, None)
            self.whole = False
            return False
        if wanted:
            self.effective |= _origins(tree) & wanted.keys()
        seen = examine(replace(self.remains, tree=tree))
        for fault in seen.faults:
            self.told.add(fault, name)
        if seen.scenario is None:
            self.whole = False
            return False
        faults = [] if _unbuildable(seen) else self._wiring(seen, _with_known_costs(seen.scenario, seen.contradicted))
        for fault in faults:
            self.told.add(fault, name)
        if faults or seen.faults or seen.remains.cut:
            self.whole = False
            return False
        point = Point(draft.series, draft.parameters, placeless(seen.scenario))
        self._same_point(point, name, tree)
        self.found.append(point)
        return len(self.told.faults) == before

    def _name(self, draft: Draft) -> str:
        name = name_of_point(draft.series, draft.parameters)
        return name if draft.settings or not draft.parameters else name.removeprefix(f"{draft.series}, ")

    def _wiring(self, seen: Examined, scenario: Scenario) -> list[InputError]:
        # a file that the grammar refuses needs none of the packages that build
        from simulator.scenario.wiring import LEANS, wiring_faults

        remains, doubted = seen.remains, seen.remains.cut | seen.contradicted
        whole = not any(location[0] == "guests" for location in doubted)
        window = scenario.measurement.model_dump_json()
        key = scenario.model_dump_json(exclude=_SAME_PLAN | {"measurement"})
        drawn = any(item.kind == "capture" for item in scenario.traffic)
        key = f"{key}{window}" if drawn or doubted else key
        # places differ where the same value stands in another line
        found = self.built.get(key)
        if found is None or found:
            found = [
                fault.at(place_of(remains, location))
                for location, fault in wiring_faults(scenario, whole=whole)
                if not leans(LEANS.get(str(location[0]) if location else "", ()), doubted)
            ]
            self.built[key] = found
        return found

    def _same_point(self, point: Point, name: str, tree: Node) -> None:
        content = point.scenario.model_dump_json(exclude=_SAME_PLAN - {"seed"})
        other = self.seen.setdefault((point.series, content), name)
        if other is not name:
            place = next((node.origin for node in _nodes(tree) if _swept(node, point)), tree.origin)
            self.told.add(BadValue(f"{place}: sweep", f"is the same point as '{other}'", name), None)

    def _same_series(self, series: list[list[Draft]]) -> None:
        contents: dict[frozenset[str], str] = {}
        for group in series if len(series) > 1 else ():
            label = group[0].series
            content = frozenset(text for owner, text in self.seen if owner == label)
            other = contents.setdefault(content, label)
            if other != label:
                node = self._compare(label)
                place = f"{node.key_origin}: compare" if node else "compare"
                self.told.add(BadValue(place, f"is the same series as '{other}'", label), None)

    def _compare(self, label: str) -> Node | None:
        tree = self.remains.tree.value
        held = tree["compare"].value if isinstance(tree, dict) and "compare" in tree else None
        return held.get(label) if isinstance(held, dict) else None

    def _ineffective(self, wanted: dict[str, tuple[str, ...]], series: list[list[Draft]]) -> None:
        for place, parts in wanted.items():
            if place in self.effective or not self.whole:
                continue
            setters = [
                (path, node)
                for group in series
                for draft in group[:1]
                for path, node in (*draft.settings, *draft.combination)
                if absolute(path, "", TOP_KEYS, GUEST_KEYS)[-1] == parts[-1]
            ]
            by = f": {setters[0][1].key_origin} sets {setters[0][0]} for every point" if setters else ""
            self.told.add(InputError(place, f"has no effect{by}"), None)


def _unbuildable(seen: Examined) -> bool:
    """Whether names are double, so that no machine can be built, not even to look for faults."""
    return any(location[-1] == "name" for location in seen.contradicted)


def _with_known_costs(scenario: Scenario, contradicted: Iterable[Location]) -> Scenario:
    """The scenario without the costs that were refused."""
    refused = {location for location in contradicted if "costs" in location}
    if not refused:
        return scenario
    further = (item.model_copy(update=_host_of(item, refused, ("hosts", n))) for n, item in enumerate(scenario.hosts))
    return scenario.model_copy(update={**_host_of(scenario, refused, ()), "hosts": tuple(further)})


def _host_of(item: Scenario | FurtherHost, refused: set[Location], above: Location) -> dict[str, Host]:
    """The host of a scenario, or of one of its hosts, without these costs."""
    if item.host is None:
        return {}
    known = {name: text for name, text in item.host.costs.items() if (*above, "host", "costs", name) not in refused}
    return {"host": item.host.model_copy(update={"costs": known})}


def _point_overrides(overrides: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Place -> path of the overrides that should show in some point: not those that delete, and of several for one key
    the last."""
    found = {}
    for text in overrides:
        key, _, value = text.partition("=")
        parts = tuple(key.strip().split("."))
        if parts[0] not in (*NOT_SWEPT, "seed", "title", "description") and value.strip() not in ("", "~", "null"):
            found[f"--set {key.strip()}"] = parts
    return found


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for item in below:
        yield from _nodes(item)


def _origins(node: Node) -> set[str]:
    return {item.origin for item in _nodes(node)}


def _swept(node: Node, point: Point) -> bool:
    return not isinstance(node.value, (dict, list)) and str(node.value) in point.parameters.values()


def _thresholds(told: _Told, remains: Remains, work: _Points) -> None:
    tree = remains.tree.value
    held = tree.get("thresholds") if isinstance(tree, dict) else None
    nodes = held.value if held is not None and isinstance(held.value, list) else []
    if not nodes:
        return
    from simulator.scenario.identity import guest_labels, identity
    from simulator.scenario.limits import faults_of

    parsed = [parse_threshold(str(node.value)) for node in nodes]
    identities = (
        [identity(point) | {"guests": guest_labels(point.scenario)} for point in work.found]
        if parsed and work.whole and work.most is None
        else []
    )
    for number, fault in faults_of(parsed, identities):
        place = place_of(remains, ("thresholds", number))
        text = f"{parsed[number].text}: "
        told.add(fault.at(f"{place}: {text}".removesuffix(": ")), None)
