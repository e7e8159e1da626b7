"""The capabilities of a function, written into its configuration space at their offsets and chained.

1. Conventional ones lie below 0x100 and are chained by a byte, extended ones above it and chained in their headers.
2. PF and VF have the same Express, MSI-X, AER and ARI; the PF alone has power management, MSI and SR-IOV.
3. A VF's identity, its addresses and its interrupt pin read as nothing: software asks the PF.

*Scope*: what ``lspci -xxxx`` shows of an 82576 under QEMU; other models differ in ids, windows, vectors, link and in
the offsets of extended capabilities. *Validation*: ``tests/sriov/test_igb.py`` compares all 4,096 bytes of PF and VFs
with recorded ones, except the interrupt line, which is the firmware's.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.sriov import registers as r
from simulator.sriov.model import Model, Port
from simulator.sriov.space import ConfigSpace

COMMAND, COMMAND_IO, COMMAND_MEMORY, COMMAND_MASTER, COMMAND_SERR, COMMAND_NO_INTX = 0x04, 1, 2, 4, 0x100, 0x400
BAR0, HEADER_TYPE, MULTIFUNCTION = 0x10, 0x0E, 0x80
POWER, MSI, MSIX, EXPRESS = 0x40, 0x50, 0x70, 0xA0
MSIX_CONTROL, MSIX_ENABLE, MSIX_MASK_ALL = MSIX + 2, 0x8000, 0x4000
DEVICE_CONTROL, INITIATE_FLR = EXPRESS + 8, 0x8000
PCIE_ID = {"AER": (1, 1), "ARI": (0x0E, 1), "ACS": (0x0D, 1), "SR-IOV": (r.CAPABILITY_ID, 1)}


def pf_space(model: Model, index: int, ports: int) -> ConfigSpace:
    """Return the configuration space of PF ``index`` of ``ports``, as after power-on."""
    space = _common(model)
    space.define(0x00, 2, model.vendor_id)
    space.define(0x02, 2, model.device_id)
    space.define(COMMAND, 2, writable=0x0547)
    space.define(HEADER_TYPE, 1, MULTIFUNCTION if ports > 1 else 0)
    space.define(0x3C, 1, writable=0xFF)
    space.define(0x3D, 1, 1 + index % 4)
    for bar, content in model.pf_bars.items():
        _bar(space, BAR0 + 4 * bar, content.type_bits, content.size_bytes, content.is_64bit)
    space.define(0x34, 1, POWER)
    space.define(POWER, 4, 0x0022_0001 | MSI << 8)
    space.define(MSI, 4, 0x0180_0005 | MSIX << 8)
    _msix(space, model.pf_msix, model, EXPRESS)
    _express(space, model, 0, writable=0xF7FF)
    _extended(space, model.extended)
    if index + 1 < ports:
        space.define(model.extended["ARI"] + 5, 1, index + 1)
    _sriov(space, model, index)
    return space


def vf_space(model: Model) -> ConfigSpace:
    """Return the configuration space of any VF, as after its reset."""
    space = _common(model)
    space.define(0x00, 4, 0xFFFF_FFFF)
    space.define(COMMAND, 2, writable=vf_command_mask(model))
    space.define(0x34, 1, EXPRESS)
    _msix(space, model.vf_msix, model, 0)
    _express(space, model, MSIX, writable=INITIATE_FLR)
    _extended(space, {name: at for name, at in model.extended.items() if name != "SR-IOV"})
    return space


def vf_command_mask(model: Model) -> int:
    """Return the bits of a VF's Command register that software may set."""
    return COMMAND_MASTER | (COMMAND_MEMORY | COMMAND_NO_INTX) * model.vf_memory_bit


def _common(model: Model) -> ConfigSpace:
    space = ConfigSpace()
    space.define(0x06, 2, 0x0010)
    space.define(0x08, 4, model.revision | model.class_code << 8)
    space.define(0x2C, 2, model.subsystem[0])
    space.define(0x2E, 2, model.subsystem[1])
    return space


def _bar(space: ConfigSpace, offset: int, type_bits: int, size_bytes: int, is_64bit: bool) -> None:
    address = -size_bytes % (1 << 64)
    space.define(offset, 4, type_bits, writable=address & 0xFFFF_FFFF & ~type_bits)
    if is_64bit:
        space.define(offset + 4, 4, 0, writable=address >> 32)


def _msix(space: ConfigSpace, vectors: int, model: Model, following: int) -> None:
    space.define(MSIX, 2, 0x11 | following << 8)
    space.define(MSIX_CONTROL, 2, vectors - 1, writable=MSIX_ENABLE | MSIX_MASK_ALL)
    space.define(MSIX + 4, 4, model.msix_bar)
    space.define(MSIX + 8, 4, model.msix_bar | model.pba_offset)


def _express(space: ConfigSpace, model: Model, following: int, writable: int) -> None:
    link = model.pcie_generation | model.pcie_lanes << 4
    space.define(EXPRESS, 4, 0x0002_0010 | following << 8)
    space.define(EXPRESS + 0x04, 4, 0x1000_8020)
    space.define(DEVICE_CONTROL, 2, writable=writable)
    space.define(EXPRESS + 0x0C, 4, 0x400 | link)
    space.define(EXPRESS + 0x12, 2, link)
    space.define(EXPRESS + 0x24, 4, 0x0030_0000)


def _extended(space: ConfigSpace, offsets: Mapping[str, int]) -> None:
    ordered = sorted(offsets.items(), key=lambda item: item[1])
    for (name, at), (_, following) in zip(ordered, [*ordered[1:], ("", 0)], strict=True):
        number, version = PCIE_ID[name]
        space.define(at, 4, number | version << 16 | following << 20)
        if name == "AER":
            for register, value in ((0x08, 0x0240_0000), (0x0C, 0x0046_2030), (0x14, 0xE000), (0x18, 0xA0)):
                space.define(at + register, 4, value)


def _sriov(space: ConfigSpace, model: Model, index: int) -> None:
    at = model.sriov_offset
    initial = model.total_vfs if model.initial_vfs is None else model.initial_vfs
    space.define(at + 0x04, 4, r.MIGRATION_CAPABLE if model.migration else 0)
    space.define(at + r.INITIAL_VFS, 2, initial)
    space.define(at + r.TOTAL_VFS, 2, model.total_vfs)
    space.define(at + r.DEPENDENCY_LINK, 1, index)
    space.define(at + r.VF_DEVICE_ID, 2, model.vf_device_id)
    space.define(at + r.SUPPORTED_PAGES, 4, model.supported_pages)
    space.define(at + r.STATUS, 2, 0, clears=1 if model.migration else 0)
    reset_sriov(space, model, index)


def reset_sriov(space: ConfigSpace, model: Model, index: int) -> None:
    """Set what any reset of the PF sets: no VFs, pages of 4 KiB, addresses gone."""
    at = model.sriov_offset
    for register, size in ((r.CONTROL, 2), (r.NUM_VFS, 2)):
        space.put(at + register, size, 0)
    space.put(at + r.SYSTEM_PAGE, 4, 1)
    for bar, content in model.vf_bars.items():
        _bar(space, at + r.VF_BAR0 + 4 * bar, content.type_bits, content.size_bytes, content.is_64bit)
    place(space, model, model.ports[index], ari=False)


def place(space: ConfigSpace, model: Model, port: Port, *, ari: bool) -> None:
    """Let offset and stride follow the ARI Capable Hierarchy bit."""
    space.put(model.sriov_offset + r.FIRST_VF_OFFSET, 2, port.offset_ari if ari else port.offset_plain)
    space.put(model.sriov_offset + r.VF_STRIDE, 2, model.vf_stride)
