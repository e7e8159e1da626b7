"""A step of a datapath: what it costs, where, how often and why. The same table builds the plan and explains it.

1. A datapath declares its steps; each names the costs of the catalogue it spends and the `charge`, the place in the
   plan where they go.
2. The builder asks `total(host, steps, charge)`; `explain` prints the rows. So a printed step is a simulated step.
3. With variability on, all costs that one executor draws with one stream are put together in `range_1024`.

*Scope*: costs in time and per byte; hardware times (wire, PCIe, engines) come from the NIC's facts.
*Validation*: tests/golden compares the sums with the single-packet sums of the literature; tests/unit/test_explain.py
with the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.costs import Host

WIDEST_1024 = 768
"""Farthest factor from the mean, either way: a range of orders of magnitude is not one of packets."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    `charge` is `<part>.<field>` of the plan; `once` marks what an idle receiver's only packet waits for. `spared_by` is a fact
    of the host with which that packet is spared the step.
    """

    name: str
    where: str
    charge: str
    costs: tuple[str, ...] = ()
    when: str = "per packet"
    exits: str = ""
    once: bool = True
    source: str = ""
    spared_by: str = ""


def total(host: Host, steps: Iterable[Step], charge: str) -> int:
    """Sum of all costs charged there, in the unit of the entries (ps, or fs per byte)."""
    return sum(host.value(name) for step in steps if step.charge == charge for name in step.costs)


def names(steps: Iterable[Step], part: str) -> tuple[str, ...]:
    """Names of the costs in time that go to any field of `part`, in order, each once per occurrence."""
    chosen = (step for step in steps if step.charge.startswith(part + ".") and not step.charge.endswith("_fs"))
    return tuple(name for step in chosen for name in step.costs)


def once_ps(host: Host, steps: Iterable[Step]) -> int:
    """What the only packet of an idle receiver waits for, in ps, copies left out."""
    waited = (step for step in steps if step.once and not step.charge.endswith("_fs") and not is_spared(host, step))
    return sum(host.ps(name) for step in waited for name in step.costs)


def is_spared(host: Host, step: Step) -> bool:
    """Whether the only packet of an idle receiver is spared the step on this host."""
    return bool(step.spared_by and host.value(step.spared_by))


def range_1024(host: Host, cost_names: Iterable[str], fixed_ps: int = 0) -> tuple[int, int] | None:
    """Lowest and highest factor of the sum of these costs, in 1/1024; None if they cost nothing or have no range.

    The plan draws one factor per executor; the sums weigh each cost by its share, so the dearest decides. Half of the range of the
    sum lies on each side, so that the mean is the sum: most costs were read from rates, which are means (decision 62). `fixed_ps` is
    part of every sum and has no range: work whose time somebody states.
    """
    costs = [host.cost(name) for name in cost_names]
    value, low, high = (fixed_ps + sum(int(getattr(cost, key)) for cost in costs) for key in ("value", "low", "high"))
    if value <= 0 or low >= value >= high:
        return None
    half = min((high - low) * 512 // value, WIDEST_1024)
    return 1024 - half, 1024 + half
