"""The parts of the program that mutants are drawn from, so many of each, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.campaign.mutation.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[3]
STRATA = {
    "kernel": ("engines/compiled/kernel/",),
    "reference engine": ("engines/reference/",),
    "plan checks": ("plan/",),
    "parts and datapaths": ("parts/", "datapaths/", "vswitches/"),
    "metrics": ("metrics/",),
    "scenario": ("scenario/",),
    "study": ("study/",),
    "charts": ("charts/",),
    "rest": ("",),
}
"""Name -> folders; a file belongs to the first that names its folder."""
DATA = ("costs/adapters/", "costs/generations/", "measure/loops.py")
"""Numbers with a source, which no test could know better, and loops that a machine's processor runs to be timed."""


def stratum(file: str) -> str:
    """The stratum of a file, named as in ``simulator/plan/check.py``."""
    inside = file.removeprefix("simulator/")
    return next(name for name, folders in STRATA.items() if inside.startswith(folders))


def files() -> Iterator[tuple[str, str]]:
    """(name, text) of every file that mutants are drawn from."""
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.removeprefix("simulator/").startswith(DATA):
            yield name, path.read_text(encoding="utf-8")


def population() -> dict[str, dict[str, Mutant]]:
    """Stratum -> all its mutants by their keys; of equal lines of one function the first."""
    found: dict[str, dict[str, Mutant]] = {name: {} for name in STRATA}
    for name, text in files():
        for mutant in mutants(name, text):
            found[stratum(name)].setdefault(mutant.key(text), mutant)
    return found


def sample(seed: int, each: int) -> dict[str, list[Mutant]]:
    """Stratum -> its sample, in the order of drawing: a larger sample begins with the smaller one, and an edit of the program
    changes the part of the sample that it touches."""
    return {
        name: [found[key] for key in sorted(found, key=partial(_rank, seed))[:each]]
        for name, found in population().items()
    }


def _rank(seed: int, key: str) -> bytes:
    return sha256(f"{seed} {key}".encode()).digest()
