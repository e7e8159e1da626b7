"""The ways into a guest and the switches that real machines have, and for those not modelled the nearest that is.

A name is the one that the grammar has, or is meant to get: whatever the grammar learns drops out of this table by
itself, since only names it lacks are looked up here.

*Scope*: names and one sentence each.
*Validation*: ``tests/imports/test_ways.py``: every nearest name is one of the grammar.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.imports.facts import Interface
from simulator.imports.text import clean
from simulator.scenario import names


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the grammar has instead, and in what it differs."""

    name: str
    differs: str


LONGEST_NAME = 60
OTHER_DEVICE = Nearest("emulated-e1000", "another emulated device, with other registers and other exits per packet")
OTHER_SWITCH = Nearest("linux-bridge", "another switch in the host's software")
DATAPATHS = {
    "vhost-user": Nearest("vhost-net", "virtio too, but with a thread of the kernel that sleeps as its backend"),
    "vdpa": Nearest("sriov-vf", "the adapter serves the guest's rings there too, but with its own driver"),
    "macvtap": Nearest("vhost-net", "the same device, but its frames pass a bridge"),
    "emulated-rtl8139": Nearest("emulated-e1000", "another emulated device, with other registers and exits per packet"),
    "emulated-e1000e": Nearest("emulated-e1000", "its predecessor: no MSI-X, one vector, other registers"),
    "emulated-igb": Nearest("emulated-e1000", "an older device of the same kind: no MSI-X, no multiple queues"),
    "vmxnet3": Nearest("virtio-qemu", "another paravirtual device, served by QEMU as well"),
    "xen-netfront": Nearest("vhost-net", "another paravirtual device, its backend a thread of the host's kernel too"),
    "user-network": Nearest(
        "virtio-qemu", "QEMU's loop moves the frames there too, but through a tap and no TCP stack"
    ),
    "socket-network": Nearest("virtio-qemu", "QEMU's loop moves the frames there too, but through a tap"),
    "sub-function": Nearest("sriov-vf", "a function that the bus knows instead of one that only the adapter knows"),
    "mediated-device": Nearest("sriov-vf", "a function of its own instead of a share of one"),
    "container": Nearest("native", "processes on the host too, but without a network namespace of their own"),
}
SWITCHES = {
    "ovs-kernel": Nearest("linux-bridge", "a switch in the host's kernel too, without a flow cache and upcalls"),
    "ovs-dpdk": Nearest("linux-bridge", "a switch in software too, but in the kernel, which does not poll"),
    "vpp": Nearest("linux-bridge", "a switch in software too, but in the kernel, which does not poll"),
    "hardware-offload": Nearest("embedded", "the adapter's switch too, without flows that the CPU has to set up"),
    "routed": Nearest("linux-bridge", "the host's kernel carries the frames there too, but switches them"),
}


def missing(interface: Interface) -> tuple[str, ...]:
    """Return what the interface needs and the grammar does not have: a datapath, a switch, both or nothing."""
    lacks = [] if interface.datapath in names.datapaths() else [interface.datapath]
    if interface.switch is not None and interface.switch not in names.switches():
        lacks.append(interface.switch)
    return tuple(lacks)


def nearest(name: str) -> Nearest:
    """Return what the grammar has instead of a datapath or switch that it lacks."""
    if name in DATAPATHS:
        return DATAPATHS[name]
    return SWITCHES.get(name, OTHER_DEVICE if name.startswith("emulated-") else OTHER_SWITCH)


def modelled_datapath(interface: Interface) -> str:
    """Return the interface's datapath if the grammar has it, else the nearest."""
    known = interface.datapath in names.datapaths()
    return interface.datapath if known else nearest(interface.datapath).name


def sentence(name: str) -> str:
    """Return what to tell the reader of a name that the grammar lacks."""
    instead = nearest(name)
    return f"{clean(name, LONGEST_NAME)} is not modelled; the nearest that is: {instead.name} ({instead.differs})"
