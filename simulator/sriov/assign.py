"""Who may have a VF: one owner at a time; an owner may have several VFs, of several ports.

1. A VM, an IO domain and an application on bare metal (DPDK) take the function itself: its driver on the host is
   unbound, ``vfio-pci`` is bound, and the whole IOMMU group must be free for it. The function is reset before it is
   handed over, and the guest's memory is pinned and mapped.
2. A container takes the *network interface*: the driver stays on the host, the interface moves into its namespace.
3. ``give_back`` is what ``sriov_numvfs`` = 0 does under VFIO: the owner is asked to let go (hot unplug), and the write
   waits. Where the kernel's own flag says that functions are assigned (Xen, IO domains), the write is refused.

*Scope*: ownership and the time it takes. *Validation*: ``tests/sriov/test_life.py``,
``tests/sriov/test_state_machine.py``; decision 0020.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.sriov import binding, groups, resets
from simulator.sriov.outcome import Outcome, Refused
from simulator.sriov.state import VFIO, ZERO_MAC, Owner, Physical, Virtual
from simulator.sriov.timing import MAP_PER_GIB, UNPLUG_ACPI, UNPLUG_NATIVE

if TYPE_CHECKING:
    from simulator.sriov.host import Host


def assign(host: Host, item: Virtual | Physical, owner: Owner) -> Outcome:
    """Give a function to an owner: hot plug, seen from a VM."""

    def step() -> None:
        if item.owner is not None:
            raise Refused("EBUSY", f"it belongs to {item.owner}")
        if owner.kind == "container":
            if not item.netdev:
                raise Refused("ENODEV", "a container takes a network interface; none is there")
        else:
            _hand_over(host, item, owner)
        item.owner = owner
        if isinstance(item, Virtual) and owner.kind != "container":
            item.notice(f"plugged into {owner}")
            # the guest's driver comes last, and finds the PF's driver at work or not
            item.mac = ZERO_MAC
            binding.start_vf(host, item)

    return host.act(step)


def release(host: Host, item: Virtual | Physical) -> Outcome:
    """Take a function away from its owner: hot unplug, seen from a VM."""

    def step() -> None:
        if item.owner is None:
            raise Refused("ENODEV", "nobody has it")
        take_back(host, item)

    return host.act(step)


def take_back(host: Host, item: Virtual | Physical) -> None:
    """Let the owner's driver go, and reset the function."""
    owner, item.owner = item.owner, None
    assert owner is not None
    if owner.kind == "container":
        return
    if owner.kind in ("vm", "io-domain"):
        host.wait((UNPLUG_ACPI if host.machine.hotplug == "acpi" else UNPLUG_NATIVE).ps)
    if isinstance(item, Virtual):
        item.notice(f"unplugged from {owner}")
        resets.vf_reset(host, item)


def flagged(host: Host, pf: Physical) -> bool:
    """Whether the kernel itself knows that VFs of this PF are assigned, and will not take them away."""
    by_flag = host.machine.assigns_by == "flag"
    return any(
        vf.owner is not None and (vf.owner.kind == "io-domain" or (by_flag and vf.owner.kind == "vm")) for vf in pf.vfs
    )


def give_back(host: Host, pf: Physical) -> None:
    """Ask every owner to let go, and wait until all have; whoever does not answer would block the caller for ever."""
    for vf in pf.vfs:
        if vf.owner is not None:
            host.say(f"{VFIO} {vf.name}: Relaying device request to user")
            take_back(host, vf)


def _hand_over(host: Host, item: Virtual | Physical, owner: Owner) -> None:
    if isinstance(item, Physical) and item.vfs:
        raise Refused("EBUSY", "a PF with VFs cannot be given away")
    if owner.kind == "io-domain":
        _leave_host(host, item)
    elif item.driver != VFIO:
        raise Refused("ENODEV", "vfio-pci is not bound")
    if item.group is None:
        raise Refused("EINVAL", "no IOMMU group")
    if _shared(host, item):
        _check_group(host, item, owner)
    if isinstance(item, Virtual):
        resets.vf_reset(host, item)
    host.wait(MAP_PER_GIB.ps * owner.memory_gib)


def _leave_host(host: Host, item: Virtual | Physical) -> None:
    """The hypervisor gives the function to the domain: no driver of the host may hold it."""
    if isinstance(item, Physical):
        binding.release_pf(host, item)
    elif not item.parent.driver:
        raise Refused("ENODEV", "the root domain, which runs the PF's driver, is down")
    else:
        binding.release_vf(host, item)


def _check_group(host: Host, item: Virtual | Physical, owner: Owner) -> None:
    """The whole group goes to one owner, or nothing of it."""
    assert item.group is not None
    for other in groups.members(host, item.group):
        if other is not item and other.driver not in ("", VFIO):
            raise Refused("EINVAL", f"group {item.group} is not viable: {other.driver} is bound to {other.name}")
        if other is not item and other.owner not in (None, owner):
            raise Refused("EBUSY", f"group {item.group} belongs to {other.owner}")


def _shared(host: Host, item: Virtual | Physical) -> bool:
    """Whether the function's group can hold others at all; looking costs a walk over all functions."""
    return not host.machine.port_acs or isinstance(item, Physical)
