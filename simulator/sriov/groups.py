"""IOMMU groups: functions that could reach each other without the IOMMU form one, and are given away together or not.

1. Without an IOMMU there are no groups, and nothing can be given to a guest.
2. If the port above lacks Access Control Services, everything below it is one group.
3. PFs of one slot are one group unless they are isolated from each other, by the capability or by what Linux knows.
4. Each VF is a group of its own.

*Scope*: Linux' rules for endpoints behind root ports. *Validation*: ``tests/sriov/test_life.py``; without an IOMMU as
recorded in ``tests/sriov/test_igb.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.sriov.state import Physical, Virtual

if TYPE_CHECKING:
    from simulator.sriov.host import Host


def group_of(host: Host, item: Physical | Virtual) -> int | None:
    """Return the group of a function; a new number where it shares none."""
    if not host.machine.iommu:
        return None
    slot = item.slot if isinstance(item, Physical) else item.parent.slot
    beside = [pf.group for pf in slot.found.values() if pf is not item and pf.group is not None]
    shares = not host.machine.port_acs or (isinstance(item, Physical) and not slot.device.model.acs)
    if shares and beside:
        return beside[0]
    if shares and isinstance(item, Virtual):
        return item.parent.group
    host.next_group += 1
    return host.next_group - 1


def members(host: Host, group: int) -> list[Physical | Virtual]:
    """Return the functions of a group."""
    return [item for item in host.functions if item.group == group]
