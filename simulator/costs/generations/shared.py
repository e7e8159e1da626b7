"""Rows that the real generations have in common: readings that exist once and are borrowed by the other machines.

*Scope*: a row moves to its generation's file as soon as that generation has a reading of its own.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from typing import Literal

from simulator.costs.compose import Row, assumed
from simulator.costs.expectations import expected

UNMEASURED = expected(
    "g_irq",
    "g_napi_poll",
    "g_rearm",
    "g_wake_app",
    "g_tx_reap_pk",
    "g_doorbell",
    "g_seg_rx_pk",
    "g_seg_tx_pk",
    "g_csum_fs",
    "g_tick",
    "g_vq_add",
    "k_irqfd",
    "k_pi_wakeup",
    "k_block",
    "q_loop",
    "q_bh",
    "q_irq",
    "q_rx_pk",
    "q_tx_pk",
    "q_vq_rx",
    "q_vq_pop",
    "h_hardirq",
    "h_tap_enq",
    "v_work",
    "s_flood",
    "d_poll",
    "d_rx_burst",
)
"""What no source read gives for any of the three generations."""

SOCKET = (
    Row(
        "g_sock_pk", "0.06", "us", "borrowed", ("ivb_sock_enqueue",), "ivb_sock_enqueue", note="traced on Ivy Bridge-EP"
    ),
    Row(
        "g_app_rx_pk",
        "0.33",
        "us",
        "borrowed",
        ("ivb_read",),
        "ivb_read",
        source_name="syscall",
        note="read() of a small message",
    ),
    Row(
        "g_mmio_wr",
        "175",
        "ns",
        "borrowed",
        ("mmio_wr_spacing",),
        "mean(mmio_wr_spacing)",
        low="50",
        high="300",
        source_name="mmio_write_gap",
        note="spacing of consecutive uncached stores; middle of the range read",
    ),
)

POLL_EXIT = Row(
    "k_poll_exit",
    "1334",
    "ns",
    "borrowed",
    ("guest_ctxsw_idle", "guest_ctxsw_poll"),
    "guest_ctxsw_idle - guest_ctxsw_poll[0]",
    low="1007.18",
    high="1334",
    source_name="halt_wake_polled",
    note="what a guest saves by not halting; contains part of the HLT exit, so an upper bound",
)

POLLING = (
    Row("halt_poll_grow", "2", "ratio", "cited", ("kvm_halt_poll_grow",), "kvm_halt_poll_grow[0]"),
    Row("halt_poll_grow_start_ns", "10000", "ns", "cited", ("kvm_halt_poll_grow",), "kvm_halt_poll_grow[1]"),
)

POLL_LIMIT = Row(
    "halt_poll_max_ns",
    "200000",
    "ns",
    "cited",
    ("kvm_halt_poll_default",),
    "kvm_halt_poll_default[0]",
    source_name="halt_poll_ns",
    note="Linux default on x86",
)

IDLE_EXIT = Row(
    "h_idle_exit",
    "2000",
    "ns",
    "assumed",
    ("irq_latency_range", "hsw_fwdlat_noitr", "hsw_fwdlat_poll"),
    low="1000",
    high="75000",
    note="with interrupt and wake-up 3.9 us on Haswell, 5 to 75 us in a survey; k_wake has an idle exit in it",
)

BRIDGE = Row(
    "s_bridge",
    "1508",
    "cycles",
    "borrowed",
    ("ivb_cyc_bridge",),
    "ivb_cyc_bridge[4]",
    source_name="linux_bridge_fwd",
    note="processing alone; the other 1,436 cycles per packet are the driver's, counted in h_drv_*",
)

NOTIFY_NOTE = "hardware delivers an IPI between vCPUs in this and g_irq together; the sender is in it: an upper bound"
TIMER_NOTE = (
    "Skylake-SP guest timer: idle exit of the host's core and the guest's own wake-up are in it, an upper bound"
)
ROUND_TRIP_NOTE = (
    "round trip of an 8 B read, about 7 ns of it on the link; high: with the measuring device's DMA engine"
)

SEND_CALL = Row(
    "g_app_tx_pk",
    "0.22",
    "us",
    "borrowed",
    ("ivb_write",),
    "ivb_write",
    source_name="syscall",
    note="write() of a small message",
)

DRIVER_SEND = Row(
    "g_drv_tx_pk", "447", "cycles", "borrowed", ("ivb_cyc_ovs",), "ivb_cyc_ovs[1]", source_name="linux_tx_io"
)

MMIO_DOORBELL = Row(
    "k_ioeventfd",
    "314",
    "cycles",
    "borrowed",
    ("ovh_pio_eventfd", "ovh_vmcall", "air_pio_eventfd", "air_vmcall", "ioeventfd_mmio_eq_pio"),
    "(ovh_pio_eventfd - ovh_vmcall) * ioeventfd_mmio_eq_pio",
    low="73",
    high="314",
    source_name="ioeventfd_mmio_kick - exit_light",
    note="difference on one machine of 2013; MMIO costs as much as port I/O since Linux 3.15",
)

THREADS = (
    Row(
        "h_wake",
        "3.035",
        "us",
        "borrowed",
        ("lm_ctx_smp",),
        "mean(lm_ctx_smp)",
        low="1.89",
        high="4.18",
        source_name="wake_other_cpu",
        note="middle of the range read",
    ),
    Row(
        "h_ctxsw",
        "1459.535",
        "cycles",
        "borrowed",
        ("lm_ctx_up",),
        "mean(lm_ctx_up) * 3791",
        low="1402.67",
        high="1516.4",
        source_name="ctx_switch_same_cpu",
        note="at 3791 MHz, scaled by clock",
    ),
)

DOORBELL_LATENCY = Row(
    "p_mmio_wr_lat",
    "280",
    "ns",
    "assumed",
    ("dma_wrrd64_bdw",),
    "dma_wrrd64_bdw / 2",
    low="140",
    high="560",
    source_name="dma_write_visible",
    note="half of a device's write-then-read; taken for the other direction too",
)

REGISTER_ACCESS = assumed(
    "q_mmio",
    "1000",
    "cycles",
    "share of the user exit that holds QEMU's global lock; only the sum with k_exit and q_exit has sources",
)


def kick(status: Literal["cited", "borrowed"]) -> Row:
    """Sender's share of kicking a running vCPU."""
    return Row(
        "k_ipi",
        "600",
        "cycles",
        status,
        ("icx_kick_overhead",),
        "icx_kick_overhead",
        source_name="kick_running_vcpu",
        note="kick without the exit that it causes, which the model counts as k_exit",
    )


def inject(status: Literal["derived", "borrowed"]) -> Row:
    """Injection by software: what APICv saves per interrupt besides the EOI exit."""
    return Row(
        "k_inject",
        "332.75",
        "cycles",
        status,
        ("skx_apicv_saving", "skx_vmcall"),
        "skx_apicv_saving - skx_vmcall[0]",
        source_name="apicv_saving_per_irq",
        note="APICv saves an EOI exit and this per interrupt; the EOI exit is taken as a light exit",
    )


def poll_mode(status: Literal["cited", "borrowed"]) -> tuple[Row, ...]:
    """DPDK per packet, read on Haswell."""
    source, note = ("hsw_dpdk_split",), "bursts of 32, the fixed part of the burst in it"
    return (
        Row("d_rx_pk", "35.4", "cycles", status, source, "hsw_dpdk_split[0]", source_name="dpdk_rx", note=note),
        Row("d_tx_pk", "20.4", "cycles", status, source, "hsw_dpdk_split[1]", source_name="dpdk_tx", note=note),
    )


def receive_in_cycles(status: Literal["derived", "borrowed"]) -> tuple[Row, ...]:
    """Driver and stack receive of a 3.6 GHz Broadwell, kept in cycles: scaled by clock."""
    return (
        Row(
            "g_drv_rx_pk",
            "693.18",
            "cycles",
            status,
            ("bdw_linux_drop_raw", "bdw_pp_fast", "ivb_cyc_ovs"),
            "3600000000 * (1 / bdw_linux_drop_raw - bdw_pp_fast / 10**9)",
            low="490",
            high="880",
            source_name="linux_rx_io + linux_skb_mem",
            note="dropped at the first hook; interrupt and poll, spread over full polls, are in it; not the refill",
        ),
        Row(
            "g_stack_rx_pk",
            "301.92",
            "cycles",
            status,
            ("bdw_linux_drop_raw", "udpnoports_mlx5", "udpnoports_i40e", "bdw_linux_drop_filter"),
            "3600000000 * (1 / udpnoports_mlx5 - 1 / bdw_linux_drop_raw)",
            low="273.84",
            high="371.81",
            source_name="linux_rx_to_udp",
            note="UDP without a listener, less the packets dropped at the first hook",
        ),
        Row(
            "g_refill_pk",
            "19.44",
            "cycles",
            status,
            ("bdw_pp_fast", "bdw_pp_slow"),
            "3600000000 * bdw_pp_fast / 10**9",
            low="19.44",
            high="238.08",
            note="page pool, recycled in softirq; high: from the page allocator",
        ),
    )
