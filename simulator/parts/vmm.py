"""What KVM does between the NIC's interrupt message and the guest's handler, for each interrupt mode.

| mode | host core | vCPU runs | vCPU is halted | end of interrupt |
| --- | --- | --- | --- | --- |
| legacy | handler, irqfd, kick of the vCPU's core or wake-up call | exit, inject | wake-up, inject | exit, without pv_eoi |
| apicv | handler, irqfd, kick or call | taken by the virtual APIC | wake-up | - |
| posted | - | taken by the virtual APIC | wake-up vector on the vCPU's core, wake-up | - |

An interrupt that a thread of the host signals through an irqfd (vhost, QEMU) has no device interrupt: the thread pays the
signal, and the rest is as in the table, apicv and posted being one.

*Scope*: MSI-X, one destination vCPU; the host's handler of an assigned device runs on a core of its own. Modes are
those of the vector; a guest in poll mode has its vectors masked.
*Validation*: tests/golden (single-packet sums), tests/phenomena/test_interrupts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator.errors import InputError, unknown
from simulator.parts.cpu import add_ksoftirqd, add_noise, add_spread, add_tick
from simulator.parts.machine import Machine
from simulator.parts.settings import GuestSettings, HostSettings
from simulator.parts.steps import Step, total
from simulator.plan.model import NONE, Executor, IrqRoute, Lock, Notify, Quota, Thread

MODES = ("legacy", "apicv", "posted", "poll")

_LEGACY_SOURCE = "Linux drivers/vfio/pci/vfio_pci_intrs.c, virt/kvm/eventfd.c"
_POSTED_SOURCE = "Linux arch/x86/kvm/vmx/posted_intr.c"
_HALT_SOURCE = "Linux virt/kvm/kvm_main.c, Documentation/virt/kvm/halt-polling.rst"
_HALTED = "per wake-up of a halted vCPU"

_HOST_SHARE = (
    Step(
        "host interrupt handler",
        "host core",
        "route.hardirq_ps",
        ("h_hardirq",),
        "per interrupt",
        source=_LEGACY_SOURCE,
    ),
    Step("irqfd", "host core", "route.irqfd_ps", ("k_irqfd",), "per interrupt", source=_LEGACY_SOURCE),
    Step(
        "kick the vCPU's core",
        "host core",
        "route.ipi_ps",
        ("k_ipi",),
        "if the vCPU is awake",
        once=False,
        source=_LEGACY_SOURCE,
    ),
)
MESSAGE = Step(
    "message through IOMMU and APIC",
    "latency",
    "route.flight_ps",
    ("p_msi_flight",),
    "per interrupt",
    source="IPI between vCPUs by hardware",
)
"""Of every MSI, whoever takes it."""


def message_ps(host: HostSettings) -> int:
    """How long it flies to a core of the host: without an IOMMU nobody looks up its remapping entry."""
    remapping_ps = host.model.ps("i_remap") if host.iommu == "off" else 0
    return max(0, total(host.model, (MESSAGE,), MESSAGE.charge) - remapping_ps)


_POSTING = Step(
    "the IOMMU posts the interrupt",
    "latency",
    "route.flight_ps",
    ("k_pi_flight",),
    "per interrupt",
    source=_POSTED_SOURCE,
)
_FLIGHT = Step(
    "IPI to the vCPU's core", "latency", "route.kick_flight_ps", ("h_ipi_flight",), "per interrupt", source=_HALT_SOURCE
)
_CALL = Step("wake-up call", "whoever signals", "route.waker_ps", ("k_wake_work",), _HALTED, source=_HALT_SOURCE)
_KICK = Step(
    "exit of a running vCPU",
    "vCPU's core, KVM",
    "vcpu.exit_ps",
    ("k_exit",),
    "if the vCPU runs",
    "KICK",
    False,
    _LEGACY_SOURCE,
)
_HALT = Step("HLT exit", "vCPU's core, KVM", "vcpu.hlt_ps", ("k_hlt",), "per idle period", "HLT", False, _HALT_SOURCE)
_BLOCK = Step(
    "put the vCPU thread to sleep",
    "vCPU's core, KVM",
    "vcpu.block_ps",
    ("k_block",),
    "per idle period",
    "",
    False,
    _HALT_SOURCE,
)
_WAKE = Step(
    "vCPU is scheduled and entered", "vCPU's core, KVM", "vcpu.wake_ps", ("k_wake_run",), _HALTED, source=_HALT_SOURCE
)
_UNPOLL = Step(
    "leave halt polling",
    "vCPU's core, KVM",
    "vcpu.poll_exit_ps",
    ("k_poll_exit",),
    "instead, if polling",
    "",
    False,
    _HALT_SOURCE,
)
_INJECT = Step("inject", "vCPU's core, KVM", "route.inject_ps", ("k_inject",), "per interrupt", source=_LEGACY_SOURCE)
_HANDLER = Step(
    "guest interrupt handler", "vCPU, interrupt", "route.handler_ps", ("g_irq",), "per interrupt", source="guest driver"
)
_NOTIFY = Step(
    "virtual APIC delivers",
    "vCPU, interrupt",
    "route.notify_ps",
    ("k_pi_notify",),
    "if the vCPU runs",
    once=False,
    source=_POSTED_SOURCE,
)
_EOI = Step(
    "end of interrupt",
    "vCPU's core, KVM",
    "route.eoi_ps",
    ("k_eoi",),
    "per interrupt",
    "EOI",
    source=_LEGACY_SOURCE,
    spared_by="pv_eoi",
)
_LEVEL_END = {"legacy": "EOI", "apicv": "EOI_INDUCED"}
_VECTOR = Step(
    "wake-up vector", "vCPU's core, host", "route.wakeup_ps", ("k_pi_wakeup",), _HALTED, source=_POSTED_SOURCE
)
_IDLE = (_HALT, _BLOCK)

STEPS: dict[str, tuple[Step, ...]] = {
    "legacy": (*_IDLE, MESSAGE, *_HOST_SHARE, _CALL, _FLIGHT, _KICK, _WAKE, _UNPOLL, _INJECT, _HANDLER, _EOI),
    "apicv": (*_IDLE, MESSAGE, *_HOST_SHARE, _CALL, _FLIGHT, _WAKE, _UNPOLL, _HANDLER, _NOTIFY),
    "posted": (*_IDLE, _POSTING, _VECTOR, _WAKE, _UNPOLL, _HANDLER, _NOTIFY),
    "poll": (),
}
"""From interrupt message to the end of the guest's handler."""

IRQFD_MODES = ("apicv", "legacy")
IRQFD_STEPS: dict[str, tuple[Step, ...]] = {
    mode: tuple(step for step in STEPS[mode] if step not in (MESSAGE, *_HOST_SHARE[:2])) for mode in IRQFD_MODES
}
"""The same from the irqfd's signal, whose cost is the signalling thread's."""


def level_steps(mode: str, accesses: Step) -> tuple[Step, ...]:
    """The same for the level-triggered line of an emulated device, whose handler accesses registers.

    Its end of interrupt leaves the guest even with a virtual APIC: the I/O APIC has to hear of it.
    """
    steps = tuple(step for step in IRQFD_STEPS[mode] if step is not _EOI)
    return (*steps, accesses, replace(_EOI, exits=_LEVEL_END[mode], spared_by=""))


MASKING = Step(
    "guest masks and unmasks the vector",
    "vCPU's core, QEMU",
    "route.mask_ps",
    ("k_exit", "q_exit", "q_mmio"),
    "twice per interrupt",
    exits="MSIX_MASK",
    once=False,
    source="commit text of vfio-pci MSI-X masking, review.tizen.org",
)
MASKINGS = 2
VCPU_COSTS = ("k_exit", "k_hlt", "k_block", "k_wake_run", "g_irq")


def require_mode(host: HostSettings, guest: GuestSettings, modes: Sequence[str]) -> None:
    """Refuse a mode that the path has not got (`modes`) or the host has not got; the error lists what remains."""
    offered = tuple(
        mode for mode in modes if (host.apicv or mode != "apicv") and (host.posted_interrupts or mode != "posted")
    )
    if guest.mode not in offered:
        raise unknown(
            f"guests.{guest.name}.interrupts",
            f"interrupt mode of {guest.datapath} on host {host.model.name}",
            guest.mode,
            offered,
        )


def require_one_direction(guest: GuestSettings) -> None:
    """Refuse what a poll-mode guest cannot be: sender and answerer at once, or with fewer vCPUs than queues."""
    if guest.mode == "poll" and guest.sends and guest.answers:
        message = (
            "a guest in poll mode either answers requests and bulk data or sends traffic of its own: use two guests"
        )
        raise InputError(f"guests.{guest.name}.interrupts", message)
    queues = guest.queues * (2 if guest.second_of else 1)
    if guest.mode == "poll" and queues > guest.vcpus:
        message = f"in poll mode every queue needs a vCPU of its own: {queues} queues, {guest.vcpus} vCPUs"
        raise InputError(f"guests.{guest.name}.vcpus", message)


def add_global_lock(machine: Machine, guest: str) -> int:
    """The lock of a guest's QEMU process (BQL).

    A plan's lock is given up without work: the call that wakes the next owner is charged to that owner, before its own part.
    """
    handover_ps = sum(machine.host.model.ps(name) for name in ("h_wake_work", "h_wake_run"))
    return machine.builder.add(Lock(f"{guest}.bql", handover_ps))


def add_vcpus(machine: Machine, guest: GuestSettings) -> list[int]:
    """All vCPUs of a guest, on the cores that it names or on cores of their own; a second interface begins with the first vCPU whose
    queue is not of the first one."""
    shared = machine.shared.get(f"{guest.second_of} vcpus")
    if shared is not None:
        turn = guest.queues % len(shared)
        return [*shared[turn:], *shared[:turn]]
    found = []
    quota = NONE
    if guest.quota_ps:
        quota = machine.builder.add(Quota(f"{guest.name}.quota", guest.quota_ps, guest.quota_period_ps))
    for number in range(guest.vcpus):
        chosen = guest.cores[number % len(guest.cores)] if guest.cores else machine.cpus.own()
        core = machine.cpus.core(chosen, f"{guest.name}.vcpu{number}")
        found.append(add_vcpu(machine, guest, number, core, quota))
    machine.shared[f"{guest.name} vcpus"] = found
    return found


def add_vcpu(machine: Machine, guest: GuestSettings, number: int, core: int, quota: int = NONE) -> int:
    """A vCPU as a thread of `core`, under the guest's `quota` if it has one, with the guest's tick and ksoftirqd."""
    builder, host = machine.builder, machine.host
    name = f"{guest.name}.vcpu{number}"
    thread = builder.promise(Thread)
    executor = builder.add(_vcpu(machine, guest, name, thread))
    builder.keep(thread, Thread(name=f"{name}.thread", executor=core, kind="vcpu", vcpu=executor, quota=quota))
    add_ksoftirqd(builder, executor, name)
    if guest.tick:
        add_tick(builder, host, executor, name, "g_tick")
    add_noise(builder, host, executor, name)
    for index in range(guest.busy):
        builder.add(Thread(name=f"{name}.busy{index}", executor=executor, kind="busy", label="guest_task"))
    return executor


def _vcpu(machine: Machine, guest: GuestSettings, name: str, thread: int) -> Executor:
    host, model = machine.host, machine.host.model
    limit = model.value("halt_poll_max_ns") * 1000 if guest.halt_poll_max_ps is None else guest.halt_poll_max_ps
    return Executor(
        name=name,
        kind="vcpu",
        latency_ps=host.scheduler.latency_ps,
        min_granularity_ps=host.scheduler.min_granularity_ps,
        wakeup_granularity_ps=host.scheduler.wakeup_granularity_ps,
        ctxsw_ps=model.ps("h_ctxsw"),
        demote=host.demote,
        spread=add_spread(machine.builder, host, f"{name}:kvm", VCPU_COSTS),
        thread=thread,
        idle=guest.idle,
        guest_poll_ps=guest.guest_poll_ps,
        exit_ps=model.ps("k_exit"),
        hlt_ps=model.ps("k_hlt"),
        block_ps=model.ps("k_block"),
        wake_ps=model.ps("k_wake_run"),
        poll_exit_ps=model.ps("k_poll_exit"),
        halt_poll_max_ps=limit,
        halt_poll_grow=model.value("halt_poll_grow"),
        halt_poll_grow_start_ps=model.value("halt_poll_grow_start_ns") * 1000,
        halt_poll_shrink=model.value("halt_poll_shrink"),
        nohz=guest.tick and bool(model.value("guest_nohz")),
        timer_ps=model.ps("k_timer"),
    )


def add_route(
    machine: Machine,
    guest: GuestSettings,
    name: str,
    vcpu: int,
    worker: int,
    origin: str = "device",
    *,
    steps: tuple[Step, ...] = (),
    accesses: tuple[Notify, ...] = (),
    level: bool = False,
) -> int:
    """Route of one vector to the vCPU that polls its queue; `origin` is who raises it, `device` or `irqfd`.

    With `accesses`, those of its handler, it has `steps` of its own; `level`: it is a level-triggered line.
    """
    model = machine.host.model
    steps = steps or (STEPS if origin == "device" else IRQFD_STEPS)[guest.mode]
    through_host = origin == "device" and guest.mode in ("legacy", "apicv")
    core = machine.cpus.irq_core(f"interrupts of {name}") if through_host else NONE
    return machine.builder.add(
        IrqRoute(
            name=f"{name}.route",
            mode=guest.mode,
            worker=worker,
            core=core,
            vcpu=vcpu,
            origin=origin,
            hardirq_ps=total(model, steps, "route.hardirq_ps"),
            irqfd_ps=total(model, steps, "route.irqfd_ps"),
            ipi_ps=total(model, steps, "route.ipi_ps"),
            inject_ps=total(model, steps, "route.inject_ps"),
            eoi_ps=total(model, steps, "route.eoi_ps"),
            notify_ps=total(model, steps, "route.notify_ps"),
            wakeup_ps=total(model, steps, "route.wakeup_ps"),
            handler_ps=total(model, steps, "route.handler_ps"),
            flight_ps=total(model, steps, "route.flight_ps"),
            kick_flight_ps=total(model, steps, "route.kick_flight_ps"),
            waker_ps=total(model, steps, "route.waker_ps"),
            pv_eoi=guest.mode == "legacy" and bool(model.value("pv_eoi")),
            level=level,
            accesses=accesses or (_masking(machine) if guest.mask_interrupts else ()),
        )
    )


def _masking(machine: Machine) -> tuple[Notify, ...]:
    cost_ps = total(machine.host.model, (MASKING,), "route.mask_ps")
    return (Notify(cost_ps=cost_ps, exit="MSIX_MASK"),) * MASKINGS
