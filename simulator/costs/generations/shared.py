"""Rows that the real generations have in common: readings that exist once and are borrowed by the other machines.

*Scope*: a row moves to its generation's file as soon as that generation has a reading of its own.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from simulator.costs.compose import Row, assumed, cycles_to_ns
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
    "h_veth_pk",
    "v_work",
    "v_desc_pk",
    "s_flood",
    "d_poll",
    "d_rx_burst",
    "d_call",
    "d_memif_pk",
    "s_smc",
    "s_upcall",
    "h_xsk_copy_pk",
    "h_xsk_call",
    "x_evtchn",
    "x_grant",
    "y_message",
    "y_signal",
    "y_vsp_pk",
    "y_rndis_pk",
    "s_vmswitch",
    "s_vmswitch_ext",
    "s_macvlan",
    "h_mail",
)
"""What no source read gives for any of the three generations."""

XDP = (
    Row(
        "g_xdp_rx_pk",
        "41.6",
        "ns",
        "borrowed",
        ("bdw_xdp_drop", "xdp_mlx5_2022"),
        "bdw_xdp_drop",
        low="41.6",
        high="89",
        note="low: one core with XDP_DROP at its most, on Broadwell; high: the same on another adapter's older queue",
    ),
    Row(
        "g_xdp_tx_pk",
        "22.2",
        "ns",
        "borrowed",
        ("xdp_mlx5_2022",),
        "10**9 / xdp_mlx5_2022[1] - 10**9 / xdp_mlx5_2022[0]",
        low="11",
        high="44",
        note="transmit back less drop, one core; the CPU is not named",
    ),
)

USER_SPACE = (
    Row(
        "s_emc",
        "34.98",
        "ns",
        "borrowed",
        ("ovsdpdk_emc_off", "tpmd_bare"),
        "10**9 / ovsdpdk_emc_off[1] - 10**9 / tpmd_bare[1]",
        low="20",
        high="80.6",
        note="port to port with cache hits less testpmd's forwarding on another machine; high: nothing taken out",
    ),
    Row(
        "s_dpcls",
        "162.67",
        "ns",
        "borrowed",
        ("ovsdpdk_emc_off", "tpmd_bare"),
        "10**9 / ovsdpdk_emc_off[0] - 10**9 / tpmd_bare[1]",
        low="127.7",
        high="208.3",
        note="port to port without the cache less testpmd's forwarding on another machine",
    ),
    Row(
        "s_upcall_dp",
        "12096.77",
        "ns",
        "borrowed",
        ("ovsdpdk_slow_path", "ovsdpdk_emc_off"),
        "(ovsdpdk_slow_path[0] + ovsdpdk_slow_path[1]) / 2 * 10**9 / ovsdpdk_emc_off[1]",
        low="8064.5",
        high="248600",
        note="100 to 200 times a packet that hits the cache, on another machine; high: a mean over three upcalls of an idle switch",
    ),
    Row(
        "s_vpp_pk",
        "71.53",
        "cycles",
        "borrowed",
        ("vpp_ip4", "hsw_dpdk_split", "vpp_ip4_lookup", "vpp_dpdk_nodes"),
        "vpp_ip4 - hsw_dpdk_split[0] - hsw_dpdk_split[1] - 4 * (vpp_ip4_lookup[0] - vpp_ip4_lookup[1]) / 250",
        low="44.93",
        high="100",
        note="IPv4 forwarding as a whole less d_rx_pk, d_tx_pk and a full frame's share; low: its own receive and transmit nodes taken out",
    ),
    Row(
        "s_vpp_frame",
        "2168.4",
        "cycles",
        "borrowed",
        ("vpp_ip4_lookup",),
        "4 * (vpp_ip4_lookup[0] - vpp_ip4_lookup[1])",
        low="542",
        high="4337",
        note="one node with vectors of 1 less with full ones, for four nodes; the number of nodes is a choice",
    ),
    Row(
        "d_lpm_pk",
        "28.9",
        "cycles",
        "borrowed",
        ("vpp_ip4_lookup",),
        "vpp_ip4_lookup[1]",
        low="15",
        high="60",
        note="VPP's node for it, vectors of about 250; high: twice that, for the cold part of a table",
    ),
    Row(
        "d_vq_enq_pk",
        "166.67",
        "cycles",
        "borrowed",
        ("vhost_mrg_reorder",),
        "vhost_mrg_reorder[0] / (vhost_mrg_reorder[1] - 1)",
        low="100",
        high="267",
        note="at 64 B, the copy in it; from a saving of 100 cycles that made it 1.6 times as fast",
    ),
    Row(
        "d_vq_deq_pk",
        "140.76",
        "cycles",
        "borrowed",
        ("vhost_split_share", "hsw_dpdk_split"),
        "vhost_split_share[0] / vhost_split_share[1] * (hsw_dpdk_split[0] + hsw_dpdk_split[1])",
        low="70",
        high="281",
        note="its share of cycles over that of receive and transmit, whose cycles were read elsewhere",
    ),
    Row(
        "s_ovs_hit",
        "118.51",
        "ns",
        "assumed",
        ("ovsk_hit_rate", "bdw_linux_drop_raw", "ivb_cyc_ovs"),
        "10**9 / ovsk_hit_rate - 10**9 / bdw_linux_drop_raw - ivb_cyc_ovs[1] * 10 / 33 - g_tx_reap_pk - g_doorbell",
        low="70",
        high="334",
        note="one core, small packets, cache hits; driver receive and transmit with its doorbell of other machines, and what the model counts "
        "apart taken out; high: receive only",
    ),
    Row(
        "s_ovs_mask",
        "56.18",
        "ns",
        "borrowed",
        ("ovsk_mask_255",),
        "(ovsk_mask_255[0] - ovsk_mask_255[1]) * 1000 / 254",
        low="28",
        high="68.2",
        note="255 masks tried less one; high: the whole packet over its masks",
    ),
)

FAR = (
    Row(
        "p_far_cores_pk",
        "38.99",
        "ns",
        "borrowed",
        ("bdw_numa_forward",),
        "10**9 / bdw_numa_forward[1] - 10**9 / bdw_numa_forward[0]",
        note="a poll-mode forwarder at 1.2 GHz, most of it waiting",
    ),
    Row(
        "p_far_pk",
        "58.92",
        "ns",
        "borrowed",
        ("bdw_numa_forward",),
        "10**9 / bdw_numa_forward[2] - 10**9 / bdw_numa_forward[0]",
        note="a poll-mode forwarder at 1.2 GHz, most of it waiting",
    ),
    Row(
        "p_far_mem",
        "107",
        "ns",
        "borrowed",
        ("dma_rd64_remote_bdw", "dma_rd64_bdw"),
        "dma_rd64_remote_bdw - dma_rd64_bdw",
        note="two sockets of Broadwell; 106 ns on Ivy Bridge",
    ),
)

OTHER_BACKENDS = (
    Row(
        "h_xsk_rx_pk",
        "25.45",
        "ns",
        "borrowed",
        ("afxdp_two_cores",),
        "10**9 / afxdp_two_cores[0]",
        note="the busier of two cores, taken as the softirq's",
    ),
    Row(
        "d_xsk_rx_pk",
        "7.45",
        "ns",
        "borrowed",
        ("afxdp_one_core", "afxdp_two_cores"),
        "10**9 / afxdp_one_core[0] - 10**9 / afxdp_two_cores[0]",
        note="one core less the busier of two",
    ),
    Row(
        "h_xsk_tx_pk",
        "14.71",
        "ns",
        "borrowed",
        ("afxdp_two_cores",),
        "10**9 / afxdp_two_cores[1]",
        note="the busier of two cores, taken as the softirq's",
    ),
    Row(
        "d_xsk_tx_pk",
        "4.86",
        "ns",
        "borrowed",
        ("afxdp_one_core", "afxdp_two_cores"),
        "10**9 / afxdp_one_core[1] - 10**9 / afxdp_two_cores[1]",
        note="one core less the busier of two",
    ),
    Row(
        "x_rx_pk",
        "980.39",
        "ns",
        "borrowed",
        ("xen_rx_pps",),
        "10**9 / xen_rx_pps[0]",
        low="490.2",
        high="1470.6",
        note="a saturated netback; low: with pre-mapped grants",
    ),
    Row(
        "x_tx_pk",
        "806.45",
        "ns",
        "borrowed",
        ("xen_tx_pps",),
        "10**9 / xen_tx_pps",
        note="a saturated netback",
    ),
)

FORWARD = (
    Row(
        "g_fwd_pk",
        "161.3",
        "ns",
        "assumed",
        ("nf_forward", "bdw_linux_drop_raw", "ivb_cyc_ovs"),
        "10**9 / nf_forward[0] - 10**9 / bdw_linux_drop_raw - ivb_cyc_ovs[1] * 10 / 33 - g_tx_reap_pk - g_doorbell",
        low="80",
        high="366",
        note="one core on Broadwell, driver receive, Ivy Bridge's driver transmit with its doorbell, and what the model counts apart "
        "taken out; high: a full routing table",
    ),
)

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
        "g_syscall",
        "61.7",
        "ns",
        "borrowed",
        ("cfl_syscall_mitig", "cfl_syscall_nomitig", "skl_syscall_kpti"),
        "cfl_syscall_mitig",
        low="42.7",
        high="237",
        note="a null system call on Coffee Lake; low: without mitigations; high: with page-table isolation",
    ),
    Row(
        "g_tcp_rx_pk",
        "0.72",
        "us",
        "borrowed",
        ("ivb_tcp_rx",),
        "ivb_tcp_rx",
        low="0.36",
        high="1.1",
        note="Ethernet, IP and TCP receive of a small request that acknowledges its answer, traced on Ivy Bridge-EP; here of a segment, a train or a pure ACK",
    ),
    Row(
        "g_tcp_tx_pk",
        "0.76",
        "us",
        "borrowed",
        ("ivb_tcp_tx",),
        "ivb_tcp_tx",
        low="0.38",
        high="1.14",
        note="TCP and IP transmit of a small answer, traced on Ivy Bridge-EP; here of a segment, a super-segment or a pure ACK",
    ),
    Row(
        "g_mmio_wr",
        "84.15",
        "ns",
        "borrowed",
        ("ivb_dpdk_b1", "ivb_dpdk_b32", "mmio_wr_spacing"),
        "(ivb_dpdk_b1[0] - ivb_dpdk_b32) / 2 * 10 / 36",
        low="50",
        high="168.3",
        source_name="mmio_write_gap",
        note="no-op forwarding on an 82599 with two doorbells for each packet less that with two for 32; low: the closest spacing read of "
        "consecutive stores; high: one of the two does it all",
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
    note="with interrupt and wake-up 3.9 us on Haswell, 5 to 75 us in a survey",
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

ROUTE = Row(
    "s_route",
    "757",
    "cycles",
    "borrowed",
    ("ivb_cyc_ipfwd",),
    "ivb_cyc_ipfwd[4]",
    source_name="linux_ip_fwd",
    note="processing alone, as of the bridge",
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
    "169.3",
    "cycles",
    "borrowed",
    ("ivb_cyc_ovs", "ivb_dpdk_b1", "ivb_dpdk_b32"),
    "ivb_cyc_ovs[1] - (ivb_dpdk_b1[0] - ivb_dpdk_b32) / 2 * 33 / 36",
    low="117",
    high="447",
    source_name="linux_tx_io",
    note="one tail write per packet taken out, which the model counts apart (g_mmio_wr), at 3.3 GHz; high: with it",
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


def borrow(rows: Iterable[Row], families: Iterable[str], lender: str) -> tuple[Row, ...]:
    """Rows of an older host: what was read for its CPU is borrowed here."""
    own = {*families, "any"}
    return tuple(
        replace(row, status="borrowed", note=f"{lender}; {row.note}".rstrip("; "))
        if row.status in ("cited", "derived") and {readings()[key].cpu for key in row.readings} - own
        else row
        for row in rows
    )


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
        f"{380 - cycles_to_ns(447, clock_hz):.2f}",
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


def poll_mode(status: Literal["derived", "borrowed"]) -> tuple[Row, ...]:
    """DPDK per packet: cycles, not times (decision 47)."""
    source = ("hsw_dpdk_split", "ivb_dpdk_b32", "bdw_dpdk_40g")
    note = "bursts of 32, the fixed part in it; low: Ivy Bridge at 3.6 GHz; high: an l2fwd of 2013"
    return tuple(
        Row(
            name, cycles, "cycles", status, source, f"hsw_dpdk_split[{place}]", low=low, high=high,
            source_name=source_name, note=note,
        )
        for place, (name, cycles, low, high, source_name) in enumerate(
            (("d_rx_pk", "35.4", "33.2", "55", "dpdk_rx"), ("d_tx_pk", "20.4", "19.1", "62", "dpdk_tx"))
        )
    )  # fmt: skip


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
