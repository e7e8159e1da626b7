"""Packet-hops per CPU second: compiled engine against SimPy, both on eight M/M/1 stations at load 0.8.

*Scope*: same process, same interpreter. *Validation*: both means against the known one.
"""

from __future__ import annotations

from benchmarks import simpy_tandem, tandem
from benchmarks.measure import Options, Outcome, alternate, median_ratio
from simulator.engines.compiled.engine import warm_up

PACKETS = 1_000_000
SIMPY_PACKETS = 60_000


def measure(options: Options) -> Outcome:
    """`tandem_vs_simpy`: how many times as many hops per CPU second."""
    warm_up()
    ours: list[tandem.Run] = []
    theirs: list[tandem.Run] = []

    def compiled(number: int) -> float:
        ours.append(tandem.simulate(PACKETS, number))
        return ours[-1].hops_per_cpu_s

    def simpy(number: int) -> float:
        theirs.append(simpy_tandem.simulate(SIMPY_PACKETS, number))
        return theirs[-1].hops_per_cpu_s

    fast, slow = alternate(options.rounds, compiled, simpy)
    tandem.require_mean("compiled engine", ours)
    tandem.require_mean("SimPy", theirs)
    return Outcome(
        {"tandem_vs_simpy": median_ratio(fast, slow)},
        {
            "compiled_hops_per_cpu_s": fast,
            "simpy_hops_per_cpu_s": slow,
            "compiled_mean_services": [run.mean_services for run in ours],
            "simpy_mean_services": [run.mean_services for run in theirs],
        },
    )
