"""Results per guest and per entry of ``guests``: rates and latencies, received and sent apart, and limits on them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.errors import ScenarioErrors
from simulator.scenario import Scenario
from simulator.study import compare

WORDS: dict[str, Any] = {
    "schema": 1,
    "name": "neighbours",
    "host": {"model": "textbook"},
    "nic": {"model": "textbook-nic"},
    "guests": [
        {"name": "loud", "count": 2, "datapath": "sriov-vf"},
        {"name": "victim", "datapath": "vhost-net"},
    ],
    "traffic": [
        {"name": "in", "kind": "constant", "direction": "rx", "rate": "20 kpps"},
        {"name": "out", "kind": "constant", "direction": "tx", "rate": "50 kpps", "guests": ["loud1"]},
        {"name": "ask", "kind": "request-response", "direction": "rx", "guests": ["victim"], "think": "100 us"},
    ],
    "measurement": {"duration": "10 ms", "warmup": "2 ms"},
    "replications": 1,
}


def entry(**changes: Any) -> dict[str, Any]:
    return compare(Scenario.model_validate(WORDS | changes), workers=1).entries[0]


def test_what_comes_to_a_guest_and_what_it_sends_are_told_apart() -> None:
    guests = entry()["guests"]
    assert list(guests) == ["loud", "loud#0", "loud#1", "victim"]
    assert guests["loud#0"]["rx"]["delivered_pps"] == pytest.approx(20_000, rel=0.01)
    assert "tx" not in guests["loud#0"]
    assert guests["loud#1"]["tx"]["delivered_pps"] == pytest.approx(50_000, rel=0.01)
    # an answer counts where it arrives: the client is at the far end
    assert guests["victim"]["tx"]["delivered_pps"] > 1_000
    assert guests["victim"]["tx"]["offered_pps"] == pytest.approx(guests["victim"]["tx"]["delivered_pps"], rel=0.05)
    assert guests["victim"]["rx"]["delivered_pps"] == pytest.approx(20_000, rel=0.01)


@pytest.mark.parametrize("way", [{"direction": "tx"}, {"from": "vm", "to": "peer"}])
def test_what_a_single_guest_sends_is_sent_however_it_is_said(way: dict[str, str]) -> None:
    # its packets are recorded in the far end's own sink
    sent = {"name": "out", "kind": "constant", "rate": "50 kpps"} | way
    guests = entry(guests=[{"name": "vm", "datapath": "sriov-vf"}], traffic=[sent])["guests"]
    assert guests["vm"].keys() == {"all", "tx"}
    assert guests["vm"]["tx"]["offered_pps"] == pytest.approx(50_000, rel=0.01)


def test_parts_add_up_to_the_whole() -> None:
    found = entry()
    guests = found["guests"]
    for metric in ("offered_pps", "delivered_pps", "throughput_bps"):
        members = guests["loud#0"]["all"][metric] + guests["loud#1"]["all"][metric]
        assert guests["loud"]["all"][metric] == pytest.approx(members)
        assert found[metric] == pytest.approx(guests["loud"]["all"][metric] + guests["victim"]["all"][metric])
        for numbers in guests.values():
            assert numbers["all"][metric] == pytest.approx(
                sum(numbers[way][metric] for way in ("rx", "tx") if way in numbers)
            )
    slowest = max(guests[name]["all"]["latency_us"]["max"] for name in ("loud", "victim"))
    assert found["latency_us"]["max"] == slowest


def test_one_guest_has_the_numbers_of_the_point() -> None:
    found = entry(guests=[{"name": "only", "datapath": "sriov-vf"}], traffic=WORDS["traffic"][:1])
    assert found["guests"]["only"]["all"] == {
        name: found[name] for name in ("offered_pps", "delivered_pps", "throughput_bps", "latency_us")
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("delivered_pps{guest=loud#1,direction=tx} > 49 kpps", True),
        ("delivered_pps{guest=loud#0,direction=tx} > 49 kpps", False),
        ("latency.mean{guest=victim} < 1 ns", False),
        ("latency.p50{guest=victim,datapath=sriov-vf+vhost-net} > 1 ns", True),
    ],
)
def test_a_limit_on_a_guest(text: str, kept: bool) -> None:
    result = compare(Scenario.model_validate(WORDS | {"thresholds": [text]}), workers=1)
    assert (result.exit_code, bool(result.breached)) == ((0, False) if kept else (3, True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latency.p50{guest=victm} < 1 ms", "'victm' is not a known guest; choices: loud, loud#0, loud#1, victim; did you mean 'victim'?"),
        ("loss_ratio{guest=victim} < 1 %", "'loss_ratio' is not a known metric of a guest"),
        ("latency.p50{direction=rx} < 1 ms", "is of guests; say which"),
        ("latency.p50{guest=victim,direction=up} < 1 ms", "'up' is not a known direction"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        compare(Scenario.model_validate(WORDS | {"thresholds": [text]}), workers=1)
    assert said in str(caught.value)


def test_a_window_without_steady_state_keeps_no_threshold_unless_that_is_allowed() -> None:
    # 100 packets per millisecond come, the socket's queue takes them all, and the application takes 1 ms for each
    growing = WORDS | {
        "guests": [{"name": "slow", "datapath": "sriov-vf", "socket_buffer": 1_048_576}],
        "host": {"model": "textbook", "costs": {"g_app_rx_pk": "1 ms"}},
        "traffic": [{"name": "in", "kind": "constant", "direction": "rx", "rate": "100 kpps"}],
        "thresholds": ["loss_ratio < 1 %"],
    }
    refused = compare(Scenario.model_validate(growing), workers=1)
    assert refused.exit_code == 3
    assert refused.breached[0].startswith("neighbours: not steady: ")
    assert compare(Scenario.model_validate(growing | {"thresholds_allow": "unsteady"}), workers=1).exit_code == 0
    stated = growing | {"thresholds_allow": "unsteady", "thresholds": ["steady"]}
    assert compare(Scenario.model_validate(stated), workers=1).breached == ("steady: neighbours: is not so",)
