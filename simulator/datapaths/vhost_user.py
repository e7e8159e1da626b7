"""vhost-user: virtio whose backend is a polling switch in user space (OVS-DPDK, VPP, testpmd).

1. Receive: the switch's thread finds the frame in the adapter's ring, looks it up, copies it into a buffer of the guest and, if
   the guest asked for it, calls the guest with a system call.
2. Transmit: the guest posts and tells nobody; the switch's thread finds the packet, copies it, looks it up and sends it.
3. In poll mode the guest's driver looks at the rings itself and is never called.

*Scope*: what `simulator.parts.polled` leaves out. A frame for another guest of the host is copied out of the one and into the
other by one thread. A guest's poll-mode driver costs on virtqueues what it costs on an adapter's rings.
*Validation*: tests/golden/test_vhost_user.py, tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import require_no_port_features
from simulator.datapaths.queues import attach
from simulator.parts import driver, poll_mode, polled, virtio, vmm
from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step, total
from simulator.plan.model import NONE, Notify, Sink, Worker

MODES = (*vmm.IRQFD_MODES, "poll")


def steps(mode: str) -> tuple[Step, ...]:
    """Steps of both directions in interrupt mode `mode`, in the packet's order."""
    if mode == "poll":
        return (*polled.RECEIVE_STEPS, *poll_mode.STEPS, *poll_mode.SEND_STEPS, *polled.SEND_STEPS)
    guest = (*vmm.IRQFD_STEPS[mode], *virtio.quiet_steps())
    return (*polled.RECEIVE_STEPS, polled.CALL, *guest, *polled.SEND_STEPS)


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one VM with a virtio device of `queues` queue pairs."""
    vmm.require_mode(machine.host, guest, MODES)
    vmm.require_one_direction(guest)
    require_no_port_features(guest)
    mac = polled.join_polled(machine, guest)
    sink = machine.builder.add(Sink(name=f"{guest.name}.sink"))
    vcpus = vmm.add_vcpus(machine, guest)
    sends = [_add_queue(machine, guest, queue, vcpus, sink) for queue in range(guest.queues)]
    return attach(machine, guest, mac, sink, sends)


def _add_queue(machine: Machine, guest: GuestSettings, queue: int, vcpus: list[int], sink: int) -> int:
    """One queue pair. Returns the fifo to send from, or -1."""
    name, vcpu = f"{guest.name}.q{queue}", vcpus[queue % len(vcpus)]
    app = driver.add_thread(machine, name, driver.application_vcpu(guest, vcpus, queue), "g")
    site = driver.Site(name, vcpu, app, "g", virtio.quiet_steps())
    worker, pmd = machine.builder.promise(Worker), polled.next_pmd(machine)
    used = None if guest.mode == "poll" else _interrupts(machine, guest, site, worker)
    poller = worker if guest.mode == "poll" else NONE
    pair = virtio.add_polled_rings(machine, guest, site, used, pmd.worker, poller)
    polled.add_rings(machine, pmd, pair, (*polled.RECEIVE_STEPS, *polled.SEND_STEPS))
    if guest.mode == "poll":
        return poll_mode.add_poller(machine, guest, site, worker, pair, sink)
    driver.add_receiver(machine, guest, site, worker, pair, sink, virtio.REFILL)
    return driver.add_sender(machine, guest, site, pair) if guest.sends else NONE


def _interrupts(machine: Machine, guest: GuestSettings, site: driver.Site, worker: int) -> tuple[Notify, Notify]:
    signal_ps = total(machine.host.model, (polled.CALL,), "irqfd.signal_ps")
    rx, tx = (
        Notify("irq", vmm.add_route(machine, guest, f"{site.name}.{side}", site.softirq, worker, "irqfd"), signal_ps)
        for side in ("rx", "tx")
    )
    return rx, tx


DATAPATH = Datapath(
    "vhost-user", "virtio, a polling switch in user space", MODES, steps, build, switch="ovs-dpdk", virtqueues=True
)
