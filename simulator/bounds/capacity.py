"""The most that a plan can deliver, and which resource says so: two linear programmes over its network.

1. *Throughput*: sources send at most what they offer (closed loops: anything), nodes pass on at most what they get, no resource works more
   than a second per second; the most that can be recorded bounds every run.
2. *Saturation*: every open source at s times its rate and nothing lost; the largest s is where the first resource is full. The
   utilisation of a resource at the offered load is its share of that solution divided by s (utilisation law).
3. *What limits* is full and has a price: one more unit of it would raise s. The next bottleneck is what limits with that one taken away.

How packets spread over queues is left open to the programme, so that the bound holds for every hash; it is not tight where one queue of
several is overloaded.

*Scope*: throughput, not latency. *Validation*: tests/bounds/test_bounds.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.bounds.network import PS, Network, network
from simulator.errors import SimulatorError
from simulator.plan import draws
from simulator.plan.model import NONE, Plan

NOT_LIMITED = "nothing"
CLOSED_PPS = 1e9
"""What a closed loop is allowed to send: more than any network of this kind carries."""
UNIT_PPS = 1e6
"""The solver sees loads in this unit: numbers near one."""
UNBOUNDED, PRICE = 3, 1e-12
"""The solver's word for a programme without a limit; the smallest price that is one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A resource, and the total rate offered at which it is full, in packets/s."""

    resource: str
    offered_pps: float


@dataclass(frozen=True, slots=True)
class Bound:
    """What no run of the plan exceeds."""

    offered_pps: float
    """What open sources make; closed loops count nothing."""
    throughput_pps: float
    """No run delivers more, for long: what is offered, as far as the resources carry it."""
    capacity_pps: float
    """No run delivers more even if open sources sent without end."""
    limits: tuple[Limit, ...]
    """What limits, then what limits when that is taken away, and so on."""
    utilisation: dict[str, float]
    """Resource -> share of it that the offered load takes at the least, open sources only; largest first."""

    @property
    def saturation_pps(self) -> float:
        """Offered rate at which the first resource is full."""
        return self.limits[0].offered_pps if self.limits else float("inf")

    @property
    def bottleneck(self) -> str:
        """The first resource to be full."""
        return self.limits[0].resource if self.limits else NOT_LIMITED


def bound(plan: Plan, depth: int = 3) -> Bound:
    """The bound of a plan, with `depth` bottlenecks one behind the other. Raises SimulatorError if the programme has no solution."""
    found = network(plan)
    rates = {index: _rate(plan, index) for index in found.births}
    offered = sum(rate for rate in rates.values() if rate is not None)
    limits, gone, utilisation = [], set[str](), dict[str, float]()
    for step in range(depth):
        scale, shares, prices = _saturation(found, rates, gone)
        if not prices:
            break
        worst = max(prices, key=lambda name: prices[name])
        limits.append(Limit(worst, scale * UNIT_PPS * (1 if offered else len(rates))))
        if step == 0:
            utilisation = {name: share / scale * offered / UNIT_PPS for name, share in shares.items()}
        gone.add(worst)
    ordered = dict(sorted(utilisation.items(), key=lambda pair: -pair[1]))
    endless = dict.fromkeys(rates)
    return Bound(offered, _throughput(found, rates), _throughput(found, endless), tuple(limits), ordered)


def _rate(plan: Plan, index: int) -> float | None:
    """Packets per second that a source offers; None for a closed loop."""
    source = plan.sources[index]
    if source.kind != "open" or source.gap == NONE:
        return None
    mean = float(draws.mean(plan.streams[source.gap]))
    return PS / mean if mean else CLOSED_PPS


class _Rows:
    """A sparse matrix, row by row."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self.count = 0

    def add(self, entries: Iterable[tuple[int, float]]) -> None:
        """One more row of (column, value)."""
        for column, value in entries:
            self._rows.append(self.count)
            self._columns.append(column)
            self._values.append(value)
        self.count += 1

    def matrix(self, columns: int) -> Any:
        """All rows; values of one place add up."""
        from scipy.sparse import coo_array

        return coo_array((self._values, (self._rows, self._columns)), shape=(self.count, columns)).tocsr()


def _rows(found: Network, resources: list[str], born: Mapping[int, Sequence[tuple[int, float]]]) -> tuple[_Rows, _Rows]:
    """What must not be above its limit (demands, then out - in = 0), and what must be 0 (in - born - brought); columns are the nodes'
    inflows, then the edges, then what `born` uses: node -> (column, packets per second of it)."""
    count = len(found.nodes)
    out: dict[int, list[int]] = {}
    brought: dict[int, list[int]] = {}
    for place, (origin, target) in enumerate(found.edges):
        out.setdefault(origin, []).append(count + place)
        brought.setdefault(target, []).append(count + place)
    above, equal = _Rows(), _Rows()
    for resource in resources:
        above.add(found.demands[resource].items())
    for node, places in out.items():
        above.add([(node, -1.0), *((place, 1.0) for place in places)])
    for node in range(count):
        minus = [(place, -1.0) for place in brought.get(node, ())] + [
            (column, -amount) for column, amount in born.get(node, ())
        ]
        equal.add([(node, 1.0), *minus])
    return above, equal


def _throughput(found: Network, rates: Mapping[int, float | None]) -> float:
    from scipy.optimize import linprog

    first = len(found.nodes) + len(found.edges)
    born: dict[int, list[tuple[int, float]]] = {}
    for column, source in enumerate(rates, first):
        born.setdefault(found.births[source], []).append((column, 1.0))
    columns, resources = first + len(rates), list(found.demands)
    above, equal = _rows(found, resources, born)
    right = np.zeros(above.count)
    right[: len(resources)] = 1.0
    aim = np.zeros(columns)
    aim[list(found.recorded)] = -1.0
    limits = [(0.0, None)] * first + [(0.0, CLOSED_PPS if rate is None else rate) for rate in rates.values()]
    solved = linprog(
        aim, above.matrix(columns), right, equal.matrix(columns), np.zeros(equal.count), limits, method="highs"
    )
    if not solved.success:
        raise SimulatorError(f"the plan's network has no solution: {solved.message}")
    return float(-solved.fun)


def _saturation(
    found: Network, rates: Mapping[int, float | None], gone: set[str]
) -> tuple[float, dict[str, float], dict[str, float]]:
    """(largest scale of a load of `UNIT_PPS`, resource -> its use there, resource -> its price if it limits). Closed loops, where there
    are no others, count as equal open sources."""
    from scipy.optimize import linprog

    offered = sum(rate or 0.0 for rate in rates.values())
    columns = len(found.nodes) + len(found.edges) + 1
    resources = [name for name in found.demands if name not in gone]
    if not resources:
        return float("inf"), {}, {}
    born: dict[int, list[tuple[int, float]]] = {}
    for source, rate in rates.items():
        share = (rate or 0.0) / offered if offered else 1.0
        born.setdefault(found.births[source], []).append((columns - 1, share * UNIT_PPS))
    above, equal = _rows(found, resources, born)
    # nothing is lost: what comes in goes out
    whole = above.matrix(columns)
    capacity = whole[: len(resources)]
    from scipy.sparse import vstack

    kept = vstack([whole[len(resources) :], equal.matrix(columns)])
    aim = np.zeros(columns)
    aim[-1] = -1.0
    solved = linprog(
        aim, capacity, np.ones(len(resources)), kept, np.zeros(kept.shape[0]), [(0.0, None)] * columns, method="highs"
    )
    if solved.status == UNBOUNDED:
        return float("inf"), {}, {}
    if not solved.success:
        raise SimulatorError(f"the plan's network has no solution: {solved.message}")
    used = capacity @ solved.x
    shares = {name: float(share) for name, share in zip(resources, used, strict=True)}
    prices = {
        name: -float(price) for name, price in zip(resources, solved.ineqlin.marginals, strict=True) if price < -PRICE
    }
    return float(solved.x[-1]), shares, prices
