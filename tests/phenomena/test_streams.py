"""TCP streams: who writes little pays for calls, who acknowledges often pays for acknowledgements.

Everything is fixed by the seed; nothing here fails by chance.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator import compare

SIZES_BYTES = (64, 1024)
ONE_WINDOW = "measurement={warmup: 10 ms, duration: 10 ms}"


def throughput_bps(*overrides: str) -> dict[tuple[str, str], float]:
    """Series and message -> bits per second of frames."""
    sizes = "sweep={matrix: {'traffic.*.message': [64 B, 1 KiB]}}"
    entries: list[dict[str, Any]] = compare("small-writes", overrides=[ONE_WINDOW, sizes, *overrides]).entries
    return {(one["series"], one["parameters"]["traffic.*.message"]): one["throughput_bps"] for one in entries}


def test_small_writes_cost_calls_and_without_merging_packets() -> None:
    found = throughput_bps()
    merged, alone = (
        [found[series, size] for size in ("64 B", "1 KiB")] for series in ("messages merged", "TCP_NODELAY")
    )
    assert 7 < merged[1] / merged[0] < 16
    assert merged[0] > 4 * alone[0]


def test_small_writes_cost_little_if_calls_are_free() -> None:
    found = throughput_bps("host.costs={g_app_tx_pk: 0 ns}")
    assert found["messages merged", "64 B"] == pytest.approx(found["messages merged", "1 KiB"], rel=0.02)
