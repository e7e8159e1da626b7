"""A container behind macvlan: a device of its own on the host's, told apart by the address alone.

1. In the host's softirq a hash of the address finds the container's device, and the same poll takes the frame through its stack into
   the socket: no pair, no backlog.
2. What the application sends passes its stack and the look-up into the host's driver.

*Scope*: mode bridge, without what its containers send each other. A stream's acknowledgements wake the application.
No cost of the look-up was published (`s_macvlan` is assumed).
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.datapaths import container
from simulator.datapaths.model import Datapath
from simulator.datapaths.queues import attach
from simulator.parts import uplink, veth
from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.plan.model import Sink

CARRY = ("s_macvlan", "h_stack_rx_pk", "h_sock_pk")
"""What follows the driver in its poll."""
ENDING = ("lane.doorbell_ps", "uplink.rearm_ps")
"""Charges with which the host's poll ends."""


def steps(_mode: str) -> tuple[Step, ...]:
    """Steps of both directions. The application runs on the softirq's core: it waits until the poll has ended."""
    carried = (replace(step, once=True) if step.charge in ENDING else step for step in uplink.steps(CARRY))
    return (*carried, *veth.read_steps(), *veth.send_steps(("s_macvlan",), uplink.DRIVER_SEND))


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one container with `queues` sockets and threads."""
    container.require_plain(guest)
    mac, lanes = uplink.join_uplink(machine, guest, CARRY)
    sink = machine.builder.add(Sink(name=f"{guest.name}.sink"))
    sends = []
    for queue in range(guest.queues):
        lane = lanes[queue % len(lanes)]
        site, socket = container.add_socket(machine, guest, queue, lane, sink, steps("native"))
        machine.uplink.taps.append(socket)
        sends.append(container.add_sender(machine, guest, site, lane, socket))
    return attach(machine, guest, mac, sink, sends)


DATAPATH = Datapath("macvlan", "container behind macvlan", ("native",), steps, build, on_host=True)
