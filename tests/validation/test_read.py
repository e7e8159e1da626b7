"""The files that come with the program are whole; a file with mistakes names each with its line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from simulator.errors import InputError, ScenarioErrors
from simulator.validation import chosen, read
from simulator.validation.predict import question

HEAD = "group: g\ntitle: t\nsources: {s: paper}\ntestbeds: {b: {}}\nscenarios: {one: {schema: 1}}\nunexpressed: {no: because}\npoints:\n"
GOOD = "id: p, role: validation, source: s, testbed: b, path: native, metric: m, value: 1, unit: us, workload: w, where: x, confidence: high"


def faults(tmp_path: Path, *points: str, head: str = HEAD) -> list[str]:
    (tmp_path / "a.yaml").write_text(head + "".join(f"- {{{point}}}\n" for point in points), encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        read(tmp_path)
    return list(caught.value.lines)


def test_nothing_is_dropped() -> None:
    points = [point for source in read() for point in source.points]
    # 377 and 548 entries of the two published collections, and of the series 112 rows of FD.io's report
    assert len(points) == 925 + 112
    ways = Counter("predicted" if point.rule else "same" if point.same_as else "reason" for point in points)
    assert ways["predicted"] >= 500
    assert all(point.reason for point in points if not point.rule and not point.same_as)


def test_calibration_is_never_predicted() -> None:
    assert not [point.id for source in read() for point in source.points if point.role == "calibration" and point.rule]


def test_a_group_stands_in_one_file_and_its_scenarios_are_used() -> None:
    sources = read()
    assert max(Counter(source.group for source in sources).values()) == 1
    for source in sources:
        assert set(source.scenarios) == {point.scenario for point in source.points if point.scenario}
        assert not source.scenarios or (source.mapping and source.differs)


def test_every_scenario_is_one() -> None:
    for source in read():
        asked = {question(source, point).task for point in source.points if point.rule}
        for task in asked:
            task.scenario()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("unexpressed: no, extra: 1", "a.yaml:8: 'extra' is not a known key"),
        ("scenario: one", "scenario and predict go together"),
        (
            "scenario: one, predict: latency.p50, unexpressed: no",
            "exactly one of scenario, unexpressed and same_as; it has 2",
        ),
        ("unexpressed: nope", "did you mean 'no'?"),
        ("scenario: two, predict: latency.p50", "a.yaml:8: 'two' is not a known scenario"),
        ("scenario: one, predict: {metric: m, search: a}", "exactly one of metric and search"),
        ("scenario: one, predict: {metric: m, instrument: 4 us}", "'4 us' as what the instrument adds is not a number"),
        ("scenario: one, predict: {search: traffic.in.rate}", "search needs loss"),
        ("same_as: q", "same_as names no point: 'q'"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, change: str, said: str) -> None:
    found = faults(tmp_path, f"{GOOD}, {change}")
    assert any(said in line for line in found), found


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD.replace("role: validation", "role: validatoin"), f"{GOOD}, unexpressed: no", "id: q")
    assert any("did you mean 'validation'?" in line for line in found)
    assert any("a point without value" in line for line in found)
    assert len(found) > 5


def test_a_file_without_points(tmp_path: Path) -> None:
    assert faults(tmp_path, head="group: g\n") == [
        f"a.yaml: has no {key}" for key in ("title", "sources", "testbeds", "points")
    ]


def test_points_are_a_list(tmp_path: Path) -> None:
    assert faults(tmp_path, head=HEAD.replace("points:", "points: none")) == [
        "a.yaml:7: 'none' as points is not a list"
    ]


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        (
            "[one host instead of two, {the sender: which}]",
            "a.yaml:1: '{'the sender': 'which'}' as a difference is not",
        ),
        ("one host", "a.yaml:1: 'one host' as differs is not a list of texts"),
    ],
)
def test_a_difference_is_a_text(tmp_path: Path, differs: str, said: str) -> None:
    [found] = faults(tmp_path, f"{GOOD}, unexpressed: no", head=f"differs: {differs}\n{HEAD}")
    assert found.startswith(said)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no files of measured points"):
        read(tmp_path)


def test_patterns_choose() -> None:
    sources = read()
    assert {point.group for point in chosen(sources, ["ixy*"])} == {"ixy"}
    with pytest.raises(InputError, match="did you mean 'limbo'"):
        chosen(sources, ["limbos"])
