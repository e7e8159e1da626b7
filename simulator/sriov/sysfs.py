"""The files of a function under ``/sys/bus/pci/devices``, read and written by name, each refusal with its errno.

1. ``read`` gives what ``cat`` shows; ``write`` does what ``echo`` does, line feed included.
2. ``sriov_numvfs`` checks in the kernel's order: is it a 16-bit number, is it at most ``sriov_totalvfs``, does it differ
   from the present one, is there a driver, is it 0, are there VFs already.
3. A file that nobody may write answers EACCES when it is opened.

*Scope*: the files that concern SR-IOV, resources, drivers and resets. *Validation*: ``tests/sriov/test_igb.py``: every
recorded write with its errno, every recorded value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import unknown
from simulator.sriov import assign, binding, enable, resets
from simulator.sriov import registers as r
from simulator.sriov.model import Bar
from simulator.sriov.outcome import Outcome, Refused
from simulator.sriov.state import Physical, Virtual

if TYPE_CHECKING:
    from simulator.sriov.host import Host

BARS = 6
MOST_VECTORS = 2048
MEM, IO, MEM_64, PREFETCH, SIZE_ALIGN = 0x200, 0x100, 0x100000, 0x2000, 0x40000
RESETS = {"pf": "flr pm bus", "vf": "flr"}


@dataclass(frozen=True, slots=True)
class Write:
    """What is written into a file of a function."""

    host: Host
    item: Physical | Virtual
    text: str

    @property
    def pf(self) -> Physical:
        """The function, where the file is one of a PF."""
        assert isinstance(self.item, Physical)
        return self.item

    @property
    def vf(self) -> Virtual:
        """The function, where the file is one of a VF."""
        assert isinstance(self.item, Virtual)
        return self.item


def pf_files(pf: Physical) -> dict[str, str]:
    """Return the files of a PF with their contents."""
    hardware = pf.hardware
    return {
        "sriov_totalvfs": str(pf.total_vfs),
        "sriov_numvfs": str(len(pf.vfs)),
        "sriov_offset": str(pf.first_vf_offset),
        "sriov_stride": str(pf.vf_stride),
        "sriov_vf_device": f"{hardware.get(r.VF_DEVICE_ID):04x}",
        "sriov_drivers_autoprobe": str(int(pf.autoprobe)),
        "sriov_vf_total_msix": str(hardware.model.vf_msix_pool if pf.driver else 0),
        "vendor": f"{hardware.model.vendor_id:#06x}",
        "device": f"{hardware.model.device_id:#06x}",
        "class": f"{hardware.model.class_code:#08x}",
        "ari_enabled": str(int(pf.slot.ari_forwarding)),
        "reset_method": RESETS["pf"],
        "resource": "\n".join(pf_resources(pf)),
        "driver": pf.driver,
        "driver_override": "(null)",
        "iommu_group": "" if pf.group is None else str(pf.group),
    }


def vf_files(vf: Virtual) -> dict[str, str]:
    """Return the files of a VF with their contents: ids and class come from the PF, its own registers do not tell."""
    model = vf.parent.hardware.model
    return {
        "physfn": f"../{vf.parent.name}",
        "vendor": f"{model.vendor_id:#06x}",
        "device": f"{model.vf_device_id:#06x}",
        "class": f"{model.class_code:#08x}",
        "ari_enabled": str(int(vf.parent.slot.ari_forwarding)),
        "reset_method": RESETS["vf"],
        "resource": "\n".join(vf_resources(vf)),
        "driver": vf.driver,
        "driver_override": vf.override or "(null)",
        "iommu_group": "" if vf.group is None else str(vf.group),
        "net": vf.netdev,
    }


def files(item: Physical | Virtual) -> dict[str, str]:
    """Return the files of a function with their contents."""
    return pf_files(item) if isinstance(item, Physical) else vf_files(item)


def links(pf: Physical) -> dict[str, str]:
    """Return the links from a PF to its VFs."""
    return {f"virtfn{vf.index}": f"../{vf.name}" for vf in pf.vfs}


def read(item: Physical | Virtual, name: str) -> str:
    """Return the content of a file."""
    found = files(item)
    if name not in found:
        raise unknown("sysfs", "file of this function", name, found)
    return found[name]


def pf_resources(pf: Physical) -> list[str]:
    """Return the lines of ``resource``: six windows, the ROM, six windows for all VFs together."""
    hardware, model = pf.hardware, pf.hardware.model
    own = [_line(model.pf_bars[bar], hardware.base(bar), model.pf_bars[bar].size_bytes) if bar in model.pf_bars
           else _line(None) for bar in range(BARS)]  # fmt: skip
    shared = []
    for bar in range(BARS):
        placed = bar in model.vf_bars and pf.slot.addresses[hardware.index, True, bar] is not None
        size = hardware.vf_size_bytes(bar) * model.total_vfs if placed else 0
        shared.append(_line(model.vf_bars[bar], hardware.vf_base(bar), size) if placed else _line(None))
    return [*own, _line(None), *shared]


def vf_resources(vf: Virtual) -> list[str]:
    """Return the lines of a VF's ``resource``: its slices of the PF's windows."""
    bars = vf.parent.hardware.model.vf_bars
    lines = []
    for bar in range(BARS):
        if bar in bars:
            start, end = vf.hardware.window(bar)
            lines.append(_line(bars[bar], start, end - start + 1))
        else:
            lines.append(_line(None))
    return lines


def _line(bar: Bar | None, start: int = 0, size_bytes: int = 0) -> str:
    if bar is None:
        return " ".join(["0x0000000000000000"] * 3)
    kind = (IO if bar.is_io else MEM) | MEM_64 * bar.is_64bit | PREFETCH * bar.prefetchable
    return f"{start:#018x} {start + size_bytes - 1:#018x} {kind | SIZE_ALIGN | bar.type_bits:#018x}"


def write(host: Host, item: Physical | Virtual, name: str, text: str) -> Outcome:
    """Write ``text`` into a file, as ``echo`` does."""
    writable = _PF_WRITES if isinstance(item, Physical) else _VF_WRITES
    known = {**files(item), **writable}
    if name not in known:
        raise unknown("sysfs", "file of this function", name, known)
    if name not in writable:
        return Outcome("EACCES", why="the file is read-only")
    return host.act(lambda: writable[name](Write(host, item, text)))


def _numvfs(to: Write) -> None:
    host, pf, wanted = to.host, to.pf, unsigned_16(to.text)
    if wanted > pf.total_vfs:
        raise Refused("ERANGE", f"sriov_totalvfs is {pf.total_vfs}")
    present = len(pf.vfs)
    if wanted == present:
        return
    if not pf.driver:
        host.say(f"pci {pf.name}: no driver bound to device; cannot configure SR-IOV")
        raise Refused("ENOENT", "no driver is bound")
    if not pf.policy.configures:
        host.say(f"{pf.driver} {pf.name}: driver does not support SR-IOV configuration via sysfs")
        raise Refused("ENOENT", "the driver has no such call")
    if wanted == 0:
        if assign.flagged(host, pf):
            raise Refused(pf.policy.assigned_errno, "VFs are assigned")
        assign.give_back(host, pf)
        enable.disable(host, pf)
        host.say_driver(pf, "IOV Disabled")
        return
    if present:
        host.say(f"{pf.driver} {pf.name}: {present} VFs already enabled. Disable before enabling {wanted} VFs")
        raise Refused("EBUSY", "only 0 -> n -> 0")
    host.say_driver(pf, f"{wanted} VFs allocated")
    enable.enable(host, pf, wanted)
    if len(pf.vfs) < wanted:
        host.say(f"{pf.driver} {pf.name}: {wanted} VFs requested; only {len(pf.vfs)} enabled")


def unsigned_16(text: str) -> int:
    """Read a number as the kernel does: decimal, 0x, leading-0 octal, a plus sign, one line feed; 16 bits."""
    match = re.fullmatch(r"\+?(?:0[xX](?P<hex>[0-9a-fA-F]+)|0(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))\n?", text)
    if match is None:
        raise Refused("EINVAL", "not an unsigned number")
    base, digits = next((base, match[base]) for base in ("hex", "oct", "dec") if match[base] is not None)
    value = int(digits, {"hex": 16, "oct": 8, "dec": 10}[base])
    if value > 0xFFFF:
        raise Refused("EINVAL", "more than 16 bits")
    return value


def _autoprobe(to: Write) -> None:
    # the kernel looks at the first character, and at the second after an o
    if to.text[:1] in ("y", "Y", "t", "T", "1") or to.text[:2].lower() == "on":
        to.pf.autoprobe = True
    elif to.text[:1] in ("n", "N", "f", "F", "0") or to.text[:2].lower() == "of":
        to.pf.autoprobe = False
    else:
        raise Refused("EINVAL", "neither yes nor no")


def _reset(to: Write) -> None:
    if to.text.strip() != "1":
        raise Refused("EINVAL", "1 is what starts a reset")
    if isinstance(to.item, Physical):
        resets.pf_reset(to.host, to.item)
    else:
        resets.vf_reset(to.host, to.item)


def _bind_pf(to: Write) -> None:
    binding.bind_pf(to.host, to.pf, to.text.strip())


def _unbind_pf(to: Write) -> None:
    if not to.pf.driver:
        raise Refused("ENODEV", "no driver is bound")
    binding.release_pf(to.host, to.pf)


def _override(to: Write) -> None:
    to.vf.override = to.text.strip()


def _msix_count(to: Write) -> None:
    """Give a VF another number of vectors, out of the PF's pool, while no driver has it."""
    text, pf = to.text.strip(), to.vf.parent
    if not re.fullmatch(r"\+?[0-9]+", text, re.ASCII):
        raise Refused("EINVAL", "not an unsigned number")
    pool = pf.hardware.model.vf_msix_pool
    if not pf.driver or not pool:
        raise Refused("EOPNOTSUPP", "the PF driver shares out no vectors")
    if to.vf.driver:
        raise Refused("EBUSY", f"{to.vf.driver} is bound")
    others = sum(vf.hardware.vectors for vf in pf.vfs if vf is not to.vf)
    wanted = int(text) or pf.hardware.model.vf_msix
    if wanted > min(pool - others, MOST_VECTORS):
        raise Refused("EINVAL", f"{pool - others} vectors are left")
    to.vf.hardware.vectors = wanted


def _bind_vf(to: Write) -> None:
    binding.bind_vf(to.host, to.vf, to.text.strip())


def _unbind_vf(to: Write) -> None:
    if not to.vf.driver:
        raise Refused("ENODEV", "no driver is bound")
    if to.vf.owner is not None:
        assign.take_back(to.host, to.vf)
    binding.release_vf(to.host, to.vf)


_PF_WRITES: dict[str, Callable[[Write], None]] = {
    "sriov_numvfs": _numvfs,
    "sriov_drivers_autoprobe": _autoprobe,
    "reset": _reset,
    "bind": _bind_pf,
    "unbind": _unbind_pf,
}
_VF_WRITES: dict[str, Callable[[Write], None]] = {
    "reset": _reset,
    "driver_override": _override,
    "sriov_vf_msix_count": _msix_count,
    "bind": _bind_vf,
    "unbind": _unbind_vf,
}
