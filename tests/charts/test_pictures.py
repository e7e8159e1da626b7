"""One picture of each kind of chart, compared with the one that was looked at.

The data are frozen results, so that only a change of the drawing can fail here. `CHARTS_UPDATE=1` draws the pictures
anew; look at each before it is committed.

The tolerance is a root mean square over all pixels, in steps of 255. The 256 colours of the stored pictures cost up to 2;
a missing line, another colour or a moved legend cost more than 7: the last tests plant such faults. The letters are
those of the matplotlib in constraints.txt.
"""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from PIL import Image

from simulator import charts
from simulator.charts import style

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
DPI = 40
COLOURS = 256
TOLERANCE = 5.0
LARGEST_BYTES = 60_000
CASES = {
    "overview-comparison": ("paths", "overview", None),
    "overview-sweep": ("loads", "overview", None),
    "cdf": ("paths", "cdf", None),
    "percentiles": ("paths", "percentiles", None),
    "load": ("loads", "load", None),
    "throughput": ("sizes", "throughput", None),
    "budget": ("paths", "budget", None),
    "budget-shares": ("loads", "budget", None),
    "cores": ("paths", "cores", None),
    "cores-at": ("loads", "cores", {"rate": "800 kpps"}),
    "exits": ("paths", "exits", None),
    "drops": ("overload", "drops", None),
    "timeline": ("packet", "timeline", None),
}


def data(name: str) -> Any:
    return json.loads((HERE / "data" / f"{name}.json").read_text(encoding="utf-8"))


def drawn(case: str) -> Figure:
    name, kind, at = CASES[case]
    if kind == "timeline":
        return charts.timeline(data(name), "virtio, vhost-net", {"cited": 3, "assumed": 4})
    return charts.chart(data(name), kind, at)


def difference(figure: Figure, case: str, folder: Path) -> str | None:
    actual = folder / f"{case}.png"
    actual.write_bytes(charts.png(figure, DPI))
    expected = folder / f"{case}-expected.png"
    expected.write_bytes((PICTURES / f"{case}.png").read_bytes())
    found: str | None = compare_images(str(expected), str(actual), TOLERANCE)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_picture_is_the_one_that_was_looked_at(case: str, tmp_path: Path) -> None:
    if os.environ.get("CHARTS_UPDATE"):
        PICTURES.mkdir(exist_ok=True)
        with Image.open(BytesIO(charts.png(drawn(case), DPI))) as picture:
            picture.convert("RGB").quantize(COLOURS).save(PICTURES / f"{case}.png", optimize=True)
    assert difference(drawn(case), case, tmp_path) is None
    assert (PICTURES / f"{case}.png").stat().st_size < LARGEST_BYTES


def test_every_kind_has_a_picture() -> None:
    assert {kind for _, kind, _ in CASES.values()} == {*charts.KINDS, "timeline"}
    assert {path.stem for path in PICTURES.glob("*.png")} == set(CASES)


def test_another_colour_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(style.PATH_COLOURS, ("vhost-net", ""), style.PURPLE)
    assert difference(drawn("cdf"), "cdf", tmp_path)


def test_a_missing_line_is_seen(tmp_path: Path) -> None:
    figure = drawn("load")
    figure.axes[0].lines[0].remove()
    assert difference(figure, "load", tmp_path)


def test_a_moved_legend_is_seen(tmp_path: Path) -> None:
    figure = drawn("budget")
    figure.legends[0].set_bbox_to_anchor((0.1, 0.2))
    assert difference(figure, "budget", tmp_path)
