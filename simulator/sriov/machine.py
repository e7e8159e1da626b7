"""The machine around the device: address windows, buses, whether the port forwards ARI, whether there is an IOMMU.

*Scope*: one root complex with root ports; every device has a port of its own. *Validation*: ``tests/sriov/test_igb.py``
(the machine of the recording), ``tests/sriov/test_devices.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Window:
    """A range of addresses that the host gives to devices."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What the control plane needs to know of a host."""

    name: str
    io: Window
    memory: Window
    """Below 4 GiB, for what is not prefetchable."""
    prefetchable: Window
    ari_forwarding: bool = True
    iommu: bool = True
    port_acs: bool = True
    """Whether root ports keep functions below them apart; without it everything below a port is one IOMMU group."""
    first_bus: int = 1
    last_bus: int = 255
    assigns_by: Literal["vfio", "flag"] = "vfio"
    """How a VM gets a function: through VFIO, or with the flag of the kernel's PCI core as Xen does it."""
    hotplug: Literal["acpi", "native"] = "acpi"


SERVER = Machine(
    "server", Window(0x2000, 0xFFFF), Window(0x9000_0000, 0xFBFF_FFFF), Window(0x38_0000_0000, 0x3F_FFFF_FFFF)
)
"""A server of today: an IOMMU, ARI, room above 4 GiB."""

Q35 = Machine(
    "q35",
    Window(0xC000, 0xCFFF),
    Window(0xFE60_0000, 0xFE7F_FFFF),
    Window(0xFEA0_0000, 0xFEBF_FFFF),
    iommu=False,
)
"""The virtual machine in which the 82576 was recorded: two windows of 2 MiB, no IOMMU."""

MACHINES = {machine.name: machine for machine in (SERVER, Q35)}


class Allocator:
    """Places windows of devices: first fit upwards, each aligned to its own size, each port in a range of its own."""

    __slots__ = ("_next", "_window")

    def __init__(self, window: Window) -> None:
        self._window, self._next = window, window.start

    def take(self, size_bytes: int, align_bytes: int) -> int | None:
        """Return an address, or None if there is no room."""
        start = -(-self._next // align_bytes) * align_bytes
        if start + size_bytes - 1 > self._window.end:
            return None
        self._next = start + size_bytes
        return start

    def close(self, align_bytes: int) -> None:
        """Let the next port begin on a boundary."""
        self._next = -(-self._next // align_bytes) * align_bytes
