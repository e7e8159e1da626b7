"""Four charts of one form: a row per point, a bar in parts. Latency budget, cores, exits, drops.

1. A chart's table gives each point its parts: name, value, and whether nothing was done meanwhile (waiting, polling), which
   is hatched.
2. Parts below 3 % of every row are drawn together as "other"; the table keeps them apart.
3. A part is named inside its bar where it is wide enough, once; the rest is in the legend.
4. A thin line across the end of a bar is the 95 % interval of its total.

*Scope*: up to `select.MOST_ROWS` rows. *Validation*: tests/unit/test_charts.py: bars are as long as their totals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from simulator.charts import style
from simulator.charts.frame import PLOT_INCHES, caption, finish, frame, marked
from simulator.charts.limits import at_rows, limits, said
from simulator.charts.marks import ends
from simulator.charts.select import Point, View, few_rows
from simulator.words import folded, inches, wrap

BAR_HEIGHT = 0.66
SMALL, FEWEST_SMALL = 0.03, 2
"""Parts below this share of their row, in every row, are drawn as "other" if there are so many of them."""
TINY_ROW = 0.1
"""Rows below this share of the longest are too short for their parts to count."""
VISIBLE = 0.002
"""Parts below this share of the longest bar in every row get no entry in the legend."""
ROW_INCHES, ROW_LINE_INCHES, AROUND_INCHES = 0.52, 1.2 * style.TICK_POINTS / 72, 1.9
NAME_CELLS = 34
WIDE_NAME_CELLS, MOST_NAME_LINES = 56, 3
FEWEST_ROWS = 3
"""Fewer rows get the room of so many: a single bar is not a wall."""
NO_METRICS: Mapping[str, float] = {}
RANGE = "Line across the end: 95 % interval, or range over few replications."


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of one panel: parts as (name, value, hatched), the range of their sum, a remark behind the bar."""

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


def stacked(
    shown: View,
    panel: Callable[[list[Point]], Panel],
    say: Callable[[View], str],
    metrics: Mapping[str, float] = NO_METRICS,
) -> Figure:
    """A figure with one row for each point of `shown`; `metrics`: those whose thresholds have a place on the axis, and
    their scale."""
    shown = few_rows(shown)
    made = panel(shown.points)
    looks = style.part_looks(visible(made))
    names, more = row_names(shown.labels, shown.points, NAME_CELLS)
    pitch = row_inches(names)
    height = max(PLOT_INCHES, AROUND_INCHES + pitch * len(names))
    figure, (axes,) = frame(shown.title, more_inches=more)
    texts = at_rows(axes, limits(shown.thresholds), shown.points, metrics)
    room = figure.get_figwidth() - 1.2 - max(inches(name, style.TICK_POINTS) for name in names)
    named = draw_bars(axes, made, looks, room)
    rows(axes, names)
    handles = part_handles(made, {name: look for name, look in looks.items() if name not in named})
    ranges = RANGE if any(bar.low is not None and bar.high != bar.low for bar in made.bars) else ""
    return finish(figure, handles, caption(shown, say(shown), said(texts), ranges), plot_inches=height)


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
    """What the line across the end of a bar covers (`marks.ends`), times a factor; Nones without it."""
    reach = ends(point, metric)
    return (None, None) if reach is None else (reach[0] * factor, reach[1] * factor)


def _with_other(bar: Bar, small: set[str]) -> Bar:
    kept = [part for part in bar.parts if part[0] not in small]
    rest = [
        (style.OTHER, sum(v for name, v, idle in bar.parts if name in small and idle == hatched), hatched)
        for hatched in (False, True)
    ]
    return Bar([*kept, *rest], bar.low, bar.high, bar.remark)


def visible(*panels: Panel) -> list[str]:
    """Parts that can be seen, "other" last."""
    found: dict[str, None] = {}
    for panel in panels:
        longest = max((bar.total for bar in panel.bars), default=0.0)
        found |= {name: None for bar in panel.bars for name, value, _ in bar.parts if value > VISIBLE * longest}
    return [name for name in found if name != style.OTHER] + [style.OTHER] * (style.OTHER in found)


def part_handles(panel: Panel, looks: Mapping[str, style.Look], idle: str = "") -> list[Patch]:
    """Legend entries, and what hatching means if there is any and `idle` says it."""
    solid = {name for bar in panel.bars for name, value, hatched in bar.parts if value and not hatched}
    handles = [
        Patch(label=style.WORDS.get(name, name), **(look if name in solid else style.hatch(look)))
        for name, look in looks.items()
    ]
    if idle:
        handles.append(Patch(facecolor="white", edgecolor=style.INK, hatch="////", label=idle))
    return handles


def row_names(labels: Sequence[str], points: Sequence[Point], cells: int) -> tuple[list[str], float]:
    """The names of the rows in lines of `cells` columns, or of more where three lines do not do; and how much wider that
    makes the figure, in inches."""
    texts = [marked(label, [point]) for label, point in zip(labels, points, strict=True)]
    wide = cells if max(len(wrap(text, cells)) for text in texts) <= MOST_NAME_LINES else WIDE_NAME_CELLS
    return [folded(text, wide) for text in texts], (wide - cells) * inches("x", style.TICK_POINTS)


def row_inches(names: list[str]) -> float:
    """Distance of the rows, for names of several lines."""
    return max(ROW_INCHES, 0.12 + ROW_LINE_INCHES * max(name.count("\n") + 1 for name in names))


def draw_bars(axes: Axes, panel: Panel, looks: Mapping[str, style.Look], room_inches: float) -> set[str]:
    """The bars of a panel about `room_inches` wide; the parts that are named inside theirs."""
    longest = max((max(bar.total, bar.high or 0.0) for bar in panel.bars), default=0.0) or 1.0
    remarks = max((inches(bar.remark, style.TICK_POINTS) for bar in panel.bars), default=0.0)
    per_inch = longest / max(1.0, room_inches - remarks - 0.3)
    best = _widest(panel)
    named = set()
    for row, bar in enumerate(panel.bars):
        start = 0.0
        for name, value, hatched in bar.parts:
            if not value:
                continue
            look = looks.get(name) or style.part_looks([name])[name]
            axes.barh(row, value, BAR_HEIGHT, left=start, **(style.hatch(look) if hatched else look))
            words = style.WORDS.get(name, name)
            room = value / per_inch - inches(words, style.TICK_POINTS) - 0.1
            if best.get(name) == (row, hatched) and room > 0:
                _inside(axes, words, start + value / 2, row, style.hatch(look) if hatched else look)
                named.add(name)
            start += value
        if bar.low is not None and bar.high is not None and bar.high > bar.low:
            axes.errorbar(
                start, row, xerr=[[max(0.0, start - bar.low)], [max(0.0, bar.high - start)]], color="black",
                linewidth=2.5, capsize=9, capthick=2.5,
            )  # fmt: skip
        if bar.remark:
            end = max(start, bar.high or 0.0) + 0.12 * per_inch
            axes.text(end, row, bar.remark, fontsize=style.TICK_POINTS, va="center", linespacing=1.0)
    axes.set_xlim(0, longest + per_inch * (remarks + 0.25))
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= longest * 1.06])
    style.dress(axes, panel.title, panel.unit, grid="x")
    axes.tick_params(axis="y", length=0)
    return named


def _inside(axes: Axes, words: str, place: float, row: int, look: style.Look) -> None:
    colour = style.ink(look["facecolor"])
    text = axes.text(
        place, row, words, fontsize=style.TICK_POINTS, ha="center", va="center", color=colour, clip_on=True
    )
    if look["hatch"]:
        text.set_bbox({"facecolor": look["facecolor"], "edgecolor": "none", "pad": 2.0})


def _widest(panel: Panel) -> dict[str, tuple[int, bool]]:
    """Part -> row of its widest bar, and whether that is hatched."""
    found: dict[str, tuple[float, tuple[int, bool]]] = {}
    for row, bar in enumerate(panel.bars):
        for name, value, hatched in bar.parts:
            if name != style.OTHER and value > found.get(name, (0.0, (0, False)))[0]:
                found[name] = (value, (row, hatched))
    return {name: place for name, (_, place) in found.items()}


def rows(axes: Axes, names: list[str]) -> None:
    """Names of the rows, from the top down."""
    axes.set_yticks(range(len(names)), labels=names)
    around = 0.6 + max(0, FEWEST_ROWS - len(names)) / 2
    axes.set_ylim(len(names) - 1 + around, -around)
