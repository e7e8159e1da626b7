"""What a field is when nobody sets it: a number of Linux, KVM or a driver that is named here, or nothing at all.

A default that is wrong by one shows in no picture, and nearly every plan states its own; so each stands here once more, by where it comes from.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from simulator.parts import settings
from simulator.plan import model
from simulator.prove.plans import Flood
from simulator.sriov.model import Model

MS, US = 10**9, 10**6
NEVER = 1 << 62
NAMED = {
    # Linux kernel/sched/fair.c before EEVDF, on eight cores and more: 6, 0.75 and 1 ms, each times 1 + log2(8)
    **{
        (owner, field): value
        for owner in ("Executor", "Scheduler")
        for field, value in (
            ("latency_ps", 24 * MS),
            ("min_granularity_ps", 3 * MS),
            ("wakeup_granularity_ps", 4 * MS),
            ("quantum_ps", 30 * MS),
        )
    },
    # net.core.netdev_budget, MAX_SOFTIRQ_TIME and MAX_SOFTIRQ_RESTART
    ("Executor", "soft_budget"): 300,
    ("Executor", "soft_time_ps"): 2 * MS,
    ("Executor", "soft_restarts"): 10,
    ("Executor", "sibling_speed"): 1024,
    # KVM: halt_poll_ns_grow, halt_poll_ns_grow_start; QEMU's machines shrink by two
    ("Executor", "halt_poll_grow"): 2,
    ("Executor", "halt_poll_grow_start_ps"): 10 * US,
    ("Executor", "halt_poll_shrink"): 2,
    ("Thread", "weight"): 1024,
    # sched_cfs_bandwidth_slice_us; a period of 100 ms
    ("Quota", "slice_ps"): 5 * MS,
    ("GuestSettings", "quota_period_ps"): 100 * MS,
    # NAPI_POLL_WEIGHT; drivers refill in bulks of 32
    ("Worker", "budget_packets"): 64,
    ("Worker", "refill_chunk"): 32,
    # TCP_RTO_MIN, the shortest frame without its check sum, Ethernet, IPv4 and TCP in front of every segment
    ("Source", "timeout_ps"): 200 * MS,
    # Reno: a packet more for each window, half of it left after a loss, in 1/1024
    ("Source", "grow"): 1024,
    ("Source", "shrink"): 512,
    ("Source", "response_bytes"): 60,
    ("GuestSettings", "reply_bytes"): 60,
    ("Dma", "segment_header_bytes"): 54,
    # PCIe: payload, read request and completion boundary; a message is a write of 4 bytes with 24 around it
    ("Dma", "mps_bytes"): 256,
    ("Dma", "mrrs_bytes"): 512,
    ("Dma", "completion_bytes"): 256,
    ("Dma", "max_reads"): 64,
    ("PortSettings", "mps_bytes"): 256,
    ("PortSettings", "mrrs_bytes"): 512,
    ("Moderator", "msi_bytes"): 28,
    ("Moderator", "unmask_bytes"): 28,
    ("Dma", "page_bytes"): 4096,
    ("DescRing", "descriptor_bytes"): 16,
    ("DescRing", "writeback_bytes"): 16,
    ("DescRing", "stride_bytes"): 2048,
    # CONFIG_HZ of distributions; testpmd's burst; a full frame for each turn; a bucket of 16 KiB and 32 packets
    ("HostSettings", "tick_hz"): 250,
    ("PolledSwitch", "frame"): 32,
    ("PortSettings", "quantum_bytes"): 1514,
    ("GuestSettings", "burst_bytes"): 16_384,
    ("GuestSettings", "burst_packets"): 32,
    # net.core.rmem_default in packets of 832 bytes; txqueuelen
    ("GuestSettings", "socket_buffer"): 256,
    ("GuestSettings", "send_queue"): 1000,
    # an Ethernet controller; pages of 4 KiB to 4 MiB; where MSI-X tables are
    ("Model", "class_code"): 0x020000,
    ("Model", "supported_pages"): 0x553,
    ("Model", "msix_bar"): 3,
    ("Model", "pba_offset"): 0x2000,
}  # fmt: skip
ONE_BY_ONE = {
    "Gate.delay_den", "Source.window", "Source.ack_every", "Source.reorder", "Dma.walkers", "Fifo.wake_free", "DescRing.writeback_group", "DescRing.wake_free",
    "DescRing.hold_group", "Input.weight", "Input.publish_every", "Output.publish_every", "Worker.chunk", "GuestSettings.vcpus",
    "GuestSettings.queues", "GuestSettings.nics", "GuestSettings.weight", "GuestSettings.doorbell_batch", "Flood.senders", "Model.revision",
}  # fmt: skip
"""One at a time, one of them, or a share like everybody's."""
ENDLESS = {
    "Source.stop_ps", "Source.max_packets", "Source.backlog_ps", "Moderator.frames", "Moderator.tx_frames", "Moderation.frames", "Output.room_ps",
    "Worker.budget_bytes",
}  # fmt: skip
NOBODY = {
    "Notify.target", "Notify.lock", "Source.gap", "Source.think", "Source.record", "Sink.reply_link", "Link.stage", "Link.target",
    "Dma.memory_spread", "Dma.read_stage", "Dma.iotlb_entries", "Fifo.poller", "DescRing.moderator", "DescRing.dma", "DescRing.poller",
    "DescRing.hold_ps", "DescRing.base_bytes", "DescRing.order", "Switch.default_port", "Moderator.dma", "Moderator.stage", "Moderator.worker",
    "Moderator.tx_interval_ps", "IrqRoute.core", "IrqRoute.vcpu", "Executor.sibling", "Executor.ksoftirqd", "Executor.spread", "Executor.thread",
    "Thread.vcpu", "Thread.lock", "Thread.quota", "Tick.gap", "Tick.length", "Input.shaper", "Input.floor", "Input.share", "Output.fifo",
    "Output.dst", "Worker.reap_ring", "Worker.refill_ring", "Worker.switch", "Worker.spread", "Worker.service", "Worker.stage",
    "Worker.notify_stage", "Worker.moderator", "Worker.merge_ps", "Worker.stream_ps", "Worker.ack_ps", "Worker.spin",
}  # fmt: skip
"""-1: no other entity, no stream, no stage, no difference."""
SWITCHED_ON = {
    "Executor.demote",
    "HostSettings.demote",
    "GuestSettings.checksum",
    "GuestSettings.gro",
    "GuestSettings.napi_tx",
    "Model.checks_page_size",
}


def _classes(*modules: ModuleType) -> Iterator[type]:
    for module in modules:
        for one in vars(module).values():
            if inspect.isclass(one) and dataclasses.is_dataclass(one) and one.__module__ == module.__name__:
                yield one


OWNERS = (*_classes(model, settings), Flood, Model)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_a_default_is_a_number_with_a_name_or_none_at_all(owner: type) -> None:
    for field in dataclasses.fields(owner):
        name = f"{owner.__name__}.{field.name}"
        if type(field.default) is bool:
            assert field.default is (name in SWITCHED_ON), name
        elif type(field.default) is int:
            wanted = (
                NAMED.get((owner.__name__, field.name))
                or (1 if name in ONE_BY_ONE else 0)
                or (NEVER if name in ENDLESS else 0)
                or (-1 if name in NOBODY else 0)
            )
            assert field.default == wanted, name


def test_every_name_here_is_a_field() -> None:
    fields = {f"{owner.__name__}.{field.name}" for owner in OWNERS for field in dataclasses.fields(owner)}
    known = {".".join(name) for name in NAMED} | ONE_BY_ONE | ENDLESS | NOBODY | SWITCHED_ON
    assert known <= fields
