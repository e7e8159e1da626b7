"""Letters of every chart: the same on every machine, Chinese ones too, and no warnings about those that are missing.

1. DejaVu Sans comes with matplotlib; what it lacks is taken from the font beside this module, which holds the characters
   of GB 2312. Fonts of the machine are never used, or a chart would be other bytes elsewhere.
2. A character that neither has is drawn as a box, and `boxed` lists it so that the caption can say so.

*Scope*: fonts; `simulator/charts/fonts/README.md` has origin and licence. *Validation*: tests/charts/test_names.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "fonts" / "gb2312.ttf"
LATIN, CHINESE = "DejaVu Sans", "sriovsim CJK"
BOLD = 700
BOX = "\N{WHITE SQUARE}"
LARGE = ("histogram", "latency_by_sink", "notifications", "occupancy", "batch_size")
"""Parts of a point that no chart takes words from."""


def families() -> list[str]:
    """The font families in the order in which a character is looked for; the bundled one is made known first."""
    _known()
    return [LATIN, CHINESE]


def legible(found: Any) -> Any:
    """The same data with every character that no font has replaced by a box, in names and in values."""
    if isinstance(found, str):
        return (
            found if found.isascii() else "".join(c if ord(c) in _characters() or c.isspace() else BOX for c in found)
        )
    if isinstance(found, Mapping):
        return {legible(key): value if key in LARGE else legible(value) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [legible(value) for value in found]
    return found


def boxed(text: str) -> str:
    """The characters of a text that are drawn as boxes, each once."""
    return "".join(dict.fromkeys(c for c in text if not c.isspace() and ord(c) not in _characters()))


@cache
def _known() -> None:
    from matplotlib import font_manager

    manager = font_manager.fontManager
    manager.addfont(FILE)
    # It has one weight; without a bold entry matplotlib would warn at every bold title.
    manager.ttflist.append(replace(manager.ttflist[-1], weight=BOLD))


@cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager

    _known()
    files = (font_manager.findfont(family) for family in (LATIN, CHINESE))
    return frozenset(code for file in files for code in font_manager.get_font(file).get_charmap())
