"""Hosts, adapters and switches as settings: the catalogue's values where the scenario writes nothing.

*Scope*: one host and one adapter at a time. *Validation*: tests/unit/test_build.py, tests/unit/test_build_keys.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator import costs, units, vswitches
from simulator.costs.pcie import usable_rate_bps
from simulator.costs.ranges import host_drawn, nic_drawn
from simulator.datapaths import datapath
from simulator.parts.settings import (
    HostSettings,
    Moderation,
    PortSettings,
    Scheduler,
    SwitchSettings,
    port_settings,
)
from simulator.plan.model import INFINITE_PS
from simulator.scenario.host import Host, Nic, VirtualSwitch
from simulator.scenario.model import Scenario
from simulator.scenario.routes import (
    routes,
)
from simulator.scenario.sites import Site
from simulator.scenario.traffic import Poisson, Traffic
from simulator.vswitches.model import Flows

OVERRIDE_NOTE = "set by the scenario"
_MODERATION = {"none": "none", "gap": "gap", "coalesce": "coal", "coalesce-eqe": "coal_eqe", "coalesce-cqe": "coal_cqe"}
_CABLE_PS_PER_MM = 5
_PAGES = {"off": 0, "4 KiB": 1 << 12, "2 MiB": 1 << 21, "1 GiB": 1 << 30}


def switch_settings(scenario: Scenario, site: Site) -> SwitchSettings:
    """What carries packets on a host."""
    written, groups = site.switch, [group for _, group in site.groups]
    here = {name for group in groups for name in group.members()}
    # a path's own switch where nobody names one: of one hypervisor's paths all name the same
    used = [path for group in groups for path in (group.datapath, group.standby) if path]
    own = [kind for path in used if vswitches.suits(kind := datapath(path).switch, "linux-bridge")]
    kind = next(iter(own), written.kind) if written.kind == "automatic" else written.kind
    met = [item for item in scenario.traffic for route in routes(scenario, item) if here & {*route.nodes}]
    new_ppm = max((item.new_flows_ppm for item in met if isinstance(item, Poisson)), default=0)
    flows = flows_of(met, new_ppm, written)
    carried = vswitches.settings(
        kind,
        cores=written.cores or (),
        masks=written.masks,
        extensions=written.extensions,
        flows=flows,
        reflected=written.mode == "vepa",
    )
    return replace(carried, bond=written.bond.mode if written.bond else "")


def host_settings(host: Host) -> HostSettings:
    """The machine: catalogue, then what the scenario changes."""
    changes = {name: (value, OVERRIDE_NOTE) for name, value in host.cost_overrides().items()}
    model = costs.host(host.source)
    model = host_drawn(model.at_clock(or_default(host.clock_hz, model.cpu_hz)), host._factors)
    model = model.with_overrides(changes) if changes else model
    apicv, posted = host.capabilities.apicv, host.capabilities.posted_interrupts
    written = host.scheduler
    default = Scheduler()
    scheduler = Scheduler(
        kind=written.kind,
        latency_ps=or_default(written.latency_ps, model.value("fair_latency")),
        min_granularity_ps=or_default(written.minimum_granularity_ps, model.value("fair_minimum_granularity")),
        wakeup_granularity_ps=or_default(written.wakeup_granularity_ps, model.value("fair_wakeup_granularity")),
        quantum_ps=or_default(written.quantum_ps, default.quantum_ps),
    )
    return HostSettings(
        model=model,
        apicv=model.capabilities.has_apicv if apicv is None else apicv,
        posted_interrupts=model.capabilities.has_posted_interrupts if posted is None else posted,
        cores=host.core_count,
        irq_cores=host.irq_cores or (),
        tick=host.tick,
        tick_hz=model.value("tick_hz"),
        idle=host.idle,
        noise=host.noise,
        siblings=host.smt,
        backend_cores=host.backend_cores or (),
        firewall=host.firewall,
        variability=host.variability,
        demote=host.softirq.demote,
        scheduler=scheduler,
        iommu_page_bytes=_PAGES[host.iommu_pages],
        iommu=host.iommu.mode,
        maps_received=host.iommu.receive_pages == "mapped",
    )


def nic_settings(nic: Nic) -> PortSettings:
    """The port: catalogue, then what the scenario changes."""
    model, written = nic_drawn(costs.nic(nic.model), nic._factors), nic.moderation
    port = port_settings(model)
    if written is not None and written.kind != "adaptive":
        port = replace(
            port,
            moderation=Moderation(_MODERATION[written.kind], written.interval_ps or 0, written.frames or INFINITE_PS),
        )
    if nic.pcie.generation is not None or nic.pcie.lanes is not None:
        generation = or_default(nic.pcie.generation, model.value("pcie_generation"))
        rate_bps = usable_rate_bps(generation, or_default(nic.pcie.lanes, model.value("pcie_lanes")))
        port = replace(port, up_bps=rate_bps, down_bps=rate_bps)
    return replace(
        port,
        rate_bps=or_default(nic.rate_bps, port.rate_bps),
        cable_ps=(nic.cable_mm or 0) * _CABLE_PS_PER_MM,
        mps_bytes=or_default(nic.pcie.mps_bytes, port.mps_bytes),
        mrrs_bytes=or_default(nic.pcie.mrrs_bytes, port.mrrs_bytes),
        drop_enable=nic.drop_enable,
        far=nic.far or "",
        arbiter=nic.arbiter.kind,
        quantum_bytes=nic.arbiter.quantum_bytes,
        loopback_bps=or_default(nic.loopback_bps, port.loopback_bps),
        rx_ring=nic.rx_ring or 0,
        tx_ring=nic.tx_ring or 0,
    )


def nic_overrides(nic: Nic) -> dict[str, str]:
    """Facts of the catalogued adapter that the scenario sets to another value, each in words; they count as assumed."""
    model, written = costs.nic(nic.model), nic.pcie
    facts = {
        "port_rate_bps": ("nic.rate", nic.rate_bps, units.BIT_RATE),
        "loopback_bps": ("nic.loopback", nic.loopback_bps, units.BIT_RATE),
        "mps_bytes": ("nic.pcie.mps", written.mps_bytes, units.SIZE),
        "mrrs_bytes": ("nic.pcie.mrrs", written.mrrs_bytes, units.SIZE),
        "pcie_generation": ("nic.pcie.generation", written.generation, None),
        "pcie_lanes": ("nic.pcie.lanes", written.lanes, None),
        "drop_enable" if nic.drop_enable else "drop_enable_sriov": (
            "nic.drop_enable",
            None if nic.drop_enable is None else int(nic.drop_enable),
            None,
        ),
    }
    found = {}
    for fact, (key, value, dimension) in facts.items():
        held = model.value(fact)
        if value is not None and value != held:
            shown, own = (units.exact(n, dimension) if dimension else str(n) for n in (value, held))
            found[fact] = f"{key} = {shown}; {model.name} has {own}"
    return found


def flows_of(met: Sequence[Traffic], new_ppm: int, written: VirtualSwitch) -> Flows:
    """What the tables of a switch meet, with what the scenario says of them."""
    count = max(1, sum(getattr(item, "flows", 1) for item in met))
    return Flows(count, new_ppm, written.smc, written.megaflows, written.output_batching)


def or_default(value: int | None, default: int) -> int:
    """What is written, or what stands where nothing is."""
    return default if value is None else value
