"""Damaged result folders: one line with the place, never a traceback."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simulator import charts
from simulator.charts import shape
from simulator.cli import cli
from simulator.errors import InputError, SimulatorError
from tests.charts import stress

JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    1e17,
    "",
    [],
    {},
    "x" * 3000,
    "NaN",
    3.5,
    [1],
    {"a": 1},
    "50 kpps",
    10**30,
)
MUTANTS = 60


def folder(path: Path, document: Any, rows: list[str] | None = None) -> Path:
    (path / "result.json").write_text(document if isinstance(document, str) else json.dumps(document))
    (path / "histograms.csv").write_text(
        "\n".join(["point,bucket_low_ps,bucket_high_ps,count", *(rows or ["0,1000,2000,30"])])
    )
    return path


def whole() -> dict[str, Any]:
    document = stress.document("delivered", 2)
    points = [{key: value for key, value in point.items() if key != "histogram"} for point in document["points"]]
    return json.loads(json.dumps(document | {"points": points, "thresholds": ["latency.p99 < 1 us"]}))


def places(found: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield before
    for key, value in found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ():
        yield from places(value, (*before, key))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("points", 1, "latency_us", "p99"), "fast", "points[1].latency_us.p99: input should be a valid number"),
        (
            ("points", 0, "stages", 2, "wait_us"),
            -1.0,
            "points[0].stages[2].wait_us: input should be greater than or equal to 0",
        ),
        (("points", 0, "exits", "HLT"), 1e30, "points[0].exits.HLT: "),
        (("points", 0, "parameters"), {"": "x"}, "points[0].parameters"),
        (("points", 1, "parameters"), {"rate": "1 kpps"}, "do not have the same swept parameters"),
        (("title",), 7, "title: input should be a valid string"),
        (
            ("points", 1, "latency_us", "mean"),
            1e308,
            "points[1].latency_us.mean: input should be less than or equal to",
        ),
    ],
)
def test_the_place_is_named(place: tuple[Any, ...], value: Any, said: str, tmp_path: Path) -> None:
    document: Any = whole()
    owner = document
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    result = CliRunner().invoke(cli, ["chart", str(folder(tmp_path, document)), "--kind", "exits"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert str(tmp_path / "result.json") in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.glob("chart*"))


def test_a_whole_document_is_accepted(tmp_path: Path) -> None:
    assert len(charts.read(folder(tmp_path, whole()))["points"]) == 2
    shape.checked(whole(), tmp_path)


@pytest.mark.parametrize(
    "row", ["0,2000,1000,30", "0,-5,1000,30", "0,1,2,0", "-1,1,2,3", "0,1,2", "9,1,2,3", "0,1,2,x", f"0,1,2,{10**30}"]
)
def test_a_damaged_histogram_is_refused(row: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"histograms\.csv: does not belong to this result, or is damaged"):
        charts.read(folder(tmp_path, whole(), [row]))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"points": ' * 5000, "\x00", "nan", '{"scenario": "x", "points": [NaN]}']
)
def test_no_text_is_a_traceback(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        charts.read(folder(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_mutants_are_drawn_or_refused_in_a_line(tmp_path: Path) -> None:
    dice = random.Random(9)
    every = [place for place in places(whole()) if place]
    refused: list[str] = []
    for number in range(MUTANTS):
        document: Any = whole()
        for _ in range(dice.randint(1, 2)):
            *where, last = dice.choice(every)
            owner = document
            try:
                for key in where:
                    owner = owner[key]
                owner[last] = dice.choice(JUNK)
            except (KeyError, IndexError, TypeError):
                continue
        try:
            found = charts.read(folder(tmp_path, document))
            for kind in charts.KINDS:
                charts.table(found, kind)
            charts.chart(found, list(charts.KINDS)[number % len(charts.KINDS)])
        except SimulatorError as error:
            refused.append(str(error))
    assert not any("\n" in message for message in refused)
    assert len(refused) > MUTANTS / 2
