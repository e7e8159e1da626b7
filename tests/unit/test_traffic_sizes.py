"""IMIX shares and empirical size distributions against sums by hand."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.plan import draws
from simulator.traffic import distributions
from simulator.traffic.distributions import Sizes
from simulator.traffic.imix import IMIXES, imix, length_stream


@pytest.mark.parametrize(
    ("name", "mean_with_fcs"),
    [
        ("csit_imix_v4_1", Fraction(28 * 64 + 16 * 570 + 4 * 1518, 48)),
        ("nf_service_density_draft", Fraction(7 * 64 + 4 * 570 + 1518, 12)),
        ("nfvbench", Fraction(7 * 64 + 4 * 594 + 1518, 12)),
        ("trex_stl_imix_py", Fraction(28 * 64 + 16 * 594 + 4 * 1518, 48)),
        ("snabb_lwaftr_imix", Fraction(5 * 64 + 3 * 594 + 1500, 9)),
    ],
)
def test_imix_lengths_are_without_fcs(name: str, mean_with_fcs: Fraction) -> None:
    stream = length_stream("x", imix(name))
    assert draws.mean(stream) == mean_with_fcs - 4
    assert draws.parameters(stream)[0] == 60


def test_imix_names_and_sources() -> None:
    assert len(IMIXES) == 5
    assert all(mix.source for mix in IMIXES.values())
    assert [name for name, mix in IMIXES.items() if mix.status == "assumed"] == ["snabb_lwaftr_imix"]
    with pytest.raises(InputError, match=r"'nfvbnch' is not a known IMIX; choices: .* did you mean 'nfvbench'"):
        imix("nfvbnch")


def test_all_distributions_are_complete_and_rise() -> None:
    assert len(distributions.names()) == 12
    for name in distributions.names():
        sizes = distributions.sizes(name)
        assert sum(sizes.weights) == 64 * 10**9
        assert list(sizes.values) == sorted(set(sizes.values))
        assert min(sizes.weights) > 0
        assert sizes.values[0] >= 1


def test_lines_keep_the_mean_of_the_piecewise_linear_law() -> None:
    shipped = [(value, share / 10**9) for value, share in distributions._points()["hpcc:AliStorage2019"]]
    assert shipped[:4] == [(0, 0), (4000, 0.2293), (8000, 0.6921), (16000, 0.8061)]
    exact = sum((b - a) * (low + high) / 2 for (low, a), (high, b) in itertools.pairwise(shipped))
    stream = distributions.message_stream("x", distributions.sizes("hpcc:AliStorage2019"))
    assert abs(float(draws.mean(stream)) - exact) < 1


def test_steps_reproduce_the_mean_that_their_source_states() -> None:
    """PlatformLab/HomaSimulation heads Google_SearchRPC with its mean, 440.7907 bytes; ours is thinned."""
    stream = distributions.message_stream("x", distributions.sizes("homa:Google_SearchRPC"))
    assert abs(float(draws.mean(stream)) / 440.7907 - 1) < 1e-3


def test_unknown_distribution_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'hpcc:AliStorage2019'"):
        distributions.sizes("hpcc:AliStorage")


def test_frames_of_messages_by_hand() -> None:
    sizes = Sizes("by hand", (10, 1448, 3000), (6, 3, 1))
    stream = distributions.frame_stream("x", sizes)
    assert draws.describe(stream) == "table 76 170 1514 6 1 5"


def test_tiny_messages_are_padded_and_small_segments_work() -> None:
    stream = distributions.frame_stream("x", Sizes("tiny", (1, 5), (1, 1)), mtu_bytes=54)
    assert draws.describe(stream) == "table 67 68 2 2"
    with pytest.raises(InputError, match="'52' is no MTU"):
        distributions.frame_stream("x", Sizes("tiny", (1,), (1,)), mtu_bytes=52)


def test_drawn_frames_have_the_stated_mean() -> None:
    """|t| < 4.5 on 65,536 frames: 7e-6."""
    stream = distributions.frame_stream("x", distributions.sizes("trafficgenerator:FB_CDF"))
    sample = draws.Draws([stream], 1, 0).next_block(0)
    assert 60 <= sample.min() <= sample.max() == 1514
    assert abs(sample.mean() - float(draws.mean(stream))) / sample.std() * np.sqrt(len(sample)) < 4.5
