"""A device of QEMU's as the guest's driver sees it: registers that trap, two rings, an interrupt.

1. Every register access leaves the guest for QEMU and needs its global lock: `access`.
2. Receive buffers go back as the driver does it; QEMU reads its tap again when they do, unless the device drops what it has no
   buffer for.
3. Sent packets are announced by a write: the device model runs inside that access, until the ring is empty.
4. The handler and the end of the poll make the accesses that `Device` lists, in their order.

*Scope*: ring sizes and limits of the Linux driver and QEMU's defaults. A driver's own adaptation of its interrupt rate is left out:
where QEMU holds interrupts 128 us apart that floor hides most of it.
*Validation*: tests/golden/test_e1000.py, tests/golden/test_emulated.py (sums, register accesses), tests/phenomena/test_emulation.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from simulator.costs import Host
from simulator.parts import driver, stack_steps, vmm
from simulator.parts.machine import Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import MODERATION
from simulator.parts.steps import Step
from simulator.plan.model import INFINITE_PS, NONE, DescRing, Gate, Moderator, Notify

EXIT_COSTS, LOCKED_COSTS = ("k_exit", "q_exit"), ("q_mmio",)
WINDOW_PS = 128_000_000
"""QEMU hw/net/e1000.c, e1000e_core.c: at least 500 units of 256 ns between two interrupts."""
_DEVICE = "vCPU's core, QEMU"
READ, WRITE = "MMIO_READ", "MMIO_WRITE"

Access = tuple[str, str]
"""Read or write, and what it does to the moderator: nothing, `ack` or `unmask`."""


@dataclass(frozen=True, slots=True)
class Device:
    """An emulated device with its Linux driver.

    `handler` and `sent_handler`: accesses of an interrupt for received packets, and for sent ones where they have their own
    (None: they share). `unmask`: accesses at the end of a poll. `refill_writes`: whether giving buffers back is an access, else the
    device finds them. `drops`: it takes frames from the tap without a buffer for them, and loses them. `level`: its line is
    level-triggered.
    """

    name: str
    source: str
    handler: tuple[Access, ...]
    unmask: tuple[Access, ...]
    registers: str
    unmask_registers: str
    tx_register: str
    refill: driver.Refill
    rx_register: str = ""
    refill_when: str = ""
    sent_handler: tuple[Access, ...] | None = None
    sent_registers: str = ""
    level: bool = True
    drops: bool = False
    window_ps: int = 0
    rx_ring: int = 256
    tx_ring: int = 256
    rx_buffer: int = 2_048
    tx_buffer: int = 4_096
    tx_wake_free: int = 32
    receive_costs: tuple[str, ...] = ("q_rx_pk",)
    send_costs: tuple[str, ...] = ("q_tx_pk",)
    edge_when: str = "per interrupt"


def _exits(accesses: tuple[Access, ...]) -> str:
    count = Counter("MMIO" if len({kind for kind, _ in accesses}) > 1 else kind for kind, _ in accesses)
    return ", ".join(kind if number == 1 else f"{number} {kind}" for kind, number in count.items())


def _access_step(device: Device, name: str, charge: str, count: int, when: str, exits: str) -> Step:
    return Step(name, _DEVICE, charge, (*EXIT_COSTS, *LOCKED_COSTS) * count, when, exits, source=device.source)


def interrupt_steps(device: Device, mode: str, *, sent: bool = False) -> tuple[Step, ...]:
    """From the signal to the end of the guest's handler; `sent`: of the interrupt for sent packets, where it has its own."""
    accesses = device.sent_handler if sent and device.sent_handler is not None else device.handler
    registers = device.sent_registers if sent else device.registers
    if not accesses:
        return vmm.IRQFD_STEPS[mode]
    step = _access_step(device, registers, "route.accesses_ps", len(accesses), "per interrupt", _exits(accesses))
    return vmm.level_steps(mode, step) if device.level else (*vmm.IRQFD_STEPS[mode], step)


def guest_steps(device: Device) -> tuple[Step, ...]:
    """Driver, stack and application in the guest: receive, then send up to the access that announces."""
    give_back = _access_step(device, f"write {device.rx_register}", "napi.doorbell_ps", 1, device.refill_when, WRITE)
    give_back = replace(give_back, once=device.refill.above == 0)
    announce = _access_step(device, f"write {device.tx_register}", "send.doorbell_ps", 1, "per batch", WRITE)
    received = stack_steps.receive_steps("g", give_back)
    if not device.rx_register:  # it finds them
        received = tuple(step for step in received if step is not give_back)
    return (*_with_unmask(device, received), *stack_steps.send_steps("g", ("g_drv_tx_pk",), announce))


def _with_unmask(device: Device, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    rearm = next(place for place, step in enumerate(steps) if step.charge == "napi.rearm_ps")
    accesses = device.unmask
    unmask = _access_step(
        device, device.unmask_registers, "napi.unmask_ps", len(accesses), "per completed poll", _exits(accesses)
    )
    return (*steps[: rearm + 1], unmask, *steps[rearm + 1 :])


def access(model: Host, lock: int, exit_kind: str, kind: str = "none", target: int = NONE) -> Notify:
    """One register access and what it brings about."""
    exit_ps, locked_ps = (sum(model.ps(name) for name in costs) for costs in (EXIT_COSTS, LOCKED_COSTS))
    return Notify(kind, target, exit_ps, exit_kind, lock, locked_ps)


def accesses(model: Host, lock: int, moderator: int, listed: tuple[Access, ...]) -> tuple[Notify, ...]:
    """The accesses of a list, with their effects on the moderator."""
    return tuple(
        access(model, lock, kind, effect, moderator) if effect else access(model, lock, kind) for kind, effect in listed
    )


def add_rings(
    machine: Machine,
    device: Device,
    guest: GuestSettings,
    name: str,
    moderators: tuple[int, int],
    sender: int,
    lock: int,
) -> QueuePair:
    """Both rings with their moderators; `sender` is the device model that the announcement of sent packets runs."""
    builder, model = machine.builder, machine.host.model
    received, sent = moderators
    give_back = Gate()
    if device.rx_register:
        give_back = Gate("always", access(model, lock, WRITE, "resume", builder.count(DescRing)))
    announce = access(model, lock, WRITE, "wake", sender)
    rx = builder.add(
        DescRing(
            name=f"{name}.rx",
            kind="rx",
            size=guest.rx_ring or device.rx_ring,
            buffer_bytes=device.rx_buffer,
            avail_gate=give_back,
            used_gate=Gate("moderated"),
            moderator=received,
        )
    )
    tx_size = guest.tx_ring or device.tx_ring
    tx = builder.add(
        DescRing(
            name=f"{name}.tx",
            kind="tx",
            size=tx_size,
            buffer_bytes=device.tx_buffer,
            avail_gate=Gate("always", announce),
            used_gate=Gate("moderated"),
            moderator=sent,
            wake_free=min(device.tx_wake_free, tx_size),
        )
    )
    return QueuePair(rx, tx, received, apart=sent != received)


def add_interrupt(
    machine: Machine,
    device: Device,
    guest: GuestSettings,
    site: driver.Site,
    worker: int,
    moderator: int,
    timer: int,
    lock: int,
    *,
    sent: bool = False,
) -> None:
    """An interrupt of a device: `moderator` was promised, `timer` is the worker that delivers late edges. `sent`: that for sent
    packets alone."""
    builder, model = machine.builder, machine.host.model
    listed = device.sent_handler if sent and device.sent_handler is not None else device.handler
    name = f"{site.name}.sent" if sent else site.name
    route = vmm.add_route(
        machine, guest, name, site.softirq, worker, "irqfd", steps=interrupt_steps(device, guest.mode, sent=sent),
        accesses=accesses(model, lock, moderator, listed), level=device.level,
    )  # fmt: skip
    builder.keep(
        moderator,
        Moderator(
            name=f"{name}.moderator",
            route=route,
            kind="gap" if device.window_ps else "none",
            interval_ps=device.window_ps,
            stage=builder.stage(MODERATION),
            worker=timer,
            signal_ps=model.ps("q_irq"),
        ),
    )


PER_TURN = INFINITE_PS
"""The line is raised after the loop over the ring, not for each descriptor."""
