"""How packets enter and leave a guest, one module per way.

*Scope*: bare metal, SR-IOV virtual functions, a whole adapter passed through, virtio with vhost-net or QEMU and an emulated e1000 behind a Linux
bridge.
*Validation*: every test that goes through `DATAPATHS`.
"""

from __future__ import annotations

from simulator.datapaths import direct_assignment, emulated_e1000, native, sriov_vf, vhost_net, virtio_qemu
from simulator.datapaths.model import Datapath
from simulator.errors import unknown

__all__ = ["DATAPATHS", "Datapath", "datapath"]

DATAPATHS: dict[str, Datapath] = {
    path.name: path
    for path in (
        native.DATAPATH,
        sriov_vf.DATAPATH,
        direct_assignment.DATAPATH,
        vhost_net.DATAPATH,
        virtio_qemu.DATAPATH,
        emulated_e1000.DATAPATH,
    )
}


def datapath(name: str) -> Datapath:
    """The datapath of that name; InputError lists the names."""
    if name not in DATAPATHS:
        raise unknown("datapath", "datapath", name, tuple(DATAPATHS))
    return DATAPATHS[name]
