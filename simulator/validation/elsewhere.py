"""Predictive intervals: the ranges of the costs and, beside them, how wrong the model has been on other test-beds.

1. The error of a point is the logarithm of measured over predicted. Errors of one kind of metric (``simulator.study.elsewhere``) are put
   together, every test-bed with the same weight.
2. Where fewer than ``LEAST_GROUPS`` other test-beds have points of a kind, errors of all kinds stand in for it.
3. The interval of a point goes from the 5 % to the 95 % quantile of the errors of *all other* test-beds, and no nearer than its
   interval over the costs. Nothing of its own test-bed is in it, so that whether it holds can be counted.
4. The table that users get is the same over all test-beds.

A prediction is never moved by it. With a dozen test-beds no quantile has the guarantee that conformal prediction gives for many; the
share that is inside is measured instead.

*Scope*: points of role ``validation``. *Validation*: ``tests/validation/test_elsewhere.py``.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulator.formats.files import write_whole
from simulator.study.elsewhere import FILE, KINDS, kind_of
from simulator.validation.model import Point, Prediction

ENDS = (0.05, 0.95)
LEAST_GROUPS = 4
"""Fewer test-beds say nothing, of a kind or at all."""


def kind(point: Point) -> str:
    """What kind of metric a point is of; "" for one without."""
    return "rate" if "search" in point.rule else kind_of(point.rule["metric"])


def widened(predictions: Sequence[Prediction], background: Sequence[Prediction] = ()) -> list[Prediction]:
    """The predictions with ``least`` and ``most``, learned from the other test-beds among them and, where those are not predicted
    now, in ``background``."""
    now = {found.point.id for found in predictions}
    known = _scored([*predictions, *(found for found in background if found.point.id not in now)])
    ends: dict[tuple[str, str], tuple[float, float] | None] = {}
    wide = []
    for found in predictions:
        key = (found.point.group, kind(found.point)) if found.point.rule and found.value is not None else ("", "")
        if key[1] and found.point.is_scored:
            if key not in ends:
                ends[key] = quantiles([each for each in known if each.point.group != key[0]], key[1])
            found = _between(found, ends[key])
        wide.append(found)
    return wide


def _between(found: Prediction, ends: tuple[float, float] | None) -> Prediction:
    if ends is None:
        return found
    assert found.value is not None
    low, high = found.value * ends[0], found.value * ends[1]
    if found.low is not None and found.high is not None:
        low, high = min(low, found.low), max(high, found.high)
    return replace(found, least=low, most=high)


def quantiles(known: Sequence[Prediction], asked: str) -> tuple[float, float] | None:
    """The two quantiles of measured over predicted of one kind; None where too few test-beds are known."""
    for chosen in ([found for found in known if kind(found.point) == asked], known):
        rests: dict[str, set[str]] = defaultdict(set)
        for found in chosen:
            rests[found.point.group].add(found.point.rests_on)
        if len(rests) >= LEAST_GROUPS:
            break
    else:
        return None
    shared = Counter(found.point.rests_on for found in chosen)
    weights = [1 / len(rests[found.point.group]) / shared[found.point.rests_on] for found in chosen]
    low, high = (_quantile([-found.log_ratio for found in chosen], weights, share) for share in ENDS)
    return math.exp(low), math.exp(high)


def _quantile(values: Sequence[float], weights: Sequence[float], share: float) -> float:
    """Of weighted values, between the middles of their weights."""
    order = np.argsort(values, kind="stable")
    weight = np.array(weights)[order]
    middles = (np.cumsum(weight) - weight / 2) / weight.sum()
    return float(np.interp(share, middles, np.array(values)[order]))


def _scored(predictions: Sequence[Prediction]) -> list[Prediction]:
    return [found for found in predictions if found.value is not None and found.point.is_scored and found.point.rule]


def table(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """What users get: for each kind both quantiles over all test-beds, and how much they rest on."""
    known, kinds = _scored(predictions), {}
    for name in KINDS:
        own = [found.point for found in known if kind(found.point) == name]
        ends = quantiles(known, name)
        if own and ends is not None:
            groups = len({point.group for point in own})
            kinds[name] = {"low": round(ends[0], 3), "high": round(ends[1], 3), "points": len(own), "groups": groups}
    return {"date": datetime.now(UTC).date().isoformat(), "kinds": kinds}


def save(predictions: Sequence[Prediction], path: Path = FILE) -> None:
    """Store the table, whole."""
    write_whole(path, (json.dumps(table(predictions), indent=1) + "\n").encode())
