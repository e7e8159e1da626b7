"""AF_XDP: a process of the host gets frames from the adapter's driver by rings, past the stack; the driver stays the kernel's.

1. The softirq runs a program on each frame, which redirects it into the socket's receive ring: zero-copy, or with a copy into the
   memory of the process.
2. The process is woken from poll(), or polls the ring on a core of its own.
3. It fills the transmit ring; a system call starts a softirq that sends what is in it, one doorbell for a batch.

*Scope*: one socket for each queue. The transmit softirq is called when the ring was empty (need_wakeup). Freeing what was sent is in the
cost per packet. The costs are from one machine; the part of the copy that is not per byte is assumed.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths.container import require_plain
from simulator.datapaths.model import Datapath
from simulator.datapaths.native import HANDLER
from simulator.datapaths.queues import attach
from simulator.parts import driver, vmm
from simulator.parts.cpu import NATIVE_CORE_COSTS, add_spread
from simulator.parts.machine import Attachment, Machine
from simulator.parts.nic import QueuePair, add_moderator, add_queue_pair, join
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import APPLICATION, INTERRUPT, POLLING, SEND, SOFTIRQ, WAKE_UP
from simulator.parts.steps import Step, names, total
from simulator.plan.model import NONE, Fifo, Gate, Input, IrqRoute, Notify, Output, Sink, Switch, Worker

RING = 2_048
"""Descriptors of each ring of a socket (libxdp, XSK_RING_PROD__DEFAULT_NUM_DESCS)."""
BATCH = 64
_SOFTIRQ, _TASK = "core, softirq", "core, application"
_XSK = "Linux net/xdp/xsk.c, drivers' xsk_rx and xsk_tx"
COPY = (
    Step("copy into the socket's memory", _SOFTIRQ, "napi.packet_ps", ("h_xsk_copy_pk",), source=_XSK),
    Step("copy", _SOFTIRQ, "napi.byte_fs", ("h_copy_fs",), "per byte", source=_XSK),
)
COPY_OUT = (
    Step("copy out of the socket's memory", _SOFTIRQ, "xmit.packet_ps", ("h_xsk_copy_pk",), source=_XSK),
    Step("copy", _SOFTIRQ, "xmit.byte_fs", ("h_copy_fs",), "per byte", source=_XSK),
)


LOOK = Step("look at the ring", _TASK, "poll.loop_ps", ("d_poll",), "per empty pass", source=_XSK)


def steps(copies: bool, mode: str) -> tuple[Step, ...]:
    """Steps of both directions, with interrupts or in poll mode."""
    wake = Step("wake the application", _SOFTIRQ, "napi.wake_ps", ("h_wake_app",), "if it sleeps", source=_XSK)
    return (
        vmm.MESSAGE,
        HANDLER,
        Step("poll entry", _SOFTIRQ, "napi.poll_ps", ("h_napi_poll",), "per poll", source=_XSK),
        Step("driver, program, redirect", _SOFTIRQ, "napi.packet_ps", ("h_xsk_rx_pk",), source=_XSK),
        *(COPY if copies else ()),
        *(() if mode == "poll" else (wake,)),
        Step(
            "leave the poll, unmask",
            _SOFTIRQ,
            "napi.rearm_ps",
            ("h_rearm",),
            "per completed poll",
            once=mode != "poll",
            source=_XSK,
        ),
        *((LOOK,) if mode == "poll" else ()),
        Step("take from the ring, give the buffer back", _TASK, "app.packet_ps", ("d_xsk_rx_pk",), source=_XSK),
        Step("fill the ring", _TASK, "send.packet_ps", ("d_xsk_tx_pk",), source=_XSK),
        Step("wake-up call", _TASK, "send.call_ps", ("h_xsk_call",), "if the ring was empty", source=_XSK),
        Step("driver sends", _SOFTIRQ, "xmit.packet_ps", ("h_xsk_tx_pk",), source=_XSK),
        *(COPY_OUT if copies else ()),
    )


def build(copies: bool, machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one process with `queues` sockets and threads."""
    if guest.next_hop is None:
        require_plain(guest)
    vmm.require_one_direction(guest)
    mac = join(machine.port, guest)
    sink = machine.builder.add(Sink(name=f"{guest.name}.sink"))
    sends = [_add_socket(machine, guest, steps(copies, guest.mode), queue, sink, mac) for queue in range(guest.queues)]
    return attach(machine, guest, mac, sink, sends)


def _add_socket(
    machine: Machine, guest: GuestSettings, table: tuple[Step, ...], queue: int, sink: int, mac: int
) -> int:
    """One queue of the adapter with its softirq, its rings and its thread. Returns the fifo to send from, or -1."""
    builder, model, name = machine.builder, machine.host.model, f"{guest.name}.q{queue}"
    number = guest.cores[queue % len(guest.cores)] if guest.cores else machine.cpus.own()
    core = machine.cpus.core(number, name, softirq_costs=NATIVE_CORE_COSTS)
    napi, sender, app = (builder.promise(Worker) for _ in range(3))
    hardirq_ps, flight_ps = total(model, table, HANDLER.charge), vmm.message_ps(machine.host)
    route = builder.add(
        IrqRoute(f"{name}.route", "native", napi, core=core, hardirq_ps=hardirq_ps, flight_ps=flight_ps)
    )
    moderator = add_moderator(builder, machine.port, name, route, virtual=False, tick_hz=machine.host.tick_hz)
    pair = add_queue_pair(builder, machine.port, guest, name, moderator, NONE, 0, 0)
    polls = guest.mode == "poll"
    app_core = (
        machine.cpus.core(machine.cpus.own(), f"application of {name}")
        if polls and not guest.application_cores
        else (machine.cpus.application_core(name, guest.application_cores, core))
    )
    thread = driver.add_thread(machine, name, app_core, "h", woken_by=NONE if polls else core)
    gate = (
        Gate()
        if polls
        else Gate("edge", Notify("wake", app, total(model, table, "napi.wake_ps") if app_core == core else 0))
    )
    received = builder.add(Fifo(f"{name}.socket", RING, gate=gate, poller=app if polls else NONE))
    call = Notify("wake", sender, total(model, table, "send.call_ps"))
    sent = builder.add(Fifo(f"{name}.xsk_tx", RING, gate=Gate("edge", call)))
    builder.keep(
        napi,
        _softirq(machine, name, core, table, "napi", Input("rx", pair.rx), Output("fifo", received, full="drop"), pair),
    )
    builder.keep(
        sender,
        _softirq(
            machine,
            f"{name}.xmit",
            core,
            table,
            "xmit",
            Input("fifo", sent),
            Output("post", pair.tx, publish_every=BATCH, full="drop"),
            None,
        ),
    )
    return _add_application(machine, guest, table, name, (app, thread, received, sent), sink, mac)


def _softirq(
    machine: Machine,
    name: str,
    core: int,
    table: tuple[Step, ...],
    part: str,
    taken: Input,
    put: Output,
    pair: QueuePair | None,
) -> Worker:
    """The driver's poll of one direction; with `pair` that of the adapter's rings, which frees and refills."""
    builder, model = machine.builder, machine.host.model
    return Worker(
        name=f"{name}.napi" if pair else name, kind="soft", on=core, inputs=(taken,), outputs=(put,), label="host_soft",
        poll_ps=total(model, table, f"{part}.poll_ps"), packet_ps=total(model, table, f"{part}.packet_ps"),
        byte_fs=total(model, table, f"{part}.byte_fs"), rearm_ps=total(model, table, f"{part}.rearm_ps"),
        reap_ring=pair.tx if pair else NONE, refill_ring=pair.rx if pair else NONE, chunk=1 if pair else BATCH,
        spread=add_spread(builder, machine.host, f"{name}.{part}", names((s for s in table if s.charge != "napi.wake_ps"), part)),
        stage=builder.stage(SOFTIRQ if pair else SEND), notify_stage=builder.stage(INTERRUPT if pair else SEND),
    )  # fmt: skip


def _add_application(
    machine: Machine,
    guest: GuestSettings,
    table: tuple[Step, ...],
    name: str,
    parts: tuple[int, int, int, int],
    sink: int,
    mac: int,
) -> int:
    """The process: it reads, answers, forwards or sends. Returns the fifo to send from, or -1."""
    builder, model = machine.builder, machine.host.model
    worker, thread, received, sent = parts
    polls = guest.mode == "poll"
    send_ps, read_ps = total(model, table, "send.packet_ps"), total(model, table, "app.packet_ps")
    receive_ps, reply_ps = read_ps + (guest.receive_ps or 0), send_ps + (guest.send_ps or 0)
    out = Output("fifo", sent, publish_every=BATCH, full="drop", dst=NONE if guest.next_hop is None else guest.next_hop)
    outputs: tuple[Output, ...] = (Output("sink", sink), out)
    select, switch, fifo = "endpoint", NONE, NONE
    if guest.next_hop is not None:
        outputs, select, receive_ps = (out,), "first", receive_ps + reply_ps
        machine.forwarders.setdefault(guest.name, []).append((worker, sent))
    inputs = [Input("fifo", received)]
    if guest.sends:
        fifo = builder.add(
            Fifo(
                f"{name}.send",
                guest.send_queue,
                poller=worker if polls else NONE,
                gate=Gate() if polls else Gate("edge", Notify("wake", worker)),
            )
        )
        inputs.append(Input("fifo", fifo, packet_ps=max(0, reply_ps - receive_ps)))
        if not guest.answers:
            macs = machine.port.addresses.count
            table_of = [1] * (len(machine.port.vlans) * macs)
            table_of[machine.port.vlans.index(guest.vlan) * macs + mac] = 0
            select = "switch"
            switch = builder.add(Switch(f"{name}.forward", macs, tuple(table_of), ((0, 1), (1, 1)), default_port=1))
    if polls:
        loop_ps, policy, chunk, stage = model.ps("d_poll"), "rr", BATCH, POLLING
    else:
        loop_ps, policy, chunk, stage = 0, "order", 1, APPLICATION
    builder.keep(
        worker,
        Worker(
            name=f"{name}.poll" if polls else f"{name}.receive", kind="task", on=thread, inputs=tuple(inputs), outputs=outputs,
            label="pmd_work" if polls else "host_task", poll_mode=polls, loop_ps=loop_ps, policy=policy, chunk=chunk,
            packet_ps=receive_ps, reply_ps=reply_ps, select=select, switch=switch,
            spread=add_spread(builder, machine.host, f"{name}.app", names(table, "app")),
            stage=builder.stage(stage), notify_stage=NONE if polls else builder.stage(WAKE_UP),
        ),
    )  # fmt: skip
    return fifo


ZERO_COPY = Datapath(
    "af-xdp",
    "process with AF_XDP sockets, zero-copy",
    ("native", "poll"),
    partial(steps, False),
    partial(build, False),
    on_host=True,
)
COPIED = Datapath(
    "af-xdp-copy",
    "process with AF_XDP sockets that copy",
    ("native", "poll"),
    partial(steps, True),
    partial(build, True),
    on_host=True,
)
