"""Whole-number arithmetic that several parts share.

*Scope*: rounding. *Validation*: tests/unit/test_reference.py.
"""

from __future__ import annotations

PS_PER_SECOND = 10**12


def ceil_div(dividend: int, divisor: int) -> int:
    """``dividend / divisor`` rounded up."""
    return -(-dividend // divisor)


def serialisation_ps(size_bytes: int, rate_bps: int) -> int:
    """How long ``size_bytes`` occupy a link of ``rate_bps``, rounded up; no time at all without a rate."""
    return ceil_div(size_bytes * 8 * PS_PER_SECOND, rate_bps) if rate_bps else 0
