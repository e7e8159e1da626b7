"""Packets that come back: open-loop echo, from an application and from an XDP program."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import costs
from simulator.scenario import Scenario
from simulator.scenario.build import build
from simulator.study import compare
from simulator.study.point import cost_status

ONE_AT_A_TIME: dict[str, Any] = {"name": "in", "kind": "constant", "rate": "1 kpps", "echo": True}


def scenario(path: str, kind: str, **traffic: Any) -> Scenario:
    words = {
        "schema": 1,
        "name": "echo",
        "host": {"model": "textbook"},
        "nic": {"model": "textbook-nic"},
        "guests": [{"name": "vm", "datapath": path, "application": {"kind": kind}}],
        "traffic": [ONE_AT_A_TIME | traffic],
        "measurement": {"duration": "20 ms", "warmup": "5 ms"},
        "replications": 1,
    }
    return Scenario.model_validate(words)


def round_trip_ps(path: str, kind: str) -> int:
    exact = compare(scenario(path, kind), workers=1).entries[0]["latency_exact"]
    assert exact["minimum_ps"] == exact["maximum_ps"]
    return int(exact["maximum_ps"])


@pytest.mark.parametrize(
    ("path", "side", "transmit"), [("native", "h", "h_drv_tx_native_pk"), ("sriov-vf", "g", "g_drv_tx_pk")]
)
def test_a_program_in_the_softirq_saves_exactly_stack_socket_and_application(
    path: str, side: str, transmit: str
) -> None:
    # by hand: the program rings for its answer before the poll gives buffers back; the application waits until it has (doorbell,
    # store) and was left (rearm). Both copy nothing else and ring once for the answer
    host = costs.host("textbook")
    saved = (
        "drv_rx_pk",
        "stack_rx_pk",
        "sock_pk",
        "wake_app",
        "rearm",
        "app_rx_pk",
        "app_tx_pk",
        "stack_tx_pk",
        "doorbell",
        "mmio_wr",
    )
    difference = sum(host.ps(f"{side}_{name}") for name in saved) + host.ps(transmit)
    difference += 2 * 60 * host.value(f"{side}_copy_fs") // 1000
    difference -= host.ps(f"{side}_xdp_rx_pk") + host.ps(f"{side}_xdp_tx_pk")
    assert round_trip_ps(path, "socket") - round_trip_ps(path, "xdp") == difference == 3_389_400


@pytest.mark.parametrize("path", ["native", "sriov-vf", "vhost-net", "virtio-qemu", "emulated-e1000"])
@pytest.mark.parametrize("kind", ["socket", "xdp"])
def test_every_path_sends_back_what_it_gets(path: str, kind: str) -> None:
    entry = compare(scenario(path, kind, size="200 B"), workers=1).entries[0]
    assert entry["guests"]["vm"]["tx"]["delivered_pps"] == entry["offered_pps"] == pytest.approx(1000, rel=0.06)
    assert entry["throughput_bps"] == pytest.approx(entry["delivered_pps"] * 196 * 8)


def test_echoes_are_open_loop_and_as_long_as_what_came() -> None:
    source = build(scenario("sriov-vf", "socket")).sources[0]
    assert (source.kind, source.request, source.response_bytes) == ("open", True, -1)


def test_a_program_drops_what_nobody_asks_back() -> None:
    entry = compare(scenario("sriov-vf", "xdp", echo=False), workers=1).entries[0]
    assert entry["guests"]["vm"]["rx"]["delivered_pps"] == pytest.approx(1000, rel=0.06)
    assert "tx" not in entry["guests"]["vm"]


def test_poll_mode_has_no_softirq_and_guests_do_not_echo_themselves() -> None:
    words = scenario("sriov-vf", "xdp").model_dump(by_alias=True, mode="json")
    words["guests"][0]["interrupts"] = "poll"
    with pytest.raises(ValueError, match="has no softirq for an XDP program"):
        Scenario.model_validate(words)
    with pytest.raises(ValueError, match="is of packets towards a guest"):
        scenario("sriov-vf", "socket", direction="tx")


def test_costs_of_stack_and_application_do_not_count_where_they_are_not_spent() -> None:
    count = {kind: cost_status(scenario("sriov-vf", kind))["assumed"] for kind in ("socket", "xdp")}
    # of the guest's costs the program spends its own two, and neither driver receive, stack, socket, wake-up, calls, copy nor driver transmit
    gone = "drv_rx_pk stack_rx_pk sock_pk seg_rx_pk merge_pk wake_app app_rx_pk copy_fs app_tx_pk stack_tx_pk drv_tx_pk seg_tx_pk tcp_rx_pk tcp_tx_pk syscall"
    assert count["socket"] - count["xdp"] == len(gone.split()) - 2
