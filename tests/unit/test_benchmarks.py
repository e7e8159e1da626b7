"""The benchmarks measure what they say: arithmetic of ratios, checks that can fail, one cheap run of each kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner

import benchmarks.__main__ as command
from benchmarks import simpy_tandem, tandem, tandem_vs_ns3, vf
from benchmarks.measure import Options, Outcome, WrongResult, alternate, fresh_process, median_ratio, require_near
from benchmarks.registry import ITEMS, Bar, Item
from simulator.errors import PlanError


def test_a_ratio_is_the_median_of_pairs() -> None:
    assert median_ratio([10, 30, 20], [1, 1, 10]) == 10


def test_sides_take_turns_and_each_round_changes_who_begins() -> None:
    calls: list[str] = []

    def side(name: str) -> Callable[[int], float]:
        return lambda number: calls.append(f"{name}{number}") or float(number)

    assert alternate(3, side("a"), side("b")) == ([0, 1, 2], [0, 1, 2])
    assert calls == ["a0", "b0", "b1", "a1", "a2", "b2"]


def test_a_wrong_result_is_refused() -> None:
    require_near("mean", 41.1, 40, 0.03)
    with pytest.raises(WrongResult, match=r"mean: 41\.3, known 40, tolerance 3\.0%"):
        require_near("mean", 41.3, 40, 0.03)


@pytest.mark.parametrize("simulate", [tandem.simulate, simpy_tandem.simulate], ids=["compiled", "SimPy"])
def test_both_tandems_have_the_known_mean(simulate: Callable[[int, int], tandem.Run]) -> None:
    run = simulate(5_000, 1)
    assert run.delivered == pytest.approx(5_000, rel=0.1)
    assert run.cpu_s > 0
    assert run.hops_per_cpu_s == run.delivered * 8 / run.cpu_s
    assert run.mean_services == pytest.approx(40, rel=0.3)


def test_the_tolerance_shrinks_with_the_number_of_packets() -> None:
    tandem.require_mean("few", [tandem.Run(10_000, 1.0, 48.0)])
    with pytest.raises(WrongResult, match="many: mean services"):
        tandem.require_mean("many", [tandem.Run(10_000, 1.0, 48.0)] * 100)


def test_the_chosen_loads_are_what_they_are_called() -> None:
    good = vf.simulate(8, vf.LOSS_FREE_PPS, 40_000, 0)
    assert good.offered == pytest.approx(40_000, rel=0.05)
    vf.require_loss_free([good])
    bad = vf.simulate(8, vf.OVERLOAD_PPS, 80_000, 0)
    with pytest.raises(WrongResult, match=f"{bad.lost} packets lost"):
        vf.require_loss_free([good, bad])


def test_without_tools_there_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = tandem_vs_ns3.measure(Options())
    assert set(found.values.values()) == {None}
    assert found.note == "not measured: no g++"


def test_processes_are_timed_with_their_output() -> None:
    ended = fresh_process(["-c", "import os; print(sum(range(3_000_000)), os.environ['NAME'])"], {"NAME": "x"})
    assert ended.output == "4499998500000 x\n"
    assert 0 < ended.cpu_s < 300
    assert 0 < ended.wall_s < 3600


def test_every_item_has_its_function() -> None:
    for name, item in ITEMS.items():
        assert callable(item.measure()), name
    values = [value for item in ITEMS.values() for value in item.values]
    assert len(values) == len(set(values))


def test_bars() -> None:
    assert Bar(least=4).passed(4)
    assert not Bar(least=4).passed(3.99)
    assert not Bar(below=2.5).passed(2.5)
    assert str(Bar(below=2.5)) == "< 2.5"


def measure_well(options: Options) -> Outcome:
    return Outcome({"speed": 1234.0 * options.rounds}, {"speeds": [1, 2]})


def measure_badly(_: Options) -> Outcome:
    raise PlanError("no room")


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {
        "well": Item("made:well", {"speed": Bar(least=5000)}),
        "badly": Item("made:badly", {"size": None}),
    }
    found = {"well": measure_well, "badly": measure_badly}
    monkeypatch.setattr(Item, "measure", lambda self: found[self.place.split(":")[1]])
    for name in list(ITEMS):
        monkeypatch.delitem(ITEMS, name)
    for name, item in made.items():
        monkeypatch.setitem(ITEMS, name, item)


@pytest.mark.usefixtures("items")
def test_json_holds_values_figures_and_failures() -> None:
    ended = CliRunner().invoke(command.main, ["--json", "--rounds", "3"])
    found = json.loads(ended.stdout)
    assert (found["speed"], found["size"]) == (3702, None)
    assert found["details"]["well"] == {"figures": {"speeds": [1, 2]}, "note": ""}
    assert found["details"]["badly"]["note"] == "failed: PlanError: no room"
    assert found["machine"]["python"] == sys.version.split()[0]
    assert ended.stderr.splitlines() == ["1/2 well", "2/2 badly"]
    assert ended.exit_code == 1


@pytest.mark.usefixtures("items")
def test_the_table_says_what_missed_its_bar() -> None:
    ended = CliRunner().invoke(command.main, ["--rounds", "3"])
    assert [line.split() for line in ended.stdout.splitlines()[1:]] == [
        ["speed", "3,702", ">=", "5000:", "MISSED"],
        ["size", "-"],
        ["badly:", "failed:", "PlanError:", "no", "room"],
    ]
