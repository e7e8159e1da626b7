"""``python -m benchmarks [--json] [--only NAME]... [--full]``: measure and print; one progress line per item on stderr.

An item that fails gives null with its reason, and exit status 1; one whose tools are missing gives null and says so.

*Scope*: running and printing. *Validation*: tests/unit/test_benchmarks.py.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks.measure import Options, Outcome, WrongResult
from benchmarks.registry import ITEMS, Bar
from simulator.errors import SimulatorError


def run(name: str, options: Options) -> tuple[Outcome, bool]:
    """The item's outcome, and whether it could be measured without a failure."""
    try:
        return ITEMS[name].measure()(options), True
    except (SimulatorError, WrongResult, subprocess.CalledProcessError) as error:
        return Outcome(dict.fromkeys(ITEMS[name].values), note=f"failed: {type(error).__name__}: {error}"), False


def document(outcomes: dict[str, Outcome]) -> dict[str, object]:
    """All values on top, what they come from below ``details``."""
    values = {key: value for outcome in outcomes.values() for key, value in outcome.values.items()}
    details = {name: {"figures": outcome.figures, "note": outcome.note} for name, outcome in outcomes.items()}
    return {**values, "details": details, "machine": machine()}


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    packages = {name: version(name) for name in ("numba", "numpy", "simpy")}
    return {"processor": _processor(), "system": platform.platform(), "python": platform.python_version(), **packages}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def table(outcomes: dict[str, Outcome]) -> str:
    """One line per value, with its bar; notes below."""
    lines = [f"{'value':<26} {'measured':>12}  bar"]
    for name, outcome in outcomes.items():
        lines += [_line(key, value, ITEMS[name].values[key]) for key, value in outcome.values.items()]
    notes = [f"{name}: {outcome.note}" for name, outcome in outcomes.items() if outcome.note]
    return "\n".join([*lines, *notes])


def _line(key: str, value: float | None, bar: Bar | None) -> str:
    shown = "-" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    verdict = f"{bar}{'' if value is None or bar.passed(value) else ': MISSED'}" if bar else ""
    return f"{key:<26} {shown:>12}  {verdict}".rstrip()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every figure.")
@click.option("--only", multiple=True, type=click.Choice(list(ITEMS)), help="Measure this item; may be repeated.")
@click.option("--full", is_flag=True, help="Memory with 10**8 packets (minutes).")
@click.option("--rounds", type=click.IntRange(1, 101), default=5, show_default=True, help="Measurements per figure.")
def main(as_json: bool, only: tuple[str, ...], full: bool, rounds: int) -> None:
    """Measure speed, memory and start-up of the simulator."""
    outcomes: dict[str, Outcome] = {}
    all_good = True
    chosen = only or tuple(ITEMS)
    for number, name in enumerate(chosen, 1):
        click.echo(f"{number}/{len(chosen)} {name}", err=True)
        outcomes[name], good = run(name, Options(full, rounds))
        all_good &= good
    click.echo(json.dumps(document(outcomes), indent=2) if as_json else table(outcomes))
    sys.exit(0 if all_good else 1)


if __name__ == "__main__":
    main()
