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
    "emulated-igb": Nearest("emulated-e1000", "an older device of the same kind: no MSI-X, no multiple queues"),
    "user-network": Nearest(
        "virtio-qemu", "QEMU's loop moves the frames there too, but through a tap and no TCP stack"
    ),
    "socket-network": Nearest("virtio-qemu", "QEMU's loop moves the frames there too, but through a tap"),
    "mediated-device": Nearest("sriov-vf", "a function of its own instead of a share of one"),
}
SWITCHES = {
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
