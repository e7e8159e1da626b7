"""A virtio guest behind a Linux bridge, with the backend left open: vhost in the kernel or QEMU in user space.

1. The host's driver puts a frame into the guest's tap queue and wakes the backend's thread (`simulator.parts.uplink`).
2. The backend copies it into a buffer of the guest and signals an irqfd; from there on the guest is as with any NIC.
3. When the guest sends, its kick wakes the same thread, which copies, takes the frame through the bridge to the host's
   transmit ring, and reports it as used.
4. In poll mode the guest's driver looks at the rings itself and is never interrupted; the backend still sleeps, and is kicked.

*Scope*: receive and transmit of a backend are two workers of one thread, so they take turns. A backend without buffers
waits for the guest's kick and leaves frames in the tap queue, which then drops. The thread has a core of its own, unless the
scenario says where backends run. A
frame for another guest of the host goes into its tap queue at once: the sender's backend pays for that, the receiver's for the
second copy.
*Validation*: tests/golden/test_vhost.py, tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.datapaths.queues import attach
from simulator.parts import driver, poll_mode, uplink, virtio, vmm
from simulator.parts.cpu import add_spread
from simulator.parts.machine import Attachment, Lane, Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings, require_no_function_limits
from simulator.parts.stages import BACKEND, BACKEND_WAKE
from simulator.parts.steps import Step, total
from simulator.parts.uplink import firewall_ps
from simulator.plan.model import INFINITE_PS, NONE, Input, Notify, Output, Sink, Thread, Worker


@dataclass(frozen=True, slots=True)
class Direction:
    """One worker of a backend: its steps, and how much it does at a time."""

    steps: tuple[Step, ...]
    budget_packets: int
    recheck: str
    budget_bytes: int = INFINITE_PS
    chunk: int = 1
    publish_every: int = 1
    done_every: int = 1


@dataclass(frozen=True, slots=True)
class Backend:
    """What serves a guest's virtqueues; `per_queue`: one thread for each queue pair, else one for the guest.

    `locked`: its thread holds the guest's global lock while it works. `carrier`: cost of what carries its frames in place of the
    host's switch; `tap_packets`: length of the queue in front of it. `sorts`: the adapter does, with a queue pair for each of the guest's,
    and nothing is looked up on the host.
    """

    label: str
    receive: Direction
    send: Direction
    per_queue: bool
    locked: bool = False
    carrier: str = ""
    tap_packets: int = uplink.TAP_PACKETS
    account: str = ""
    """Label of its time, if that is not its name."""
    in_softirq: bool = False
    """Whether what the guest sends is taken in a softirq of its thread's core instead of by the thread."""
    guest_steps: Callable[[], tuple[Step, ...]] = virtio.guest_steps
    rings: Callable[..., QueuePair] = virtio.add_rings
    sorts: bool = False

    @property
    def carry(self) -> tuple[str, ...]:
        """Costs of what leads to its queue in the host's softirq."""
        if self.sorts:
            return uplink.SORTED
        return (self.carrier, *uplink.TAP[1:]) if self.carrier else uplink.TAP


def thread_wake(thread: str, source: str) -> tuple[Step, ...]:
    """A sleeping backend is woken: work of whoever wakes it, the flight of the IPI, work of its core."""
    when = "if it sleeps"
    return (
        Step("wake-up call", "whoever wakes it", "thread.waker_ps", ("h_wake_work",), when, source=source),
        Step("IPI to its core", "latency", "thread.flight_ps", ("h_ipi_flight",), when, source=source),
        Step("schedule the thread", thread, "thread.wake_ps", ("h_wake_run",), when, source=source),
    )


MODES = (*vmm.IRQFD_MODES, "poll")


def steps(backend: Backend, mode: str) -> tuple[Step, ...]:
    """Steps of both directions in interrupt mode `mode`, in the packet's order."""
    guest = virtio.polled_steps() if mode == "poll" else (*vmm.IRQFD_STEPS[mode], *backend.guest_steps())
    return (*uplink.steps(backend.carry), *backend.receive.steps, *guest, *backend.send.steps)


def carried(backend: Backend, table: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with the cost of what carries the backend's frames in place of a bridge."""
    if not backend.carrier:
        return table
    return tuple(
        replace(step, costs=tuple(backend.carrier if name == "s_bridge" else name for name in step.costs))
        for step in table
    )


def build(backend: Backend, machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one VM with a virtio device of `queues` queue pairs."""
    vmm.require_mode(machine.host, guest, MODES if backend.rings is virtio.add_rings else vmm.IRQFD_MODES)
    vmm.require_one_direction(guest)
    require_no_port_features(guest)
    mac, lanes = uplink.join_uplink(machine, guest, backend.carry)
    sink = machine.builder.add(Sink(name=f"{guest.name}.sink"))
    vcpus = vmm.add_vcpus(machine, guest)
    thread = next(iter(machine.shared.get(f"{guest.second_of} {backend.label}", ())), NONE)
    sends = []
    for queue in range(guest.queues):
        name = f"{guest.name}.q{queue}"
        if backend.per_queue or thread == NONE:
            thread = add_thread(machine, guest, backend, name if backend.per_queue else guest.name)
            machine.shared[f"{guest.name} {backend.label}"] = [thread]
        vcpu = vcpus[queue % len(vcpus)]
        app = driver.add_thread(machine, name, driver.application_vcpu(guest, vcpus, queue), "g")
        site = driver.Site(name, vcpu, app, "g", backend.guest_steps())
        sends.append(_add_queue(machine, guest, backend, site, thread, lanes[queue % len(lanes)], sink))
    return attach(machine, guest, mac, sink, sends)


def add_thread(machine: Machine, guest: GuestSettings, backend: Backend, name: str) -> int:
    """The thread that serves the virtqueues `name`."""
    core = machine.cpus.backend_core(f"{backend.label} of {name}", guest.backend_cores)
    wake_ps, waker_ps, flight_ps = (
        total(machine.host.model, backend.receive.steps, f"thread.{part}_ps") for part in ("wake", "waker", "flight")
    )
    lock = vmm.add_global_lock(machine, name) if backend.locked else NONE
    return machine.builder.add(
        Thread(
            name=f"{name}.{backend.label}",
            executor=core,
            kind="workers",
            wake_ps=wake_ps,
            label=backend.account or backend.label,
            lock=lock,
            flight_ps=flight_ps,
            waker_ps=waker_ps,
        )
    )


def _add_queue(
    machine: Machine, guest: GuestSettings, backend: Backend, site: driver.Site, thread: int, lane: Lane, sink: int
) -> int:
    """One queue pair from tap to application. Returns the fifo to send from, or -1."""
    napi = machine.builder.promise(Worker)
    pair = add_virtqueues(machine, guest, backend, site, thread, lane, napi)
    if guest.mode == "poll":
        virtio.poll_rings(machine, pair, napi)
        return poll_mode.add_poller(machine, guest, site, napi, pair, sink)
    driver.add_receiver(machine, guest, site, napi, pair, sink, virtio.REFILL)
    return driver.add_sender(machine, guest, site, pair) if guest.sends else NONE


def add_virtqueues(
    machine: Machine, guest: GuestSettings, backend: Backend, site: driver.Site, thread: int, lane: Lane, napi: int
) -> QueuePair:
    """One queue pair from tap to the guest's softirq `napi`, which the caller keeps."""
    builder = machine.builder
    receiver, sender = builder.promise(Worker), builder.promise(Worker)
    pair = backend.rings(machine, guest, site, _interrupts(machine, guest, backend, site, napi), sender)
    tap = uplink.add_tap(machine, site.name, receiver, backend.tap_packets)
    _add_receiver(machine, backend, site.name, receiver, thread, tap, pair)
    _add_sender(machine, backend, site.name, sender, thread, pair)
    uplink.add_sender(machine, sender, lane, backend.send.steps, "backend")
    if backend.sorts or guest.macvtap != "bridge":
        machine.uplink.outward.add(sender)
    return pair


def _interrupts(
    machine: Machine, guest: GuestSettings, backend: Backend, site: driver.Site, napi: int
) -> tuple[Notify, Notify]:
    """What the backend signals for received and for sent packets: nothing to a guest that polls."""
    if guest.mode == "poll":
        return Notify(), Notify()
    rx, tx = (
        Notify(
            "irq",
            vmm.add_route(machine, guest, f"{site.name}.{side}", site.softirq, napi, "irqfd"),
            total(machine.host.model, direction.steps, "irqfd.signal_ps"),
        )
        for side, direction in (("rx", backend.receive), ("tx", backend.send))
    )
    return rx, tx


def _add_receiver(
    machine: Machine, backend: Backend, name: str, worker: int, thread: int, tap: int, pair: QueuePair
) -> None:
    output = Output("fill", pair.rx, publish_every=backend.receive.publish_every)
    _keep(machine, backend, backend.receive, f"{name}.{backend.label}.rx", worker, thread, Input("fifo", tap), output)


def _add_sender(machine: Machine, backend: Backend, name: str, worker: int, thread: int, pair: QueuePair) -> None:
    """Its outputs, the bridge's ports, follow when all guests are known."""
    _keep(
        machine,
        backend,
        backend.send,
        f"{name}.{backend.label}.tx",
        worker,
        thread,
        Input("tx", pair.tx, publish_every=backend.send.done_every),
        None,
    )


def _keep(
    machine: Machine,
    backend: Backend,
    direction: Direction,
    name: str,
    worker: int,
    thread: int,
    source: Input,
    output: Output | None,
) -> None:
    builder, model, table = machine.builder, machine.host.model, uplink.switched(machine, direction.steps)
    soft = backend.in_softirq and output is None
    builder.keep(
        worker,
        Worker(
            name=name,
            kind="soft" if soft else "task",
            on=builder.get(Thread, thread).executor if soft else thread,
            inputs=(source,),
            outputs=() if output is None else (output,),
            label="host_soft" if soft else backend.account or backend.label,
            budget_packets=direction.budget_packets,
            budget_bytes=direction.budget_bytes,
            chunk=direction.chunk,
            wake_ps=total(model, table, "thread.work_ps"),
            batch_ps=total(model, table, "backend.batch_ps"),
            packet_ps=total(model, table, "backend.packet_ps")
            + (0 if output is not None or backend.carrier or backend.sorts else firewall_ps(machine)),
            merge_ps=total(model, table, "backend.merge_ps"),
            byte_fs=total(model, table, "backend.byte_fs"),
            resume_ps=total(model, table, "thread.work_ps"),
            select="first" if output is not None else "switch",
            recheck=direction.recheck,
            backend=True,
            spread=add_spread(builder, machine.host, name, uplink.drawn(table, "backend")),
            stage=builder.stage(BACKEND),
            notify_stage=builder.stage(BACKEND_WAKE),
        ),
    )


def require_no_port_features(guest: GuestSettings) -> None:
    """Refuse what only a queue of the NIC has."""
    message = f"is a setting of the NIC's transmit engine; the queues of {guest.datapath} are the host's"
    require_no_function_limits(guest, message)
