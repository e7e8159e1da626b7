"""The values of ``simulator.plan.draws``, made by compiled code: one step of PCG64DXSM and one value at a time, straight into the engine's memory.

1. ``plan.draws`` says what the values are and gives every stream its state and its tables; here they only come about faster.
2. A word of the generator is taken from the state before its step; products of 64 bits by 64 are taken whole.

*Scope*: kinds that use random words; constant and cyclic streams are read off ``plan.draws``. *Validation*: equal to ``plan.draws`` for
every kind, at the ends of every table and over any blocks (tests/engines/test_compiled_draws.py); agreement of the engines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from simulator.engines.compiled.jit import INT, UNSIGNED, UNSIGNED_WORDS, WORDS, entry, inlined, instruction
from simulator.plan import draws
from simulator.plan.draws import IntArray, Stream

BLOCK_LIMIT = 32_768
"""Values in a block at most; shorter ones cost more in refilling, longer ones in cache."""
FIRST_BLOCK = 4096
"""Values in the first block of a stream; each later one has twice as many, up to the limit."""
EXPONENTIAL, UNIFORM, TABLE, SPREAD = range(4)
_KINDS = {"exponential": EXPONENTIAL, "uniform": UNIFORM, "table": TABLE, "spread": SPREAD}
_NOTHING = np.zeros(1, dtype=np.int64)
_WORD = (1 << 64) - 1

_MULTIPLIER = np.uint64(0xDA942042E4DD58B5)
_ONE, _FOUR_ONES = np.uint64(1), np.uint64((1 << 32) - 1)
_11, _14, _19, _30, _32, _40, _48, _52 = (np.uint64(bits) for bits in (11, 14, 19, 30, 32, 40, 48, 52))
_SEGMENT, _FRACTION, _WHOLE = np.uint64(4095), np.uint64((1 << 40) - 1), np.uint64(1 << 40)
_BIAS = np.uint64(1023)


@instruction
def product_high(a: int, b: int) -> int:
    """The upper half of the product of two words."""
    return int(a) * int(b) >> 64


@instruction
def float_bits(word: int) -> int:
    """The 64 bits of a word below 2**53 as a float64, which it becomes exactly."""
    return int(np.float64(word).view(np.uint64))


@inlined
def _next_word(state):  # type: ignore[no-untyped-def]
    """PCG64DXSM; ``state``: low and high word of the state, low and high word of the increment."""
    low, high = state[0], state[1]
    step = low * _MULTIPLIER
    state[0] = step + state[2]
    state[1] = high * _MULTIPLIER + product_high(low, _MULTIPLIER) + state[3] + np.uint64(state[0] < step)
    high ^= high >> _32
    high *= _MULTIPLIER
    high ^= high >> _48
    return high * (low | _ONE)


@inlined
def _exponential(word, factor, logs, inverses, powers):  # type: ignore[no-untyped-def]
    bits = float_bits((word >> _11) | _ONE)
    segment = bits >> _40
    power = (segment >> np.uint64(12)) - _BIAS
    segment &= _SEGMENT
    w = (_WHOLE - (bits & _FRACTION)) * inverses[segment] >> _19
    total = logs[segment] + w + powers[power]
    w >>= _14
    return (product_high(total + (w * w >> _30), factor) + _ONE) >> _ONE


@inlined
def _looked_up(ticket, values, half):  # type: ignore[no-untyped-def]
    """The first of ``half`` values whose cumulative weight, as far behind it, is above the ticket."""
    first, last = 0, half - 1
    while first < last:
        middle = (first + last) // 2
        if values[half + middle] > ticket:
            last = middle
        else:
            first = middle + 1
    return values[first]


@entry(INT, UNSIGNED_WORDS, UNSIGNED, INT, UNSIGNED_WORDS, UNSIGNED_WORDS, UNSIGNED_WORDS, WORDS, INT, WORDS, INT)
def fill(kind, state, factor, low, logs, inverses, powers, values, half, out, count):  # type: ignore[no-untyped-def]
    """Write the stream's next ``count`` values from ``out`` on; what the parameters mean depends on the kind, see ``_Sampler``."""
    if kind == EXPONENTIAL:
        for i in range(count):
            out[i] = np.int64(_exponential(_next_word(state), factor, logs, inverses, powers))
    elif kind == UNIFORM:
        for i in range(count):
            out[i] = np.int64(product_high(_next_word(state), factor)) + low
    elif kind == TABLE:
        for i in range(count):
            out[i] = _looked_up(np.int64(product_high(_next_word(state), factor)), values, half)
    else:
        for i in range(count):
            word = _next_word(state)
            out[i] = values[word >> _52]
            if word & _FOUR_ONES < factor:
                out[i] = low
    return count


class Draws:
    """The face of ``plan.draws.Draws``, with the same values; blocks are shorter."""

    def __init__(self, streams: Sequence[Stream], seed: int, replication: int, block_budget: int = 4_194_304) -> None:
        self._named = draws.Draws(streams, seed, replication, block_budget)
        self.block_length = min(BLOCK_LIMIT, self._named.block_length)
        self._fills = [self._fill_of(i, stream, seed, replication) for i, stream in enumerate(streams)]

    def fill(self, stream_index: int, block: IntArray) -> None:
        """Write that stream's next entries into `block`, as many as it holds."""
        self._fills[stream_index](block)

    def _fill_of(self, index: int, stream: Stream, seed: int, replication: int) -> Callable[[IntArray], None]:
        if stream.kind in _KINDS:
            return _Sampler(stream, seed, replication).fill
        return lambda block: self._named.fill(index, block)


class _Sampler:
    """Where one stream stands, and what its values are made of."""

    def __init__(self, stream: Stream, seed: int, replication: int) -> None:
        state, increment = draws.initial_state(stream, seed, replication)
        words = [number >> shift & _WORD for number in (state, increment) for shift in (0, 64)]
        self._state = np.array(words, dtype=np.uint64)
        self._kind = _KINDS[stream.kind]
        self._factor, self._low, self._values = _numbers(stream)

    def fill(self, block: IntArray) -> None:
        """Write the stream's next entries into `block`."""
        logs, inverses, powers = _tables()
        fill(
            self._kind, _address(self._state), self._factor, self._low, logs, inverses, powers,
            _address(self._values), len(self._values) // 2, _address(block), len(block),
        )  # fmt: skip


@cache
def _tables() -> list[int]:
    return [_address(table) for table in draws.logarithm_tables()]


def _address(words: Any) -> int:
    return int(words.ctypes.data)


def _numbers(stream: Stream) -> tuple[int, int, IntArray]:
    """What multiplies a word or is its limit, what is added to it or takes its place, and the values that are chosen from."""
    given = draws.parameters(stream)
    first = int(given[0])
    if stream.kind == "exponential":
        return draws.exponential_factor(first), 0, _NOTHING
    if stream.kind == "uniform":
        return int(given[1]) - first + 1, first, _NOTHING
    if stream.kind == "table":
        half = len(given) // 2
        cumulative = np.cumsum(given[half:])
        return int(cumulative[-1]), 0, np.concatenate([given[:half], cumulative])
    low, high, share_ppm, factor_1024 = (int(value) for value in given)
    return draws.tail_threshold(share_ppm), factor_1024, draws.spread_quantiles(low, high)
