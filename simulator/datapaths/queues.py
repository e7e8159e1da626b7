"""Attach one guest to the port: its queue pairs, its sink, and one fifo that its traffic sources send into.

*Scope*: shared by all datapaths whose guest drives NIC rings itself.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from simulator.parts import poll_mode
from simulator.parts.driver import (
    Site,
    add_receiver,
    add_sender,
    doorbell_costs,
)
from simulator.parts.machine import Attachment, Machine
from simulator.parts.nic import QueuePair, add_moderator, add_queue_pair
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import SEND
from simulator.plan.model import NONE, Fifo, Input, Output, Switch, Worker


def add_interrupt_queue(machine: Machine, guest: GuestSettings, site: Site, worker: int, route: int, sink: int) -> int:
    """One queue with its own vector and NAPI worker `worker`. Returns the fifo to send from, or -1."""
    pair = add_pair(machine, guest, site, route)
    add_receiver(machine, guest, site, worker, pair, sink)
    return add_sender(machine, guest, site, pair) if guest.sends else NONE


def add_pair(machine: Machine, guest: GuestSettings, site: Site, route: int) -> QueuePair:
    """The rings of one queue and the vector that `route` leads from."""
    moderator = add_moderator(
        machine.builder, machine.port, site.name, route, virtual=guest.virtual, tick_hz=machine.host.tick_hz
    )
    fresh = () if site.mapping is None or guest.xdp else (site.mapping.received, True)
    return add_queue_pair(
        machine.builder, machine.port, guest, site.name, moderator, NONE, *doorbell_costs(machine, site), fresh
    )


def add_poll_queue(machine: Machine, guest: GuestSettings, site: Site, sink: int) -> int:
    """One queue whose vector is masked. Returns the fifo to send from, or -1."""
    worker = machine.builder.promise(Worker)
    # what a packet costs a poll-mode driver has the doorbells of its burst in it
    pair = add_queue_pair(
        machine.builder, machine.port, guest, site.name, NONE, worker, doorbell_ps=0, refill_doorbell_ps=0
    )
    return poll_mode.add_poller(machine, guest, site, worker, pair, sink)


def attach(machine: Machine, guest: GuestSettings, mac: int, sink: int, sends: list[int]) -> Attachment:
    """Note the finished guest; with several queues its packets are spread over them by their flow."""
    attachment = Attachment(
        mac, _spread_over_queues(machine, guest, sends) if guest.sends else NONE, sink, machine.port
    )
    machine.attached[guest.name] = attachment
    return attachment


def _spread_over_queues(machine: Machine, guest: GuestSettings, sends: list[int]) -> int:
    if len(sends) == 1:
        return sends[0]
    builder = machine.builder
    macs = machine.port.addresses.count
    everywhere = (0,) * (macs * len(machine.port.vlans))
    switch = builder.add(Switch(f"{guest.name}.by_flow", macs, everywhere, ((0, len(sends)),)))
    worker = builder.promise(Worker)
    fifo = builder.add(Fifo(name=f"{guest.name}.send", capacity=guest.send_queue, poller=worker))
    outputs = tuple(Output("fifo", send, full="drop") for send in sends)
    demultiplexer = Worker(
        name=f"{guest.name}.flows",
        kind="hw",
        on=NONE,
        inputs=(Input("fifo", fifo),),
        outputs=outputs,
        select="switch",
        switch=switch,
        stage=builder.stage(SEND),
    )
    builder.keep(worker, demultiplexer)
    return fifo
