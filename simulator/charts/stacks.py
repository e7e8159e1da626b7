"""Four charts of one form: a row per point, a bar in parts. Latency budget, cores, exits, drops.

1. A chart's table gives each point its parts: name, value, and for the budget whether the part is waiting.
2. Parts that are small in every row are drawn together as "other"; the table keeps them apart.
3. A thin line across the end of a bar is the range of its total over the replications.

*Scope*: up to `select.MOST_ROWS` rows. *Validation*: tests/unit/test_charts.py: bars are as long as their totals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerPatch
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import ScaledTranslation

from simulator.charts import style
from simulator.charts.frame import caption, finish, frame, marked
from simulator.charts.select import Point, View, few_rows

BAR_HEIGHT = 0.62
CHIP_POINTS, LABEL_PAD = 17, 30
SMALL, FEWEST_SMALL = 0.05, 2
"""Parts below this share of their row, in every row, are drawn as "other" if there are so many of them."""
TINY_ROW = 0.1
"""Rows below this share of the longest are too short for their parts to count."""
VISIBLE = 0.002
"""Parts below this share of the longest bar in every row get no entry in the legend."""
ROW_INCHES, AROUND_INCHES = 0.42, 4.2
OTHER = "other"
LEGEND_COLUMNS = 3
RANGE = "Line across the end: range over the replications."


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of one panel: parts as (name, value, pale), the range of their sum, a remark behind the bar."""

    parts: list[tuple[str, float, bool]]
    low: float | None = None
    high: float | None = None
    remark: str = ""

    @property
    def total(self) -> float:
        """Length of the bar."""
        return sum(value for _, value, _ in self.parts)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: what it shows, the unit, a bar for each row."""

    title: str
    unit: str
    bars: list[Bar] = field(default_factory=list)


def stacked(shown: View, panels: Callable[[list[Point]], list[Panel]], say: Callable[[View], str]) -> Figure:
    """A figure with one row for each point of `shown`."""
    shown = few_rows(shown)
    made = panels(shown.points)
    looks = style.stage_looks(_names(made))
    height = AROUND_INCHES + ROW_INCHES * len(shown.points) + 0.3 * -(-len(looks) // LEGEND_COLUMNS)
    figure, axes = frame(shown.title, len(made), height, sharey=True)
    for own, panel in zip(axes, made, strict=True):
        _panel(own, panel, looks, longest=max((bar.total for bar in panel.bars), default=0))
    _rows(axes[0], shown)
    return finish(figure, _handles(made, looks), caption(shown, say(shown)), LEGEND_COLUMNS, {_Split: _SplitHandler()})


def merged(bars: list[Bar]) -> list[Bar]:
    """The bars with parts that are small in every row put together at the end, if there are several."""
    largest: dict[str, float] = {}
    least = max((bar.total for bar in bars), default=0.0) * TINY_ROW
    for bar in bars:
        own: dict[str, float] = {}
        for name, value, _ in bar.parts:
            own[name] = own.get(name, 0.0) + value / (max(bar.total, least) or 1.0)
        largest |= {name: max(largest.get(name, 0.0), share) for name, share in own.items()}
    small = {name for name, share in largest.items() if share < SMALL}
    return [_with_other(bar, small) for bar in bars] if len(small) >= FEWEST_SMALL else bars


def spread(point: Point, metric: str, factor: float = 1.0) -> tuple[float | None, float | None]:
    """Smallest and largest replication of a metric, times a factor; Nones without a range."""
    found: Mapping[str, Any] = point.get("ranges", {}).get(metric) or {}
    low, high = found.get("min"), found.get("max")
    return (None, None) if low is None or high is None else (low * factor, high * factor)


def _with_other(bar: Bar, small: set[str]) -> Bar:
    kept = [part for part in bar.parts if part[0] not in small]
    rest = [
        (OTHER, sum(v for name, v, faint in bar.parts if name in small and faint == pale), pale)
        for pale in (False, True)
    ]
    return Bar([*kept, *rest], bar.low, bar.high, bar.remark)


def _names(panels: list[Panel]) -> list[str]:
    """Parts that can be seen, "other" last."""
    found: dict[str, None] = {}
    for panel in panels:
        longest = max((bar.total for bar in panel.bars), default=0.0)
        found |= {name: None for bar in panel.bars for name, value, _ in bar.parts if value > VISIBLE * longest}
    return [name for name in found if name != OTHER] + [OTHER] * (OTHER in found)


def _handles(panels: list[Panel], looks: dict[str, dict[str, Any]]) -> list[Patch]:
    """Legend entries: split in two where a part has a pale half."""
    halves = {name for panel in panels for bar in panel.bars for name, value, pale in bar.parts if pale and value}
    return [
        (_Split if name in halves else Patch)(label=style.WORDS.get(name, name), **look) for name, look in looks.items()
    ]


class _Split(Patch):
    """A legend entry in full colour and pale."""


class _SplitHandler(HandlerPatch):
    def create_artists(self, legend, handle, x, y, width, height, size, transform):  # type: ignore[no-untyped-def]
        return [
            Rectangle((x - y + start * width, -y), width / 2, height, facecolor=colour, transform=transform)
            for start, colour in ((0.0, handle.get_facecolor()), (0.5, style.pale(to_hex(handle.get_facecolor()))))
        ]


def _panel(axes: Axes, panel: Panel, looks: dict[str, dict[str, Any]], longest: float) -> None:
    for row, bar in enumerate(panel.bars):
        start = 0.0
        for name, value, pale in bar.parts:
            if not value:
                continue
            look = looks.get(name) or style.stage_looks([name])[name]
            colour = style.pale(look["facecolor"]) if pale else look["facecolor"]
            axes.barh(row, value, BAR_HEIGHT, left=start, **(look | {"facecolor": colour}))
            start += value
        if bar.low is not None and bar.high is not None and bar.high > bar.low:
            axes.errorbar(
                start, row, xerr=[[max(0.0, start - bar.low)], [max(0.0, bar.high - start)]], color="black",
                linewidth=2.5, capsize=9, capthick=2.5,
            )  # fmt: skip
        if bar.remark:
            end = max(start, bar.high or 0.0)
            axes.text(end + (longest or 1.0) * 0.02, row, bar.remark, fontsize=style.TICK_POINTS, va="center")
    axes.set_xlim(0, (longest or 1.0) * (1.28 if any(bar.remark for bar in panel.bars) else 1.06))
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= longest * 1.06])
    style.dress(axes, panel.title, panel.unit, grid="x")
    axes.tick_params(axis="y", length=0)


def _rows(axes: Axes, shown: View) -> None:
    """Names of the rows, and a chip in the path's colour before each."""
    names = [marked(label, [point]) for label, point in zip(shown.labels, shown.points, strict=True)]
    axes.set_yticks(range(len(names)), labels=names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", pad=LABEL_PAD)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-LABEL_PAD / 2 / 72, 0, axes.figure.dpi_scale_trans)
    for row, point in enumerate(shown.points):
        colour = style.colour_of(point) or style.GREY
        axes.plot(0, row, "s", color=colour, markersize=CHIP_POINTS, transform=beside, clip_on=False)
