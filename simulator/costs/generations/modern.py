"""Server of about 2020: Skylake-SP to Ice Lake-SP or EPYC, mitigations on, APICv and VT-d posted interrupts.

*Scope*: exits and wake-ups were read for Skylake-SP, tap calls for EPYC; driver and stack are borrowed from Broadwell
in ns.
*Validation*: values recomputed by ``tests/unit/test_costs.py``; no published end-to-end figure was used to set any.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.costs.assemble import assemble_host, guests, machine
from simulator.costs.compose import Row, assumed
from simulator.costs.generations import bus, shared, wakeups
from simulator.costs.model import Host

_CLOCK_HZ = 2_800_000_000
_STATES = ("C1", "C1E")

GUEST = (
    Row(
        "g_drv_rx_pk",
        "192.55",
        "ns",
        "borrowed",
        ("bdw_linux_drop_raw", "bdw_pp_fast"),
        "10**9 / bdw_linux_drop_raw - bdw_pp_fast",
        low="192.55",
        high="247.56",
        source_name="linux_rx_io + linux_skb_mem",
        note="Broadwell at 3.6 GHz, high: scaled by clock; packets dropped at the first hook, refill taken out",
    ),
    Row(
        "g_stack_rx_pk",
        "83.87",
        "ns",
        "borrowed",
        ("bdw_linux_drop_raw", "udpnoports_mlx5"),
        "10**9 * (1 / udpnoports_mlx5 - 1 / bdw_linux_drop_raw)",
        low="83.87",
        high="107.83",
        source_name="linux_rx_to_udp",
        note="Broadwell at 3.6 GHz, not scaled; high: scaled by clock",
    ),
    Row(
        "g_refill_pk",
        "5.399",
        "ns",
        "borrowed",
        ("bdw_pp_fast", "bdw_pp_slow"),
        "bdw_pp_fast",
        low="5.399",
        high="66.134",
        note="page pool, recycled in softirq; high: from the page allocator",
    ),
    *shared.SOCKET,
    *shared.XDP,
    *shared.FORWARD,
    *shared.USER_SPACE,
    *shared.OTHER_BACKENDS,
    *shared.FAR,
    Row(
        "g_app_rx_pk",
        "522.5",
        "ns",
        "borrowed",
        ("ivb_read", "skl_syscall_kpti", "cfl_syscall_mitig", "lm_null"),
        "(ivb_read - lm_null) * 1000 + mean(skl_syscall_kpti)",
        low="351.67",
        high="570",
        source_name="syscall",
        note="read() of a small message of 2016, its system call as with page-table isolation; low: a CPU that needs none",
    ),
    shared.SEND_CALL,
    shared.stack_send(_CLOCK_HZ),
    shared.DRIVER_SEND,
    Row(
        "g_copy_fs",
        "11.4",
        "GB/s",
        "borrowed",
        ("skl_memcpy", "bdw_memcpy"),
        "skl_memcpy",
        low="5.6",
        high="11.4",
        source_name="memcpy_bw",
        note="large buffers, a client CPU; server parts read were slower",
    ),
    Row(
        "g_copy_cold_fs",
        "5.6",
        "GB/s",
        "borrowed",
        ("bdw_memcpy", "rome_tap_read_64k", "rome_tap_read", "skl_memcpy"),
        "bdw_memcpy",
        low="2.7",
        high="11.4",
        source_name="memcpy_bw",
        note="blocks of 25 MB on Broadwell-E; low: reading 64 KB just received from a tap on EPYC, traced",
    ),
)

KVM = (
    Row(
        "k_exit",
        "1529",
        "cycles",
        "cited",
        ("skx_vmcall", "mod_cpuid_exit"),
        "skx_vmcall[0]",
        low="1018",
        high="1559",
        source_name="exit_light",
        note="mitigations on; AMD Genoa takes about twice the time",
    ),
    Row(
        "k_eoi",
        "1529",
        "cycles",
        "derived",
        ("skx_vmcall", "skx_apicv_saving"),
        "skx_vmcall[0]",
        low="1529",
        high="1861.75",
        source_name="apicv_saving_per_irq",
        note="paid with APICv off only; with k_inject it makes the 1,861.75 cycles that APICv saves",
    ),
    shared.inject("derived"),
    shared.kick("cited"),
    shared.MMIO_DOORBELL,
    Row(
        "k_hlt",
        "1529",
        "cycles",
        "borrowed",
        ("skx_vmcall",),
        "skx_vmcall[0]",
        source_name="exit_light",
        note="taken as a light exit",
    ),
    *wakeups.wakee(_CLOCK_HZ),
    Row(
        "k_timer",
        "1077.75",
        "cycles",
        "derived",
        ("skx_vmcall", "skx_tscimm_apicv", "skx_ipi_fastpath"),
        "skx_vmcall[0] - skx_tscimm_apicv[1] + skx_tscimm_apicv[0]",
        low="834",
        high="1529",
        note="a light exit less what the fast path of 2020 saves; low: what it saves for an IPI; arming the timer not in it",
    ),
    shared.POLL_LIMIT,
    *shared.POLLING,
    Row(
        "halt_poll_shrink",
        "0",
        "ratio",
        "cited",
        ("kvm_halt_poll_shrink",),
        "kvm_halt_poll_shrink[0]",
        high="2",
        note="kernels of 2020; 2 since 2024",
    ),
)

QEMU = (
    shared.REGISTER_ACCESS,
    Row(
        "q_exit",
        "7271",
        "cycles",
        "assumed",
        (),
        "9800 - k_exit - q_mmio",
        source_name="exit_userspace_mmio - exit_light",
        note="the whole, 9,800 cycles, is assumed: 6,209 read in 2017, mitigations, 2,801 for MMIO decoding",
    ),
    Row(
        "q_tap_rd",
        "2.01",
        "us",
        "cited",
        ("rome_tap_read",),
        "rome_tap_read",
        source_name="tap_read_small",
        note="tracing and empty reads included: an upper bound",
    ),
    shared.tap_write(Decimal("83.87")),
)

HOST = (
    shared.BRIDGE,
    shared.ROUTE,
    shared.IDLE_EXIT,
    *shared.filters(in_cycles=False, status="borrowed"),
    *bus.BUS_UP,
    *bus.MAPPING,
    Row("d_line", "26", "ns", "derived", ("l3_skx",), "mean(l3_skx)", low="25", high="27", note="Skylake-SP"),
    Row(
        "v_rx_pk",
        "561.20",
        "ns",
        "borrowed",
        ("vhost_rx_b1", "vhost_rx_b64"),
        "10**9 * (64 / vhost_rx_b64 - 1 / vhost_rx_b1) / 63",
        low="561.20",
        high="817.48",
        source_name="vhost_net_rx_batch64",
        note="per-frame part of batches of 1 and of 64; tap queue and copy of a small frame are in it; CPU not named",
    ),
    Row(
        "v_signal",
        "256.27",
        "ns",
        "borrowed",
        ("vhost_rx_b1", "vhost_rx_b64"),
        "10**9 * (1 / vhost_rx_b1 - 1 / vhost_rx_b64) * 64 / 63",
        source_name="vhost_net_rx - vhost_net_rx_batch64",
        note="per-batch part; CPU not named",
    ),
    Row(
        "v_tx_pk",
        "272.47",
        "ns",
        "borrowed",
        ("vhost_tx_b1", "vhost_tx_b64"),
        "10**9 * (64 / vhost_tx_b64 - 1 / vhost_tx_b1) / 63",
        low="272.47",
        high="436.05",
        source_name="vhost_net_tx_batch64",
        note="per-frame part of batches of 1 and of 64; frames dropped on tap; CPU not named",
    ),
    Row(
        "v_flush",
        "163.58",
        "ns",
        "borrowed",
        ("vhost_tx_b1", "vhost_tx_b64"),
        "10**9 * (1 / vhost_tx_b1 - 1 / vhost_tx_b64) * 64 / 63",
        source_name="vhost_net_tx - vhost_net_tx_batch64",
        note="per-batch part; CPU not named",
    ),
    Row(
        "p_mem",
        "480",
        "ns",
        "borrowed",
        ("dma_rd8_bdw", "ddio_hit_bdw", "dma_rd64_bdw"),
        "dma_rd8_bdw",
        low="413",
        high="546",
        source_name="dma_read_64B",
        note=bus.ROUND_TRIP_NOTE,
    ),
    assumed("p_mmio_rd", "800", "ns"),
    bus.DOORBELL_LATENCY,
)

_LEAVE_C6 = Row(
    "leave",
    "128",
    "us",
    "cited",
    ("idle_icx_measured",),
    "idle_icx_measured[1]",
    low="41",
    high="170",
    note="low: the package awake",
)


def build() -> Host:
    """The host ``modern``."""
    clock = assumed(
        "cpu_hz", str(_CLOCK_HZ), "Hz", "base clock of an Ice Lake or Milan server", low="2000000000", high="3600000000"
    )
    return assemble_host(
        name="modern",
        title="Server of about 2020 (Skylake-SP, Ice Lake-SP or EPYC class, 2.8 GHz)",
        default_nic="e810",
        families=("skylake-sp", "cascadelake-sp", "icelake-sp", "zen"),
        rows=(
            *shared.UNMEASURED,
            *GUEST,
            *KVM,
            *QEMU,
            *HOST,
            *wakeups.threads_2022(_CLOCK_HZ),
            *shared.poll_mode("borrowed"),
        ),
        facts=machine(clock, cores="32", apicv=True, posted=True, guest=guests(pv_eoi=True, nohz=True)),
        idle_states=(
            *(wakeups.idle_state(state, "idle_icx", place, own=True) for place, state in enumerate(_STATES)),
            wakeups.idle_state("C6", "idle_icx", 2, own=True, leave=_LEAVE_C6),
        ),
    )
