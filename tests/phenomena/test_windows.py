"""Windows of shipped scenarios are long enough: with four times the warm-up the median is the same.

Two ends of a sweep are at risk: at the lowest rate there are few packets and the idle governor has to learn first, beyond saturation a window
shorter than the wait cuts the waiting off, a buffer is still filling, or the softirq has not been demoted yet. Seeds are fixed, so nothing
here fails by chance.
"""

from __future__ import annotations

import pytest

from simulator import compare, load

LOW, FULL = 'sweep={matrix: {"traffic.*.rate": [2 kpps]}}', 'sweep={matrix: {"guests.*.queues": [4]}}'
NARROW, VALLEY = 'sweep={matrix: {"traffic.*.size": [512 B]}}', 'sweep={matrix: {"traffic.*.rate": [1.4 Mpps]}}'


@pytest.mark.parametrize(
    ("scenario", "point"),
    [
        ("vf-modes", LOW),
        ("vhost-kicks", LOW),
        ("vhost-queues", FULL),
        ("pcie-small-frames", NARROW),
        ("slow-backend", VALLEY),
    ],
    ids=["few packets", "few packets to vhost", "longest wait", "a buffer that fills slowly", "a state of its own"],
)
def test_a_longer_warm_up_changes_no_median(scenario: str, point: str) -> None:
    window = load(scenario).measurement
    later = f"measurement={{warmup: {4 * window.warmup_ps} ps, duration: {window.duration_ps} ps}}"
    shown, settled = (compare(scenario, overrides=[point, *more], replications=1).entries for more in ((), (later,)))
    for one, other in zip(shown, settled, strict=True):
        assert one["latency_us"]["p50"] == pytest.approx(other["latency_us"]["p50"], rel=0.12), one["series"]


def test_a_window_that_is_too_short_is_seen() -> None:
    short, whole = (
        compare("vf-modes", overrides=[LOW, f"measurement={window}"]).entries[-1]["latency_us"]["p50"]
        for window in ("{warmup: 5 ms, duration: 40 ms}", "{warmup: 50 ms, duration: 200 ms}")
    )
    assert short > 3 * whole
