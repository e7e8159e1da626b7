"""What Linux would print about a PF and its VFs: sysfs, ``ip link``, and one line for each function.

*Scope*: text. *Validation*: ``tests/sriov/test_igb.py``, ``tests/sriov/test_show.py``.
"""

from __future__ import annotations

from simulator.sriov import iplink, sysfs
from simulator.sriov.state import Physical

SHOWN_VFS = 8
SHOWN_FILES = (
    "sriov_totalvfs", "sriov_numvfs", "sriov_offset", "sriov_stride", "sriov_vf_device", "sriov_drivers_autoprobe",
    "sriov_vf_total_msix", "vendor", "device", "class", "ari_enabled", "reset_method", "driver", "iommu_group",
)  # fmt: skip


def sysfs_text(pf: Physical) -> str:
    """Return the files of a PF, the links to its VFs, and the resources of all."""
    found = sysfs.pf_files(pf)
    lines = [f"{name} = {found[name]}" for name in SHOWN_FILES]
    shown = pf.vfs[:SHOWN_VFS]
    lines += [f"virtfn{vf.index} -> ../{vf.name}" for vf in shown]
    lines += [f"... {len(pf.vfs) - len(shown)} more"] if len(shown) < len(pf.vfs) else []
    lines += ["resource:", *sysfs.pf_resources(pf)]
    for vf in shown:
        lines += [f"virtfn{vf.index} {vf.name}", *sysfs.vf_resources(vf)]
    return "\n".join(lines)


def ip_link_text(pf: Physical) -> str:
    """Return what ``ip link show`` says of the PF's interface and its VFs."""
    if not pf.netdev:
        return f"{pf.name} has no network interface"
    flags = "BROADCAST,MULTICAST,UP,LOWER_UP" if pf.up else "BROADCAST,MULTICAST"
    lines = [
        f"{pf.netdev}: <{flags}> mtu 1500 state {'UP' if pf.up else 'DOWN'}",
        f"    link/ether {pf.mac} brd ff:ff:ff:ff:ff:ff",
        *vf_lines(pf)[:SHOWN_VFS],
    ]
    return "\n".join([*lines, f"    ... {len(pf.vfs) - SHOWN_VFS} more"] if len(pf.vfs) > SHOWN_VFS else lines)


def vf_lines(pf: Physical) -> list[str]:
    """Return the rows of all VFs as ``ip link`` prints them."""
    query = pf.policy.query_rss is not None
    return [iplink.line(index, row, query_rss=query) for index, row in enumerate(pf.settings)]
