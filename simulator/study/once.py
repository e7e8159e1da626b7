"""One pass of a point: its first replications after its warm-up, or 5 ms where it states none, added up.

Intervals over costs and predictions of measurements run thousands of passes; a pilot run and a precision for each would cost more than they tell.

*Scope*: one point, one process. *Validation*: tests/unit/test_uncertainty.py, tests/validation/test_predict.py.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator import metrics
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Point
from simulator.scenario.build import build
from simulator.study.ranges import Warmup
from simulator.study.replications import job_of, plans
from simulator.study.runs import run


def plans_of(point: Point) -> list[Plan]:
    """The plans of the first replications."""
    return [plan for _, plan in plans(point, build(point.scenario), 0, point.scenario.first_replications)]


def once(
    point: Point, plans: list[Plan], engine: str = "compiled", stopped: Callable[[], bool] = lambda: False
) -> Trace:
    """What the replications measured together."""
    warmup = Warmup(point.scenario.measurement.before_ps)
    jobs = [job_of(0, point, plan, engine, number, warmup) for number, plan in enumerate(plans)]
    return metrics.pool([run(job, stopped).trace for job in jobs])
