"""Names of any length and script: in lines, without warnings, and never over one another."""

from __future__ import annotations

import logging
import warnings
from itertools import combinations, pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from simulator import charts
from simulator.charts import beside, fonts
from simulator.charts.output import settings
from simulator.words import CLOSING, cell_len, folded, shortened, wrap
from tests.charts import stress

SIGNLESS = "\N{EGYPTIAN HIEROGLYPH A001}"
LONG_TITLE = "wide " * 40


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """The texts of a figure outside its panels and where they are."""
    with settings():
        figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    side = [text for axes in figure.axes if not axes.axison for text in axes.texts]
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    inside = figure.axes[0].get_window_extent(renderer)
    rows = [
        t for t in figure.axes[0].get_yticklabels() if inside.y0 <= t.get_window_extent(renderer).y1 <= inside.y1 + 20
    ]
    titles = [axes.title for axes in figure.axes] + [axes._left_title for axes in figure.axes]  # type: ignore[attr-defined]
    names = [axes.xaxis.label for axes in figure.axes] + [t for t in [figure._suptitle] if t]  # type: ignore[attr-defined]
    found: list[Text] = [*figure.texts, *side, *legends, *rows, *titles, *names]
    unique = {id(text): text for text in found if text.get_text().strip()}
    return [(text.get_text(), text.get_window_extent(renderer)) for text in unique.values()]


def overlap(one: Bbox, other: Bbox) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 2 and height > 2


CASES = [
    ("overview", "", 6, stress.LONG), ("overview", "rate", 24, stress.LONG), ("load", "rate", 24, stress.CHINESE),
    ("cdf", "", 24, stress.LONG), ("budget", "", 24, stress.CHINESE), ("throughput", "size", 6, stress.MIXED),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "sweep", "series", "names"), CASES)
def test_no_text_lies_over_another_or_outside(kind: str, sweep: str, series: int, names: str) -> None:
    figure = charts.chart(stress.document("mixed", series, names, LONG_TITLE, sweep), kind)
    found = boxes(figure)
    assert len(found) > 3
    hidden = [(a, b) for (a, one), (b, other) in combinations(found, 2) if overlap(one, other)]
    assert hidden == []
    width, height = figure.bbox.size
    outside = [text for text, box in found if box.x0 < -2 or box.y0 < -2 or box.x1 > width + 2 or box.y1 > height + 2]
    assert outside == []


@pytest.mark.parametrize(
    "names", [stress.CHINESE, stress.MIXED, f"\N{LATIN SMALL LETTER L WITH STROKE}{SIGNLESS}{{n}}"]
)
def test_no_script_gives_a_warning(names: str, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        charts.png(charts.chart(stress.document("delivered", 2, names, names), "exits"), 30)
    assert not caplog.records


def test_a_character_without_a_sign_is_a_box_and_it_is_said() -> None:
    figure = charts.chart(stress.document("delivered", 1, SIGNLESS), "exits")
    assert figure.axes[0].get_yticklabels()[0].get_text().startswith(fonts.BOX)
    assert f"{fonts.BOX}: a character that the bundled fonts do not have." in figure.texts[-1].get_text().replace(
        "\n", " "
    )
    assert charts.table(stress.document("delivered", 1, SIGNLESS), "exits")["series"][0] == SIGNLESS


def test_every_hanzi_of_gb_2312_has_a_sign() -> None:
    pairs = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    text = "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)
    assert len(text) == 6763
    assert fonts.legible(text) == text


def test_lines_are_no_wider_than_asked_and_lose_nothing() -> None:
    for text in (stress.LONG, stress.CHINESE, "x" * 140, f"a {'y' * 50} b", LONG_TITLE, ""):
        for cells in (10, 25, 60):
            lines = wrap(text, cells)
            assert all(cell_len(line) <= cells for line in lines)
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert folded("one two", 4) == "one\ntwo"


def test_no_line_begins_with_a_closing_mark_or_is_a_single_sign() -> None:
    for cells in range(10, 40):
        lines = wrap(f"{stress.CHINESE} †", cells)
        assert not [line for line in lines if line[0] in CLOSING or line == "†"]
        assert all(cell_len(line) <= cells for line in lines)
        assert "".join(lines).replace(" ", "") == f"{stress.CHINESE}†"
    assert wrap("虚拟机，直通", 6) == ["虚拟", "机，直", "通"]
    assert wrap("虚拟机直 †", 8) == ["虚拟机", "直 †"]
    assert wrap("abcdefgh †", 8) == ["abcdefgh", "†"]


def test_a_shortened_name_keeps_both_ends() -> None:
    assert shortened("short", 40) == "short"
    found = shortened(f"{stress.LONG}, rate 50 kpps", 40)
    assert (cell_len(found), found[:7], found[-7:]) == (40, "a guest", "50 kpps")
    assert cell_len(shortened(stress.CHINESE * 3, 30)) <= 30


@pytest.mark.parametrize(
    ("wanted", "heights", "expected"),
    [
        ([0.9, 0.5, 0.1], [0.1] * 3, [0.9, 0.5, 0.1]),
        ([0.5, 0.5], [0.2, 0.2], [0.6, 0.4]),
        ([1.0, 1.0], [0.2, 0.2], [0.9, 0.7]),
        ([0.0, 0.0], [0.2, 0.2], [0.3, 0.1]),
        ([0.52, 0.5, 0.1], [0.1] * 3, [0.56, 0.46, 0.1]),
    ],
)
def test_names_are_pushed_apart_as_little_as_possible(
    wanted: list[float], heights: list[float], expected: list[float]
) -> None:
    assert beside.spread(wanted, heights) == pytest.approx(expected)


def test_many_names_never_overlap() -> None:
    wanted = sorted((((7 * n) % 40) / 40 for n in range(40)), reverse=True)
    heights = [0.01 + 0.01 * (n % 2) for n in range(40)]
    found = beside.spread(wanted, heights)
    edges = [(middle + height / 2, middle - height / 2) for middle, height in zip(found, heights, strict=True)]
    assert all(upper[1] >= lower[0] - 1e-9 for upper, lower in pairwise(edges))
    assert max(edges)[0] <= 1 + 1e-9
    assert min(edges)[1] >= -1e-9


@pytest.mark.parametrize(
    ("kind", "sweep"),
    [("overview", ""), ("overview", "rate"), ("load", "rate"), ("throughput", "size"), ("cdf", ""), ("exits", "")],
)
def test_more_than_forty_series_are_cut_and_it_is_said(kind: str, sweep: str) -> None:
    figure = charts.chart(stress.document("delivered", 43, sweep=sweep), kind)
    said = figure.texts[-1].get_text().replace("\n", " ")
    assert "3 further series are not shown." in said or "3 further points are not shown." in said
    assert figure.get_figheight() < 40
