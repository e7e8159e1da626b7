"""Pictures of each kind of chart, compared with the ones that were looked at.

The data are frozen results, and made-up ones with 1, 6 and 24 series, long and Chinese names, nothing delivered and
everything lost (`stress`), so that only a change of the drawing can fail here. `CHARTS_UPDATE=1` draws the pictures
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
from tests.charts import stress

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
DPI, TALL_INCHES = 40, 16
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
    "guests": ("neighbours", "guests", None),
    "course": ("life", "course", None),
    "timeline": ("packet", "timeline", None),
}
THRESHOLDS = ["latency.p99 < 60 us", "loss_ratio < 1 %", "latency.p50{series=VF 2} < 10 us", "host_work_cores < 0.7"]
TITLE = (
    "A title of one hundred and forty characters, such as a careful author writes when every condition of the experiment "
    "has to be in the heading"
)
CHINESE_TITLE = "虚拟机的网络：直通、半虚拟化与全模拟的比较"
STRESSED = {
    "overview-1-nothing": ("overview", ("nothing", 1)),
    "overview-6-mixed": ("overview", ("mixed", 6)),
    "overview-24-long": ("overview", ("delivered", 24, stress.LONG, TITLE)),
    "sweep-1-lost": ("overview", ("lost", 1, stress.SHORT, "", "rate")),
    "sweep-6-mixed": ("overview", ("mixed", 6, stress.SHORT, "", "rate")),
    "sweep-24-chinese": ("overview", ("delivered", 24, stress.CHINESE, CHINESE_TITLE, "rate")),
    "cdf-1-constant": ("cdf", ("constant", 1)),
    "cdf-6-mixed": ("cdf", ("mixed", 6)),
    "percentiles-24-long": ("percentiles", ("delivered", 24, stress.LONG, TITLE)),
    "load-1-nothing": ("load", ("nothing", 1, stress.SHORT, "", "rate")),
    "load-6-mixed": ("load", ("mixed", 6, stress.SHORT, "", "rate")),
    "load-24-delivered": ("load", ("delivered", 24, stress.SHORT, "", "rate")),
    "throughput-6-mixed": ("throughput", ("mixed", 6, stress.CHINESE, CHINESE_TITLE, "size")),
    "budget-24-chinese": ("budget", ("delivered", 24, stress.CHINESE, CHINESE_TITLE)),
    "cores-24-delivered": ("cores", ("delivered", 24)),
    "exits-1-nothing": ("exits", ("nothing", 1)),
    "exits-6-names": ("exits", ("delivered", 6, stress.MIXED, "$x$ \N{EGYPTIAN HIEROGLYPH A001} & <b>")),
    "drops-24-lost": ("drops", ("lost", 24)),
    "drops-1-delivered": ("drops", ("delivered", 1)),
    "course-1-nothing": ("course", ("nothing", 1)),
    "course-6-mixed": ("course", ("mixed", 6, stress.CHINESE, CHINESE_TITLE)),
    "course-24-long": ("course", ("delivered", 24, stress.LONG, TITLE)),
    "guests-1-nothing": ("guests", ("nothing", 1)),
    "guests-6-mixed": ("guests", ("mixed", 6, stress.CHINESE, CHINESE_TITLE)),
    "guests-24-long": ("guests", ("delivered", 24, stress.LONG, TITLE)),
}
"""Name -> kind, and what `stress.document` is called with; all have the thresholds above."""


def data(name: str) -> Any:
    return json.loads((HERE / "data" / f"{name}.json").read_text(encoding="utf-8"))


def drawn(case: str) -> Figure:
    if case in STRESSED:
        kind, what = STRESSED[case]
        return charts.chart(stress.document(*what) | {"thresholds": THRESHOLDS}, kind)
    name, kind, at = CASES[case]
    if kind == "timeline":
        return charts.timeline(data(name), "virtio, vhost-net", {"cited": 3, "assumed": 4})
    return charts.chart(data(name), kind, at)


def drawing(figure: Figure) -> bytes:
    return charts.png(figure, DPI if figure.get_figheight() <= TALL_INCHES else DPI / 2)


def difference(figure: Figure, case: str, folder: Path) -> str | None:
    actual = folder / f"{case}.png"
    actual.write_bytes(drawing(figure))
    expected = folder / f"{case}-expected.png"
    expected.write_bytes((PICTURES / f"{case}.png").read_bytes())
    found: str | None = compare_images(str(expected), str(actual), TOLERANCE)
    return found


@pytest.mark.parametrize("case", [*CASES, *STRESSED])
@pytest.mark.filterwarnings("error")
def test_the_picture_is_the_one_that_was_looked_at(case: str, tmp_path: Path) -> None:
    if os.environ.get("CHARTS_UPDATE"):
        PICTURES.mkdir(exist_ok=True)
        with Image.open(BytesIO(drawing(drawn(case)))) as picture:
            picture.convert("RGB").quantize(COLOURS).save(PICTURES / f"{case}.png", optimize=True)
    assert difference(drawn(case), case, tmp_path) is None
    assert (PICTURES / f"{case}.png").stat().st_size < LARGEST_BYTES


def test_every_kind_has_a_picture() -> None:
    assert {kind for _, kind, _ in CASES.values()} == {*charts.KINDS, "timeline"}
    assert {kind for kind, _ in STRESSED.values()} == set(charts.KINDS)
    assert {path.stem for path in PICTURES.glob("*.png")} == {*CASES, *STRESSED}


def test_another_colour_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(style.PATH_COLOURS, ("vhost-net", ""), style.PINK)
    assert difference(drawn("cdf"), "cdf", tmp_path)


def test_a_missing_line_is_seen(tmp_path: Path) -> None:
    figure = drawn("load")
    figure.axes[0].lines[0].remove()
    assert difference(figure, "load", tmp_path)


def test_a_moved_legend_is_seen(tmp_path: Path) -> None:
    figure = drawn("budget")
    figure.legends[0].set_bbox_to_anchor((0.1, 0.2))
    assert difference(figure, "budget", tmp_path)
