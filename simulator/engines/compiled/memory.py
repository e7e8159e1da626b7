"""The kernel's memory as Python sees it: an ordinary NumPy array of int64; the kernel gets the address of its first word.

*Scope*: where the words stand. *Validation*: the same kernel source runs on a Python list in ``tests/engines``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LINE = 8
"""Words in a line of the processor's cache."""


def zeros(words: int) -> Any:
    """So many words of 0, the first of them at the beginning of a line: which fields share a line is then known."""
    room = np.zeros(words + LINE, dtype=np.int64)
    start = -(room.ctypes.data // 8) % LINE
    return room[start : start + words]


def enlarged(words: Any, more: int) -> Any:
    """These words, and ``more`` of 0 behind them."""
    result = zeros(len(words) + more)
    result[: len(words)] = words
    return result
