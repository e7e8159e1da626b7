"""What is not known about the costs, as an interval on every answer, and which costs to measure first.

1. A design of draws: scrambled Sobol points, one dimension for each unknown cost, turned into factors by its distribution. The
   same draws for every point of a study, and the same random numbers in every run: differences between points keep what they share.
2. Every point runs once for each draw. The 90 % interval of a metric goes from the 5 % to the 95 % quantile of the draws' values
   (Weibull's positions: with 16 draws the smallest and the largest).
3. Which costs first: those that change the plan at all are tried at both ends one by one; for the six that move the metric most,
   Sobol' total indices (``scipy.stats.sobol_indices``) share out its variance: rough, good for an order, 0 to 1.

4. Beside it stands how wrong the model has been elsewhere (``simulator.study.elsewhere``), which holds what the ranges of costs do not:
   the model's own error, and test-beds of which not everything is known.

*Scope*: ranges of costs; chance (the ranges over replications) is in neither.
*Validation*: ``tests/unit/test_uncertainty.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulator import costs, metrics
from simulator.costs.ranges import Unknown, unknowns
from simulator.plan.fingerprint import fingerprint
from simulator.scenario import Point
from simulator.scenario.build import build, drawn
from simulator.scenario.model import Scenario
from simulator.scenario.sites import sites
from simulator.scenario.traffic import Bulk, RequestResponse
from simulator.study import elsewhere
from simulator.study.fanout import fan_out
from simulator.study.once import once, plans_of
from simulator.study.point import PointResult
from simulator.study.tables import part

DRAWS, LEAST_DRAWS, MOST_DRAWS = 16, 8, 4096
LEVEL = 0.9
SEED = 20_260_101
SCREENED, BASE = 6, 16
"""Costs whose indices are computed, and base sample of the estimator: ``BASE * (SCREENED + 2)`` runs."""
NAMED = 3
Factors = Mapping[str, float]
Ends = dict[str, float | None]
Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Share:
    """A cost, the share of a metric's variance that it is in (Sobol' total index), and the metric at its two ends."""

    cost: str
    status: str
    total: float
    at_low: float
    at_high: float


def of_point(point: Point) -> tuple[Unknown, ...]:
    """The unknown costs of a point's machines."""
    return of_scenario(point.scenario)


def of_scenario(scenario: Scenario) -> tuple[Unknown, ...]:
    """Everything that may be off on the machines of a scenario, by name: one factor for all hosts and adapters that have it, with the
    ends of the first."""
    found: dict[str, Unknown] = {}
    for site in sites(scenario):
        for _, nic in site.adapters:
            for unknown in unknowns(costs.host(site.host.source), costs.nic(nic.model)):
                found.setdefault(unknown.name, unknown)
    return tuple(found.values())


def design(unknown: Sequence[Unknown], draws: int) -> list[dict[str, float]]:
    """Factors of every unknown cost for each draw, the same for equal arguments."""
    from scipy.stats import qmc

    points = qmc.Sobol(len(unknown), scramble=True, rng=SEED).random_base2(max(draws - 1, 1).bit_length())[:draws]
    return [{cost.name: cost.factor(float(share)) for cost, share in zip(unknown, row, strict=True)} for row in points]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 90 % interval of draws."""
    ends = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), method="weibull")
    return float(ends[0]), float(ends[1])


def intervals(
    points: Sequence[Point],
    draws: int = DRAWS,
    engine: str = "compiled",
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, dict[str, float | None]]]:
    """For each point: metric -> ``{low, high}``; null where a draw gives the metric no value. Raises what a run raises."""
    asked = [
        _Draw(point, factors, index, engine)
        for index, point in enumerate(points)
        for factors in design(of_point(point), draws)
    ]
    found: dict[int, list[Values]] = {index: [] for index in range(len(points))}
    outcomes = fan_out(_headline, asked, workers, processes=engine == "reference" and workers > 1)
    for done, (draw, outcome) in enumerate(outcomes, 1):
        if isinstance(outcome, Exception):
            raise outcome
        found[draw.index].append(outcome)
        if progress is not None:
            progress(done, len(asked))
    return [_ends(found[index]) for index in range(len(points))]


def attach(
    points: Sequence[Point],
    results: Sequence[PointResult],
    draws: int,
    engine: str,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[PointResult, ...]:
    """The results with ``uncertainty`` in the entry of each point that did not fail: draws, level, intervals by metric."""
    done = [place for place, result in enumerate(results) if not result.error]
    found = dict(zip(done, intervals([points[place] for place in done], draws, engine, workers, progress), strict=True))
    block = {"draws": draws, "level": LEVEL, "elsewhere_from": elsewhere.block()}
    return tuple(
        replace(result, entry=result.entry | {"uncertainty": block | _both(points[place], result.entry, found[place])})
        if place in found
        else result
        for place, result in enumerate(results)
    )


def _both(point: Point, entry: Mapping[str, Any], metrics: Mapping[str, Ends]) -> dict[str, Any]:
    """The intervals over the costs and, for metrics of a kind that was measured elsewhere, with the model's own error."""
    wide = {
        name: elsewhere.ends(name, part(entry, name), ends) for name, ends in metrics.items() if elsewhere.kind_of(name)
    }
    is_open = not any(isinstance(item, RequestResponse | Bulk) for item in point.scenario.traffic)
    most = wide["delivered_pps"]["high"]
    if is_open and most is not None:  # what is not offered does not arrive
        wide["delivered_pps"]["high"] = min(most, max(entry["offered_pps"], entry["delivered_pps"]))
    return {"metrics": metrics, "elsewhere": wide}


def measure_first(point: Point, metric: str, engine: str = "compiled", workers: int = 1) -> tuple[Share, ...]:
    """The costs that leave most open about a metric of a point, most first; costs that no run shows to matter are left out."""
    moving = [cost for cost in of_point(point) if _changes_plan(point, cost)]
    tried = [{cost.name: end} for cost in moving for end in (cost.low, cost.high)]
    ends = _values(point, metric, tried, engine, workers)
    pairs = {cost.name: (ends[2 * place], ends[2 * place + 1]) for place, cost in enumerate(moving)}
    ranked = sorted(moving, key=lambda cost: -abs(pairs[cost.name][1] - pairs[cost.name][0]))
    chosen = [cost for cost in ranked[:SCREENED] if pairs[cost.name][0] != pairs[cost.name][1]]
    if len(chosen) < 2:
        return tuple(Share(cost.name, cost.status, 1.0, *pairs[cost.name]) for cost in chosen)
    totals = _totals(point, metric, chosen, engine, workers)
    shares = [
        Share(cost.name, cost.status, total, *pairs[cost.name]) for cost, total in zip(chosen, totals, strict=True)
    ]
    return tuple(sorted(shares, key=lambda share: -share.total))


def _totals(point: Point, metric: str, chosen: Sequence[Unknown], engine: str, workers: int) -> list[float]:
    from scipy.stats import sobol_indices, uniform

    def of(shares: Any) -> Any:
        factors = [
            {cost.name: cost.factor(float(share)) for cost, share in zip(chosen, column, strict=True)}
            for column in np.atleast_2d(shares.T)
        ]
        return np.array([_values(point, metric, factors, engine, workers)])

    found = sobol_indices(func=of, n=BASE, dists=[uniform()] * len(chosen), rng=SEED)
    return [min(1.0, max(0.0, float(total))) for total in np.ravel(found.total_order)]


@dataclass(frozen=True, slots=True)
class _Draw:
    point: Point
    factors: Factors
    index: int
    engine: str

    def __hash__(self) -> int:
        return id(self)


def _headline(draw: _Draw, stopped: Callable[[], bool]) -> Values:
    point = Point(draw.point.series, draw.point.parameters, drawn(draw.point.scenario, draw.factors))
    plans = plans_of(point)
    return metrics.headline(plans[0], once(point, plans, draw.engine, stopped))


def _values(point: Point, metric: str, factors: Sequence[Factors], engine: str, workers: int) -> list[float]:
    asked = [_Draw(point, each, index, engine) for index, each in enumerate(factors)]
    found: dict[int, float] = {}
    for draw, outcome in fan_out(_headline, asked, workers, processes=engine == "reference" and workers > 1):
        if isinstance(outcome, Exception):
            raise outcome
        found[draw.index] = outcome[metric] or 0.0
    return [found[index] for index in range(len(asked))]


def _changes_plan(point: Point, cost: Unknown) -> bool:
    plain, moved = build(point.scenario), build(drawn(point.scenario, {cost.name: cost.high}))
    return fingerprint(plain) != fingerprint(moved)


def _ends(found: Sequence[Values]) -> dict[str, dict[str, float | None]]:
    return dict(_metric_ends(found))


def _metric_ends(found: Sequence[Values]) -> Iterator[tuple[str, dict[str, float | None]]]:
    for name in found[0]:
        values = [each[name] for each in found]
        known = [value for value in values if value is not None]
        low, high = interval(known) if len(known) == len(values) else (None, None)
        yield name, {"low": low, "high": high}
