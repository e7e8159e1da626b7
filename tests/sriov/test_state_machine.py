"""A sample of random sequences holds, and a planted bug of each kind is found.

`python -m tests.sriov.machine 10000` is the long run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.sriov import Host, assign, function, routing
from simulator.sriov import capabilities as c
from simulator.sriov.function import PhysicalFunction, VirtualFunction
from tests.sriov import machine

SAMPLE, SEARCH = 30, 400


def test_a_sample_holds() -> None:
    machine.run(SAMPLE, derandomize=True)


def same_id_for_the_last_two(pf: int, offset: int, stride: int, index: int) -> int:
    return pf + offset + stride * min(index, 2)


def half_a_window_apart(base: int, size_bytes: int, index: int) -> tuple[int, int]:
    return base + index * size_bytes // 2, base + index * size_bytes // 2 + size_bytes - 1


def reset_of_a_vf_stops_the_pf(vf: VirtualFunction) -> None:
    vf.command = vf.msix_control = 0
    vf.resets += 1
    vf.pf.space.put(c.COMMAND, 2, 0)


def reset_of_a_vf_stops_its_neighbour(vf: VirtualFunction) -> None:
    for other in vf.pf.vfs:
        other.command = 0


def nothing_is_locked(pf: PhysicalFunction) -> None:
    pf.space.allow(pf.model.sriov_offset, 0x40, (1 << 0x200) - 1)


def owner_is_not_asked(host: Host, item: Any, owner: Any) -> Any:
    item.owner = None
    return kept_assign(host, item, owner)


kept_assign = assign.assign
PLANTED: dict[str, tuple[object, str, Callable[..., Any], str]] = {
    "two functions share a routing id": (routing, "routing_id", same_id_for_the_last_two, "share a routing id"),
    "windows overlap": (function, "window", half_a_window_apart, "overlap"),
    "a VF in two VMs": (assign, "assign", owner_is_not_asked, "was given to"),
    "a VF's reset reaches the PF": (VirtualFunction, "reset", reset_of_a_vf_stops_the_pf, "touched others"),
    "a VF's reset reaches a neighbour": (VirtualFunction, "reset", reset_of_a_vf_stops_its_neighbour, "touched others"),
    "VF Enable locks nothing": (PhysicalFunction, "_lock", nothing_is_locked, "a locked register changed"),
    "a group has two owners": (assign, "_check_group", lambda *_: None, "one group, two owners"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, wrong, says = PLANTED[bug]
    if "group" in bug:  # only where functions share one
        monkeypatch.setattr(machine, "MACHINES", [each for each in machine.MACHINES if not each.port_acs])
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(AssertionError, match=says):
        machine.run(SEARCH, derandomize=True, shrink=False)
