"""Searches beside scans, on scenarios of `cases.py`; ``python -m tests.search`` runs all of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.errors import InputError
from simulator.search import throughput
from simulator.search.machines import candidates, cheapest
from simulator.search.machines import trials_of as machines_of
from simulator.search.numbers import fewest, most, setting
from simulator.search.slo import parse
from simulator.search.throughput import GOALS, counts, highest_pps, ndr_and_pdr, onset, trials_of
from simulator.search.trials import Trial, Trials, series_of
from simulator.sriov.prices import load_prices
from tests.search.__main__ import edge, scan, scan_of_rates
from tests.search.cases import guest_counts, rate_searches

RESOLUTION = 0.02


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "question.yaml"


def trials(file: Path, word: str) -> Trials:
    return Trials(str(file), (), series_of(str(file), ())[0], setting(word))


@pytest.mark.parametrize("number", [1, 6])
def test_the_number_of_guests_is_that_of_a_scan(file: Path, number: int) -> None:
    text, level = guest_counts()[number]
    file.write_text(text)
    thresholds = parse(level)
    found = most(trials(file, "guests"), thresholds, "guests", 12)
    assert (found.value or 0) == scan(trials(file, "guests"), thresholds, 12)
    assert found.failing is None or found.failing.value == (found.value or 0) + 1
    assert found.trials <= 8


def test_the_fewest_cores_are_one_more_than_too_few(file: Path) -> None:
    text, _ = guest_counts()[0]
    file.write_text(text.replace("name: vm,", "name: vm, count: 8,"))
    found = fewest(trials(file, "cores"), parse("p99 < 60 us and loss < 1e-4 and steady"), "cores", 8)
    assert found.value == found.failing.value + 1  # type: ignore[union-attr]
    assert "last that passes: " in found.text()
    assert found.to_json()["bottleneck"].startswith("core")


def test_a_number_that_cannot_be_built_ends_the_search(file: Path) -> None:
    text, _ = guest_counts()[0]
    file.write_text(text.replace("placement: {share: 2}", "halt_poll: off").replace("textbook-nic", "textbook-nic"))
    found = most(trials(file, "guests.*.vcpus"), parse("loss < 50 %"), "guests.*.vcpus", 4096)
    assert found.failing is not None
    assert found.failing.entry is None
    assert found.failing.fault in found.text()


def test_ndr_is_that_of_a_scan_with_few_packets(file: Path) -> None:
    file.write_text(rate_searches()["vhost-net"].replace("duration: 20 ms", "duration: 2 ms"))
    ndr, pdr = ndr_and_pdr(trials_of(str(file), (), series_of(str(file), ())[0]), RESOLUTION)
    row, _ = scan_of_rates(str(file), RESOLUTION, ndr.value * 0.8)
    for answer in (ndr, pdr):
        low, high = edge(row, GOALS[answer.question])
        assert low * (1 - RESOLUTION) <= answer.value <= high * (1 + RESOLUTION)
    least = ndr.value * 0.002 / RESOLUTION  # packets of a geometric scan from far below
    assert ndr.packets < least / 3
    assert ndr.value <= pdr.value
    assert counts(ndr.passing)[1] == 0  # type: ignore[arg-type]
    assert counts(ndr.failing)[1] > 0  # type: ignore[arg-type]
    assert ndr.failing.value <= ndr.value * (1 + 2 * RESOLUTION)  # type: ignore[union-attr]


def test_the_edge_of_a_scan_by_hand() -> None:
    row = [(100, 0.0), (102, 0.001), (104, 0.0), (106, 0.004), (108, 0.02)]
    assert edge(row, 0.0) == (100, 106)
    assert edge(row, 0.005) == (106, 108)
    assert edge(row[:1], 0.0) == (100, 100)
    assert edge(row[3:], 0.0) == (0, 106)


def test_a_loss_below_the_answer_lowers_it(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    # no loss up to 300,000 and from 420,000 to 500,000 packets/s: what lies between is seen at 0.75 of 500,000
    file.write_text(rate_searches()["vhost-net"])
    own = trials_of(str(file), (), series_of(str(file), ())[0])

    def run(rate: int, runs: int) -> Trial:
        offered = rate // 100
        lost = 0 if rate <= 300_000 or 420_000 <= rate <= 500_000 else offered // 10
        entry = {
            "conservation": {"offered": offered},
            "drops": {"ring": lost},
            "delivered_pps": 1.0,
            "bottleneck": "ring",
        }
        return own.known.setdefault((rate, runs), Trial(rate, entry))

    monkeypatch.setattr(Trials, "run", lambda _self, rate, runs: run(rate, runs))
    ndr = ndr_and_pdr(own, RESOLUTION)[0]
    assert 300_000 * (1 - RESOLUTION) <= ndr.value <= 300_000
    assert "for each source passes again" in ndr.why.reasons[1]


def test_onset_is_where_loss_begins(file: Path) -> None:
    file.write_text(rate_searches()["vhost-net"])
    found = onset(trials_of(str(file), (), series_of(str(file), ())[0]), RESOLUTION)
    assert counts(found.passing)[1] == 0  # type: ignore[arg-type]
    assert counts(found.failing)[1] > 0  # type: ignore[arg-type]
    assert found.failing.value - found.value <= RESOLUTION * found.failing.value  # type: ignore[union-attr]


def test_a_path_as_fast_as_its_wire_has_no_failing_rate(file: Path) -> None:
    file.write_text(rate_searches()["sriov-vf, poll"])
    own = trials_of(str(file), (), series_of(str(file), ())[0])
    found = onset(own, 0.1)
    assert found.value is None or found.value <= highest_pps(own)


def test_a_closed_loop_has_no_rate(file: Path) -> None:
    text = rate_searches()["vhost-net"]
    file.write_text(text.replace("kind: poisson, rate: 10 kpps, size: 64 B", "kind: request-response"))
    with pytest.raises(InputError, match="no open-loop traffic"):
        trials_of(str(file), (), "question")


def test_the_cheapest_of_those_that_keep_it_comes_first(file: Path) -> None:
    file.write_text(guest_counts()[0][0].replace("placement: {share: 2}", "halt_poll: off"))
    pairs = candidates(["modern + e810", "modern + x710"])
    level = parse("loss < 1e-4 and steady")
    ranking = cheapest(machines_of(str(file), (), "question"), level, pairs, load_prices())
    assert [one.nic for one in ranking.machines] == ["x710", "e810"]
    assert all(one.verdict.kept for one in ranking.machines)
    assert "cheapest machine" in ranking.text()
    none = cheapest(machines_of(str(file), (), "question"), parse("p99 < 1 ns"), pairs[:1], load_prices())
    assert "does not: latency.p99" in none.text()


def call(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["search", *arguments])


def test_the_command_answers_in_text_and_json(file: Path) -> None:
    file.write_text(guest_counts()[0][0])
    asked = (str(file), "--most", "guests", "--slo", "p99 < 100 us and steady", "--up-to", "3")
    text = call(*asked)
    assert text.exit_code == 0
    assert text.stdout.startswith("question: most guests: ")
    (answer,) = json.loads(call(*asked, "--json").stdout)["answers"]
    assert answer["passing"]["entry"]["ranges"]["latency.p99"]["low"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say one thing"),
        (("--ndr", "--onset"), "Say one thing"),
        (("--most", "guests"), "--slo: is missing"),
        (("--most", "guests", "--slo", "p98 < 1 us"), "known metric"),
        (("--ndr", "--series", "x"), "--series"),
        (("--ndr", "--resolution", "80 %"), "not between"),
        (("--candidate", "modern", "--slo", "steady"), "host and an adapter"),
        (("--candidate", "modrn + e810", "--slo", "steady"), "did you mean"),
    ],
)
def test_wrong_questions_get_one_line(file: Path, arguments: tuple[str, ...], said: str) -> None:
    file.write_text(guest_counts()[0][0])
    result = call(str(file), *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_rate_loses_more_than_a_share_only_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "counts", lambda _: (1000, 5))
    monkeypatch.setattr(throughput, "runs_of", lambda _: 1)
    asked = SimpleNamespace(run=lambda *_: None)
    assert [throughput._loses(asked, 1, share) for share in (0.0, 0.0049, 0.005, 0.5)] == [True, True, False, False]
