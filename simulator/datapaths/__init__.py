"""How packets enter and leave a guest, one module per way.

*Scope*: bare metal, containers, virtual functions and what is like them, a whole adapter passed through, virtio with vhost-net, QEMU or a
polling switch, devices that QEMU emulates.
*Validation*: every test that goes through `DATAPATHS`.
"""

from __future__ import annotations

from simulator.datapaths import (
    af_xdp,
    container,
    container_vf,
    direct_assignment,
    emulated_e1000,
    emulated_e1000e,
    emulated_rtl8139,
    host_process,
    hyperv_netvsc,
    macvlan,
    macvtap,
    memif,
    native,
    sriov_vf,
    sub_function,
    vdpa,
    vhost_net,
    vhost_user,
    virtio_qemu,
    virtio_vmm,
    vmdq,
    vmxnet3,
    xen_netfront,
)
from simulator.datapaths.model import Datapath
from simulator.errors import unknown

__all__ = ["DATAPATHS", "Datapath", "datapath"]

DATAPATHS: dict[str, Datapath] = {
    path.name: path
    for path in (
        native.DATAPATH,
        af_xdp.ZERO_COPY,
        af_xdp.COPIED,
        host_process.DATAPATH,
        container.BRIDGED,
        container.ROUTED,
        container_vf.DATAPATH,
        macvlan.DATAPATH,
        memif.DATAPATH,
        sriov_vf.DATAPATH,
        vdpa.DATAPATH,
        sub_function.DATAPATH,
        direct_assignment.DATAPATH,
        vhost_net.DATAPATH,
        macvtap.DATAPATH,
        vmdq.DATAPATH,
        vhost_user.DATAPATH,
        xen_netfront.DATAPATH,
        hyperv_netvsc.DATAPATH,
        virtio_qemu.DATAPATH,
        virtio_vmm.DATAPATH,
        vmxnet3.DATAPATH,
        emulated_e1000.DATAPATH,
        emulated_e1000e.DATAPATH,
        emulated_rtl8139.DATAPATH,
    )
}


def datapath(name: str) -> Datapath:
    """The datapath of that name; InputError lists the names."""
    if name not in DATAPATHS:
        raise unknown("datapath", "datapath", name, tuple(DATAPATHS))
    return DATAPATHS[name]
