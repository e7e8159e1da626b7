"""Full emulation, with the device left open: QEMU's device model behind tap and bridge, every register access an exit to user
space.

1. Receive: the main loop reads up to 50 frames from the tap, copies each twice, fills the guest's ring and interrupts.
2. Transmit: the write that announces packets leaves the guest; the vCPU's own thread copies every posted frame and writes it to
   the tap, where bridge and host driver run, before the guest goes on.
3. The guest's handler and poll access registers, and each access waits for QEMU's global lock, which the main loop holds
   while it works.

*Scope*: one device is one queue pair; `nics` gives the guest several, under one lock and one main loop. The main loop gives
the lock to those who wait whenever one of its turns ends, as it does around its wait for events. Segmentation in software.
*Validation*: tests/golden/test_e1000.py, tests/golden/test_emulated.py, tests/phenomena/test_emulation.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import require_no_port_features, thread_wake
from simulator.datapaths.queues import attach
from simulator.errors import InputError
from simulator.parts import driver, emulated, uplink, vmm
from simulator.parts.cpu import add_spread
from simulator.parts.emulated import Device
from simulator.parts.machine import Attachment, Lane, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import BACKEND, BACKEND_WAKE
from simulator.parts.steps import Step, total
from simulator.plan.model import NONE, Input, Moderator, Output, Sink, Thread, Worker

TAP_READS = 50
"""QEMU net/tap.c: frames per callback, so that the guest gets the lock in between."""

_QEMU = "QEMU net/tap.c, hw/net/e1000.c, util/main-loop.c"
_LOOP, _VCPU = "QEMU main loop", "vCPU's thread, QEMU"


def receive_steps(device: Device) -> tuple[Step, ...]:
    """What the main loop spends on a frame."""
    return (
        *thread_wake(_LOOP, _QEMU),
        Step("return from the wait, dispatch", _LOOP, "thread.work_ps", ("q_loop",), "per turn", source=_QEMU),
        Step("read from the tap", _LOOP, "receive.packet_ps", ("q_tap_rd",), source=_QEMU),
        Step("device model: fill a buffer", _LOOP, "receive.packet_ps", device.receive_costs, source=_QEMU),
        Step(
            "further segment of a super-packet",
            _LOOP,
            "receive.segment_ps",
            ("q_tap_rd", *device.receive_costs),
            "per segment",
            once=False,
            source=_QEMU,
        ),
        Step("two copies", _LOOP, "receive.byte_fs", ("h_copy_fs", "h_copy_fs"), "per byte", source=_QEMU),
        Step("raise the line", _LOOP, "moderator.signal_ps", ("q_irq",), device.edge_when, source=_QEMU),
    )


def send_steps(device: Device) -> tuple[Step, ...]:
    """What the vCPU's thread spends on a frame, in QEMU."""
    return (
        Step("device model: take a descriptor", _VCPU, "transmit.packet_ps", device.send_costs, source=_QEMU),
        Step("write to the tap", _VCPU, "transmit.packet_ps", ("q_tap_wr",), source=_QEMU),
        *uplink.send_steps(_VCPU, "transmit", _QEMU),
        Step(
            "further segment of a super-packet",
            _VCPU,
            "transmit.segment_ps",
            (*device.send_costs, "q_tap_wr", "s_bridge", "h_drv_tx_pk"),
            "per segment",
            once=False,
            source=_QEMU,
        ),
        Step("copy", _VCPU, "transmit.byte_fs", ("h_copy_fs",), "per byte", source=_QEMU),
        Step("raise the line", _VCPU, "moderator.signal_ps", ("q_irq",), device.edge_when, source=_QEMU),
    )


def datapath_of(device: Device, title: str) -> Datapath:
    """The datapath of a device."""
    return Datapath(
        device.name, title, vmm.IRQFD_MODES, partial(steps, device), partial(build, device), switch="linux-bridge"
    )


def steps(device: Device, mode: str) -> tuple[Step, ...]:
    """Steps of both directions in interrupt mode `mode`, in the packet's order."""
    return (
        *uplink.STEPS,
        *receive_steps(device),
        *emulated.interrupt_steps(device, mode),
        *emulated.guest_steps(device),
        *send_steps(device),
    )


def build(device: Device, machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one VM with `nics` emulated devices."""
    vmm.require_mode(machine.host, guest, vmm.IRQFD_MODES)
    require_no_port_features(guest)
    if guest.queues > 1:
        message = f"{device.name} has one queue pair; 'nics' gives a guest several of them"
        raise InputError(f"guests.{guest.name}.queues", message, guest.queues)
    builder = machine.builder
    mac, lanes = uplink.join_uplink(machine, replace(guest, queues=guest.nics))
    sink = builder.add(Sink(name=f"{guest.name}.sink"))
    vcpus = vmm.add_vcpus(machine, guest)
    lock = vmm.add_global_lock(machine, guest.name)
    thread = _add_main_loop(machine, device, guest.name, lock, guest.backend_cores)
    sends = []
    for number in range(guest.nics):
        name = f"{guest.name}.q{number}"
        vcpu = vcpus[number % len(vcpus)]
        app = driver.add_thread(machine, name, driver.application_vcpu(guest, vcpus, number), "g")
        site = driver.Site(name, vcpu, app, "g", emulated.guest_steps(device))
        sends.append(_add_device(machine, device, guest, site, thread, lock, lanes[number % len(lanes)], sink))
    return attach(machine, guest, mac, sink, sends)


def _add_main_loop(machine: Machine, device: Device, name: str, lock: int, cores: tuple[int, ...]) -> int:
    core = machine.cpus.backend_core(f"qemu of {name}", cores)
    wake_ps, waker_ps, flight_ps = (
        total(machine.host.model, receive_steps(device), f"thread.{part}_ps") for part in ("wake", "waker", "flight")
    )
    return machine.builder.add(
        Thread(
            name=f"{name}.qemu",
            executor=core,
            kind="workers",
            wake_ps=wake_ps,
            label="qemu",
            lock=lock,
            flight_ps=flight_ps,
            waker_ps=waker_ps,
        )
    )


def _add_device(
    machine: Machine,
    device: Device,
    guest: GuestSettings,
    site: driver.Site,
    thread: int,
    lock: int,
    lane: Lane,
    sink: int,
) -> int:
    """One device from tap to application. Returns the fifo to send from, or -1."""
    builder, model = machine.builder, machine.host.model
    napi, receiver, sender, timer = (builder.promise(Worker) for _ in range(4))
    moderator = builder.promise(Moderator)
    sent = builder.promise(Moderator) if device.sent_handler is not None else moderator
    emulated.add_interrupt(machine, device, guest, site, napi, moderator, timer, lock)
    pair = emulated.add_rings(machine, device, guest, site.name, (moderator, sent), sender, lock)
    tap = uplink.add_tap(machine, site.name, receiver)
    loop_ps = total(model, receive_steps(device), "thread.work_ps")
    builder.keep(receiver, _receiver(machine, device, site.name, thread, tap, pair.rx, loop_ps))
    builder.keep(sender, _transmitter(machine, device, site, pair.tx))
    builder.keep(timer, _timer(machine, site.name, thread, moderator, loop_ps))
    if pair.apart:
        _add_sent_interrupt(machine, device, guest, site, thread, lock, (sent, pair.tx, loop_ps))
    uplink.add_sender(machine, sender, lane, send_steps(device), "transmit")
    unmask = emulated.accesses(model, lock, moderator, device.unmask)
    driver.add_receiver(machine, guest, site, napi, pair, sink, device.refill, unmask)
    return driver.add_sender(machine, guest, site, pair) if guest.sends else NONE


def _add_sent_interrupt(
    machine: Machine,
    device: Device,
    guest: GuestSettings,
    site: driver.Site,
    thread: int,
    lock: int,
    parts: tuple[int, int, int],
) -> None:
    """The interrupt for sent packets: its handler frees them."""
    builder = machine.builder
    sent, ring, loop_ps = parts
    reaper, timer = builder.promise(Worker), builder.promise(Worker)
    emulated.add_interrupt(machine, device, guest, site, reaper, sent, timer, lock, sent=True)
    builder.keep(timer, _timer(machine, f"{site.name}.sent", thread, sent, loop_ps))
    freed_ps = total(machine.host.model, site.steps, "napi.reap_ps")
    builder.keep(
        reaper,
        Worker(
            name=f"{site.name}.sent.reaper", kind="soft", on=site.softirq, inputs=(), outputs=(), label="guest_irq",
            reap_ring=ring, reap_ps=freed_ps, stage=builder.stage(BACKEND),
        ),
    )  # fmt: skip


def _receiver(machine: Machine, device: Device, name: str, thread: int, tap: int, ring: int, loop_ps: int) -> Worker:
    builder, model, steps = machine.builder, machine.host.model, receive_steps(device)
    return Worker(
        name=f"{name}.qemu.rx",
        kind="task",
        on=thread,
        inputs=(Input("fifo", tap),),
        outputs=(Output("fill", ring, full="drop" if device.drops else "block"),),
        label="qemu",
        budget_packets=TAP_READS,
        wake_ps=loop_ps,
        resume_ps=loop_ps,
        packet_ps=total(model, steps, "receive.packet_ps"),
        segment_ps=total(model, steps, "receive.segment_ps"),
        byte_fs=total(model, steps, "receive.byte_fs"),
        backend=True,
        spread=_spread(machine, f"{name}.qemu.rx", steps, "receive"),
        stage=builder.stage(BACKEND),
        notify_stage=builder.stage(BACKEND_WAKE),
    )


def _transmitter(machine: Machine, device: Device, site: driver.Site, ring: int) -> Worker:
    """The device model inside the access to TDT; its outputs, the bridge's ports, follow when all guests are known."""
    builder, model, steps = machine.builder, machine.host.model, uplink.switched(machine, send_steps(device))
    return Worker(
        name=f"{site.name}.qemu.tx",
        kind="exit",
        on=site.softirq,
        inputs=(Input("tx", ring, publish_every=emulated.PER_TURN),),
        outputs=(),
        label="exit_user",
        packet_ps=total(model, steps, "transmit.packet_ps"),
        segment_ps=total(model, steps, "transmit.segment_ps"),
        byte_fs=total(model, steps, "transmit.byte_fs"),
        select="switch",
        backend=True,
        spread=_spread(machine, f"{site.name}.qemu.tx", steps, "transmit"),
        stage=builder.stage(BACKEND),
        notify_stage=builder.stage(BACKEND_WAKE),
    )


def _timer(machine: Machine, name: str, thread: int, moderator: int, loop_ps: int) -> Worker:
    """Raises the line when the window of 128 us ends, in a turn of the main loop."""
    return Worker(
        name=f"{name}.qemu.timer",
        kind="task",
        on=thread,
        inputs=(),
        outputs=(),
        label="qemu",
        wake_ps=loop_ps,
        stage=machine.builder.stage(BACKEND),
        moderator=moderator,
    )


def _spread(machine: Machine, name: str, table: tuple[Step, ...], part: str) -> int:
    return add_spread(machine.builder, machine.host, name, uplink.drawn(table, part))
