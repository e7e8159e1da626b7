"""From primitives to costs, with hand-made slices."""

from __future__ import annotations

import pytest

from simulator.costs.names import COSTS
from simulator.measure.derive import RULES, UNCLEAN_FACTOR, WAKE, costs, terms, wake_parts
from simulator.measure.slices import Record, estimates

PRIMITIVES = {
    "system_call": 200.0, "switch_by_yield": 1700.0, "event_write": 300.0, "event_write_read": 700.0, "switch_by_event": 3000.0,
    "udp_send_socket_18B": 400.0, "udp_send_noop_18B": 2000.0, "udp_send_other_18B": 3000.0, "udp_send_full_18B": 3700.0,
    "udp_send_veth_18B": 3750.0, "udp_send_bridge_18B": 5300.0, "udp_send_routed_18B": 5000.0,
    "udp_receive_veth_18B": 800.0, "udp_receive_lo_18B": 810.0, "udp_send_tap_18B": 2150.0, "tap_read_18B": 700.0,
    "tap_write_drop": 1100.0, "tap_write_bridge": 2300.0,
    "copy_1500B_warm": 30.0, "copy_1500B_of_4MiB": 150.0, "copy_1500B_of_64MiB": 300.0,
    "wake_poll_write": 1000.0, "wake_poll_after": 2000.0, "wake_poll_back": 3000.0,
    "wake_idle_write": 1500.0, "wake_idle_after": 8000.0, "wake_idle_back": 9500.0,
    "wake_spin_write": 2300.0, "wake_spin_after": 4000.0, "wake_spin_back": 6300.0, "wake_spin_stop": 900.0, "wake_spin_busy": 2500.0,
    "wake_spin_flight": 100.0, "wake_spin_run": 3900.0,
}  # fmt: skip
EXPECTED = {
    "h_ctxsw": 1500, "h_app_tx_pk": 400, "h_stack_tx_pk": 1600, "h_veth_pk": 1000, "h_stack_rx_pk": 700, "h_sock_pk": 50, "h_app_rx_pk": 800,
    "s_bridge": 550, "s_route": 250, "h_tap_enq": 650, "q_tap_rd": 700, "q_tap_wr": 1100, "h_copy_fs": 0.1, "h_wake_app": 800,
    "h_wake_work": 2000, "h_ipi_flight": 100, "h_wake_run": 3900, "h_idle_exit": 3200,
}  # fmt: skip


def recorded(without: tuple[str, ...] = (), spread: float = 0.0, **changed: float) -> Record:
    """12 rounds; each value rises by ``spread`` of itself from the first to the last."""
    values = {name: value for name, value in (PRIMITIVES | changed).items() if name not in without}
    rounds = [{name: value * (1 + spread * turn / 11) for name, value in values.items()} for turn in range(12)]
    return Record(rounds=rounds, canaries=[1.0] * 12)


def derived(found: Record) -> tuple[dict[str, tuple[float, float, float, str]], dict[str, str]]:
    kept, missing = costs(found, estimates(found))
    return {cost.name: (cost.value, cost.low, cost.high, cost.status) for cost in kept}, missing


def test_every_rule_names_a_cost_of_the_catalogue_with_its_unit() -> None:
    for rule in RULES:
        assert COSTS[rule.cost][0] == ("fs/B" if rule.per_byte else "ps"), rule.cost
    assert {rule.cost for rule in RULES} >= {name for names in WAKE.values() for name in names}
    assert len({rule.cost for rule in RULES}) == len(RULES)


def test_sums_are_those_worked_out_by_hand() -> None:
    found, missing = derived(recorded())
    assert missing == {}
    assert {name: value for name, (value, *_) in found.items() if name in EXPECTED} == pytest.approx(EXPECTED)


def test_what_the_guest_does_like_the_host_is_borrowed() -> None:
    found, _ = derived(recorded())
    twins = {name for name in found if name.startswith("g_")}
    assert twins == {
        "g_app_rx_pk",
        "g_app_tx_pk",
        "g_stack_rx_pk",
        "g_stack_tx_pk",
        "g_sock_pk",
        "g_copy_fs",
        "g_wake_app",
    }
    for name in twins:
        assert found[name][:3] == found["h" + name[1:]][:3]
        assert found[name][3] == "borrowed"
    assert {status for name, (*_, status) in found.items() if name not in twins} == {"measured"}


def test_the_range_of_a_difference_is_its_middle_half_and_holds_the_value() -> None:
    found, _ = derived(recorded(spread=0.11))
    value, low, high, _ = found["h_ctxsw"]
    assert value == pytest.approx(1500 * 1.01)
    assert (low, high) == pytest.approx((1500 * 1.01, 1500 * (1 + 0.11 * 8.25 / 11)))


def test_the_range_of_a_copy_is_from_cache_to_memory() -> None:
    found, _ = derived(recorded())
    assert found["h_copy_fs"][:3] == pytest.approx((0.1, 0.02, 0.2))


def test_a_difference_that_is_not_positive_is_left_out_by_name() -> None:
    found, missing = derived(recorded(udp_send_full_18B=3750.0))
    assert "h_sock_pk" not in found
    assert (
        missing["h_sock_pk"]
        == "udp_send_veth_18B - udp_send_full_18B is not positive: smaller than this method can see"
    )


def test_a_quantity_of_its_own_may_be_nothing() -> None:
    found, missing = derived(recorded(wake_spin_flight=0.0))
    assert found["h_ipi_flight"][0] == 0
    assert missing == {}


def test_without_idle_cores_the_wake_up_is_that_of_a_busy_one() -> None:
    idle = tuple(name for name in PRIMITIVES if name.startswith(("wake_poll", "wake_idle")))
    found, missing = derived(recorded(without=idle))
    assert found["h_wake_work"][0] == pytest.approx(2000)
    assert found["h_wake_work"][0] + found["h_ipi_flight"][0] + found["h_wake_run"][0] == pytest.approx(6000)
    assert missing == {"h_idle_exit": "its primitives were not measured"}


def test_without_namespaces_the_loopback_gives_the_receive_call() -> None:
    found, missing = derived(recorded(without=tuple(name for name in PRIMITIVES if "veth" in name or "tap" in name)))
    assert found["h_app_rx_pk"][0] == pytest.approx(810)
    gone = {"h_sock_pk", "g_sock_pk", "h_tap_enq", "s_bridge", "s_route", "q_tap_rd", "q_tap_wr"}
    assert set(missing) == gone


def test_a_range_needs_its_ends() -> None:
    found, missing = derived(recorded(without=("copy_1500B_warm",)))
    assert not {"h_copy_fs", "g_copy_fs"} & set(found)
    assert set(missing) == {"h_copy_fs", "g_copy_fs"}


def test_a_core_that_was_never_clean_widens_the_range() -> None:
    found = recorded()
    found.canaries = [1.0, *[2.0] * 11]
    assert derived(found)[0]["q_tap_rd"][2] == pytest.approx(700 * UNCLEAN_FACTOR)


def test_a_wake_up_has_three_parts_where_somebody_notices() -> None:
    found = recorded()
    parts = wake_parts(found, estimates(found))
    assert {state: {part: e.value for part, e in named.items()} for state, named in parts.items()} == {
        "polling": {"waker": 700, "after": 2000},
        "idle": {"waker": 1200, "after": 8000},
        "busy": {"waker": 2000, "latency": 100, "wakee": 3900},
        "same core": {"waker and wakee": 800},
    }


def test_formulas_are_signs_and_names() -> None:
    assert terms("a - b + c") == ((1, "a"), (-1, "b"), (1, "c"))
    with pytest.raises(ValueError, match="zip"):
        terms("a -")
