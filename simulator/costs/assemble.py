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
from simulator.costs.generations.bus import IOMMU
from simulator.costs.model import Driver, Host, IdleState, Nic, Rule, Vendor
from simulator.costs.names import COSTS, DRIVER_PARAMETERS, HOST_FACTS, NIC_FACTS, STACK_SUFFIXES

StateRow = tuple[str, Row, Row, Row]
"""Name of an idle state; its exit latency and target residency in the governor's table; what leaving it takes."""

_ANY_CLOCK_HZ = 1
"""NIC facts contain no cycles."""

_OTHER_TWINS = (
    ("h_hardirq_native", "g_irq"),
    ("h_drv_tx_native_pk", "g_drv_tx_pk"),
)
_WAKER = (("k_wake_work", "h_wake_work"),)


def machine(
    clock: Row,
    cores: str,
    apicv: bool,
    posted: bool,
    guest: tuple[Row, Row],
    ipi: bool = False,
    tick_hz: str = "250",
    iommu: tuple[Row, ...] = IOMMU,
) -> tuple[Row, ...]:
    """Facts that are not costs. ``guest``: paravirtual EOI and the idle tick of the guests of the generation."""
    return (
        clock,
        assumed("cores", cores, "cores"),
        assumed("has_apicv", str(int(apicv)), "bool"),
        assumed("has_posted_interrupts", str(int(posted)), "bool"),
        assumed("has_ipi_virtualization", str(int(ipi)), "bool"),
        *guest,
        assumed("tick_hz", tick_hz, "Hz", "a common kernel configuration", low="100", high="1000"),
        *iommu,
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
    idle_states: Sequence[StateRow] = (),
    vendor: Vendor = "intel",
) -> Host:
    """A host from its rows; ``exact`` leaves assumed values without a range."""
    clock_hz = next(int(row.value) for row in facts if row.name == "cpu_hz")
    costs = compose(rows, COSTS, clock_hz, exact)
    pairs = [(f"h_{suffix}", f"g_{suffix}") for suffix in STACK_SUFFIXES if f"h_{suffix}" not in costs]
    costs |= twins(costs, (*pairs, *_OTHER_TWINS), "same work on the host as in the guest")
    if "k_wake_work" not in costs:
        costs |= twins(costs, _WAKER, "a vCPU is woken as any thread is")
    return Host(
        name=name,
        title=title,
        default_nic=default_nic,
        families=frozenset(families),
        costs=MappingProxyType({key: costs[key] for key in COSTS}),
        facts=MappingProxyType(compose(facts, HOST_FACTS, clock_hz, exact)),
        idle_states=tuple(_state(row) for row in idle_states),
        vendor=vendor,
    )


def _state(row: StateRow) -> IdleState:
    name, *rows = row
    found = compose(rows, dict.fromkeys((entry.name for entry in rows), ("ps", "")), _ANY_CLOCK_HZ)
    latency, residency, leave = (found[entry.name] for entry in rows)
    return IdleState(name, latency, residency, leave)


def guests(pv_eoi: bool, nohz: bool) -> tuple[Row, Row]:
    """Facts of the guests that ran on a generation: Linux 3.6 brought paravirtual EOI."""
    since = "guests of Linux 3.6 or later" if pv_eoi else "guests older than Linux 3.6"
    eoi = Row("pv_eoi", str(int(pv_eoi)), "bool", "cited", ("pv_eoi_since",), str(int(pv_eoi)), note=since)
    return eoi, assumed("guest_nohz", str(int(nohz)), "bool", "what distributions configure")


def assemble_nic(
    name: str,
    title: str,
    moderation: str,
    families: Sequence[str],
    rows: Sequence[Row],
    pf_driver: Driver,
    vf_driver: Driver,
) -> Nic:
    """A NIC from its rows and the drivers of its functions."""
    facts = compose(rows, NIC_FACTS, _ANY_CLOCK_HZ, exact=name.startswith("textbook"))
    ordered = MappingProxyType({key: facts[key] for key in NIC_FACTS})
    return Nic(name, title, moderation, frozenset(families), ordered, pf_driver, vf_driver)


def driver(name: str, rule: Rule, *rows: Row) -> Driver:
    """A driver from the parameters that its rule reads."""
    return Driver(name, rule, MappingProxyType(compose(rows, DRIVER_PARAMETERS, _ANY_CLOCK_HZ)))
