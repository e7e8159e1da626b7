"""Driver, network stack and application of one queue, in a guest (`g_` costs) or on bare metal (`h_` costs).

Interrupt-driven: interrupt handler, NAPI poll in the softirq (driver, stack, socket), application thread; a sender
posts from its own thread. With an XDP program the softirq answers, without stack, socket and application. Poll mode is in
`simulator.parts.poll_mode`.

*Scope*: one application thread per queue; UDP-like: the socket drops when full, no retransmission. GRO and TSO act
through the traffic's super-packets. Of a stream the softirq handles the acknowledgements; what they let go, TCP's sending from the
softirq included, is the application's. A writer that was waiting for room is woken for nothing: Linux wakes it when a third of
its buffer is free (net/core/stream.c), once for many acknowledgements.
*Validation*: tests/golden, tests/phenomena/test_livelock.py, tests/phenomena/test_interrupts.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from simulator.errors import BadValue
from simulator.parts import vmm
from simulator.parts.cpu import add_spread
from simulator.parts.machine import Machine
from simulator.parts.mapping import Mapping, hold_ps, mapped
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.stack_steps import (
    GENERIC_XDP,
    checksum_steps,
    forward_steps,
    of_stream,
    refill_doorbell,
    send_doorbell,
    xdp_steps,
)
from simulator.parts.stages import APPLICATION, INTERRUPT, SEND, SOFTIRQ, WAKE_UP
from simulator.parts.steps import Step, names, total
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, Fifo, Gate, Input, Notify, Output, Thread, Worker

REFILL_CHUNK = 32
POLL_WEIGHT = 64
GRO_BYTES = 65_536
"""Linux GRO_LEGACY_MAX_SIZE; what one poll of 64 frames brings is held together until its end."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a queue's software runs, and what it costs.

    Executor of the softirq, application thread, `side` ('g' guest, 'h' bare metal) for the accounting labels.
    """

    name: str
    softirq: int
    thread: int
    side: str
    steps: tuple[Step, ...]
    mapping: Mapping | None = None
    """What its driver does to map packets for the device; None: nothing."""


@dataclass(frozen=True, slots=True)
class Refill:
    """When a driver gives receive buffers back: after `chunk` packets and at the end of a poll, if more than `above`."""

    chunk: int = REFILL_CHUNK
    above: int = 0


NIC_REFILL = Refill()


def add_napi(
    machine: Machine,
    guest: GuestSettings,
    site: Site,
    worker: int,
    pair: QueuePair,
    socket: int,
    sink: int,
    refill: Refill = NIC_REFILL,
    unmask: tuple[Notify, ...] = (),
) -> None:
    """The softirq worker `worker` of one queue; `unmask`: accesses by which it unmasks an emulated device. A stream's acknowledgements
    end in it, at `sink`."""
    steps = _steps(guest, site)
    cost = _Cost(machine, steps)
    builder = machine.builder
    softirq = _softirq(machine, site, pair, (Output("fifo", socket, full="drop"),), refill, unmask, cost)
    builder.keep(
        worker,
        replace(
            with_acknowledgements(softirq, sink, of_stream(machine.host.model, steps, "napi"))
            if guest.bulk
            else softirq,
            packet_ps=cost("napi.packet_ps"),
            byte_fs=cost("napi.byte_fs"),
            segment_ps=cost("napi.segment_ps"),
            merge_bytes=GRO_BYTES if guest.gro and not unmask else 0,
            merge_ps=cost("napi.merge_ps"),
            chunk=POLL_WEIGHT if guest.gro and guest.bulk and not unmask else 1,
            reap_ring=pair.tx if guest.napi_tx and not pair.apart else NONE,
            spread=add_spread(builder, machine.host, f"{site.name}.napi", _worker_costs(steps, "napi")),
            **_spinning(machine, site, steps, "napi", reaps=True),
        ),
    )


def with_acknowledgements(softirq: Worker, sink: int, stream_ps: int) -> Worker:
    """The softirq of a guest with TCP streams: what it does for their packets takes `stream_ps`, and ACKs end in it."""
    outputs = (*softirq.outputs, Output("sink", sink))
    return replace(softirq, outputs=outputs, select="ack", stream_ps=stream_ps)


def _softirq(
    machine: Machine,
    site: Site,
    pair: QueuePair,
    outputs: tuple[Output, ...],
    refill: Refill,
    unmask: tuple[Notify, ...],
    cost: _Cost,
) -> Worker:
    """What the softirq of a queue is whatever it does with a packet; it frees what was sent."""
    builder = machine.builder
    return Worker(
        name=f"{site.name}.napi",
        kind="soft",
        on=site.softirq,
        inputs=(Input("rx", pair.rx),),
        outputs=outputs,
        label="guest_soft" if site.side == "g" else "host_soft",
        poll_ps=cost("napi.poll_ps"),
        rearm_ps=cost("napi.rearm_ps"),
        reap_ring=NONE if pair.apart else pair.tx,
        reap_ps=cost("napi.reap_ps"),
        refill_ring=pair.rx,
        refill_chunk=refill.chunk,
        refill_above=refill.above,
        stage=builder.stage(SOFTIRQ),
        notify_stage=builder.stage(INTERRUPT),
        unmask=unmask,
    )


def add_receiver(
    machine: Machine,
    guest: GuestSettings,
    site: Site,
    worker: int,
    pair: QueuePair,
    sink: int,
    refill: Refill = NIC_REFILL,
    unmask: tuple[Notify, ...] = (),
) -> None:
    """What receives from one queue: the softirq worker `worker`, and behind it socket and application, or an XDP program or a
    router in it."""
    if guest.xdp:
        _add_xdp(machine, guest, site, worker, pair, sink, refill, unmask)
    elif guest.next_hop is not None:
        _add_router(machine, guest, site, worker, pair, refill, unmask)
    else:
        socket = add_application(machine, guest, site, pair, sink)
        add_napi(machine, guest, site, worker, pair, socket, sink, refill, unmask)


def _add_xdp(
    machine: Machine,
    guest: GuestSettings,
    site: Site,
    worker: int,
    pair: QueuePair,
    sink: int,
    refill: Refill,
    unmask: tuple[Notify, ...],
) -> None:
    """Requests are sent back from the poll; a full ring drops, sent packets are freed by the next poll that sends."""
    builder = machine.builder
    steps = xdp_steps(site.side, refill_doorbell(site.side), generic=guest.datapath in GENERIC_XDP)
    cost = _Cost(machine, steps)
    times = {"xdp.packet_ps": guest.receive_ps, "xdp.reply_ps": guest.send_ps}
    stated = {charge: time_ps for charge, time_ps in times.items() if time_ps is not None}
    sent = Output("post", pair.tx, publish_every=1 if guest.datapath in GENERIC_XDP else POLL_WEIGHT, full="drop")
    builder.keep(
        worker,
        replace(
            _softirq(machine, site, pair, (Output("sink", sink), sent), refill, unmask, cost),
            packet_ps=stated.get("xdp.packet_ps", cost("xdp.packet_ps")),
            reply_ps=stated.get("xdp.reply_ps", cost("xdp.reply_ps")),
            select="endpoint",
            spread=add_spread(
                builder,
                machine.host,
                f"{site.name}.napi",
                names((step for step in steps if step.charge not in stated), "xdp"),
                sum(stated.values()),
            ),
        ),
    )


def _add_router(
    machine: Machine,
    guest: GuestSettings,
    site: Site,
    worker: int,
    pair: QueuePair,
    refill: Refill,
    unmask: tuple[Notify, ...],
) -> None:
    """The guest's kernel forwards from the poll, packet by packet; each rings, and a full ring drops."""
    builder = machine.builder
    steps = forward_steps(site.side, refill_doorbell(site.side), send_doorbell(site.side), guest.forwarder)
    steps = _mapped(site, steps)
    cost = _Cost(machine, steps)
    assert guest.next_hop is not None
    machine.forwarders.setdefault(guest.name, []).append((worker, pair.tx))
    builder.keep(
        worker,
        replace(
            _softirq(
                machine, site, pair, (Output("post", pair.tx, full="drop", dst=guest.next_hop),), refill, unmask, cost
            ),
            packet_ps=cost("forward.packet_ps"),
            segment_ps=cost("forward.segment_ps"),
            spread=add_spread(builder, machine.host, f"{site.name}.napi", names(steps, "forward")),
            **_spinning(machine, site, steps, "forward", reaps=True),
        ),
    )


def add_application(machine: Machine, guest: GuestSettings, site: Site, pair: QueuePair, sink: int) -> int:
    """The receiving application with its socket; it answers through the same queue pair. Returns the socket."""
    builder = machine.builder
    steps = _steps(guest, site)
    cost = _Cost(machine, steps)
    worker = builder.promise(Worker)
    gate = Gate("edge", _wake_application(machine, guest, site, worker, cost("napi.wake_ps")))
    socket = builder.add(Fifo(name=f"{site.name}.socket", capacity=guest.socket_buffer, gate=gate))
    copy_fs = cost("app.byte_fs")
    builder.keep(
        worker,
        Worker(
            name=f"{site.name}.receive",
            kind="task",
            on=site.thread,
            inputs=(Input("fifo", socket),),
            outputs=(Output("sink", sink), _post(guest, pair, 1)),
            label=_task_label(site),
            reap_ring=NONE if guest.napi_tx else pair.tx,
            reap_ps=cost("napi.reap_ps"),
            **_batch(guest, cost),
            packet_ps=cost("app.packet_ps") - _batch_ps(guest, cost) if guest.receive_ps is None else guest.receive_ps,
            byte_fs=copy_fs,
            merge_ps=0,
            **_reading(machine, guest, steps),
            reply_ps=_send_ps(guest, cost) + (copy_fs * guest.reply_bytes + 500) // 1000,
            select="endpoint",
            spread=add_spread(
                builder,
                machine.host,
                f"{site.name}.receive",
                _worker_costs(steps, "app") if guest.receive_ps is None else _drawn_to_send(guest, steps),
                (guest.receive_ps or 0) + (guest.send_ps or 0),
            ),
            stage=builder.stage(APPLICATION),
            notify_stage=builder.stage(WAKE_UP),
            **(_spinning(machine, site, steps, "send") if guest.answers else {}),
        ),
    )
    return socket


def _wake_application(machine: Machine, guest: GuestSettings, site: Site, worker: int, wake_ps: int) -> Notify:
    """The softirq wakes the application: by itself, by an IPI on the host, or by the guest's reschedule interrupt."""
    executor = machine.builder.get(Thread, site.thread).executor
    if executor == site.softirq:
        return Notify("wake", worker, wake_ps)
    if site.side == "h":
        return Notify("wake", worker)
    model = machine.host.model
    steps = tuple(step for step in vmm.IRQFD_STEPS["legacy" if guest.mode == "legacy" else "apicv"])
    handler = Step(
        "reschedule interrupt",
        "vCPU, interrupt",
        "route.handler_ps",
        ("g_resched",),
        source="Linux arch/x86/kernel/smp.c",
    )
    steps = (*(step for step in steps if step.charge != "route.handler_ps"), handler)
    route = vmm.add_route(
        machine, replace(guest, mode="legacy" if guest.mode == "legacy" else "apicv", mask_interrupts=False),
        f"{site.name}.resched", executor, worker, "irqfd", steps=steps,
    )  # fmt: skip
    return Notify("irq", route, model.ps("k_timer"), "ICR")


def add_sender(machine: Machine, guest: GuestSettings, site: Site, pair: QueuePair) -> int:
    """The sending half of the application. Returns the fifo it sends from, which stands for its qdisc."""
    builder = machine.builder
    steps = _steps(guest, site)
    cost = _Cost(machine, steps)
    worker = builder.promise(Worker)
    fifo = builder.add(
        Fifo(name=f"{site.name}.send", capacity=guest.send_queue, gate=Gate("edge", Notify("wake", worker)))
    )
    builder.keep(
        worker,
        Worker(
            name=f"{site.name}.sender",
            kind="task",
            on=site.thread,
            inputs=(Input("fifo", fifo),),
            outputs=(_post(guest, pair, guest.doorbell_batch),),
            label=_task_label(site),
            reap_ring=NONE if guest.napi_tx else pair.tx,
            reap_ps=cost("napi.reap_ps"),
            **_batch(guest, cost),
            packet_ps=_send_ps(guest, cost) - _batch_ps(guest, cost),
            byte_fs=cost("send.byte_fs"),
            segment_ps=cost("send.segment_ps"),
            **_writing(machine, guest, steps),
            spread=add_spread(
                builder, machine.host, f"{site.name}.sender", _drawn_to_send(guest, steps), guest.send_ps or 0
            ),
            stage=builder.stage(SEND),
            notify_stage=builder.stage(WAKE_UP),
            **_spinning(machine, site, steps, "send"),
        ),
    )
    return fifo


def _batch_ps(guest: GuestSettings, cost: _Cost) -> int:
    """What the datagrams of one call share."""
    return cost("app.batch_ps") if guest.batch > 1 else 0


def _batch(guest: GuestSettings, cost: _Cost) -> dict[str, Any]:
    if guest.batch > 1 and guest.bulk:
        where = f"guests.{guest.name}.application.batch"
        message = "is of datagrams, and this guest has a stream (bulk); give each a guest of its own"
        raise BadValue(where, message, guest.batch)
    # an invocation is a call; each datagram is handed over by itself, and rings its own doorbell
    return {"budget_packets": guest.batch, "poll_ps": _batch_ps(guest, cost)} if guest.batch > 1 else {}


def _reading(machine: Machine, guest: GuestSettings, steps: tuple[Step, ...]) -> dict[str, Any]:
    """What reading a stream takes besides the copy: its calls, and TCP with the driver for the ACKs."""
    if not guest.bulk or guest.receive_ps is not None:
        return {}
    acknowledging = {"ack_ps": of_stream(machine.host.model, steps, "send")} if guest.send_ps is None else {}
    return {"stream_ps": 0, "call_ps": total(machine.host.model, steps, "app.call_ps"), **acknowledging}


def _writing(machine: Machine, guest: GuestSettings, steps: tuple[Step, ...]) -> dict[str, Any]:
    """What writing a stream takes besides the copy: its calls, and TCP with the driver for each packet."""
    if not guest.bulk or guest.send_ps is not None:
        return {}
    model = machine.host.model
    return {"stream_ps": of_stream(model, steps, "send"), "call_ps": total(model, steps, "send.call_ps")}


def add_to_packets(builder: PlanBuilder, worker: int, more_ps: int) -> None:
    """Let the worker take so much more for a packet, whatever it is of."""
    made = builder.get(Worker, worker)
    stream_ps = made.stream_ps if made.stream_ps == NONE else made.stream_ps + more_ps
    builder.change(Worker, worker, packet_ps=made.packet_ps + more_ps, stream_ps=stream_ps)


def doorbell_costs(machine: Machine, site: Site) -> tuple[int, int]:
    """What ringing costs the driver: (for sent packets, for receive buffers)."""
    model = machine.host.model
    return total(model, site.steps, "send.doorbell_ps"), total(model, site.steps, "napi.doorbell_ps")


def add_thread(machine: Machine, name: str, executor: int, side: str, *, woken_by: int = NONE) -> int:
    """The application's thread; `woken_by` is the executor of its softirq, if that is on the host."""
    model = machine.host.model
    thread = Thread(
        name=f"{name}.app", executor=executor, kind="workers", label="guest_task" if side == "g" else "host_task"
    )
    if woken_by not in (NONE, executor):
        parts = (model.ps(name) for name in ("h_wake_run", "h_ipi_flight", "h_wake_work"))
        wake_ps, flight_ps, waker_ps = parts
        thread = replace(thread, wake_ps=wake_ps, flight_ps=flight_ps, waker_ps=waker_ps)
    return machine.builder.add(thread)


def application_vcpu(guest: GuestSettings, vcpus: list[int], queue: int) -> int:
    """Where the application of a queue runs: with its softirq, or on the next vCPU."""
    return vcpus[(queue + guest.application_vcpu) % len(vcpus)]


@dataclass(frozen=True, slots=True)
class _Cost:
    """Costs of one table of steps, looked up by charge."""

    machine: Machine
    steps: tuple[Step, ...]

    def __call__(self, charge: str) -> int:
        return total(self.machine.host.model, self.steps, charge)


def _steps(guest: GuestSettings, site: Site) -> tuple[Step, ...]:
    checksum = () if guest.checksum else checksum_steps(site.side)
    return _mapped(site, (*site.steps, *checksum))


def _mapped(site: Site, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return mapped(steps, site.mapping, guest=site.side == "g")


def _spinning(
    machine: Machine, site: Site, steps: tuple[Step, ...], part: str, *, reaps: bool = False
) -> dict[str, Any]:
    """The lock that a worker spins for while it maps and unmaps."""
    packet_ps = hold_ps(machine, steps, site.mapping, f"{part}.spin_packet_ps")
    reap_ps = hold_ps(machine, steps, site.mapping, "napi.spin_reap_ps") if reaps else 0
    if site.mapping is None or not (packet_ps or reap_ps):
        return {}
    return {"spin": site.mapping.lock, "spin_packet_ps": packet_ps, "spin_reap_ps": reap_ps}


def _send_ps(guest: GuestSettings, cost: _Cost) -> int:
    return cost("send.packet_ps") if guest.send_ps is None else guest.send_ps


def _post(guest: GuestSettings, pair: QueuePair, every: int) -> Output:
    """Without NAPI for transmit the send call frees what was sent before, and a full ring drops: nobody frees while it waits."""
    return Output("post", pair.tx, publish_every=every, full="block" if guest.napi_tx else "drop")


def _task_label(site: Site) -> str:
    return "guest_task" if site.side == "g" else "host_task"


_NOT_DRAWN = (
    "napi.wake_ps",
    "napi.doorbell_ps",
    "send.doorbell_ps",
    "napi.segment_ps",
    "napi.merge_ps",
    "napi.stream_ps",
    "app.call_ps",
    "app.batch_ps",
    "send.segment_ps",
    "send.stream_ps",
    "send.call_ps",
    *(
        f"{part}.spin{flush}_{what}_ps"
        for part in ("napi", "send", "forward")
        for flush in ("", "_flush")
        for what in ("packet", "reap")
    ),
)


def _drawn_to_send(guest: GuestSettings, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Costs that spread when the application sends; a stated time does not."""
    return _worker_costs(steps, "send") if guest.send_ps is None else ()


def _worker_costs(steps: tuple[Step, ...], part: str) -> tuple[str, ...]:
    """Costs inside a worker's jobs: notifications have jobs of their own, and segments are rare."""
    return names((step for step in steps if step.charge not in _NOT_DRAWN), part)
