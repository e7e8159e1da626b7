"""How charts look: large type for a lecture hall, colours that can be told apart with every common colour deficiency.

1. A line is a series: a fixed colour for each path, a marker and dashes by its number, so that no two of 32 look alike.
2. A part of a bar is a stage, an accounting label, a kind of exit or a place. Families: grey for NIC, wire and PCIe,
   warm for host and backend, cool for the guest. Hatched: time in which nothing was done (waiting, polling).
3. Series and parts never share a picture's meaning: charts with bars name their rows in words, not in colours.

*Scope*: colours, fonts, labels. *Validation*: tests/charts/test_colours.py: CIEDE2000 of every pair that can meet, to normal
and to colour-blind eyes; the colours were searched for with the same measure (docs/decisions/0016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

BLACK, BLUE, SKY, VERMILLION, GREEN, ORANGE, PINK, OLIVE, WINE = (
    "#000000", "#3F649C", "#69BFF2", "#B03B16", "#497F67", "#EEB21E", "#CE81A4", "#A09758", "#72333A",
)  # fmt: skip
PATH_COLOURS = {
    ("native", ""): BLACK,
    ("sriov-vf", "posted"): BLUE,
    ("sriov-vf", "apicv"): SKY,
    ("sriov-vf", "legacy"): VERMILLION,
    ("sriov-vf", "poll"): GREEN,
    ("vhost-net", ""): ORANGE,
    ("virtio-qemu", ""): PINK,
    ("vhost-user", ""): OLIVE,
    ("emulated-e1000", ""): WINE,
}
"""Colour of (datapath, interrupt mode); the mode is "" where it does not distinguish paths."""
UNNAMED = ("#303085", "#751800", "#D09F9A", "#4E324B", "#37737B", "#8377D7")
"""For series without a path of their own, such as a mix of paths."""

INK, GREY, PLAIN = "#303030", "#8C8C8C", "#E8E8E8"
"""What is drawn for every series alike; unknown; named beside it and in need of no colour."""
PAPER: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0}
"""Behind words that lie over lines."""
STAGE_COLOURS = {
    "wire": "#303030", "NIC": "#5E5E5E", "NIC queue": "#767D82", "PCIe": "#9B9B9B", "PCIe read": "#C6C6C6",
    "moderation": "#DABD94", "host interrupt": "#2E2E03", "host driver + switch": "#995328",
    "backend wake-up": "#E4A936", "backend": "#6F4233",
    "interrupt delivery": "#444A9B", "driver + stack": "#5383D8", "application wake-up": "#ABDBF4",
    "application": "#7BAFEA", "poll": "#460150", "send": "#6A6788", "doorbell + fetch": "#908DB0",
}  # fmt: skip
WORK_COLOURS = {"host_work": "#A57262", "guest_work": "#4F415F", "polling": "#C6C6C6"}
LABEL_COLOURS = {
    "guest_irq": "#1A2153", "guest_soft": "#326ABC", "guest_task": "#A9A4E4", "pmd_work": "#2B6675",
    "hyp": "#5F0309", "exit_user": "#8E5658", "qemu": "#D09987", "vhost": "#C0A421", "host_irq": "#765307",
    "host_soft": "#9F782F", "host_task": "#F7D8AE", "ctxsw": "#E2E523", "noise": "#BB1177",
    "halt_poll": "#AAB2B7", "guest_idle": "#2B3136", "pmd_idle": "#868686",
}  # fmt: skip
KIND_COLOURS = ("#1E3A6F", "#F19D95", "#2B9816", "#FAD139", "#6A63E4", "#035600", "#BC6B85", "#DCB6F2", "#494949")
"""For kinds of exits and places of drops, which have no order and no family."""
LANE_COLOURS = {"PCIe": "#9B9B9B", "NIC": "#5E5E5E", "wire": "#303030"}
WORDS = {
    "guest_irq": "guest: interrupts", "guest_soft": "guest: softirq", "guest_task": "guest: application",
    "guest_idle": "guest: idle polling", "hyp": "KVM", "exit_user": "exits to QEMU", "qemu": "QEMU's own threads",
    "vhost": "vhost threads", "host_irq": "host: interrupts", "host_soft": "host: softirq", "host_task": "host: tasks",
    "ctxsw": "task switches", "noise": "noise of the kernel", "halt_poll": "halt polling", "pmd_work": "poll mode: work",
    "pmd_idle": "poll mode: no packet", "host_work": "host", "guest_work": "guests", "polling": "polling",
}  # fmt: skip
"""Accounting labels in words, for legends."""
OTHER = "other"
OTHER_LOOK = {"facecolor": PLAIN, "edgecolor": GREY, "hatch": ".."}

SHADES = (0.0, 0.45, -0.4, 0.7, -0.65, 0.25, -0.2, 0.58)
MARKERS = "osD^vPX*"
DASHES = ("-", "--", "-.", ":")
FEW_SERIES = 8
"""With more, lines are thinner and what is drawn beside the main line is left out."""
TITLE_POINTS = 22
LABEL_POINTS = 17
TICK_POINTS = 15
CAPTION_POINTS = 15
DARK = 0.3
Look = dict[str, Any]


def colour_of(point: Mapping[str, Any]) -> str | None:
    """The fixed colour of a point's path, or None if the path has none."""
    path, mode = point["datapath"], point.get("interrupts", "")
    return PATH_COLOURS.get((path, mode)) or PATH_COLOURS.get((path, ""))


def series_colours(points: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, str]:
    """A colour for every label: its path's own; further labels of the same path get shades of it."""
    colours: dict[str, str] = {}
    for point, label in zip(points, labels, strict=True):
        if label not in colours:
            free = [colour for colour in UNNAMED if colour not in colours.values()]
            base = colour_of(point) or (free or [GREY])[0]
            shades = [shade(base, step) for step in SHADES]
            colours[label] = next((colour for colour in shades if colour not in colours.values()), base)
    return colours


def series_looks(points: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, Look]:
    """How the line of every label is drawn: colour, width, marker; dashes where the markers begin again."""
    colours = series_colours(points, labels)
    looks = {}
    for number, (label, colour) in enumerate(colours.items()):
        wide = width(number, len(colours))
        looks[label] = {
            "color": colour, "linewidth": wide, "marker": MARKERS[number % len(MARKERS)], "markersize": 8 + wide,
            "linestyle": DASHES[number // len(MARKERS) % len(DASHES)],
        }  # fmt: skip
    return looks


def part_looks(names: Sequence[str], hatched: Sequence[str] = ()) -> dict[str, Look]:
    """Fill of each part of a bar: its own colour where it has one, else the next of `KIND_COLOURS`."""
    known = STAGE_COLOURS | LABEL_COLOURS | WORK_COLOURS
    free = iter(KIND_COLOURS * (len(names) // len(KIND_COLOURS) + 1))
    looks: dict[str, Look] = {}
    for name in names:
        look = OTHER_LOOK if name == OTHER else solid(known.get(name) or next(free))
        looks[name] = hatch(look) if name in hatched else look
    return looks


def solid(colour: str) -> Look:
    """A plain fill, parts set apart by a thin white line."""
    return {"facecolor": colour, "edgecolor": "white", "hatch": ""}


def hatch(look: Look) -> Look:
    """The fill of waiting and polling: the same colour with strokes across, white or black, whichever shows."""
    if look["hatch"]:
        return look
    return look | {"hatch": "////", "edgecolor": "white" if ink(look["facecolor"]) == "white" else INK}


def shade(colour: str, step: float) -> str:
    """`colour` on its way to white (`step` up to 1) or to black (down to -1)."""
    end = 1.0 if step > 0 else 0.0
    red, green, blue = (part + (end - part) * abs(step) for part in to_rgb(colour))
    return to_hex((red, green, blue)).upper()


def width(number: int, count: int) -> float:
    """Line width of series `number` of `count`: earlier ones are wider, so that a covered line still shows."""
    return 3.0 + 1.3 * min(2, count - 1 - number) if count <= FEW_SERIES else 2.0


def ink(colour: str) -> str:
    """Black or white, whichever can be read on that colour."""
    red, green, blue = to_rgb(colour)
    return "white" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < DARK else "black"


def dress(axes: Axes, title: str, x_label: str, y_label: str = "", grid: Literal["both", "x", "y"] = "both") -> None:
    """Give axes their title, labels with units, grid and type sizes."""
    axes.set_title(title, fontsize=LABEL_POINTS, fontweight="bold", loc="left", pad=10)
    axes.set_xlabel(x_label, fontsize=LABEL_POINTS)
    axes.set_ylabel(y_label, fontsize=LABEL_POINTS)
    axes.tick_params(labelsize=TICK_POINTS)
    axes.grid(visible=True, which="major", axis=grid, color="#D9D9D9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
