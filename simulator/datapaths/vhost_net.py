"""vhost-net: virtio with the data copied by a kernel thread of the host, one for each queue pair.

1. Receive: the thread takes frames from the tap queue, copies each into a buffer of the guest, and publishes them when it
   has 65 or none is left; then it looks whether the guest wants an interrupt.
2. Transmit: the thread takes up to 64 frames at a time, copies them, and hands the batch to the tap device; bridge and
   host driver run there and then.
3. After 256 packets or 512 KiB a direction queues behind the other one.

*Scope*: no busy polling, no zero-copy transmit. What publishing costs is paid once per turn of the thread, at its beginning;
the further publications of a long turn, one in 65 packets, are free.
*Validation*: tests/golden/test_vhost.py (11,577.68 ns), tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths import paravirtual
from simulator.datapaths.model import Datapath
from simulator.datapaths.paravirtual import Backend, Direction, thread_wake
from simulator.parts.steps import Step
from simulator.parts.uplink import SEND_STEPS

BUDGET_PACKETS = 256
BUDGET_BYTES = 524_288
TX_BATCH = 64
RX_PUBLISH = 65

_VHOST = "Linux drivers/vhost/net.c, vhost.c"
_THREAD = "vhost thread"
_WAKE = thread_wake(_THREAD, _VHOST)
_WORK = Step("take the work item", _THREAD, "thread.work_ps", ("v_work",), "per turn", source=_VHOST)
_SIGNAL = Step("signal the irqfd", _THREAD, "irqfd.signal_ps", ("k_irqfd",), "if the guest asked for it", source=_VHOST)
_COPY = Step("copy", _THREAD, "backend.byte_fs", ("h_copy_fs",), "per byte", source=_VHOST)

BACKEND = Backend(
    label="vhost",
    receive=Direction(
        steps=(
            *_WAKE,
            _WORK,
            Step(
                "publish, compare with the event index",
                _THREAD,
                "thread.work_ps",
                ("v_signal",),
                "per turn",
                source=_VHOST,
            ),
            Step("get a buffer, fill it", _THREAD, "backend.packet_ps", ("v_rx_pk",), source=_VHOST),
            Step(
                "a further buffer",
                _THREAD,
                "backend.merge_ps",
                ("v_desc_pk",),
                "per merged frame",
                once=False,
                source=_VHOST,
            ),
            _COPY,
            _SIGNAL,
        ),
        budget_packets=BUDGET_PACKETS,
        budget_bytes=BUDGET_BYTES,
        recheck="inplace",
        publish_every=RX_PUBLISH,
    ),
    send=Direction(
        steps=(
            *_WAKE,
            _WORK,
            Step("get a frame", _THREAD, "backend.packet_ps", ("v_tx_pk",), source=_VHOST),
            _COPY,
            Step(
                "hand the batch to the tap",
                _THREAD,
                "backend.batch_ps",
                ("v_flush",),
                "per 64 packets or turn",
                source=_VHOST,
            ),
            *SEND_STEPS,
            _SIGNAL,
        ),
        budget_packets=BUDGET_PACKETS,
        budget_bytes=BUDGET_BYTES,
        recheck="inplace",
        chunk=TX_BATCH,
    ),
    per_queue=True,
)

DATAPATH = Datapath(
    "vhost-net",
    "virtio, vhost-net in the host's kernel",
    paravirtual.MODES,
    partial(paravirtual.steps, BACKEND),
    partial(paravirtual.build, BACKEND),
    switch="linux-bridge",
    virtqueues=True,
)
