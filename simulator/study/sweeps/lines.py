"""The lines of an adaptive sweep: points that differ in one key only, and the points to add to each.

*Scope*: between outline and journal on one side and `knee.refine` on the other. *Validation*: tests/unit/test_knee.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.errors import unknown
from simulator.formats.yaml12 import Node
from simulator.scenario.points import Draft
from simulator.study.sweeps.journal import contents, scan
from simulator.study.sweeps.knee import Knee, number_of, refine, text_of
from simulator.study.sweeps.outline import Outline, of_drafts

Line = tuple[Any, ...]


class Lines:
    """All lines of a sweep. Raises InputError if the key is not swept, or has values that are no numbers."""

    def __init__(self, laid_out: Outline, knee: Knee) -> None:
        keys = dict.fromkeys(path for draft in laid_out.drafts for path, _ in draft.combination)
        if knee.key not in keys:
            raise unknown("--knee", "swept key", knee.key, keys)
        self._knee = knee
        self._dimension = number_of(laid_out.drafts[0].parameters[knee.key], knee.key)[1]
        for draft in laid_out.drafts:
            self._value(draft)

    def finer(self, laid_out: Outline, folder: Path) -> Outline | None:
        """The outline with more points, in the order of lines and values; None if all lines are fine enough."""
        found: dict[Line, dict[int, float | None]] = {}
        drafts: dict[Line, dict[int, Draft]] = {}
        for draft, latency in _latencies(laid_out, folder):
            line, value = self._line(draft), self._value(draft)
            found.setdefault(line, {})[value] = latency
            drafts.setdefault(line, {})[value] = draft
        added = 0
        for line, points in found.items():
            for value in refine(points, self._knee):
                drafts[line][value] = self._at(next(iter(drafts[line].values())), value)
                added += 1
        if not added:
            return None
        listed = [points[value] for points in drafts.values() for value in sorted(points)]
        return of_drafts(laid_out.scenario, laid_out.base, laid_out.engine, listed)

    def _line(self, draft: Draft) -> Line:
        return (
            draft.series,
            *((path, repr(node.plain())) for path, node in draft.combination if path != self._knee.key),
        )

    def _value(self, draft: Draft) -> int:
        return number_of(draft.parameters[self._knee.key], self._knee.key)[0]

    def _at(self, draft: Draft, value: int) -> Draft:
        text = text_of(value, self._dimension)

        def put(path: str, node: Node) -> Node:
            return node if path != self._knee.key else replace(node, value=value if self._dimension is None else text)

        return replace(draft, combination=tuple((path, put(path, node)) for path, node in draft.combination))


def _latencies(laid_out: Outline, folder: Path) -> Iterator[tuple[Draft, float | None]]:
    found = scan(folder, set(laid_out.keys))
    read = contents(found[key] for key in laid_out.keys)
    for draft, content in zip(laid_out.drafts, read, strict=True):
        yield draft, None if "error" in content else content["point"]["latency_us"]["mean"]
