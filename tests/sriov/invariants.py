"""What must hold after every step, whatever was written, bound, reset or given away."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from simulator.sriov import Host
from simulator.sriov import registers as r
from simulator.sriov.state import Physical, Virtual

Windows = list[tuple[int, int, str]]


def routing_ids(host: Host) -> None:
    """No two functions share a routing id, found by the host or not."""
    rids = [pf.rid for slot in host.slots for pf in slot.device.pfs]
    rids += [vf.rid for slot in host.slots for pf in slot.device.pfs for vf in pf.vfs]
    assert len(rids) == len(set(rids)), "two functions share a routing id"
    buses = [(slot.bus, slot.last_bus) for slot in host.slots]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(buses))
    for vf in host.vfs:
        slot = vf.parent.slot
        assert slot.bus <= vf.rid >> 8 <= slot.last_bus, f"{vf.name} lies on a bus of another port"


def windows(host: Host) -> None:
    """No two windows overlap; a VF's windows lie in what was reserved for all VFs of its PF."""
    memory: Windows = []
    ports: Windows = []
    for pf in host.pfs:
        for bar, content in pf.hardware.model.pf_bars.items():
            start = pf.hardware.base(bar)
            (ports if content.is_io else memory).append((start, start + content.size_bytes - 1, f"{pf.name} BAR {bar}"))
        for bar in pf.hardware.model.vf_bars:
            start = pf.hardware.vf_base(bar)
            end = start + pf.hardware.vf_size_bytes(bar) * pf.hardware.model.total_vfs - 1
            for vf in pf.vfs:
                low, high = vf.hardware.window(bar)
                assert start <= low <= high <= end, f"{vf.name} BAR {bar} leaves the windows of its PF"
                memory.append((low, high, f"{vf.name} BAR {bar}"))
    for found in (memory, ports):
        found.sort()
        for (_, end, name), (start, _, other) in itertools.pairwise(found):
            assert end < start, f"{name} and {other} overlap"


def counts(host: Host) -> None:
    """Registers, the host's list and sysfs say the same; nothing is enabled beyond the limits."""
    for pf in host.pfs:
        hardware = pf.hardware
        assert len(pf.vfs) == len(hardware.vfs) == len(pf.settings)
        assert hardware.enabled == bool(pf.vfs)
        assert hardware.get(r.NUM_VFS) == len(pf.vfs) <= hardware.get(r.TOTAL_VFS)
        assert [vf.hardware for vf in pf.vfs] == list(hardware.vfs)
    names = [item.netdev for item in host.functions if item.netdev]
    assert len(names) == len(set(names)), "two network interfaces have one name"


def owners(host: Host) -> None:
    """A function in use is driven by its owner, not by the host; one IOMMU group has one owner."""
    groups: dict[int, object] = {}
    for item in host.functions:
        if item.owner is None or item.owner.kind == "container":
            continue
        assert not item.netdev, f"{item.name} is used by the host and by {item.owner}"
        assert item.group is not None
        assert groups.setdefault(item.group, item.owner) == item.owner, "one group, two owners"


ALL = (routing_ids, windows, counts, owners)


def check(host: Host) -> None:
    """All of them."""
    for invariant in ALL:
        invariant(host)


@dataclass
class Ledger:
    """Who has what, kept from what was answered and not from what the host remembers."""

    held: dict[str, str] = field(default_factory=dict)

    def given(self, name: str, owner: str) -> None:
        assert name not in self.held, f"{name} belongs to {self.held[name]} and was given to {owner}"
        self.held[name] = owner

    def back(self, name: str) -> None:
        self.held.pop(name, None)


Picture = dict[str, tuple[object, ...]]


def picture(pf: Physical, without: Virtual | None = None) -> Picture:
    """What an action on one VF must leave alone: the PF and all other VFs."""
    found: Picture = {pf.name: (bytes(pf.hardware.space), pf.driver, pf.up, pf.netdev, pf.hardware.resets, pf.mac)}
    for vf in pf.vfs:
        if vf is not without:
            hardware = vf.hardware
            found[vf.name] = (hardware.command, hardware.msix_control, hardware.resets, vf.driver, vf.owner, vf.running)
            found[f"{vf.name} row"] = (str(vf.settings),)
    return found
