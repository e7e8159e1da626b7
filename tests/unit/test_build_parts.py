"""Parts and datapaths: steps, stages, the registry, the embedded switch, and latency as the sum of its stages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.costs import host, nic
from simulator.datapaths import DATAPATHS, datapath
from simulator.engines.compiled import CompiledEngine
from simulator.errors import InputError
from simulator.explain import one_packet
from simulator.parts.driver import application_vcpu
from simulator.parts.nic import Member
from simulator.parts.settings import GuestSettings, port_settings
from simulator.parts.stages import STAGES
from simulator.parts.steps import Step, names, range_1024, total
from simulator.plan import draws
from simulator.scenario.names import DATAPATHS as KNOWN
from simulator.vswitches import embedded

STEPS = (
    Step("a", "here", "napi.packet_ps", ("g_irq", "k_exit")),
    Step("b", "here", "napi.packet_ps", ("k_eoi",)),
    Step("c", "here", "napi.byte_fs", ("g_copy_fs",)),
)


def test_costs_are_summed_by_charge() -> None:
    textbook = host("textbook")
    assert total(textbook, STEPS, "napi.packet_ps") == 500_000 + 700_000 + 700_000
    assert total(textbook, STEPS, "napi.byte_fs") == 120_000
    assert names(STEPS, "napi") == ("g_irq", "k_exit", "k_eoi")


def test_half_of_the_range_of_a_sum_lies_on_each_side_so_that_its_mean_stays() -> None:
    modern = host("modern")
    assert range_1024(host("textbook"), ("k_exit",)) is None
    low, high = range_1024(modern, ("k_exit", "k_wake_run")) or (0, 0)
    pair = [modern.cost(name) for name in ("k_exit", "k_wake_run")]
    value, least, most = (sum(int(getattr(cost, key)) for cost in pair) for key in ("value", "low", "high"))
    assert high - low == 2 * ((most - least) * 512 // value)
    assert low + high == 2048
    assert draws.mean(draws.spread("spread", low, high)) == 1024


def test_a_range_of_orders_of_magnitude_is_not_one_of_packets() -> None:
    wide = host("modern")
    wide = replace(wide, costs={**wide.costs, "k_exit": replace(wide.cost("k_exit"), low=1, high=10**9)})
    assert range_1024(wide, ("k_exit",)) == (256, 1792)


@pytest.mark.parametrize("path", list(DATAPATHS.values()), ids=list(DATAPATHS))
def test_every_step_names_costs_of_every_host(path: object) -> None:
    chosen = datapath(path.name)  # type: ignore[attr-defined]
    for mode in chosen.modes:
        for step in chosen.steps(mode):
            assert step.costs
            assert step.source
            for name in step.costs:
                host("modern").cost(name)


def test_the_registry_is_what_scenarios_may_name() -> None:
    assert tuple(DATAPATHS) == KNOWN
    with pytest.raises(InputError, match="did you mean 'sriov-vf'"):
        datapath("sriov-vff")


@pytest.mark.parametrize("model", ["textbook", "legacy-2010", "haswell-2015", "modern"])
@pytest.mark.parametrize(("name", "mode"), [(name, mode) for name, path in DATAPATHS.items() for mode in path.modes])
def test_latency_is_the_sum_of_its_stages(model: str, name: str, mode: str) -> None:
    chosen = host(model)
    if (
        mode not in ("native", "legacy", "poll")
        and not {
            "apicv": chosen.capabilities.has_apicv,
            "posted": chosen.capabilities.has_posted_interrupts,
        }[mode]
    ):
        pytest.skip(f"host {model} has no {mode} interrupts")
    plan = one_packet(datapath(name), mode, chosen, port_settings(nic(chosen.default_nic))).builder.finish("one")
    assert plan.stages == tuple(STAGES)
    engine = CompiledEngine(plan, 1)
    engine.run(10**10)
    trace = engine.trace()
    assert trace.counters["guest.sink.count"] == 1
    assert sum(wait + service for wait, service in trace.stages["guest.sink"]) == trace.counters["guest.sink.sum_ps"]
    assert all(wait >= 0 for wait, _ in trace.stages["guest.sink"])


def test_switch_tables() -> None:
    # Two guests of VLAN index 0 and one of VLAN index 1; MAC 0 is the far end.
    members = [Member(1, 0, 0, 2), Member(2, 0, 2, 1), Member(3, 1, 3, 1)]
    inside, outside = embedded.ingress(2, 4, members), embedded.egress(2, 4, members)
    assert inside.table == (-1, 0, 1, -1, -1, -1, -1, 2)
    assert inside.ports == ((0, 2), (2, 1), (3, 1))
    assert outside.table == (0, 1, 1, 0, 0, 0, 0, 1)
    assert outside.default_port == 0


def test_a_guest_of_another_vlan_is_not_reached() -> None:
    members = [Member(1, 0, 0, 1), Member(2, 1, 1, 1)]
    assert embedded.egress(2, 3, members).table[2] == embedded.WIRE_PORT


@pytest.mark.parametrize("model", ["textbook", "legacy-2010", "haswell-2015", "modern"])
def test_a_read_takes_the_measured_round_trip(model: str) -> None:
    # Memory and both ways together are what the source measured as one read.
    chosen = host(model)
    plan = one_packet(
        datapath("native"), "native", chosen, replace(port_settings(nic("e810")), up_bps=0, down_bps=0)
    ).builder.finish("one")
    dma = plan.dmas[0]
    ways_ps = plan.links[dma.up].propagation_ps + plan.links[dma.down].propagation_ps
    assert dma.memory_ps + ways_ps == chosen.ps("p_mem")


def test_an_application_is_on_its_queue_s_vcpu_or_on_the_next_one() -> None:
    beside, apart = (GuestSettings("vm", "sriov-vf", application_vcpu=word) for word in (False, True))
    assert [application_vcpu(beside, [10, 11, 12], queue) for queue in range(4)] == [10, 11, 12, 10]
    assert [application_vcpu(apart, [10, 11, 12], queue) for queue in range(4)] == [11, 12, 10, 11]
