"""One mutant, one process: who notices it, within a limit of time.

1. Engines are asked in a fork of this process (`engines`). Any other file changes in a fork of a pytest session that has collected everything (`session`).
2. What runs while a module is imported gets its change in a copy of the tree, in which a fork that has only foreign packages loaded runs pytest.
3. A process that ends otherwise, or needs far more time than its tests, has noticed: nobody would merge a change that does that.

*Scope*: one mutant at a time. *Validation*: `tests/unit/test_mutation.py`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from tests.campaign.mutation.operators import Mutant
from tests.campaign.mutation.reach import ROOT, Reach
from tests.campaign.mutation.session import CANNOT, Session

ENGINES = ("simulator/engines/compiled/kernel/", "simulator/engines/reference/")
COPIED = (
    "simulator", "tests", "scenarios", "docs", "notebooks", "benchmarks", "results", "pyproject.toml", "constraints.txt", "README.md", "Makefile",
    "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md",
)  # fmt: skip
MOST_S = 40.0
"""Seconds of tests that one mutant is worth; what reaches it besides is counted."""
PATIENCE, LEAST_CPU_S, STAGE_CPU_S = 4, 15, 1800
"""Times as long as its tests usually take, what every process may take, and what a stage of an engine may."""
SLOW = 40
"""Times as long on the clock as on the processor: a machine may have much else to do, and what is late there has noticed nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by`: who noticed; "" if nobody did. `left`: reaching tests that there was no time for."""

    killed: bool
    by: str
    left: int = 0


@dataclass(frozen=True, slots=True)
class Tests:
    """What a mutant is asked, how much processor time that may take, and how many tests were left out."""

    names: list[str]
    cpu_s: float
    left: int


def chosen(mutant: Mutant, reach: Reach, most_s: float = MOST_S) -> Tests:
    """The tests that reach the mutant's line, as many as there is time for; the first one always."""
    tests, spent, names = reach.tests(mutant.file, mutant.line), 0.0, list[str]()
    for test in tests:
        if not names or spent + reach.time(test) <= most_s:
            names.append(test)
            spent += reach.time(test)
    return Tests(names, LEAST_CPU_S + PATIENCE * spent, len(tests) - len(names))


def ask_session(session: Session, copy: Copy, mutant: Mutant, text: str, reach: Reach) -> Verdict:
    """Ask in the session, and in a copy of the tree what only importing shows."""
    tests = chosen(mutant, reach)
    code = forked(lambda: session.ask(mutant, text, tests.names), tests.cpu_s)
    if code == CANNOT or (code == 0 and reach.on_import(mutant.file, mutant.line)):
        return copy.ask(mutant, text, reach)
    return _verdict(code, tests)


def _verdict(code: int, tests: Tests) -> Verdict:
    if code != 0:
        return Verdict(True, f"exit code {code} of {len(tests.names)} tests")
    return Verdict(False, "" if tests.names else "no test reaches it", tests.left)


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

    def ask(self, mutant: Mutant, text: str, reach: Reach) -> Verdict:
        """Run the tests that reach the mutant's line."""
        place, tests = self.path / mutant.file, chosen(mutant, reach)
        place.write_text(mutant.apply(text), encoding="utf-8")
        try:
            return _verdict(forked(lambda: self._pytest(tests.names), tests.cpu_s) if tests.names else 0, tests)
        finally:
            place.write_text(text, encoding="utf-8")

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
        code = forked(lambda stage=stage, write=write: _tell(write, engines.noticed(mutant, text, stage)), STAGE_CPU_S)
        os.close(write)
        with os.fdopen(read) as pipe:
            by = pipe.read()
        if code != 0:
            return Verdict(True, by or f"exit code {code}")
    return Verdict(False, "")


def _tell(pipe: int, by: str) -> int:
    os.write(pipe, by.encode())
    return 1 if by else 0


def forked(act: Callable[[], int], cpu_s: float) -> int:
    """What `act` returns in a fork that may take so many seconds of processor time; it and all that it starts are ended
    after a multiple of that."""
    child = os.fork()
    if child:
        return _waited(child, time.monotonic() + SLOW * cpu_s)
    code = 70
    with contextlib.suppress(BaseException):
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 5))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = act()
    os._exit(code)


def _waited(child: int, until_s: float) -> int:
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(0.01)
        if time.monotonic() > until_s:
            os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # what it has started
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
