"""The vocabulary of the catalogue: every cost and fact that a host or a NIC must define, with unit and meaning.

Prefix = where the time is spent: ``g_`` guest on a vCPU, ``k_`` KVM, ``q_`` QEMU, ``h_`` host kernel, ``v_`` vhost,
``s_`` software switch, ``d_`` DPDK, ``p_`` PCIe. Suffix ``_pk`` = per packet, ``_fs`` = femtoseconds per byte.

*Scope*: names only; values live in ``generations`` and ``adapters``.
*Validation*: a test requires each host and each NIC to define exactly these names.
"""

from __future__ import annotations

_STACK = {
    "napi_poll": "NAPI poll entry, per poll",
    "rearm": "NAPI completion: leave the poll list, unmask",
    "drv_rx_pk": "driver receive with sk_buff allocation",
    "stack_rx_pk": "network stack from driver to socket lookup",
    "sock_pk": "append to the socket queue",
    "wake_app": "wake the sleeping application, paid by the waker",
    "app_rx_pk": "application's receive call",
    "app_tx_pk": "application's send call, socket layer",
    "stack_tx_pk": "network stack from socket to qdisc",
    "drv_tx_pk": "driver transmit: map, write descriptor",
    "tx_reap_pk": "free a completed transmit descriptor",
    "refill_pk": "post one receive buffer",
    "doorbell": "driver's work around ringing the device, without the store",
    "mmio_wr": "posted store to a mapped BAR, as the core sees it",
    "seg_rx_pk": "per further segment of a received super-packet",
    "seg_tx_pk": "per further segment of a sent super-packet",
    "tick": "timer tick handler",
}
STACK_SUFFIXES = (*_STACK, "copy_fs", "csum_fs")
"""Costs of driver and stack that a guest and a bare-metal host share when they run the same kernel: ``h_x`` equals
``g_x``."""

_TIMES = {
    "g_irq": "guest hard interrupt entry until NAPI is scheduled",
    **{f"g_{suffix}": meaning for suffix, meaning in _STACK.items()},
    "g_vq_add": "add a buffer to a virtqueue",
    "k_exit": "light VM exit, round trip, finished inside KVM",
    "k_eoi": "EOI exit without APICv",
    "k_inject": "inject an interrupt by software at VM entry",
    "k_ipi": "kick of a running vCPU: sender's share",
    "k_irqfd": "irqfd: from eventfd signal to interrupt set",
    "k_ioeventfd": "ioeventfd signal, on top of the light exit",
    "k_pi_notify": "posted-interrupt notification taken by a running vCPU",
    "k_pi_wakeup": "posted-interrupt wake-up vector handler on the host",
    "k_hlt": "HLT exit",
    "k_block": "put the vCPU thread to sleep",
    "k_wake": "from wake-up call of a blocked vCPU until it runs guest code",
    "k_poll_exit": "leave halt polling",
    "q_exit": "user exit on top of k_exit: return to QEMU and dispatch, outside the global lock",
    "q_mmio": "register access of an emulated device, under the global lock",
    "q_loop": "main loop: return from ppoll and dispatch",
    "q_bh": "bottom half",
    "q_tap_rd": "read() of a frame from tap",
    "q_tap_wr": "write() of a frame to tap, without switch and NIC driver",
    "q_irq": "raise an interrupt line by ioctl",
    "q_rx_pk": "e1000 receive in the device model",
    "q_tx_pk": "e1000 transmit in the device model",
    "q_vq_rx": "virtio receive in QEMU",
    "q_vq_pop": "virtio transmit in QEMU: pop and map",
    "h_hardirq": "host interrupt of an assigned device or of the NIC that feeds a tap",
    "h_hardirq_native": "hard interrupt of a native driver until NAPI is scheduled",
    "h_drv_tx_native_pk": "driver transmit of a native sender; h_drv_tx_pk is the transmit behind bridge and tap",
    **{f"h_{suffix}": meaning for suffix, meaning in _STACK.items()},
    "h_tap_enq": "append to the tap queue",
    "h_wake": "wake a sleeping host thread on another core, paid by the woken thread",
    "h_wake_mutex": "hand-over of a contended lock: wake of the next owner",
    "h_task_wake": "wake a native application; the same wake-up as h_wake_app: use one of them",
    "h_ctxsw": "switch to another thread",
    "h_idle_exit": "leave the idle state of a core",
    "v_work": "vhost worker: take a work item",
    "v_rx_pk": "vhost receive per frame, without copy",
    "v_tx_pk": "vhost transmit per frame, without copy",
    "v_signal": "vhost: publish used entries and evaluate the interrupt gate, per batch",
    "v_flush": "vhost: hand a transmit batch to tap, per batch",
    "s_bridge": "Linux bridge: look up and forward",
    "s_flood": "Linux bridge: per further copy of a flooded frame",
    "d_poll": "DPDK: one empty pass",
    "d_rx_burst": "DPDK: fixed part of a receive burst",
    "d_rx_pk": "DPDK: receive per packet",
    "d_tx_pk": "DPDK: transmit per packet",
    "p_mem": "from arrival of a DMA read request at the host until its data leaves",
    "p_mmio_rd": "MMIO read as the core sees it",
    "p_mmio_wr_lat": "posted MMIO write: one way from core to device",
}
_PER_BYTE = {
    f"{side}_{name}": meaning
    for side in "gh"
    for name, meaning in (("copy_fs", "copy of payload"), ("csum_fs", "checksum in software"))
}
_POLLING = {
    "halt_poll_max_ns": ("ns", "upper limit of halt polling; 0 = off"),
    "halt_poll_grow": ("ratio", "growth factor of the polling interval"),
    "halt_poll_grow_start_ns": ("ns", "first polling interval"),
    "halt_poll_shrink": ("ratio", "divisor of the polling interval; 0 = reset to 0"),
}

COSTS: dict[str, tuple[str, str]] = {
    **{name: ("ps", meaning) for name, meaning in _TIMES.items()},
    **{name: ("fs/B", meaning) for name, meaning in _PER_BYTE.items()},
    **_POLLING,
}
"""Cost name -> (unit, meaning)."""

HOST_FACTS: dict[str, tuple[str, str]] = {
    "cpu_hz": ("Hz", "clock at which cycles become time"),
    "cores": ("cores", "cores of the host"),
    "has_apicv": ("bool", "virtual APIC: interrupts and EOI without exits"),
    "has_posted_interrupts": ("bool", "VT-d posts device interrupts to a running vCPU"),
    "tick_hz": ("Hz", "timer tick of host and guest kernels"),
    "fair_latency": ("ps", "fair scheduler: targeted latency"),
    "fair_minimum_granularity": ("ps", "fair scheduler: shortest slice"),
    "fair_wakeup_granularity": ("ps", "fair scheduler: lead that a waking thread needs to pre-empt"),
}
"""Fact of a host -> (unit, meaning)."""

NIC_FACTS: dict[str, tuple[str, str]] = {
    "port_rate_bps": ("bit/s", "rate of the port"),
    "pcie_generation": ("generation", "PCIe generation; 0 = ideal bus"),
    "pcie_lanes": ("lanes", "PCIe lanes; 0 = ideal bus"),
    "pcie_up_bps": ("bit/s", "usable rate device to host; 0 = takes no time"),
    "pcie_dn_bps": ("bit/s", "usable rate host to device; 0 = takes no time"),
    "mps_bytes": ("B", "maximum payload of a TLP"),
    "mrrs_bytes": ("B", "maximum read request"),
    "cpl_bytes": ("B", "payload of a read completion"),
    "max_reads": ("reads", "DMA reads in flight (tags)"),
    "rx_desc_bytes": ("B", "receive descriptor"),
    "tx_desc_bytes": ("B", "transmit descriptor"),
    "writeback_bytes": ("B", "receive write-back per packet"),
    "tx_wthresh": ("descriptors", "transmit write-back group"),
    "tx_desc_fetch_max": ("descriptors", "transmit descriptors per fetch"),
    "rx_desc_fetch_max": ("descriptors", "receive descriptors per fetch"),
    "rx_ring": ("descriptors", "default receive ring of the PF"),
    "tx_ring": ("descriptors", "default transmit ring of the PF"),
    "vf_rx_ring": ("descriptors", "default receive ring of a VF"),
    "vf_tx_ring": ("descriptors", "default transmit ring of a VF"),
    "pktbuf_bytes": ("B", "receive packet buffer of the port"),
    "max_rx_pps": ("packet/s", "receive engine; 0 = no limit"),
    "max_tx_pps": ("packet/s", "transmit engine; 0 = no limit"),
    "switch_lat": ("ps", "embedded switch: latency"),
    "rx_latency": ("ps", "port to PCIe inside the NIC"),
    "tx_latency": ("ps", "PCIe to port inside the NIC"),
    "loopback_bps": ("bit/s", "VF to VF limit; 0 = no limit but PCIe"),
    "max_vfs": ("VFs", "VFs of the device's port"),
    "vf_queues": ("queue pairs", "queue pairs per VF"),
    "itr_default": ("ps", "default gap between interrupts"),
    "itr_adaptive": ("bool", "the driver adapts the gap"),
    "itr_minimum": ("ps", "smallest gap other than 0"),
    "itr_maximum": ("ps", "largest gap"),
    "itr_granularity": ("ps", "step of the gap"),
    "rx_usecs": ("us", "what ethtool shows as rx-usecs; 1 = adaptive on ixgbe"),
    "drop_enable_sriov": ("bool", "full receive ring drops instead of blocking, with SR-IOV on"),
    "mac_entries": ("entries", "exact MAC addresses of the embedded switch"),
}
"""Fact of a NIC -> (unit, meaning)."""
