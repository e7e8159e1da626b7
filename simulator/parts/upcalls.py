"""Upcalls: the first packet of a flow goes to a thread of the switch in user space, which fills the flow table and hands it back.

1. Traffic addresses such packets to an alias of the guest, which stands for "no flow found".
2. The host's softirq, or a neighbour's backend, puts them into the handler's queue, which drops when it is full.
3. The handler spends its time and sends the packet to the guest's queue, or for a guest with a function of the adapter, back into the
   adapter, with the guest's own address.

*Scope*: one handler for each host, on a core of its own. A guest with several queues gets such packets in the first.
*Validation*: tests/phenomena/test_upcalls.py.
"""

from __future__ import annotations

from simulator.parts import uplink
from simulator.parts.machine import Machine
from simulator.parts.nic import join
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import BACKEND, BACKEND_WAKE
from simulator.plan.model import Fifo, Gate, Input, Notify, Output, Thread, Worker

QUEUE_PACKETS = 128
"""A netlink socket's default of 212,992 B, by some 1,600 B for a small packet's message; the division is assumed."""


def add_kernel_upcalls(machine: Machine, guest: GuestSettings, costs: tuple[str, ...]) -> None:
    """For the guest that has joined the host's switch last."""
    mac, vlan, tap, _ = machine.uplink.members[-1]
    member = machine.port.members[-1]
    alias = join(machine.port, guest, member.first, member.queues)
    if machine.twin is not None:
        uplink.join_twin(machine.twin, machine.port, machine.twin.members[-1].first)
    to_guest = Output("fifo", machine.uplink.taps[tap], full="drop", dst=mac)
    _add_handler(machine, guest, costs, alias, vlan, to_guest)


def add_adapter_upcalls(machine: Machine, guest: GuestSettings, costs: tuple[str, ...]) -> None:
    """For a guest behind the adapter's own switch; the host's queues take what that does not know."""
    mac, vlan = machine.attached[guest.name].mac, machine.port.vlans.index(guest.vlan)
    (lane, *_) = uplink.open_lanes(machine, 1, ("s_ovs_hit", "s_ovs_mask"))
    alias = join(machine.port, guest, lane.receiver, 1)
    back_ps = sum(machine.host.model.ps(name) for name in uplink.DRIVER_SEND)
    back = Output("post", lane.pair.tx, full="drop", dst=mac, packet_ps=back_ps)
    _add_handler(machine, guest, costs, alias, vlan, back)


def _add_handler(
    machine: Machine, guest: GuestSettings, costs: tuple[str, ...], alias: int, vlan: int, put: Output
) -> None:
    builder, model, name = machine.builder, machine.host.model, f"{guest.name}.upcall"
    worker = builder.promise(Worker)
    queue = builder.add(Fifo(name, QUEUE_PACKETS, gate=Gate("edge", Notify("wake", worker))))
    machine.uplink.members.append((alias, vlan, len(machine.uplink.taps), 1))
    machine.uplink.taps.append(queue)
    machine.attached[guest.name].alias = alias
    builder.keep(
        worker,
        Worker(
            name=f"{name}.handler", kind="task", on=_thread(machine), inputs=(Input("fifo", queue),), outputs=(put,),
            packet_ps=sum(model.ps(cost) for cost in costs), stage=builder.stage(BACKEND),
            notify_stage=builder.stage(BACKEND_WAKE),
        ),
    )  # fmt: skip


def _thread(machine: Machine) -> int:
    """The handler's thread of the host, made with the first guest that needs it."""
    prefix = machine.host.prefix
    shared = machine.shared.setdefault(f"{prefix}upcall handler", [])
    if not shared:
        model = machine.host.model
        core = machine.cpus.core(machine.cpus.own(), "upcall handler")
        shared.append(
            machine.builder.add(
                Thread(
                    f"{prefix}upcalls", core, "workers", wake_ps=model.ps("h_wake_run"), flight_ps=model.ps("h_ipi_flight"),
                    waker_ps=model.ps("h_wake_work"),
                )
            )
        )  # fmt: skip
    return shared[0]
