"""Colours that meet in one picture can be told apart, by normal and by colour-blind eyes.

`LEAST` is a CIEDE2000 distance: 1 is just visible side by side, 10 is different at a glance. Pairs that are closer must
differ in hatching, marker or dashes.
"""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.figure import Figure

from simulator import charts
from simulator.charts import style
from simulator.parts.stages import STAGES
from tests.charts.colour import DEFICIENCIES, ciede2000, difference, least_difference
from tests.charts.stress import states
from tests.charts.test_pictures import CASES, drawn

LEAST = 10.0
EYES = ("none", "deutan", "protan")
"""To tritans, one in ten thousand, pairs of the families may look alike; paths do not."""
WHITE = "#FFFFFF"
PAIRS = [  # Sharma, Wu and Dalal (2005), table 1: rows 1, 7, 13, 17, 25 and 34
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), PAIRS)
def test_the_measure_is_ciede2000(one: tuple[float, ...], other: tuple[float, ...], expected: float) -> None:
    assert ciede2000(one, other) == pytest.approx(expected, abs=5e-5)  # type: ignore[arg-type]
    assert ciede2000(other, one) == pytest.approx(expected, abs=5e-5)  # type: ignore[arg-type]


def test_black_and_white_are_as_far_apart_as_can_be() -> None:
    assert difference("#000000", WHITE) == pytest.approx(100, abs=0.01)
    assert all(difference("#808080", "#808080", deficiency) == 0 for deficiency in DEFICIENCIES)


def test_red_and_green_come_near_each_other_to_a_deuteranope() -> None:
    assert difference("#B03B16", "#5A6A00", "deutan") < difference("#B03B16", "#5A6A00") / 3


FAMILIES = {
    "stages and work": [
        *style.STAGE_COLOURS.values(),
        style.WORK_COLOURS["host_work"],
        style.WORK_COLOURS["guest_work"],
    ],
    "labels": list(style.LABEL_COLOURS.values()),
    "kinds and places": list(style.KIND_COLOURS),
    "paths": list(style.PATH_COLOURS.values()),
    "paths and unnamed series": [*style.PATH_COLOURS.values(), *style.UNNAMED],
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("eyes", EYES)
def test_every_pair_of_a_family_can_be_told_apart(family: str, eyes: str) -> None:
    colours = [WHITE, *FAMILIES[family]]
    close = [(a, b) for a, b in combinations(colours, 2) if difference(a, b, eyes) < LEAST]
    assert not close


def test_paths_can_be_told_apart_by_everybody() -> None:
    paths = style.PATH_COLOURS
    assert min(least_difference(paths[a], paths[b]) for a, b in combinations(paths, 2)) > 6


def alike(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two fills or lines (colour first, then what else tells them apart) cannot be told apart."""
    return one[1:] == other[1:] and any(difference(one[0], other[0], eyes) < LEAST for eyes in EYES)


def fills(figure: Figure) -> set[tuple[object, ...]]:
    patches = [patch for axes in figure.axes for patch in axes.patches]
    return {(patch.get_facecolor(), patch.get_hatch() or "") for patch in patches if patch.get_width() > 0}  # type: ignore[attr-defined]


def strokes(figure: Figure) -> set[tuple[object, ...]]:
    """Samples beside the names: one for each series."""
    lines = [line for line in figure.axes[-1].lines if line.get_markevery() == [1]]
    return {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}


@pytest.mark.parametrize("case", CASES)
def test_every_pair_that_meets_in_a_picture_can_be_told_apart(case: str) -> None:
    figure = drawn(case)
    for found in (fills(figure), strokes(figure)):
        assert not [(one, other) for one, other in combinations(found, 2) if alike(one, other)]


def test_all_stages_at_once_can_be_told_apart() -> None:
    (point,) = states(1)["delivered"]["points"]
    for key in ("wait_us", "service_us"):
        even = [{"name": name, "wait_us": 0.0, "service_us": 0.0} | {key: 1.0} for name in STAGES]
        figure = charts.chart({"scenario": "all", "points": [point | {"stages": even}]}, "budget")
        assert len(fills(figure)) == len(STAGES)
        assert not [pair for pair in combinations(fills(figure), 2) if alike(*pair)]


def test_all_labels_at_once_can_be_told_apart() -> None:
    (point,) = states(1)["delivered"]["points"]
    split = {"host_work": {}, "guest_work": {}, "polling": dict.fromkeys(style.LABEL_COLOURS, 1.0)}
    figure = charts.chart({"scenario": "all", "points": [point | {"work_split": split}]}, "cores")
    assert not [pair for pair in combinations(fills(figure), 2) if alike(*pair)]


def test_a_colour_that_is_too_near_is_found() -> None:
    assert alike(("#2F2F2F", ""), ("#303030", ""))
    assert alike(("#B0503C", ""), ("#6B7A12", ""))  # a red and a green that only deuteranopes and protanopes confuse
    assert not alike(("#303030", "////"), ("#303030", ""))
