"""Containers: a network namespace behind a veth pair, which the host's kernel reaches by its bridge or by routing.

1. The host's driver takes a frame, the bridge (or the routing table) finds the pair, and the pair puts it into the backlog of the
   same core: no copy, no other thread.
2. The next poll of that softirq takes it from the backlog through the namespace's stack into the socket of the application.
3. What the application sends passes its own stack, the pair, bridge or routing and the host's driver in one go, inside the send
   call; what is for a neighbour goes into the neighbour's backlog or tap queue instead of the driver.

*Scope*: one pair for each container; the application runs where its softirq does, unless the scenario places it. No XDP on the pair,
no packet steering (RPS); GRO is the host's driver's. Answers to a neighbour go through the sending half of the application.
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
from simulator.parts.mapping import on_host
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.parts.uplink import firewall_ps
from simulator.plan.model import NONE, Fifo, Output, Sink, Thread, Worker


def steps(carry: tuple[str, ...], pair: tuple[str, ...], _mode: str) -> tuple[Step, ...]:
    """Steps of both directions; `carry` are the costs of what leads to the pair, `pair` those of the pair.

    The driver's poll and the backlog are softirqs of one core, so a frame waits until the poll has ended.
    """
    end = ("lane.doorbell_ps", "uplink.rearm_ps")
    host = (replace(step, once=True) if step.charge in end else step for step in uplink.steps(carry))
    return (*host, *veth.receive_steps(pair), *veth.send_steps((*pair, *carry), uplink.DRIVER_SEND))


def build(carry: tuple[str, ...], pair: tuple[str, ...], machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one container with `queues` sockets and threads."""
    require_plain(guest)
    builder = machine.builder
    mac, lanes = uplink.join_uplink(machine, guest, carry)
    sink = builder.add(Sink(name=f"{guest.name}.sink"))
    sends = []
    for queue in range(guest.queues):
        lane = lanes[queue % len(lanes)]
        site, socket = add_socket(
            machine, guest, queue, lane, sink, uplink.switched(machine, steps(carry, pair, "native"))
        )
        machine.uplink.taps.append(
            veth.add_backlog(builder, machine.host, site.name, site.softirq, socket, pair, sink if guest.bulk else NONE)
        )
        sends.append(add_sender(machine, guest, site, lane, socket))
    return attach(machine, guest, mac, sink, sends)


def require_plain(guest: GuestSettings) -> None:
    """Refuse what a process behind the host's own stack cannot be."""
    require_no_port_features(guest)
    if guest.xdp:
        raise InputError(
            f"guests.{guest.name}.application.kind", f"has no XDP program on the path '{guest.datapath}'", "xdp"
        )
    if guest.next_hop is not None:
        raise InputError(
            f"guests.{guest.name}.application.kind", f"does not forward on the path '{guest.datapath}'", "forward"
        )


def add_socket(
    machine: Machine, guest: GuestSettings, queue: int, lane: Lane, sink: int, table: tuple[Step, ...]
) -> tuple[driver.Site, int]:
    """The application's thread of one lane's core and its socket, a fifo."""
    builder, name = machine.builder, f"{guest.name}.q{queue}"
    softirq = builder.get(Worker, lane.worker).on
    placed = (guest.cores[queue % len(guest.cores)],) if guest.cores else guest.application_cores
    core = machine.cpus.application_core(name, placed, softirq)
    for index in range(guest.busy):
        builder.add(Thread(name=f"{name}.busy{index}", executor=core, kind="busy"))
    thread = driver.add_thread(machine, name, core, "h", woken_by=softirq)
    site = driver.Site(name, softirq, thread, "h", table, on_host(machine))
    return site, driver.add_application(machine, guest, site, lane.pair, sink)


def add_sender(machine: Machine, guest: GuestSettings, site: driver.Site, lane: Lane, socket: int) -> int:
    """The sending half of the application, which knows the neighbours if it has some. Returns the fifo to send from, or -1."""
    if not guest.sends and not (guest.local and guest.answers):
        return NONE
    builder = machine.builder
    fifo, sender = driver.add_sender(machine, guest, site, lane.pair), builder.count(Worker) - 1
    driver.add_to_packets(builder, sender, firewall_ps(machine))
    if guest.local:
        mapping = site.mapping.map if site.mapping else ()
        device_ps = sum(machine.host.model.ps(name) for name in (*uplink.DRIVER_SEND, *mapping))
        builder.change(Worker, sender, select="switch")
        driver.add_to_packets(builder, sender, -device_ps)
        uplink.note_sender(machine, sender, lane, device_ps, machine.host.model.ps("h_tap_enq"))
        reader = builder.get(Fifo, socket).gate.notify.target
        end, _ = builder.get(Worker, reader).outputs
        builder.change(Worker, reader, outputs=(end, Output("fifo", fifo, full="drop")), reply_ps=0, ack_ps=0)
    return fifo


BRIDGED = Datapath(
    "container",
    "container behind a veth pair and the Linux bridge",
    ("native",),
    partial(steps, ("s_bridge",), veth.PAIR),
    partial(build, ("s_bridge",), veth.PAIR),
    switch="linux-bridge",
    on_host=True,
)
ROUTED = Datapath(
    "container-routed",
    "container behind a veth pair, the host routes",
    ("native",),
    partial(steps, ("s_route",), veth.PAIR),
    partial(build, ("s_route",), veth.PAIR),
    on_host=True,
)
