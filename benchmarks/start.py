"""How long until something happens: compiling the kernel, the first comparison of a user, the next one, the help text.

Every figure is a fresh process. The first comparison has empty caches of compiled code and of fonts; the next one has
both but another result folder, so that nothing is taken from stored results. Headlines are CPU seconds; the time by the
clock is kept.

*Scope*: the command as it is typed, chart included. *Validation*: the command must end well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measure import Ended, Options, Outcome, fresh_process

ROUNDS = 3
_COMPILE = "from simulator.engines.compiled.engine import warm_up; warm_up()"


def measure_compile(options: Options) -> Outcome:
    """`compile_s`: a process that imports and compiles the kernel without a cache, and ends."""
    return _outcome({"compile_s": _repeated(options, lambda folder: fresh_process(["-c", _COMPILE], _caches(folder)))})


def measure_command(options: Options) -> Outcome:
    """`first_comparison_s`, `next_comparison_s`, `help_s`."""
    first: list[Ended] = []
    following: list[Ended] = []
    for _ in range(_rounds(options)):
        with TemporaryDirectory() as folder:
            first.append(_comparison(Path(folder), "first"))
            following.append(_comparison(Path(folder), "next"))
    shown = _repeated(options, lambda _: fresh_process(["-m", "simulator", "--help"]))
    return _outcome({"first_comparison_s": first, "next_comparison_s": following, "help_s": shown})


def measure_paths(options: Options) -> Outcome:
    """`paths8_wall_s`: the command that compares all paths with eight guests, 10**6 packets on each path, warm; by the clock."""
    with TemporaryDirectory() as folder:
        ended = [_compare("benchmarks/paths8.yaml", Path(folder), str(n)) for n in range(_rounds(options) + 1)][1:]
    figures = {"wall_s": [each.wall_s for each in ended], "cpu_s": [each.cpu_s for each in ended]}
    return Outcome({"paths8_wall_s": median(each.wall_s for each in ended)}, figures)


def _comparison(folder: Path, name: str) -> Ended:
    return _compare("scenarios/paths.yaml", folder, name)


def _compare(scenario: str, folder: Path, name: str) -> Ended:
    command = ["-m", "simulator", "compare", scenario, "--out", str(folder / name)]
    return fresh_process(command, _caches(folder))


def _caches(folder: Path) -> dict[str, str]:
    return {"NUMBA_CACHE_DIR": str(folder / "numba"), "MPLCONFIGDIR": str(folder / "matplotlib")}


def _repeated(options: Options, work: Callable[[Path], Ended]) -> list[Ended]:
    ended = []
    for _ in range(_rounds(options)):
        with TemporaryDirectory() as folder:
            ended.append(work(Path(folder)))
    return ended


def _rounds(options: Options) -> int:
    return min(ROUNDS, options.rounds)


def _outcome(found: dict[str, list[Ended]]) -> Outcome:
    figures = {
        name: {"cpu_s": [each.cpu_s for each in ended], "wall_s": [each.wall_s for each in ended]}
        for name, ended in found.items()
    }
    return Outcome({name: median(each.cpu_s for each in ended) for name, ended in found.items()}, figures)
