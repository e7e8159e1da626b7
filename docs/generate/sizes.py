"""The page of packet mixes and size distributions that a scenario can name.

*Scope*: mixes frame by frame; distributions by name and mean. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from generate.markdown import code, page, table
from simulator.traffic import distributions
from simulator.traffic.imix import IMIXES, Imix

INTRODUCTION = """# Packet sizes

What `size: {imix: NAME}` and `size: {distribution: NAME}` stand for. Frame sizes are with FCS."""
ON_DISTRIBUTIONS = """Sizes of messages measured in data centres. A message is cut into full frames and one remainder; the
traffic draws among all frames."""


def pages() -> dict[str, str]:
    """The one page."""
    head = ("name", "frames", "mean", "status", "source")
    mixes = page("## Mixes", table(head, [_mix(name, mix) for name, mix in IMIXES.items()]))
    head = ("name", "sizes", "smallest", "mean", "largest")
    return {"sizes.md": page(INTRODUCTION, mixes, page("## Distributions", ON_DISTRIBUTIONS, table(head, _messages())))}


def _mix(name: str, mix: Imix) -> tuple[str, ...]:
    shares = gcd(*(count for _, count in mix.packets))
    frames = ", ".join(f"{count // shares} of {size:,} B" for size, count in mix.packets)
    total, packets = sum(size * count for size, count in mix.packets), sum(count for _, count in mix.packets)
    return code(name), frames, f"{total / packets:.1f} B", mix.status, mix.source


def _messages() -> Iterator[tuple[str, ...]]:
    for name in distributions.names():
        found = distributions.sizes(name)
        mean = sum(v * w for v, w in zip(found.values, found.weights, strict=True)) / sum(found.weights)
        ends = found.values[0], found.values[-1]
        yield code(name), f"{len(found.values):,}", f"{ends[0]:,} B", f"{mean:,.0f} B", f"{ends[1]:,} B"
