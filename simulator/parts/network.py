"""What joins ports outside of their hosts: a cable between two, or a switch that sends a frame on to the port behind which its address is.

1. The switch takes in a frame whole, whatever leaves a port or comes from the far end. After its latency the frame is looked up: the far
   end's end there, or go over its cable; those for a guest go into the queue of the port that the guest is behind.
2. A queue is sent on the port's wire, one frame at a time. A bond has both ports' queues, of which the switch chooses as the host does.
3. The far end sends on the ports' wires itself, between what the switch sends, unless `far` puts it behind the switch.
4. A cable leads from each port into the other, and there is no far end.

*Scope*: built if guests send to guests by way of the wire (of another adapter, or of one whose embedded switch reflects: VEPA) or if
the scenario says what is there. The switch knows all addresses and drops what a queue does not hold: 1,000 frames unless its bytes are
stated. Between its ports there is no limit.
*Validation*: tests/unit/test_guest_to_guest.py, tests/unit/test_hosts.py, tests/phenomena/test_network.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator.parts import bonds
from simulator.parts.machine import Machine
from simulator.parts.nic import BUFFERED_FRAMES, PEER, Port
from simulator.parts.settings import NetworkSettings
from simulator.parts.stages import NIC_QUEUE, WIRE
from simulator.parts.wire import add_wire
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, Fifo, Input, Link, Output, Sink, Switch, Worker

QUEUE_FRAMES = 1_000
"""Assumed; data-centre switches have some MB per port."""
FAR_END = 0
TABLES = ("network.in.table", "network.far.in.table")
"""How the names of the switch's tables end: of what leaves a port, of what the far end sends."""


def join_ports(machine: Machine, network: NetworkSettings) -> None:
    """Put the cable or the switch between all ports of the machine."""
    builder, ports = machine.builder, [slot.port for slot in machine.adapters]
    if network.cable:
        for one, other in zip(ports, reversed(ports), strict=True):
            builder.change(Link, one.leave, target_kind="link", target=other.pipe)
        return
    queues = [_outlet(builder, f"{port.prefix}network.out", port.wire_in, network) for port in ports]
    towards = [Output("fifo", queue, full="drop") for queue in queues]
    for number, slot in enumerate(machine.adapters):
        if slot.twin is not None:
            towards += bonds.both(*towards[number : number + 2])
    ends = [Output("sink", port.peer) for port in ports]
    if network.far:
        ends = _add_far_end(machine, network, ports, towards)
    for port, end in zip(ports, ends, strict=True):
        arrived = _inlet(machine, f"{port.prefix}network.in", (end, *towards))
        if network.latency_ps:
            name = f"{port.prefix}network.enter"
            stage = builder.stage(WIRE)
            delay = Link(name, propagation_ps=network.latency_ps, stage=stage, target_kind="fifo", target=arrived)
            builder.change(Link, port.leave, target_kind="link", target=builder.add(delay))
        else:
            builder.change(Link, port.leave, target_kind="fifo", target=arrived)


def first_port(ports: int, bond: int) -> int:
    """The first port of the bond of this number in the switch's tables, with `ports` adapters."""
    return 1 + ports + bond * len(bonds.PORTS)


def _outlet(builder: PlanBuilder, name: str, wire: int, network: NetworkSettings) -> int:
    """The queue towards a wire and what sends it there."""
    sender = builder.promise(Worker)
    room = BUFFERED_FRAMES if network.buffer_bytes else QUEUE_FRAMES
    queue = builder.add(Fifo(name=name, capacity=room, capacity_bytes=network.buffer_bytes, poller=sender))
    worker = Worker(
        name=f"{name}.sender", kind="hw", on=NONE, inputs=(Input("fifo", queue),), outputs=(Output("link", wire, room_ps=0),),
        stage=builder.stage(WIRE),
    )  # fmt: skip
    builder.keep(sender, worker)
    return queue


def _inlet(machine: Machine, name: str, outputs: Sequence[Output]) -> int:
    """What looks up the frames that come in there, to the far end or into a queue; the fifo in front of it."""
    builder = machine.builder
    switch = builder.add(_table(machine, f"{name}.table"))
    looker = builder.promise(Worker)
    arrived = builder.add(Fifo(name=name, capacity=QUEUE_FRAMES, poller=looker))
    worker = Worker(
        name=f"{name}.lookup", kind="hw", on=NONE, inputs=(Input("fifo", arrived),), outputs=tuple(outputs),
        select="switch", switch=switch, stage=builder.stage(NIC_QUEUE),
    )  # fmt: skip
    builder.keep(looker, worker)
    return arrived


def _table(machine: Machine, name: str) -> Switch:
    """Where each address is: the far end, a port, or the ports of a bond."""
    macs, slots = machine.port.addresses.count, machine.adapters
    table = [FAR_END] * (len(machine.port.vlans) * macs)
    queues = [(number, 1) for number in range(len(slots) + 1)]
    bonded = [slot for slot in slots if slot.twin is not None]
    for number, slot in enumerate(slots, start=1):
        for member in slot.port.members:
            table[member.vlan * macs + member.mac] = number
    for number, slot in enumerate(bonded):
        for member in slot.port.members:
            port = bonds.port_of(slot.switch.bond, (PEER + member.mac) % 2)
            table[member.vlan * macs + member.mac] = first_port(len(slots), number) + port
        begin = 1 + len(slots) + number * bonds.OUTPUTS
        queues += [(begin + first, count) for first, count in bonds.PORTS]
    return Switch(name, macs, tuple(table), tuple(queues), FAR_END)


def _add_far_end(
    machine: Machine, network: NetworkSettings, ports: Sequence[Port], towards: Sequence[Output]
) -> list[Output]:
    """The far end behind the switch, with a cable of its own; where each port's frames for it go."""
    builder = machine.builder
    wire = replace(ports[0].settings, rate_bps=network.far_bps, cable_ps=network.latency_ps)
    ends = [Output("sink", port.peer) for port in ports]
    if network.far_bps:
        out = add_wire(builder, replace(wire, cable_ps=0), "network.far.wire.out", "sink", ports[0].peer)
        queue = _outlet(builder, "network.far.out", out, network)
        ends = [Output("fifo", queue, full="drop")] * len(ports)
    sent = add_wire(builder, wire, "network.far.wire.in", "fifo", NONE)
    builder.change(Link, sent, target=_inlet(machine, "network.far.in", (ends[0], *towards)))
    for port in ports:
        port.entrance = sent
        builder.change(Sink, port.peer, reply_link=sent)
    return ends
