"""How charts look: large type for a lecture hall, one fixed colour-blind safe colour per path, units on every axis.

The palette is Okabe and Ito's (2008), distinguishable with all common colour deficiencies and on a projector.

*Scope*: colours, fonts, labels. *Validation*: tests/unit/test_charts.py (no two known paths share a colour;
luminances differ).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY = "#8C8C8C"
OLIVE, WINE = "#999933", "#882255"
"""From Paul Tol's muted scheme, where Okabe and Ito's has no more: its yellow vanishes as a line on white."""
UNNAMED = ("#332288", "#44AA99", "#661100", "#6699CC", "#DDCC77", "#AA4466")
"""For series without a path of their own, such as a mix of paths."""

PATH_COLOURS = {
    ("native", ""): BLACK,
    ("sriov-vf", "posted"): BLUE,
    ("sriov-vf", "apicv"): SKY,
    ("sriov-vf", "legacy"): VERMILLION,
    ("sriov-vf", "poll"): GREEN,
    ("vhost-net", ""): ORANGE,
    ("virtio-qemu", ""): PURPLE,
    ("vhost-user", ""): OLIVE,
    ("emulated-e1000", ""): WINE,
}
"""Colour of (datapath, interrupt mode); the mode is "" where it does not distinguish paths."""
PLACE_COLOURS = {
    "wire": "#4D4D4D", "NIC": "#8C8C8C", "PCIe": "#BDBDBD", "moderation": "#DDCC77", "host interrupt": "#7F3B08",
    "host driver + switch": "#B35806", "backend wake-up": ORANGE, "backend": VERMILLION, "interrupt delivery": BLUE,
    "driver + stack": GREEN, "application wake-up": "#7B3FA0", "application": PURPLE, "poll": GREEN,
    "doorbell + fetch": "#C2A5CF", "PCIe read": "#D9D9D9", "NIC queue": "#737373",
    "guest_irq": BLUE, "guest_soft": GREEN, "guest_task": PURPLE, "guest_idle": "#D9D9D9", "hyp": "#332288",
    "exit_user": WINE, "qemu": VERMILLION, "vhost": ORANGE, "host_irq": "#7F3B08", "host_soft": "#B35806",
    "host_task": "#8C8C8C", "ctxsw": BLACK, "halt_poll": YELLOW, "pmd_work": "#44AA99", "pmd_idle": "#C7E5DF",
    "HLT": SKY, "EXTERNAL_INTERRUPT": BLUE, "MSR_WRITE": VERMILLION, "INTERRUPT_WINDOW": ORANGE,
    "PREEMPTION_TIMER": "#8C8C8C", "EPT_MISCONFIG": PURPLE, "IO_INSTRUCTION": WINE,
    "socket": PURPLE, "rx": BLUE, "tx": GREEN, "tap": "#B35806", "buffer": "#8C8C8C", "send": "#542788",
    "other": "#A6A6A6",
}  # fmt: skip
"""Colour of a stage, of an accounting label, of a kind of exit, of a queue by its last word: grey for hardware, brown to red for host and backend, blue,
green and purple for the guest."""
WORDS = {
    "guest_irq": "guest: interrupts", "guest_soft": "guest: softirq", "guest_task": "guest: application",
    "hyp": "KVM", "exit_user": "exits to QEMU", "qemu": "QEMU's own threads", "vhost": "vhost threads",
    "host_irq": "host: interrupts", "host_soft": "host: softirq", "host_task": "host: tasks",
    "ctxsw": "task switches", "halt_poll": "halt polling", "pmd_work": "poll mode: work", "pmd_idle": "poll mode: idle",
}  # fmt: skip
"""Accounting labels in words, for legends."""
STAGE_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW, GREY, "#4D4D4D", "#B2DF8A", "#6A3D9A", "#A6761D")

SHADES = (0.0, 0.45, -0.4, 0.7, -0.65, 0.25, -0.2, 0.58)
MARKERS = "osD^vPX*"
TITLE_POINTS = 22
LABEL_POINTS = 17
TICK_POINTS = 15
CAPTION_POINTS = 15
LOG_LABELS = ((12, (1, 1.5, 2, 3, 5, 7)), (200, (1, 2, 5)), (float("inf"), (1,)))
"""Span of the axis (highest over lowest) -> labelled multiples of each power of ten."""
WIDE = 5
DARK = 0.3


def colour_of(point: Mapping[str, Any]) -> str | None:
    """The fixed colour of a point's path, or None if the path has none."""
    path, mode = point["datapath"], point.get("interrupts", "")
    return PATH_COLOURS.get((path, mode)) or PATH_COLOURS.get((path, ""))


def series_colours(points: list[dict[str, Any]], labels: list[str]) -> dict[str, str]:
    """A colour for every label: its path's own; further labels of the same path get shades of it."""
    colours: dict[str, str] = {}
    for point, label in zip(points, labels, strict=True):
        if label not in colours:
            free = [colour for colour in UNNAMED if colour not in colours.values()]
            base = colour_of(point) or (free or [GREY])[0]
            shades = [shade(base, step) for step in SHADES]
            colours[label] = next((colour for colour in shades if colour not in colours.values()), base)
    return colours


def stage_looks(names: list[str]) -> dict[str, dict[str, Any]]:
    """Fill of each stage, label or kind: its own where it has one; hatched where the colours begin again."""
    count = len(STAGE_COLOURS)
    looks: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(names):
        known = PLACE_COLOURS.get(name) or PLACE_COLOURS.get(name.rpartition(".")[2])
        used = {look["facecolor"] for look in looks.values()}
        if known in used and name not in PLACE_COLOURS:
            known = next((colour for colour in STAGE_COLOURS if colour not in used), None)
        hatch = "" if known or i < count else "///"
        looks[name] = {"facecolor": known or STAGE_COLOURS[i % count], "edgecolor": "white", "hatch": hatch}
    return looks


def shade(colour: str, step: float) -> str:
    """`colour` on its way to white (`step` up to 1) or to black (down to -1)."""
    end = 1.0 if step > 0 else 0.0
    red, green, blue = (part + (end - part) * abs(step) for part in to_rgb(colour))
    return to_hex((red, green, blue)).upper()


def width(number: int, count: int) -> float:
    """Line width of series `number` of `count`: earlier ones are wider, so that a covered line still shows."""
    return 3.0 + 1.3 * min(2, count - 1 - number)


def ink(name: str) -> str:
    """Black or white, whichever can be read on the colour of that stage, label or lane."""
    red, green, blue = to_rgb(PLACE_COLOURS.get(name, GREY))
    return "white" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < DARK else "black"


def pale(colour: str) -> str:
    """The colour of waiting: two thirds of the way to white."""
    red, green, blue = (1 - (1 - part) / 3 for part in to_rgb(colour))
    return to_hex((red, green, blue))


def dress(axes: Axes, title: str, x_label: str, y_label: str = "", grid: Literal["both", "x", "y"] = "both") -> None:
    """Give axes their title, labels with units, grid and type sizes."""
    axes.set_title(title, fontsize=LABEL_POINTS, fontweight="bold", loc="left", pad=10)
    axes.set_xlabel(x_label, fontsize=LABEL_POINTS)
    axes.set_ylabel(y_label, fontsize=LABEL_POINTS)
    axes.tick_params(labelsize=TICK_POINTS)
    axes.grid(visible=True, which="major", axis=grid, color="#D9D9D9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def plain_log(axis: Axis, *, wide: bool = False) -> None:
    """Label a logarithmic axis in plain digits, the more of them the fewer decades it shows; `wide` has room for more."""
    low, high = axis.get_view_interval()
    subs = next(subs for span, subs in LOG_LABELS if high < span * low * (WIDE if wide else 1))
    axis.set_major_locator(LogLocator(subs=subs, numticks=16))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())
