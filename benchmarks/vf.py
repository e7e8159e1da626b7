"""The hot datapath: guests with a posted-interrupt virtual function each on an E810, 64 B frames, Poisson arrivals.

Worker chunks of one packet (the default), stages and histograms on; only the engine's run after the warm-up is timed.

*Scope*: receive direction. *Validation*: all packets of the window are accounted for, none lost at a loss-free load.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import WrongResult, cpu_seconds
from simulator.engines.compiled.engine import CompiledEngine
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import load
from simulator.scenario.build import build

SCENARIO = Path(__file__).parent / "vf.yaml"
LOSS_FREE_PPS = 1_200_000
"""Per guest: none lost in 10 million packets, 18 in 100 million. At 1.4 million sockets overflow all the time."""
MODERATE_PPS = 1_040_000
"""Per guest: 80 % of the 1.3 million that one guest's vCPU can carry."""
OVERLOAD_PPS = 1_430_000
"""Per guest: 110 % of the 1.3 million."""
_PS_PER_S = 10**12
_WARMUP_PS = 5 * 10**9


@dataclass(frozen=True, slots=True)
class Run:
    """A timed window: packets offered, delivered, lost, handler runs, CPU seconds."""

    offered: int
    delivered: int
    lost: int
    handled: int
    cpu_s: float

    @property
    def packets_per_cpu_s(self) -> float:
        """Delivered packets per CPU second."""
        return self.delivered / self.cpu_s


def simulate(guests: int, rate_pps: int, packets: int, replication: int) -> Run:
    """About `packets` packets at `rate_pps` per guest. Raises WrongResult if packets are missing from the account."""
    plan = build(load(SCENARIO, [f"guests.0.count={guests}", f"traffic.0.rate={rate_pps} pps"]), replication)
    engine = CompiledEngine(plan, 1, replication)
    engine.run(_WARMUP_PS)
    engine.begin_window()
    before = engine.trace().handled
    cpu_s = cpu_seconds(lambda: engine.run(_WARMUP_PS + packets * _PS_PER_S // (guests * rate_pps)))
    return _account(plan, engine.trace(), before, cpu_s)


def _account(plan: Plan, trace: Trace, handled_before: int, cpu_s: float) -> Run:
    counters = trace.counters
    offered = sum(counters[f"{source.name}.offered"] for source in plan.sources)
    delivered = sum(counters[f"{sink.name}.count"] for sink in plan.sinks)
    lost = sum(value for name, value in counters.items() if name.endswith(".dropped"))
    if trace.in_flight_start + offered != delivered + lost + trace.in_flight_end:
        raise WrongResult(f"{offered} packets offered, {delivered} delivered, {lost} lost: some are missing")
    return Run(offered, delivered, lost, trace.handled - handled_before, cpu_s)


def require_loss_free(runs: list[Run]) -> None:
    """Raise WrongResult if any packet was lost."""
    if lost := sum(run.lost for run in runs):
        raise WrongResult(f"{lost} packets lost at a load that is called loss-free")
