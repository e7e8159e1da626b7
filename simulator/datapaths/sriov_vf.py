"""SR-IOV: the guest's driver owns a virtual function; data by-passes the hypervisor, only interrupts may involve it.

1. The NIC's embedded switch finds the VF of the destination address and writes the packet into the guest's memory.
2. The VF's interrupt reaches the guest by software (legacy), through the virtual APIC (apicv) or straight from the NIC
   (posted); in poll mode there is none.
3. From there on everything is the guest's own: NAPI, socket, application; its doorbell is a store to the VF's mapped
   page, without exit.

*Scope*: guest memory is mapped once and for all; translations are at hand unless `host.iommu_pages` says in which pages. One vCPU
per core unless the scenario places them. `vcpus` beyond `queues` run busy threads at most.
*Validation*: tests/golden/test_single_packet.py (5,220, 7,220 and 8,320 ns), tests/phenomena.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.datapaths import standby
from simulator.datapaths.model import Datapath
from simulator.datapaths.queues import add_interrupt_queue, add_pair, add_poll_queue, attach
from simulator.parts import driver, poll_mode, stack_steps, vmm
from simulator.parts.machine import Attachment, Machine
from simulator.parts.mapping import in_guest
from simulator.parts.nic import join
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.plan.model import Sink, Worker


def driver_steps() -> tuple[Step, ...]:
    """The guest's driver, stack and application."""
    return stack_steps.interrupt_steps("g")


def steps(mode: str, driven: Callable[[], tuple[Step, ...]] = driver_steps) -> tuple[Step, ...]:
    """Steps of both directions in interrupt mode `mode`; `driven` are those of the driver of another kind of function."""
    if mode == "poll":
        return (*poll_mode.STEPS, *poll_mode.SEND_STEPS)
    return (*vmm.STEPS[mode], *driven())


def build(
    machine: Machine,
    guest: GuestSettings,
    *,
    modes: tuple[str, ...] = vmm.MODES,
    driven: Callable[[], tuple[Step, ...]] = driver_steps,
) -> Attachment:
    """Attach one VM with one VF, or with a function that has these interrupt modes and this driver."""
    vmm.require_mode(machine.host, guest, modes)
    vmm.require_one_direction(guest)
    mac = join(machine.port, guest)
    sink = machine.builder.add(Sink(name=f"{guest.name}.sink"))
    vcpus = vmm.add_vcpus(machine, guest)
    if guest.standby:
        return attach(machine, guest, mac, sink, [_add_bonded_queue(machine, guest, vcpus, sink, mac)])
    sends = [_add_queue(machine, guest, queue, vcpus, sink, driven()) for queue in range(guest.queues)]
    return attach(machine, guest, mac, sink, sends)


def _add_bonded_queue(machine: Machine, guest: GuestSettings, vcpus: list[int], sink: int, mac: int) -> int:
    """The queue of a guest that has a standby beside the function."""
    standby.require_plain(guest)
    name, vcpu = f"{guest.name}.q0", vcpus[0]
    thread = driver.add_thread(machine, name, vcpu, "g")
    site = driver.Site(name, vcpu, thread, "g", stack_steps.interrupt_steps("g"), in_guest(machine, guest))
    worker = machine.builder.promise(Worker)
    pair = add_pair(machine, guest, site, vmm.add_route(machine, guest, name, vcpu, worker))
    socket = driver.add_application(machine, guest, site, pair, sink)
    driver.add_napi(machine, guest, site, worker, pair, socket, sink)
    send = driver.add_sender(machine, guest, site, pair)
    standby.add_standby(machine, guest, site, (socket, sink), send, mac)
    return send


def _add_queue(
    machine: Machine, guest: GuestSettings, queue: int, vcpus: list[int], sink: int, driven: tuple[Step, ...]
) -> int:
    name, vcpu = f"{guest.name}.q{queue}", vcpus[queue % len(vcpus)]
    thread = driver.add_thread(machine, name, driver.application_vcpu(guest, vcpus, queue), "g")
    site = driver.Site(name, vcpu, thread, "g", driven, in_guest(machine, guest) if guest.mode != "poll" else None)
    if guest.mode == "poll":
        return add_poll_queue(machine, guest, site, sink)
    worker = machine.builder.promise(Worker)
    return add_interrupt_queue(machine, guest, site, worker, vmm.add_route(machine, guest, name, vcpu, worker), sink)


DATAPATH = Datapath("sriov-vf", "SR-IOV virtual function", vmm.MODES, steps, build, switch="embedded", function=True)
