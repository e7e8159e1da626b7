"""Where blocks end never changes a value: the law that lets an engine choose its block length."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.plan import draws
from simulator.plan.draws import Draws, Stream

STREAMS = st.one_of(
    st.builds(draws.constant, st.just("s"), st.integers(-(2**63), 2**63 - 1)),
    st.builds(draws.exponential, st.just("s"), st.integers(1, 2**50 - 1)),
    st.builds(
        lambda low, span: draws.uniform("s", low, low + span), st.integers(-(2**40), 2**40), st.integers(0, 2**60)
    ),
    st.lists(st.tuples(st.integers(-(2**60), 2**60), st.integers(1, 2**50)), min_size=1, max_size=20).map(
        lambda rows: draws.table("s", [value for value, _ in rows], [weight for _, weight in rows])
    ),
    st.builds(
        draws.cycle,
        st.just("s"),
        st.lists(st.integers(-(2**60), 2**60), min_size=1, max_size=700),
        st.none() | st.integers(0, 9),
    ),
    st.builds(
        draws.spread, st.just("s"), st.integers(1, 1024), st.integers(1024, 2**20), st.just((200_000, 5)) | st.none()
    ),
)


def take(stream: Stream, budget: int, count: int, seed: int, neighbours: int) -> np.ndarray:
    """The first `count` entries, with other streams drawn between the blocks."""
    others = [draws.exponential(f"other{k}", 1000) for k in range(neighbours)]
    source = Draws([*others, stream], seed, 0, block_budget=budget)
    blocks: list[np.ndarray] = []
    while sum(map(len, blocks)) < count:
        for k in range(neighbours):
            source.next_block(k)
        blocks.append(source.next_block(neighbours))
    return np.concatenate(blocks)[:count]


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.integers(256, 1500), st.integers(0, 2**70), st.integers(0, 2))
def test_entry_depends_on_its_number_only(stream: Stream, budget: int, seed: int, neighbours: int) -> None:
    assert np.array_equal(take(stream, budget, 2500, seed, neighbours), take(stream, 4096, 2500, seed, 0))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20) | st.just([0, 2**64 - 1]),
    st.integers(0, 2**63 - 1) | st.integers(0, 2**33),
)
def test_multiply_high_is_exact(words: list[int], factor: int) -> None:
    got = draws._multiply_high(np.array(words, dtype=np.uint64), factor)
    assert got.tolist() == [word * factor >> 64 for word in words]


@settings(max_examples=100, deadline=None)
@given(STREAMS.filter(lambda stream: stream.kind != "exponential"), st.integers(0, 100))
def test_values_stay_in_their_range(stream: Stream, seed: int) -> None:
    parameters = draws.parameters(stream).tolist()
    block = Draws([stream], seed, 0, block_budget=256).next_block(0)
    if stream.kind == "uniform":
        assert parameters[0] <= block.min() <= block.max() <= parameters[1]
    elif stream.kind == "spread":
        body = block[block != parameters[3]]
        assert np.all((body >= parameters[0]) & (body <= parameters[1]))
    else:
        values = parameters[: len(parameters) // 2] if stream.kind == "table" else parameters
        assert np.isin(block, np.array(values, dtype=np.int64)).all()
