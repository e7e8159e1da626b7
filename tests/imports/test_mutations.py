"""Samples that were cut, doubled or written over at random import or end in one line; nothing else is raised."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simulator.errors import SimulatorError
from tests.imports import SAMPLES, text_of

FILES = sorted(path for path in SAMPLES.iterdir() if path.suffix not in (".md", ".sh"))
MUTATIONS = 12


def mutated(content: bytes, chance: random.Random) -> bytes:
    at, until = sorted(chance.randrange(len(content)) for _ in range(2))
    kind = chance.randrange(4)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + content[until:]
    if kind == 2:
        return content[:until] + content[at:]
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def ended(path: Path, nearest: bool) -> str:
    """Return the scenario, or the line that says why there is none."""
    try:
        return text_of(path, nearest=nearest)
    except SimulatorError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_mutation_imports_or_is_refused(path: Path, tmp_path: Path) -> None:
    chance = random.Random(path.name)
    target = tmp_path / path.name
    for _ in range(MUTATIONS):
        target.write_bytes(mutated(path.read_bytes(), chance))
        last = ended(target, chance.random() < 0.5)
        assert last.startswith("# Imported from") or last.isprintable()
