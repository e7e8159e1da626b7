"""What to expect of a 2.5-3 GHz server of the last ten years when no source gives the number.

One place for every guess: the textbook host consists of them, and the real hosts take from here, by name, what nobody
measured.

*Scope*: none of these was looked up. Those that the single-packet reference sums name were the placeholders of an
early prototype; the others are orders of magnitude. Both engines must hit the sums exactly, and no real machine need.
*Validation*: none possible; each use is counted as ``assumed``.
"""

from __future__ import annotations

from simulator.costs.compose import Row, assumed

_NS = {
    "g_irq": "500",
    "g_napi_poll": "200",
    "g_rearm": "120",
    "g_drv_rx_pk": "350",
    "g_stack_rx_pk": "200",
    "g_sock_pk": "0",
    "g_wake_app": "1250",
    "g_app_rx_pk": "450",
    "g_app_tx_pk": "400",
    "g_syscall": "100",
    "g_stack_tx_pk": "450",
    "g_tcp_rx_pk": "500",
    "g_tcp_tx_pk": "500",
    "g_drv_tx_pk": "120",
    "g_tx_reap_pk": "60",
    "g_refill_pk": "40",
    "g_xdp_rx_pk": "60",
    "g_xdp_tx_pk": "40",
    "g_fwd_pk": "300",
    "g_doorbell": "20",
    "g_mmio_wr": "115",
    "g_seg_rx_pk": "100",
    "g_seg_tx_pk": "50",
    "g_tick": "1500",
    "g_vq_add": "50",
    "g_merge_pk": "100",
    "g_buf_pk": "60",
    "g_resched": "300",
    "k_exit": "700",
    "k_eoi": "700",
    "k_inject": "400",
    "k_ipi": "900",
    "k_irqfd": "500",
    "k_ioeventfd": "300",
    "k_pi_notify": "250",
    "k_pi_flight": "0",
    "k_pi_wakeup": "900",
    "k_hlt": "700",
    "k_block": "1000",
    "k_wake_work": "1000",
    "k_wake_run": "2500",
    "k_timer": "700",
    "k_poll_exit": "500",
    "q_exit": "3300",
    "q_mmio": "0",
    "q_loop": "1500",
    "q_bh": "300",
    "q_tap_rd": "700",
    "q_tap_wr": "1000",
    "q_irq": "1200",
    "q_rx_pk": "1600",
    "q_tx_pk": "1200",
    "q_vq_rx": "600",
    "q_vq_pop": "500",
    "h_hardirq": "900",
    "h_drv_tx_pk": "250",
    "h_tap_enq": "100",
    "h_veth_pk": "500",
    "h_wake_work": "1000",
    "h_ipi_flight": "500",
    "h_wake_run": "1500",
    "h_ctxsw": "1500",
    "h_idle_exit": "2000",
    "v_work": "150",
    "v_rx_pk": "450",
    "v_tx_pk": "400",
    "v_desc_pk": "60",
    "v_signal": "100",
    "v_flush": "200",
    "s_bridge": "250",
    "s_route": "350",
    "s_flood": "300",
    "s_filter": "100",
    "s_conntrack": "250",
    "s_macvlan": "120",
    "s_ovs_hit": "250",
    "s_ovs_mask": "60",
    "s_emc": "40",
    "s_dpcls": "160",
    "s_smc": "80",
    "s_upcall": "100000",
    "s_upcall_dp": "20000",
    "s_vpp_pk": "20",
    "s_vpp_frame": "1000",
    "d_vq_enq_pk": "60",
    "d_vq_deq_pk": "70",
    "d_call": "700",
    "d_poll": "60",
    "d_rx_burst": "20",
    "d_rx_pk": "45",
    "d_tx_pk": "20",
    "d_lpm_pk": "10",
    "d_memif_pk": "30",
    "d_xsk_rx_pk": "8",
    "d_xsk_tx_pk": "5",
    "h_xsk_rx_pk": "30",
    "h_xsk_tx_pk": "20",
    "h_xsk_copy_pk": "60",
    "h_xsk_call": "400",
    "x_rx_pk": "800",
    "x_tx_pk": "800",
    "x_evtchn": "700",
    "x_grant": "100",
    "y_message": "150",
    "y_signal": "1500",
    "y_vsp_pk": "700",
    "y_rndis_pk": "150",
    "s_vmswitch": "600",
    "s_vmswitch_ext": "200",
    "d_line": "20",
    "p_mem": "350",
    "p_far_cores_pk": "40",
    "p_far_pk": "60",
    "p_far_mem": "100",
    "p_mmio_rd": "600",
    "p_mmio_wr_lat": "300",
    "p_write_lat": "0",
    "p_msi_flight": "0",
}
_NO_BUS = "0: the prototype's sums start when the data is in memory and the interrupt at the core"
_NOTES = {
    "g_drv_rx_pk": "only the sum with g_stack_rx_pk, 550 ns, is the prototype's; the split is a choice",
    "g_stack_rx_pk": "only the sum with g_drv_rx_pk, 550 ns, is the prototype's; the split is a choice",
    "g_sock_pk": "contained in the 550 ns of g_drv_rx_pk + g_stack_rx_pk",
    "g_wake_app": "middle of 1,000 to 1,500 ns; no source gives a task wake-up alone",
    "g_mmio_wr": "middle of 80 to 150 ns",
    "q_exit": "only the sum with q_mmio, 3,300 ns, is the prototype's",
    "q_mmio": "contained in q_exit",
    "h_tap_enq": "only the sum with s_bridge, 350 ns, is the prototype's; the split is a choice",
    "s_route": "not the prototype's: half as much again as the bridge",
    "s_bridge": "only the sum with h_tap_enq, 350 ns, is the prototype's; the split is a choice",
    "g_merge_pk": "what g_seg_rx_pk was, now beyond the driver's receive of each frame",
    "k_pi_flight": _NO_BUS,
    "k_pi_notify": "the prototype's figure: flight and work in one",
    "k_wake_run": "with k_wake_work and h_ipi_flight the prototype's 4,000 ns; the split is a choice",
    "h_wake_run": "with h_wake_work and h_ipi_flight the prototype's 3,000 ns; the split is a choice",
    "p_write_lat": _NO_BUS,
    "p_msi_flight": _NO_BUS,
    "h_idle_exit": "shallow idle state; deep ones take up to 50 us",
    "p_mmio_rd": "twice the one-way time",
    "s_macvlan": "half a bridge: a hash of the address, no learning, no hooks; operations beyond a bridge's are published, no time",
    "d_memif_pk": "half a virtqueue's: no descriptor chain, no guest address to translate",
    "h_xsk_copy_pk": "a further buffer and its descriptor; no rate with copies was read",
    "h_xsk_call": "a system call and the start of a softirq",
    "x_evtchn": "a light exit and the pending bit; under PV a system call into the hypervisor",
    "s_smc": "half the classifier; no time is published",
    "s_upcall": "middle of 50 to 200 us; no time was read",
    "y_signal": "the specification's expectation; Hyper-V publishes none",
    "s_vmswitch": "the specification's expectation; Hyper-V publishes none",
    "s_vmswitch_ext": "no extension's time is published",
    "d_call": "with k_irqfd the expected 1,200 ns",
    "d_rx_pk": "receive and transmit of a forwarder",
}
_PER_BYTE = {
    "g_copy_fs": ("120000", "8.3 GB/s; 60,000 to 250,000 fs/B expected"),
    "g_copy_cold_fs": ("120000", "as the warm copy"),
    "g_csum_fs": ("50000", "20 GB/s out of cache"),
}


def expected(*names: str) -> tuple[Row, ...]:
    """Rows, status ``assumed``, for the names given. A name without an expectation is a ``KeyError``."""
    return tuple(_row(name) for name in names)


def every_name() -> tuple[str, ...]:
    """All names that have an expectation."""
    return (*_NS, *_PER_BYTE)


def _row(name: str) -> Row:
    if name in _PER_BYTE:
        value, note = _PER_BYTE[name]
        return assumed(name, value, "fs/B", note)
    return assumed(name, _NS[name], "ns", _NOTES.get(name, ""))
