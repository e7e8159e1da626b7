"""The host under construction: one plan builder, one set of cores, one port, and the guests that were attached to it.

*Scope*: one host, one port.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.parts.cpu import Cpus
from simulator.parts.nic import Port, add_port
from simulator.parts.settings import HostSettings, PortSettings
from simulator.parts.stages import STAGES
from simulator.plan.builder import PlanBuilder


@dataclass(slots=True)
class Attachment:
    """What traffic needs of an attached guest.

    Its MAC index, the fifo its application sends from (-1: it does not send), its sink.
    """

    mac: int
    send: int
    sink: int


@dataclass(slots=True)
class Machine:
    """Everything a datapath builds into."""

    builder: PlanBuilder
    host: HostSettings
    cpus: Cpus
    port: Port
    attached: dict[str, Attachment] = field(default_factory=dict)


def add_machine(host: HostSettings, port: PortSettings, *, vlans: tuple[int, ...] = (0,), guests: int) -> Machine:
    """An empty host with an open port; `vlans` are the VLAN identifiers in use, `guests` how many will be attached.

    All stages are declared, in the packet's order, so that the stage tables of two paths have the same rows.
    """
    builder = PlanBuilder()
    for stage in STAGES:
        builder.stage(stage)
    return Machine(builder, host, Cpus(builder, host), add_port(builder, host, port, vlans, guests))
