"""``sriovsim doctor``: does the installation work, and do the two engines agree on these scenarios?

*Scope*: versions, a writable cache for the compiled engine, engine agreement.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from simulator.cli import options

PACKAGES = ("click", "matplotlib", "numba", "numpy", "pandas", "pydantic", "pyyaml", "rich", "scipy", "simpy")


@click.command("doctor")
@click.argument("files", nargs=-1)
@options.as_json
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Report on the installation; run both engines on FILES and compare them event by event."""
    environment = {"python": sys.version.split()[0], **_versions()}
    absent = [name for name, version in environment.items() if version == "missing"]
    agreement = {} if absent else _agreement(files)
    differing = [name for name, verdict in agreement.items() if verdict != "identical"]
    if as_json:
        options.print_json({"environment": environment, "engines": agreement})
    else:
        for name, text in {**environment, **agreement}.items():
            click.echo(f"{name:<24} {text}")
    sys.exit(1 if absent or differing else 0)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _agreement(files: tuple[str, ...]) -> dict[str, Any]:
    if not files:
        return {}
    from simulator.scenario import locate
    from simulator.study import doctor

    return dict(doctor([locate(file) for file in files]))
