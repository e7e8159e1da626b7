"""A NIC port: receive engine, transmit engine, packet buffer, descriptor rings with their vectors.

Receive: wire, port latency, parser, packet buffer (bytes), receive engine (looks up the destination, takes a descriptor), DMA
write, interrupt moderation. A limit in packets per second is the parser's, in front of the buffer: what it cannot look at is lost
there, and fills nothing. What fills the buffer is a full bus, or a full ring without `drop_enable`.

Transmit: doorbell, descriptor fetch, transmit engine (arbiter and rate limits over all rings), DMA read, prefetch fifo, wire.

*Scope*: one engine per direction and port; the packet buffer is shared. With `drop_enable` a full ring loses its own
frames, without it the frame waits at the head of the buffer and holds up all others. Frames from one guest to another
go through the loopback into the receive engine. The port's transmit latency is counted after the wire, which changes
no sum.
*Validation*: tests/phenomena/test_overflow.py, tests/phenomena/test_pcie.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from simulator.costs import Nic
from simulator.parts import moderation, rates
from simulator.parts.pcie import SMALL_PAGE_BYTES, add_pcie
from simulator.parts.settings import GuestSettings, HostSettings, Moderation, PortSettings
from simulator.parts.stages import FETCH, MODERATION, NIC, NIC_QUEUE
from simulator.parts.wire import add_wire
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import (
    NONE,
    DescRing,
    Fifo,
    Gate,
    Input,
    Link,
    Moderator,
    Notify,
    Output,
    Shaper,
    Sink,
    Switch,
    Worker,
)

PEER = 0
SPOOFED = -1
"""Stands in place of a VLAN for frames whose source address is not their sender's, if there are any."""
PREFETCH_FRAMES = 32
READ_PS = 1_000_000
"""How long a read takes that an adapter is built for (assumed): it keeps as many frames under way as its packet rate needs, and no fewer
than `PREFETCH_FRAMES`."""
PARSER_FRAMES = 64
"""Frames that wait for a parser slower than its port (assumed: 4 KiB of the shortest frames)."""
BUFFERED_FRAMES = 1 << 20
BURST_PACKETS = 32
FCS_BYTES = 4
RX_BUFFER_BYTES = 2_048
TX_BUFFER_BYTES = 16_384
POLL_WRITEBACK_GROUP = 32
"""DPDK asks for a write-back with every 32nd descriptor (`tx_rs_thresh`), and only that one is written."""
POLL_RX_FETCH = 8
"""Receive descriptors that are read at once for a poll-mode driver, at least: DPDK sets PTHRESH and HTHRESH of RXDCTL to 8 (ixgbe, i40e,
ice); the kernel's drivers set none."""
PCIE_BACKLOG_PS = 0
"""How far ahead the receive engine books the PCIe link. Not at all: engines take turns on the bus, so a read request of the transmit
engine waits for the write that is under way, and not for those of frames that still lie in the packet buffer."""
ADDRESS_BITS = 32
"""Memory of a ring's buffers: no two rings share a page."""
FRESH_BUFFERS = 1 << 20
"""Of packets that are mapped one by one, each with a page of 4 KiB: so many later the first address comes back, long forgotten."""


@dataclass(frozen=True, slots=True)
class QueuePair:
    """Indices of one queue pair: its rings and its vector (-1: masked). `apart`: sent packets have an interrupt of their own, whose
    handler frees them."""

    rx: int
    tx: int
    moderator: int
    apart: bool = False


@dataclass(slots=True)
class Addresses:
    """The MAC indices of a host: 0 is the far end, then the guests in the order in which they join, whatever their adapter."""

    guests: int
    given: int = 0

    @property
    def count(self) -> int:
        """Of all guests and the far end."""
        return self.guests + 1

    def next(self) -> int:
        """The index of the guest that joins now."""
        self.given += 1
        return self.given


@dataclass(frozen=True, slots=True)
class Member:
    """Whose frames a port takes in: MAC index, VLAN index, first of its receivers, and how many; `outside`: its neighbours reach it by
    way of the wire."""

    mac: int
    vlan: int
    first: int
    queues: int
    outside: bool = False


@dataclass(slots=True)
class Port:
    """An open port; `close_port` adds its engines when all queue pairs are known."""

    settings: PortSettings
    vlans: tuple[int, ...]
    addresses: Addresses
    dma: int
    wire_in: int
    wire_out: int
    pipe: int
    buffer: int
    """The packet buffer."""
    peer: int
    leave: int
    rx_engine: int
    tx_engine: int
    page_bytes: int
    """Of memory that is mapped for good; 0: its translations are at hand."""
    receivers: list[int] = field(default_factory=list)
    senders: list[Input] = field(default_factory=list)
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Shaper and floor of each guest's function, made with its first queue."""
    members: list[Member] = field(default_factory=list)
    entrance: int = NONE
    """The link on which the far end sends to it: its wire, or that of a switch between them."""

    @property
    def prefix(self) -> str:
        """What its entities are called by besides: nothing on a host with one adapter."""
        return f"{self.settings.name}." if self.settings.name else ""


def add_port(
    builder: PlanBuilder, host: HostSettings, settings: PortSettings, vlans: tuple[int, ...], addresses: Addresses
) -> Port:
    """Wire, PCIe and packet buffer of a port; MAC 0 is the far end."""
    nic, prefix = settings.model, f"{settings.name}." if settings.name else ""
    dma = add_pcie(builder, host, settings, f"{prefix}port")
    rx_engine, tx_engine = builder.promise(Worker), builder.promise(Worker)
    room_bytes = nic.value("pktbuf_bytes")
    buffer = builder.add(
        Fifo(name=f"{prefix}port.buffer", capacity=BUFFERED_FRAMES, capacity_bytes=room_bytes, poller=rx_engine)
    )
    pipe = builder.promise(Link)
    wire_in = add_wire(builder, settings, f"{prefix}wire.in", "link", pipe)
    peer = builder.add(Sink(name=f"{prefix}peer", reply_link=wire_in))
    delay = nic.value("tx_latency")
    leave = builder.add(
        Link(
            name=f"{prefix}port.leave", propagation_ps=delay, stage=builder.stage(NIC), target_kind="sink", target=peer
        )
    )
    wire_out = add_wire(builder, settings, f"{prefix}wire.out", "link", leave)
    ends = (dma, wire_in, wire_out, pipe, buffer, peer, leave, rx_engine, tx_engine)
    return Port(settings, vlans, addresses, *ends, page_bytes=host.iommu_page_bytes, entrance=wire_in)


def add_moderator(builder: PlanBuilder, port: Port, name: str, route: int, *, virtual: bool, tick_hz: int) -> int:
    """One vector of the port's function, or of a `virtual` one; `tick_hz` is that of the kernel whose driver moderates."""
    stated: Moderation = port.settings.moderation
    vector = Moderator(f"{name}.vector", route, dma=port.dma, stage=builder.stage(MODERATION))
    if stated.kind != "driver":
        vector = replace(vector, kind=stated.kind, interval_ps=stated.interval_ps, frames=stated.frames)
    else:
        vector = moderation.of_driver(vector, port.settings, virtual=virtual, tick_hz=tick_hz)
    return builder.add(vector)


def add_queue_pair(
    builder: PlanBuilder,
    port: Port,
    guest: GuestSettings,
    name: str,
    moderator: int,
    poller: int,
    doorbell_ps: int,
    refill_doorbell_ps: int,
    fresh: tuple[bool, ...] = (),
) -> QueuePair:
    """The two rings of one queue; `poller` is a poll-mode driver (-1: none). `fresh`: of a driver that maps packets, whether those that
    are received and those that are sent have a new page each."""
    nic = port.settings.model
    rx_memory, tx_memory = (_memory(builder, port, n, fresh) for n in (0, 1))
    rx = builder.add(
        DescRing(
            **rx_memory,
            name=f"{name}.rx",
            kind="rx",
            size=guest.rx_ring or port.settings.rx_ring or nic.value("vf_rx_ring" if guest.virtual else "rx_ring"),
            buffer_bytes=RX_BUFFER_BYTES,
            avail_gate=_doorbell(builder.count(DescRing), refill_doorbell_ps),
            moderator=moderator,
            remote=True,
            dma=port.dma,
            fetch_max=max(nic.value("rx_desc_fetch_max"), POLL_RX_FETCH if moderator == NONE else 1),
            descriptor_bytes=nic.value("rx_desc_bytes"),
            writeback_bytes=nic.value("writeback_bytes"),
            poller=poller,
            hold_group=max(1, nic.value("rx_writeback_group")),
            hold_ps=nic.value("rx_writeback_interval") if moderator == NONE else NONE,
        )
    )
    tx = builder.add(
        DescRing(
            **tx_memory,
            name=f"{name}.tx",
            kind="tx",
            size=guest.tx_ring or port.settings.tx_ring or nic.value("vf_tx_ring" if guest.virtual else "tx_ring"),
            buffer_bytes=TX_BUFFER_BYTES,
            avail_gate=_doorbell(builder.count(DescRing), doorbell_ps),
            moderator=moderator,
            remote=True,
            dma=port.dma,
            fetch_max=nic.value("tx_desc_fetch_max"),
            fetch_low=max(0, nic.value("tx_desc_prefetch") - 1),
            descriptor_bytes=nic.value("tx_desc_bytes"),
            writeback_bytes=_tx_writeback_bytes(nic, moderator),
            writeback_group=POLL_WRITEBACK_GROUP if moderator == NONE else max(1, nic.value("tx_wthresh")),
            poller=port.tx_engine,
        )
    )
    port.receivers.append(rx)
    shaper, floor = _limits(builder, port, guest)
    port.senders.append(Input("tx", tx, weight=guest.weight, shaper=shaper, floor=floor, share=_share(port, guest)))
    return QueuePair(rx, tx, moderator)


def _memory(builder: PlanBuilder, port: Port, number: int, fresh: tuple[bool, ...]) -> dict[str, Any]:
    """Where the buffers of the ring lie that comes after so many, as far as anybody looks."""
    if not fresh and not port.page_bytes:
        return {}
    base = {"base_bytes": builder.count(DescRing) + number << ADDRESS_BITS}
    return base | (
        {"buffers": FRESH_BUFFERS, "stride_bytes": SMALL_PAGE_BYTES} if any(fresh[number : number + 1]) else {}
    )


def _tx_writeback_bytes(nic: Nic, moderator: int) -> int:
    """Bytes written back for a sent descriptor: itself, or its share of the only one of a group."""
    size_bytes = nic.value("tx_desc_bytes")
    return -(-size_bytes // POLL_WRITEBACK_GROUP) if moderator == NONE else size_bytes


def _limits(builder: PlanBuilder, port: Port, guest: GuestSettings) -> tuple[int, int]:
    """What limits the guest's function, all queues together, and what it is guaranteed (-1: nothing)."""
    if guest.name not in port.limits:
        most = port.settings.model.value("max_vf_pps") if guest.virtual else 0
        millipps = min(filter(None, (guest.max_millipps, most * 1000)), default=0)
        shaper = floor = NONE
        if guest.max_rate_bps or millipps or guest.shaped:
            burst_packets = guest.burst_packets if guest.max_millipps else BURST_PACKETS
            shaper = builder.add(
                Shaper(f"{guest.name}.cap", guest.max_rate_bps, guest.burst_bytes, FCS_BYTES, millipps, burst_packets)
            )
        if guest.min_rate_bps:
            floor = builder.add(Shaper(f"{guest.name}.floor", guest.min_rate_bps, guest.burst_bytes, FCS_BYTES))
        port.limits[guest.name] = shaper, floor
    return port.limits[guest.name]


def _share(port: Port, guest: GuestSettings) -> int:
    """Queues of one function take turns as one."""
    return list(port.limits).index(guest.name) if guest.queues > 1 else NONE


def join(port: Port, guest: GuestSettings, first: int | None = None, queues: int | None = None) -> int:
    """MAC index of `guest`.

    Its frames go to `queues` receivers from `first` on; without them to its own, which are added next.
    """
    own = (len(port.receivers), guest.queues)
    mac, vlan = port.addresses.next(), port.vlans.index(guest.vlan)
    receivers = own if first is None or queues is None else (first, queues)
    port.members.append(Member(mac, vlan, *receivers, outside=guest.macvtap == "vepa"))
    return mac


def close_port(builder: PlanBuilder, port: Port, ingress: Switch, egress: Switch, latency_ps: int) -> None:
    """Add the engines; `ingress` has one port per member, `egress` port 0 is the wire and port 1 the loopback."""
    nic = port.settings.model
    looking_ps = rates.looking_ps(port.settings, len(port.members))
    entrance = _add_parser(builder, port, looking_ps) if looking_ps and rates.may_queue(port.settings) else port.buffer
    pipe = Link(
        name=f"{port.prefix}port.enter",
        propagation_ps=nic.value("rx_latency") + latency_ps,
        stage=builder.stage(NIC),
        target_kind="fifo",
        target=entrance,
    )
    builder.keep(port.pipe, pipe)
    full = "drop" if _drops(port.settings) else "block"
    receive = Worker(
        name=f"{port.prefix}port.receive",
        kind="hw",
        on=NONE,
        inputs=(Input("fifo", port.buffer),),
        outputs=tuple(Output("dma_write", ring, full=full, room_ps=PCIE_BACKLOG_PS) for ring in port.receivers),
        packet_ps=looking_ps if entrance == port.buffer else 0,
        select="switch",
        switch=builder.add(ingress),
        stage=builder.stage(NIC),
    )
    builder.keep(port.rx_engine, receive)
    _add_transmit(builder, port, egress, entrance)


def _drops(settings: PortSettings) -> bool:
    """Whether a full receive ring drops at once, and does not hold up what comes behind."""
    fact = "drop_enable_sriov" if settings.virtual_functions else "drop_enable"
    return bool(settings.model.value(fact)) if settings.drop_enable is None else settings.drop_enable


def _add_parser(builder: PlanBuilder, port: Port, looking_ps: int) -> int:
    """The fifo that frames enter: that of a parser, which needs `looking_ps` for each."""
    parser = builder.promise(Worker)
    fifo = builder.add(Fifo(name=f"{port.prefix}port.parser", capacity=PARSER_FRAMES, poller=parser))
    parse = Worker(
        name=f"{port.prefix}port.parse",
        kind="hw",
        on=NONE,
        inputs=(Input("fifo", fifo),),
        outputs=(Output("fifo", port.buffer, full="drop"),),
        packet_ps=looking_ps,
        stage=builder.stage(NIC),
    )
    builder.keep(parser, parse)
    return fifo


def _add_transmit(builder: PlanBuilder, port: Port, egress: Switch, entrance: int) -> None:
    settings, nic = port.settings, port.settings.model
    puller = builder.promise(Worker)
    under_way = max(PREFETCH_FRAMES, -(-rates.send_pps(settings) * READ_PS // rates.PS_PER_SECOND))
    prefetch = builder.add(Fifo(name=f"{port.prefix}port.prefetch", capacity=under_way, full="block", poller=puller))
    engine = Worker(
        name=f"{port.prefix}port.transmit",
        kind="hw",
        on=NONE,
        inputs=tuple(port.senders),
        outputs=(Output("dma_read", port.dma, fifo=prefetch),),
        policy=settings.arbiter,
        quantum_bytes=settings.quantum_bytes,
        packet_ps=rates.per_packet_ps(rates.send_pps(settings)),
        stage=builder.stage(FETCH),
    )
    builder.keep(port.tx_engine, engine)
    loopback = Link(
        name=f"{port.prefix}port.loopback",
        rate_bps=settings.loopback_bps,
        propagation_ps=nic.value("switch_lat"),
        stage=builder.stage(NIC),
        target_kind="fifo",
        target=entrance,
    )
    outputs = (Output("link", port.wire_out, room_ps=0), Output("link", builder.add(loopback), room_ps=0))
    if SPOOFED in port.vlans:
        prefetch, puller = _add_spoof_check(builder, port, puller, prefetch)
    send = Worker(
        name=f"{port.prefix}port.send",
        kind="hw",
        on=NONE,
        inputs=(Input("fifo", prefetch),),
        outputs=outputs,
        select="switch",
        switch=builder.add(egress),
        stage=builder.stage(NIC_QUEUE),
    )
    builder.keep(puller, send)


def _add_spoof_check(builder: PlanBuilder, port: Port, checker: int, prefetch: int) -> tuple[int, int]:
    """The check of source addresses, the worker `checker` behind the data reads; where what passes waits, and the next worker.

    A frame that lies is dropped at ``spoofed``, after it has crossed the bus."""
    sender = builder.promise(Worker)
    passed = builder.add(Fifo(name=f"{port.prefix}port.checked", capacity=PREFETCH_FRAMES, full="block", poller=sender))
    macs = port.addresses.count
    table = tuple(NONE if vlan == SPOOFED else 0 for vlan in port.vlans for _ in range(macs))
    builder.keep(
        checker,
        Worker(
            name=f"{port.prefix}port.check",
            kind="hw",
            on=NONE,
            inputs=(Input("fifo", prefetch),),
            outputs=(Output("fifo", passed),),
            select="switch",
            switch=builder.add(Switch(f"{port.prefix}spoofed", macs, table, ((0, 1),))),
            stage=builder.stage(NIC_QUEUE),
        ),
    )
    return passed, sender


def _doorbell(ring: int, cost_ps: int) -> Gate:
    return Gate("always", Notify("doorbell", ring, cost_ps))
