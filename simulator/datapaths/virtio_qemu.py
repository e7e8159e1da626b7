"""virtio with QEMU as the backend: the main loop of the guest's process reads and writes the tap device.

1. Receive: the loop returns from its wait, reads up to 50 frames from the tap one by one (a first copy), fills a buffer of
   the guest with each (a second copy), and signals an irqfd if the guest asked for it.
2. Transmit: the guest's kick makes the loop schedule a bottom half, which takes up to 256 packets, each mapped and written to
   the tap; bridge and host driver run inside that write.

*Scope*: one main loop per guest, whatever its queue pairs. The loop holds the global lock while it works; the
guest's kicks end in KVM and do not need it.
*Validation*: tests/golden/test_vhost.py, tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths import paravirtual
from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import Backend, Direction, thread_wake
from simulator.parts.steps import Step
from simulator.parts.uplink import SEND_STEPS

TAP_READS = 50
TX_BURST = 256

_QEMU = "QEMU net/tap.c, hw/net/virtio-net.c, util/main-loop.c"
_THREAD = "QEMU main loop"
_WAKE = thread_wake(_THREAD, _QEMU)
_LOOP = Step("return from the wait, dispatch", _THREAD, "thread.work_ps", ("q_loop",), "per turn", source=_QEMU)
_SIGNAL = Step("signal the irqfd", _THREAD, "irqfd.signal_ps", ("k_irqfd",), "if the guest asked for it", source=_QEMU)

BACKEND = Backend(
    label="qemu",
    receive=Direction(
        steps=(
            *_WAKE,
            _LOOP,
            Step("read from the tap", _THREAD, "backend.packet_ps", ("q_tap_rd",), source=_QEMU),
            Step("get a buffer, fill it", _THREAD, "backend.packet_ps", ("q_vq_rx",), source=_QEMU),
            Step("two copies", _THREAD, "backend.byte_fs", ("h_copy_fs", "h_copy_fs"), "per byte", source=_QEMU),
            _SIGNAL,
        ),
        budget_packets=TAP_READS,
        recheck="requeue",
    ),
    send=Direction(
        steps=(
            *_WAKE,
            _LOOP,
            Step("bottom half", _THREAD, "thread.work_ps", ("q_bh",), "per turn", source=_QEMU),
            Step("pop and map", _THREAD, "backend.packet_ps", ("q_vq_pop",), source=_QEMU),
            Step("write to the tap", _THREAD, "backend.packet_ps", ("q_tap_wr",), source=_QEMU),
            Step("copy", _THREAD, "backend.byte_fs", ("h_copy_fs",), "per byte", source=_QEMU),
            *SEND_STEPS,
            _SIGNAL,
        ),
        budget_packets=TX_BURST,
        recheck="requeue",
    ),
    per_queue=False,
    locked=True,
)

DATAPATH = Datapath(
    "virtio-qemu",
    "virtio, QEMU's main loop",
    paravirtual.MODES,
    partial(paravirtual.steps, BACKEND),
    partial(paravirtual.build, BACKEND),
    switch="linux-bridge",
    virtqueues=True,
)
