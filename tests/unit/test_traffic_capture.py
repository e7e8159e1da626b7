"""Replay, superposition and scaling: exact rates, no drift, stationary windows, and mixes that say what they lack."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.formats import pcap
from simulator.formats.pcap import Capture
from simulator.plan.draws import Draws
from simulator.traffic import arrivals, capture
from simulator.traffic.arrivals import Arrivals, arrange
from simulator.traffic.mix import Connection, Mix, load_mix

SHIPPED = Path(__file__).parents[2] / "scenarios" / "captures"
CLIENT, SERVER = 0xFFFF0A000001, 0xFFFF0A000002
MS = 10**9


def recorded(times_ps: list[int], to_server: list[bool], length: int = 60) -> Capture:
    count, towards = len(times_ps), np.array(to_server)
    near, far = np.where(towards, CLIENT, SERVER), np.where(towards, SERVER, CLIENT)
    zero = np.zeros(count, dtype=np.uint64)
    return Capture(
        path=Path("by hand"),
        times_ps=np.array(times_ps, dtype=np.int64),
        length_bytes=np.full(count, length, dtype=np.int64),
        flow=np.where(towards, 1, 2).astype(np.int64),
        conversation=np.ones(count, dtype=np.int64),
        source=np.ones(count, dtype=np.int64),
        destination=np.ones(count, dtype=np.int64) * 2,
        source_ip=np.stack([zero, near.astype(np.uint64)], axis=1),
        destination_ip=np.stack([zero, far.astype(np.uint64)], axis=1),
        header_bytes=np.full(count, 42, dtype=np.int16),
        tags=np.zeros(count, dtype=np.int8),
        fcs_removed=False,
        frames_read=count,
        bytes_read=count * length,
    )


def mix_of(*entries: tuple[str, int]) -> Mix:
    connections = tuple(Connection(name, Fraction(rate), "10.0.0.2") for name, rate in entries)
    return Mix(Path("by hand.yaml"), "by hand", connections, (), ())


def test_replay_keeps_its_own_timing() -> None:
    played = capture.replay(recorded([0, 10, 40], [True, False, True]), "10.0.0.2")
    assert played.times_ps.tolist() == [0, 10, 40]
    assert played.gap_ps.tolist() == [20, 10, 30]
    assert played.period_ps == 60
    assert played.towards_guest.tolist() == [True, False, True]
    assert arrivals.packet_rate(played) == Fraction(3 * 10**12, 60)


def test_split_keeps_one_time_axis() -> None:
    rx, tx = arrivals.split(capture.replay(recorded([0, 10, 40], [False, True, True]), "10.0.0.2"))
    assert (rx.times_ps.tolist(), tx.times_ps.tolist()) == ([10, 40], [0])
    assert (rx.gap_ps.tolist(), tx.gap_ps.tolist()) == ([30, 30], [60])
    assert (rx.first_ps, tx.first_ps) == (10, 0)
    assert (set(rx.flow), set(tx.flow)) == ({1}, {2})


def test_streams_repeat_with_the_period() -> None:
    rx, _ = arrivals.split(capture.replay(recorded([0, 10, 40], [False, True, True]), "10.0.0.2"))
    gaps, lengths, flows = arrivals.streams(rx, "guest0.rx")
    assert [stream.name for stream in (gaps, lengths, flows)] == ["guest0.rx:gap", "guest0.rx:length", "guest0.rx:flow"]
    drawn = Draws([gaps, lengths, flows], 1, 0)
    assert np.cumsum(drawn.next_block(0))[:6].tolist() == [10, 40, 70, 100, 130, 160]
    assert (set(drawn.next_block(1)), set(drawn.next_block(2))) == ({60}, {1})


def test_a_direction_without_packets_and_a_capture_without_duration() -> None:
    rx, tx = arrivals.split(capture.replay(recorded([0], [True]), "10.0.0.2"))
    assert (rx.packets, tx.packets) == (1, 0)
    with pytest.raises(InputError, match="no packet goes in this direction"):
        arrivals.streams(tx, "x")
    with pytest.raises(InputError, match="all packets have the same time: state a rate"):
        arrivals.streams(rx, "x")
    timed = arrivals.to_packet_rate(rx, 1000)
    assert (timed.gap_ps.tolist(), timed.period_ps, timed.notes) == ([MS], MS, ())


def test_scaling_to_a_packet_rate_is_exact_and_keeps_order() -> None:
    played = capture.replay(recorded([0, 1, 2, 999_999_999], [True] * 4), "10.0.0.2")
    fast = arrivals.to_packet_rate(played, 3_000_000)
    assert fast.period_ps == round(Fraction(4 * 10**12, 3_000_000))
    assert int(fast.gap_ps.sum()) == fast.period_ps
    assert fast.notes == ("time runs 1000 times as fast as recorded",)
    assert fast.gap_ps.min() >= 0


def test_scaling_to_a_bit_rate_counts_frames_with_fcs() -> None:
    played = capture.replay(recorded([0, 10], [True, False], length=121), "10.0.0.2")
    assert arrivals.to_bit_rate(played, 10**9).period_ps == 2 * 125 * 8 * 1000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 2**61), min_size=1, max_size=30),
    st.fractions(Fraction(1, 10**3), 10**9, max_denominator=10**6),
)
def test_scaling_never_drifts(raw: list[int], rate: Fraction) -> None:
    times = np.array(sorted(raw), dtype=np.int64)
    count, period = len(times), int(times[-1]) + 1
    zeros = np.zeros(count, dtype=np.int64)
    played = arrange("law", times, zeros + 60, zeros, zeros == 0, period, ())
    scaled = arrivals.to_packet_rate(played, rate)
    assert int(scaled.gap_ps.sum()) == scaled.period_ps == round(count / rate * 10**12)
    for before, after in zip(times.tolist(), scaled.times_ps.tolist(), strict=True):
        assert 0 <= Fraction(before * scaled.period_ps, period) - after < 1


@pytest.mark.parametrize("rate", [0, -1, Fraction(1, 10**9)])
def test_impossible_rates_are_refused(rate: Fraction) -> None:
    with pytest.raises(InputError, match="by hand: '"):
        arrivals.to_packet_rate(capture.replay(recorded([0, 5], [True, True]), "10.0.0.2"), rate)


def test_superposition_repeats_itself_and_follows_seed_and_replication() -> None:
    captures = {"a": recorded([0, MS, 3 * MS], [True, False, True])}
    base = capture.superpose(mix_of(("a", 500)), captures, 1, 0, duration_ps=100 * MS)
    again = capture.superpose(mix_of(("a", 500)), captures, 1, 0, duration_ps=100 * MS)
    assert all(
        np.array_equal(getattr(base, name), getattr(again, name)) for name in ("gap_ps", "flow", "towards_guest")
    )
    for seed, replication in ((2, 0), (1, 1)):
        other = capture.superpose(mix_of(("a", 500)), captures, seed, replication, duration_ps=100 * MS)
        assert not np.array_equal(base.times_ps[:20], other.times_ps[:20])


def test_adding_a_capture_does_not_move_the_others() -> None:
    captures = {"a": recorded([0, MS], [True, False], 61), "b": recorded([0], [True], 99)}
    alone = capture.superpose(mix_of(("a", 500)), captures, 1, 0, duration_ps=100 * MS)
    both = capture.superpose(mix_of(("a", 500), ("b", 300)), captures, 1, 0, duration_ps=100 * MS)
    assert np.array_equal(both.times_ps[both.length_bytes == 61], alone.times_ps)
    assert np.array_equal(both.flow[both.length_bytes == 61], alone.flow)


def test_connections_start_as_a_poisson_process() -> None:
    """Counts over 200 windows, mean 50: |z| < 4.5 on the mean (7e-6), dispersion within 4.5 of its sd 0.1."""
    captures = {"a": recorded([0], [True])}
    counts = np.array(
        [capture.superpose(mix_of(("a", 500)), captures, 1, k, duration_ps=100 * MS).packets for k in range(200)]
    )
    assert abs(counts.mean() - 50) / np.sqrt(50 / 200) < 4.5
    assert abs(counts.var(ddof=1) / 50 - 1) < 0.45


def test_the_window_is_stationary_from_its_first_packet() -> None:
    """Connections of 1 s on a window of 0.1 s: the first tenth holds a tenth of the packets, |z| < 4.5 (7e-6).

    A window that began empty would hold the start of each connection only: 1 to 3 packets of the 28.
    """
    ages_ms = np.array([k * k * 7 % 997 for k in range(28)])
    long = recorded([int(age) * MS for age in np.sort(ages_ms)], [True] * 28)
    made = capture.superpose(mix_of(("a", 2000)), {"a": long}, 1, 0, duration_ps=100 * MS)
    connections, rest = divmod(made.packets, 28)
    starts_ms = np.arange(0, 100, 0.5)[:, None]
    per_connection = ((starts_ms + ages_ms) % 100 < 10).sum(axis=1)
    early = int((made.times_ps < 10 * MS).sum())
    assert rest == 0
    assert abs(early - 2.8 * connections) < 4.5 * per_connection.std() * np.sqrt(connections)
    assert int(made.gap_ps.sum()) == 100 * MS


def test_each_connection_is_a_flow_of_its_own() -> None:
    made = capture.superpose(mix_of(("a", 1000)), {"a": recorded([0, 1], [True, False])}, 1, 0, duration_ps=MS * 100)
    connections = made.packets // 2
    assert len(np.unique(made.flow)) == 2 * connections
    wrapped = capture.superpose(
        mix_of(("a", 1000)), {"a": recorded([0, 150 * MS], [True, True])}, 1, 0, duration_ps=MS * 100
    )
    assert len(np.unique(wrapped.flow)) == wrapped.packets
    assert 0 <= wrapped.flow.min() <= wrapped.flow.max() < 2**31


def test_rate_scale_starts_more_connections_with_their_own_timing() -> None:
    """Poisson: |z| < 4.5, 7e-6."""
    captures = {"a": recorded([0, 7], [True, False])}
    made = capture.superpose(mix_of(("a", 100)), captures, 1, 0, duration_ps=1000 * MS, rate_scale=20)
    assert abs(made.packets / 2 - 2000) / np.sqrt(2000) < 4.5
    assert np.count_nonzero(made.gap_ps == 7) >= made.packets // 2 - 5


def test_a_number_of_packets_sets_the_window() -> None:
    captures = {"a": recorded([0, 7], [True, False])}
    made = capture.superpose(mix_of(("a", 100)), captures, 1, 0, packets=5000)
    assert made.period_ps == 25 * 10**12


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "state either a duration or a number of packets"),
        ({"duration_ps": 1, "packets": 1}, "state either a duration or a number of packets"),
        ({"duration_ps": 0}, "is no window"),
        ({"duration_ps": 2**61}, "is no window"),
        ({"packets": 10**12}, "is no window"),
        ({"packets": 5, "rate_scale": 0}, "'0' is no rate_scale"),
        ({"duration_ps": 1}, "'1 ps' is a window in which no connection starts"),
    ],
)
def test_bad_windows(options: dict[str, int], part: str) -> None:
    with pytest.raises(InputError) as caught:
        capture.superpose(mix_of(("a", 100)), {"a": recorded([0], [True])}, 1, 0, **options)
    assert str(caught.value).startswith("by hand.yaml: ")
    assert part in str(caught.value)


@pytest.fixture(scope="module")
def sfr() -> tuple[Mix, dict[str, Capture]]:
    mix = load_mix(SHIPPED / "sfr-mix.yaml")
    return mix, capture.load_captures(mix)


def test_shipped_mix_is_whole(sfr: tuple[Mix, dict[str, Capture]]) -> None:
    mix, captures = sfr
    assert {entry.capture for entry in mix.connections} == {path.name for path in SHIPPED.glob("*.pcap")}
    assert len(mix.connections) == 12
    assert {entry.capture: entry.connections_per_s for entry in mix.connections}["smtp.pcap"] == Fraction(342, 10)
    packets = {name: len(one.times_ps) for name, one in captures.items()}
    assert (packets["dns.pcap"], packets["Voice_calls_rtp_only.pcap"]) == (2, 1353)
    assert capture.expected_packet_rate(mix, captures) == 261_969
    assert [name for name, one in captures.items() if not one.fcs_removed] == ["rtp_250k_rtp_only_1.pcap"]
    assert all(len(np.unique(one.conversation)) == 1 for one in captures.values())


def test_shipped_mix_at_a_stated_rate(sfr: tuple[Mix, dict[str, Capture]]) -> None:
    mix, captures = sfr
    made = arrivals.to_packet_rate(capture.superpose(mix, captures, 1, 0, packets=200_000), 1_000_000)
    rx, tx = arrivals.split(made)
    assert arrivals.packet_rate(made) == 1_000_000
    assert rx.packets + tx.packets == made.packets
    assert 0.4 < rx.packets / made.packets < 0.6
    assert tx.length_bytes.mean() > 2 * rx.length_bytes.mean()
    assert 60 <= made.length_bytes.min() <= made.length_bytes.max() <= 1514
    assert any("Video_Calls.pcap (11.4/s), rtp_160k.pcap (3.6/s)" in note for note in made.notes)
    assert any(note.startswith("time runs ") for note in made.notes)


def test_mix_packets_come_in_their_stated_proportion(sfr: tuple[Mix, dict[str, Capture]]) -> None:
    """Connections of each capture in a window of ten seconds: Poisson, |z| < 4.5 for 3 captures: 2e-5."""
    mix, captures = sfr
    for name in ("dns.pcap", "exchange.pcap", "smtp.pcap"):
        only = Mix(mix.path, name, tuple(e for e in mix.connections if e.capture == name), (), ())
        made = capture.superpose(only, captures, 1, 0, duration_ps=10 * 10**12)
        expected = float(only.connections[0].connections_per_s) * 10
        assert abs(made.packets / len(captures[name].times_ps) - expected) / np.sqrt(expected) < 4.5


def test_replaying_a_shipped_capture_takes_the_servers_side() -> None:
    played = capture.replay(pcap.read(SHIPPED / "https.pcap"), "22.0.0.11")
    rx, tx = arrivals.split(played)
    assert (rx.packets, tx.packets) == (65, 109)
    assert int(played.times_ps[-1]) == 1_840_130_000_000


GOOD_ENTRY = "{capture: a.pcap, connections_per_s: 1, guest: 10.0.0.2}"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("title: x\n", "a mix needs at least one connection"),
        ("connections: []\n", "a mix needs at least one connection"),
        ("connections: 5\n", ":1: '5' stands where a list is expected"),
        ("connections: [5]\n", ":1: '5' stands where a mapping is expected"),
        ("conections: []\n", ":1: 'conections' is not a known key of a mix; choices: "),
        ("title: x\nconnections:\n  - {capture: a.pcap, rate: 1}\n", ":3: 'rate' is not a known key of a mix"),
        ("connections:\n  - {capture: a.pcap, guest: b}\n", ":2: a connection needs connections_per_s"),
        ("connections:\n  - {capture: a.pcap, connections_per_s: 1}\n", ":2: name the guest's side"),
        ("guest: a\nconnections:\n  - {capture: ../a, connections_per_s: 1}\n", ":3: '../a' is not a plain file name"),
        ("guest: a\nconnections:\n  - {capture: a, connections_per_s: fast}\n", ":3: 'fast' is no connections_per_s"),
        ("guest: a\nconnections:\n  - {capture: a, connections_per_s: 0}\n", ":3: '0' is no connections_per_s"),
        ("guest: a\nconnections:\n  - {capture: a, connections_per_s: true}\n", ":3: 'true' is no connections_per_s"),
        ("guest: a\nconnections:\n  - {capture: 7, connections_per_s: 1}\n", ":3: '7' stands where text is expected"),
        (f"connections:\n  - {GOOD_ENTRY}\n  - {GOOD_ENTRY}\n", "'a.pcap' is named twice"),
        ("connections: [\n", "is not YAML"),
    ],
)
def test_bad_mix_files_name_their_line(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "mix.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_mix(path)
    assert str(caught.value).startswith(str(path))
    assert part in str(caught.value)


def test_another_files_contents_are_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_text("root:x:0:0:root:/root:/bin/sh\n")
    with pytest.raises(InputError) as caught:
        load_mix(path)
    assert str(caught.value) == f"{path}:1: a mix must hold a mapping; write 'key: value' lines"


def test_a_mix_names_captures_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "mix.yaml"
    path.write_text(f"connections:\n  - {GOOD_ENTRY}\n")
    with pytest.raises(InputError, match=r"a\.pcap: does not exist"):
        capture.load_captures(load_mix(path))


def test_arrange_orders_ties_as_given() -> None:
    made = arrange(
        "ties", np.array([5, 1, 5]), np.array([60, 61, 62]), np.arange(3), np.ones(3, dtype=np.bool_), 10, ()
    )
    assert isinstance(made, Arrivals)
    assert made.length_bytes.tolist() == [61, 60, 62]
    assert made.gap_ps.tolist() == [6, 4, 0]
