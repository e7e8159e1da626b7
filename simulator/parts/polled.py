"""A switch in user space: threads that never sleep poll the adapter and the guests' virtqueues, and copy from one to the other.

1. Each thread has a core, a queue pair of the physical function, and the transmit rings of some guests, dealt out in turn. The
   adapter spreads flows over all threads.
2. One look takes up to a frame of packets from one queue: driver receive, or dequeue with a copy. Each packet is looked up.
3. It goes to the adapter (driver transmit, one doorbell for what is sent at once) or into a guest's buffers (enqueue with a
   copy); what is full drops. A guest that wants an interrupt is called once for what it got at once.

*Scope*: no retries of a full queue, no sleeping of an idle thread, queues stay with their thread. The inputs of a thread take
turns.
*Validation*: tests/golden/test_vhost_user.py, tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from simulator.costs import Host
from simulator.parts.cpu import add_spread
from simulator.parts.machine import Machine, Pmd
from simulator.parts.nic import QueuePair, add_queue_pair, join
from simulator.parts.settings import GuestSettings, PolledSwitch
from simulator.parts.stages import BACKEND
from simulator.parts.steps import Step, names, total
from simulator.plan import draws
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, DescRing, Input, Output, Switch, Thread, Worker

REFILL = 32
_THREAD = "switch's thread"
_DPDK = "DPDK lib/vhost/virtio_net.c, Open vSwitch lib/dpif-netdev.c"

RECEIVE_STEPS: tuple[Step, ...] = (
    Step("look at the queues", _THREAD, "pmd.loop_ps", ("d_poll",), "per empty look", source=_DPDK),
    Step("driver receive", _THREAD, "nic_in.packet_ps", ("d_rx_pk",), source=_DPDK),
    Step("give buffers back", _THREAD, "pmd.doorbell_ps", ("h_mmio_wr",), "per 32 packets", once=False, source=_DPDK),
    Step("enqueue", _THREAD, "vq_out.packet_ps", ("d_vq_enq_pk",), source=_DPDK),
    Step("copy", _THREAD, "vq_out.byte_fs", ("h_copy_fs",), "per byte", source=_DPDK),
)
CALL = Step(
    "call the guest", _THREAD, "irqfd.signal_ps", ("d_call", "k_irqfd"), "if the guest asked for it", source=_DPDK
)
SEND_STEPS: tuple[Step, ...] = (
    Step("dequeue", _THREAD, "vq_in.packet_ps", ("d_vq_deq_pk",), source=_DPDK),
    Step("copy", _THREAD, "vq_in.byte_fs", ("h_copy_fs",), "per byte", source=_DPDK),
    Step("driver transmit", _THREAD, "nic_out.packet_ps", ("d_tx_pk",), source=_DPDK),
    Step("doorbell", _THREAD, "pmd.doorbell_ps", ("h_mmio_wr",), "per batch", source=_DPDK),
)
_STEPS = (*RECEIVE_STEPS, *SEND_STEPS)


def join_polled(machine: Machine, guest: GuestSettings) -> int:
    """MAC index of `guest` behind the switch, whose threads are started with the first guest."""
    polled = machine.polled
    if not polled.pmds:
        polled.first = len(machine.port.receivers)
        cores = machine.switch.cores or (machine.cpus.own(),)
        polled.pmds += [_add_pmd(machine, number, core) for number, core in enumerate(cores)]
    mac = join(machine.port, guest, polled.first, len(polled.pmds))
    vlan = machine.port.vlans.index(guest.vlan)
    polled.members.append((mac, vlan, len(polled.filled), guest.queues))
    return mac


def next_pmd(machine: Machine) -> Pmd:
    """The thread that takes the next queue pair of a guest."""
    polled = machine.polled
    return polled.pmds[len(polled.filled) % len(polled.pmds)]


def add_rings(machine: Machine, pmd: Pmd, pair: QueuePair, steps: tuple[Step, ...]) -> None:
    """A guest's rings, of which `pmd` empties one and all threads fill the other, at what `steps` charge to vq_in and vq_out."""
    model = machine.host.model
    taken, put = (
        (total(model, steps, f"{side}.packet_ps"), total(model, steps, f"{side}.byte_fs"))
        for side in ("vq_in", "vq_out")
    )
    pmd.rings.append(Input("tx", pair.tx, packet_ps=taken[0], byte_fs=taken[1]))
    machine.polled.filled.append(
        Output("fill", pair.rx, full="drop", publish_every=REFILL, packet_ps=put[0], byte_fs=put[1])
    )


def close_polled(machine: Machine, table: Switch) -> None:
    """Give the threads their inputs and outputs, now that all guests are known."""
    builder, polled = machine.builder, machine.polled
    switch = builder.add(table)
    carried = machine.switch.polled
    # packets that leave flow by flow ring once for each flow of a burst, in the middle of it
    apart_ps = _cost(machine, "pmd.doorbell_ps") // 2 * carried.sends_per_frame // carried.frame
    for number, pmd in enumerate(polled.pmds):
        send_ps = _cost(machine, "nic_out.packet_ps") + apart_ps
        sent = Output("post", pmd.pair.tx, full="drop", publish_every=REFILL, packet_ps=send_ps)
        inputs = (
            Input("rx", pmd.pair.rx, packet_ps=_cost(machine, "nic_in.packet_ps")),
            *pmd.rings,
        )
        outputs = (sent, *polled.filled)
        builder.keep(pmd.worker, _worker(machine, f"{machine.port.prefix}pmd{number}", pmd, inputs, outputs, switch))


def _worker(
    machine: Machine, name: str, pmd: Pmd, inputs: tuple[Input, ...], outputs: tuple[Output, ...], switch: int
) -> Worker:
    builder, model, carried = machine.builder, machine.host.model, machine.switch.polled
    handed_back = min(REFILL, max(1, builder.get(DescRing, pmd.pair.rx).size // 2))
    drawn = (*names((step for step in _STEPS if step.charge != "pmd.doorbell_ps"), "pmd"), *carried.packet_costs)
    return Worker(
        name=name,
        kind="task",
        on=pmd.thread,
        inputs=inputs,
        outputs=outputs,
        label="pmd_work",
        poll_mode=True,
        loop_ps=_cost(machine, "pmd.loop_ps") * len(inputs),
        policy="rr",
        chunk=carried.frame,
        batch_ps=sum(model.ps(cost) for cost in carried.frame_costs),
        packet_ps=sum(model.ps(cost) for cost in carried.packet_costs),
        reap_ring=pmd.pair.tx,
        refill_ring=pmd.pair.rx,
        refill_chunk=handed_back,
        refill_above=handed_back - 1,
        select="switch",
        switch=switch,
        backend=True,
        spread=add_spread(builder, machine.host, name, (*drawn, "d_rx_pk", "d_tx_pk")),
        service=add_lookups(builder, model, name, carried),
        stage=builder.stage(BACKEND),
    )


def add_lookups(builder: PlanBuilder, model: Host, name: str, carried: PolledSwitch) -> int:
    """Stream of the further look-ups of packets in the switch `carried`; -1 without any."""
    if not carried.lookups:
        return NONE
    choices = [sum(model.ps(cost) for cost in costs) for costs, _ in carried.lookups]
    weights = [weight for _, weight in carried.lookups]
    return builder.stream(draws.table(f"{name}:lookup", choices, weights))


def _add_pmd(machine: Machine, number: int, core: int) -> Pmd:
    builder, name = machine.builder, f"{machine.port.prefix}pmd{number}"
    worker = builder.promise(Worker)
    executor = machine.cpus.core(core, f"{machine.switch.polled.name} {name}")
    thread = builder.add(Thread(name=f"{name}.thread", executor=executor, kind="workers", label="pmd_work"))
    doorbell_ps = _cost(machine, "pmd.doorbell_ps") // 2  # the same store in both directions
    owner = GuestSettings(name=name, datapath="native")
    pair = add_queue_pair(builder, machine.port, owner, f"{name}.port", NONE, worker, doorbell_ps, doorbell_ps)
    return Pmd(worker, thread, pair)


def _cost(machine: Machine, charge: str) -> int:
    return total(machine.host.model, _STEPS, charge)
