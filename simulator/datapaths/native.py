"""Bare metal: the host's own driver on the host's own cores, no hypervisor; the yardstick for every other path.

1. The NIC writes the packet and raises an interrupt on the queue's core.
2. Handler, NAPI poll, socket, application: all on that core.
3. The application's send call runs to the doorbell; the NIC fetches descriptor and data.

*Scope*: each queue has a core, which runs its softirq and, unless the scenario gives them cores of their own, its application
thread; in poll mode a thread that does both. A "guest" on this path is an
application with its own queues.
*Validation*: tests/golden/test_single_packet.py (1,820 ns), tests/phenomena/test_livelock.py.
"""

from __future__ import annotations

from simulator.datapaths.model import Datapath
from simulator.datapaths.queues import add_interrupt_queue, add_poll_queue, attach
from simulator.errors import InputError
from simulator.parts import driver, poll_mode, stack_steps, vmm
from simulator.parts.cpu import NATIVE_CORE_COSTS
from simulator.parts.machine import Attachment, Machine
from simulator.parts.mapping import on_host
from simulator.parts.nic import join
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.parts.steps import total as total_cost
from simulator.plan.model import IrqRoute, Sink, Thread, Worker

HANDLER = Step(
    "interrupt handler",
    "core, interrupt",
    "route.hardirq_ps",
    ("h_hardirq_native",),
    "per interrupt",
    source="ixgbe and ice drivers",
)


def steps(mode: str) -> tuple[Step, ...]:
    """Steps of both directions, with interrupts or in poll mode."""
    if mode == "poll":
        return (*poll_mode.STEPS, *poll_mode.SEND_STEPS)
    return (vmm.MESSAGE, HANDLER, *stack_steps.interrupt_steps("h"))


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one application with `queues` queues and cores."""
    _require_no_guest_features(guest)
    builder = machine.builder
    mac = join(machine.port, guest)
    sink = builder.add(Sink(name=f"{guest.name}.sink"))
    sends = []
    for queue in range(guest.queues):
        name = f"{guest.name}.q{queue}"
        number = _core_of(machine, guest, queue)
        core = machine.cpus.core(number, name, softirq_costs=NATIVE_CORE_COSTS)
        if guest.mode == "poll":
            site = driver.Site(name, core, driver.add_thread(machine, name, core, "h"), "h", ())
            sends.append(add_poll_queue(machine, guest, site, sink))
            continue
        worker = builder.promise(Worker)
        hardirq_ps, flight_ps = total_cost(machine.host.model, (HANDLER,), HANDLER.charge), vmm.message_ps(machine.host)
        route = builder.add(
            IrqRoute(f"{name}.route", "native", worker, core=core, hardirq_ps=hardirq_ps, flight_ps=flight_ps)
        )
        app_core = machine.cpus.application_core(name, guest.application_cores, core)
        thread = driver.add_thread(machine, name, app_core, "h", woken_by=core)
        site = driver.Site(name, core, thread, "h", stack_steps.interrupt_steps("h"), on_host(machine))
        sends.append(add_interrupt_queue(machine, guest, site, worker, route, sink))
        for index in range(guest.busy):
            builder.add(Thread(name=f"{name}.busy{index}", executor=core, kind="busy"))
    return attach(machine, guest, mac, sink, sends)


def _core_of(machine: Machine, guest: GuestSettings, queue: int) -> int:
    """Number of the core of a queue. Both interfaces of a router interrupt the same cores; pollers have cores of their own."""
    if guest.cores:
        turn = queue + (guest.queues if guest.second_of and guest.mode == "poll" else 0)
        return guest.cores[turn % len(guest.cores)]
    used = machine.shared.setdefault(f"{guest.machine_name} cores", [])
    if guest.second_of and guest.mode != "poll":
        return used[queue]
    used.append(machine.cpus.own())
    return used[-1]


def _require_no_guest_features(guest: GuestSettings) -> None:
    if guest.mask_interrupts:
        raise InputError(
            f"guests.{guest.name}.mask_interrupts",
            "has no meaning on bare metal, where masking a vector is a plain store",
        )


DATAPATH = Datapath("native", "bare metal, native driver", ("native", "poll"), steps, build, on_host=True)
