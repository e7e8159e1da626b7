"""Run a command line that a page shows, the way its reader would, only smaller.

1. `sriovsim` runs in this process, in the page's folder. Where the page shows no output, simulated time is cut.
2. `make`, `pip` and the benchmarks are checked, not run: the target, the extra, the options exist.
3. Any other command is an error: a page must not show what no test understands.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from click.testing import CliRunner

from benchmarks.__main__ import main as benchmarks
from simulator.cli import cli
from tests.docs.markdown import ROOT

SIMULATES = ("run", "compare")
SHORT = (
    "--set", "measurement.warmup=100 us", "--set", "measurement.duration=1 ms", "--replications", "1",
    "--workers", "1", "--no-plot",
)  # fmt: skip


def run(line: str, shown: bool) -> str:
    """What the command prints to standard output; it must succeed. `shown`: the page shows its output."""
    words, target = _redirected([name for word in shlex.split(line, comments=True) for name in _expanded(word)])
    if not words:
        return ""
    known = words[0] if words[0] != "python" else " ".join(words[:3])
    output = RUNNERS[known](words[len(known.split()) :], shown)
    if target:
        Path(target).write_text(output, encoding="utf-8")
        return ""
    return output


def _expanded(word: str) -> list[str]:
    """Paths that a shell would put in the place of a pattern; a word that matches nothing stays."""
    return sorted(str(path) for path in Path().glob(word)) if "*" in word and any(Path().glob(word)) else [word]


def _redirected(words: list[str]) -> tuple[list[str], str]:
    return (words[:-2], words[-1]) if ">" in words[-2:-1] else (words, "")


def _sriovsim(arguments: Sequence[str], shown: bool) -> str:
    short = () if shown or arguments[0] not in SIMULATES else SHORT
    result = CliRunner().invoke(cli, [*arguments, *short])
    assert result.exit_code == 0, result.stderr or result.exception
    return result.stdout


def _make(arguments: Sequence[str], _: bool) -> str:
    result = subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return ""


def _pip(arguments: Sequence[str], _: bool) -> str:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in re.findall(r"\[(\w+)\]", " ".join(arguments)):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra
    return ""


def _benchmarks(arguments: Sequence[str], _: bool) -> str:
    benchmarks.make_context("benchmarks", list(arguments))
    return ""


def _copy(arguments: Sequence[str], _: bool) -> str:
    shutil.copy(*arguments)
    return ""


def _activate(arguments: Sequence[str], _: bool) -> str:
    assert list(arguments) == [".venv/bin/activate"]
    return ""


RUNNERS: dict[str, Callable[[Sequence[str], bool], str]] = {
    "sriovsim": _sriovsim,
    "make": _make,
    "pip": _pip,
    "python -m benchmarks": _benchmarks,
    "cp": _copy,
    ".": _activate,
}
