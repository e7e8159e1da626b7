"""What a packet costs to simulate with 256 guests, as a multiple of what it costs with one.

Each guest receives 20,000 packets per second.

*Scope*: the engine's run alone, the same number of packets in both. *Validation*: no packet lost, none missing.
"""

from __future__ import annotations

from benchmarks import vf
from benchmarks.measure import Options, Outcome, alternate, median_ratio
from simulator.engines.compiled.engine import warm_up

FEW, MANY = 1, 256
RATE_PPS = 20_000
PACKETS = 400_000


def measure(options: Options) -> Outcome:
    """`cost_growth_1_to_256`: ratio of CPU seconds per packet."""
    warm_up()
    runs: list[vf.Run] = []

    def speed(guests: int, number: int) -> float:
        runs.append(vf.simulate(guests, RATE_PPS, PACKETS, number))
        return runs[-1].packets_per_cpu_s

    many, few = alternate(options.rounds, lambda number: speed(MANY, number), lambda number: speed(FEW, number))
    vf.require_loss_free(runs)
    return Outcome(
        {"cost_growth_1_to_256": median_ratio(few, many)},
        {f"packets_per_cpu_s, {FEW} guest": few, f"packets_per_cpu_s, {MANY} guests": many},
    )
