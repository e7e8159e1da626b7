"""Real measurements at tiny sizes: each probe gives its quantities, or says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest

from simulator.measure import cores, probes, threads
from simulator.measure.cores import Crew
from simulator.measure.derive import RULES, terms
from simulator.measure.everything import all_probes
from simulator.measure.network import Network
from simulator.measure.probes import Unavailable, canary, single

QUANTITIES = {
    "calls": {"clock", "system_call", "event_write", "event_write_read", "poll_ready"},
    "copies": {"copy_64B_warm", "copy_1500B_warm", "copy_4KiB_warm", "copy_64KiB_warm",
               "copy_1500B_of_4MiB", "copy_1500B_of_16MiB", "copy_1500B_of_64MiB"},
    "switches": {"switch_by_yield", "switch_by_event", "switch_by_poll", "slice_of_two"},
    "loopback": {"udp_send_lo_18B", "udp_receive_lo_18B", "udp_receive_empty"},
    "veth": {"udp_send_veth_18B", "udp_receive_veth_18B", "udp_send_veth_1472B", "udp_receive_veth_1472B"},
    "sends that end on the way": {"udp_send_socket_18B", "udp_send_noop_18B", "udp_send_other_18B", "udp_send_full_18B"},
    "tap": {"udp_send_tap_18B", "tap_read_18B", "udp_send_tap_1472B", "tap_read_1472B", "tap_write_drop", "tap_read_empty",
            "tap_write_socket", "udp_receive_tap_18B"},
    "bridge": {"udp_send_bridge_18B", "udp_receive_bridge_18B"},
    "routed": {"udp_send_routed_18B", "udp_receive_routed_18B"},
    "bridge of taps": {"tap_write_bridge", "tap_read_60B"},
    "stream": {"tcp_out_per_byte", "tcp_in_per_byte"},
    "timer": {"timer_late_p50", "timer_late_p95"},
    "cache line": {"cache_line_round_trip"},
    "wake-up, idle cores polling": {"wake_poll_write", "wake_poll_after", "wake_poll_back"},
    "wake-up, idle cores as they are": {"wake_idle_write", "wake_idle_after", "wake_idle_back"},
    "wake-up, core kept from idling": {"wake_spin_write", "wake_spin_after", "wake_spin_back", "wake_spin_stop", "wake_spin_busy", "wake_spin_return",
                                      "wake_spin_flight", "wake_spin_run"},
}  # fmt: skip
NEEDS_A_FREE_CORE = ("wake", "cache line")


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with cores.crew(cores.here()) as made:
        yield made


@pytest.fixture(scope="module")
def everything(crew: Crew, bench: Network) -> tuple[dict[str, float], dict[str, str]]:
    """The values of the first good one of twenty tries of each probe, for other tests may run on this core."""
    values: dict[str, float] = {}
    with ExitStack() as kept:
        found, absent = all_probes(crew, bench, kept)
        for probe in found:
            values |= next((values for _ in range(20) if (values := probe.attempt()) is not None), {})
    return values, absent


@pytest.mark.parametrize("group", QUANTITIES)
def test_a_group_gives_its_quantities(group: str, everything: tuple[dict[str, float], dict[str, str]]) -> None:
    values, absent = everything
    if group in absent:
        pytest.skip(f"{group}: {absent[group]}")
    missing = QUANTITIES[group] - set(values)
    if missing and group.startswith(NEEDS_A_FREE_CORE):
        pytest.skip(f"{group}: the other core is busy with something else")
    assert not missing
    # an interrupt that has landed before the signal returns has no flight left
    assert all(values[name] > 0 or name == "wake_spin_flight" for name in QUANTITIES[group])


def test_nothing_else_is_measured(everything: tuple[dict[str, float], dict[str, str]]) -> None:
    assert set(everything[0]) <= set().union(*QUANTITIES.values())


def test_the_quantities_of_all_rules_are_measured() -> None:
    known = set().union(*QUANTITIES.values())
    for rule in RULES:
        for formula in (*rule.formulas, rule.low, rule.high):
            assert {name for _, name in terms(formula or "clock")} <= known, rule.cost


def test_the_canary_sings(crew: Crew) -> None:
    assert canary(crew)() > 0


def test_a_loop_whose_call_fails_is_no_probe(crew: Crew) -> None:
    def failing(turns: int, memory: probes.Memory) -> float:
        memory.bad[0] += turns
        return 1.0

    with pytest.raises(Unavailable):
        single("nothing", crew.first, failing)


def test_one_core_has_no_other_to_wake(crew: Crew) -> None:
    alone = Crew(crew.first, crew.beside, None, None)
    with ExitStack() as kept, pytest.raises(Unavailable, match="only one core"):
        threads.wakes("spin", alone, kept)
    with pytest.raises(Unavailable, match="only one core"):
        threads.bounces(alone)


def test_a_wake_up_is_told_apart_from_other_gaps() -> None:
    before, woken = np.array([1000, 2000]), np.array([1800, 2900])
    gaps = np.array([[100, 900], [1200, 2000 - 50], [2300, 3100]])
    found = threads._parts("spin", before, before + 400, woken, gaps)
    assert found == {
        "wake_spin_write": 400,
        "wake_spin_after": 450,
        "wake_spin_back": 850,
        "wake_spin_stop": 250,
        "wake_spin_busy": 775,
        "wake_spin_return": 600,
        "wake_spin_flight": 0,
        "wake_spin_run": 450,
    }
    # the core was taken before the signal: somebody else ran there
    assert threads._parts("spin", before, before + 400, woken, np.array([[100, 5000]])) is None
    assert threads._parts("spin", before, before + 400, woken, gaps[:0]) is None


def test_noise_is_the_time_between_looks() -> None:
    gaps = np.array([[0, 2_000], [10_000, 22_000]])
    assert threads._lost(gaps, 1_000_000) == {
        "lost_share": 0.014,
        "gaps_over_10us_per_s": 1000,
        "median_gap_ns": 7000,
        "gaps_per_s": 2000,
        "worst_gap_ns": 12_000,
    }
    assert threads._lost(gaps[:0], 1_000_000)["worst_gap_ns"] == 0


def test_noise_of_this_machine(crew: Crew) -> None:
    (found,) = threads.noise([crew.first], 1_000_000).values()
    assert found["lost_share"] >= 0
