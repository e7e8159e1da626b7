"""Predictions of the experiments, worked out by hand from round costs."""

from __future__ import annotations

import pytest

from simulator.costs import host
from simulator.prove import plans
from simulator.prove.plans import Flood, Prices

NS = {
    "switch_by_event": 2000.0, "switch_by_poll": 2400.0, "slice_of_two": 3e6,
    "udp_send_tap_18B": 1800.0, "udp_receive_tap_18B": 600.0, "udp_receive_empty": 300.0,
    "tap_read_18B": 700.0, "tap_write_socket": 1500.0, "tcp_out_per_byte": 0.1, "tcp_in_per_byte": 0.2,
}  # fmt: skip
COSTS = {
    "h_app_tx_pk": 400, "h_stack_tx_pk": 1400, "h_veth_pk": 600, "h_stack_rx_pk": 700, "h_sock_pk": 100, "h_app_rx_pk": 600,
    "s_bridge": 500, "s_route": 200, "h_ctxsw": 1000, "h_wake_app": 400, "h_wake_work": 2000, "h_ipi_flight": 1000, "h_wake_run": 3000,
    "h_copy_fs": 0,
}  # fmt: skip
SEND, RECEIVE, BRIDGE, ROUTE = 3200, 600, 1100, 800
SWITCH, WAKE = 1400, 6000
"""On one core: waking and switching; on another: call, flight, run."""


@pytest.fixture(scope="module")
def prices() -> Prices:
    model = host("textbook").with_overrides({name: (ns * 1000, "by hand") for name, ns in COSTS.items()})
    return Prices(model, NS, holds=256)


@pytest.mark.parametrize(("path", "way"), [("pair", 0), ("bridge", BRIDGE), ("routed", ROUTE)])
def test_a_round_trip_is_two_of_everything(prices: Prices, path: str, way: int) -> None:
    assert plans.round_trip(prices, path, 1, 18).ns == pytest.approx(2 * (SEND + way + RECEIVE + SWITCH), rel=1e-3)


def test_on_two_cores_the_switch_becomes_a_wake_up(prices: Prices) -> None:
    assert plans.round_trip(prices, "pair", 2, 18).ns == pytest.approx(2 * (SEND + RECEIVE + WAKE), rel=1e-3)


def test_two_pairs_on_one_core_take_their_turns(prices: Prices) -> None:
    # each of the four threads is woken once per round trip, and each turn is another thread's
    assert plans.round_trip(prices, "pair", 1, 18, pairs=2).ns == pytest.approx(2 * (SEND + RECEIVE + SWITCH), rel=1e-2)


def test_larger_packets_are_copied_twice_each_way(prices: Prices) -> None:
    dearer = Prices(prices.model.with_overrides({"h_copy_fs": (100_000, "by hand")}), NS, 256)
    assert plans.round_trip(dearer, "pair", 1, 1472).ns == pytest.approx(
        2 * (SEND + RECEIVE + SWITCH) + 4 * 1514 * 0.1, rel=1e-3
    )


def test_a_burst_wakes_once_each_way(prices: Prices) -> None:
    # 64 sent and read, one answer sent and read, each side woken and switched to once
    expected = (65 * (SEND + RECEIVE) + 2 * SWITCH) / 64
    assert plans.burst(prices, "pair", 64).ns == pytest.approx(expected, rel=1e-3)


def test_frames_through_a_loop(prices: Prices) -> None:
    # four hops: client and server receive and send, the loop reads and writes; all are woken, the loop from its poll (2 * 400)
    expected = 2 * (600 + 1800 + 700 + 1500 + 2 * SWITCH + 800)
    assert plans.forwarded(prices).ns == pytest.approx(expected, rel=1e-3)


def test_a_flood_to_a_receiver_that_never_sleeps_is_the_sender(prices: Prices) -> None:
    assert plans.flood(prices, Flood(sink="spins")) == plans.Prediction(pytest.approx(SEND, rel=1e-3), 0.0)


def test_a_loop_that_is_too_slow_loses_the_rest(prices: Prices) -> None:
    found = plans.flood(prices, Flood("tap", forwards=True))
    assert found.ns == pytest.approx(2200, rel=0.02)  # 700 + 1500, 50 frames for each look
    assert found.lost == pytest.approx(1 - 1800 / 2200, abs=0.02)


def test_a_flood_pays_for_waking_the_receiver(prices: Prices) -> None:
    # the receiver is woken, reads and sleeps: 2,000 for the call, and while it comes (1,000 + 3,000) a second packet is sent
    assert SEND < plans.flood(prices, Flood()).ns < SEND + 2000


def test_a_stream_is_the_work_of_both_ends(prices: Prices) -> None:
    assert plans.stream(prices, "pair").ns == pytest.approx(300, rel=0.05)
