"""What a point rests on is counted: its idle states, the events of its noise, and the firewall where a bridge carries frames."""

from __future__ import annotations

from typing import Any

from simulator.costs import host
from simulator.scenario import Scenario
from simulator.study.point import cost_status


def counted(datapath: str, **machine: Any) -> dict[str, int]:
    return cost_status(
        Scenario.model_validate(
            {
                "schema": 1,
                "name": "counted",
                "host": {"model": "modern", "idle": "poll", **machine},
                "nic": {"model": "e810"},
                "guests": [{"name": "vm", "datapath": datapath}],
                "traffic": [{"name": "load", "kind": "constant", "rate": "1 kpps"}],
            }
        )
    )


def more(datapath: str, **machine: Any) -> dict[str, int]:
    plain, changed = counted(datapath), counted(datapath, **machine)
    return {status: changed[status] - plain[status] for status in plain if changed[status] != plain[status]}


def test_every_idle_state_that_the_word_allows_counts_with_its_three_values() -> None:
    first, *rest = host("modern").idle_states
    assert sum(more("sriov-vf", idle="c1").values()) == 3
    assert sum(more("sriov-vf", idle="default").values()) == 3 * (1 + len(rest))
    assert more("sriov-vf", idle="c1")["derived"] >= (first.leave.status == "derived")


def test_every_event_of_the_noise_counts() -> None:
    assert more("sriov-vf", noise="ordinary") == {"borrowed": 2}
    assert more("sriov-vf", noise="rt") == {"borrowed": 1}


def test_the_firewall_counts_where_a_bridge_carries_the_frames() -> None:
    assert more("sriov-vf", firewall="conntrack") == {}
    assert sum(more("vhost-net", firewall="filter").values()) == 1
    assert sum(more("vhost-net", firewall="conntrack").values()) == 2
