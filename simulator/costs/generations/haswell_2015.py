"""Haswell-era host: Xeon E5 v3 class at 2.4 GHz, Linux 4.x before Meltdown mitigations, APICv, no posted device
interrupts.

*Scope*: receive, DPDK, copy and DMA were read for Haswell-EP or Broadwell-EP; exits come from unnamed Intel machines
of 2013 to 2017.
*Validation*: values recomputed by ``tests/unit/test_costs.py``; no published end-to-end figure was used to set any.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.costs.assemble import assemble_host, guests, machine
from simulator.costs.compose import Row, assumed, cycles_to_ns
from simulator.costs.expectations import expected
from simulator.costs.generations import bus, shared, wakeups
from simulator.costs.model import Host

_CLOCK_HZ = 2_400_000_000

_GUEST = (
    *shared.receive_in_cycles("derived"),
    *shared.SOCKET,
    *shared.XDP,
    *shared.FORWARD,
    *shared.USER_SPACE,
    *shared.OTHER_BACKENDS,
    *shared.FAR,
    shared.SEND_CALL,
    Row(
        "g_stack_tx_pk",
        "393.75",
        "ns",
        "assumed",
        ("ivb_cyc_ovs",),
        "800 - g_app_tx_pk - ivb_cyc_ovs[1] * 10 / 24",
        source_name="linux_udp_tx",
        note="800 ns for the whole send, with driver and doorbell, is assumed",
    ),
    shared.DRIVER_SEND,
    Row(
        "g_copy_fs",
        "5.6",
        "GB/s",
        "cited",
        ("bdw_memcpy", "lm_memcpy", "skl_memcpy"),
        "bdw_memcpy",
        low="5.6",
        high="11.4",
        source_name="memcpy_bw",
        note="large buffers, Broadwell-E, cold; no warm one was read; sources differ by 40 %",
    ),
    Row(
        "g_copy_cold_fs",
        "5.6",
        "GB/s",
        "cited",
        ("bdw_memcpy",),
        "bdw_memcpy",
        source_name="memcpy_bw",
        note="blocks of 25 MB, Broadwell-E",
    ),
)

_KVM = (
    Row(
        "k_exit",
        "1291",
        "cycles",
        "borrowed",
        ("luto2017_cpuid", "luto2017_vmcall", "ovh_vmcall"),
        "luto2017_cpuid",
        low="1181",
        high="1638",
        source_name="exit_light",
        note="CPU not named, before mitigations",
    ),
    Row(
        "k_eoi",
        "1848",
        "cycles",
        "borrowed",
        ("luto2017_vmcall", "ovh_eoi", "ovh_vmcall"),
        "luto2017_vmcall + ovh_eoi - ovh_vmcall",
        low="1848",
        high="2305",
        source_name="eoi_exit",
        note="only paid with APICv switched off",
    ),
    shared.inject("borrowed"),
    shared.kick("borrowed"),
    shared.MMIO_DOORBELL,
    Row(
        "k_hlt",
        "1291",
        "cycles",
        "borrowed",
        ("luto2017_cpuid",),
        "luto2017_cpuid",
        source_name="exit_light",
        note="taken as a light exit",
    ),
    *wakeups.wakee(_CLOCK_HZ),
    Row(
        "k_timer",
        "1291",
        "cycles",
        "borrowed",
        ("luto2017_cpuid",),
        "luto2017_cpuid",
        source_name="exit_light",
        note="taken as a light exit; arming the host's timer is not in it",
    ),
    shared.POLL_LIMIT,
    *shared.POLLING,
    Row("halt_poll_shrink", "0", "ratio", "cited", ("kvm_halt_poll_shrink",), "kvm_halt_poll_shrink[0]"),
)

_QEMU = (
    shared.REGISTER_ACCESS,
    Row(
        "q_exit",
        "6719",
        "cycles",
        "assumed",
        ("luto2017_inl_from_qemu", "ovh_mmio_noeventfd", "ovh_pio_noeventfd"),
        "luto2017_inl_from_qemu + ovh_mmio_noeventfd - ovh_pio_noeventfd - k_exit - q_mmio",
        low="3918",
        high="6719",
        source_name="exit_userspace_mmio - exit_light",
        note="k_exit + q_exit + q_mmio is borrowed; the split is assumed; low: without MMIO decoding",
    ),
    assumed("q_tap_rd", "2500", "ns", "scaled from EPYC 7302P, where tracing is included"),
    shared.tap_write(cycles_to_ns(Decimal("301.92"), _CLOCK_HZ)),
)

_HOST = (
    shared.BRIDGE,
    shared.ROUTE,
    shared.IDLE_EXIT,
    *wakeups.THREADS_2013,
    *shared.filters(in_cycles=True, status="derived"),
    Row(
        "v_rx_pk",
        "769.23",
        "ns",
        "borrowed",
        ("vhost_rx_pps",),
        "10**9 / vhost_rx_pps[0]",
        low="666.67",
        high="769.23",
        source_name="vhost_net_rx",
        note="saturated worker of 2016, CPU not named; publication and copy of a small frame are in it",
    ),
    assumed("v_tx_pk", "600", "ns"),
    *expected("v_signal", "v_flush"),
    *shared.poll_mode("derived"),
    Row("d_line", "34.5", "ns", "derived", ("l3_bdw",), "mean(l3_bdw)", low="27", high="42", note="Broadwell"),
    *bus.BUS_UP,
    *bus.MAPPING,
    Row(
        "p_mem",
        "466",
        "ns",
        "cited",
        ("dma_rd8_hsw", "ddio_hit_bdw", "dma_rd64_hsw"),
        "dma_rd8_hsw",
        low="413",
        high="546",
        source_name="dma_read_64B",
        note=bus.ROUND_TRIP_NOTE,
    ),
    assumed("p_mmio_rd", "1000", "ns"),
    bus.DOORBELL_LATENCY,
)

_STATES = ("C1", "C1E", "C3", "C6")


def build() -> Host:
    """The host ``haswell-2015``."""
    clock = Row("cpu_hz", "2400000000", "Hz", "cited", ("hsw_clock",), "hsw_clock")
    return assemble_host(
        name="haswell-2015",
        title="Haswell server, 2015 (Xeon E5 v3 class, 2.4 GHz)",
        default_nic="x710",
        families=("haswell", "broadwell"),
        rows=(*shared.UNMEASURED, *_GUEST, *_KVM, *_QEMU, *_HOST),
        facts=machine(clock, cores="16", apicv=True, posted=False, guest=guests(pv_eoi=True, nohz=True)),
        idle_states=[wakeups.idle_state(state, "idle_hsw", place, own=True) for place, state in enumerate(_STATES)],
    )
