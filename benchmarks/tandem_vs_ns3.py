"""Packet-hops per CPU second: compiled engine against ns-3's C++ core, both on eight M/M/1 stations at load 0.8.

1. ``ns3_tandem.cc`` is compiled against the headers and libraries of the `ns3` wheel (extra `bench`).
2. Every round runs it with ns-3's default event list and with the one that is fastest for so few pending events.
3. The headline is the ratio to the faster of the two, round by round.

The ns-3 program adds one sum per packet; the compiled engine also keeps stages, histograms and queue integrals.

*Scope*: ns-3's event core, not its network models. *Validation*: both means against the known one.
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
NAME = "tandem_vs_ns3"
DEFAULT, FASTEST = "MapScheduler", "PriorityQueueScheduler"
_SOURCE = Path(__file__).parent / "ns3_tandem.cc"


def measure(options: Options) -> Outcome:
    """`tandem_vs_ns3`: how many times as many hops per CPU second; None where wheel or compiler are missing."""
    compiler = shutil.which("g++")
    if compiler is None:
        return Outcome({NAME: None}, note="not measured: no g++")
    try:
        wheel = Path(str(distribution("ns3").locate_file("ns3")))
    except PackageNotFoundError:
        return Outcome({NAME: None}, note="not measured: the ns3 wheel is not installed (extra `bench`)")
    with TemporaryDirectory() as folder:
        return _against(_compiled(compiler, wheel, Path(folder)), options)


def _compiled(compiler: str, wheel: Path, folder: Path) -> Path:
    libraries = wheel / "lib64"
    core = next(libraries.glob("libns3*-core.so"))
    program = folder / "ns3_tandem"
    flags = ["-O3", "-march=native", "-std=c++20", "-DNDEBUG", f"-I{wheel / 'include'}"]
    links = [f"-L{libraries}", f"-l:{core.name}", f"-Wl,-rpath,{libraries}"]
    subprocess.run([compiler, *flags, str(_SOURCE), "-o", str(program), *links], check=True)
    return program


def _against(program: Path, options: Options) -> Outcome:
    warm_up()
    ours: list[tandem.Run] = []
    theirs: dict[str, list[tandem.Run]] = {DEFAULT: [], FASTEST: []}

    def compiled(number: int) -> float:
        ours.append(tandem.simulate(PACKETS, number))
        return ours[-1].hops_per_cpu_s

    def ns3(number: int) -> float:
        for scheduler, runs in theirs.items():
            runs.append(_run(program, number, scheduler))
        return max(runs[-1].hops_per_cpu_s for runs in theirs.values())

    fast, peer = alternate(options.rounds, compiled, ns3)
    tandem.require_mean("compiled engine", ours)
    figures: dict[str, object] = {"compiled_hops_per_cpu_s": fast}
    for scheduler, runs in theirs.items():
        tandem.require_mean(f"ns-3 with {scheduler}", runs)
        figures[f"ns3_hops_per_cpu_s, {scheduler}"] = [run.hops_per_cpu_s for run in runs]
    figures["ratio_to_default"] = median_ratio(fast, [run.hops_per_cpu_s for run in theirs[DEFAULT]])
    return Outcome({NAME: median_ratio(fast, peer)}, figures)


def _run(program: Path, seed: int, scheduler: str) -> tandem.Run:
    ended = subprocess.run([program, str(PACKETS), str(seed), scheduler], stdout=subprocess.PIPE, text=True, check=True)
    return tandem.Run(**json.loads(ended.stdout))
