"""Makes ``plugin`` known to pytest."""

from __future__ import annotations

from tests.conformance.plugin import pytest_addoption, pytest_generate_tests

__all__ = ["pytest_addoption", "pytest_generate_tests"]
