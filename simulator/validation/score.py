"""From predictions to the numbers of the score: factor, share within two, order of pairs, rival, shape of trends.

1. The score is over points of role ``validation`` that have a prediction; every group counts once, its points share it, and
   points that rest on one number (the same scenario and rule) share one count.
2. ``factor``: geometric mean of the deviation either way. ``bias``: geometric mean of predicted over measured. ``spread``:
   the factor that is left when a group's own bias is taken out.
3. Order: pairs of one group, metric and workload whose measured values differ by more than 10 %; a group's share of right
   ones counts once.
4. A ``trend`` curve loses one factor, the geometric mean of its ratios; what is left is its shape. Curves of one point have none.
5. ``calibration`` and ``qualitative`` points are in no number of the score.

*Scope*: arithmetic on predictions. *Validation*: ``tests/validation/test_score.py`` (worked by hand).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import Any

from simulator.validation.elsewhere import kind
from simulator.validation.model import Point, Prediction, Source
from simulator.validation.rival import guesses

DIFFERENT = 1.1
WORST = 10
Groups = Mapping[str, Sequence[Prediction]]


def score(sources: Sequence[Source], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """All numbers, ready for JSON. Intervals are added by whoever has them."""
    known = [found for found in predictions if found.value is not None]
    scored = [found for found in known if found.point.is_scored]
    return {
        "points": len(known),
        "groups": len({found.point.group for found in known}),
        "scored_points": len(scored),
        "scored_groups": len({found.point.group for found in scored}),
        **numbers(scored),
        "order_right": order(scored)[0],
        "pairs": order(scored)[1],
        **rival(sources, scored),
        **intervals(scored),
        "intervals_by_kind": {name: intervals(own) for name, own in sorted(_grouped(scored, kind).items()) if name},
        "by_path": _by(scored, lambda point: point.path),
        "by_metric": _by(scored, lambda point: point.metric),
        "by_group": _by(scored, lambda point: point.group),
        "trends": trends(known),
        "worst": [entry(found) for found in worst(scored)],
        "unpredicted": [{"id": found.point.id, "error": found.error} for found in predictions if found.value is None],
        "unexpressed": unexpressed(sources),
    }


def numbers(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Factor, bias, spread, share within a factor of 2, median relative error; None without predictions."""
    groups = _grouped(predictions, lambda point: point.group)
    if not groups:
        return dict.fromkeys(("factor", "bias", "spread", "within_2", "median_abs_rel_error"))
    means = {group: _Means(members) for group, members in groups.items()}
    bias = {group: own.of(lambda found: found.log_ratio) for group, own in means.items()}
    return {
        "factor": math.exp(fmean(own.of(lambda found: abs(found.log_ratio)) for own in means.values())),
        "bias": math.exp(fmean(bias.values())),
        "spread": math.exp(fmean(own.of(_less(bias[group])) for group, own in means.items())),
        "within_2": fmean(own.of(lambda found: found.factor <= 2) for own in means.values()),
        "median_abs_rel_error": _weighted_median(
            (abs(found.ratio - 1), weight) for own in means.values() for found, weight in own.weighted
        ),
    }


class _Means:
    """Means over the points of one group: those that rest on one number share one count."""

    def __init__(self, members: Sequence[Prediction]) -> None:
        share = Counter(found.point.rests_on for found in members)
        self.weighted = [(found, 1 / share[found.point.rests_on] / len(share)) for found in members]

    def of(self, number: Callable[[Prediction], float]) -> float:
        return math.fsum(weight * number(found) for found, weight in self.weighted)


def _less(bias: float) -> Callable[[Prediction], float]:
    return lambda found: abs(found.log_ratio - bias)


def order(predictions: Sequence[Prediction]) -> tuple[float | None, int]:
    """Share of pairs in the right order, every group once, and how many pairs there are."""
    groups: dict[str, list[bool]] = defaultdict(list)
    alike = _grouped(predictions, lambda point: (point.group, point.metric, point.workload))
    for (group, *_), members in alike.items():
        for one, other in combinations(members, 2):
            low, high = sorted((one, other), key=lambda found: found.point.measured)
            if high.point.measured > DIFFERENT * low.point.measured:
                assert low.value is not None
                assert high.value is not None
                groups[group].append(high.value > low.value)
    if not groups:
        return None, 0
    return fmean(map(fmean, groups.values())), sum(map(len, groups.values()))


def rival(sources: Sequence[Source], scored: Sequence[Prediction]) -> dict[str, Any]:
    """The naive rival's factor on the points where it has a value, the model's there, and how often the one is the other."""
    guessed = guesses(sources, [found.point for found in scored])
    both = [found for found in scored if found.point.id in guessed]
    theirs = numbers([Prediction(found.point, guessed[found.point.id]) for found in both])["factor"]
    own = numbers(both)["factor"]
    return {
        "rival_factor": theirs,
        "rival_points": len(both),
        "rival_groups": len({found.point.group for found in both}),
        "factor_where_rival": own,
        "rival_over_model": theirs / own if theirs and own else None,
    }


def intervals(scored: Sequence[Prediction]) -> dict[str, Any]:
    """Share of measured values inside the predictive 90 % intervals and inside those over the costs alone, every group once, and
    the median of high over low of both."""
    wide = coverage([(found, found.least, found.most) for found in scored])
    costs = coverage([(found, found.low, found.high) for found in scored])
    return {
        "interval_coverage": wide[0],
        "median_interval_ratio": wide[1],
        "costs_coverage": costs[0],
        "median_costs_ratio": costs[1],
    }


def coverage(known: Sequence[tuple[Prediction, float | None, float | None]]) -> tuple[float | None, float | None]:
    """Share of measured values between the two ends, and the median of high over low, every group once."""
    ends = {found.point.id: (low, high) for found, low, high in known if low is not None and high is not None}
    groups = _grouped([found for found, *_ in known if found.point.id in ends], lambda point: point.group)
    if not groups:
        return None, None
    means = [_Means(own) for own in groups.values()]
    inside = fmean(own.of(lambda found: _is_inside(found.point.measured, *ends[found.point.id])) for own in means)
    ratios = [(_ratio(*ends[found.point.id]), weight) for own in means for found, weight in own.weighted]
    return inside, _weighted_median(ratios)


def _is_inside(value: float, low: float, high: float) -> bool:
    return low <= value <= high


def _ratio(low: float, high: float) -> float:
    return high / low if low > 0 else math.inf


def trends(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Curve by curve: the one factor, and the shape that is left; the geometric mean of the shapes over the curves."""
    of_trend = [found for found in predictions if found.point.role == "trend"]
    groups = _grouped(of_trend, lambda point: (point.group, point.curve))
    curves = []
    for (group, curve), members in groups.items():
        logs = [found.log_ratio for found in members]
        shape = math.exp(fmean(abs(log - fmean(logs)) for log in logs)) if len(logs) > 1 else None
        found = {"group": group, "curve": curve, "points": len(logs), "factor": math.exp(fmean(logs)), "shape": shape}
        curves.append(found)
    shapes = [math.log(curve["shape"]) for curve in curves if curve["shape"] is not None]
    return {
        "points": len(of_trend),
        "curves": curves,
        "shape": math.exp(fmean(shapes)) if shapes else None,
        "median_shape": math.exp(median(shapes)) if shapes else None,
    }


def worst(predictions: Sequence[Prediction]) -> list[Prediction]:
    """The ten farthest points, the farthest first, at most one for each group, path and metric."""
    ranked = sorted(predictions, key=lambda found: -found.factor)
    first: dict[Hashable, Prediction] = {}
    for found in ranked:
        first.setdefault((found.point.group, found.point.path, found.point.metric), found)
    return list(first.values())[:WORST]


def entry(found: Prediction) -> dict[str, Any]:
    """A prediction as plain data."""
    point = found.point
    data: dict[str, Any] = {
        "id": point.id,
        "group": point.group,
        "role": point.role,
        "path": point.path,
        "metric": point.metric,
        "workload": point.workload,
        "unit": point.unit,
        "measured": point.measured,
        "predicted": found.value,
    }
    if found.value is not None:
        data["ratio"] = found.ratio
    if found.low is not None:
        data |= {"low": found.low, "high": found.high}
    if found.least is not None:
        data |= {"least": found.least, "most": found.most}
    return data


def unexpressed(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Every point without a prediction of its own, with the reason."""
    return [
        {
            "id": point.id,
            "group": point.group,
            "role": point.role,
            "reason": point.reason or f"same measurement as {point.same_as}",
        }
        for source in sources
        for point in source.points
        if not point.rule
    ]


def _by(predictions: Sequence[Prediction], key: Callable[[Point], str]) -> dict[str, Any]:
    groups = _grouped(predictions, key)
    return {name: {"points": len(groups[name]), **numbers(groups[name])} for name in sorted(groups)}


def _grouped(predictions: Iterable[Prediction], key: Callable[[Point], Any]) -> dict[Any, list[Prediction]]:
    groups: dict[Any, list[Prediction]] = defaultdict(list)
    for found in predictions:
        groups[key(found.point)].append(found)
    return groups


def _weighted_median(pairs: Iterable[tuple[float, float]]) -> float:
    ordered = sorted(pairs)
    half, seen = sum(weight for _, weight in ordered) / 2, 0.0
    for value, weight in ordered:
        seen += weight
        if seen >= half - 1e-12:
            return value
    raise AssertionError("no pairs")
