"""The scenarios that come with the program, found in an installed wheel and in a clone.

*Scope*: names and paths; nothing is read.
*Validation*: ``tests/unit/test_scenario_load.py``; ``tests/architecture/test_wheel.py`` looks into the built wheel.
"""

from __future__ import annotations

from pathlib import Path

from simulator.errors import InputError, nearest

_PACKAGE = Path(__file__).resolve().parent.parent
SUFFIXES = (".yaml", ".yml")


def folder() -> Path:
    """Return the folder of the shipped scenarios."""
    packed = _PACKAGE / "_scenarios"
    return packed if packed.is_dir() else _PACKAGE.parent / "scenarios"


def shipped() -> dict[str, Path]:
    """Return the shipped scenarios by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def locate(scenario: str | Path) -> Path:
    """Return the file of a scenario given as a path or as the bare name of a shipped one; ``InputError`` if there is
    none."""
    path = Path(scenario)
    try:
        found = path.exists()
    except (OSError, ValueError) as error:
        raise InputError("scenario", f"is no usable path ({type(error).__name__})", str(scenario)) from None
    if found:
        return path
    known = shipped()
    if str(scenario) in known:
        return known[str(scenario)]
    beside = [str(path.with_name(p.name)) for p in path.parent.glob("*") if p.suffix in SUFFIXES]
    close = nearest(path, beside) or nearest(path.stem, known)
    raise InputError(
        str(scenario), "there is no such file and no shipped scenario of that name", None, tuple(known), close
    )
