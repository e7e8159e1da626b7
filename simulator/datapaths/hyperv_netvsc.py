"""Hyper-V's synthetic adapter: netvsc in the guest, the virtual switch in the root partition, VMBus rings in between.

1. Receive: the root partition's softirq takes a frame through the switch; a worker copies it into the guest's receive buffer, puts a
   message into the ring and signals only if the ring was empty. The guest copies it again into a buffer of its own.
2. Transmit: the guest copies a small packet into a section of the send buffer, puts a message into the ring, and signals by a hypercall
   only if the ring was empty. The root's worker takes it through the switch to the adapter.
3. Completions are messages of the other direction.

*Scope*: one channel for each queue; rings count packets, not bytes, and sections never run out. The root partition is the host and runs
Linux's driver costs; Hyper-V's own times were never published, so that every cost with `y_` is assumed. No 6,144 B sections with several
packets, no page lists for large ones, no vRSS.
*Validation*: tests/golden/test_further_paths.py; no measurement.
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

_GUEST, _ROOT = "Linux drivers/net/hyperv/netvsc.c, drivers/hv/ring_buffer.c", "Documentation/virt/hyperv/vmbus.rst"
_THREAD = "root partition's worker"
_SIGNAL = Step("signal the guest", _THREAD, "irqfd.signal_ps", ("y_signal",), "if its ring was empty", source=_ROOT)
_COPY = Step("copy", _THREAD, "backend.byte_fs", ("h_copy_fs",), "per byte", source=_ROOT)


def guest_steps() -> tuple[Step, ...]:
    """Driver, stack and application in the guest: receive, then send up to the signal."""
    where = "vCPU's core, hypervisor"
    refill = Step(
        "receive completions, signal", where, "napi.doorbell_ps", ("y_signal",), "if the ring was empty", "HYPERCALL",
        once=False, source=_GUEST,
    )  # fmt: skip
    kick = Step("signal", where, "send.doorbell_ps", ("y_signal",), "if the ring was empty", "HYPERCALL", source=_GUEST)
    message = Step(
        "message, its completion", "vCPU, softirq", "napi.packet_ps", ("y_message", "y_message"), source=_GUEST
    )
    copied = Step(
        "copy out of the receive buffer", "vCPU, softirq", "napi.byte_fs", ("g_copy_fs",), "per byte", source=_GUEST
    )
    section = Step(
        "copy into the send buffer", "vCPU, application", "send.byte_fs", ("g_copy_fs",), "per byte", source=_GUEST
    )
    sent = stack_steps.send_steps("g", ("g_drv_tx_pk", "y_rndis_pk", "y_message"), kick)
    return (*stack_steps.receive_steps("g", refill), message, copied, *sent, section)


def add_rings(
    machine: Machine, guest: GuestSettings, site: driver.Site, used: tuple[Notify, Notify], backend: int
) -> QueuePair:
    """Rings of one channel: either side signals when the ring was empty before."""
    pair = virtio.add_rings(machine, guest, site, used, backend)
    builder = machine.builder
    for ring, notify in ((pair.rx, used[0]), (pair.tx, used[1])):
        gate = builder.get(DescRing, ring).avail_gate
        asked = replace(gate.notify, exit="HYPERCALL")
        # buffers are only asked for by a worker that waits for one
        avail = replace(gate, notify=asked) if ring == pair.rx else Gate("edge", asked)
        builder.change(DescRing, ring, avail_gate=avail, used_gate=Gate("edge", notify))
    if not guest.napi_tx:
        builder.change(DescRing, pair.tx, used_gate=Gate())
    return pair


BACKEND = Backend(
    label="vmswitch",
    account="host_task",
    guest_steps=guest_steps,
    rings=add_rings,
    receive=Direction(
        steps=(
            *thread_wake(_THREAD, _ROOT),
            Step("service provider, message", _THREAD, "backend.packet_ps", ("y_vsp_pk", "y_message"), source=_ROOT),
            _COPY,
            _SIGNAL,
        ),
        budget_packets=64,
        recheck="requeue",
    ),
    send=Direction(
        steps=(
            *thread_wake(_THREAD, _ROOT),
            Step(
                "take the message, service provider, completion",
                _THREAD,
                "backend.packet_ps",
                ("y_message", "y_vsp_pk", "y_message"),
                source=_ROOT,
            ),
            *SEND_STEPS,
            _SIGNAL,
        ),
        budget_packets=64,
        recheck="requeue",
    ),
    per_queue=True,
)


def steps(mode: str) -> tuple[Step, ...]:
    """Steps of both directions in interrupt mode `mode`, in the packet's order, with Hyper-V's own switch."""
    table = paravirtual.steps(BACKEND, mode)
    return tuple(
        replace(
            step,
            name=step.name.replace("bridge", "switch"),
            costs=tuple("s_vmswitch" if name == "s_bridge" else name for name in step.costs),
        )
        for step in table
    )


DATAPATH = Datapath(
    "hyperv-netvsc",
    "Hyper-V's synthetic adapter over VMBus",
    vmm.IRQFD_MODES,
    steps,
    partial(paravirtual.build, BACKEND),
    switch="hyperv-switch",
    virtqueues=True,
)
