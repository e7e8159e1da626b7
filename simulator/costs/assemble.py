"""Put a host or a NIC together from its rows.

1. Rows become values at the host's clock.
2. The bare-metal names ``h_x`` become copies of ``g_x``: same kernel, same driver, same stack.
3. The facts of the machine are added.

*Scope*: assembly; which rows is the business of ``generations`` and ``adapters``.
*Validation*: a test requires exactly the names of ``names``.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from simulator.costs.compose import Row, assumed, compose, twins
from simulator.costs.model import Host, Nic
from simulator.costs.names import COSTS, HOST_FACTS, NIC_FACTS, STACK_SUFFIXES

_ANY_CLOCK_HZ = 1
"""NIC facts contain no cycles."""

_OTHER_TWINS = (
    ("h_hardirq_native", "g_irq"),
    ("h_drv_tx_native_pk", "g_drv_tx_pk"),
    ("h_wake_mutex", "h_wake"),
    ("h_task_wake", "g_wake_app"),
)


def machine(clock: Row, cores: str, apicv: bool, posted: bool, tick_hz: str = "250") -> tuple[Row, ...]:
    """Facts that are not costs. Only the clock may have a source."""
    return (
        clock,
        assumed("cores", cores, "cores"),
        assumed("has_apicv", str(int(apicv)), "bool"),
        assumed("has_posted_interrupts", str(int(posted)), "bool"),
        assumed("tick_hz", tick_hz, "Hz", "a common kernel configuration", low="100", high="1000"),
        assumed("fair_latency", "24", "ms", "default with 8 CPUs or more"),
        assumed("fair_minimum_granularity", "3", "ms", "default with 8 CPUs or more"),
        assumed("fair_wakeup_granularity", "4", "ms", "default with 8 CPUs or more"),
    )


def assemble_host(
    name: str,
    title: str,
    default_nic: str,
    families: Sequence[str],
    rows: Sequence[Row],
    facts: Sequence[Row],
    exact: bool = False,
) -> Host:
    """A host from its rows; ``exact`` leaves assumed values without a range."""
    clock_hz = next(int(row.value) for row in facts if row.name == "cpu_hz")
    costs = compose(rows, COSTS, clock_hz, exact)
    pairs = [(f"h_{suffix}", f"g_{suffix}") for suffix in STACK_SUFFIXES if f"h_{suffix}" not in costs]
    costs |= twins(costs, (*pairs, *_OTHER_TWINS), "same work on the host as in the guest")
    return Host(
        name=name,
        title=title,
        default_nic=default_nic,
        families=frozenset(families),
        costs=MappingProxyType({key: costs[key] for key in COSTS}),
        facts=MappingProxyType(compose(facts, HOST_FACTS, clock_hz, exact)),
    )


def assemble_nic(name: str, title: str, moderation: str, families: Sequence[str], rows: Sequence[Row]) -> Nic:
    """A NIC from its rows."""
    facts = compose(rows, NIC_FACTS, _ANY_CLOCK_HZ, exact=name.startswith("textbook"))
    ordered = MappingProxyType({key: facts[key] for key in NIC_FACTS})
    return Nic(name=name, title=title, moderation=moderation, families=frozenset(families), facts=ordered)
