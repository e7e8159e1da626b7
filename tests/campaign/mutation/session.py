"""Mutants asked inside one pytest session that has collected everything: a fork for each, which gets new code and runs the tests that reach it.

*Scope*: changes within functions of modules that tests import. *Validation*: `tests/unit/test_mutation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

import pytest

from simulator.charts.fonts import families
from simulator.study.runs import warm_up
from tests.campaign.mutation.operators import Mutant
from tests.campaign.mutation.patch import forget, functions, patched
from tests.campaign.mutation.reach import LEFT_OUT, ROOT

KEPT = ("simulator.engines", "simulator.charts.fonts")
"""What is dear to make anew and hardly ever what is changed."""
CANNOT = 71
"""Exit code of a fork whose functions could not be changed."""


class Session:
    """A pytest plugin: `work` is called instead of the tests, and asks with `ask`."""

    def __init__(self, work: Callable[[Session], None]) -> None:
        self._work = work
        self._items: dict[str, list[pytest.Item]] = {}

    def run(self, folders: Sequence[str]) -> int:
        """Collect the tests of these folders and do the work; pytest's exit code."""
        left_out = (f"--ignore-glob=*/{name}*" for name in LEFT_OUT)
        places = (str(ROOT / "tests" / folder) for folder in folders)
        quiet = ("-qq", "-s", "-p", "no:cacheprovider", f"--rootdir={ROOT}")
        return int(pytest.main([*quiet, *left_out, *places], plugins=[self]))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of running what was collected; forks have the compiled kernel and the fonts of charts from here."""
        warm_up("compiled")
        families()
        for item in session.items:
            self._items.setdefault(item.nodeid.partition("[")[0], []).append(item)
        self._functions = functions(str(ROOT / "simulator"))
        self._remembered = [one for one in forget("simulator") if not str(one.__module__).startswith(KEPT)]
        self._work(self)
        return True

    def ask(self, mutant: Mutant, text: str, tests: Sequence[str]) -> int:
        """Act of a fork: change the program and run these tests; 0 if all pass, 1 if one does not."""
        path = str(ROOT / mutant.file)
        if not patched(self._functions.get(path, []), path, text, mutant.apply(text)):
            return CANNOT
        for one in self._remembered:
            one.cache_clear()
        return self.passed([item for test in tests for item in self._items.get(test, ())])

    def passed(self, items: Sequence[pytest.Item]) -> int:
        """0 if all these pass, one after the other."""
        for item, after in zip_longest(items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if item.session.testsfailed:
                return 1
        return 0
