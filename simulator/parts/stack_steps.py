"""What the driver and the network stack of one queue do for a packet, step by step: the tables that say where each step runs and what it costs.

*Scope*: interrupt-driven drivers of guests (`g_` costs) and bare metal (`h_` costs); who does the steps is in `simulator.parts.driver`.
*Validation*: tests/golden, tests/unit/test_explain.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.costs import Host
from simulator.parts.settings import PolledSwitch
from simulator.parts.steps import Step, total

GENERIC_XDP = ("emulated-e1000", "emulated-rtl8139", "emulated-e1000e", "vmxnet3")
"""Paths whose guest driver has no XDP of its own: the stack runs the program on the sk_buff, and sends it packet by packet."""

_NAPI = "Linux net/core/dev.c, Documentation/networking/napi.rst"
_SOCKET = "Linux net/core/sock.c, net/ipv4/udp.c"
_FORWARD = "Linux net/ipv4/ip_forward.c, net/core/dev.c"
_XDP = "Linux net/core/filter.c, drivers' XDP_TX; generic: net/core/dev.c"
_GRO = "Linux net/core/gro.c"
_TCP = "Linux net/ipv4/tcp_input.c, tcp_output.c, tcp.c"


def refill_doorbell(side: str) -> Step:
    """How a NIC's driver tells the device of new receive buffers."""
    where = ("vCPU" if side == "g" else "core") + ", softirq"
    costs = (f"{side}_doorbell", f"{side}_mmio_wr")
    return Step("give buffers back", where, "napi.doorbell_ps", costs, "per 32 packets and poll", source=_NAPI)


def send_doorbell(side: str) -> Step:
    """How a NIC's driver tells the device of packets to send."""
    task = ("vCPU" if side == "g" else "core") + ", application"
    costs = (f"{side}_doorbell", f"{side}_mmio_wr")
    return Step("doorbell", task, "send.doorbell_ps", costs, "per batch", source="guest driver")


def interrupt_steps(side: str) -> tuple[Step, ...]:
    """Driver of a NIC, stack and application: receive, then send; `side` is 'g' or 'h'."""
    driver = "g_drv_tx_pk" if side == "g" else "h_drv_tx_native_pk"
    return (*receive_steps(side, refill_doorbell(side)), *send_steps(side, (driver,), send_doorbell(side)))


def receive_steps(side: str, refill: Step) -> tuple[Step, ...]:
    """From the first instruction of the poll until the application has read the packet.

    `refill` is what telling the device of new buffers takes (charge `napi.doorbell_ps`).
    """
    where = ("vCPU" if side == "g" else "core") + ", softirq"
    task = ("vCPU" if side == "g" else "core") + ", application"

    def cost(*suffixes: str) -> tuple[str, ...]:
        return tuple(f"{side}_{suffix}" for suffix in suffixes)

    return (
        Step("poll entry", where, "napi.poll_ps", cost("napi_poll"), "per poll", source=_NAPI),
        Step(
            "free sent packets", where, "napi.reap_ps", cost("tx_reap_pk"), "per sent packet", once=False, source=_NAPI
        ),
        Step(
            "driver and stack",
            where,
            "napi.packet_ps",
            cost("drv_rx_pk", "stack_rx_pk", "sock_pk", "refill_pk"),
            source=_NAPI,
        ),
        Step(
            "further segment of a super-packet",
            where,
            "napi.segment_ps",
            cost("seg_rx_pk"),
            "per segment",
            once=False,
            source=_NAPI,
        ),
        Step(
            "merge a frame into the one before it",
            where,
            "napi.merge_ps",
            cost("drv_rx_pk", "refill_pk", "merge_pk"),
            "per merged frame",
            once=False,
            source=_GRO,
        ),
        Step(
            "TCP in place of the stack",
            where,
            "napi.stream_ps",
            cost("tcp_rx_pk"),
            "per segment, merged train or ACK of a stream",
            once=False,
            source=_TCP,
        ),
        Step("wake the application", where, "napi.wake_ps", cost("wake_app"), "if it sleeps", source=_SOCKET),
        refill,
        Step("leave the poll, unmask", where, "napi.rearm_ps", cost("rearm"), "per completed poll", source=_NAPI),
        Step("receive call", task, "app.packet_ps", cost("app_rx_pk"), source=_SOCKET),
        Step(
            "enter and leave the kernel",
            task,
            "app.batch_ps",
            cost("syscall"),
            "per call of several datagrams, in place of its share in each",
            once=False,
            source=_SOCKET,
        ),
        Step("read call", task, "app.call_ps", cost("app_rx_pk"), "per read of a stream", once=False, source=_TCP),
        Step("copy to the application", task, "app.byte_fs", cost("copy_fs"), "per byte", source=_SOCKET),
    )


def send_steps(side: str, driver: tuple[str, ...], doorbell: Step) -> tuple[Step, ...]:
    """From the send call until the device knows (`doorbell`, charge `send.doorbell_ps`).

    `driver` are the costs of the driver's transmit.
    """
    task = ("vCPU" if side == "g" else "core") + ", application"
    work = (f"{side}_app_tx_pk", f"{side}_stack_tx_pk", *driver)
    return (
        Step("send call, stack, driver", task, "send.packet_ps", work, source=_SOCKET),
        Step(
            "further segment of a super-packet",
            task,
            "send.segment_ps",
            (f"{side}_seg_tx_pk",),
            "per segment",
            once=False,
            source=_SOCKET,
        ),
        Step(
            "TCP in place of call and stack",
            task,
            "send.stream_ps",
            (f"{side}_tcp_tx_pk",),
            "per segment, super-segment or ACK of a stream",
            once=False,
            source=_TCP,
        ),
        Step(
            "write call", task, "send.call_ps", (f"{side}_app_tx_pk",), "per write of a stream", once=False, source=_TCP
        ),
        Step("copy from the application", task, "send.byte_fs", (f"{side}_copy_fs",), "per byte", source=_SOCKET),
        doorbell,
    )


def of_stream(host: Host, steps: tuple[Step, ...], part: str) -> int:
    """What a packet of a TCP stream takes in `part`, in ps: TCP in place of the stack, and of the send call, which it counts apart."""
    usual = (name for step in steps if step.charge == f"{part}.packet_ps" for name in step.costs)
    kept = (name for name in usual if name[2:] not in ("stack_rx_pk", "stack_tx_pk", "app_tx_pk"))
    return total(host, steps, f"{part}.stream_ps") + sum(host.ps(name) for name in kept)


def forward_steps(side: str, refill: Step, doorbell: Step, carried: PolledSwitch | None = None) -> tuple[Step, ...]:
    """The kernel forwards between two interfaces, or back out of one: driver, routing or the bridge `carried`, driver, all in the
    softirq."""
    where = ("vCPU" if side == "g" else "core") + ", softirq"
    driver = "g_drv_tx_pk" if side == "g" else "h_drv_tx_native_pk"
    kept = {"napi.poll_ps", "napi.reap_ps", "napi.doorbell_ps", "napi.rearm_ps"}
    common = tuple(step for step in receive_steps(side, refill) if step.charge in kept)
    between = carried.packet_costs if carried is not None else (f"{side}_fwd_pk",)
    work = (f"{side}_drv_rx_pk", f"{side}_refill_pk", *between, driver)
    segment = (f"{side}_seg_rx_pk", f"{side}_seg_tx_pk")
    return (
        *common[:2],
        Step(f"driver, {carried.name if carried else 'routing'}, driver", where, "forward.packet_ps", work, source=_FORWARD),
        Step(
            "further segment of a super-packet", where, "forward.segment_ps", segment, "per segment", once=False,
            source=_FORWARD,
        ),
        replace(doorbell, where=where),
        *common[2:],
    )  # fmt: skip


def xdp_steps(side: str, doorbell: Step, *, generic: bool = False) -> tuple[Step, ...]:
    """An XDP program in place of stack and application; `generic`: a driver without XDP runs it on the sk_buff.

    `doorbell`: how the device is told of what is sent, once per poll.
    """
    where = ("vCPU" if side == "g" else "core") + ", softirq"

    def cost(*suffixes: str) -> tuple[str, ...]:
        return tuple(f"{side}_{suffix}" for suffix in suffixes)

    receive = cost("drv_rx_pk", "refill_pk", "xdp_rx_pk") if generic else cost("refill_pk", "xdp_rx_pk")
    kept = {"napi.poll_ps", "napi.reap_ps", "napi.rearm_ps"}
    common = receive_steps(side, replace(doorbell, charge="napi.doorbell_ps", when="per 32 packets and poll"))
    return (
        *(step for step in common if step.charge in kept or step.charge == "napi.doorbell_ps"),
        Step("driver and program", where, "xdp.packet_ps", receive, source=_XDP),
        Step("send back", where, "xdp.reply_ps", cost("drv_tx_pk" if generic else "xdp_tx_pk"), source=_XDP),
    )


def with_xdp(steps: tuple[Step, ...], side: str, path: str) -> tuple[Step, ...]:
    """The steps of a path whose guest runs an XDP program: stack, socket and application are left out."""
    gone = ("napi", "app", "send")
    kept = (step for step in steps if step.charge.partition(".")[0] not in gone or step.charge == "send.doorbell_ps")
    return (*kept, *xdp_steps(side, refill_doorbell(side), generic=path in GENERIC_XDP))


def with_forwarding(steps: tuple[Step, ...], side: str, carried: PolledSwitch | None = None) -> tuple[Step, ...]:
    """The steps of a path whose guest forwards in its kernel: socket and application are left out."""
    kept = (step for step in steps if step.charge.partition(".")[0] not in ("napi", "app", "send"))
    return (*kept, *forward_steps(side, refill_doorbell(side), send_doorbell(side), carried))


def checksum_steps(side: str) -> tuple[Step, ...]:
    """What is added without checksum offload."""
    return tuple(
        Step("checksum in software", part, f"{part}.byte_fs", (f"{side}_csum_fs",), "per byte")
        for part in ("napi", "send")
    )
