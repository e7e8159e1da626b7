"""Text into lines: names and sentences of any length and script, broken to the width that a chart has for them.

Chinese characters are twice as wide as Latin ones and may be broken between any two, but no line begins with a closing mark; a word longer
than a line is cut.

*Scope*: widths are estimates from the number of cells, good to about a tenth. *Validation*: tests/charts/test_names.py.
"""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

CELL_EM = 0.6
"""Width of a cell in parts of the type size: DejaVu Sans needs 0.55 on average, the Chinese font 0.5."""
CLOSING = "，。、；：？！）》」』】”’…"
"""What stays in the line of the character before it."""


def wrap(text: str, cells: int) -> list[str]:
    """The text in lines of at most `cells` columns, broken at spaces where that is possible."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, cells, cells - cell_len(lines[-1]) - 1):
            if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(piece) <= cells:
                lines[-1] += f" {piece}"
            elif lines[-1]:
                lines.append(_not_alone(lines, piece))
            else:
                lines[-1] = piece
    return lines


def folded(text: str, cells: int) -> str:
    """The text with line ends in it."""
    return "\n".join(wrap(text, cells))


def inches(text: str, points: float) -> float:
    """About how wide the text is in that size, its longest line if it has several."""
    return max(cell_len(line) for line in text.split("\n")) * CELL_EM * points / 72


def shortened(text: str, cells: int) -> str:
    """The text, or its beginning and its end with an ellipsis between, for a table that must not be wider."""
    if cell_len(text) <= cells:
        return text
    tail = (cells - 1) // 3
    end = text
    while cell_len(end) > tail:
        end = end[1:]
    return chop_cells(text, cells - 1 - cell_len(end))[0] + "\N{HORIZONTAL ELLIPSIS}" + end


def _pieces(word: str, cells: int, room: int) -> list[str]:
    """The word, or what fits into the rest of the line and the following ones."""
    if cell_len(word) <= cells:
        return [word]
    pieces, room = [], room if room >= cells // 3 else cells
    while cell_len(word) > room:
        length = len(chop_cells(word, room)[0])
        while length > 1 and word[length] in CLOSING:
            length -= 1
        pieces.append(word[:length])
        word, room = word[length:], cells
    return [*pieces, word]


def _not_alone(lines: list[str], piece: str) -> str:
    """The next line; a single sign takes the Chinese character before it along."""
    last = lines[-1][-1:]
    if cell_len(piece) > 1 or cell_len(last) < 2 or last in CLOSING or len(lines[-1]) < 2:
        return piece
    lines[-1] = lines[-1][:-1]
    return f"{last} {piece}"
