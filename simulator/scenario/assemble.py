"""Put host, port and guests together and close the port: the one place where datapaths and virtual switches meet.

*Scope*: one host, one port, the embedded switch, one Linux bridge.
*Validation*: tests/golden, tests/unit/test_build*.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.datapaths import datapath
from simulator.errors import InputError
from simulator.parts.machine import Machine, add_machine
from simulator.parts.nic import close_port
from simulator.parts.settings import GuestSettings, HostSettings, PortSettings
from simulator.parts.uplink import close_uplink
from simulator.vswitches import embedded, linux_bridge


def assemble(
    host: HostSettings, port: PortSettings, guests: Sequence[GuestSettings], faults: list[InputError] | None = None
) -> Machine:
    """A host with all `guests` attached and its port closed; traffic sources are still to be added.

    Raises ``InputError`` for the first guest that cannot be attached, or collects why in ``faults``; a machine with
    such guests is good for finding further faults, and stays open.
    """
    vlans = tuple(sorted({guest.vlan for guest in guests}))
    machine = add_machine(host, port, vlans=vlans, guests=len(guests))
    machine.cpus.reserve(core for guest in guests for core in guest.cores)
    for guest in guests:
        try:
            if datapath(guest.datapath).exclusive and len(guests) > 1:
                message = f"owns the whole adapter, and {len(guests)} guests use it"
                raise InputError(f"guests.{guest.name}.datapath", message, guest.datapath)
            datapath(guest.datapath).build(machine, guest)
        except InputError as error:
            if faults is None:
                raise
            faults.append(error)
    if faults:
        return machine
    members, macs = machine.port.members, len(guests) + 1
    ingress, egress = embedded.ingress(len(vlans), macs, members), embedded.egress(len(vlans), macs, members)
    switched = any(datapath(guest.datapath).switch == "embedded" for guest in guests)
    close_port(machine.builder, machine.port, ingress, egress, port.model.value("switch_lat") if switched else 0)
    behind = machine.uplink.members
    if behind:
        tables = (table(len(vlans), macs, behind) for table in (linux_bridge.from_wire, linux_bridge.from_guest))
        close_uplink(machine, *tables)
    return machine
