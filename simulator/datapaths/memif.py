"""memif: a container's process and a polling switch share memory, two rings and the buffers behind them.

1. Receive: the switch's thread finds the frame in the adapter's ring, looks it up, and copies it into the shared buffers.
2. Transmit: the process fills a buffer and tells nobody; the switch's thread finds and copies it, looks it up and sends it.
3. Both sides poll, each process on a core of its own; there are no interrupts and no guest.

*Scope*: `simulator.parts.polled`; interrupt mode is left out. What a memif ring costs per packet was never published apart from a
virtqueue's: half of that is assumed, since there are no descriptor chains and no guest addresses to translate.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.datapaths.container import require_plain
from simulator.datapaths.model import Datapath
from simulator.datapaths.queues import attach
from simulator.parts import driver, poll_mode, polled, vmm
from simulator.parts.machine import Attachment, Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.plan.model import NONE, DescRing, Sink, Worker

RING_SLOTS = 1_024
"""VPP src/plugins/memif: default ring size."""
_RINGS = {"d_vq_enq_pk": "d_memif_pk", "d_vq_deq_pk": "d_memif_pk"}


def _of_memif(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, costs=tuple(_RINGS.get(name, name) for name in step.costs)) for step in steps)


RECEIVE, SEND = _of_memif(polled.RECEIVE_STEPS), _of_memif(polled.SEND_STEPS)


def steps(_mode: str) -> tuple[Step, ...]:
    """Steps of both directions, in the packet's order."""
    return (*RECEIVE, *poll_mode.STEPS, *poll_mode.SEND_STEPS, *SEND)


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one process with `queues` pairs of rings and threads."""
    if guest.next_hop is None:
        require_plain(guest)
    vmm.require_one_direction(replace(guest, vcpus=max(guest.vcpus, guest.queues)))
    builder = machine.builder
    mac = polled.join_polled(machine, guest)
    sink = builder.add(Sink(name=f"{guest.name}.sink"))
    sends = []
    for queue in range(guest.queues):
        name = f"{guest.name}.q{queue}"
        number = guest.cores[queue % len(guest.cores)] if guest.cores else machine.cpus.own()
        core = machine.cpus.core(number, name)
        site = driver.Site(name, core, driver.add_thread(machine, name, core, "h"), "h", ())
        worker, pmd = builder.promise(Worker), polled.next_pmd(machine)
        rx = builder.add(DescRing(f"{name}.rx", "rx", guest.rx_ring or RING_SLOTS, poller=worker))
        tx = builder.add(DescRing(f"{name}.tx", "tx", guest.tx_ring or RING_SLOTS, poller=pmd.worker))
        pair = QueuePair(rx, tx, NONE)
        polled.add_rings(machine, pmd, pair, (*RECEIVE, *SEND))
        sends.append(poll_mode.add_poller(machine, guest, site, worker, pair, sink))
    return attach(machine, guest, mac, sink, sends)


DATAPATH = Datapath(
    "memif", "container, shared memory with a polling switch", ("poll",), steps, build, switch="ovs-dpdk", on_host=True
)
