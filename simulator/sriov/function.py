"""The device itself: PFs with registers that obey the rules, and VFs that appear and vanish with VF Enable.

1. A write to a PF's configuration space changes what its masks allow; then the masks follow the new state: NumVFs
   and page size are locked while VF Enable is 1, the addresses of VFs while MSE is 1 as well.
2. VF Enable 0 -> 1 brings NumVFs functions into being, each with a routing id, windows and state of its own; 1 -> 0
   takes them away with all they held.
3. ARI Capable Hierarchy is one bit for the whole device. It lives in the lowest PF, and offset and stride of every PF
   may follow it.
4. A function-level reset of a VF touches that VF alone; one of a PF takes its VFs with it.

*Scope*: what software can see by configuration accesses. Queues are data plane; here they are running or stopped.
*Validation*: ``tests/sriov/test_registers.py``, ``tests/sriov/test_igb.py`` (a recorded session of reads and writes),
``tests/sriov/test_state_machine.py``.
"""

from __future__ import annotations

from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov import routing
from simulator.sriov.model import Model
from simulator.sriov.space import ConfigSpace


class VirtualFunction:
    """A VF as hardware: a routing id, a few bits of its own, and windows that are slices of the PF's."""

    __slots__ = ("command", "index", "msix_control", "pf", "resets", "rid", "vectors")

    def __init__(self, pf: PhysicalFunction, index: int, rid: int) -> None:
        self.pf, self.index, self.rid = pf, index, rid
        self.command = self.msix_control = self.resets = 0
        self.vectors = pf.model.vf_msix

    def space(self) -> ConfigSpace:
        """Return its configuration space, made from the few bits that differ from VF to VF: 64,000 are kept so."""
        space = self.pf.device.vf_space
        space.put(c.COMMAND, 2, self.command)
        space.put(c.MSIX_CONTROL, 2, self.vectors - 1 | self.msix_control)
        space.put(c.DEVICE_CONTROL, 2, 0)
        return space

    def read(self, offset: int, size: int) -> int:
        """Read a register."""
        return self.space().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; the two that every driver writes take the short way."""
        if (offset, size) == (c.COMMAND, 2):
            self.command = value & self.pf.device.vf_command_mask
            return
        if (offset, size) == (c.MSIX_CONTROL, 2):
            self.msix_control = value & (c.MSIX_ENABLE | c.MSIX_MASK_ALL)
            return
        space = self.space()
        space.write(offset, size, value)
        self.command = space.read(c.COMMAND, 2)
        self.msix_control = space.read(c.MSIX_CONTROL, 2) & (c.MSIX_ENABLE | c.MSIX_MASK_ALL)
        if space.read(c.DEVICE_CONTROL, 2) & c.INITIATE_FLR:
            self.reset()

    def reset(self) -> None:
        """Function-level reset: bus master and vectors off; address and existence stay, they are the PF's business."""
        self.command = self.msix_control = 0
        self.resets += 1

    def window(self, bar: int) -> tuple[int, int]:
        """Return first and last address of a BAR; meaningful once the PF's VF BAR has been placed."""
        return window(self.pf.vf_base(bar), self.pf.vf_size_bytes(bar), self.index)


def window(base: int, size_bytes: int, index: int) -> tuple[int, int]:
    """Return first and last address of slice ``index``: the VFs' windows lie side by side."""
    return base + index * size_bytes, base + (index + 1) * size_bytes - 1


class PhysicalFunction:
    """A PF as hardware."""

    __slots__ = ("device", "index", "model", "resets", "rid", "space", "vfs")

    def __init__(self, device: Device, index: int, rid: int) -> None:
        self.device, self.index, self.rid, self.model = device, index, rid, device.model
        self.space = c.pf_space(self.model, index, device.ports)
        self.vfs: tuple[VirtualFunction, ...] = ()
        self.resets = 0
        self._lock()

    def get(self, register: int, size: int = 2) -> int:
        """Return a register of the SR-IOV capability by its offset."""
        return self.space.read(self.model.sriov_offset + register, size)

    def put(self, register: int, value: int, size: int = 2) -> None:
        """Write a register of the SR-IOV capability."""
        self.write(self.model.sriov_offset + register, size, value)

    def read(self, offset: int, size: int) -> int:
        """Read a register."""
        return self.space.read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register, with all that follows from it."""
        enabled, page = self.enabled, self.get(r.SYSTEM_PAGE, 4)
        self.space.write(offset, size, value)
        if self.model.checks_page_size and not _one_of(self.get(r.SYSTEM_PAGE, 4), self.model.supported_pages):
            self.space.put(self.model.sriov_offset + r.SYSTEM_PAGE, 4, page)
        self.device.follow_ari()
        if self.enabled and not enabled:
            self.vfs = self._appear()
        elif enabled and not self.enabled:
            self.vfs = ()
        self._lock()
        if self.read(c.DEVICE_CONTROL, 2) & c.INITIATE_FLR:
            self.reset()

    @property
    def enabled(self) -> bool:
        """VF Enable."""
        return bool(self.get(r.CONTROL) & r.VF_ENABLE)

    @property
    def decodes(self) -> bool:
        """Whether the windows of VFs answer: MSE alone has no effect."""
        return self.get(r.CONTROL) & (r.VF_ENABLE | r.VF_MSE) == r.VF_ENABLE | r.VF_MSE

    def vf_size_bytes(self, bar: int) -> int:
        """Return the window of one VF: at least one system page, so that each can be mapped alone."""
        return max(self.model.vf_bars[bar].size_bytes, self.get(r.SYSTEM_PAGE, 4) << 12)

    def vf_base(self, bar: int) -> int:
        """Return the address in VF BAR ``bar``, without its type bits."""
        low = self.get(r.VF_BAR0 + 4 * bar, 4) & ~0xF
        return low | (self.get(r.VF_BAR0 + 4 * bar + 4, 4) << 32 if self.model.vf_bars[bar].is_64bit else 0)

    def base(self, bar: int) -> int:
        """Return the address in the PF's own BAR ``bar``."""
        content = self.model.pf_bars[bar]
        low = self.read(c.BAR0 + 4 * bar, 4) & (~0x3 if content.is_io else ~0xF)
        return low | (self.read(c.BAR0 + 4 * bar + 4, 4) << 32 if content.is_64bit else 0)

    def reset(self) -> None:
        """Function-level reset: an ordinary function again, without VFs; the hierarchy bit is the device's and stays."""
        hierarchy = self.get(r.CONTROL) & r.ARI_HIERARCHY
        self.vfs = ()
        self.space = c.pf_space(self.model, self.index, self.device.ports)
        self.space.put(self.model.sriov_offset + r.CONTROL, 2, hierarchy)
        self.resets += 1
        self.device.follow_ari()
        self._lock()

    def _appear(self) -> tuple[VirtualFunction, ...]:
        offset, stride = self.get(r.FIRST_VF_OFFSET), self.get(r.VF_STRIDE)
        count = min(self.get(r.NUM_VFS), self.get(r.INITIAL_VFS))
        return tuple(
            VirtualFunction(self, index, routing.routing_id(self.rid, offset, stride, index)) for index in range(count)
        )

    def _lock(self) -> None:
        """Let the masks follow the state."""
        at, space, enabled = self.model.sriov_offset, self.space, self.enabled
        fits = self.get(r.NUM_VFS) <= self.get(r.TOTAL_VFS)
        control = r.VF_MSE | (r.VF_ENABLE if fits or enabled else 0)
        control |= (r.MIGRATION_ENABLE | r.MIGRATION_INTERRUPT) if self.model.migration else 0
        control |= r.ARI_HIERARCHY if self.index == 0 and not self.device.any_enabled else 0
        space.allow(at + r.CONTROL, 2, control)
        space.allow(at + r.NUM_VFS, 2, 0 if enabled else 0xFFFF)
        space.allow(at + r.SYSTEM_PAGE, 4, 0 if enabled and self.model.checks_page_size else 0xFFFF_FFFF)
        for bar, content in self.model.vf_bars.items():
            address = 0 if self.decodes else -content.size_bytes % (1 << 64)
            space.allow(at + r.VF_BAR0 + 4 * bar, 4, address & 0xFFFF_FFF0)
            if content.is_64bit:
                space.allow(at + r.VF_BAR0 + 4 * bar + 4, 4, address >> 32)


class Device:
    """The PFs of one slot; several of them are functions 0, 1, ... of one device on the bus."""

    __slots__ = ("model", "pfs", "vf_command_mask", "vf_space")

    def __init__(self, model: Model, bus: int) -> None:
        self.model = model
        self.vf_space = c.vf_space(model)
        """Shared by all VFs: see ``VirtualFunction.space``."""
        self.vf_command_mask = c.vf_command_mask(model)
        self.pfs: tuple[PhysicalFunction, ...] = ()
        for index in range(self.ports):
            self.pfs = (*self.pfs, PhysicalFunction(self, index, routing.make(bus, 0, index)))

    @property
    def ports(self) -> int:
        """How many PFs the device has."""
        return len(self.model.ports)

    @property
    def any_enabled(self) -> bool:
        """Whether some PF has VFs: then the hierarchy bit would move functions that exist."""
        return any(pf.enabled for pf in self.pfs)

    @property
    def ari(self) -> bool:
        """ARI Capable Hierarchy, which the lowest PF holds for all."""
        return bool(self.pfs) and bool(self.pfs[0].get(r.CONTROL) & r.ARI_HIERARCHY)

    def follow_ari(self) -> None:
        """Offset and stride of PFs without VFs follow the hierarchy bit; those of existing VFs never move."""
        for pf in self.pfs:
            if not pf.enabled:
                c.place(pf.space, self.model, self.model.ports[pf.index], ari=self.ari)
        for pf in self.pfs:
            pf._lock()


def _one_of(value: int, supported: int) -> bool:
    return value.bit_count() == 1 and bool(value & supported)
