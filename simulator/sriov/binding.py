"""Drivers: who is bound to a function, in which order they come, and what they say when they start.

1. The PF driver comes first: without it there are no VFs. It sets its own limit below TotalVFs and its table of VFs.
2. A VF driver starts by asking the PF over the mailbox; if the PF's interface is down it starts without link.
3. A function is bound by id, or to the driver that ``driver_override`` names; ``vfio-pci`` takes what has an IOMMU group.
4. The PF driver's end is the VFs' end, unless the kernel knows that they are in use.

*Scope*: the messages of igb and igbvf that concern SR-IOV; other drivers are silent. *Validation*: ``tests/sriov/test_igb.py``, ``tests/sriov/test_life.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.sriov import capabilities as c
from simulator.sriov import mailbox
from simulator.sriov.outcome import Refused
from simulator.sriov.policy import policy_of
from simulator.sriov.state import VFIO, Physical, Virtual
from simulator.sriov.timing import vf_start_ps

if TYPE_CHECKING:
    from simulator.sriov.host import Host

PF_MAC = "52:54:00:12:34:{:02x}"


def probe_pf(host: Host, pf: Physical) -> None:
    """Bind the PF's own driver."""
    bind_pf(host, pf, pf.hardware.model.pf_driver)


def bind_pf(host: Host, pf: Physical, driver: str) -> None:
    """Bind a driver to a PF."""
    if pf.driver:
        raise Refused("EBUSY", f"{pf.driver} is bound")
    if driver == VFIO:
        if pf.group is None:
            host.say(f"{VFIO} {pf.name}: probe with driver {VFIO} failed with error -22")
            raise Refused("EINVAL", "no IOMMU group")
        if pf.vfs:
            raise Refused("EBUSY", "a PF with VFs cannot be given away")
    elif driver != pf.hardware.model.pf_driver:
        raise Refused("ENODEV", f"{driver} does not know this device")
    pf.driver = driver
    reserved = policy_of(driver).reserved_vfs
    pf.driver_vfs = pf.hardware.model.total_vfs - reserved if reserved else None
    command = pf.hardware.read(c.COMMAND, 2) | c.COMMAND_MASTER
    pf.hardware.write(c.COMMAND, 2, command | c.COMMAND_NO_INTX)
    pf.hardware.write(c.MSIX_CONTROL, 2, pf.hardware.read(c.MSIX_CONTROL, 2) | c.MSIX_ENABLE)
    if driver != VFIO and pf.hardware.model.kind == "network":
        pf.netdev, pf.mac = host.new_netdev(), PF_MAC.format((0x56 + host.pfs.index(pf)) % 256)


def release_pf(host: Host, pf: Physical) -> None:
    """Unbind the PF's driver; VFs that nobody is known to use go first."""
    from simulator.sriov import assign, enable

    if not pf.driver:
        return
    if pf.vfs and assign.flagged(host, pf):
        host.say(f"{pf.driver} {pf.name}: driver left SR-IOV enabled after remove")
    elif pf.vfs:
        assign.give_back(host, pf)
        enable.disable(host, pf)
        host.say_driver(pf, "IOV Disabled")
    if pf.owner is not None:
        pf.owner = None
    host.free_netdev(pf.netdev)
    pf.driver, pf.driver_vfs, pf.netdev, pf.up = "", None, "", False
    off = c.COMMAND_MASTER | c.COMMAND_NO_INTX
    pf.hardware.write(c.COMMAND, 2, pf.hardware.read(c.COMMAND, 2) & ~off)
    pf.hardware.write(c.MSIX_CONTROL, 2, pf.hardware.read(c.MSIX_CONTROL, 2) & ~c.MSIX_ENABLE)


def probe_vf(host: Host, vf: Virtual) -> None:
    """Bind the driver that the VF is meant for, as the kernel does on its own."""
    if vf.override == VFIO:
        if vf.group is not None:
            vf.driver = VFIO
    else:
        bind_vf(host, vf, vf.parent.hardware.model.vf_driver)


def bind_vf(host: Host, vf: Virtual, driver: str) -> None:
    """Bind a driver to a VF."""
    own = vf.parent.hardware.model.vf_driver
    if vf.driver:
        raise Refused("EBUSY", f"{vf.driver} is bound")
    if driver == VFIO:
        if vf.override != VFIO:
            raise Refused("ENODEV", "driver_override does not name vfio-pci")
        if vf.group is None:
            host.say(f"{VFIO} {vf.name}: probe with driver {VFIO} failed with error -22")
            raise Refused("EINVAL", "no IOMMU group")
        vf.driver = VFIO
        return
    if driver != own or vf.override not in ("", own):
        raise Refused("ENODEV", f"{driver} is not meant for this function")
    vf.driver = driver
    start_vf(host, vf)
    if vf.parent.hardware.model.kind == "network":
        vf.netdev = host.new_netdev()


def start_vf(host: Host, vf: Virtual, *, announce: bool = True) -> None:
    """Let the VF's driver start, on the host or in a guest: switch the function on, ask the PF, take an address."""
    model = vf.parent.hardware.model
    vf.hardware.write(c.COMMAND, 2, c.COMMAND_MEMORY | c.COMMAND_MASTER | c.COMMAND_NO_INTX)
    vf.hardware.write(c.MSIX_CONTROL, 2, c.MSIX_ENABLE)
    host.wait(vf_start_ps(model.vf_driver))
    if model.kind != "network":
        vf.running = True
        return
    vf.running = bool(mailbox.request(host, vf, "reset"))
    own = vf.settings.mac if vf.settings.mac_by_admin else ""
    known = own or ("" if announce else vf.mac)
    vf.mac = known or random_mac(host)
    if vf.running and not own:
        mailbox.request(host, vf, "mac", vf.mac)
    if announce and vf.driver == "igbvf":
        _say_started(host, vf, drawn=not own)


def _say_started(host: Host, vf: Virtual, *, drawn: bool) -> None:
    """Say what igbvf says when it starts."""
    prefix, model = f"{vf.driver} {vf.name}", vf.parent.hardware.model
    lines = ["enabling device (0000 -> 0002)"]
    if not vf.running:
        lines.append("PF still in reset state. Is the PF interface up?")
    elif drawn:
        lines.append("MAC address not assigned by administrator.")
    lines += ["Assigning random MAC address."] if drawn else []
    lines += [] if vf.running else ["PF still resetting"]
    lines += [f"{model.names[0].split()[0]}(R) {model.names[2]}", f"Address: {vf.mac}"]
    for line in lines:
        host.say(f"{prefix}: {line}")


def release_vf(host: Host, vf: Virtual) -> None:
    """Unbind whatever driver a VF has."""
    host.free_netdev(vf.netdev)
    vf.driver, vf.netdev, vf.running = "", "", False
    vf.hardware.write(c.COMMAND, 2, 0)
    vf.hardware.write(c.MSIX_CONTROL, 2, 0)
    if vf.index < len(vf.parent.settings):
        vf.settings.clear_to_send = False


def random_mac(host: Host) -> str:
    """Return an address as a driver draws it: one station, locally administered."""
    drawn = host.random.getrandbits(48)
    return (drawn & ~(1 << 40) | 2 << 40).to_bytes(6).hex(":")
