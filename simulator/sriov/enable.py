"""NumVFs: from none to n and back to none, with every check, wait and error in the order of the kernel.

1. Checks of the core: InitialVFs, room for the windows of all VFs, the last bus.
2. NumVFs is written, offset and stride are read again, VF Enable and MSE are set in one write, 100 ms pass.
3. VFs are added one after the other; each gets its windows, its group, and a driver if ``sriov_drivers_autoprobe`` says so.
4. Back: VFs are removed in order, the enable bits are cleared, 1 s passes, NumVFs is set to 0. There is no way from
   n to another number but through 0.

*Scope*: what ``sriov_numvfs`` does after its own checks (``sysfs.py``). *Validation*: ``tests/sriov/test_igb.py``,
``tests/sriov/test_devices.py`` (64,000 VFs), ``tests/sriov/test_life.py`` (how long it takes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.sriov import binding, groups, routing
from simulator.sriov import registers as r
from simulator.sriov.outcome import Refused
from simulator.sriov.policy import Policy
from simulator.sriov.state import VFIO, Physical, Settings, Virtual
from simulator.sriov.timing import DISABLE, SETTLE

if TYPE_CHECKING:
    from simulator.sriov.host import Host

ENABLE_BITS = r.VF_ENABLE | r.VF_MSE


def enable(host: Host, pf: Physical, count: int) -> None:
    """Bring ``count`` VFs into being; the driver has agreed already."""
    hardware = pf.hardware
    _check(host, pf, count)
    hardware.put(r.NUM_VFS, count)
    pf.first_vf_offset, pf.vf_stride = hardware.get(r.FIRST_VF_OFFSET), hardware.get(r.VF_STRIDE)
    hardware.put(r.CONTROL, hardware.get(r.CONTROL) | ENABLE_BITS)
    host.wait(SETTLE.ps)
    pf.settings = [row(pf.policy) for _ in hardware.vfs]
    model = hardware.model
    ids = f"[{model.vendor_id:04x}:{model.vf_device_id:04x}] type 00 class {model.class_code:#08x} PCIe Endpoint"
    for function in hardware.vfs:
        add(host, pf, Virtual(function, pf), ids)


def row(policy: Policy) -> Settings:
    """Return a new row of the PF driver's table."""
    return Settings(spoof_check=policy.spoof_check, query_rss=bool(policy.query_rss))


def add(host: Host, pf: Physical, vf: Virtual, ids: str) -> None:
    """Add a VF to the bus, and let its driver find it."""
    host.say(f"pci {vf.name}: {ids}")
    vf.group = groups.group_of(host, vf)
    pf.vfs.append(vf)
    if pf.policy.driver == VFIO:
        # whoever has the PF under VFIO has not said that its VFs may go to a driver of the host
        vf.override = VFIO
    if pf.autoprobe:
        binding.probe_vf(host, vf)


def disable(host: Host, pf: Physical) -> None:
    """Take all VFs away."""
    for vf in pf.vfs:
        binding.release_vf(host, vf)
    pf.vfs = []
    pf.settings = []
    control = pf.hardware.get(r.CONTROL)
    pf.hardware.put(r.CONTROL, control & ~ENABLE_BITS)
    host.wait(DISABLE.ps)
    pf.hardware.put(r.NUM_VFS, 0)


def _check(host: Host, pf: Physical, count: int) -> None:
    hardware, slot = pf.hardware, pf.slot
    total, initial = hardware.get(r.TOTAL_VFS), hardware.get(r.INITIAL_VFS)
    if initial > total or (initial != total and not hardware.model.migration):
        raise Refused("EIO", "InitialVFs differs from TotalVFs and the device has no VF migration")
    if count > total:
        raise Refused("EINVAL", "more than TotalVFs")
    if any(slot.addresses[hardware.index, True, bar] is None for bar in hardware.model.vf_bars):
        host.say(f"{pf.driver} {pf.name}: not enough MMIO resources for SR-IOV")
        raise Refused("ENOMEM", "no room for the windows of the VFs")
    bus = routing.last_bus(pf.rid, hardware.get(r.FIRST_VF_OFFSET), hardware.get(r.VF_STRIDE), count)
    if bus > slot.last_bus:
        reach = f"[bus {slot.bus:02x}]" if slot.bus == slot.last_bus else f"[bus {slot.bus:02x}-{slot.last_bus:02x}]"
        host.say(f"{pf.driver} {pf.name}: can't enable {count} VFs (bus {bus:02x} out of range of {reach})")
        raise Refused("ENOMEM", f"the last VF would lie on bus {bus:02x}")
