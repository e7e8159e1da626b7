"""Predicted over measured on logarithmic axes, one panel for each unit, with the band of a factor of two.

1. A filled mark is a scored point; a hollow one is of a trend, whose level does not count.
2. Colours and marks tell the paths apart, as in all charts.

*Scope*: a figure from predictions. *Validation*: ``tests/docs/test_generated.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.charts import output
from simulator.charts.style import BLACK, BLUE, GREEN, GREY, INK, OLIVE, ORANGE, PINK, SKY, WINE
from simulator.validation.model import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {"us": "latency, us", "packets/s": "rate, packets/s", "Gbit/s": "rate, Gbit/s"}
"""Unit -> what its axes say; what is in other units is in the table only."""
LOOKS = {
    "native": (BLACK, "o"),
    "native, polled": (BLACK, "^"),
    "sriov-vf": (BLUE, "s"),
    "sriov-vf, polled": (GREEN, "D"),
    "direct-assignment": (SKY, "s"),
    "direct-assignment, polled": (OLIVE, "D"),
    "sriov-vf to sriov-vf, polled": (GREEN, "*"),
    "vhost-user": (GREY, "h"),
    "vhost-user, polled": (GREY, "d"),
    "vhost-net": (ORANGE, "v"),
    "vhost-net, polled": (ORANGE, "^"),
    "macvtap": (ORANGE, "p"),
    "virtio-qemu": (PINK, "P"),
    "virtio-qemu, polled": (PINK, "^"),
    "container": (INK, "p"),
    "xen-netfront": (INK, "h"),
    "hyperv-netvsc": (INK, "d"),
    "emulated-e1000": (WINE, "X"),
    "emulated-rtl8139": (WINE, "8"),
}
_FACTOR, _SIZE = 2.0, 34


def svg(predictions: Sequence[Prediction]) -> bytes:
    """The picture as SVG, the same bytes for the same predictions."""
    with output.settings():
        return output.svg(draw(predictions))


def draw(predictions: Sequence[Prediction]) -> Figure:
    """The figure."""
    from matplotlib.figure import Figure

    known = [found for found in predictions if found.value]
    figure = Figure(figsize=(15, 5.4), layout="constrained")
    for place, (unit, label) in enumerate(PANELS.items(), 1):
        axes = figure.add_subplot(1, len(PANELS), place)
        _panel(axes, [found for found in known if found.point.unit == unit], label)
    handles = [_handle(name, look) for name, look in LOOKS.items()]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=(len(handles) + 1) // 2, fontsize=11, frameon=False
    )
    return figure


def _panel(axes: Axes, found: Sequence[Prediction], label: str) -> None:
    for path, (colour, mark) in LOOKS.items():
        for is_scored in (False, True):
            chosen = [p for p in found if p.point.path == path and p.point.is_scored is is_scored]
            face = colour if is_scored else "none"
            x, y = [p.point.measured for p in chosen], [p.value for p in chosen]
            axes.scatter(x, y, s=_SIZE, marker=mark, edgecolors=colour, facecolors=face, linewidths=1)  # type: ignore[arg-type]
    values = [value for p in found for value in (p.point.measured, p.value) if value]
    low, high = (min(values) / 2, max(values) * 2) if values else (1.0, 10.0)
    ends = [low, high]
    axes.fill_between(
        ends, [end / _FACTOR for end in ends], [end * _FACTOR for end in ends], color=GREY, alpha=0.2, lw=0
    )
    axes.plot(ends, ends, color=INK, lw=1)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axes.set_xlabel(f"measured: {label}", fontsize=12)
    axes.set_ylabel("predicted", fontsize=12)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_short)
        axis.set_minor_formatter(_nothing)


def _short(value: float, _place: float) -> str:
    return next(
        (f"{value / size:g} {prefix}" for size, prefix in ((1e6, "M"), (1e3, "k")) if value >= size), f"{value:g}"
    )


def _nothing(_value: float, _place: float) -> str:
    return ""


def _handle(name: str, look: tuple[str, str]) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=look[0], marker=look[1], linestyle="none", markersize=7, label=name)
