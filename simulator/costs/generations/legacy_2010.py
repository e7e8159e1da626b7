"""Nehalem-era host: two-socket Xeon X5570 class, Linux 2.6.3x, no APICv, no posted interrupts, no halt polling.

*Scope*: exits, system calls and transmit were read for Nehalem; most of the rest is borrowed from machines of 2012 to
2018.
*Validation*: values recomputed by ``tests/unit/test_costs.py``; no published end-to-end figure was used to set any.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.costs.assemble import assemble_host, guests, machine
from simulator.costs.compose import Row, assumed, cycles_to_ns
from simulator.costs.expectations import expected
from simulator.costs.generations import bus, shared, wakeups
from simulator.costs.model import Host

_CLOCK_HZ = 2_930_000_000

_GUEST = (
    *shared.receive_in_cycles("borrowed"),
    *shared.SOCKET,
    *shared.XDP,
    *shared.FORWARD,
    *shared.USER_SPACE,
    *shared.OTHER_BACKENDS,
    *shared.FAR,
    Row(
        "g_app_tx_pk",
        "233",
        "ns",
        "derived",
        ("nhm_syscall", "nhm_sosend"),
        "nhm_syscall + nhm_sosend",
        source_name="syscall",
        note="FreeBSD",
    ),
    Row(
        "g_stack_tx_pk",
        "497",
        "ns",
        "derived",
        ("nhm_udp_send", "nhm_syscall", "nhm_sosend", "nhm_driver_tx"),
        "nhm_udp_send - nhm_syscall - nhm_sosend - nhm_driver_tx",
        source_name="linux_udp_tx",
        note="FreeBSD; remainder of the whole sendto()",
    ),
    Row(
        "g_drv_tx_pk",
        "135.85",
        "ns",
        "borrowed",
        ("nhm_driver_tx", "ivb_cyc_ovs", "ivb_dpdk_b1", "ivb_dpdk_b32"),
        "nhm_driver_tx - (ivb_dpdk_b1[0] - ivb_dpdk_b32) / 2 * 10 / 36",
        low="51.3",
        high="220",
        source_name="linux_tx_io",
        note="FreeBSD, the doorbell's store taken out, which the model counts apart; low: Linux on Ivy Bridge; high: with it",
    ),
    Row(
        "g_copy_fs",
        "6.5",
        "GB/s",
        "borrowed",
        ("lm_memcpy_air", "lm_memcpy", "bdw_memcpy"),
        "lm_memcpy_air",
        low="5.6",
        high="8.9",
        source_name="memcpy_bw",
        note="large buffers; sources differ by 40 %",
    ),
    Row(
        "g_copy_cold_fs",
        "5.6",
        "GB/s",
        "borrowed",
        ("bdw_memcpy", "lm_memcpy_air"),
        "bdw_memcpy",
        low="5.6",
        high="6.5",
        source_name="memcpy_bw",
        note="blocks of 25 MB on Broadwell-E",
    ),
)

_KVM = (
    Row(
        "k_exit",
        "2000",
        "cycles",
        "cited",
        ("nhm_exit_direct", "air_vmcall", "kut2012_vmcall"),
        "nhm_exit_direct",
        low="1336",
        high="3898",
        source_name="exit_light",
        note="world switch both ways; the high end is an unnamed machine twice as slow as all others",
    ),
    Row(
        "k_eoi",
        "2305",
        "cycles",
        "borrowed",
        ("ovh_eoi", "air_eoi"),
        "ovh_eoi",
        low="2043",
        high="2305",
        source_name="eoi_exit",
    ),
    shared.inject("borrowed"),
    shared.kick("borrowed"),
    Row(
        "k_ioeventfd",
        "314",
        "cycles",
        "borrowed",
        ("ovh_pio_eventfd", "ovh_vmcall", "ovh_mmio_eventfd", "air_pio_eventfd", "air_vmcall"),
        "ovh_pio_eventfd - ovh_vmcall",
        low="73",
        high="2064",
        source_name="ioeventfd_pio_kick - exit_light",
        note="port I/O doorbell of early virtio; high: an MMIO doorbell before the fast path",
    ),
    Row(
        "k_hlt",
        "2000",
        "cycles",
        "borrowed",
        ("nhm_exit_direct",),
        "nhm_exit_direct",
        source_name="exit_light",
        note="taken as a light exit",
    ),
    *wakeups.wakee(_CLOCK_HZ),
    Row(
        "k_timer",
        "2305",
        "cycles",
        "borrowed",
        ("ovh_eoi", "air_eoi"),
        "ovh_eoi",
        low="2043",
        high="2305",
        note="a write to another APIC register without APICv stands in",
    ),
    assumed("halt_poll_max_ns", "0", "ns", "kernels of 2010 do not poll"),
    *shared.POLLING,
    Row("halt_poll_shrink", "0", "ratio", "cited", ("kvm_halt_poll_shrink",), "kvm_halt_poll_shrink[0]"),
)

_QEMU = (
    shared.REGISTER_ACCESS,
    Row(
        "q_exit",
        "9315",
        "cycles",
        "assumed",
        ("nhm_exit_direct", "ovh_mmio_noeventfd", "ovh_vmcall", "air_mmio_noeventfd", "air_vmcall"),
        "nhm_exit_direct + ovh_mmio_noeventfd - ovh_vmcall - k_exit - q_mmio",
        low="6301",
        high="9315",
        source_name="exit_userspace_mmio - exit_light",
        note="k_exit + q_exit + q_mmio is borrowed; the split is assumed",
    ),
    assumed("q_tap_rd", "3000", "ns", "scaled from EPYC 7302P, where tracing is included"),
    shared.tap_write(cycles_to_ns(Decimal("301.92"), _CLOCK_HZ)),
)

_HOST = (
    shared.BRIDGE,
    shared.ROUTE,
    shared.IDLE_EXIT,
    *wakeups.THREADS_2013,
    *shared.filters(in_cycles=True, status="borrowed"),
    Row("d_line", "40", "cycles", "cited", ("wsm_cache",), "wsm_cache[0]", note="hit in the last-level cache"),
    *bus.BUS_UP,
    *bus.MAPPING,
    assumed("v_rx_pk", "1000", "ns", "scaled from 2016"),
    assumed("v_tx_pk", "800", "ns", "scaled from 2020"),
    *expected("v_signal", "v_flush"),
    Row("d_rx_pk", "55", "cycles", "borrowed", ("ivb_cyc_l2fwd",), "ivb_cyc_l2fwd[0]", source_name="dpdk_rx"),
    Row("d_tx_pk", "62", "cycles", "borrowed", ("ivb_cyc_l2fwd",), "ivb_cyc_l2fwd[1]", source_name="dpdk_tx"),
    Row(
        "p_mem",
        "413",
        "ns",
        "borrowed",
        ("dma_rd8_snb", "dma_rd64_snb"),
        "dma_rd8_snb",
        low="413",
        high="560",
        source_name="dma_read_64B",
        note=bus.ROUND_TRIP_NOTE,
    ),
    Row(
        "p_mmio_rd",
        "1581.2",
        "ns",
        "borrowed",
        ("mmio_rd_82576vf",),
        "mmio_rd_82576vf",
        source_name="mmio_read",
        note="82576 VF register",
    ),
    bus.DOORBELL_LATENCY,
)

_STATES = ("C1", "C1E", "C3", "C6")


def build() -> Host:
    """The host ``legacy-2010``."""
    clock = Row("cpu_hz", "2930000000", "Hz", "cited", ("nhm_clock",), "nhm_clock")
    return assemble_host(
        name="legacy-2010",
        title="Nehalem server, 2010 (Xeon X5570 class, 2.93 GHz)",
        default_nic="82599",
        families=("nehalem", "westmere"),
        rows=(*shared.UNMEASURED, *_GUEST, *_KVM, *_QEMU, *_HOST),
        facts=machine(clock, cores="8", apicv=False, posted=False, guest=guests(pv_eoi=False, nohz=True)),
        idle_states=[wakeups.idle_state(state, "idle_nhm", place, own=True) for place, state in enumerate(_STATES)],
    )
