"""A figure as bytes that are the same on every run: no date, no version, no random names, the bundled font.

*Scope*: PNG and SVG. *Validation*: tests/unit/test_charts.py compares two runs byte by byte.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS = {"font.family": "DejaVu Sans", "svg.hashsalt": "sriovsim", "svg.fonttype": "path", "text.hinting": "none"}
"""Letters as outlines, not fitted to the grid of pixels: the picture is the same where the font is not installed. The salt makes the names of clip paths
the same on every run."""


def png(figure: Figure, dpi: float | None = None) -> bytes:
    """The figure as PNG, in its own resolution or another one."""
    return _bytes(figure, "png", {"Software": None}, dpi)


def svg(figure: Figure) -> bytes:
    """The figure as SVG."""
    return _bytes(figure, "svg", {"Date": None, "Creator": None})


def _bytes(figure: Figure, form: str, metadata: dict[str, None], dpi: float | None = None) -> bytes:
    from matplotlib import rc_context

    buffer = BytesIO()
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        # Constrained layout moves a little with every drawing: settled once, PNG and SVG have the same.
        if figure.get_layout_engine() is not None:
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        figure.savefig(buffer, format=form, metadata=metadata, dpi=dpi or "figure")
    return buffer.getvalue()
