"""Xen's split driver: netfront in the guest, netback in the driver domain, pages that are granted, event channels in place of kicks.

1. Receive: the driver domain's softirq takes a frame, bridges it and queues it on the guest's interface; a kernel thread copies it into
   pages that the guest has granted, 64 copies in a hypercall, and notifies the guest by an event channel.
2. Transmit: the guest grants the page, posts a request and, if the backend asked for it, notifies it by a hypercall. A softirq of the
   driver domain copies the head and maps the rest, bridges and sends.
3. The guest is told of sent packets when half of what is outstanding is done.

*Scope*: an HVM guest whose upcall is injected as an irqfd's interrupt is here; the driver domain is the host, its vCPUs always there. One
request for each packet. Grants, their hypercalls and unmapping are in the cost per packet, which was read for small frames; the bytes come
on top. No credit scheduler of Xen's, no byte limit of the interface, no carrier loss after 60 s.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths import paravirtual
from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import Backend, Direction, thread_wake
from simulator.parts import driver, stack_steps, virtio, vmm
from simulator.parts.machine import Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.parts.uplink import SEND_STEPS
from simulator.plan.model import DescRing, Gate, Notify

BATCH = 64
"""Linux drivers/net/xen-netback/common.h, rx.c: copies in a hypercall; NAPI weight of transmit."""
COMPLETION_DELAY = (1, 2)
"""Linux drivers/net/xen-netfront.c, xennet_tx_buf_gc: half of the requests outstanding."""
_FRONT, _BACK = "Linux drivers/net/xen-netfront.c", "Linux drivers/net/xen-netback"
_THREAD = "netback thread"
_NOTIFY = Step("event channel", _THREAD, "irqfd.signal_ps", ("x_evtchn",), "if the guest asked for it", source=_BACK)


def guest_steps() -> tuple[Step, ...]:
    """Driver, stack and application in the guest: receive, then send up to the hypercall."""
    where, task = "vCPU's core, hypervisor", "vCPU's core, hypervisor"
    refill = Step(
        "give buffers back, notify", where, "napi.doorbell_ps", ("x_evtchn",), "if the backend waits for buffers", "HYPERCALL",
        once=False, source=_FRONT,
    )  # fmt: skip
    kick = Step(
        "event channel",
        task,
        "send.doorbell_ps",
        ("x_evtchn",),
        "if the backend asked for it",
        "HYPERCALL",
        source=_FRONT,
    )
    revoke = Step("revoke the grant", "vCPU, softirq", "napi.packet_ps", ("x_grant",), source=_FRONT)
    return (
        *stack_steps.receive_steps("g", refill),
        revoke,
        *stack_steps.send_steps("g", ("g_drv_tx_pk", "x_grant"), kick),
    )


def add_rings(
    machine: Machine, guest: GuestSettings, site: driver.Site, used: tuple[Notify, Notify], backend: int
) -> QueuePair:
    """Shared rings of one queue; notifications are hypercalls."""
    pair = virtio.add_rings(machine, guest, site, used, backend)
    builder = machine.builder
    for ring in (pair.rx, pair.tx):
        gate = builder.get(DescRing, ring).avail_gate
        builder.change(DescRing, ring, avail_gate=replace(gate, notify=replace(gate.notify, exit="HYPERCALL")))
    if guest.napi_tx:
        builder.change(DescRing, pair.tx, used_gate=Gate("event", used[1], *COMPLETION_DELAY))
    return pair


BACKEND = Backend(
    label="netback",
    account="host_task",
    in_softirq=True,
    guest_steps=guest_steps,
    rings=add_rings,
    receive=Direction(
        steps=(
            *thread_wake(_THREAD, _BACK),
            Step("grant copy, response", _THREAD, "backend.packet_ps", ("x_rx_pk",), source=_BACK),
            Step("copy", _THREAD, "backend.byte_fs", ("h_copy_fs",), "per byte", source=_BACK),
            _NOTIFY,
        ),
        budget_packets=BATCH,
        recheck="requeue",
        publish_every=BATCH,
    ),
    send=Direction(
        steps=(
            Step(
                "copy the head, map the rest, unmap",
                "driver domain, softirq",
                "backend.packet_ps",
                ("x_tx_pk",),
                source=_BACK,
            ),
            *SEND_STEPS,
            _NOTIFY,
        ),
        budget_packets=BATCH,
        recheck="requeue",
        done_every=BATCH,
    ),
    per_queue=True,
)

DATAPATH = Datapath(
    "xen-netfront",
    "Xen's netfront and netback",
    vmm.IRQFD_MODES,
    partial(paravirtual.steps, BACKEND),
    partial(paravirtual.build, BACKEND),
    switch="linux-bridge",
    virtqueues=True,
)
