"""QEMU's e1000 as the guest's driver sees it: registers that trap, two rings, one level-triggered interrupt.

1. Every register access leaves the guest for QEMU and needs its global lock: `access`.
2. Receive buffers go back 16 at a time and at the end of a poll (RDT); QEMU reads its tap again when they do.
3. Sent packets are announced by TDT: the device model runs inside that access, until the ring is empty.
4. Received and sent packets share the interrupt. Its first edge is immediate, the next one not before 128 us.
5. The handler reads ICR, masks by IMC and flushes with a read of STATUS; the poll unmasks by IMS and flushes again.

*Scope*: ring sizes and limits of the Linux driver and QEMU's defaults. The driver's own adaptation of ITR is left out: up to
its "low latency" class QEMU's floor of 128 us hides it, its bulk class would double the window.
*Validation*: tests/golden/test_e1000.py (sums, register accesses), tests/phenomena/test_emulation.py.
"""

from __future__ import annotations

from simulator.costs import Host
from simulator.parts import driver, vmm
from simulator.parts.machine import Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import MODERATION
from simulator.parts.steps import Step
from simulator.plan.model import NONE, DescRing, Gate, Moderator, Notify

RING_DESCRIPTORS = 256
"""Linux e1000.h, E1000_DEFAULT_RXD and E1000_DEFAULT_TXD."""
RX_BUFFER_BYTES = 2_048
TX_BUFFER_BYTES = 4_096
"""Linux e1000_main.c, E1000_MAX_DATA_PER_TXD."""
TX_WAKE_FREE = 32
"""Linux e1000_main.c, TX_WAKE_THRESHOLD."""
REFILL = driver.Refill(chunk=16)
"""Linux e1000.h, E1000_RX_BUFFER_WRITE."""
WINDOW_PS = 128_000_000
"""QEMU hw/net/e1000.c, set_interrupt_cause: at least 500 units of 256 ns between two edges."""

EXIT_COSTS, LOCKED_COSTS = ("k_exit", "q_exit"), ("q_mmio",)
_DRIVER = "Linux drivers/net/ethernet/intel/e1000/e1000_main.c"
_DEVICE = "vCPU's core, QEMU"


def _access_step(name: str, charge: str, count: int, when: str, exits: str) -> Step:
    return Step(name, _DEVICE, charge, (*EXIT_COSTS, *LOCKED_COSTS) * count, when, exits, source=_DRIVER)


HANDLER = _access_step("read ICR, write IMC, read STATUS", "route.accesses_ps", 3, "per interrupt", "3 MMIO")
_UNMASK = _access_step("write IMS, read STATUS", "napi.unmask_ps", 2, "per completed poll", "2 MMIO")
_RDT = _access_step("write RDT", "napi.doorbell_ps", 1, "per 16 packets and poll", "MMIO_WRITE")
_TDT = _access_step("write TDT", "send.doorbell_ps", 1, "per batch", "MMIO_WRITE")


def interrupt_steps(mode: str) -> tuple[Step, ...]:
    """From the ioctl that raises the line to the end of the guest's handler."""
    return vmm.level_steps(mode, HANDLER)


def guest_steps() -> tuple[Step, ...]:
    """Driver, stack and application in the guest: receive, then send up to the access to TDT."""
    return (*_with_unmask(driver.receive_steps("g", _RDT)), *driver.send_steps("g", ("g_drv_tx_pk",), _TDT))


def _with_unmask(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    rearm = next(place for place, step in enumerate(steps) if step.charge == "napi.rearm_ps")
    return (*steps[: rearm + 1], _UNMASK, *steps[rearm + 1 :])


def access(model: Host, lock: int, exit_kind: str, kind: str = "none", target: int = NONE) -> Notify:
    """One register access and what it brings about."""
    exit_ps, locked_ps = (sum(model.ps(name) for name in costs) for costs in (EXIT_COSTS, LOCKED_COSTS))
    return Notify(kind, target, exit_ps, exit_kind, lock, locked_ps)


def add_rings(machine: Machine, guest: GuestSettings, name: str, moderator: int, sender: int, lock: int) -> QueuePair:
    """Both rings; `sender` is the device model that a write of TDT runs."""
    builder, model = machine.builder, machine.host.model
    give_back = access(model, lock, "MMIO_WRITE", "resume", builder.count(DescRing))
    announce = access(model, lock, "MMIO_WRITE", "wake", sender)
    rx = builder.add(
        DescRing(
            name=f"{name}.rx",
            kind="rx",
            size=guest.rx_ring or RING_DESCRIPTORS,
            buffer_bytes=RX_BUFFER_BYTES,
            avail_gate=Gate("always", give_back),
            used_gate=Gate("moderated"),
            moderator=moderator,
        )
    )
    tx_size = guest.tx_ring or RING_DESCRIPTORS
    tx = builder.add(
        DescRing(
            name=f"{name}.tx",
            kind="tx",
            size=tx_size,
            buffer_bytes=TX_BUFFER_BYTES,
            avail_gate=Gate("always", announce),
            used_gate=Gate("moderated"),
            moderator=moderator,
            wake_free=min(TX_WAKE_FREE, tx_size),
        )
    )
    return QueuePair(rx, tx, moderator)


def add_interrupt(
    machine: Machine, guest: GuestSettings, site: driver.Site, napi: int, moderator: int, timer: int, lock: int
) -> None:
    """The interrupt of one device: `moderator` was promised, `timer` is the worker that delivers late edges."""
    builder, model = machine.builder, machine.host.model
    handler = (
        access(model, lock, "MMIO_READ", "ack", moderator),
        access(model, lock, "MMIO_WRITE"),
        access(model, lock, "MMIO_READ"),
    )
    route = vmm.add_route(
        machine, guest, site.name, site.softirq, napi, "irqfd", steps=interrupt_steps(guest.mode), accesses=handler
    )
    builder.keep(
        moderator,
        Moderator(
            name=f"{site.name}.moderator",
            route=route,
            kind="gap",
            interval_ps=WINDOW_PS,
            stage=builder.stage(MODERATION),
            worker=timer,
            signal_ps=model.ps("q_irq"),
        ),
    )


def unmask(model: Host, lock: int, moderator: int) -> tuple[Notify, ...]:
    """What the driver accesses when it leaves its poll."""
    return access(model, lock, "MMIO_WRITE", "unmask", moderator), access(model, lock, "MMIO_READ")
