"""The catalogue of hosts and NICs: complete, honest about its sources, and arithmetically what it says it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any, get_args

import pytest

from simulator.citation import STATUSES, Cited, Confidence
from simulator.costs import Host, Nic, every_entry, exits, host, hosts, idle, nic, nics, noise, summary
from simulator.costs.compose import cycles_to_ps
from simulator.costs.names import COSTS, DRIVER_PARAMETERS, HOST_FACTS, NIC_FACTS, STACK_SUFFIXES
from simulator.costs.pcie import ack_interval_symbols, usable_rate_bps
from simulator.costs.readings import readings
from simulator.errors import InputError

REAL_HOSTS = ("legacy-2010", "haswell-2015", "modern", "sapphire-rapids", "genoa")
REAL_NICS = ("82599", "x550", "x710", "e810", "xl710", "connectx-5", "connectx-6")
PARTS = tuple(hosts()) + tuple(nics())

# what the datapaths of the specification ask for, written out once more so that a name cannot vanish from both places
REQUIRED = """
g_irq g_napi_poll g_rearm g_drv_rx_pk g_stack_rx_pk g_sock_pk g_wake_app g_app_rx_pk g_app_tx_pk g_stack_tx_pk
g_syscall h_syscall g_tcp_rx_pk g_tcp_tx_pk h_tcp_rx_pk h_tcp_tx_pk
g_drv_tx_pk g_tx_reap_pk g_refill_pk g_doorbell g_mmio_wr g_copy_fs g_seg_rx_pk g_seg_tx_pk g_csum_fs g_vq_add g_tick
k_exit k_eoi k_inject k_ipi k_irqfd k_ioeventfd k_pi_notify k_pi_wakeup k_hlt k_block k_poll_exit
halt_poll_max_ns halt_poll_grow halt_poll_grow_start_ns halt_poll_shrink
q_exit q_mmio q_loop q_bh q_tap_rd q_tap_wr q_irq q_rx_pk q_tx_pk q_vq_rx q_vq_pop
h_hardirq h_hardirq_native h_napi_poll h_rearm h_drv_rx_pk h_stack_rx_pk h_sock_pk h_wake_app h_app_rx_pk h_app_tx_pk
h_stack_tx_pk h_drv_tx_pk h_drv_tx_native_pk h_tx_reap_pk h_refill_pk h_doorbell h_mmio_wr h_copy_fs h_seg_rx_pk
h_seg_tx_pk h_csum_fs h_tap_enq h_ctxsw h_idle_exit h_tick g_xdp_rx_pk g_xdp_tx_pk h_xdp_rx_pk h_xdp_tx_pk
v_work v_rx_pk v_tx_pk v_signal v_flush s_bridge s_flood d_poll d_rx_burst d_rx_pk d_tx_pk
p_mem p_mmio_rd p_mmio_wr_lat
h_wake_work h_ipi_flight h_wake_run k_wake_work k_wake_run k_timer g_resched p_write_lat p_msi_flight k_pi_flight
g_merge_pk h_merge_pk g_buf_pk h_buf_pk v_desc_pk g_copy_cold_fs h_copy_cold_fs s_filter s_conntrack d_line h_veth_pk s_route
d_lpm_pk d_memif_pk d_xsk_rx_pk d_xsk_tx_pk h_xsk_rx_pk h_xsk_tx_pk h_xsk_copy_pk h_xsk_call
x_rx_pk x_tx_pk x_evtchn x_grant y_message y_signal y_vsp_pk y_rndis_pk s_vmswitch s_vmswitch_ext s_smc s_upcall s_upcall_dp p_far_cores_pk p_far_pk p_far_mem
g_fwd_pk h_fwd_pk
h_mail i_remap i_map i_unmap i_wait i_turn i_defer i_nested_sync i_nested_turn i_shadow_map i_shadow_unmap
s_macvlan s_ovs_hit s_ovs_mask s_emc s_dpcls s_vpp_pk s_vpp_frame d_vq_enq_pk d_vq_deq_pk d_call
"""


def part(name: str) -> Host | Nic:
    return host(name) if name in hosts() else nic(name)


def entries(name: str) -> dict[str, Cited]:
    return every_entry(part(name))


ALL = [(name, key) for name in PARTS for key in entries(name)]
FORMULAS = [(name, key) for name, key in ALL if entries(name)[key].formula]


# --- completeness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hosts())
def test_host_defines_exactly_the_vocabulary(name: str) -> None:
    assert list(host(name).costs) == list(COSTS)
    assert list(host(name).facts) == list(HOST_FACTS)
    assert set(REQUIRED.split()) == set(COSTS)


@pytest.mark.parametrize("name", nics())
def test_nic_defines_exactly_the_vocabulary(name: str) -> None:
    assert list(nic(name).facts) == list(NIC_FACTS)


@pytest.mark.parametrize(("name", "key"), ALL)
def test_entry_is_whole(name: str, key: str) -> None:
    entry = entries(name)[key]
    owner, _, field = key.rpartition(".")
    table = DRIVER_PARAMETERS if owner in ("pf", "vf") else {**COSTS, **HOST_FACTS, **NIC_FACTS}
    assert entry.name == field
    assert entry.unit == ("ps" if field in ("latency", "residency", "leave") else table[field][0])
    assert isinstance(entry.value, int)
    assert 0 <= entry.low <= entry.value <= entry.high
    assert entry.status in STATUSES


# --- honesty ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "key"), ALL)
def test_status_is_borne_by_its_sources(name: str, key: str) -> None:
    """Cited and derived need readings of this hardware or of none in particular; anything foreign is borrowed."""
    entry = entries(name)[key]
    if entry.status == "assumed":
        return
    assert entry.status != "measured", "nothing was measured here"
    assert entry.sources
    assert entry.hardware
    own = part(name).families | {"any"}
    cpus = {readings()[key].cpu for key in _reading_names(entry, name) or entry.readings}
    if entry.status in ("cited", "derived"):
        assert cpus <= own, f"{cpus - own} is not {name}"
    else:
        assert entry.status == "borrowed"


def test_borrowed_without_a_foreign_cpu_says_which_operation_stands_in() -> None:
    for name, key in ALL:
        entry = entries(name)[key]
        cpus = {readings()[used].cpu for used in _reading_names(entry, name)}
        if entry.status == "borrowed" and cpus <= part(name).families | {"any"}:
            assert entry.note, f"{name}.{key}"


@pytest.mark.parametrize("name", REAL_HOSTS + REAL_NICS)
def test_a_value_that_leans_on_an_assumed_one_is_assumed(name: str) -> None:
    table = entries(name)
    for entry in table.values():
        used = _names(entry.formula) & set(table) - {entry.name}
        if any(table[other].status == "assumed" for other in used):
            assert entry.status == "assumed", entry.name
        if any(table[other].status == "borrowed" for other in used):
            assert entry.status in ("borrowed", "assumed"), entry.name


@pytest.mark.parametrize("name", REAL_HOSTS)
def test_assumed_without_range_of_its_own_is_half_to_double_and_says_so(name: str) -> None:
    flagged = [entry for entry in host(name).costs.values() if entry.range_assumed]
    assert flagged
    for entry in flagged:
        assert entry.status == "assumed"
        assert abs(2 * entry.low - entry.value) <= 1
        assert abs(entry.high - 2 * entry.value) <= 1


def test_textbook_is_assumed_throughout_and_exact() -> None:
    for name in ("textbook", "textbook-nic"):
        for entry in entries(name).values():
            assert entry.status == "assumed"
            assert entry.low == entry.value == entry.high
            assert not entry.sources


def test_every_reading_is_used_and_has_a_source() -> None:
    used = {key for name, entry in ALL for key in entries(name)[entry].readings}
    used |= {"tuned_latency"} | {key for key in readings() if key.startswith("noise_")}
    assert used == set(readings())
    for reading in readings().values():
        assert reading.citation.title
        assert re.match(r"https?://", reading.citation.url_or_doc)
        assert reading.citation.hardware
        assert reading.citation.confidence in get_args(Confidence)
        assert reading.values


@pytest.mark.parametrize("name", PARTS)
def test_summary_counts_each_value_once(name: str) -> None:
    count = summary(part(name))
    assert tuple(count) == STATUSES
    assert sum(count.values()) == len(entries(name))
    assert count["assumed"] == sum(1 for entry in entries(name).values() if entry.status == "assumed")


# --- arithmetic -------------------------------------------------------------------------------------------------------


def _names(formula: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(formula or "0", mode="eval")) if isinstance(node, ast.Name)}


def _reading_names(entry: Cited, owner: str) -> set[str]:
    """Readings in the formula, through twins and other costs of the same part."""
    found: set[str] = set()
    for used in _names(entry.formula):
        if used in readings():
            found.add(used)
        elif used in entries(owner) and used != entry.name:
            found |= _reading_names(entries(owner)[used], owner)
    return found


def _scalar(values: tuple[Decimal, ...]) -> Any:
    numbers = tuple(Fraction(value) for value in values)
    return numbers[0] if len(numbers) == 1 else numbers


def _mean(values: tuple[Fraction, ...]) -> Fraction:
    return Fraction(sum(values), len(values))


def _link_rate(generation: int, lanes: int) -> Fraction:
    """The bus rate once more, from the readings alone."""
    table = readings()
    gt = Fraction(table["pcie_gts"].values[generation - 1]) * 10**9
    coding = Fraction(8, 10) if generation < 3 else Fraction(128, 130)
    symbols = [Fraction(value) for value in table["pcie_ack_symbols"].values]
    interval = symbols[3] if lanes == 16 else symbols[min(generation, 3) - 1]
    dllp = Fraction(table["pcie_fc_ack_size"].values[0])
    skip = Fraction(table["pcie_skip"].values[0]) / Fraction(table["pcie_skip"].values[1])
    return lanes * gt * coding * (1 - 2 * dllp / interval - skip)


def _evaluate(formula: str, entry: Cited, table: dict[str, Cited]) -> Fraction:
    def cost(name: str) -> Fraction:
        other = table[name]
        if other.given_unit == entry.given_unit:
            return Fraction(other.given)
        assert entry.given_unit == "ns"
        return Fraction(other.value, 1000)

    scope: dict[str, Any] = {"mean": _mean, "usable_rate_bps": _link_rate}
    for name in _names(formula) - set(scope):
        scope[name] = _scalar(readings()[name].values) if name in readings() else cost(name)
    exact = re.sub(r"\b(\d+)\b", r"Fraction(\1)", re.sub(r"\[(\d)\]", r"_at_\1", formula))
    exact = re.sub(r"_at_(\d)", r"[\1]", exact)
    arguments: Callable[[re.Match[str]], str] = lambda match: match.group(0).replace("Fraction(", "int(")  # noqa: E731
    exact = re.sub(r"usable_rate_bps\(.*\)", arguments, exact)
    return Fraction(eval(exact, {"__builtins__": {}, "Fraction": Fraction, "int": int}, scope))


@pytest.mark.parametrize(("name", "key"), FORMULAS)
def test_stated_value_is_what_its_formula_gives(name: str, key: str) -> None:
    """To the last digit that the row states."""
    entry = entries(name)[key]
    assert _names(entry.formula) & set(readings()) <= set(entry.readings)
    digits = -int(entry.given.as_tuple().exponent)
    found = _evaluate(entry.formula, entry, entries(name))
    assert abs(found - Fraction(entry.given)) <= (1 if key.startswith("pcie") else Fraction(1, 2 * 10**digits))


@pytest.mark.parametrize("name", REAL_HOSTS + REAL_NICS)
def test_values_that_are_not_assumed_have_a_formula(name: str) -> None:
    assert [key for key, entry in entries(name).items() if entry.status != "assumed" and not entry.formula] == []


@pytest.mark.parametrize(("name", "key"), ALL)
def test_conversion_to_model_unit(name: str, key: str) -> None:
    entry = entries(name)[key]
    clock = host(name).cpu_hz if name in hosts() else 1
    scale = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9}
    if entry.given_unit == "cycles":
        assert entry.value == (Fraction(entry.given) * 10**12 + clock // 2) // clock
    elif entry.given_unit == "GB/s":
        assert abs(entry.value - Fraction(10**6) / Fraction(entry.given)) <= Fraction(1, 2)
    elif entry.unit == "ps":
        assert abs(entry.value - Fraction(entry.given) * scale[entry.given_unit]) <= Fraction(1, 2)
    else:
        assert entry.value == entry.given
        assert entry.given_unit == entry.unit


def test_cycles_round_half_up() -> None:
    assert cycles_to_ps(3, 10**12) == 3
    assert cycles_to_ps(1, 2 * 10**12) == 1
    assert cycles_to_ps(1, 3 * 10**12) == 0
    assert cycles_to_ps(1529, 2_800_000_000) == 546_071


@pytest.mark.parametrize(
    ("name", "whole"),
    [("legacy-2010", 12315), ("haswell-2015", 9010), ("modern", 9800)],
)
def test_user_exit_is_split_without_loss(name: str, whole: int) -> None:
    """Exit, return to QEMU and register access add up to the MMIO user exit that the sources give."""
    costs = host(name).costs
    assert sum(costs[key].given for key in ("k_exit", "q_exit", "q_mmio")) == whole


def test_apicv_saving_is_split_without_loss() -> None:
    costs = host("modern").costs
    assert costs["k_eoi"].given + costs["k_inject"].given == readings()["skx_apicv_saving"].values[0]


def test_hardware_delivery_is_counted_once() -> None:
    costs = host("modern").costs
    assert costs["g_irq"].given + costs["p_msi_flight"].given == readings()["zen_avic_ipi"].values[0]


def test_sendto_is_split_without_loss() -> None:
    costs = host("legacy-2010").costs
    parts = ("g_app_tx_pk", "g_stack_tx_pk", "g_drv_tx_pk")
    doorbell = costs["g_mmio_wr"].given
    assert sum(costs[key].given for key in parts) + doorbell == readings()["nhm_udp_send"].values[0]


@pytest.mark.parametrize("name", REAL_HOSTS)
def test_tap_write_is_split_without_loss(name: str) -> None:
    assert host(name).ps("q_tap_wr") + host(name).ps("g_stack_rx_pk") == pytest.approx(2_450_000, abs=10)


@pytest.mark.parametrize("name", ["modern", "sapphire-rapids", "genoa"])
def test_wakeup_of_2022_is_split_without_loss(name: str) -> None:
    """Both sides' work fill what one CPU was read to take; with the flight and C1 left once, what two CPUs take."""
    chosen, syscalls_ps = host(name), 2 * 61_670
    switch = chosen.ps("h_wake_run") - chosen.ps("g_resched")
    assert switch == pytest.approx(chosen.ps("h_ctxsw"), abs=10)
    assert chosen.ps("h_wake_work") + switch + syscalls_ps == pytest.approx(1_870_000, abs=20)
    leave_c1 = host("modern").idle_states[0].leave.value
    whole = sum(chosen.ps(key) for key in ("h_wake_work", "h_ipi_flight", "h_wake_run")) + leave_c1 + syscalls_ps
    assert whole == pytest.approx(4_405_000, abs=500)


@pytest.mark.parametrize("direction", ["rx", "tx"])
def test_vhost_batches_are_reproduced(direction: str) -> None:
    """Per-frame and per-batch part give back both measured rates."""
    modern = host("modern")
    frame = modern.ps("v_rx_pk" if direction == "rx" else "v_tx_pk")
    batch = modern.ps("v_signal" if direction == "rx" else "v_flush")
    for size in (1, 64):
        measured = 10**12 / float(readings()[f"vhost_{direction}_b{size}"].values[0])
        assert frame + batch / size == pytest.approx(measured, abs=20)


@pytest.mark.parametrize("name", hosts())
def test_bare_metal_runs_the_same_stack_as_the_guest(name: str) -> None:
    chosen = host(name)
    for suffix in set(STACK_SUFFIXES) - {"drv_tx_pk"}:
        assert chosen.costs[f"h_{suffix}"].value == chosen.costs[f"g_{suffix}"].value
    assert chosen.ps("h_hardirq_native") == chosen.ps("g_irq")
    assert chosen.ps("h_drv_tx_native_pk") == chosen.ps("g_drv_tx_pk")


# --- the textbook sums ------------------------------------------------------------------------------------------------

BOLD_NS = {
    "g_irq": 500,
    "g_napi_poll": 200,
    "g_rearm": 120,
    "g_app_rx_pk": 450,
    "k_exit": 700,
    "q_exit": 3300,
    "k_eoi": 700,
    "k_inject": 400,
    "k_ipi": 900,
    "k_irqfd": 500,
    "k_pi_notify": 250,
    "k_pi_wakeup": 900,
    "k_hlt": 700,
    "k_wake_work": 1000,
    "k_wake_run": 2500,
    "h_ipi_flight": 500,
    "k_poll_exit": 500,
    "h_hardirq": 900,
    "h_hardirq_native": 500,
    "h_napi_poll": 200,
    "h_drv_rx_pk": 350,
    "h_wake_work": 1000,
    "h_wake_run": 1500,
    "v_rx_pk": 450,
    "q_loop": 1500,
    "q_tap_rd": 700,
    "q_irq": 1200,
    "q_rx_pk": 1600,
    "d_poll": 60,
    "d_rx_pk": 45,
}


@pytest.mark.parametrize(("key", "value_ns"), BOLD_NS.items())
def test_textbook_value(key: str, value_ns: int) -> None:
    assert host("textbook").ps(key) == value_ns * 1000


def test_textbook_sums_given_only_as_sums() -> None:
    textbook = host("textbook")
    assert textbook.ps("g_drv_rx_pk") + textbook.ps("g_stack_rx_pk") + textbook.ps("g_sock_pk") == 550_000
    assert textbook.ps("s_bridge") + textbook.ps("h_tap_enq") == 350_000
    assert textbook.ps("k_exit") + textbook.ps("q_exit") + textbook.ps("q_mmio") == 4_000_000
    assert textbook.value("g_copy_fs") == textbook.value("h_copy_fs") == 120_000


_GUEST = ("g_napi_poll", "g_drv_rx_pk", "g_stack_rx_pk", "g_sock_pk", "g_rearm", "g_app_rx_pk")
_WAKE = ("h_wake_work", "h_ipi_flight", "h_wake_run")
_VCPU_WAKE = ("k_wake_work", "h_ipi_flight", "k_wake_run")
_HOST_RX = ("h_hardirq", "h_napi_poll", "h_drv_rx_pk", "s_bridge", "h_tap_enq")
_USER = ("k_exit", "q_exit", "q_mmio")
_STACK = ("h_napi_poll", "h_drv_rx_pk", "h_stack_rx_pk", "h_sock_pk", "h_rearm", "h_app_rx_pk")
_IRQ = ("h_hardirq", "k_irqfd")


@pytest.mark.parametrize(
    ("path", "names", "copies", "total_ps"),
    [
        ("native", ("h_hardirq_native", *_STACK), 0, 1_820_000),
        ("VF posted", ("k_pi_wakeup", "k_wake_run", "g_irq", *_GUEST), 0, 5_220_000),
        ("VF APICv", (*_IRQ, *_VCPU_WAKE, "g_irq", *_GUEST), 0, 7_220_000),
        ("VF legacy", (*_IRQ, "k_inject", *_VCPU_WAKE, "g_irq", "k_eoi", *_GUEST), 0, 8_320_000),
        ("vhost", (*_HOST_RX, *_WAKE, "v_rx_pk", "k_irqfd", *_VCPU_WAKE, "g_irq", *_GUEST), 1, 11_577_680),
        (
            "e1000, without the refill write",
            (
                *_HOST_RX,
                *_WAKE,
                "q_loop",
                "q_tap_rd",
                "q_rx_pk",
                "q_irq",
                "k_inject",
                *_VCPU_WAKE,
                "g_irq",
                "k_eoi",
                *_GUEST,
            )
            + 5 * _USER,
            2,
            36_735_360,
        ),
        (
            "e1000",
            (
                *_HOST_RX,
                *_WAKE,
                "q_loop",
                "q_tap_rd",
                "q_rx_pk",
                "q_irq",
                "k_inject",
                *_VCPU_WAKE,
                "g_irq",
                "k_eoi",
                *_GUEST,
            )
            + 6 * _USER,
            2,
            40_735_360,
        ),
    ],
)
def test_single_packet_sum(path: str, names: tuple[str, ...], copies: int, total_ps: int) -> None:
    textbook = host("textbook")
    copy_ps = (64 * textbook.value("h_copy_fs") + 500) // 1000
    assert sum(textbook.ps(key) for key in names) + copies * copy_ps == total_ps, path


# --- hosts, NICs, lookup ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "apicv", "posted"),
    [
        ("textbook", True, True),
        ("legacy-2010", False, False),
        ("haswell-2015", True, False),
        ("modern", True, True),
        ("sapphire-rapids", True, True),
        ("genoa", True, True),
    ],
)
def test_capabilities(name: str, apicv: bool, posted: bool) -> None:
    found = host(name).capabilities
    assert (found.has_apicv, found.has_posted_interrupts) == (apicv, posted)


@pytest.mark.parametrize("name", hosts())
def test_default_nic_exists_and_scheduler_defaults(name: str) -> None:
    assert host(name).default_nic in nics()
    assert host(name).value("fair_latency") == 24 * 10**9
    assert host(name).value("fair_minimum_granularity") == 3 * 10**9
    assert host(name).value("fair_wakeup_granularity") == 4 * 10**9


@pytest.mark.parametrize(
    ("generation", "lanes", "reading", "index"),
    [(g, 8, "pcie_gen_tlp_x8", g - 1) for g in (1, 2, 3, 4, 5)]
    + [(g, 16, "pcie_gen_tlp_x16", g - 3) for g in (3, 4, 5)],
)
def test_bus_rate_is_that_of_the_pcie_model(generation: int, lanes: int, reading: str, index: int) -> None:
    printed = readings()[reading].values[index]
    digits = -int(printed.as_tuple().exponent)
    assert round(Decimal(usable_rate_bps(generation, lanes)) / 10**9, digits) == printed


def test_bus_without_data_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"Gen2 x3.*choices.*Gen3 x16"):
        usable_rate_bps(2, 3)


def test_ack_interval_is_that_of_the_pcie_model() -> None:
    found = [ack_interval_symbols(generation, lanes) for generation, lanes in ((1, 8), (2, 8), (3, 8), (3, 16))]
    assert found == list(readings()["pcie_ack_symbols"].values)


def test_ack_intervals_are_those_of_the_specification() -> None:
    # PCI Express Base Specification 2.0, tables 3-5 and 3-6: payload of 256 bytes, 1 to 16 lanes
    table = {1: [416, 217, 118, 107, 72], 2: [467, 268, 169, 158, 123]}
    assert {g: [ack_interval_symbols(g, lanes) for lanes in (1, 2, 4, 8, 16)] for g in table} == table


@pytest.mark.parametrize("generation", [1, 2, 3, 4, 5])
def test_a_wider_slot_carries_more(generation: int) -> None:
    rates = [usable_rate_bps(generation, lanes) for lanes in (1, 2, 4, 8, 16)]
    assert all(1.8 * narrow < wide <= 2 * narrow for narrow, wide in pairwise(rates))


def test_textbook_nic_is_ideal_and_real_ones_are_not() -> None:
    ideal = (
        "pcie_up_bps",
        "pcie_dn_bps",
        "switch_lat",
        "rx_latency",
        "tx_latency",
        "loopback_bps",
    )
    for key in ideal:
        assert nic("textbook-nic").value(key) == 0
        for name in REAL_NICS:
            assert nic(name).value(key) > 0
    for side in ("max_rx_pps", "max_tx_pps"):
        assert nic("textbook-nic").value(side) == nic("textbook-nic").value("max_device_pps") == 0
        for name in REAL_NICS:
            assert nic(name).value(side) or nic(name).value("max_device_pps")


def test_nic_facts_read_in_the_sources() -> None:
    assert [nic(name).value("max_vfs") for name in REAL_NICS] == [63, 63, 128, 256, 128, 127, 127]
    assert [nic(name).value("rx_ring") for name in REAL_NICS] == [512, 512, 512, 2048, 512, 1024, 1024]
    assert [nic(name).value("tx_ring") for name in REAL_NICS] == [512, 512, 512, 256, 512, 1024, 1024]
    assert [nic(name).value("itr_granularity") for name in REAL_NICS] == [2_000_000] * 5 + [1_000_000] * 2
    assert [nic(name).value("rx_writeback_group") for name in REAL_NICS] == [1, 1, 4, 1, 4, 1, 1]


def test_drivers_of_functions() -> None:
    drivers = {name: (nic(name).pf_driver, nic(name).vf_driver) for name in REAL_NICS}
    assert {name: (pf.name, vf.name) for name, (pf, vf) in drivers.items()} == {
        "82599": ("ixgbe", "ixgbevf"),
        "x550": ("ixgbe", "ixgbevf"),
        "x710": ("i40e", "iavf"),
        "xl710": ("i40e", "iavf"),
        "e810": ("ice", "iavf"),
        "connectx-5": ("mlx5", "mlx5"),
        "connectx-6": ("mlx5", "mlx5"),
    }
    x710, e810, cx5 = drivers["x710"], drivers["e810"], drivers["connectx-5"]
    assert (x710[0].rule, x710[0].value("divisor_10g"), e810[1].value("divisor_100g")) == ("size", 512, 5120)
    assert [e810[0].value(f"rx_us_{profile}") for profile in range(5)] == [2, 8, 16, 62, 126]
    assert [cx5[0].value(f"rx_frames_{profile}") for profile in range(5)] == [256, 128, 64, 64, 64]
    assert (cx5[0].value("start_profile"), cx5[0].value("start_index")) == (1, 0)
    with pytest.raises(InputError, match="did you mean 'start_us'"):
        x710[0].value("start_u")


# --- idle states, noise, exits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word", "states"),
    [
        ("modern", "default", ["C1", "C1E", "C6"]),
        ("modern", "throughput-performance", ["C1", "C1E", "C6"]),
        ("modern", "c1", ["C1"]),
        ("modern", "poll", []),
        ("modern", "latency-performance", ["C1"]),
        ("haswell-2015", "network-latency", ["C1"]),
        ("haswell-2015", "virtual-host", ["C1", "C1E", "C3"]),
        ("modern", "virtual-host", ["C1", "C1E", "C6"]),
        ("genoa", "virtual-host", ["C1"]),
        ("genoa", "default", ["C1", "C2"]),
        ("textbook", "default", []),
        ("textbook", "latency-performance", []),
    ],
)
def test_idle_word_becomes_states(name: str, word: str, states: list[str]) -> None:
    """Since state 3 of newer CPUs is C6, `virtual-host` limits nothing there."""
    assert [state.name for state in idle.allowed(host(name), word)] == states


def test_unknown_words_list_the_choices() -> None:
    with pytest.raises(InputError, match="did you mean 'latency-performance'"):
        idle.allowed(host("modern"), "latency-perfomance")
    with pytest.raises(InputError, match="did you mean 'isolated'"):
        noise.word("isolate")
    with pytest.raises(InputError, match="did you mean 'HLT'"):
        exits.exit_name("amd", "HLTT")


@pytest.mark.parametrize("name", REAL_HOSTS)
def test_deeper_states_take_longer_and_never_more_than_their_table(name: str) -> None:
    states = host(name).idle_states
    for shallow, deep in pairwise(states):
        assert shallow.latency.value < deep.latency.value
        assert shallow.residency.value < deep.residency.value
        assert shallow.leave.value < deep.leave.value
    assert all(0 < state.leave.value <= state.latency.value <= state.residency.value for state in states)


def test_gaps_of_noise_are_exponential_with_the_rate_read() -> None:
    for place, permille in enumerate(noise._EXPONENTIAL_PERMILLE):
        assert permille == round(-1000 * log(1 - (place + 0.5) / 16))
    long = noise.word("ordinary").events[0]
    mean_ps = sum(gap for gap, _ in long.gaps) / 16
    assert mean_ps == pytest.approx(648 / 78_310 * 10**12, rel=0.03)
    assert sum(weight for _, weight in long.lengths) == 77_830 + 285 + 154 + 37 + 4


def test_each_noise_word_takes_less_than_the_one_before() -> None:
    def share(word: str) -> float:
        means = [
            sum(length * weight for length, weight in event.lengths)
            / sum(weight for _, weight in event.lengths)
            / (sum(gap for gap, _ in event.gaps) / 16)
            for event in noise.word(word).events
        ]
        return sum(means)

    shares = [share(word) for word in ("ordinary", "isolated", "nohz_full", "rt", "off")]
    assert shares == sorted(shares, reverse=True)
    assert 0.001 < shares[0] < 0.01, "osnoise: 0.4 to 0.6 % with the tick"
    assert shares[-1] == 0


@pytest.mark.parametrize("name", [name for name in REAL_HOSTS if host(name).capabilities.has_posted_interrupts])
def test_the_wake_up_vector_contains_the_call_that_wakes(name: str) -> None:
    assert host(name).ps("k_pi_wakeup") > host(name).ps("k_wake_work")


def test_a_tick_of_preempt_rt_is_longer_than_an_ordinary_one() -> None:
    """7.597 us of an interrupt that wakes a thread, and 2.896 lost to having another thread on the core."""
    ticking = noise.word("rt_tick")
    assert ticking.tick_ps == 7_597_000 + 2_896_000
    assert ticking.events == noise.word("isolated").events
    assert all(ticking.tick_ps > host(name).ps("h_tick") for name in REAL_HOSTS)
    assert [word.name for word in noise.words().values() if word.tick_ps] == ["rt_tick"]


def test_exits_have_the_names_of_the_vendor() -> None:
    assert exits.exit_name(host("modern").vendor, "EPT_MISCONFIG") == "EPT_MISCONFIG"
    assert exits.exit_name(host("genoa").vendor, "EPT_MISCONFIG") == "npf"
    assert exits.exit_name(host("genoa").vendor, "MSR_WRITE") == "msr"


@pytest.mark.parametrize(("call", "typed", "nearest"), [(host, "haswell", "haswell-2015"), (nic, "e801", "e810")])
def test_unknown_name_lists_choices_and_the_nearest(call: Callable[[str], object], typed: str, nearest: str) -> None:
    with pytest.raises(InputError) as caught:
        call(typed)
    assert caught.value.nearest == nearest
    assert nearest in caught.value.choices
    assert typed in str(caught.value)


def test_unknown_cost_and_cost_that_is_no_time() -> None:
    with pytest.raises(InputError, match="did you mean 'k_exit'"):
        host("modern").ps("k_exitt")
    with pytest.raises(InputError, match="fs/B"):
        host("modern").ps("g_copy_fs")
    with pytest.raises(InputError, match="did you mean 'max_vfs'"):
        nic("e810").value("max_vf")


def test_override_is_a_marked_copy() -> None:
    before = host("haswell-2015")
    after = before.with_overrides({"k_exit": (600_000, "what if"), "has_posted_interrupts": (1, "Broadwell-EP")})
    assert before.ps("k_exit") != 600_000 == after.ps("k_exit")
    assert not before.capabilities.has_posted_interrupts
    assert after.capabilities.has_posted_interrupts
    for entry in (after.costs["k_exit"], after.facts["has_posted_interrupts"]):
        assert entry.status == "assumed"
        assert [source.title for source in entry.sources] == ["scenario override"]
    assert after.costs["k_exit"].note == "what if"
    assert after.costs["k_eoi"] is before.costs["k_eoi"]
    with pytest.raises(InputError, match="did you mean 'k_eoi'"):
        before.with_overrides({"k_eio": (1, "")})


def test_catalogue_is_light() -> None:
    """Listing hosts must not pull in what a run needs."""
    load = "[c.host(n) for n in c.hosts()]; [c.nic(n) for n in c.nics()]"
    code = f"import sys, simulator.costs as c; {load}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "numba", "pandas", "yaml", "pydantic", "scipy", "matplotlib"} & set(loaded)


def test_table_in_the_documentation_is_current() -> None:
    text = (Path(__file__).parents[2] / "docs" / "explanation" / "costs.md").read_text(encoding="utf-8")
    for name in PARTS:
        count = summary(part(name))
        row = f"| `{name}` | " + " | ".join(str(count[status]) for status in STATUSES) + " |"
        assert row in text, row


def test_costs_in_the_documentation_are_current() -> None:
    text = (Path(__file__).parents[2] / "docs" / "explanation" / "costs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+(?: \| [\d,]+)*) \|$", text, flags=re.MULTILINE)
    shown = [(key, *cells.split(" | ")) for key, cells in rows if key in COSTS]
    assert len(shown) >= 10
    for key, *cells in shown:
        assert cells == [f"{round(host(name).ps(key) / 1000):,}" for name in hosts()], key
