"""What joins the ports of a host outside of it: a switch that sends a frame on to the port behind which its address is.

1. A frame that leaves a port is looked up once it has come in whole: the far end's frames end there, as they do without a
   switch; those for a guest behind any port go into the queue of that port.
2. A queue is sent on the port's wire, one frame at a time, between the frames of the port's own far end.

*Scope*: built only if guests send to guests by way of the wire: of another adapter, or of the same one whose embedded switch
reflects outside (VEPA). It takes no time of its own, knows all addresses, and drops what its queue of 1,000 frames does not hold.
*Validation*: tests/unit/test_guest_to_guest.py.
"""

from __future__ import annotations

from simulator.parts.machine import Machine
from simulator.parts.nic import Port
from simulator.parts.stages import NIC_QUEUE, WIRE
from simulator.plan.model import NONE, Fifo, Input, Link, Output, Switch, Worker

QUEUE_FRAMES = 1_000
"""Assumed; data-centre switches have some MB per port."""
FAR_END = 0


def join_ports(machine: Machine) -> None:
    """Put the switch between all ports of the machine."""
    ports = [port for port, _, _ in machine.adapters]
    queues = [_outlet(machine, port) for port in ports]
    for port in ports:
        _inlet(machine, port, ports, queues)


def _outlet(machine: Machine, port: Port) -> int:
    """The queue towards a port and what sends it on the wire."""
    builder = machine.builder
    sender = builder.promise(Worker)
    name = f"{port.prefix}network.out"
    queue = builder.add(Fifo(name=name, capacity=QUEUE_FRAMES, poller=sender))
    wire = Output("link", port.wire_in, room_ps=0)
    worker = Worker(
        name=f"{name}.sender", kind="hw", on=NONE, inputs=(Input("fifo", queue),), outputs=(wire,),
        stage=builder.stage(WIRE),
    )  # fmt: skip
    builder.keep(sender, worker)
    return queue


def _inlet(machine: Machine, port: Port, ports: list[Port], queues: list[int]) -> None:
    """What looks up the frames that leave a port."""
    builder = machine.builder
    macs, name = port.addresses.count, f"{port.prefix}network.in"
    table = [0] * (len(port.vlans) * macs)
    for number, other in enumerate(ports, start=1):
        for member in other.members:
            table[member.vlan * macs + member.mac] = number
    switch = builder.add(
        Switch(f"{name}.table", macs, tuple(table), tuple((n, 1) for n in range(len(ports) + 1)), FAR_END)
    )
    looker = builder.promise(Worker)
    arrived = builder.add(Fifo(name=name, capacity=QUEUE_FRAMES, poller=looker))
    outputs = (Output("sink", port.peer), *(Output("fifo", queue, full="drop") for queue in queues))
    worker = Worker(
        name=f"{name}.lookup", kind="hw", on=NONE, inputs=(Input("fifo", arrived),), outputs=outputs,
        select="switch", switch=switch, stage=builder.stage(NIC_QUEUE),
    )  # fmt: skip
    builder.keep(looker, worker)
    builder.change(Link, port.leave, target_kind="fifo", target=arrived)
