"""What a datapath is, apart from its numbers: drivers, migration, filtering, overlays, who fails with whom, who pays.

Each statement has the document in which it was read. Where none was found, the statement follows from how the path is built here
(`docs/reference/datapaths.md`) and says so. What a vendor's own products add is not in it.

*Scope*: Linux, KVM, OpenStack's reference drivers. *Validation*: tests/decide/test_decide.py (every path has every row, every row a source).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROWS = (
    "guest driver",
    "live migration",
    "security groups",
    "overlay network",
    "functions",
    "failure domain",
    "who pays the cores",
)

_BUILT = "docs/reference/datapaths.md"
_SRIOV = "OpenStack Neutron, admin guide, config-sriov, known limitations"
_ML2 = "OpenStack Neutron, admin guide, config-ml2, driver support matrix"
_FAILOVER = "Linux, Documentation/networking/net_failover.rst"
_PCIE = "PCI Express Base Specification, SR-IOV extended capability (TotalVFs)"


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement and where it was read."""

    text: str
    source: str


_SOFTWARE = {
    "security groups": Fact("yes: the bridge's or OVS' filters see each frame", _ML2),
    "overlay network": Fact("VXLAN with a bridge; VXLAN, GRE, Geneve with OVS", _ML2),
    "functions": Fact("no limit of the adapter: taps are software", _BUILT),
}

FACTS: Mapping[str, Mapping[str, Fact]] = {
    "sriov-vf": {
        "guest driver": Fact("the adapter's VF driver, for each adapter another", _BUILT),
        "live migration": Fact(
            "not of the VF itself; with a virtio standby (net_failover) it is unplugged first", _FAILOVER
        ),
        "security groups": Fact("no: the firewall driver must be off", _SRIOV),
        "overlay network": Fact("no: flat and VLAN only", _ML2),
        "functions": Fact("as many VFs as the adapter has", _PCIE),
        "failure domain": Fact("all VFs of a port share adapter and PF driver", _BUILT),
        "who pays the cores": Fact("mostly the guest: the host handles interrupts and exits", _BUILT),
    },
    "vhost-net": {
        **_SOFTWARE,
        "guest driver": Fact("virtio-net, the same everywhere", _BUILT),
        "live migration": Fact("yes: the paravirtual path is the one that moves", _FAILOVER),
        "failure domain": Fact("the host's kernel: vhost threads and bridge run in it", _BUILT),
        "who pays the cores": Fact("host and guest: a vhost thread for each queue", _BUILT),
    },
    "virtio-qemu": {
        **_SOFTWARE,
        "guest driver": Fact("virtio-net, the same everywhere", _BUILT),
        "live migration": Fact("yes: the paravirtual path is the one that moves", _FAILOVER),
        "failure domain": Fact("the guest's own QEMU process, and the host's bridge", _BUILT),
        "who pays the cores": Fact("host and guest: QEMU's main loop", _BUILT),
    },
    "emulated-e1000": {
        **_SOFTWARE,
        "guest driver": Fact("none to add: most systems bring that of the e1000", _BUILT),
        "live migration": Fact("yes: the device is QEMU's memory", _BUILT),
        "failure domain": Fact("the guest's own QEMU process, and the host's bridge", _BUILT),
        "who pays the cores": Fact("mostly the host: every register access exits to QEMU", _BUILT),
    },
    "native": {
        "guest driver": Fact("the adapter's own driver", _BUILT),
        "live migration": Fact("no: there is no guest", _BUILT),
        "security groups": Fact("no guest to filter for; the host's own firewall", _BUILT),
        "overlay network": Fact("the host's own", _BUILT),
        "functions": Fact("one machine for each", _BUILT),
        "failure domain": Fact("the machine", _BUILT),
        "who pays the cores": Fact("the machine", _BUILT),
    },
}
UNKNOWN = Fact("not described", "")


def facts_of(datapath: str) -> dict[str, Fact]:
    """Row -> fact; paths that the table does not have say so in each row."""
    known = FACTS.get(datapath, {})
    return {row: known.get(row, UNKNOWN) for row in ROWS}
