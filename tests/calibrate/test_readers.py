"""What is read from the outputs of measuring programs, numbers worked out by hand.

Layouts: iperf 3.0.7 and a netperf summary (opnfv/yardstick), NFVbench's NDR result, TRex' ``get_stats``, netperf's keyword output,
sockperf 3 ping-pong, kvm-unit-tests x86/vmexit, ``perf kvm stat report``, ethtool.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.calibrate.readers import Observed, read
from simulator.errors import InputError

DATA = Path(__file__).parent / "data"
CLOCK_HZ = 2e9


def found(name: str, clock_hz: float | None = None) -> list[tuple[str, float]]:
    return [(item.what, pytest.approx(item.value)) for item in read(DATA / name, clock_hz)]


def test_iperf3() -> None:
    assert found("iperf3-udp.json") == [("delivered_pps", 270.0), ("loss_ratio", 0.1)]
    assert found("iperf3-tcp.json") == [("throughput_bps", 1_518_000_000.0)]
    # three intervals of 19, 20 and 21: 1 / 20 / sqrt(3)
    assert read(DATA / "iperf3-udp.json", None)[0].error == pytest.approx(0.02887, rel=1e-3)


def test_netperf() -> None:
    assert found("netperf.txt") == [("delivered_pps", 17544.12), ("latency.mean", 56.87), ("latency.p50", 55.0)]
    assert found("netperf.json") == [("latency.mean", 9.49)]


def test_sockperf_gives_half_a_round_trip() -> None:
    assert found("sockperf.txt") == [("latency.mean", 56.8), ("latency.p99", 68.2), ("latency.p50", 56.2)]


def test_generators() -> None:
    assert found("trex.json") == [("delivered_pps", 1_250_000.0), ("latency.mean", 41.5)]
    assert found("nfvbench.json") == [("delivered_pps", 6_321_498.0)]


def test_exits_are_sums_of_costs() -> None:
    told = read(DATA / "vmexit.txt", CLOCK_HZ)
    assert [(item.what, item.value) for item in told] == [
        ("k_exit", 655.0), ("k_exit", 621.0), ("k_exit + q_exit + q_mmio", 4990.0),
    ]  # fmt: skip
    assert told[2].costs == ("k_exit", "q_exit", "q_mmio")
    assert Observed("latency.mean", 1.0, 0.1, "").costs == ()
    assert Observed("delivered_pps", 1.0, 0.1, "").costs == ()


def test_perf_tells_of_exits_to_user_space() -> None:
    assert found("perf-kvm.txt") == [("q_exit + q_mmio", 3800.0)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vmexit.txt", "state the clock"),
        ("ethtool-c.txt", "state them as nic.moderation"),
        ("ethtool-S.txt", "from which no rate follows"),
        ("nothing.txt", "cannot be read"),
    ],
)
def test_what_tells_nothing_is_refused_with_what_to_do(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(DATA / name, None)


def test_another_file_is_refused_with_the_choices(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("it was fast\n", encoding="utf-8")
    with pytest.raises(InputError, match="iperf3, netperf"):
        read(other, None)
