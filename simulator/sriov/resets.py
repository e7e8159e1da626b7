"""Resets: of a VF, which is its own affair; of a PF, which is the one way in which a PF disturbs its VFs.

1. A VF's function-level reset stops its queues and vectors; address, windows and all other functions stay.
2. A PF's reset takes VF Enable with it. Linux saves the registers before and restores them after, so that the VFs are
   there again at the same addresses; their queues are not, and each VF's driver has to start anew.
3. What a VF's driver is told depends on the PF driver: a ping without *clear to send* (registers), an event (queue).

*Scope*: the sysfs file ``reset``, the PF's interface going down and up, a reset that the PF driver imposes on a VF.
*Validation*: ``tests/sriov/test_igb.py`` (FLR of VF and PF as recorded), ``tests/sriov/test_life.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.sriov import binding
from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov.state import Physical, Virtual
from simulator.sriov.timing import FLR, SETTLE

if TYPE_CHECKING:
    from simulator.sriov.host import Host


def vf_reset(host: Host, vf: Virtual) -> None:
    """Function-level reset of a VF; Linux saves and restores what it had set for its own driver."""
    command, vectors = vf.hardware.command, vf.hardware.msix_control
    vf.hardware.write(c.DEVICE_CONTROL, 2, c.INITIATE_FLR)
    host.wait(FLR.ps)
    vf.hardware.write(c.COMMAND, 2, command)
    vf.hardware.write(c.MSIX_CONTROL, 2, vectors)
    lose(vf, "function-level reset")


def pf_reset(host: Host, pf: Physical) -> None:
    """Function-level reset of a PF: its VFs vanish from the bus and come back, and have lost their queues."""
    hardware = pf.hardware
    at = hardware.model.sriov_offset
    kept = [(offset, 4, hardware.read(offset, 4)) for offset in range(c.BAR0, c.BAR0 + 24, 4)]
    kept += [(at + r.VF_BAR0 + 4 * bar, 4, hardware.get(r.VF_BAR0 + 4 * bar, 4)) for bar in range(6)]
    kept += [(at + r.SYSTEM_PAGE, 4, hardware.get(r.SYSTEM_PAGE, 4)), (at + r.NUM_VFS, 2, hardware.get(r.NUM_VFS))]
    kept += [(offset, size, hardware.read(offset, size)) for offset, size in ((0x3C, 1), (c.MSIX_CONTROL, 2))]
    control, command = hardware.get(r.CONTROL), hardware.read(c.COMMAND, 2)
    had = hardware.enabled
    hardware.write(c.DEVICE_CONTROL, 2, c.INITIATE_FLR)
    host.wait(FLR.ps)
    for offset, size, value in kept:
        hardware.write(offset, size, value)
    hardware.put(r.CONTROL, control)
    hardware.write(c.COMMAND, 2, command)
    if had:
        host.wait(SETTLE.ps)
    told = "reset impending" if pf.policy.transport == "queue" else "PF reset"
    for vf, again in zip(pf.vfs, hardware.vfs, strict=True):
        vf.hardware = again
        lose(vf, told)
    for vf in pf.vfs:
        recover(host, vf)


def lose(vf: Virtual, what: str) -> None:
    """Tell a VF that it is not clear to send any more; its queues are gone, and its next message must be a reset."""
    vf.settings.clear_to_send = False
    vf.running = False
    vf.notice(what)


def recover(host: Host, vf: Virtual) -> None:
    """Let a VF's driver start anew, as it does by itself once it has noticed."""
    if vf.in_use:
        binding.start_vf(host, vf, announce=False)
        vf.notice("started again" if vf.running else "no answer from the PF")


def reset_by_pf(host: Host, vf: Virtual) -> None:
    """The PF driver resets a VF because its settings have changed; the VF starts with the new ones."""
    lose(vf, "reset impending")
    recover(host, vf)
