"""One mutant, one process: who notices it, within a limit of processor time.

1. Engines are asked in a fork of this process (`engines`); for any other file a copy of the tree gets the change, and a fork that has
   only foreign packages loaded runs pytest there, so that programs started by tests see the change too.
2. A process that ends otherwise, or needs far more time than its tests, has noticed: nobody would merge a change that does that.

*Scope*: one mutant at a time. *Validation*: `tests/unit/test_mutation.py`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from tests.campaign.mutation.operators import Mutant
from tests.campaign.mutation.reach import ROOT, Reach

ENGINES = ("simulator/engines/compiled/kernel/", "simulator/engines/reference/")
COPIED = (
    "simulator", "tests", "scenarios", "docs", "notebooks", "benchmarks", "results", "pyproject.toml", "constraints.txt", "README.md", "Makefile",
    "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md",
)  # fmt: skip
FIRST_S, MOST_S = 20.0, 150.0
"""Tests are started in two groups: the quickest, and the rest as far as there is time."""
PATIENCE, LEAST_CPU_S, STAGE_CPU_S = 12, 90, 90
"""Times as long as its tests usually take, what every process may take, and what a stage of an engine may."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by`: who noticed; "" if nobody did. `left`: reaching tests that there was no time for."""

    killed: bool
    by: str
    left: int = 0


class Copy:
    """A copy of the tree that gets one change at a time."""

    def __enter__(self) -> Copy:
        self._folder = TemporaryDirectory(prefix="mutation-")
        self.path = Path(self._folder.name)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.path / name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def ask(self, mutant: Mutant, text: str, reach: Reach, most_s: float = MOST_S) -> Verdict:
        """Run the tests that reach the mutant's line, quickest first."""
        place = self.path / mutant.file
        place.write_text(mutant.apply(text), encoding="utf-8")
        try:
            tests, spent = reach.tests(mutant.file, mutant.line), 0.0
            groups: tuple[list[str], list[str]] = ([], [])
            for test in tests:
                spent += reach.seconds.get(test, 1.0)
                if spent <= most_s or not groups[0]:
                    groups[spent > FIRST_S].append(test)
            for group in filter(None, groups):
                code = self.run(group, LEAST_CPU_S + PATIENCE * sum(reach.seconds.get(test, 1.0) for test in group))
                if code != 0:
                    return Verdict(True, f"exit code {code} of {len(group)} tests")
            return Verdict(False, "" if tests else "no test reaches it", len(tests) - len(groups[0]) - len(groups[1]))
        finally:
            place.write_text(text, encoding="utf-8")

    def run(self, tests: list[str], cpu_s: float) -> int:
        """Exit code of pytest on these tests."""
        return _forked(lambda: self._pytest(tests), cpu_s)

    def _pytest(self, tests: list[str]) -> int:
        os.chdir(self.path)
        os.environ["PYTHONPATH"] = str(self.path)
        sys.path[:] = [str(self.path), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT)]
        for name in [name for name in sys.modules if name.partition(".")[0] in ("simulator", "tests")]:
            del sys.modules[name]
        import pytest

        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]))


def load_foreign() -> None:
    """Import what every test process imports, but nothing of the project's own."""
    import hypothesis
    import matplotlib.figure
    import numba
    import pandas
    import pydantic
    import pytest
    import scipy.stats
    import yaml

    assert all((hypothesis, matplotlib, numba, pandas, pydantic, pytest, scipy, yaml))


def ask_engines(mutant: Mutant, text: str) -> Verdict:
    """Ask vectors, polls and plans."""
    from tests.campaign.mutation import engines

    for stage in engines.stages():
        # once, and before the fork
        engines.prepare(stage)
        read, write = os.pipe()
        code = _forked(lambda stage=stage, write=write: _tell(write, engines.noticed(mutant, text, stage)), STAGE_CPU_S)
        os.close(write)
        with os.fdopen(read) as pipe:
            by = pipe.read()
        if code != 0:
            return Verdict(True, by or f"exit code {code}")
    return Verdict(False, "")


def _tell(pipe: int, by: str) -> int:
    os.write(pipe, by.encode())
    return 1 if by else 0


def _forked(act: Callable[[], int], cpu_s: float) -> int:
    """What `act` returns in a fork that may take so many seconds of processor time."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    with contextlib.suppress(BaseException):
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 5))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = act()
    os._exit(code)
