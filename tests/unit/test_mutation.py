"""The mutation campaign changes what it should and nothing else, and finds who notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaign.mutation import reach, strata
from tests.campaign.mutation.operators import Mutant, mutants
from tests.campaign.mutation.reach import ROOT, Reach
from tests.campaign.mutation.session import CANNOT, Session
from tests.campaign.mutation.trial import Copy, ask_engines, forked

MODULE = '''\
"""A docstring, 1."""
LIMIT: int = 7


@cache(8)
def least(one: Literal[9], more: bool = True) -> int:
    """Not 3."""
    if TYPE_CHECKING:
        return 4
    if one < LIMIT and not more:
        raise ValueError(f"{one} + 5")
    more = not (one or more)
    total = min(one, 2, *zip(one, strict=True))
    total += 1
    return total if one else total - 6
'''
CHANGES = [
    "7 -> (7 + 1)", "True -> False", "one < LIMIT and not more -> not (one < LIMIT and not more)", "< -> <=", "and -> or", "not more -> more",
    'raise ValueError(f"{one} + 5") -> pass', "not (one or more) -> (one or more)",
    "or -> and", "min -> max", "2 -> (2 + 1)", "total += 1 -> pass", "+= -> -=", "1 -> (1 + 1)",
    "one -> not (one)", "- -> +", "6 -> (6 + 1)",
]  # fmt: skip


def found(file: str, text: str) -> list[Mutant]:
    return mutants(file, text)


def test_changes_of_a_small_module() -> None:
    assert [str(mutant).split(": ", 1)[1] for mutant in found("simulator/x.py", MODULE)] == CHANGES
    for mutant in found("simulator/x.py", MODULE):
        compile(mutant.apply(MODULE), "x", "exec")
        assert mutant.apply(MODULE) != MODULE


def test_numbers_of_charts_are_places_and_sizes() -> None:
    numbers = [change for change in CHANGES if "+ 1)" in change]
    assert [str(mutant).split(": ", 1)[1] for mutant in found("simulator/charts/x.py", MODULE)] == [
        c for c in CHANGES if c not in numbers
    ]


def test_a_mutant_keeps_its_key_when_other_lines_change() -> None:
    before, after = (
        found("simulator/x.py", MODULE),
        found("simulator/x.py", "\n\n" + MODULE.replace("LIMIT: int = 7", "LIMIT: int = 8")),
    )
    keys = [
        {mutant.key(text) for mutant in some}
        for some, text in ((before, MODULE), (after, "\n\n" + MODULE.replace("= 7", "= 8")))
    ]
    assert len(keys[0] & keys[1]) == len(CHANGES) - 1


def test_a_larger_sample_begins_with_the_smaller_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strata, "files", lambda: [("simulator/metrics/x.py", MODULE), ("simulator/study/y.py", MODULE)])
    small, large = strata.sample(1, 4), strata.sample(1, 9)
    assert [len(some["metrics"]) for some in (small, large)] == [4, 9]
    assert large["study"][:4] == small["study"]
    assert strata.sample(2, 9) != large
    assert strata.stratum("simulator/engines/compiled/kernel/loop.py") == "kernel"
    assert strata.stratum("simulator/formats/pcap.py") == "rest"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("simulator/engines/compiled/kernel/bus/links.py", "start + time + m[k", "start + time - m[k"),
        # a number that only the builder of the words reads
        ("simulator/engines/compiled/kernel/clock/world.py", "NEVER = -(1 << 62)", "NEVER = -(1 >> 62)"),
        ("simulator/engines/reference/bus/links.py", "busy_until_ps + self.data", "busy_until_ps - self.data"),
    ],
)
def test_a_change_of_an_engine_is_noticed(file: str, old: str, new: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    start = text.index(old)
    verdict = ask_engines(Mutant(file, start, start + len(old), old, new, 1, ""), text)
    assert verdict.killed
    assert verdict.by


def test_a_change_elsewhere_is_noticed_by_the_tests_that_reach_it_and_by_no_others() -> None:
    file = "simulator/units.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    (mutant,) = [mutant for mutant in mutants(file, text) if (mutant.function, mutant.old) == ("parse", ">")]
    knowing, other = "tests/unit/test_units.py", "tests/unit/test_yaml12.py"
    with Copy() as copy:
        assert copy.ask(mutant, text, Reach({file: {mutant.line: (knowing,)}}, {knowing: 1.0})).killed
        assert not copy.ask(mutant, text, Reach({file: {mutant.line: (other,)}}, {other: 1.0})).killed
        assert not copy.ask(mutant, text, Reach({}, {})).killed


def test_a_change_within_a_function_is_asked_in_a_session_that_goes_on() -> None:
    file, tests = "simulator/units.py", "tests/unit/test_units.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    known = mutants(file, text)
    (inside,) = [mutant for mutant in known if (mutant.function, mutant.old) == ("parse", ">")]
    outside = next(mutant for mutant in known if mutant.function == "module")
    asked = [
        (inside, f"{tests}::test_exact_text_reads_back"),
        (inside, f"{tests}::no_test"),
        (outside, f"{tests}::test_refused"),
    ]

    def act() -> int:
        found = []
        work = lambda session: found.extend(  # noqa: E731
            forked(lambda mutant=mutant, name=name: session.ask(mutant, text, [name]), 30) for mutant, name in asked
        )
        Session(work).run(["unit/test_units.py"])
        return 0 if found == [1, 0, CANNOT] else 1

    assert forked(act, 60) == 0


def test_a_map_knows_lines_that_have_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("new\na\nb\nc\n")
    monkeypatch.setattr(reach, "ROOT", tmp_path)
    lines = {"x.py": {1: ("t::a",), 3: ("t::c",)}, "y.py": {1: ("t::c",), 2: ("t::c",)}}
    found = Reach(lines, {"t::a": 1.0, "t::c": 1.0}, {"x.py": frozenset({2})}, {"x.py": ("a", "b", "c")})
    assert found.tests("x.py", 2) == ["t::a"]
    assert found.tests("x.py", 4) == ["t::c"]
    assert [line for line in range(1, 5) if found.on_import("x.py", line)] == [3]
    # of a new line: all that reach the file, those first that are about little else
    assert found.tests("x.py", 1) == ["t::a", "t::c"]


def test_a_map_is_measured_again_for_tests_that_have_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("new\na\nb\n")
    monkeypatch.setattr(reach, "ROOT", tmp_path)
    known = Reach({"x.py": {1: ("t::a", "u::a"), 2: ("u::b",)}, "gone.py": {1: ("t::a",)}}, {"t::a": 1.0, "u::a": 2.0, "v::a": 3.0},
                  {"x.py": frozenset({2})}, {"x.py": ("a", "b"), "gone.py": ("a",)})  # fmt: skip
    new = Reach({"x.py": {1: ("u::c",), 2: ("u::c",)}}, {"u::c": 4.0})
    found = reach.merged(known, new, {"t": "1", "u": "2"}, ["u"])
    assert found.lines == {"x.py": {1: ("u::c",), 2: ("t::a", "u::c")}}
    assert found.seconds == {"t::a": 1.0, "u::c": 4.0}
    assert (found.imported, found.texts) == ({"x.py": frozenset({3})}, {"x.py": ("new", "a", "b")})
    assert found.tests("y.py", 1) == ["t::a", "u::c"]
    reach.save(found, tmp_path / "map")
    assert reach.load(tmp_path / "map") == found
