"""A figure as bytes that are the same on every run: no date, no version, no random names, the bundled fonts.

*Scope*: PNG and SVG. *Validation*: tests/unit/test_charts.py compares two runs byte by byte.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from simulator.charts.fonts import families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "sriovsim", "svg.fonttype": "path", "text.hinting": "none", "hatch.linewidth": 1.6, "text.usetex": False,
    "axes.unicode_minus": True, "text.parse_math": False,
}  # fmt: skip
"""Letters as outlines, not fitted to the grid of pixels: the picture is the same where the font is not installed. The salt makes the names of clip paths
the same on every run."""

DIGITS = 6


def png(figure: Figure, dpi: float | None = None) -> bytes:
    """The figure as PNG, in its own resolution or another one."""
    return _bytes(figure, "png", {"Software": None}, dpi)


def svg(figure: Figure) -> bytes:
    """The figure as SVG."""
    return _bytes(figure, "svg", {"Date": None, "Creator": None})


def settings() -> AbstractContextManager[None]:
    """The settings under which figures are made and drawn, fonts among them."""
    from matplotlib import rc_context

    return rc_context(SETTINGS | {"font.family": families()})  # type: ignore[arg-type]


def _bytes(figure: Figure, form: str, metadata: dict[str, None], dpi: float | None = None) -> bytes:
    buffer = BytesIO()
    with settings():
        _settle(figure)
        figure.savefig(buffer, format=form, metadata=metadata, dpi=dpi or "figure")
    return buffer.getvalue()


def _settle(figure: Figure) -> None:
    """Lay the figure out once and for all: constrained layout moves a little with every drawing, and the solver's last
    digits depend on addresses in memory, which SVG turns into names."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine(None)  # not "none", whose placeholder makes savefig draw once more
    for axes in figure.axes:
        x, y, width, height = axes.get_position().bounds
        axes.set_position((round(x, DIGITS), round(y, DIGITS), round(width, DIGITS), round(height, DIGITS)))
