"""Helpers: samples by name, and the scenario that they become as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.formats import yaml12
from simulator.imports import Wishes, scenario_text

SAMPLES = Path(__file__).parent / "samples"


def text_of(*names: str | Path, nearest: bool = False, adapter: str | None = None) -> str:
    """Return the text of the scenario of samples, or of files elsewhere."""
    return scenario_text([SAMPLES / name for name in names], Wishes(nearest, adapter))


def plain(*names: str | Path, nearest: bool = False, adapter: str | None = None) -> dict[str, Any]:
    """Return the scenario of samples as plain data."""
    found = yaml12.parse(text_of(*names, nearest=nearest, adapter=adapter), "imported").plain()
    assert isinstance(found, dict)
    return found


def guest(*names: str | Path, nearest: bool = False) -> dict[str, Any]:
    """Return the first guest of the scenario of samples."""
    first = plain(*names, nearest=nearest)["guests"][0]
    assert isinstance(first, dict)
    return first
