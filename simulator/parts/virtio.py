"""A virtio network device as the guest's driver sees it: two rings in shared memory, each with an event index both ways.

1. Receive: the backend fills buffers, publishes them, and interrupts if that passes the index that the driver asked for.
   Buffers go back when more than 32 are missing; the backend is kicked only if it waits for one.
2. Transmit: the driver posts, and kicks if that passes the index that the backend asked for: a light exit, an ioeventfd.
3. Completions interrupt once three quarters of what is outstanding are done; the same poll that receives frees them. The
   driver stops its queue while fewer than 19 descriptors are free.

*Scope*: split ring, EVENT_IDX, one descriptor per packet that is sent (indirect descriptors), mergeable receive buffers,
interrupt per virtqueue. With NAPI for transmit only the poll frees sent packets (Linux does so also when it sends); without,
only the send call does, nothing interrupts, and a full ring drops where Linux stops its queue and asks for an interrupt.
*Validation*: tests/golden/test_vhost.py (accesses and interrupts per packet), tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from simulator.errors import InputError
from simulator.parts import driver, poll_mode, stack_steps
from simulator.parts.machine import Machine
from simulator.parts.nic import QueuePair
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.plan.model import NONE, DescRing, Gate, Notify

RING_DESCRIPTORS = 256
"""QEMU hw/net/virtio-net.c: default size of both queues."""
KEPT_FREE = 18
"""Linux drivers/net/virtio_net.c: the queue stops below 2 + MAX_SKB_FRAGS = 19 free descriptors and starts again there."""
BUFFER_BYTES = 1_536
REFILL = driver.Refill(chunk=64, above=32)
"""virtnet_receive: after the poll, when more than min(64, ring) / 2 buffers are missing."""
COMPLETION_DELAY = (3, 4)
"""virtqueue_enable_cb_delayed, Linux drivers/virtio/virtio_ring.c."""

_DRIVER = "Linux drivers/net/virtio_net.c, virt/kvm/eventfd.c"
_KICK = ("k_exit", "k_ioeventfd")
_KICKS = ("napi.doorbell_ps", "send.doorbell_ps")


def guest_steps() -> tuple[Step, ...]:
    """Driver, stack and application in the guest: receive, then send up to the kick."""
    refill = Step(
        "give buffers back, kick",
        "vCPU's core, KVM",
        "napi.doorbell_ps",
        _KICK,
        "if the backend waits for buffers",
        "IOEVENTFD",
        once=False,
        source=_DRIVER,
    )
    kick = Step(
        "kick",
        "vCPU's core, KVM",
        "send.doorbell_ps",
        _KICK,
        "if the backend asked for it",
        "IOEVENTFD",
        source=_DRIVER,
    )
    return (*stack_steps.receive_steps("g", refill), *stack_steps.send_steps("g", ("g_drv_tx_pk", "g_vq_add"), kick))


def polled_steps() -> tuple[Step, ...]:
    """A driver in poll mode under a backend that sleeps: it kicks as any other, and nothing interrupts it."""
    refill, kick = (step for step in guest_steps() if step.charge in _KICKS)
    return (*poll_mode.STEPS, refill, *poll_mode.SEND_STEPS, kick)


def quiet_steps() -> tuple[Step, ...]:
    """The same under a backend that polls, which is never kicked."""
    return tuple(step for step in guest_steps() if step.charge not in _KICKS)


def add_polled_rings(
    machine: Machine,
    guest: GuestSettings,
    site: driver.Site,
    used: tuple[Notify, Notify] | None,
    backend: int,
    poller: int,
) -> QueuePair:
    """Virtqueues whose backend polls: nobody kicks. `used` are the guest's interrupts, None with a `poller` of its own."""
    pair = add_rings(machine, guest, site, used or (Notify(), Notify()), NONE)
    builder = machine.builder
    builder.change(DescRing, pair.rx, avail_gate=Gate())
    builder.change(DescRing, pair.tx, avail_gate=Gate(), poller=backend)
    if used is None:
        poll_rings(machine, pair, poller)
    return pair


def poll_rings(machine: Machine, pair: QueuePair, poller: int) -> None:
    """Virtqueues that interrupt nobody, since `poller` looks at them."""
    machine.builder.change(DescRing, pair.rx, used_gate=Gate(), poller=poller)
    machine.builder.change(DescRing, pair.tx, used_gate=Gate())


def add_rings(
    machine: Machine, guest: GuestSettings, site: driver.Site, used: tuple[Notify, Notify], backend_tx: int
) -> QueuePair:
    """The virtqueues of one queue pair; `used` are the interrupts of receive and transmit, `backend_tx` is kicked."""
    builder = machine.builder
    kick_ps, refill_kick_ps = driver.doorbell_costs(machine, site)
    rx_size, tx_size = guest.rx_ring or RING_DESCRIPTORS, guest.tx_ring or RING_DESCRIPTORS
    for key, size, least in (("rx_ring", rx_size, REFILL.above), ("tx_ring", tx_size, KEPT_FREE)):
        if size <= least:
            raise InputError(f"guests.{guest.name}.{key}", f"a virtqueue needs more than {least} descriptors", size)
    received, sent = used
    rx = builder.add(
        DescRing(
            name=f"{site.name}.rx",
            kind="rx",
            size=rx_size,
            buffer_bytes=BUFFER_BYTES,
            avail_gate=Gate("event", Notify("resume", builder.count(DescRing), refill_kick_ps, "IOEVENTFD")),
            used_gate=Gate("event", received),
        )
    )
    delay_num, delay_den = COMPLETION_DELAY
    tx = builder.add(
        DescRing(
            name=f"{site.name}.tx",
            kind="tx",
            # The driver never uses the descriptors that it keeps free, so the ring behaves as one without them.
            size=tx_size - KEPT_FREE,
            avail_gate=Gate("event", Notify("wake", backend_tx, kick_ps, "IOEVENTFD")),
            used_gate=Gate("event", sent, delay_num, delay_den) if guest.napi_tx else Gate(),
        )
    )
    return QueuePair(rx, tx, NONE)
