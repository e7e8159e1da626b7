"""A figure into files: which names and formats, each file whole or not at all.

*Scope*: PNG and SVG. *Validation*: ``tests/unit/test_charts.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import InputError, unknown
from simulator.formats.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


def files(place: Path, out: Path | None, form: str | None) -> dict[Path, str]:
    """File -> format. Without `out`: `place` with each format as its ending; with it: that file, in the format of its
    ending, or with both endings if it has none. Raises InputError for another ending."""
    if form is not None and form not in FORMATS:
        raise unknown("--format", "format", form, FORMATS)
    chosen = [form] if form else list(FORMATS)
    if out is None or not out.suffix:
        base = out or place
        return {base.with_name(f"{base.name}.{own}"): own for own in chosen}
    ending = out.suffix[1:].lower()
    if ending not in FORMATS and form is None:
        raise unknown("--out", "format of a chart", ending, FORMATS)
    return {out: form or ending}


def write(figure: Figure, into: dict[Path, str]) -> None:
    """Draw first, then write every file. Raises InputError for a place that cannot be written."""
    from simulator.charts import png, svg

    drawn = {path: (png if form == "png" else svg)(figure) for path, form in into.items()}
    for path, content in drawn.items():
        try:
            write_whole(path, content)
        except OSError as error:
            raise InputError(str(path), f"cannot be written ({error.strerror})") from None
