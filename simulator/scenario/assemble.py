"""Put hosts, ports and guests together and close the ports: the one place where datapaths and virtual switches meet.

*Scope*: for each adapter an embedded switch, a switch in the kernel and one in user space, if guests need them.
*Validation*: tests/golden, tests/unit/test_build*.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from simulator import vswitches
from simulator.datapaths import datapath
from simulator.errors import InputError
from simulator.parts.machine import Machine, add_machine
from simulator.parts.mailbox import add_mailbox
from simulator.parts.network import join_ports
from simulator.parts.nic import SPOOFED, close_port
from simulator.parts.polled import close_polled
from simulator.parts.settings import GuestSettings, HostSettings, NetworkSettings, PortSettings, SwitchSettings
from simulator.parts.upcalls import add_adapter_upcalls, add_kernel_upcalls
from simulator.parts.uplink import close_uplink
from simulator.plan.model import NONE, DescRing, Worker
from simulator.vswitches import embedded, linux_bridge
from simulator.vswitches.by_address import outward


def assemble(
    host: HostSettings,
    ports: Sequence[PortSettings],
    guests: Sequence[GuestSettings],
    faults: list[InputError] | None = None,
    *,
    switch: SwitchSettings | None = None,
    further: Sequence[tuple[HostSettings, SwitchSettings]] = (),
    network: NetworkSettings | None = None,
    spoofed: bool = False,
) -> Machine:
    """A host, and `further` ones, with all `guests` attached and their ports closed; traffic sources are still to be added.

    `network`: frames that leave one port may come in at another, by what is outside. `spoofed`: some carry an address that is not their
    sender's. Raises ``InputError`` for the first guest that cannot be attached, or collects why in ``faults``; a machine with such
    guests is good for finding further faults, and stays open.
    """
    vlans = (*sorted({guest.vlan for guest in guests}), *((SPOOFED,) if spoofed else ()))
    carried = vswitches.settings() if switch is None else switch
    addresses = len(guests) + sum(bool(guest.standby) + guest.new_flows for guest in guests)
    machine = add_machine(host, ports, carried, vlans=vlans, guests=addresses, further=further)
    for guest in guests:
        machine.adapters[guest.adapter].cpus.reserve(guest.cores)
    for slot in machine.adapters:
        slot.cpus.reserve(slot.switch.cores)
    behind = Counter(guest.adapter for guest in guests)
    for guest in guests:
        try:
            _attach(machine, guest, behind[guest.adapter])
        except InputError as error:
            told = error.at(error.place.replace(guest.name, guest.machine_name, 1))
            if faults is None:
                raise told from None
            faults.append(told)
    if faults:
        return machine
    for number in range(len(ports)):
        _close(machine.at(number), {guest.datapath for guest in guests if guest.adapter == number})
        _add_distance(machine.at(number))
        add_mailbox(machine.at(number), [guest for guest in guests if guest.adapter == number and guest.millimails])
    if network is not None:
        join_ports(machine, network)
    return machine


def _attach(machine: Machine, guest: GuestSettings, behind: int) -> None:
    """One guest, of `behind` that use its adapter."""
    alone = datapath(guest.datapath).exclusive or guest.macvtap == "passthru"
    if alone and behind > 1:
        message = f"owns the whole adapter, and {behind} guests use it"
        raise InputError(f"guests.{guest.name}.datapath", message, guest.datapath)
    datapath(guest.datapath).build(machine.at(guest.adapter), guest)
    if guest.new_flows:
        _add_upcalls(machine.at(guest.adapter), guest)
    if guest.second_of:
        _cross(machine, guest.second_of, guest.name)


FAR_COSTS = {"cores": "p_far_cores_pk", "cores and memory": "p_far_pk"}


def _add_distance(machine: Machine) -> None:
    """What packets cost in addition if the port is on another NUMA node than the cores: half when received, half when sent."""
    if not machine.port.settings.far:
        return
    builder = machine.builder
    half_ps = machine.host.model.ps(FAR_COSTS[machine.port.settings.far]) // 2

    def own(kind: str, index: int) -> bool:
        return kind in ("rx", "post") and builder.get(DescRing, index).dma == machine.port.dma

    for number in range(builder.count(Worker)):
        worker = builder.get(Worker, number)
        taken = tuple(replace(i, packet_ps=i.packet_ps + half_ps) if own(i.kind, i.index) else i for i in worker.inputs)
        put = tuple(replace(o, packet_ps=o.packet_ps + half_ps) if own(o.kind, o.index) else o for o in worker.outputs)
        if (taken, put) != (worker.inputs, worker.outputs):
            builder.change(Worker, number, inputs=taken, outputs=put)


def _add_upcalls(machine: Machine, guest: GuestSettings) -> None:
    """The way of the first packets of flows, if the guest's switch has one."""
    kind = datapath(guest.datapath).switch
    family = vswitches.SWITCHES[kind].family if kind in vswitches.SWITCHES else ""
    if costs := machine.switch.upcall_costs.get(family, ()):
        add = add_adapter_upcalls if family == "adapter" else add_kernel_upcalls
        add(machine, guest, costs)


def _cross(machine: Machine, first: str, second: str) -> None:
    """What comes in by one interface of a guest goes out by the other."""
    builder = machine.builder
    for one, other in ((first, second), (second, first)):
        for (worker, own), (_, ring) in zip(machine.forwarders[one], machine.forwarders[other], strict=True):
            found = builder.get(Worker, worker)
            sent = tuple(replace(o, index=ring) if (o.kind, o.index) == ("post", own) else o for o in found.outputs)
            # where completions interrupt nobody, whoever sends frees; else the poll of the interface that has sent
            quiet = (there := builder.get(DescRing, ring)).moderator == NONE and there.used_gate.mode == "never"
            builder.change(Worker, worker, outputs=sent, reap_ring=ring if quiet else found.reap_ring)


def _close(machine: Machine, datapaths: set[str]) -> None:
    """Give a port its engines and its switches, now that its guests are known."""
    port = machine.port
    size = len(port.vlans), port.addresses.count
    ingress = embedded.ingress(*size, port.members, port.prefix)
    egress = embedded.egress(*size, port.members, port.prefix, reflected=machine.switch.reflected)
    switched = any(datapath(name).switch == "embedded" for name in datapaths)
    close_port(machine.builder, port, ingress, egress, port.settings.model.value("switch_lat") if switched else 0)
    behind = machine.uplink.members
    if behind:
        tables = (linux_bridge.from_wire, linux_bridge.from_guest)
        close_uplink(machine, *(table(*size, behind, port.prefix) for table in tables))
    if machine.polled.pmds:
        close_polled(machine, outward(f"{port.prefix}polled.table", *size, machine.polled.members))
