"""The largest load that an open loop carries with no more than a given loss, as a loss-point test finds it.

1. From the scenario's own rate the load doubles until more is lost, or the line is full.
2. Between the last load that was carried and the first that was not, the logarithm is halved until they are 1 % apart.
3. Carried means: of what was offered in the window, all but the allowed share came out in it, and for no loss at all, besides,
   nothing was dropped. What only queues for a while is not carried.
4. ``most``: the largest rate that comes out at that load and at 1.1 to 2 times of it.

*Scope*: one source, whose ``rate`` is searched; loss is taken to grow with load between the two ends.
*Validation*: ``tests/validation/test_search.py`` (against a server whose capacity is known).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from simulator.validation.runs import Values

APART = 1.01
QUEUES = 1e-3
"""Share of a window's packets that may be under way at its end though nothing is lost."""
BEYOND = (1.1, 1.25, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Found:
    """The load, packets per second, and the largest rate that came out there or beyond it."""

    load_pps: float
    most_pps: float


def loss_point(
    at: Callable[[float], Values], start_pps: float, line_pps: float, loss: float, most: bool = False
) -> Found:
    """Search; ``at`` simulates a load in packets per second, ``loss`` is a share."""
    carried, failed = 0.0, line_pps
    load = min(start_pps, line_pps)
    while _is_carried(at(load), loss):
        carried = load
        if load >= line_pps:
            return Found(load, _out(at(load)))
        load = min(2 * load, line_pps)
    failed = load
    while carried == 0.0:
        load /= 2
        if load < 1:
            return Found(0.0, _out(at(failed)))
        if _is_carried(at(load), loss):
            carried = load
        else:
            failed = load
    while failed / carried > APART:
        load = sqrt(failed * carried)
        if _is_carried(at(load), loss):
            carried = load
        else:
            failed = load
    beyond = [_out(at(min(carried * factor, line_pps))) for factor in BEYOND] if most else []
    return Found(carried, max([_out(at(carried)), *beyond]))


def _out(values: Values) -> float:
    return values["delivered_pps"] or 0.0


def _is_carried(values: Values, loss: float) -> bool:
    if loss == 0 and values["loss_ratio"]:
        return False
    return 1 - _out(values) / (values["offered_pps"] or 1.0) <= max(loss, QUEUES)
