"""Packet-hops per CPU second: compiled engine against ns-3's C++ event core, both on eight M/M/1 stations at load 0.8.

1. ``ns3_tandem.cc`` is compiled against the headers and libraries of the `ns3` wheel (extra `bench`).
2. It is run plain (bare queues of birth times, a cheap generator) with ns-3's default event list and with the one that
   is fastest for so few pending events; the headline is the ratio to the faster of the two, round by round.
3. It is run with packets, queues and generator of ns-3 itself: the second ratio.

The ns-3 program keeps one sum; the compiled engine also keeps stages, histograms and queue integrals.

*Scope*: ns-3's event core, not its network models. *Validation*: all means against the known one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import tandem
from benchmarks.measure import Options, Outcome, alternate, median_ratio
from simulator.engines.compiled.engine import warm_up

PACKETS = 1_000_000
VALUES = ("tandem_vs_ns3", "tandem_vs_ns3_packets")
DEFAULT, FASTEST = "MapScheduler", "PriorityQueueScheduler"
_PROGRAMS = {"plain, default events": (DEFAULT, "plain"), "plain": (FASTEST, "plain"), "packets": (FASTEST, "packets")}
_SOURCE = Path(__file__).parent / "ns3_tandem.cc"
_MODULES = ("core", "network")


def measure(options: Options) -> Outcome:
    """How many times as many hops per CPU second; None where wheel or compiler are missing."""
    compiler = shutil.which("g++")
    if compiler is None:
        return Outcome(dict.fromkeys(VALUES), note="not measured: no g++")
    try:
        wheel = Path(str(distribution("ns3").locate_file("ns3")))
    except PackageNotFoundError:
        return Outcome(dict.fromkeys(VALUES), note="not measured: the ns3 wheel is not installed (extra `bench`)")
    with TemporaryDirectory() as folder:
        return _against(_compiled(compiler, wheel, Path(folder)), options)


def _compiled(compiler: str, wheel: Path, folder: Path) -> Path:
    libraries = wheel / "lib64"
    program = folder / "ns3_tandem"
    flags = ["-O3", "-march=native", "-std=c++20", "-DNDEBUG", f"-I{wheel / 'include'}"]
    links = [f"-l:{next(libraries.glob(f'libns3*-{module}.so')).name}" for module in _MODULES]
    places = [f"-L{libraries}", f"-Wl,-rpath,{libraries}"]
    subprocess.run([compiler, *flags, str(_SOURCE), "-o", str(program), *places, *links], check=True)
    return program


def _against(program: Path, options: Options) -> Outcome:
    warm_up()
    ours: list[tandem.Run] = []
    theirs: dict[str, list[tandem.Run]] = {name: [] for name in _PROGRAMS}

    def compiled(number: int) -> float:
        ours.append(tandem.simulate(PACKETS, number))
        return ours[-1].hops_per_cpu_s

    def ns3(number: int) -> float:
        for name, (scheduler, kit) in _PROGRAMS.items():
            theirs[name].append(_run(program, number, scheduler, kit))
        return max(theirs["plain"][-1].hops_per_cpu_s, theirs["plain, default events"][-1].hops_per_cpu_s)

    fast, bare = alternate(options.rounds, compiled, ns3)
    tandem.require_mean("compiled engine", ours)
    figures = {"compiled_hops_per_cpu_s": fast}
    for name, runs in theirs.items():
        tandem.require_mean(f"ns-3, {name}", runs)
        figures[f"ns3_hops_per_cpu_s, {name}"] = [run.hops_per_cpu_s for run in runs]
    with_packets = median_ratio(fast, [run.hops_per_cpu_s for run in theirs["packets"]])
    return Outcome(dict(zip(VALUES, (median_ratio(fast, bare), with_packets), strict=True)), figures)


def _run(program: Path, seed: int, scheduler: str, kit: str) -> tandem.Run:
    command = [str(program), str(PACKETS), str(seed), scheduler, kit]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return tandem.Run(**json.loads(ended.stdout))
