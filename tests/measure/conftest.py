"""What this machine permits, each asked once; a test of what it does not permit is skipped by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulator.measure import kernel
from simulator.measure.network import Network, network


@pytest.fixture(scope="session")
def namespaces() -> None:
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(kernel.new_network).result()
        except OSError as error:
            pytest.skip(f"network namespaces: {error.strerror}")


@pytest.fixture(scope="module")
def bench() -> Iterator[Network]:
    """The benches of this machine; what could not be made is in ``absent``, by name."""
    with network() as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="measure-host: only Linux"))
