"""The parts of the program that mutants are drawn from, so many of each, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

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


def population() -> dict[str, list[Mutant]]:
    """Stratum -> all its mutants, in order."""
    found: dict[str, list[Mutant]] = {name: [] for name in STRATA}
    for name, text in files():
        found[stratum(name)] += mutants(name, text)
    return found


def sample(seed: int, each: int) -> dict[str, list[Mutant]]:
    """Stratum -> its sample, in the order of drawing: a larger sample begins with the smaller one."""
    drawn = {}
    for name, all_of_them in population().items():
        order = list(range(len(all_of_them)))
        Random(f"{seed} {name}").shuffle(order)
        drawn[name] = [all_of_them[place] for place in order[:each]]
    return drawn
