"""A bench of this machine; a test of what the machine does not permit is skipped by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from simulator.measure import cores
from simulator.prove.bench import Bench, bench
from simulator.prove.runs import Crew


@pytest.fixture(scope="session")
def made() -> Iterator[Bench]:
    with bench() as found:
        yield found


@pytest.fixture(scope="session")
def crew(made: Bench) -> Iterator[Crew]:
    with closing(Crew(cores.here())) as found:
        yield found
        made.release()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="prove: only Linux"))
