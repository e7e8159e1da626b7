"""Rows that the real generations have in common: readings that exist once and are borrowed by the other machines.

*Scope*: a row moves to its generation's file as soon as that generation has a reading of its own.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from simulator.costs.assemble import StateRow
from simulator.costs.compose import Row, assumed
from simulator.costs.expectations import expected
from simulator.costs.readings import readings

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
    "g_merge_pk",
    "g_buf_pk",
    "g_resched",
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
    "v_desc_pk",
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
    "g_drv_tx_pk",
    "282",
    "cycles",
    "borrowed",
    ("ivb_cyc_ovs", "mmio_wr_spacing"),
    "ivb_cyc_ovs[1] - mmio_wr_spacing[0] * 33 / 10",
    low="117",
    high="447",
    source_name="linux_tx_io",
    note="one tail write per packet taken out, which the model counts apart: the low end of its range, at 3.3 GHz, since "
    "the whole takes 135 ns; high: with it",
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

SWITCH = Row(
    "h_ctxsw",
    "1459.535",
    "cycles",
    "borrowed",
    ("lm_ctx_up",),
    "mean(lm_ctx_up) * 3791",
    low="1402.67",
    high="1516.4",
    source_name="ctx_switch_same_cpu",
    note="at 3791 MHz, scaled by clock; before mitigations",
)
SWITCH_CYCLES = Decimal("1459.535")
_C1_MEASURED = "idle_icx_measured[1] / idle_icx_measured[2]"
_C1_NOTE = (
    "taken out: leaving C1, and the reschedule interrupt, which is in h_wake_run; lines moving between the caches stay"
)

THREADS_2013 = (
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
    SWITCH,
    Row(
        "h_wake_work",
        "663.425",
        "cycles",
        "borrowed",
        ("lm_pipe_up", "lm_null", "lm_ctx_up"),
        "(mean(lm_pipe_up) / 2 - 2 * lm_null - mean(lm_ctx_up)) * 3791",
        low="549.70",
        high="1080.44",
        note="pipe ping-pong on one CPU, one way, less two system calls and the switch; at 3791 MHz, scaled by clock",
    ),
    Row(
        "h_ipi_flight",
        "1597.06",
        "ns",
        "assumed",
        ("lm_ctx_smp", "lm_ctx_up", "idle_ivb", "idle_icx_measured", "zen_avic_ipi"),
        f"(mean(lm_ctx_smp) - mean(lm_ctx_up) - idle_ivb[0] * {_C1_MEASURED}) * 1000 - g_resched",
        low="437.06",
        high="2757.06",
        note=f"switch between two CPUs less that on one; {_C1_NOTE}",
    ),
)
"""Wake-up of a thread as a machine of 2013 did it: bounds from one CPU, flight from two."""


def threads_2022(clock_hz: int) -> tuple[Row, ...]:
    """Wake-up of a thread as a machine of 2022 did it, mitigations on."""
    work = Decimal(1870) - 2 * Decimal("61.67") - ns(SWITCH_CYCLES, clock_hz)
    pipe, table = ("sched_pipe_same", "sched_pipe_cross"), ("idle_icx", "idle_icx_measured")
    return (
        Row(
            "h_wake",
            "4.405",
            "us",
            "borrowed",
            ("sched_pipe_cross",),
            "sched_pipe_cross / 2",
            source_name="wake_other_cpu",
            note="half of a pipe round trip between two CPUs",
        ),
        SWITCH,
        Row(
            "h_wake_work",
            f"{work:.2f}",
            "ns",
            "borrowed",
            ("sched_pipe_same", "cfl_syscall_mitig", "skl_syscall_kpti"),
            "sched_pipe_same * 500 - 2 * cfl_syscall_mitig - h_ctxsw",
            low=f"{work - 2 * (237 - Decimal('61.67')):.2f}",
            high="1870",
            note="pipe ping-pong on one CPU, one way, less two system calls and the switch; high: nothing taken out",
        ),
        Row(
            "h_ipi_flight",
            "1482.06",
            "ns",
            "assumed",
            (*pipe, *table, "zen_avic_ipi"),
            f"(sched_pipe_cross - sched_pipe_same) * 500 - idle_icx[0] * {_C1_MEASURED} * 1000 - g_resched",
            low="624.98",
            high="2535",
            note=f"pipe between two CPUs less that on one; {_C1_NOTE}; low: an IPI that hardware delivers, less g_irq",
        ),
    )


def wakee(clock_hz: int) -> tuple[Row, ...]:
    """What the woken side works, as a thread and as a vCPU."""
    run, leave = ns(SWITCH_CYCLES, clock_hz) + 300, Decimal("599.05")
    polled = ("guest_ctxsw_idle", "guest_ctxsw_poll", "guest_ctxsw_host_poll", "luto2017_cpuid")
    return (
        assumed_sum("h_wake_run", run, "h_ctxsw + g_resched", "reschedule interrupt and schedule in"),
        Row(
            "k_poll_exit",
            f"{leave}",
            "ns",
            "borrowed",
            polled,
            "guest_ctxsw_host_poll[0] - guest_ctxsw_poll[0] - luto2017_cpuid * 10 / 24",
            low="272.23",
            high="1136.97",
            source_name="halt_wake_polled",
            note="ping-pong with the host polling less with the guest polling, less the sender's exit (of 2017, at 2.4 GHz); "
            "the host's polling saves 0 to 0.2 us of 2.49",
        ),
        assumed_sum("k_wake_run", run + leave, "h_wake_run + k_poll_exit", "as a thread, then as after polling"),
    )


def assumed_sum(name: str, value: Decimal, formula: str, note: str) -> Row:
    """A sum with an assumed term."""
    return Row(name, f"{value:.2f}", "ns", "assumed", (), formula, note=note)


def ns(cycles: Decimal | int, clock_hz: int) -> Decimal:
    """Nanoseconds of cycles."""
    return Decimal(cycles) * 10**9 / clock_hz


def idle_state(name: str, reading: str, place: int, own: bool, leave: Row | None = None) -> StateRow:
    """A state from a table of the kernel. Leaving takes the share of the table that was measured for C6 of Ice Lake-SP."""
    latency, residency = readings()[reading].values[2 * place : 2 * place + 2]
    table: Literal["cited", "borrowed"] = "cited" if own else "borrowed"
    note = "" if own else "chosen from listings of several hosts"
    if leave is None:
        leave = Row(
            "leave",
            f"{latency * 128 / 170:.3f}",
            "us",
            "derived" if reading == "idle_icx" else "borrowed",
            (reading, "idle_icx_measured"),
            f"{reading}[{2 * place}] * {_C1_MEASURED}",
            low=f"{latency * 41 / 170:.3f}",
            high=str(latency),
            note="the share of the table that was measured for C6 of Ice Lake-SP",
        )
    return (
        name,
        Row("latency", str(latency), "us", table, (reading,), f"{reading}[{2 * place}]", note=note),
        Row("residency", str(residency), "us", table, (reading,), f"{reading}[{2 * place + 1}]", note=note),
        leave,
    )


def borrow(rows: Iterable[Row], families: Iterable[str], lender: str) -> tuple[Row, ...]:
    """Rows of an older host: what was read for its CPU is borrowed here."""
    own = {*families, "any"}
    return tuple(
        replace(row, status="borrowed", note=f"{lender}; {row.note}".rstrip("; "))
        if row.status in ("cited", "derived") and {readings()[key].cpu for key in row.readings} - own
        else row
        for row in rows
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

BUS_UP = (
    Row(
        "p_write_lat",
        "280",
        "ns",
        "assumed",
        ("dma_wrrd64_bdw",),
        "dma_wrrd64_bdw / 2",
        low="140",
        high="560",
        source_name="dma_write_visible",
        note="half of a device's write-then-read; the half is the assumption",
    ),
    Row(
        "p_msi_flight",
        "624.98",
        "ns",
        "assumed",
        ("zen_avic_ipi", "spr_ipi_x2apic_on"),
        "zen_avic_ipi - g_irq",
        low="312.49",
        high="1124.98",
        note="as an IPI that hardware delivers between vCPUs, less the handler; the sender is in it: an upper bound",
    ),
    Row(
        "k_pi_flight",
        "1018.98",
        "ns",
        "assumed",
        ("clx_iommu_lm",),
        "p_msi_flight + 2 * clx_iommu_lm",
        low="624.98",
        high="1412.98",
        source_name="irq_posted_delivery",
        note="two memory accesses of the IOMMU more than an MSI: remapping entry and descriptor; high: four; low: cached",
    ),
    Row(
        "k_pi_notify",
        "100",
        "ns",
        "assumed",
        ("apicv_pir_sync",),
        low="20",
        high="250",
        note="no source gives it alone: moving the requests takes at least 20 cycles, a whole interrupt about 500 ns",
    ),
)
"""The way up: data, then the interrupt of each mode."""


def filters(in_cycles: bool, status: Literal["derived", "borrowed"]) -> tuple[Row, ...]:
    """Netfilter on the bridge: differences of drop rates at three hooks, Broadwell at 3.6 GHz."""
    unit, scale = ("cycles", "3600000000") if in_cycles else ("ns", "10**9")
    steps = [Decimal(10**9) / readings()[f"bdw_linux_drop_{hook}"].values[0] for hook in ("raw", "filter", "conntrack")]
    factor = Decimal("3.6") if in_cycles else Decimal(1)
    return (
        Row(
            "s_filter",
            f"{(steps[1] - steps[0]) * factor:.2f}",
            unit,
            "borrowed",
            ("bdw_linux_drop_filter", "bdw_linux_drop_raw"),
            f"{scale} * (1 / bdw_linux_drop_filter - 1 / bdw_linux_drop_raw)",
            low=f"{100 * factor}",
            high=f"{350 * factor}",
            note="routed receive between two hooks stands in for the bridge's passage through them",
        ),
        Row(
            "s_conntrack",
            f"{(steps[2] - steps[1]) * factor:.2f}",
            unit,
            status,
            ("bdw_linux_drop_conntrack", "bdw_linux_drop_filter"),
            f"{scale} * (1 / bdw_linux_drop_conntrack - 1 / bdw_linux_drop_filter)",
            note="packets were dropped before confirmation, an entry built and freed for each: an upper bound",
        ),
    )


def tap_write(stack_ns: Decimal) -> Row:
    """write() of a frame to a tap, from two million of them."""
    return Row(
        "q_tap_wr",
        f"{2450 - stack_ns:.2f}",
        "ns",
        "borrowed",
        ("tun_napi_write", "ch_net_pps", "vhost_tx_b1", "ivb_write", "rome_tap_writev"),
        "tun_napi_write[0] / tun_napi_write[1] * 10**9 - g_stack_rx_pk",
        low="656.05",
        high="2450",
        source_name="tap_write_small",
        note="untraced, under load, receive path taken out as far as UDP; a whole backend sends one in 2.02 us, so an upper "
        "bound; low: vhost's send to the tap and a system call; traced one by one: 9.13 us with bridge and NIC",
    )


def read_call() -> Row:
    """read() of a small message where mitigations need no page-table isolation."""
    return Row(
        "g_app_rx_pk",
        "348.96",
        "ns",
        "borrowed",
        ("ivb_read", "cfl_syscall_mitig", "cfl_syscall_nomitig"),
        "ivb_read * 1000 + cfl_syscall_mitig - cfl_syscall_nomitig",
        source_name="syscall",
        note="read() of a small message of 2016, and what mitigations add to a system call on a client CPU",
    )


def stack_send(clock_hz: int) -> Row:
    """The stack's share of a send."""
    return Row(
        "g_stack_tx_pk",
        f"{380 - ns(447, clock_hz):.2f}",
        "ns",
        "assumed",
        ("ivb_cyc_ovs",),
        f"600 - g_app_tx_pk - ivb_cyc_ovs[1] * 100 / {clock_hz // 10**7}",
        source_name="linux_udp_tx",
        note="600 ns for the whole send, with driver and doorbell, is assumed",
    )


def user_exit(readings_used: tuple[str, ...] = ("skx_vmcall",)) -> Row:
    """The way to QEMU, as on the host of about 2020."""
    return Row(
        "q_exit",
        "7271",
        "cycles",
        "assumed",
        readings_used,
        "9800 - skx_vmcall[0] - q_mmio",
        source_name="exit_userspace_mmio - exit_light",
        note="software beyond a light exit, as on the host of about 2020",
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


def poll_mode(status: Literal["derived", "borrowed"], clock_hz: int) -> tuple[Row, ...]:
    """DPDK per packet, read on Haswell at 1.2 GHz, most of it waiting for memory."""
    source, note = ("hsw_dpdk_split",), "profiled at 1.2 GHz, bursts of 32, the fixed part in it; low: scaled by clock"
    return tuple(
        Row(
            name,
            f"{Decimal(cycles) / Decimal('1.2'):.2f}",
            "ns",
            status,
            source,
            f"hsw_dpdk_split[{place}] / 12 * 10",
            low=f"{ns(Decimal(cycles), clock_hz):.2f}",
            source_name=source_name,
            note=note,
        )
        for place, (name, cycles, source_name) in enumerate(
            (("d_rx_pk", "35.4", "dpdk_rx"), ("d_tx_pk", "20.4", "dpdk_tx"))
        )
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
