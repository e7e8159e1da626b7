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
    "syscall": "entering and leaving the kernel: what datagrams of one call share, in app_rx_pk and app_tx_pk",
    "app_tx_pk": "application's send call, socket layer",
    "stack_tx_pk": "network stack from socket to qdisc",
    "tcp_rx_pk": "TCP/IP receive of a segment, a merged train or an acknowledgement, from driver to socket",
    "tcp_tx_pk": "TCP/IP transmit of a segment, a super-segment or an acknowledgement, from socket to qdisc",
    "drv_tx_pk": "driver transmit: map, write descriptor",
    "tx_reap_pk": "free a completed transmit descriptor",
    "refill_pk": "post one receive buffer",
    "doorbell": "driver's work around ringing the device, without the store",
    "mmio_wr": "posted store to a mapped BAR, as the core sees it",
    "seg_rx_pk": "per further segment of a received super-packet",
    "seg_tx_pk": "per further segment of a sent super-packet",
    "tick": "timer tick handler",
    "merge_pk": "GRO: merge one frame into a held one, beyond its driver receive",
    "xdp_rx_pk": "XDP: driver receive without sk_buff, and a small program",
    "xdp_tx_pk": "XDP_TX: driver transmit of a received frame from where it lies",
    "fwd_pk": "kernel IPv4 forwarding between driver receive and driver transmit: routing lookup, neighbour, hooks",
    "buf_pk": "per further buffer of a frame: descriptor and fragment",
}
STACK_SUFFIXES = (*_STACK, "copy_fs", "copy_cold_fs", "csum_fs")
"""Costs of driver and stack that a guest and a bare-metal host share when they run the same kernel: ``h_x`` equals
``g_x``."""

_TIMES = {
    "g_irq": "guest hard interrupt entry until NAPI is scheduled",
    **{f"g_{suffix}": meaning for suffix, meaning in _STACK.items()},
    "g_vq_add": "add a buffer to a virtqueue",
    "g_resched": "reschedule interrupt handler",
    "k_exit": "light VM exit, round trip, finished inside KVM",
    "k_eoi": "EOI exit without APICv",
    "k_inject": "inject an interrupt by software at VM entry",
    "k_ipi": "kick of a running vCPU: sender's share",
    "k_irqfd": "irqfd: from eventfd signal to interrupt set",
    "k_ioeventfd": "ioeventfd signal, on top of the light exit",
    "k_pi_notify": "posted-interrupt notification taken by a running vCPU: its work",
    "k_pi_flight": "posted interrupt: remapping entry, descriptor, notification until the core takes it; latency, in "
    "place of p_msi_flight",
    "k_pi_wakeup": "posted-interrupt wake-up vector handler on the host",
    "k_hlt": "HLT exit",
    "k_block": "put the vCPU thread to sleep",
    "k_wake_work": "wake a blocked vCPU: waker's work",
    "k_wake_run": "wake a blocked vCPU: its core's work from the reschedule interrupt to VM entry",
    "k_poll_exit": "leave halt polling and enter the guest",
    "k_timer": "one write of TSC_DEADLINE or ICR by a guest: the exit",
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
    "h_veth_pk": "pass a veth pair: transmit, backlog, up to the stack of the other end",
    "h_wake_work": "wake a sleeping thread: waker's work",
    "h_ipi_flight": "wake a thread on another core: from the waker's IPI until that core, awake, takes it; latency",
    "h_wake_run": "wake a sleeping thread: its core's work from the reschedule interrupt to its return from the wait",
    "h_ctxsw": "switch to another thread, without wake-up and system call",
    "h_idle_exit": "leave the idle state of a core",
    "h_xsk_rx_pk": "AF_XDP: driver receive, program and redirect into a socket's ring, zero-copy",
    "h_xsk_tx_pk": "AF_XDP: driver transmit of a frame of a socket's ring, zero-copy, its completion too",
    "h_xsk_copy_pk": "AF_XDP with copies: what a copied frame takes besides the bytes",
    "h_xsk_call": "AF_XDP: system call that starts the driver's transmit",
    "v_work": "vhost worker: take a work item",
    "v_rx_pk": "vhost receive per frame, without copy",
    "v_tx_pk": "vhost transmit per frame, without copy",
    "v_desc_pk": "vhost: per further buffer of a frame",
    "v_signal": "vhost: publish used entries and evaluate the interrupt gate, per batch",
    "v_flush": "vhost: hand a transmit batch to tap, per batch",
    "s_bridge": "Linux bridge: look up and forward",
    "s_route": "IP forwarding: look up the route and forward",
    "s_flood": "Linux bridge: per further copy of a flooded frame",
    "s_filter": "br_netfilter with an empty rule set, per bridged frame",
    "s_conntrack": "connection tracking, per bridged frame, on top of s_filter",
    "s_macvlan": "macvtap: find the guest by the address, hand the frame to its queue or to the device below",
    "s_ovs_hit": "OVS kernel datapath: flow extraction, mask cache hit, actions",
    "s_ovs_mask": "OVS kernel datapath: per mask that is tried",
    "s_emc": "OVS-DPDK: packet batching, key, exact-match cache hit, action",
    "s_dpcls": "OVS-DPDK: megaflow classifier, when the exact-match cache misses",
    "s_smc": "OVS-DPDK: signature match cache, when the exact-match cache misses",
    "s_upcall": "Open vSwitch: the handler's thread takes the first packet of a flow, installs the flow and hands the packet back",
    "s_upcall_dp": "OVS-DPDK: upcall inside the polling thread, on top of the classifier",
    "s_vpp_pk": "VPP: graph nodes between receive and transmit, per packet of a full frame",
    "s_vpp_frame": "VPP: what a frame's packets share, per frame",
    "d_vq_enq_pk": "DPDK vhost: enqueue to a virtqueue, without copy",
    "d_vq_deq_pk": "DPDK vhost: dequeue from a virtqueue, without copy",
    "d_call": "DPDK vhost: write of the call eventfd, on top of k_irqfd",
    "d_poll": "DPDK: one empty pass",
    "d_rx_burst": "DPDK: fixed part of a receive burst",
    "d_rx_pk": "DPDK: receive per packet",
    "d_tx_pk": "DPDK: transmit per packet",
    "d_lpm_pk": "DPDK l3fwd: look up the next hop by longest prefix",
    "d_memif_pk": "memif: take a frame out of a shared ring or put one in, without copy",
    "d_xsk_rx_pk": "AF_XDP: application takes a frame from the ring and gives its buffer back",
    "d_xsk_tx_pk": "AF_XDP: application puts a frame into the ring",
    "d_line": "first touch of a line that the device has just written",
    "x_rx_pk": "Xen netback: receive per small frame, with grant copy and its share of hypercalls",
    "x_tx_pk": "Xen netback: transmit per small frame, with grant copy, map, unmap and their share of hypercalls",
    "x_evtchn": "Xen: event channel notification, the hypercall of whoever sends it",
    "x_grant": "Xen: a guest grants or revokes access to a page",
    "y_message": "VMBus: put a message into a ring or take one out",
    "y_signal": "VMBus: signal the other side, the hypercall of whoever does it",
    "y_vsp_pk": "Hyper-V: service provider in the root partition per frame, without copy and switch",
    "y_rndis_pk": "Hyper-V: RNDIS message of a frame in the guest",
    "s_vmswitch": "Hyper-V extensible switch: look up and forward",
    "s_vmswitch_ext": "Hyper-V extensible switch: per extension that a frame passes",
    "p_mem": "from arrival of a DMA read request at the host until its data leaves",
    "p_far_cores_pk": "adapter on another NUMA node than the cores: per packet that a core receives and sends",
    "p_far_pk": "adapter on another NUMA node than cores and memory: per packet that a core receives and sends",
    "p_far_mem": "DMA read of memory on another NUMA node, on top of p_mem",
    "p_mmio_rd": "MMIO read as the core sees it",
    "p_mmio_wr_lat": "posted MMIO write: one way from core to device",
    "p_write_lat": "posted write of a device: one way until memory shows it; latency",
    "p_msi_flight": "an MSI's further way through IOMMU and APIC until the core takes the vector; latency",
}
_PER_BYTE = {
    f"{side}_{name}": meaning
    for side in "gh"
    for name, meaning in (
        ("copy_fs", "copy of payload that is in the cache"),
        ("copy_cold_fs", "copy of payload that is not, as a receiver's"),
        ("csum_fs", "checksum in software"),
    )
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
    "has_ipi_virtualization": ("bool", "an IPI between running vCPUs makes no exit"),
    "pv_eoi": ("bool", "guests of the generation have paravirtual EOI"),
    "guest_nohz": ("bool", "guests of the generation stop their tick when idle"),
    "tick_hz": ("Hz", "timer tick of host and guest kernels"),
    "iotlb_entries": ("entries", "translations that the IOMMU keeps at hand for a device"),
    "iommu_walk": ("ps", "walk of the IOMMU's page table for a translation that is not at hand"),
    "iommu_walkers": ("walkers", "page walks at a time"),
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
    "rx_writeback_group": ("descriptors", "receive descriptors written back together; 1 = one by one"),
    "rx_writeback_interval": ("ps", "poll mode: longest wait of a group that is not full; 0 = none"),
    "tx_wthresh": ("descriptors", "transmit write-back group"),
    "tx_desc_fetch_max": ("descriptors", "transmit descriptors of a queue that the NIC has room for"),
    "tx_desc_prefetch": ("descriptors", "it fetches more when fewer transmit descriptors than this are left there"),
    "rx_desc_fetch_max": ("descriptors", "receive descriptors per fetch"),
    "rx_ring": ("descriptors", "default receive ring of the PF"),
    "tx_ring": ("descriptors", "default transmit ring of the PF"),
    "vf_rx_ring": ("descriptors", "default receive ring of a VF"),
    "vf_tx_ring": ("descriptors", "default transmit ring of a VF"),
    "pktbuf_bytes": ("B", "receive packet buffer of the port"),
    "max_rx_pps": ("packet/s", "receive engine; 0 = no limit"),
    "max_tx_pps": ("packet/s", "transmit engine; 0 = no limit"),
    "max_device_pps": ("packet/s", "all ports of the device; 0 = no limit read"),
    "max_vf_pps": ("packet/s", "one VF, each direction; 0 = no limit read"),
    "max_switch_pps": ("packet/s", "embedded switch with VFs on; 0 = no limit read"),
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
    "drop_enable": ("bool", "full receive ring drops instead of blocking, without SR-IOV"),
    "drop_enable_sriov": ("bool", "full receive ring drops instead of blocking, with SR-IOV on"),
    "mac_entries": ("entries", "exact MAC addresses of the embedded switch"),
}
"""Fact of a NIC -> (unit, meaning)."""

SPEEDS = ("100g", "50g", "40g", "25g", "20g", "10g", "1g")
_DIM = {
    f"{side}_{what}_{profile}": (unit, f"DIM profile {profile}, {meaning}")
    for side, direction in (("rx", "receive"), ("tx", "transmit"))
    for what, unit, meaning in (("us", "us", f"{direction} gap"), ("frames", "frames", f"{direction} frames"))
    for profile in range(5)
}
DRIVER_PARAMETERS: dict[str, tuple[str, str]] = {
    "minimum_us": ("us", "smallest gap that the rule chooses"),
    "maximum_us": ("us", "largest gap that the rule chooses"),
    "start_us": ("us", "gap before the first decision"),
    "step_us": ("us", "step of the gap"),
    "settable_us": ("us", "largest gap that a user may set"),
    "countdown": ("completions", "completions without a decision after a change"),
    **{f"divisor_{speed}": ("1", f"divisor of the size weight at {speed}") for speed in SPEEDS},
    "lowest_us": ("us", "gap of class lowest"),
    "low_us": ("us", "gap of class low"),
    "bulk_us": ("us", "gap of class bulk"),
    "low_above_bytes_per_us": ("B/us", "above it class low starts"),
    "bulk_above_bytes_per_us": ("B/us", "above it class bulk starts"),
    "events": ("events", "DIM: events per sample"),
    "differs_percent": ("%", "DIM: a smaller change does not count"),
    "tired": ("steps", "DIM: steps after which it rests"),
    "start_profile": ("1", "DIM: profile that the hardware starts with"),
    "start_index": ("1", "DIM: profile that the algorithm starts with"),
    "rx_cqe": ("bool", "DIM receive timer restarts at each completion (cqe); 0 = at the last event (eqe)"),
    "tx_cqe": ("bool", "DIM transmit timer restarts at each completion (cqe); 0 = at the last event (eqe)"),
    **_DIM,
    "intrl_us": ("us", "rate limit of a vector, on top of the gap; 0 = none"),
    "intrl_step_us": ("us", "step of the rate limit"),
    "intrl_maximum_us": ("us", "largest rate limit"),
}
"""Parameter of a driver's moderation -> (unit, meaning); each driver has those that its rule reads."""

UNSPENT = ("g_copy_cold_fs", "g_buf_pk", "h_copy_cold_fs", "h_buf_pk", "s_flood", "d_rx_burst", "p_mmio_rd")
"""Costs with a source that no datapath spends yet: a scenario that sets one would change nothing, and is refused."""
