"""Poll mode: one thread that never sleeps looks at the ring, and the application works on the packet where it lies.

What a packet costs was read over whole bursts of 32, both doorbells included: they ring, and cost nothing besides.

The costs of the driver spread from packet to packet; the time that an application states is its own. One that drains (DPDK's l2fwd,
l3fwd) holds what it sends until there are 32 packets or a time has passed.

*Scope*: one thread for each queue. A thread that both receives and sends pays the dearer of the two per packet.
*Validation*: tests/golden, tests/phenomena.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.parts.cpu import add_spread
from simulator.parts.driver import REFILL_CHUNK, Site
from simulator.parts.machine import Machine
from simulator.parts.nic import PEER, QueuePair
from simulator.parts.polled import add_lookups
from simulator.parts.settings import GuestSettings, PolledSwitch
from simulator.parts.stages import POLLING
from simulator.parts.steps import Step, names, total
from simulator.plan.model import NONE, DescRing, Fifo, Input, Output, Switch, Worker

BURST = 32
PUBLISH = 32
_DPDK = "DPDK poll-mode drivers of ixgbe and ice"

STEPS: tuple[Step, ...] = (
    Step("look at the ring", "vCPU, poll-mode thread", "poll.loop_ps", ("d_poll",), "per empty pass", source=_DPDK),
    Step("receive, give buffers back", "vCPU, poll-mode thread", "poll.packet_ps", ("d_rx_pk",), source=_DPDK),
)
SEND_STEPS: tuple[Step, ...] = (
    Step("send, with doorbell", "vCPU, poll-mode thread", "poll.send_ps", ("d_tx_pk",), source=_DPDK),
)


def add_poller(machine: Machine, guest: GuestSettings, site: Site, worker: int, pair: QueuePair, sink: int) -> int:
    """The poll-mode thread of one queue. Returns the fifo its application sends from, -1 if it sends nothing."""
    builder, host = machine.builder, machine.host
    model = host.model
    steps = (*STEPS, *SEND_STEPS)
    send_ps = total(model, steps, "poll.send_ps") + (guest.send_ps or 0)
    receive_ps = total(model, steps, "poll.packet_ps") + (guest.receive_ps or 0)
    fifo = (
        builder.add(Fifo(name=f"{site.name}.send", capacity=guest.send_queue, poller=worker)) if guest.sends else NONE
    )
    inputs = (Input("rx", pair.rx), *([Input("fifo", fifo)] if guest.sends else []))
    sent = Output("post", pair.tx, publish_every=min(PUBLISH, guest.batch or PUBLISH), full="drop")
    outputs: tuple[Output, ...] = (Output("sink", sink), sent)
    select = "switch" if guest.sends else "endpoint"
    carried = guest.forwarder or PolledSwitch(frame=BURST)
    if guest.next_hop is not None:
        # everything that comes is addressed anew and sent
        outputs, select = (replace(sent, packet_ps=send_ps, dst=guest.next_hop),), "first"
        machine.forwarders.setdefault(guest.name, []).append((worker, pair.tx))
    handed_back = min(REFILL_CHUNK, max(1, builder.get(DescRing, pair.rx).size // 2))
    builder.keep(
        worker,
        Worker(
            name=f"{site.name}.poll",
            kind="task",
            on=site.thread,
            inputs=inputs,
            outputs=outputs,
            label="pmd_work",
            poll_mode=True,
            loop_ps=total(model, steps, "poll.loop_ps"),
            policy="rr",
            chunk=guest.batch or carried.frame,
            batch_ps=sum(model.ps(cost) for cost in carried.frame_costs),
            packet_ps=max(receive_ps, send_ps)
            if guest.sends
            else receive_ps + sum(model.ps(cost) for cost in carried.packet_costs),
            byte_fs=guest.touch_fs,
            reply_ps=send_ps,
            drain_ps=guest.drain_ps,
            reap_ring=pair.tx,
            refill_ring=pair.rx,
            refill_chunk=handed_back,
            refill_above=handed_back
            - 1,  # a poll-mode driver hands buffers back in full chunks only (DPDK rx_free_thresh)
            select=select,
            switch=_port_or_sink(machine, guest, site) if guest.sends else NONE,
            spread=add_spread(
                builder,
                host,
                f"{site.name}.poll",
                (*names(steps, "poll"), *carried.packet_costs),
                (guest.receive_ps or 0) + (guest.send_ps or 0),
            ),
            service=add_lookups(builder, model, f"{site.name}.poll", carried),
            stage=builder.stage(POLLING),
        ),
    )
    return fifo


def _port_or_sink(machine: Machine, guest: GuestSettings, site: Site) -> int:
    """What arrives goes to the application (port 0), everything else to the ring (port 1)."""
    macs, own = machine.port.addresses.count, machine.port.members[-1].mac
    table = [1] * (len(machine.port.vlans) * macs)
    table[machine.port.vlans.index(guest.vlan) * macs + own] = 0
    assert own != PEER
    return machine.builder.add(Switch(f"{site.name}.forward", macs, tuple(table), ((0, 1), (1, 1)), default_port=1))
