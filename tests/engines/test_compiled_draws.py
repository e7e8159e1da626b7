"""Values made by compiled code are those of ``plan.draws``, to the last bit and wherever blocks end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.engines.compiled import compiling, jit
from simulator.engines.compiled import draws as compiled
from simulator.plan import draws
from simulator.plan.draws import Stream

STREAMS = (
    draws.constant("constant", 7),
    draws.exponential("shortest", 1),
    draws.exponential("usual", 833_333),
    draws.exponential("longest", 2**50 - 1),
    draws.uniform("narrow", -3, 3),
    draws.uniform("one", 5, 5),
    draws.uniform("wide", -(2**62), 2**62 - 2),
    draws.table("table", [60, 1500, -9, 1500], [7, 0, 2, 3]),
    draws.table("one row", [9], [1]),
    draws.table("heavy", [1, 2], [2**62, 2**62 - 1]),
    draws.cycle("cycle", [4, 5, 6], 1),
    draws.spread("spread", 600, 1800),
    draws.spread("tail", 555, 1961, (20_000, 9000)),
)
BLOCKS = (1, 2, 0, 17, 9000, 3)


@pytest.mark.parametrize("index", range(len(STREAMS)), ids=[stream.name for stream in STREAMS])
def test_same_values_as_the_definition(index: int) -> None:
    for seed, replication in ((1, 0), (2**63, 12)):
        whole = np.empty(sum(BLOCKS), dtype=np.int64)
        draws.Draws(STREAMS, seed, replication).fill(index, whole)
        pieces = [np.empty(count, dtype=np.int64) for count in BLOCKS]
        source = compiled.Draws(STREAMS, seed, replication)
        for piece in pieces:
            source.fill(index, piece)
        np.testing.assert_array_equal(np.concatenate(pieces), whole)


WORDS = (0, 1, 2**11, 2**12 - 1, 2**51, 2**63 - 1, 2**63, 3 << 61, 2**64 - 2**52, 2**64 - 1)
"""The smallest and the largest, and some that fall into the first and the last segment of the logarithm's table."""


def high_word(word: int) -> int:
    """The upper word of a state whose lower one is 1 and that gives ``word``: PCG64DXSM's output, undone step by step."""
    word ^= word >> 48
    word = word * pow(0xDA942042E4DD58B5, -1, 2**64) % 2**64
    return word ^ word >> 32


@pytest.mark.parametrize("mean", [1, 10**6, 2**50 - 1])
def test_logarithms_at_the_ends_of_the_table(mean: int) -> None:
    sampler, made = compiled._Sampler(draws.exponential("gap", mean), 1, 0), np.empty(len(WORDS), dtype=np.int64)
    for i, word in enumerate(WORDS):
        sampler._state[:2] = 1, high_word(word)
        sampler.fill(made[i : i + 1])
    assert made.tolist() == draws._exponential(np.array(WORDS, dtype=np.uint64), mean).tolist()


def test_every_kind_with_random_words_is_compiled() -> None:
    assert {*compiled._KINDS, "constant", "cycle"} == set(draws.KINDS)
    with pytest.raises(Exception, match="kind of stream"):
        compiled.Draws([Stream("odd", "odd", b"")], 1, 0)


def test_taken_from_the_cache_without_what_compiling_needs(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from simulator.engines.compiled.draws import Draws; from simulator.plan.draws import exponential;"
        "block = np.zeros(3, dtype=np.int64); Draws([exponential('x', 10**6)], 1, 0).fill(0, block);"
        "print(block.tolist(), 'numba' in sys.modules)"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert first.endswith("True\n")
    assert second == first.replace("True", "False")


@pytest.mark.parametrize(
    "damage", [lambda code: code[: len(code) // 2], lambda code: code[:-1] + b"?", lambda code: code[:0]]
)
def test_torn_machine_code_is_made_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit, "_cache_folder", lambda: tmp_path)
    made = []
    monkeypatch.setattr(compiling, "machine_code", lambda *given: made.append(given) or ("f", b"code of f"))
    monkeypatch.setattr(jit.Entry, "_link", lambda _, *code: linked.append(code))
    linked: list[Any] = []
    function = jit.entry(jit.INT)(lambda x: x)
    function.prepare()
    function.prepare()
    assert (len(made), linked) == (1, [("f", b"code of f")] * 2)
    path = tmp_path / "<lambda>.o"
    path.write_bytes(damage(path.read_bytes()))
    function.prepare()
    assert (len(made), linked) == (2, [("f", b"code of f")] * 3)
    monkeypatch.setattr(jit, "_cache_folder", lambda: None)
    function.prepare()
    assert (len(made), linked) == (3, [("f", b"code of f")] * 4)
