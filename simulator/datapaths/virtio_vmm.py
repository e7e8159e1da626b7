"""virtio of a small VMM such as Firecracker: one thread with an event loop serves all devices, without a global lock.

1. Receive: the loop returns from its wait and reads from the tap into the guest's buffers, one readv and one copy per frame, until
   the tap is empty or buffers run out; then it looks once whether the guest wants an interrupt.
2. Transmit: on a kick it takes all packets there are, one writev each; used entries are shown at the end.

*Scope*: one queue pair per guest, no rate limiter, no io_uring. Neither Firecracker nor Cloud Hypervisor published times per frame:
those of QEMU's virtio stand for them, without the second copy and the lock. The thread is booked as `qemu`.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths import paravirtual
from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import Backend, Direction, thread_wake
from simulator.errors import InputError
from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step
from simulator.parts.uplink import SEND_STEPS
from simulator.plan.model import INFINITE_PS

_VMM = "Firecracker src/vmm/src/devices/virtio/net/device.rs"
_THREAD = "VMM thread"
_LOOP = Step("return from the wait, dispatch", _THREAD, "thread.work_ps", ("q_loop",), "per turn", source=_VMM)
_COPY = Step("copy", _THREAD, "backend.byte_fs", ("h_copy_fs",), "per byte", source=_VMM)
_SIGNAL = Step("signal the irqfd", _THREAD, "irqfd.signal_ps", ("k_irqfd",), "if the guest asked for it", source=_VMM)

BACKEND = Backend(
    label="qemu",
    receive=Direction(
        steps=(
            *thread_wake(_THREAD, _VMM),
            _LOOP,
            Step("readv from the tap", _THREAD, "backend.packet_ps", ("q_tap_rd",), source=_VMM),
            Step("buffers of the guest", _THREAD, "backend.packet_ps", ("q_vq_rx",), source=_VMM),
            _COPY,
            _SIGNAL,
        ),
        budget_packets=INFINITE_PS,
        recheck="inplace",
        publish_every=INFINITE_PS,
    ),
    send=Direction(
        steps=(
            *thread_wake(_THREAD, _VMM),
            _LOOP,
            Step("take a packet", _THREAD, "backend.packet_ps", ("q_vq_pop",), source=_VMM),
            Step("writev to the tap", _THREAD, "backend.packet_ps", ("q_tap_wr",), source=_VMM),
            _COPY,
            *SEND_STEPS,
            _SIGNAL,
        ),
        budget_packets=INFINITE_PS,
        recheck="inplace",
        done_every=INFINITE_PS,
    ),
    per_queue=False,
)


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach one VM with a virtio device of one queue pair."""
    if guest.queues > 1:
        raise InputError(f"guests.{guest.name}.queues", "virtio-vmm has one queue pair for each guest", guest.queues)
    return paravirtual.build(BACKEND, machine, guest)


DATAPATH = Datapath(
    "virtio-vmm",
    "virtio, the event loop of a small VMM",
    paravirtual.MODES,
    partial(paravirtual.steps, BACKEND),
    build,
    switch="linux-bridge",
    virtqueues=True,
)
