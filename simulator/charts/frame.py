"""The frame around every chart: title above, names beside or below, caption at the foot, the same type sizes everywhere.

1. `frame` makes a figure of one or more panels, 1920 points wide.
2. `finish` counts the lines of title, legend, names and caption and makes the figure as high as they and the panels need,
   never lower than 1080 points: names of 140 characters and 40 series make it grow, they do not cover it.

At this size the smallest letters are a fiftieth of the figure's height: the rule of thumb for the last row of a hall.

*Scope*: layout. *Validation*: tests/charts compares pictures; tests/charts/test_names.py: no two texts overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulator.charts import style
from simulator.charts.beside import SIDE_CELLS, SIDE_INCHES, Name, beside, cells_for, inches_needed, width_of
from simulator.charts.caption import MARK, UNSTEADY, cost_note, delivered, hollow, rests_on_weak_costs, unsteady
from simulator.charts.fonts import BOX
from simulator.charts.marks import interval
from simulator.charts.select import Point, View
from simulator.words import folded, inches, wrap

WIDTH_INCHES, HEIGHT_INCHES, DPI = 12.8, 7.2, 150
WIDE_INCHES, WIDE_HEIGHT_INCHES, WIDE_DPI = 19.2, 10.8, 100
PLOT_INCHES = 4.4
LINE_INCHES = 1.34 * style.CAPTION_POINTS / 72
TITLE_LINE_INCHES = 1.34 * style.TITLE_POINTS / 72
MARGIN_INCHES, COLUMN_GAP_INCHES, HANDLE_INCHES = 0.12, 0.35, 0.6
AXES_WORDS_INCHES = 1.25
"""Title of the panel, ticks and name of the axis: what of the plot's height is not the panel itself."""
EMPTY_AT = 0.7
"""Where an empty panel says so: between the shares at which thresholds have their words."""


def frame(
    title: str,
    panels: int = 1,
    *,
    wide: bool = False,
    side: bool = False,
    more_inches: float = 0.0,
    ratios: Sequence[float] = (),
    **how: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with a title and panels side by side; with `side` a margin for names follows them. `more_inches`: width
    beyond the usual; `ratios`: widths of the panels; `how` goes to ``Figure.subplots``."""
    size = (WIDE_INCHES if wide else WIDTH_INCHES) + more_inches, WIDE_HEIGHT_INCHES if wide else HEIGHT_INCHES
    figure = Figure(figsize=size, dpi=WIDE_DPI if wide else DPI, layout="constrained")
    cells = int((size[0] - 0.5) / inches("x", style.TITLE_POINTS) * 0.93)
    figure.suptitle(folded(title, cells), fontsize=style.TITLE_POINTS, fontweight="bold", x=0.012, ha="left")
    shares = list(ratios) or [1.0] * panels
    if side:
        shares.append(sum(shares) * SIDE_INCHES / (size[0] - SIDE_INCHES))
    axes = figure.subplots(1, len(shares), squeeze=False, width_ratios=shares, **how)
    return figure, list(axes[0])


def finish(
    figure: Figure,
    handles: Sequence[Any],
    sentences: Sequence[str],
    *,
    plot_inches: float = PLOT_INCHES,
    side: Axes | None = None,
    names: Sequence[Name] = (),
    handlers: Mapping[Any, Any] | None = None,
) -> Figure:
    """Add names in the margin `side`, legend and caption below, and give the figure the height for all of them."""
    if side is not None:
        _widen(figure, side, names)
    width = figure.get_figwidth()
    lines = [
        line for text in sentences if text for line in wrap(text, int(width / inches("x", style.CAPTION_POINTS) * 0.97))
    ]
    words = len(lines) * LINE_INCHES + 2 * MARGIN_INCHES
    below = words + _legend_inches(handles, width)
    title = figure.get_suptitle().count("\n") * TITLE_LINE_INCHES + 2 * TITLE_LINE_INCHES
    plot = max(plot_inches, inches_needed(names, cells_for(names)) + AXES_WORDS_INCHES)
    height = max(figure.get_figheight(), title + plot + below)
    figure.set_figheight(height)
    rect = (0.006, below / height, 0.988, 0.992 - below / height)
    figure.get_layout_engine().set(rect=rect, w_pad=0.12, h_pad=0.1)  # type: ignore[union-attr,call-arg]
    figure.text(
        0.012, MARGIN_INCHES / height, "\n".join(lines), fontsize=style.CAPTION_POINTS, va="bottom", linespacing=1.3
    )
    if handles:
        _legend(figure, handles, words / height, handlers)
    if side is not None:
        beside(side, names, height - below - title + TITLE_LINE_INCHES / 2 - AXES_WORDS_INCHES)
    return figure


def _widen(figure: Figure, side: Axes, names: Sequence[Name]) -> None:
    """Make margin and figure wider by what long names need; the panels keep their width."""
    margin = width_of(cells_for(names))
    grid = side.get_gridspec()
    assert grid is not None
    *panels, _ = cast(Sequence[float], grid.get_width_ratios())
    width = figure.get_figwidth()
    grid.set_width_ratios([*panels, sum(panels) * margin / (width - SIDE_INCHES)])
    figure.set_figwidth(width + (margin - SIDE_INCHES))


def caption(shown: View, *sentences: str) -> list[str]:
    """The sentences with what was left out, what is hollow or boxed, and what rests on weak costs."""
    names = [shown.title, *shown.labels]
    box = f"{BOX}: a character that the bundled fonts do not have." if any(BOX in name for name in names) else ""
    return [
        " ".join(text for text in (*sentences, hollow(shown.points), shown.note, box) if text),
        cost_note(shown.points),
    ]


def marked(label: str, points: Sequence[Point]) -> str:
    """The label; with a dagger if any cost behind the points is borrowed or assumed, and said if none of them is steady."""
    text = f"{label} {MARK}" if any(rests_on_weak_costs(point) for point in points) else label
    return f"{text} ({UNSTEADY})" if points and all(map(unsteady, points)) else text


def nothing(axes: Axes, shown: View) -> None:
    """Say in the panel that it is empty, if no point delivered anything."""
    if not any(map(delivered, shown.points)):
        axes.text(
            0.5, EMPTY_AT, "nothing delivered", fontsize=style.TITLE_POINTS, ha="center", va="center", transform=axes.transAxes, zorder=7,
            bbox=style.PAPER | {"alpha": 1.0},
        )  # fmt: skip


def replications(shown: View) -> str:
    """What pale bars and whiskers are, if there are any."""
    most = max(point.get("replications", 1) for point in shown.points)
    sure = any(interval(point, metric) for point in shown.points for metric in point.get("ranges", {}))
    rest = "; without one, the range over the replications" if most > 1 else ""
    bars = (
        [f"Pale bars: 95 % interval{rest}."]
        if sure
        else [f"Pale bars: range over {most} replications."]
        if most > 1
        else []
    )
    drawn = max(point.get("uncertainty", {}).get("draws", 0) for point in shown.points)
    bars += [f"Whiskers: 90 % interval over the ranges of the costs, {drawn} draws."] if drawn else []
    return " ".join(bars)


def series_of(shown: View) -> dict[str, list[Point]]:
    """Label -> its points, in order."""
    found: dict[str, list[Point]] = {}
    for point, label in zip(shown.points, shown.labels, strict=True):
        found.setdefault(label, []).append(point)
    return found


def line_handle(label: str, look: dict[str, Any]) -> Line2D:
    """A legend entry drawn like the line."""
    return Line2D([], [], label=label, **look)


def identify(point: Point) -> dict[str, Any]:
    """The columns that say which point a row of a table is about."""
    own = {"series": point["series"], "datapath": point["datapath"], "interrupts": point.get("interrupts", "")}
    return own | dict(point["parameters"])


def _columns(handles: Sequence[Any], width: float) -> int:
    widest = max(inches(_name(handle), style.TICK_POINTS) for handle in handles)
    return max(1, min(len(handles), int((width - 0.3) / (widest + HANDLE_INCHES + COLUMN_GAP_INCHES))))


def _name(handle: Any) -> str:
    return folded(str(handle.get_label()), 2 * SIDE_CELLS)


def _legend_inches(handles: Sequence[Any], width: float) -> float:
    if not handles:
        return 0.0
    rows = -(-len(handles) // _columns(handles, width))
    highest = max(_name(handle).count("\n") + 1 for handle in handles)
    return rows * (highest * 1.2 + 0.35) * style.TICK_POINTS / 72 + MARGIN_INCHES


def _legend(figure: Figure, handles: Sequence[Any], bottom: float, handlers: Mapping[Any, Any] | None) -> None:
    legend = figure.legend(
        handles=list(handles), labels=[_name(handle) for handle in handles], loc="lower left",
        bbox_to_anchor=(0.0, bottom), ncols=_columns(handles, figure.get_figwidth()), frameon=False,
        fontsize=style.TICK_POINTS, borderpad=0.2, handletextpad=0.5, columnspacing=1.4, labelspacing=0.35,
        handler_map=dict(handlers) if handlers else None,
    )  # fmt: skip
    legend.set_in_layout(False)
