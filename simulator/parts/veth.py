"""A pair of virtual Ethernet devices and the network stack behind it: what a frame meets on its way into a namespace.

1. Transmitting into one end puts the frame into the backlog of the core that does it; whoever transmits does not wait.
2. The backlog is emptied by that core's softirq, frame by frame, through the stack of the other end's namespace into a socket.

*Scope*: frames are handed over, not copied; checksums are not computed; one backlog for each socket, where a core has one for all.
*Validation*: tests/golden/test_container.py, tests/prove.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.parts import stack_steps
from simulator.parts.cpu import add_spread
from simulator.parts.driver import with_acknowledgements
from simulator.parts.settings import HostSettings
from simulator.parts.stages import SOFTIRQ
from simulator.parts.steps import Step, names, total
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, Fifo, Gate, Input, Notify, Output, Worker

BACKLOG_PACKETS = 1_000
"""net.core.netdev_max_backlog (Linux net/core/hotdata.c)."""
BACKLOG_BUDGET = 64
"""net.core.dev_weight."""

_BACKLOG = "Linux drivers/net/veth.c, net/core/dev.c (process_backlog)"
PAIR = ("h_veth_pk",)
"""Costs of the pair itself; a process of the host behind its own bridge has none."""
_STACK = Step(
    "veth pair, backlog, stack, socket",
    "core, softirq",
    "backlog.packet_ps",
    ("h_stack_rx_pk", "h_sock_pk"),
    source=_BACKLOG,
)
_TCP = Step(
    "TCP in place of the stack",
    "core, softirq",
    "backlog.stream_ps",
    ("h_tcp_rx_pk",),
    "per segment, merged train or ACK of a stream",
    once=False,
    source="Linux net/ipv4/tcp_input.c",
)
_RECEIVED = ("napi.wake_ps", "app.packet_ps", "app.batch_ps", "app.call_ps", "app.byte_fs")


def stack(pair: tuple[str, ...] = PAIR) -> Step:
    """The backlog's turn for one frame."""
    return replace(_STACK, name=_STACK.name if pair else "backlog, stack, socket", costs=(*pair, *_STACK.costs))


def receive_steps(pair: tuple[str, ...] = PAIR) -> tuple[Step, ...]:
    """From the pair until the application has read the packet."""
    return (stack(pair), _TCP, *read_steps())


def read_steps() -> tuple[Step, ...]:
    """From the socket on."""
    unused = Step("", "", "")
    return tuple(step for step in stack_steps.receive_steps("h", unused) if step.charge in _RECEIVED)


def send_steps(way: tuple[str, ...], leave: tuple[str, ...]) -> tuple[Step, ...]:
    """The send call: `way` are the costs of what the frame passes on the sender's core, `leave` those of the last device."""
    last = Step("last device", "core, application", "send.packet_ps", leave, source=_BACKLOG)
    return stack_steps.send_steps("h", way, last)


def add_backlog(
    builder: PlanBuilder,
    host: HostSettings,
    name: str,
    core: int,
    socket: int,
    pair: tuple[str, ...] = PAIR,
    acks: int = NONE,
) -> int:
    """The softirq of core `core` that takes frames to `socket`, a fifo, and the ACKs of streams to the sink `acks`. Returns the backlog,
    a fifo."""
    work = (stack(pair),)
    worker = builder.promise(Worker)
    backlog = builder.add(
        Fifo(name=f"{name}.backlog", capacity=BACKLOG_PACKETS, gate=Gate("edge", Notify("wake", worker)))
    )
    softirq = Worker(
        name=f"{name}.stack",
        kind="soft",
        on=core,
        inputs=(Input("fifo", backlog),),
        outputs=(Output("fifo", socket, full="drop"),),
        label="host_soft",
        budget_packets=BACKLOG_BUDGET,
        packet_ps=total(host.model, work, "backlog.packet_ps"),
        spread=add_spread(builder, host, f"{name}.stack", names(work, "backlog")),
        stage=builder.stage(SOFTIRQ),
        notify_stage=builder.stage(SOFTIRQ),
    )
    if acks != NONE:
        stream_ps = stack_steps.of_stream(host.model, (*work, _TCP), "backlog")
        # what the driver's poll has merged is one packet here
        softirq = replace(with_acknowledgements(softirq, acks, stream_ps), merge_ps=0)
    builder.keep(worker, softirq)
    return backlog
