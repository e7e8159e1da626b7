"""A pytest plugin that holds any engine against the vectors: ``python -m pytest tests/conformance --engine my_module:MyEngine``.

1. The class is made and called as ``simulator.plan.trace.Engine`` says: ``(plan, seed, replication, log=...)``, ``run``,
   ``begin_window``, ``trace``; it need not derive from anything.
2. Without the option the vectors hold this project's own engines; with it, the named ones instead, so that what fails is theirs.

*Scope*: whose results are compared; the comparison is ``vectors.differences``. *Validation*: ``test_plugin``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from simulator.plan.trace import Engine
from tests.engines.available import ENGINES

METHODS = ("run", "begin_window", "trace")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--engine``."""
    parser.addoption(
        "--engine", action="append", default=[], metavar="MODULE:CLASS", help="hold this engine against the vectors"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for ``engine`` the engines chosen."""
    if "engine" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--engine", default=[])
        engines = {name: engine_named(name) for name in chosen} or ENGINES
        metafunc.parametrize("engine", list(engines.values()), ids=list(engines))


def engine_named(text: str) -> type[Engine]:
    """The class that ``module:Class`` names; UsageError if there is none or it cannot be an engine."""
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise pytest.UsageError(
            f"--engine {text}: expected MODULE:CLASS, for instance simulator.engines.reference:ReferenceEngine"
        )
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as error:
        raise pytest.UsageError(f"--engine {text}: {error}") from error
    found = getattr(found, name, None)
    if not isinstance(found, type):
        raise pytest.UsageError(f"--engine {text}: {module} has no class {name}")
    missing = [method for method in METHODS if not callable(getattr(found, method, None))]
    if missing:
        raise pytest.UsageError(
            f"--engine {text}: an engine has {', '.join(METHODS)}; {name} lacks {', '.join(missing)}"
        )
    return found
