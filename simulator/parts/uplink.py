"""The host's own driver under a software switch: it takes frames from the port, looks up the guest, fills its tap queue.

1. Each lane is a queue pair of the physical function with its vector, a core, and a NAPI worker of that core.
2. A guest's frames arrive at a bundle of up to as many lanes as it has queues; there are at most `MOST_LANES`, then
   bundles are shared in turn. A scenario that names cores for host interrupts has one lane per named core.
3. A frame goes into one of its guest's tap queues, which drop when full, and wakes the backend.
4. A backend sends into the switch from its own thread: table, host driver, and the transmit ring of one lane.

*Scope*: receive-side scaling spreads guests over lanes instead of hashing all flows over all lanes. The host's transmit ring
drops when full: no queueing discipline stands before it, and no lock is taken for a ring that several backends share.
*Validation*: tests/golden/test_vhost.py, tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.parts import bonds
from simulator.parts.cpu import CORE_COSTS, add_spread
from simulator.parts.driver import GRO_BYTES, POLL_WEIGHT
from simulator.parts.machine import Lane, Machine, Uplink
from simulator.parts.mapping import hold_ps, mapped, of_host, on_host
from simulator.parts.nic import Port, add_moderator, add_queue_pair, join
from simulator.parts.settings import GuestSettings
from simulator.parts.stack_steps import of_stream
from simulator.parts.stages import HOST_INTERRUPT, HOST_SOFTIRQ
from simulator.parts.steps import Step, names, total
from simulator.parts.vmm import MESSAGE, message_ps
from simulator.plan.model import NONE, Fifo, Gate, Input, IrqRoute, Notify, Output, Switch, Worker

MOST_LANES = 8
TAP_PACKETS = 1_000
"""Default queue length of a tap device (Linux drivers/net/tun.c, ether_setup)."""
_REFILL_CHUNK = 32
_NAPI = "Linux net/core/dev.c, net/bridge, drivers/net/tun.c"
_SOFTIRQ = "host core, softirq"

_TCP = Step(
    "TCP in place of the stack",
    _SOFTIRQ,
    "uplink.stream_ps",
    ("h_tcp_rx_pk",),
    "per segment, merged train or ACK of a stream",
    once=False,
    source="Linux net/ipv4/tcp_input.c",
)
MACVLAN = "s_macvlan"
"""Cost of a look-up without the hooks of a bridge."""
TAP = ("s_bridge", "h_tap_enq")
"""What follows the driver where a tap is at the end."""
SORTED = TAP[1:]
"""The same where the adapter has sorted the frames by guest (VMDq)."""
DRIVER_SEND = ("h_drv_tx_pk", "h_doorbell", "h_mmio_wr")
"""What a frame for the wire costs the thread that brings it, switch left out."""

_STEPS: tuple[Step, ...] = (
    replace(MESSAGE, charge="lane.flight_ps"),
    Step(
        "host interrupt handler",
        "host core, interrupt",
        "lane.hardirq_ps",
        ("h_hardirq",),
        "per interrupt",
        source=_NAPI,
    ),
    Step("host poll entry", _SOFTIRQ, "uplink.poll_ps", ("h_napi_poll",), "per poll", source=_NAPI),
    Step(
        "free sent packets",
        _SOFTIRQ,
        "uplink.reap_ps",
        ("h_tx_reap_pk",),
        "per sent packet",
        once=False,
        source=_NAPI,
    ),
    Step("host driver", _SOFTIRQ, "uplink.packet_ps", ("h_drv_rx_pk", "h_refill_pk"), source=_NAPI),
    Step(
        "merge a frame into the one before it",
        _SOFTIRQ,
        "uplink.merge_ps",
        ("h_drv_rx_pk", "h_refill_pk", "h_merge_pk"),
        "per merged frame",
        once=False,
        source="Linux net/core/gro.c",
    ),
    Step(
        "further segment of a super-packet",
        _SOFTIRQ,
        "uplink.segment_ps",
        ("h_seg_rx_pk",),
        "per segment",
        once=False,
        source=_NAPI,
    ),
    Step(
        "give buffers back",
        _SOFTIRQ,
        "lane.doorbell_ps",
        ("h_doorbell", "h_mmio_wr"),
        "per 32 packets and poll",
        once=False,
        source=_NAPI,
    ),
    Step(
        "leave the poll, unmask",
        _SOFTIRQ,
        "uplink.rearm_ps",
        ("h_rearm",),
        "per completed poll",
        once=False,
        source=_NAPI,
    ),
)


def steps(carry: tuple[str, ...] = TAP) -> tuple[Step, ...]:
    """From the host's interrupt until the frame is in the tap queue, or whatever else stands at the end of `carry`."""
    where = next(number for number, step in enumerate(_STEPS) if step.charge == "uplink.segment_ps")
    named = {TAP: "bridge, tap queue", SORTED: "tap queue"}
    switch = Step(named.get(carry, "switch"), _SOFTIRQ, "uplink.packet_ps", carry, source=_NAPI)
    tcp = (_TCP,) if MACVLAN in carry else ()
    return (*_STEPS[:where], switch, *tcp, *_STEPS[where:])


STEPS = steps()


def send_steps(thread: str, part: str, source: str = _NAPI) -> tuple[Step, ...]:
    """What sending into the switch takes of the thread that brings the frame: look-up, then host driver or a neighbour's tap.

    Frames from taps come one by one, so each rings. Charges: `packet_ps`, `nic_ps` and `neighbour_ps` of `part`.
    """
    return (
        Step("bridge", thread, f"{part}.packet_ps", ("s_bridge",), source=source),
        Step("host driver", thread, f"{part}.nic_ps", ("h_drv_tx_pk",), "per packet for the wire", source=source),
        Step(
            "host doorbell", thread, f"{part}.nic_ps", ("h_doorbell", "h_mmio_wr"), "per packet for the wire", source=source
        ),
        Step(
            "tap queue of a neighbour", thread, f"{part}.neighbour_ps", ("h_tap_enq",), "per packet for a neighbour",
            once=False, source=source,
        ),
    )  # fmt: skip


SEND_STEPS: tuple[Step, ...] = (replace(MESSAGE, charge="lane.flight_ps"), *send_steps("backend thread", "backend"))

FIREWALL = {"off": (), "filter": ("s_filter",), "conntrack": ("s_filter", "s_conntrack")}
"""Costs per bridged frame and direction, by what the bridge does besides."""


def join_uplink(machine: Machine, guest: GuestSettings, carry: tuple[str, ...] = TAP) -> tuple[int, tuple[Lane, ...]]:
    """MAC index of `guest` behind the switch, and the lanes that its frames use."""
    machine.uplink.merges |= guest.gro and guest.bulk
    lanes = open_lanes(machine, guest.queues, carry)
    mac = join(machine.port, guest, lanes[0].receiver, len(lanes))
    if machine.twin is not None and lanes[0].twin is not None:
        join_twin(machine.twin, machine.port, lanes[0].twin.receiver)
    vlan = machine.port.vlans.index(guest.vlan)
    machine.uplink.members.append((mac, vlan, len(machine.uplink.taps), guest.queues))
    return mac, lanes


def join_twin(twin: Port, port: Port, first: int) -> None:
    """The adapter that is bonded to `port` takes in, from the receiver `first` on, what the member does that joined there last."""
    twin.members.append(replace(port.members[-1], first=first))


def join_standby(machine: Machine, guest: GuestSettings, mac: int) -> tuple[Lane, ...]:
    """Behind the switch, the guest that has the address `mac` at the adapter already; the adapter gets a second port for it."""
    lanes = open_lanes(machine, 1, TAP)
    join(machine.port, guest, lanes[0].receiver, len(lanes))
    machine.uplink.members.append((mac, machine.port.vlans.index(guest.vlan), len(machine.uplink.taps), 1))
    return lanes


def add_tap(machine: Machine, name: str, backend: int, packets: int = TAP_PACKETS) -> int:
    """The next tap queue of the guest that joined last; `backend` is the worker that reads it."""
    tap = Fifo(name=f"{name}.tap", capacity=packets, gate=Gate("edge", Notify("wake", backend)))
    machine.uplink.taps.append(machine.builder.add(tap))
    return machine.uplink.taps[-1]


def add_sender(machine: Machine, worker: int, lane: Lane, steps: tuple[Step, ...], part: str) -> None:
    """Note a worker that sends into the switch; its outputs follow when all guests are known."""
    steps = mapped(steps, of_host(machine.host))
    nic_ps, neighbour_ps = (total(machine.host.model, steps, f"{part}.{field}") for field in ("nic_ps", "neighbour_ps"))
    note_sender(machine, worker, lane, nic_ps, neighbour_ps)


def note_sender(machine: Machine, worker: int, lane: Lane, nic_ps: int, neighbour_ps: int) -> None:
    """The same with what a frame for the wire and one for a neighbour take. The worker is that of the guest that joined last."""
    machine.uplink.senders.append((worker, lane, nic_ps, neighbour_ps, machine.uplink.members[-1][0]))


def close_uplink(machine: Machine, from_wire: Switch, from_guest: Switch) -> None:
    """Give the workers on both sides their outputs: all taps; backends have the NIC's ring before them, and those that send all to the
    wire nothing else. The rings of a bond stand where the one ring does."""
    builder, uplink, kind = machine.builder, machine.uplink, machine.switch.bond
    inward = builder.add(from_wire)
    outward = [
        builder.add(bonds.spread(from_guest, kind, parity) if kind else from_guest) for parity in bonds.tables(kind)
    ]
    taps = tuple(Output("fifo", tap, full="drop") for tap in uplink.taps)
    opened = [lane for bundles in uplink.bundles.values() for bundle in bundles for lane in bundle]
    for lane in (*opened, *(lane.twin for lane in opened if lane.twin is not None)):
        builder.change(Worker, lane.worker, outputs=taps, switch=inward)
        if uplink.merges:
            builder.change(Worker, lane.worker, merge_bytes=GRO_BYTES, chunk=POLL_WEIGHT)
    for worker, lane, nic_ps, neighbour_ps, mac in uplink.senders:
        ring = Output("post", lane.pair.tx, full="drop", packet_ps=nic_ps)
        if worker in uplink.outward:
            builder.change(Worker, worker, outputs=(ring,), select="first")
            continue
        rings = bonds.both(ring, replace(ring, index=lane.twin.pair.tx)) if lane.twin is not None else (ring,)
        beside = tuple(replace(tap, packet_ps=neighbour_ps) for tap in taps)
        builder.change(Worker, worker, outputs=(*rings, *beside), switch=outward[mac % len(outward)])


def open_lanes(machine: Machine, queues: int, carry: tuple[str, ...]) -> tuple[Lane, ...]:
    """New lanes while there may be more, else the bundle whose turn it is; the first guest of its kind always gets one."""
    uplink: Uplink = machine.uplink
    existing = sum(len(bundle) for bundles in uplink.bundles.values() for bundle in bundles)
    own = carry == SORTED
    added = queues if own else min(queues, (len(machine.host.irq_cores) or MOST_LANES) - existing)
    bundles = uplink.bundles.setdefault(carry, [])
    turn = uplink.opened[carry] = uplink.opened.get(carry, -1) + 1
    if added <= 0 and bundles:
        return bundles[turn % len(bundles)]
    bundles.append(tuple(_add_lanes(machine, existing + number, carry) for number in range(max(1, added))))
    return bundles[-1]


def _add_lanes(machine: Machine, number: int, carry: tuple[str, ...]) -> Lane:
    """A lane, and with a bond one of the other adapter on the same core."""
    cores = machine.host.irq_cores
    core = cores[number % len(cores)] if cores else machine.cpus.own()
    lane = _add_lane(machine, number, carry, core)
    if machine.twin is None:
        return lane
    return replace(lane, twin=_add_lane(replace(machine, port=machine.twin), number, carry, core))


def _add_lane(machine: Machine, number: int, carry: tuple[str, ...], on: int) -> Lane:
    mapping = on_host(machine)
    table = mapped(switched(machine, steps(carry)), mapping)
    builder, model, name = machine.builder, machine.host.model, f"{machine.port.prefix}uplink{number}"
    core = machine.cpus.core(on, name, softirq_costs=CORE_COSTS)
    worker = builder.promise(Worker)
    hardirq_ps = total(model, table, "lane.hardirq_ps")
    flight_ps = message_ps(machine.host)
    route = builder.add(
        IrqRoute(f"{name}.route", "native", worker, core=core, hardirq_ps=hardirq_ps, flight_ps=flight_ps)
    )
    moderator = add_moderator(builder, machine.port, name, route, virtual=False, tick_hz=machine.host.tick_hz)
    receiver = len(machine.port.receivers)
    # To the port the host's driver is one more native user.
    owner = GuestSettings(name="uplink", datapath="native")
    doorbells = 0, total(model, table, "lane.doorbell_ps")
    fresh = () if mapping is None else (mapping.received, True)
    pair = add_queue_pair(builder, machine.port, owner, name, moderator, NONE, *doorbells, fresh)
    napi = Worker(
        name=f"{name}.napi",
        kind="soft",
        on=core,
        inputs=(Input("rx", pair.rx),),
        outputs=(),
        label="host_soft",
        poll_ps=total(model, table, "uplink.poll_ps"),
        packet_ps=total(model, table, "uplink.packet_ps")
        + (0 if MACVLAN in carry or carry == SORTED else firewall_ps(machine)),
        stream_ps=of_stream(model, table, "uplink") if MACVLAN in carry else NONE,
        merge_ps=total(model, table, "uplink.merge_ps"),
        segment_ps=total(model, table, "uplink.segment_ps"),
        rearm_ps=total(model, table, "uplink.rearm_ps"),
        reap_ring=pair.tx,
        reap_ps=total(model, table, "uplink.reap_ps"),
        refill_ring=pair.rx,
        refill_chunk=_REFILL_CHUNK,
        select="switch",
        spread=add_spread(builder, machine.host, f"{name}.napi", _drawn(table)),
        spin=NONE if mapping is None else mapping.lock,
        spin_packet_ps=hold_ps(machine, table, mapping, "uplink.spin_packet_ps"),
        spin_reap_ps=hold_ps(machine, table, mapping, "uplink.spin_reap_ps"),
        stage=builder.stage(HOST_SOFTIRQ),
        notify_stage=builder.stage(HOST_INTERRUPT),
    )
    return Lane(receiver, pair, builder.keep(worker, napi))


def drawn(steps: tuple[Step, ...], part: str) -> tuple[str, ...]:
    """Costs of a worker's jobs; further segments are rare, and a frame for a neighbour is one for the wire that it is not."""
    rare = tuple(f"{part}.{field}" for field in ("segment_ps", "neighbour_ps"))
    return names((step for step in steps if step.charge not in rare), part)


def _drawn(table: tuple[Step, ...]) -> tuple[str, ...]:
    """Costs of the poll's jobs; further segments are rare."""
    rare = ("uplink.segment_ps", "uplink.stream_ps", "uplink.merge_ps")
    return names((step for step in table if step.charge not in rare and ".spin" not in step.charge), "uplink")


def switched(machine: Machine, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with the costs of the switch that the host has, which are written as those of a bridge."""
    costs = machine.switch.kernel_costs
    return tuple(
        replace(step, costs=tuple(cost for name in step.costs for cost in (costs if name == "s_bridge" else (name,))))
        for step in steps
    )


def firewall_ps(machine: Machine) -> int:
    """What the bridge's filter takes per frame."""
    return sum(machine.host.model.ps(name) for name in FIREWALL[machine.host.firewall])
