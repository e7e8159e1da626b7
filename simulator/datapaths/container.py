"""Containers: a network namespace behind a veth pair, which the host's kernel reaches by its bridge or by routing.

1. The host's driver takes a frame, the bridge (or the routing table) finds the pair, and the pair puts it into the backlog of the
   same core: no copy, no other thread.
2. The next poll of that softirq takes it from the backlog through the namespace's stack into the socket of the application.
3. What the application sends passes its own stack, the pair, bridge or routing and the host's driver in one go, inside the send
   call.

*Scope*: one pair for each container; the application runs where its softirq does, unless the scenario places it. A frame for
another container of the host costs the sender what one for the wire does. No XDP on the pair, no packet steering (RPS); GRO is the
host's driver's.
*Validation*: tests/golden/test_container.py, and on a real kernel `sriovsim prove`, whose experiments are built of the same steps.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import require_no_port_features
from simulator.datapaths.queues import attach
from simulator.errors import InputError
from simulator.parts import driver, uplink, veth
from simulator.parts.machine import Attachment, Lane, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.parts.uplink import firewall_ps
from simulator.plan.model import Sink, Thread, Worker


def steps(carry: tuple[str, ...], _mode: str) -> tuple[Step, ...]:
    """Steps of both directions; `carry` are the costs of what leads to the pair.

    The driver's poll and the backlog are softirqs of one core, so a frame waits until the poll has ended.
    """
    end = ("lane.doorbell_ps", "uplink.rearm_ps")
    host = (replace(step, once=True) if step.charge in end else step for step in uplink.steps(carry))
    return (*host, *veth.receive_steps(), *veth.send_steps(("h_veth_pk", *carry), uplink.DRIVER_SEND))


def build(carry: tuple[str, ...], machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one container with `queues` sockets and threads."""
    require_no_port_features(guest)
    if guest.xdp:
        raise InputError(f"guests.{guest.name}.application.kind", "has no XDP program on the path 'container'", "xdp")
    if guest.next_hop is not None:
        raise InputError(f"guests.{guest.name}.application.kind", "does not forward on the path 'container'", "forward")
    builder = machine.builder
    mac, lanes = uplink.join_uplink(machine, guest, carry)
    sink = builder.add(Sink(name=f"{guest.name}.sink"))
    sends = [_add_queue(machine, guest, carry, queue, lanes[queue % len(lanes)], sink) for queue in range(guest.queues)]
    return attach(machine, guest, mac, sink, sends)


def _add_queue(
    machine: Machine, guest: GuestSettings, carry: tuple[str, ...], queue: int, lane: Lane, sink: int
) -> int:
    """The backlog of one lane's core, the socket behind it, and its thread. Returns the fifo to send from, or -1."""
    builder, name = machine.builder, f"{guest.name}.q{queue}"
    softirq = builder.get(Worker, lane.worker).on
    placed = (guest.cores[queue % len(guest.cores)],) if guest.cores else guest.application_cores
    core = machine.cpus.application_core(name, placed, softirq)
    for index in range(guest.busy):
        builder.add(Thread(name=f"{name}.busy{index}", executor=core, kind="busy"))
    thread = driver.add_thread(machine, name, core, "h", woken_by=softirq)
    site = driver.Site(name, softirq, thread, "h", uplink.switched(machine, steps(carry, "native")))
    socket = driver.add_application(machine, guest, site, lane.pair, sink)
    machine.uplink.taps.append(veth.add_backlog(builder, machine.host, name, softirq, socket))
    if not guest.sends:
        return -1
    fifo, sender = driver.add_sender(machine, guest, site, lane.pair), builder.count(Worker) - 1
    builder.change(Worker, sender, packet_ps=builder.get(Worker, sender).packet_ps + firewall_ps(machine))
    return fifo


BRIDGED = Datapath(
    "container",
    "container behind a veth pair and the Linux bridge",
    ("native",),
    partial(steps, ("s_bridge",)),
    partial(build, ("s_bridge",)),
    switch="linux-bridge",
)
ROUTED = Datapath(
    "container-routed",
    "container behind a veth pair, the host routes",
    ("native",),
    partial(steps, ("s_route",)),
    partial(build, ("s_route",)),
)
