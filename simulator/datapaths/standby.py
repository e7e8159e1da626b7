"""A paravirtual device beside a virtual function, with the same address: Linux's net_failover over virtio's standby feature, or
Hyper-V's netvsc, which has its synthetic path always and a function below it.

1. The guest has both devices. Both receive into the same sockets; what is sent goes through the function while it is up, else through
   the standby: a switch with two ports, which events change.
2. The standby is vhost-net behind the host's bridge, or netvsc behind Hyper-V's switch. Its rings, its thread and its place behind the
   switch are there from the start and idle.
3. The adapter's filter has the address at the function or at the host's own queues, never at both; an event moves it.

*Scope*: one queue, interrupt-driven. Answers go through the sending half of the application, since only that chooses the device.
*Validation*: tests/sriov/test_failover.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.datapaths import hyperv_netvsc, paravirtual, vhost_net
from simulator.errors import InputError
from simulator.parts import driver, uplink, virtio
from simulator.parts.machine import Machine
from simulator.parts.settings import GuestSettings
from simulator.plan.model import Fifo, Output, Switch, Worker

BACKENDS = {"vhost-net": vhost_net.BACKEND, "hyperv-netvsc": hyperv_netvsc.BACKEND}
FUNCTION_PORT, STANDBY_PORT = 0, 1
"""Ports of the guest's switch ``<guest>.bond``."""


def require_plain(guest: GuestSettings) -> None:
    """Refuse what a guest with a standby cannot have yet."""
    faults = {
        "queues": guest.queues > 1,
        "interrupts": guest.mode == "poll",
        "application": guest.xdp or guest.application_vcpu,
    }
    for key, wrong in faults.items():
        if wrong:
            message = (
                "a guest with a standby has one queue, interrupts, and a plain application on the vCPU of its softirq"
            )
            raise InputError(f"guests.{guest.name}.{key}", message)


def add_standby(
    machine: Machine, guest: GuestSettings, site: driver.Site, ends: tuple[int, int], send: int, mac: int
) -> None:
    """Add the device beside the function, whose queue is at `site`; `ends` (socket and sink) and `send` are the application's."""
    builder = machine.builder
    beside, backend = replace(guest, mode="legacy" if guest.mode == "legacy" else "apicv"), BACKENDS[guest.standby]
    leg = driver.Site(f"{guest.name}.standby", site.softirq, site.thread, "g", backend.guest_steps())
    lanes = uplink.join_standby(machine, guest, mac)
    napi = builder.promise(Worker)
    thread = paravirtual.add_thread(machine, beside, backend, leg.name)
    second = paravirtual.add_virtqueues(machine, beside, backend, leg, thread, lanes[0], napi)
    driver.add_napi(machine, beside, leg, napi, second, *ends, virtio.REFILL)
    table = (FUNCTION_PORT,) * (len(machine.port.vlans) * machine.port.addresses.count)
    bond = builder.add(Switch(f"{guest.name}.bond", machine.port.addresses.count, table, ((0, 1), (1, 1))))
    sender = builder.get(Fifo, send).gate.notify.target
    (post,) = builder.get(Worker, sender).outputs
    builder.change(Worker, sender, outputs=(post, replace(post, index=second.tx)), select="switch", switch=bond)
    receiver = builder.get(Fifo, ends[0]).gate.notify.target
    end, _ = builder.get(Worker, receiver).outputs
    builder.change(Worker, receiver, outputs=(end, Output("fifo", send, full="drop")), reply_ps=0, ack_ps=0)
