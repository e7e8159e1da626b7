"""The host under construction: one plan builder, one set of cores, one port, and the guests that were attached to it.

*Scope*: one host, one port.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.parts.cpu import Cpus
from simulator.parts.nic import Port, QueuePair, add_port
from simulator.parts.settings import HostSettings, PortSettings
from simulator.parts.stages import STAGES
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE


@dataclass(slots=True)
class Attachment:
    """What traffic needs of an attached guest.

    Its MAC index, the fifo its application sends from (-1: it does not send), its sink, and where the far
    end records what it sends (-1: in its own sink).
    """

    mac: int
    send: int
    sink: int
    sent: int = NONE


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue of the host's own driver: its place among the port's receivers, its rings and its softirq worker."""

    receiver: int
    pair: QueuePair
    worker: int


@dataclass(slots=True)
class Uplink:
    """What a software switch has on both sides: the host's queues on the port and the guests' tap queues.

    `bundles` are lanes that were opened together, by the costs of what is behind the driver; `members` are (MAC index, VLAN
    index, first tap, queues); `senders` are workers that send into the switch, each with the lane whose transmit ring it
    uses. `opened`: how many bundles were given out, from 0.
    """

    bundles: dict[tuple[str, ...], list[tuple[Lane, ...]]] = field(default_factory=dict)
    taps: list[int] = field(default_factory=list)
    members: list[tuple[int, int, int, int]] = field(default_factory=list)
    senders: list[tuple[int, Lane]] = field(default_factory=list)
    opened: dict[tuple[str, ...], int] = field(default_factory=dict)
    merges: bool = False
    """Whether the host's driver merges frames of bulk flows (GRO)."""


@dataclass(slots=True)
class Machine:
    """Everything a datapath builds into."""

    builder: PlanBuilder
    host: HostSettings
    cpus: Cpus
    port: Port
    uplink: Uplink = field(default_factory=Uplink)
    attached: dict[str, Attachment] = field(default_factory=dict)


def add_machine(host: HostSettings, port: PortSettings, *, vlans: tuple[int, ...] = (0,), guests: int) -> Machine:
    """An empty host with an open port; `vlans` are the VLAN identifiers in use, `guests` how many will be attached.

    All stages are declared, in the packet's order, so that the stage tables of two paths have the same rows.
    """
    builder = PlanBuilder()
    for stage in STAGES:
        builder.stage(stage)
    return Machine(builder, host, Cpus(builder, host), add_port(builder, host, port, vlans, guests))
