"""A function as ``lspci -vvv`` prints it, from its registers: PF beside VF, with all that SR-IOV adds.

1. What is printed is decoded from the bytes; ids and the addresses of a VF come from its PF, as for the real ``lspci``.
2. ``bytes_of`` gives the lines of ``-xxxx``.

*Scope*: header, regions, MSI-X, ARI, SR-IOV, ACS, drivers. Power management, MSI, Express and error reporting are in the
bytes and not decoded, and neither is what only the firmware knows (slot numbers, interrupt lines).
*Validation*: ``tests/sriov/test_igb.py`` compares every line in scope with the recorded ones.
"""

from __future__ import annotations

from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov import routing
from simulator.sriov.model import Bar, Model
from simulator.sriov.state import Physical, Virtual

CLASSES = {0x020000: "Ethernet controller", 0x010802: "Non-Volatile memory controller"}
COMMAND_NAMES = (
    "I/O", "Mem", "BusMaster", "SpecCycle", "MemWINV", "VGASnoop", "ParErr", "Stepping", "SERR", "FastB2B", "DisINTx",
)  # fmt: skip
ACS_NAMES = ("SrcValid", "TransBlk", "ReqRedir", "CmpltRedir", "UpstreamFwd", "EgressCtrl", "DirectTrans")
UNITS = ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"), (1, ""))


def short(item: Physical | Virtual) -> str:
    """Return the line of ``lspci -nn``."""
    model, name = _model(item), item.name.removeprefix("0000:")
    is_pf = isinstance(item, Physical)
    device = model.device_id if is_pf else model.vf_device_id
    kind = f"{CLASSES[model.class_code]} [{model.class_code >> 8:04x}]"
    text = f"{name} {kind}: {model.names[0]} {model.names[1 if is_pf else 2]} [{model.vendor_id:04x}:{device:04x}]"
    return text + (f" (rev {model.revision:02x})" if model.revision else "")


def long(item: Physical | Virtual) -> str:
    """Return the text of ``lspci -vvv``, as far as it is in scope."""
    model, is_pf = _model(item), isinstance(item, Physical)
    revision = f" (rev {model.revision:02x})" if model.revision else ""
    first = f"{item.name.removeprefix('0000:')} {CLASSES[model.class_code]}: {model.names[0]} "
    lines = [first + model.names[1 if is_pf else 2] + revision]
    command = item.hardware.read(c.COMMAND, 2)
    lines.append("\tControl: " + " ".join(f"{name}{_sign(command >> bit)}" for bit, name in enumerate(COMMAND_NAMES)))
    lines += _pf_regions(item) if isinstance(item, Physical) else _vf_regions(item)
    lines += _msix(item)
    for name, at in sorted(model.extended.items(), key=lambda pair: pair[1]):
        if name == "ARI":
            lines += [
                f"\tCapabilities: [{at:x} v1] Alternative Routing-ID Interpretation (ARI)",
                f"\t\tARICap:\tMFVC- ACS-, Next Function: {item.hardware.read(at + 5, 1)}",
                "\t\tARICtl:\tMFVC- ACS-, Function Group: 0",
            ]
        elif name == "SR-IOV" and isinstance(item, Physical):
            lines += _sriov(item, at)
        elif name == "ACS":
            lines += _acs(item, at)
    if item.driver:
        lines.append(f"\tKernel driver in use: {item.driver}")
    return "\n".join(lines)


def bytes_of(item: Physical | Virtual, *, everything: bool = False) -> list[str]:
    """Return the lines of ``lspci -xxxx``; without ``everything`` those that hold only zeros are left out."""
    space = item.hardware.space if isinstance(item, Physical) else item.hardware.space()
    return [line for line in space.lines() if everything or line.partition(": ")[2] != " ".join(["00"] * 16)]


def _model(item: Physical | Virtual) -> Model:
    return (item if isinstance(item, Physical) else item.parent).hardware.model


def _sign(bit: int) -> str:
    return "+" if bit & 1 else "-"


def _size(size_bytes: int) -> str:
    unit, letter = next((unit, letter) for unit, letter in UNITS if size_bytes >= unit)
    return f"{size_bytes // unit}{letter}"


def _kind(bar: Bar) -> str:
    return f"({64 if bar.is_64bit else 32}-bit, {'' if bar.prefetchable else 'non-'}prefetchable)"


def _pf_regions(pf: Physical) -> list[str]:
    lines = []
    for bar, content in pf.hardware.model.pf_bars.items():
        base = pf.hardware.base(bar)
        what = f"I/O ports at {base:x}" if content.is_io else f"Memory at {base:08x} {_kind(content)}"
        lines.append(f"\tRegion {bar}: {what} [size={_size(content.size_bytes)}]")
    return lines


def _vf_regions(vf: Virtual) -> list[str]:
    """Their own registers read 0: the addresses are the PF's, which ``lspci`` says with the word virtual."""
    lines = []
    for bar, content in vf.parent.hardware.model.vf_bars.items():
        start, end = vf.hardware.window(bar)
        size = _size(end - start + 1)
        lines.append(f"\tRegion {bar}: Memory at {start:08x} {_kind(content)} [virtual] [size={size}]")
    return lines


def _msix(item: Physical | Virtual) -> list[str]:
    control = item.hardware.read(c.MSIX_CONTROL, 2)
    table, pending = item.hardware.read(c.MSIX + 4, 4), item.hardware.read(c.MSIX + 8, 4)
    enable, masked = _sign(control >> 15), _sign(control >> 14)
    return [
        f"\tCapabilities: [{c.MSIX:x}] MSI-X: Enable{enable} Count={(control & 0x7FF) + 1} Masked{masked}",
        f"\t\tVector table: BAR={table & 7} offset={table & ~7:08x}",
        f"\t\tPBA: BAR={pending & 7} offset={pending & ~7:08x}",
    ]


def _acs(item: Physical | Virtual, at: int) -> list[str]:
    lines = [f"\tCapabilities: [{at:x} v1] Access Control Services"]
    for name, offset in (("ACSCap", 4), ("ACSCtl", 6)):
        value = item.hardware.read(at + offset, 2)
        lines.append(
            f"\t\t{name}:\t" + " ".join(f"{bit}{_sign(value >> place)}" for place, bit in enumerate(ACS_NAMES))
        )
    return lines


def _sriov(pf: Physical, at: int) -> list[str]:
    get = pf.hardware.get
    capabilities, control, status = get(0x04, 4), get(r.CONTROL), get(r.STATUS)
    bits = " ".join(
        f"{name}{_sign(control >> bit)}"
        for bit, name in ((0, "Enable"), (1, "Migration"), (2, "Interrupt"), (3, "MSE"), (4, "ARIHierarchy"))
    )
    link = f"Function Dependency Link: {get(r.DEPENDENCY_LINK, 1):02x}"
    lines = [
        f"\tCapabilities: [{at:x} v1] Single Root I/O Virtualization (SR-IOV)",
        f"\t\tIOVCap:\tMigration{_sign(capabilities)} 10BitTagReq- Interrupt Message Number: {capabilities >> 21:03x}",
        f"\t\tIOVCtl:\t{bits} 10BitTagReq-",
        f"\t\tIOVSta:\tMigration{_sign(status)}",
        f"\t\tInitial VFs: {get(r.INITIAL_VFS)}, Total VFs: {get(r.TOTAL_VFS)}, Number of VFs: {get(r.NUM_VFS)}, {link}",
        f"\t\tVF offset: {get(r.FIRST_VF_OFFSET)}, stride: {get(r.VF_STRIDE)}, Device ID: {get(r.VF_DEVICE_ID):04x}",
        f"\t\tSupported Page Size: {get(r.SUPPORTED_PAGES, 4):08x}, System Page Size: {get(r.SYSTEM_PAGE, 4):08x}",
    ]
    for bar, content in pf.hardware.model.vf_bars.items():
        lines.append(f"\t\tRegion {bar}: Memory at {pf.hardware.vf_base(bar):016x} {_kind(content)}")
    array = get(r.MIGRATION_ARRAY, 4)
    lines.append(f"\t\tVF Migration: offset: {array & ~7:08x}, BIR: {array & 7}")
    return lines


def tree(pfs: list[Physical], *, most: int = 8) -> str:
    """Return the functions as a tree: each PF with its VFs, and which bus they lie on."""
    lines = []
    for pf in pfs:
        lines.append(f"{routing.short(pf.rid)}  PF  {pf.driver or '(no driver)'}")
        shown = pf.vfs if len(pf.vfs) <= most else [*pf.vfs[: most - 1], pf.vfs[-1]]
        for vf in shown:
            if vf is pf.vfs[-1] and len(shown) < len(pf.vfs):
                lines.append(f"  ...     {len(pf.vfs) - len(shown)} more")
            owner = f", {vf.owner}" if vf.owner else ""
            lines.append(f"  {routing.short(vf.rid)}  VF {vf.index}  {vf.driver or '(no driver)'}{owner}")
    return "\n".join(lines)
