"""A whole adapter passed through: the sums of a virtual function, the rings and the moderation of the physical one."""

from __future__ import annotations

import pytest

from simulator.costs import nic
from simulator.errors import InputError
from simulator.scenario import Scenario
from simulator.scenario.build import build
from tests.golden.test_single_packet import COSTS, SUMS_NS, Runner, latencies_ns


@pytest.mark.parametrize(("mode", "total_ns"), [(mode, total) for path, mode, total in SUMS_NS if path == "sriov-vf"])
def test_one_packet_costs_what_it_costs_over_a_virtual_function(run: Runner, mode: str, total_ns: int) -> None:
    # The textbook's embedded switch takes no time, so that the sums are the same: 5,220, 7,220 and 8,320 ns.
    assert latencies_ns(run("direct-assignment", mode, COSTS[mode], [0], halt_poll_max_ps=0)) == [total_ns]


def scenario(datapath: str, **guest: object) -> Scenario:
    return Scenario.model_validate(
        {
            "schema": 1, "name": "one", "host": {"model": "modern"}, "nic": {"model": "e810"},
            "guests": [{"name": "vm", "datapath": datapath, **guest}],
            "traffic": [{"name": "load", "kind": "constant", "rate": "1 kpps"}],
        }
    )  # fmt: skip


def test_no_switch_no_limit_and_the_driver_of_the_physical_function() -> None:
    whole, function = build(scenario("direct-assignment")), build(scenario("sriov-vf"))
    enter = [next(link for link in plan.links if link.name == "port.enter") for plan in (whole, function)]
    assert enter[1].propagation_ps - enter[0].propagation_ps == nic("e810").value("switch_lat")
    # ice moderates by DIM, iavf by the size of what came in (decision 0010)
    assert [plan.moderators[0].adapt for plan in (whole, function)] == ["dim", "size"]
    assert [plan.rings[0].size for plan in (whole, function)] == [
        nic("e810").value(key) for key in ("rx_ring", "vf_rx_ring")
    ]


def test_nobody_else_has_the_adapter() -> None:
    with pytest.raises(InputError, match=r"guests\.vm0\.datapath: owns the whole adapter, and 2 guests use it"):
        build(scenario("direct-assignment", count=2))


def test_there_is_no_function_to_limit() -> None:
    with pytest.raises(InputError, match=r"guests\.vm\.max_rate: limits a virtual function"):
        build(scenario("direct-assignment", max_rate="1 Gbit/s"))
