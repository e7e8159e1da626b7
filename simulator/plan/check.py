"""Whether a plan can be run: a list of small rules, each a function from the plan to readable complaints.

1. First every field alone (`check_values`), since the other rules follow references.
2. Then who is connected to whom (`check_wiring`, for what traps `check_traps`, for what takes time or adapts `check_times`,
   for addresses `check_memory`), since
   packets are followed through workers only when these are whole.
3. Then sizes, overflow and loops without time (`check_bounds`), and what events change (`check_events`).

A later group runs only if the earlier ones are content.
*Scope*: what `docs/reference/plan.md` demands of a plan; not whether it is sensible. *Validation*: `tests/unit/test_plan_check.py`,
and every random plan, vector and scenario of the tests passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simulator.errors import PlanError
from simulator.plan import (
    check_bounds,
    check_events,
    check_memory,
    check_times,
    check_traps,
    check_values,
    check_wiring,
)
from simulator.plan.model import Plan

Rule = Callable[[Plan], Iterator[str]]

GROUPS: tuple[tuple[Rule, ...], ...] = (
    (check_values.shapes, check_values.numbers, check_events.shapes),
    (check_values.names, check_values.values),
    (
        check_values.sizes,
        check_events.entries,
        check_wiring.roles,
        check_traps.roles,
        *check_times.RULES,
        *check_memory.RULES,
    ),
    (check_wiring.ends, check_wiring.gates, check_traps.accesses, check_wiring.requests, check_wiring.stages),
    (check_bounds.streams, check_bounds.rooms, check_bounds.products, check_bounds.standstill),
    (check_events.values,),
)


def check(plan: Plan) -> list[str]:
    """Complaints about `plan`, each naming entity, field, value and reason; empty if it can be run."""
    for group in GROUPS:
        complaints = [complaint for rule in group for complaint in rule(plan)]
        if complaints:
            return complaints
    return []


def require(plan: Plan) -> None:
    """Raise `PlanError` with all complaints about `plan`, one per line, if there are any."""
    complaints = check(plan)
    if complaints:
        raise PlanError(f"plan {plan.name} cannot be run:\n" + "\n".join(f"  {complaint}" for complaint in complaints))
